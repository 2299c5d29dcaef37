// The drafts of this session: put in by accepting, edited, signed; nothing leaves the page.

import { h, t, worded } from "./dom.js";

/** Draw the basket; `acts` says what signing, changing and removing do. */
export function basket(drafts, acts, begun) {
  const body = drafts.length ? h("ul", { class: "drafts" }, drafts.map((d) => draft(d, acts)))
    : h("p", { class: "quiet" }, t("basket_empty"));
  const half = begun.length ? h("button", { type: "button", class: "quiet-button", onclick: acts.begin },
    t("begin", { count: begun.length })) : null;
  const sign = h("button", { type: "button", class: "primary", id: "sign",
    onclick: acts.sign }, t("sign", { count: drafts.length }));
  return h("section", { class: "basket", "aria-labelledby": "basket-heading" },
    h("h2", { id: "basket-heading" }, t("basket"), h("span", { class: "count" }, drafts.length)),
    body, h("div", { class: "buttons" }, drafts.length && acts.sign ? sign : null, half));
}

/** Apply a suggestion to the drafts: give the drafts afterwards. */
export function applied(drafts, suggestion) {
  let after = [...drafts];
  for (const action of suggestion.actions ?? []) {
    const resource = action.resource;
    if (action.type === "create") after.push({ resource, how: "new" });
    if (action.type === "update") {
      after = after.map((d) => (d.resource.id === resource.id
        ? { resource, how: "updated", added: difference(d.resource, resource) } : d));
    }
    if (action.type === "delete") {
      const aim = action.resourceId ?? "";
      after = after.filter((d) => `${d.resource.resourceType}/${d.resource.id}` !== aim);
    }
  }
  return after;
}

function difference(before, after) {
  return Object.keys(after).filter((k) => JSON.stringify(before[k]) !== JSON.stringify(after[k]));
}

function draft(entry, acts) {
  const { resource } = entry;
  const referral = (resource.category ?? []).some((c) =>
    (c.coding ?? []).some((coding) => coding.code === "3457005")) || (resource.note ?? []).length > 0;
  const name = worded(resource.code) || resource.resourceType;
  return h("li", { class: entry.how === "updated" ? "draft updated" : "draft",
    "data-draft": resource.id },
  h("div", { class: "draft-head" }, h("strong", {}, name),
    h("span", { class: "tag" }, t(referral ? "referral" : "order")),
    entry.how === "updated" ? h("span", { class: "tag new" }, t("updated")) : null),
  entry.added?.length ? h("p", { class: "quiet" }, t("filled", { members:
    entry.added.map((m) => t(`member_${m}`)).join(", ") })) : null,
  h("div", { class: "buttons" }, h("details", { class: "edit" }, h("summary", {}, t("edit"),
    h("span", { class: "unseen" }, ` ${name}`)), form(resource, acts)),
  h("button", { type: "button", class: "quiet-button", onclick: () => acts.remove(resource.id) },
    t("remove"), h("span", { class: "unseen" }, ` ${name}`))));
}

function form(resource, acts) {
  const priorities = ["routine", "urgent", "asap", "stat"];
  const notes = resource.note ?? [];
  return h("form", { class: "draft-form", onsubmit: (event) => {
    event.preventDefault();
    acts.change(resource.id, edited(resource, event.target.elements));
  } },
  h("label", {}, t("priority"), h("select", { name: "priority" }, priorities.map((p) =>
    h("option", { value: p, selected: (resource.priority ?? "routine") === p }, t(`priority_${p}`))))),
  h("label", {}, t("member_reasonCode"), h("textarea", { name: "reason", rows: "2" },
    (resource.reasonCode ?? []).map(worded).join("\n"))),
  notes.map((note, n) => h("label", {}, `${t("member_note")} ${n + 1}`,
    h("textarea", { name: `note-${n}`, rows: Math.min(12, note.text.split("\n").length + 1) },
      note.text))),
  resource.patientInstruction ? h("label", {}, t("member_patientInstruction"),
    h("textarea", { name: "instruction", rows: "4" }, resource.patientInstruction)) : null,
  h("button", { type: "submit" }, t("save")));
}

function edited(resource, fields) {
  const lines = fields.reason.value.split("\n").map((line) => line.trim()).filter(Boolean);
  const known = new Map((resource.reasonCode ?? []).map((reason) => [worded(reason), reason]));
  const changed = { ...resource, priority: fields.priority.value };
  if (lines.length) changed.reasonCode = lines.map((line) => known.get(line) ?? { text: line });
  else delete changed.reasonCode;
  if (resource.note) {
    changed.note = resource.note.map((note, n) => ({ ...note, text: fields[`note-${n}`].value }))
      .filter((note) => note.text.trim());
  }
  if (fields.instruction) changed.patientInstruction = fields.instruction.value;
  return changed;
}
