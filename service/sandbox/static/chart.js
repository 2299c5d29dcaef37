// The chart of the open patient: banner, laboratory table with trends, problems, what happened.

import { config, day, figure, h, t } from "./dom.js";
import { events, laboratory, person, problems, vitals } from "./record.js";
import { trend } from "./trend.js";

/** Draw who the patient is. */
export function banner(patient) {
  const who = person(patient.resources, config.today);
  const age = who?.age ?? null;
  const facts = who ? [t(`gender_${who.gender}`), age === null ? null : t("years", { age }),
    who.birth, who.identifier] : [];
  return [h("h1", { id: "heading", tabindex: "-1" }, who?.name || patient.title),
    h("p", { class: "facts" }, facts.filter(Boolean).join(" · "),
      who?.deceased ? h("strong", { class: "deceased" }, t("deceased")) : null),
    patient.story ? h("p", { class: "story" }, patient.story) : null].filter(Boolean);
}

/** Draw the chart; `verdicts` are the findings about a record that the reader brought. */
export function chart(patient, verdicts) {
  const { resources } = patient;
  return [
    verdicts ? findings(verdicts) : null,
    labs(laboratory(resources)),
    list(t("problems"), problems(resources), (row) => [
      h("td", {}, row.name, row.code ? h("span", { class: "code" }, row.code) : null),
      h("td", {}, states(row.status, row.certainty)), h("td", {}, row.when)],
    [t("problem"), t("status"), t("since")]),
    ...["ServiceRequest", "DiagnosticReport", "MedicationRequest", "Encounter"].map((kind) =>
      folded(t(`list_${kind}`), events(resources, kind), kind === "ServiceRequest")),
    weights(vitals(resources)),
  ].filter(Boolean);
}

function labs(series) {
  if (!series.length) return empty(t("laboratory"), "labs");
  const body = h("tbody");
  for (const one of series) body.append(...row(one));
  return h("section", { class: "labs" },
    h("h2", { id: "labs-heading" }, t("laboratory"), count(series.length)),
    h("div", { class: "scroll", tabindex: "0", role: "group", "aria-labelledby": "labs-heading" },
      h("table", {}, head([t("test"), t("latest"), t("reference"), t("taken"), t("trend")]), body)));
}

function row(one) {
  const { last } = one;
  const id = `series-${one.key.replace(/\W/g, "-")}`;
  const more = h("tr", { class: "more", id, hidden: true });
  const toggle = h("button", { type: "button", class: "trend-toggle", "aria-expanded": "false",
    "aria-controls": id, title: t("show_series"), onclick: () => {
      const open = toggle.getAttribute("aria-expanded") === "false";
      toggle.setAttribute("aria-expanded", String(open));
      if (open && !more.childElementCount) more.append(whole(one));
      more.hidden = !open;
    } }, trend(one));
  const preliminary = last.status && !["final", "corrected", "amended"].includes(last.status);
  return [h("tr", { class: last.flag ? "out" : null, "data-references": one.results.map((r) => r.reference).join(" ") },
    h("th", { scope: "row" }, one.name),
    h("td", { class: "value" }, h("strong", {}, last.text || "–"), " ", h("span", { class: "unit" },
      one.unit), flagged(last.flag), " ", preliminary ? h("span", { class: "tag" },
      status(last.status)) : null),
    h("td", { class: "quiet" }, last.range?.text ?? ""),
    h("td", { class: "quiet" }, day(last.when)),
    h("td", {}, toggle)), more];
}

function whole(one) {
  const rows = [...one.results].reverse().map((r) => h("li", { class: r.flag ? "out" : null },
    h("span", {}, day(r.when)), h("strong", {}, `${r.text || "–"} ${r.unit}`), flagged(r.flag)));
  return h("td", { colspan: "5" }, h("div", { class: "series" },
    trend(one, { width: 460, height: 150, large: true }), h("ul", {}, rows)));
}

function flagged(flag) {
  if (!flag) return null;
  const sign = { high: "▲", low: "▼", abnormal: "◆" }[flag];
  return h("span", { class: "flag" }, h("span", { "aria-hidden": "true" }, sign),
    h("span", { class: "unseen" }, t(`flag_${flag}`)));
}

function weights(rows) {
  if (!rows.length) return null;
  return details(t("vitals"), rows.length, h("table", {}, head([t("test"), t("latest"), t("taken")]),
    h("tbody", {}, rows.map((r) => h("tr", {}, h("th", { scope: "row" }, r.name),
      h("td", {}, `${r.text} ${r.unit}`), h("td", {}, day(r.when)))))));
}

function folded(title, rows, open) {
  if (!rows.length) return null;
  const body = rows.map((r) => h("tr", { "data-references": r.reference },
    h("td", {}, r.name || "–", r.note ? h("span",
    { class: "note" }, r.note) : null), h("td", {}, status(r.status)), h("td", {}, r.when)));
  const table = h("table", {}, head([title, t("status"), t("date")]), h("tbody", {}, body));
  return details(title, rows.length, table, open);
}

function list(title, rows, cells, columns) {
  if (!rows.length) return empty(title, "problems");
  return h("section", { class: "problems" }, h("h2", {}, title, count(rows.length)),
    h("table", {}, head(columns), h("tbody", {}, rows.map((r) => h("tr", {
      "data-references": r.reference }, cells(r))))));
}

function details(title, number, content, open = false) {
  return h("details", { class: "fold", open }, h("summary", {}, h("h2", {}, title, count(number))),
    content);
}

function head(columns) {
  return h("thead", {}, h("tr", {}, columns.map((c) => h("th", { scope: "col" }, c))));
}

function empty(title, kind) {
  return h("section", { class: kind }, h("h2", {}, title), h("p", { class: "quiet" }, t("nothing")));
}

function count(number) {
  return h("span", { class: "count" }, figure(number));
}

function states(...codes) {
  return codes.filter(Boolean).map(status).join(", ");
}

function status(code) {
  return config.words[`status_${code}`] ?? code;
}

function findings(verdicts) {
  const wrong = verdicts.filter((v) => v.faults.length || v.costs.length);
  const summary = wrong.length ? t("findings", { count: wrong.length, all: verdicts.length })
    : t("findings_none", { all: verdicts.length });
  return h("details", { class: wrong.length ? "fold findings" : "fold findings fine",
    open: wrong.length > 0 }, h("summary", {}, h("h2", {}, t("validation")), " ", summary),
  h("ul", {}, wrong.map((v) => h("li", {}, h("code", {}, v.reference), h("ul", {},
    [...v.faults, ...v.costs].map((line) => h("li", {}, line)))))));
}

/** Lead the eye to the row that a reference stands for; false where the chart has none. */
export function lead(reference) {
  const row = document.querySelector(`[data-references~="${CSS.escape(reference)}"]`);
  for (const shown of document.querySelectorAll("tr.shown")) shown.classList.remove("shown");
  if (!row) return false;
  for (let fold = row.closest("details"); fold; fold = fold.parentElement.closest("details")) {
    fold.open = true;
  }
  row.classList.add("shown");
  row.tabIndex = -1;
  row.scrollIntoView({ block: "center" });
  row.focus({ preventScroll: true });
  return true;
}
