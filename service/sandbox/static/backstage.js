// Behind the scenes: what was sent and answered, how long it took, why, and what was fetched.

import { lead } from "./chart.js";
import { h, t } from "./dom.js";

/** Draw the exchanges of this session, the chosen one open. */
export function backstage(exchanges, chosen, choose) {
  if (!exchanges.length) return [h("h2", {}, t("backstage")), h("p", { class: "quiet" }, t("no_calls"))];
  const one = exchanges[chosen] ?? exchanges.at(-1);
  const select = h("select", { onchange: () => choose(Number(select.value)) },
    exchanges.map((e, n) => h("option", { value: n, selected: e === one },
      `${n + 1}. ${e.method} ${e.path} → ${e.status || t("unreached")}`)));
  return [
    h("h2", {}, t("backstage")),
    h("label", { class: "choose" }, t("exchange"), select),
    h("p", { class: "timing" }, h("strong", {}, one.status ? `HTTP ${one.status}` : t("unreached")),
      ` ${t("in_ms", { ms: one.milliseconds })}`),
    ...(one.body?.cards ?? []).map(reasons),
    one.fetched ? fold(t("fetched", { count: one.fetched.length }), one.fetched.length
      ? h("ul", { class: "fetched" }, one.fetched.map((q) => h("li", {}, h("code", {}, q))))
      : h("p", { class: "quiet" }, t("fetched_none"))) : null,
    fold(t("request"), json(one.sent, t("request"))),
    fold(t("response"), json(one.body, t("response"))),
  ].filter(Boolean);
}

function reasons(card) {
  const why = card.extension?.["vidare.assessment"];
  if (!why) return null;
  const facts = [[t("topic"), why.topic], [t("pathway"), why.pathway], [t("edition"), why.edition],
    [t("rules"), why.rulesVersion]].filter(([, value]) => value);
  return fold(`${t("why")}: ${why.topic}`, h("div", { class: "why" },
    h("dl", {}, facts.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)])),
    why.criteria ? h("ul", { class: "tree" }, branch(why.criteria)) : null,
    listed(t("not_checked"), (why.notChecked ?? []).map((n) => `${n.source}: ${n.reason}`)),
    listed(t("ignored"), (why.ignored ?? []).map((n) => `${n.reference}: ${n.reason}`))), true);
}

function branch(finding) {
  const kind = { true: "met", false: "unmet", null: "unknown" }[String(finding.met)];
  const needed = finding.parts?.length && finding.needed
    ? ` (${t("needed", { needed: finding.needed, of: finding.parts.length })})` : "";
  return h("li", { class: `criterion ${kind}` },
    h("span", { class: "unseen" }, `${t(`criterion_${kind}`)}: `),
    h("code", {}, finding.id), needed,
    finding.evidence?.length && !finding.parts?.length
      ? h("span", { class: "evidence" }, finding.evidence.map((reference) => h("button", {
        type: "button", class: "quiet-button", title: t("show_in_chart"),
        onclick: () => lead(reference) }, reference))) : null,
    finding.parts?.length ? h("ul", {}, finding.parts.map(branch)) : null);
}

function listed(title, lines) {
  if (!lines.length) return null;
  return h("div", {}, h("h3", {}, title), h("ul", {}, lines.map((line) => h("li", {}, line))));
}

function fold(title, content, open = false) {
  return h("details", { class: "fold", open }, h("summary", {}, title), content);
}

function json(value, name) {
  const text = JSON.stringify(value, null, 1) ?? "";
  const copy = h("button", { type: "button", class: "quiet-button", onclick: () =>
    navigator.clipboard?.writeText(text) }, t("copy"), h("span", { class: "unseen" }, ` ${name}`));
  return h("div", {}, copy, h("pre", { tabindex: "0", role: "group", "aria-label": name }, text));
}
