"""From a Condition, or an Observation of a symptom, to a diagnosis the rules can read."""

import functools
import re
from collections.abc import Mapping

from cards.coded import codings, is_coded, said
from cards.elements import CodeableConcept
from cards.fhir import Allergy, Condition, Observation
from cards.record import Coded, Diagnosis, Presence, Reason
from cards.results import Dated, sampled
from cards.terminology import TERMS
from cards.values import values_in

CLINICAL: Mapping[str, Presence] = {
    "active": "present",
    "recurrence": "present",
    "relapse": "present",
    "inactive": "past",
    "remission": "past",
    "resolved": "past",
}
"""Condition.clinicalStatus (FHIR R4 condition-clinical)."""

VERIFICATION: Mapping[str, Presence] = {
    "confirmed": "present",
    "provisional": "present",
    "differential": "present",
    "unconfirmed": "present",
    "refuted": "absent",
    "entered-in-error": "absent",
}
"""Condition.verificationStatus (FHIR R4 condition-ver-status)."""

SEVERITIES: Mapping[str, str] = {"24484000": "severe", "6736007": "moderate", "255604002": "mild"}
"""Condition.severity: SNOMED CT codes of the FHIR value set condition-severity."""

_SUSPICIONS = frozenset({"provisional", "differential", "unconfirmed"})
"""Condition.verificationStatus of what is suspected, not known."""
_CRITICAL = frozenset(
    {"code", "subject", "patient", "clinicalStatus", "verificationStatus", "modifierExtension"}
)
_UNDATED = frozenset({"noTime", "unclearTime"})
"""A symptom without a readable date is a symptom; a criterion with a window asks for the date."""
_MALIGNANT = re.compile(r"C(?:[0-6]\d|7[0-6]|8[1-9]|9[0-6])")
"""ICD-10 chapter II, malignant neoplasms stated or presumed to be primary (C00-C76, C81-C96)."""
_HISTORY = "Z85"
"""Personal history of malignant neoplasm (ICD-10 chapter XXI): over, whatever its status says."""
_LONG = 200
"""No code that means anything has more characters, its system included."""
_KEPT = 4096
_SKIN = "C44"
"""Other malignant neoplasms of skin: no reason to leave the CUP pathway."""


def concepts_of(code: CodeableConcept | None, site_map: Mapping[str, str]) -> frozenset[str]:
    """Give every concept that the codings of a CodeableConcept mean."""
    found: set[str] = set()
    for system, text in codings(code):
        mapped = site_map.get(f"{system}|{text}") if site_map else None
        if mapped is not None:
            found.add(mapped)
        elif len(system) + len(text) <= _LONG:
            found |= _coded_concepts(system, text)
    return frozenset(found)


@functools.lru_cache(_KEPT)
def _coded_concepts(system: str, code: str) -> frozenset[str]:
    """Give what one code means, kept at hand: an ICD-10 code is looked up prefix by prefix."""
    key = TERMS.system_key(system)
    return TERMS.concepts_of(key, code) | _malignancy(key, code) if key else frozenset()


def _malignancy(system: str, code: str) -> set[str]:
    plain = code.upper().replace(".", "")
    if system == "sks":
        plain = plain[1:]
    elif not system.startswith("icd10"):
        return set()
    if plain.startswith(_HISTORY):
        return {"malignancy.earlier"}
    if not _MALIGNANT.match(plain):
        return set()
    return {"malignancy.skin" if plain.startswith(_SKIN) else "malignancy.primary"}


def diagnosed(condition: Condition, dated: Dated, site_map: Mapping[str, str]) -> Diagnosis | None:
    """Give the diagnosis of a Condition, also one that no rule asks for; None without a code."""
    concepts = concepts_of(condition.code, site_map)
    if not concepts and not is_coded(condition.code):
        return None
    presence, reason = _presence(condition)
    if presence == "present" and condition.clinicalStatus is None:
        presence, reason = _abated(condition)
    if presence == "present" and "malignancy.earlier" in concepts:
        presence = "past"
    period = condition.onsetPeriod
    return Diagnosis(
        concepts=concepts,
        presence=presence,
        text=said(condition.code),
        reference=f"Condition/{condition.id}" if condition.id else None,
        onset=dated(condition.onsetDateTime or (period.start if period else None)),
        recorded=dated(condition.recordedDate or condition.assertedDate),
        severity=_severity(condition.severity),
        reason=reason,
        codings=_as_recorded(condition.code),
        stated=condition.clinicalStatus is not None,
        suspected=not _SUSPICIONS.isdisjoint(_codes(condition.verificationStatus)),
        remark=" ".join([n.text.strip() for n in condition.note or () if n.text]),
    )


