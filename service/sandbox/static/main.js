// The play: choose a patient, hooks fire, cards are accepted, drafts are signed.

import { backstage } from "./backstage.js";
import { applied, basket } from "./basket.js";
import { card } from "./cards.js";
import { banner, chart } from "./chart.js";
import { announce, config, h, t } from "./dom.js";
import * as ehr from "./ehr.js";
import { resourcesOf } from "./record.js";

const find = (id) => document.getElementById(id);
const settings = find("settings");
const session = { patient: null, drafts: [], signed: [], exchanges: [], chosen: -1, services: [],
  turn: 0 };

/** Open an example patient. */
async function open(name) {
  const turn = begin();
  const found = await ehr.open(name);
  if (turn !== session.turn || !found) return;
  const { language } = config;
  await see({ ...found, case: name, title: found.title[language], story: found.story[language] });
}

/** Open the reader's own record. */
async function bring(text) {
  const turn = begin();
  const { status, body } = await ehr.validate(text);
  if (turn !== session.turn) return;
  if (status !== 200) return refused(body);
  const resources = resourcesOf(JSON.parse(text));
  await see({ record: text, title: t("own"), story: "", resources, drafts: [], services: [] },
    body.verdicts);
}

function begin() {
  Object.assign(session, { patient: null, drafts: [], signed: [] });
  session.turn += 1;
  find("banner").replaceChildren(h("p", { class: "busy" }, t("opening")));
  find("chart").replaceChildren();
  find("stage").replaceChildren();
  find("basket").replaceChildren();
  return session.turn;
}

async function see(patient, verdicts) {
  session.patient = patient;
  session.verdicts = verdicts;
  find("banner").replaceChildren(...banner(patient));
  document.body.classList.remove("closed");
  drawChart();
  if (matchMedia("(max-width: 60rem)").matches) find("patients").open = false;
  for (const button of document.querySelectorAll("[data-case]")) {
    button.setAttribute("aria-current", String(button.dataset.case === patient.case));
  }
  const query = patient.case ? `?language=${config.language}&patient=${patient.case}` : location.search;
  history.replaceState(null, "", query);
  find("heading").focus();
  await call("patient-view");
}

function drawChart() {
  const { patient, signed, verdicts } = session;
  const resources = [...patient.resources, ...signed];
  find("chart").replaceChildren(...chart({ ...patient, resources }, verdicts));
}

/** Fire a hook and show its cards. */
async function call(hook) {
  const turn = session.turn;
  const service = await serviceOf(hook);
  if (!service) return show(hook, [problem(t("no_service", { hook }))]);
  const waiting = document.activeElement?.closest("#stage") !== null;
  find("stage").replaceChildren(h("p", { class: "busy" }, t("asking")));
  find("advice").setAttribute("aria-busy", "true");
  const instance = crypto.randomUUID();
  const written = await ehr.write(asked(service, instance));
  if (written.status !== 200) return show(hook, [outcome(written)]);
  const token = await signed(`/cds-services/${service.id}`);
  const exchange = await ehr.fire(service.id, written.body, token);
  exchange.fetched = written.body.fhirServer ? await ehr.fetched(instance) : null;
  if (turn !== session.turn) return null;
  note(exchange);
  const cards = exchange.status === 200 ? exchange.body?.cards : null;
  show(hook, cards ? await drawn(cards, service) : [outcome(exchange)], exchange);
  if (waiting) focusOn("stage-heading");
  return null;
}

function asked(service, instance) {
  const { patient, drafts, signed } = session;
  const fields = settings.elements;
  const tempers = ["paged", "locked"].filter((name) => fields[name].checked);
  if (fields.pace.value) tempers.push(fields.pace.value);
  const about = patient.record ? { record: JSON.parse(patient.record) } : { case: patient.case };
  return { ...about, service: service.id, instance, templates: service.prefetch ?? {},
    drafts: drafts.map((d) => d.resource), signed, withhold: fields.withhold.checked,
    tempers: tempers.sort().join("+") };
}

async function signed(path) {
  return settings.elements.signed.checked ? ehr.assertion(path) : null;
}

async function serviceOf(hook) {
  if (!session.services.length) session.services = await ehr.discover(await signed("/cds-services"));
  const countries = new Map(config.services.map((s) => [s.id, s.country]));
  const own = countries.get(session.patient.services[0]) ?? "SE";
  const country = settings.elements.country.value || own;
  return session.services.find((s) => s.hook === hook && countries.get(s.id) === country);
}

async function drawn(cards, service) {
  if (!cards.length) return [h("div", { class: "silence" }, h("p", {}, t("no_cards")))];
  const html = await ehr.markdown(cards.map((c) => c.detail ?? ""));
  return cards.map((content, n) => card(content, html[n], acts(service)));
}

function acts(service) {
  const tell = async (content, entry) => {
    const stamp = new Date().toISOString();
    const path = `/cds-services/${service.id}/feedback`;
    const token = await signed(path);
    const told = { card: content.uuid, outcomeTimestamp: stamp, ...entry };
    note(await ehr.feedback(service.id, told, token));
  };
  return {
    accept: async (content, suggestion) => {
      const before = session.drafts.length;
      session.drafts = applied(session.drafts, suggestion);
      drawBasket();
      const added = session.drafts.length - before;
      announce(added ? t("added", { count: added }) : t("draft_updated"));
      await tell(content, { outcome: "accepted", acceptedSuggestions: [{ id: suggestion.uuid }] });
    },
    override: async (content, reason, comment) => {
      const entry = { outcome: "overridden" };
      const given = { ...(reason ? { reason: { code: reason.code, system: reason.system } } : {}),
        ...(comment ? { userComment: comment } : {}) };
      if (Object.keys(given).length) entry.overrideReason = given;
      announce(t("override_told"));
      await tell(content, entry);
    },
  };
}

