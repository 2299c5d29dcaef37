// A record read for the eye: laboratory series, problems, contacts, orders. It judges nothing.

import { day, figure, worded } from "./dom.js";

/** Give the resources of a Bundle or of a hook request that someone pasted. */
export function resourcesOf(document) {
  if (!document || typeof document !== "object") return [];
  if (document.resourceType === "Bundle") {
    return (document.entry ?? []).map((e) => e?.resource).filter(Boolean).flatMap(resourcesOf);
  }
  if (document.resourceType) return [document];
  return Object.values(document.prefetch ?? {}).flatMap(resourcesOf);
}

/** Give the resources of a kind. */
export function of(resources, kind) {
  return resources.filter((resource) => resource.resourceType === kind);
}

/** Give the laboratory series, those outside their reference first, each oldest result first. */
export function laboratory(resources) {
  const groups = new Map();
  for (const observation of of(resources, "Observation")) {
    if (isVital(observation)) continue;
    const name = worded(observation.code);
    const key = observation.code?.coding?.[0]?.code ?? name;
    if (!groups.has(key)) groups.set(key, { key, name, results: [] });
    groups.get(key).results.push(result(observation));
  }
  return [...groups.values()].map(completed).sort(
    (a, b) => Boolean(b.last.flag) - Boolean(a.last.flag) || a.name.localeCompare(b.name),
  );
}

/** Give the weights and other vital signs, newest first. */
export function vitals(resources) {
  return of(resources, "Observation").filter(isVital).map((observation) => ({
    ...result(observation), name: worded(observation.code) })).sort(newest);
}

/** Give Conditions as rows, the active first. */
export function problems(resources) {
  return of(resources, "Condition").map((condition) => ({
    reference: `Condition/${condition.id}`,
    name: worded(condition.code),
    code: (condition.code?.coding ?? []).map((c) => c.code).filter(Boolean).join(", "),
    status: worded(condition.clinicalStatus),
    certainty: worded(condition.verificationStatus),
    when: day(condition.onsetDateTime ?? condition.onsetPeriod?.start ?? condition.recordedDate),
  })).sort((a, b) => (b.status === "active") - (a.status === "active") || newest(a, b));
}

/** Give contacts, reports, medications and orders as rows, newest first. */
export function events(resources, kind) {
  return of(resources, kind).map((resource) => ({
    reference: `${kind}/${resource.id}`,
    name: title(resource),
    note: resource.conclusion ?? (named(resource) ? reasons(resource) : ""),
    status: resource.status ?? "",
    when: day(resource.period?.start ?? resource.effectiveDateTime ?? resource.authoredOn
      ?? resource.issued),
  })).sort(newest);
}

/** Give what the banner says of the patient: name, sex, age on a day, identifier. */
export function person(resources, today) {
  const patient = of(resources, "Patient")[0];
  if (!patient) return null;
  const name = patient.name?.[0];
  return {
    name: name?.text ?? [...(name?.given ?? []), name?.family].filter(Boolean).join(" "),
    gender: ["male", "female", "other"].includes(patient.gender) ? patient.gender : "unknown",
    birth: day(patient.birthDate),
    age: age(patient.birthDate, patient.deceasedDateTime ?? today),
    identifier: patient.identifier?.[0]?.value ?? "",
    deceased: patient.deceasedDateTime ? day(patient.deceasedDateTime)
      : Boolean(patient.deceasedBoolean),
  };
}

function title(resource) {
  return named(resource) || reasons(resource) || resource.class?.display || resource.class?.code
    || "";
}

function named(resource) {
  return worded(resource.code) || worded(resource.medicationCodeableConcept)
    || worded(resource.type?.[0]) || worded(resource.serviceType);
}

function reasons(resource) {
  return (resource.reasonCode ?? []).map(worded).join(", ");
}

function isVital(observation) {
  return (observation.category ?? []).some((category) =>
    (category.coding ?? []).some((coding) => coding.code === "vital-signs"));
}

function result(observation) {
  const quantity = observation.valueQuantity;
  const range = rangeOf(observation);
  const value = typeof quantity?.value === "number" ? quantity.value : null;
  return {
    reference: `Observation/${observation.id}`,
    when: observation.effectiveDateTime ?? observation.effectivePeriod?.start ?? observation.issued
      ?? "",
    value: quantity?.comparator ? null : value,
    text: shown(observation),
    unit: quantity?.unit ?? quantity?.code ?? "",
    status: observation.status ?? "",
    range,
    flag: flag(observation, value, range),
  };
}

function shown(observation) {
  const quantity = observation.valueQuantity;
  if (typeof quantity?.value === "number") {
    return (quantity.comparator ?? "") + figure(quantity.value);
  }
  const parts = (observation.component ?? []).map((c) => `${worded(c.code)} ${shown(c)}`);
  return observation.valueString ?? (worded(observation.valueCodeableConcept)
    || worded(observation.dataAbsentReason) || parts.join("; "));
}

function rangeOf(observation) {
  const range = observation.referenceRange?.[0];
  if (!range) return null;
  const [low, high] = [range.low?.value, range.high?.value];
  return { low, high, text: range.text ?? between(low, high) };
}

function between(low, high) {
  if (low === undefined) return high === undefined ? "" : `≤ ${figure(high)}`;
  return high === undefined ? `≥ ${figure(low)}` : `${figure(low)}–${figure(high)}`;
}

function flag(observation, value, range) {
  const code = observation.interpretation?.[0]?.coding?.[0]?.code ?? "";
  if (/^(H|HH|HU)$/.test(code)) return "high";
  if (/^(L|LL|LU)$/.test(code)) return "low";
  if (code === "A" || code === "AA") return "abnormal";
  if (value === null || !range) return null;
  if (typeof range.high === "number" && value > range.high) return "high";
  if (typeof range.low === "number" && value < range.low) return "low";
  return null;
}

function completed(group) {
  group.results.sort((a, b) => a.when.localeCompare(b.when));
  const last = group.results.at(-1);
  const results = group.results.map((r) => (r.unit === last.unit ? r : { ...r, value: null }));
  return { ...group, results, last, unit: last.unit, range: last.range };
}

function newest(a, b) {
  return (b.when ?? "").localeCompare(a.when ?? "");
}

function age(birth, on) {
  if (!birth || birth.length < 10) return birth ? on.slice(0, 4) - birth.slice(0, 4) : null;
  return on.slice(0, 4) - birth.slice(0, 4) - (on.slice(5, 10) < birth.slice(5, 10) ? 1 : 0);
}
