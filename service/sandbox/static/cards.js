// Cards as the standard wants them shown: summary, detail, source, suggestions, links, override.

import { h, t } from "./dom.js";

const CLAMPED = 900; // characters of detail from which a card is first shown in part

/** Draw one card; `acts` says what accepting and overriding do. */
export function card(content, html, acts) {
  const heading = `card-${content.uuid}`;
  const box = h("article", { class: `card ${content.indicator}`, "aria-labelledby": heading,
    "data-topic": content.source?.topic?.code, "data-uuid": content.uuid });
  box.append(
    h("header", {}, h("span", { class: "indicator" }, t(`indicator_${content.indicator}`)),
      h("h3", { id: heading }, content.summary)),
    ...suggestions(content, acts),
    ...detail(content.detail, html, heading),
    h("footer", {}, ...links(content.links ?? []), ...override(content, acts), source(content)),
  );
  return box;
}

function detail(text, html, heading) {
  if (!text) return [];
  const body = h("div", { class: "detail" });
  body.innerHTML = html; // made by the service's Markdown renderer, which lets no HTML through
  for (const anchor of body.querySelectorAll("a")) away(anchor);
  for (const item of body.querySelectorAll("li")) ticked(item);
  for (const table of body.querySelectorAll("table")) {
    table.replaceWith(h("div", { class: "scroll", tabindex: "0", role: "group",
      "aria-labelledby": heading }, table.cloneNode(true)));
  }
  if (text.length < CLAMPED) return [body];
  body.classList.add("clamped");
  const toggle = h("button", { type: "button", class: "quiet-button", "aria-expanded": "false",
    onclick: () => {
      const open = body.classList.toggle("clamped") === false;
      toggle.setAttribute("aria-expanded", String(open));
      toggle.textContent = t(open ? "show_less" : "show_all");
    } }, t("show_all"));
  body.addEventListener("focusin", () => { if (body.classList.contains("clamped")) toggle.click(); });
  return [body, toggle];
}

function ticked(item) {
  const text = item.firstChild?.nodeType === Node.TEXT_NODE ? item.firstChild
    : item.firstChild?.firstChild;
  const mark = text?.nodeType === Node.TEXT_NODE && text.data.match(/^\[([ x?])\] /);
  if (!mark) return;
  text.data = text.data.slice(mark[0].length);
  const kind = { x: "met", " ": "unmet", "?": "unknown" }[mark[1]];
  item.classList.add("criterion", kind);
  text.before(h("span", { class: "unseen" }, `${t(`criterion_${kind}`)}: `));
}

function away(anchor) {
  anchor.rel = "noopener noreferrer";
  anchor.target = "_blank";
  anchor.append(h("span", { class: "unseen" }, ` (${t("new_window")})`));
}

function suggestions(content, acts) {
  const offered = content.suggestions ?? [];
  if (!offered.length) return [];
  const group = h("ul", { class: "suggestions" });
  for (const suggestion of offered) group.append(offer(content, suggestion, group, acts));
  return [group];
}

function offer(content, suggestion, group, acts) {
  const actions = suggestion.actions ?? [];
  const button = h("button", { type: "button", class: suggestion.isRecommended ? "primary" : "second",
    onclick: async () => {
      button.disabled = true;
      await acts.accept(content, suggestion);
      button.textContent = `✓ ${t("accepted")}: ${suggestion.label}`;
      if (content.selectionBehavior === "at-most-one") {
        for (const other of group.querySelectorAll("button")) other.disabled = true;
      }
    } }, suggestion.label);
  const one = actions.length === 1 ? h("p", { class: "actions" }, actions[0].description) : null;
  const many = actions.length > 1 ? h("details", { class: "actions" },
    h("summary", {}, t("actions", { count: actions.length })),
    h("ul", {}, actions.map((action) => h("li", {}, action.description)))) : null;
  return h("li", {}, button, one, many);
}

function links(offered) {
  if (!offered.length) return [];
  return [h("ul", { class: "links" }, offered.map((link) => {
    const anchor = h("a", { href: safe(link.url) }, link.label);
    away(anchor);
    return h("li", {}, anchor);
  }))];
}

function safe(url) {
  return /^https?:\/\//i.test(url) ? url : null;
}

function source(content) {
  const label = content.source?.label ?? "";
  const url = safe(content.source?.url ?? "");
  const named = url ? h("a", { href: url }, label) : h("span", {}, label);
  if (url) away(named);
  return h("p", { class: "source" }, `${t("source")}: `, named);
}

function override(content, acts) {
  const reasons = content.overrideReasons ?? [];
  const form = h("form", { class: "override-form", onsubmit: async (event) => {
    event.preventDefault();
    const chosen = reasons.find((r) => r.code === form.elements.reason?.value);
    await acts.override(content, chosen, form.elements.comment.value.trim());
    const box = form.closest(".card");
    box.classList.add("overridden");
    for (const button of box.querySelectorAll("button")) button.disabled = true;
    form.replaceWith(h("p", { class: "done" }, t("overridden", { reason: chosen?.display ?? "–" })));
  } },
  reasons.length ? h("fieldset", {}, h("legend", {}, t("override_reason")), reasons.map((reason, n) =>
    h("label", { class: "tick" }, h("input", { type: "radio", name: "reason", value: reason.code,
      checked: n === 0 }), reason.display))) : null,
  h("label", {}, t("comment"), h("input", { type: "text", name: "comment", maxlength: "300" })),
  h("button", { type: "submit" }, t("override_do")));
  return [h("details", { class: "override" }, h("summary", {}, t("override")), form)];
}