function show(hook, content, exchange) {
  const signing = hook === "order-sign";
  const again = h("button", { type: "button", class: "quiet-button", onclick: () => call(hook) },
    t("again"));
  find("stage").replaceChildren(...[
    h("div", { class: "stage-head" }, h("h2", { id: "stage-heading" }, t(signing ? "stage_sign" : "stage_view")),
      exchange ? h("span", { class: "quiet" }, `${hook} · ${exchange.milliseconds} ms`) : null, again),
    ...content,
    signing ? h("div", { class: "buttons signing" },
      h("button", { type: "button", class: "primary", id: "sign-now", onclick: signNow },
        t("sign_now", { count: session.drafts.length })),
      h("button", { type: "button", class: "second", onclick: () => call("patient-view") },
        t("back"))) : null,
  ].filter(Boolean));
  find("advice").removeAttribute("aria-busy");
  drawBasket();
  const count = exchange?.body?.cards?.length ?? 0;
  announce(exchange?.status === 200 ? t("cards_came", { count }) : t("refused"));
  if (signing) focusOn("stage-heading");
  return null;
}

function drawBasket() {
  const half = session.patient?.drafts?.filter((d) =>
    !session.drafts.some((held) => held.resource.id === d.id)) ?? [];
  const now = find("sign-now");
  if (now) {
    now.textContent = t("sign_now", { count: session.drafts.length });
    now.disabled = !session.drafts.length;
  }
  find("basket").replaceChildren(basket(session.drafts, {
    sign: now ? null : () => call("order-sign"),
    begin: () => { session.drafts.push(...half.map((resource) => ({ resource, how: "begun" })));
      announce(t("added", { count: half.length })); drawBasket(); focusOn("sign"); },
    remove: (id) => { session.drafts = session.drafts.filter((d) => d.resource.id !== id);
      announce(t("removed")); drawBasket(); focusOn("basket-heading"); },
    change: (id, resource) => { session.drafts = session.drafts.map((d) =>
      (d.resource.id === id ? { ...d, resource } : d)); announce(t("saved")); drawBasket();
      focusOn("sign"); },
  }, half));
}

function focusOn(id) {
  const aim = find(id);
  if (aim && !aim.matches("button, a, input")) aim.tabIndex = -1;
  aim?.focus();
}

/** What an EHR does when nothing stops the signing: the drafts become orders of this session. */
function signNow() {
  const count = session.drafts.length;
  session.signed.push(...session.drafts.map((d) => ({ ...d.resource, status: "active" })));
  session.drafts = [];
  find("stage").replaceChildren(h("div", { class: "stage-head" }, h("h2", { id: "stage-heading" }, t("stage_sign"))),
    h("div", { class: "silence" }, h("p", {}, t("signed_now", { count })),
      h("button", { type: "button", class: "second", onclick: () => call("patient-view") },
        t("reopen"))));
  drawChart();
  drawBasket();
  announce(t("signed_now", { count }));
  focusOn("stage-heading");
}

function note(exchange) {
  session.exchanges.push(exchange);
  session.chosen = session.exchanges.length - 1;
  drawBackstage();
}

function drawBackstage() {
  find("backstage").replaceChildren(...backstage(session.exchanges, session.chosen, (n) => {
    session.chosen = n;
    drawBackstage();
  }));
}

function outcome({ status, body }) {
  const issue = body?.issue?.[0];
  const code = issue?.details?.coding?.[0]?.code ?? "";
  const place = issue?.expression?.[0];
  return problem(status ? t("refused_text", { status, code }) : t("unreached_text"),
    [issue?.diagnostics, place].filter(Boolean));
}

function problem(text, lines = []) {
  return h("div", { class: "problem", role: "alert" }, h("p", {}, h("strong", {}, text)),
    lines.map((line) => h("p", {}, line)));
}

function refused(body) {
  const text = body?.issue?.[0]?.diagnostics ?? t("unreached_text");
  find("banner").replaceChildren(problem(t("own_refused"), [text]));
  return null;
}

function toggles(button, panel) {
  button.addEventListener("click", () => {
    const open = panel.hidden;
    panel.hidden = !open;
    button.setAttribute("aria-expanded", String(open));
    document.body.classList.toggle(`${panel.id}-open`, open);
    if (open) panel.focus();
  });
}

for (const button of document.querySelectorAll("[data-case]")) {
  button.addEventListener("click", () => open(button.dataset.case));
}
for (const link of document.querySelectorAll("[data-language]")) {
  link.addEventListener("click", () => {
    const patient = session.patient?.case ? `&patient=${session.patient.case}` : "";
    link.href = `?language=${link.dataset.language}${patient}`;
  });
}
settings.addEventListener("change", () => session.patient && call("patient-view"));
settings.addEventListener("submit", (event) => event.preventDefault());
find("own-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const { file, record } = event.target.elements;
  const text = file.files.length ? await file.files[0].text() : record.value;
  await bring(text);
});
toggles(find("settings-toggle"), settings);
toggles(find("backstage-toggle"), find("backstage"));
drawBackstage();
const wanted = new URLSearchParams(location.search).get("patient");
if (wanted) open(wanted);