def _as_recorded(code: CodeableConcept | None) -> tuple[Coded, ...]:
    return tuple(
        Coded(c.system, c.code.strip(), c.display)
        for c in (code.coding or () if code else ())
        if c is not None and c.system and c.code and c.code.strip()
    )


def _abated(condition: Condition) -> tuple[Presence, Reason | None]:
    """Read what only an abatement says: a condition without a clinical status that has ended."""
    if any(member.startswith("abatement") for member in condition.bad):
        return "uncertain", Reason("malformed", "abatement")
    ends = (
        condition.abatementDateTime,
        condition.abatementPeriod,
        condition.abatementString,
        condition.abatementAge,
        condition.abatementRange,
    )
    return ("past" if any(end is not None for end in ends) else "present"), None


def _presence(source: Condition | Allergy) -> tuple[Presence, Reason | None]:
    """Combine both statuses; what cannot be read is uncertain, never present, never absent."""
    verified = _meaning(source.verificationStatus, VERIFICATION)
    if verified == "absent" and "verificationStatus" not in source.bad:
        return "absent", None
    bad = [b for b in source.bad if b in _CRITICAL]
    if bad:
        return "uncertain", Reason("malformed", bad[0])
    clinical = _meaning(source.clinicalStatus, CLINICAL)
    if verified == "uncertain" or clinical == "uncertain":
        return "uncertain", Reason("unknownStatus")
    return clinical, None


def _meaning(status: CodeableConcept | str | None, presences: Mapping[str, Presence]) -> Presence:
    """Give what a status says; uncertain where it says nothing we know, or two things."""
    if status is None:
        return "present"
    meant = {presences[code] for code in _codes(status) if code in presences}
    return meant.pop() if len(meant) == 1 else "uncertain"


def _codes(status: CodeableConcept | str | None) -> set[str]:
    """Give the codes of a status; STU3 sent a bare code, some send it as text alone."""
    if status is None or isinstance(status, str):
        return {(status or "").strip()}
    return {code for _, code in codings(status)} or {(status.text or "").strip()}


def _severity(severity: CodeableConcept | None) -> str | None:
    return next((SEVERITIES[code] for _, code in codings(severity) if code in SEVERITIES), None)


def observed_finding(
    observation: Observation, dated: Dated, site_map: Mapping[str, str]
) -> Diagnosis | None:
    """Give the symptom or histology that an Observation states: its answer, or its code with true.

    A cancer that it states is left out: it may be a relative's.
    None where it states none or does not count yet; uncertain where it states one and cannot be
    trusted.
    """
    code = observation.code if observation.valueBoolean else observation.valueCodeableConcept
    stated = concepts_of(code, site_map) if code else frozenset()
    concepts = frozenset(c for c in stated if "." not in c or c.startswith("morphology."))
    sample = sampled(observation, dated) if concepts else None
    if sample is None or sample.state in {"void", "pending"}:
        return None
    presence, reason = _stated(observation)
    if sample.state == "unreadable" and sample.reason and sample.reason.id not in _UNDATED:
        presence, reason = "uncertain", sample.reason
    return Diagnosis(
        concepts,
        presence,
        said(code),
        sample.reference,
        recorded=sample.taken,
        reason=reason,
        codings=_as_recorded(code),
    )


def _stated(observation: Observation) -> tuple[Presence, Reason | None]:
    if observation.dataAbsentReason is not None:
        return "uncertain", Reason("valueAndAbsent")
    if len(values_in(observation)) > 1:
        return "uncertain", Reason("twoValues")
    return "present", None


def contrast_risk(allergy: Allergy) -> Diagnosis | None:
    """Give an allergy that names contrast media (CUP: Anamnes, contraindication to contrast CT)."""
    text = said(allergy.code)
    if not re.search(r"kontrast|contrast|jod|iodin|gadolin", text, re.IGNORECASE):
        return None
    presence, reason = _presence(allergy)
    reference = f"AllergyIntolerance/{allergy.id}" if allergy.id else None
    return Diagnosis(frozenset({"contrast"}), presence, text, reference, reason=reason)
