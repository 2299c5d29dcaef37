"""From a Patient to the person of the record, and from who sends to the phone to reach them on."""

from collections.abc import Mapping

from cards.belonging import pairs
from cards.call import Call, PatientMismatch
from cards.elements import ContactPoint, Meta
from cards.fhir import Caller, Patient
from cards.moment import Moment, moment, years_between
from cards.record import Person, Referrer, Sex

SEXES: Mapping[str, Sex | None] = {
    "male": "male",
    "female": "female",
    "other": "other",
    "unknown": None,
}
PROTECTED = frozenset({"sekretessmarkering", "skyddadfolkbokforing", "r", "v"})
"""Security labels of a protected identity (HL7 Sweden base profile; v3-Confidentiality R and V)."""
_OLDEST = 130
"""Years that nobody reaches: a birth date further back stands for one that is not known."""


def person_of(patient: Patient, call: Call) -> tuple[Person, tuple[str, ...]]:
    """Give the person, and the members that were sent and say nothing we can use.

    Raises `PatientMismatch` when the Patient bears another id than the call.
    """
    if patient.id != call.patient_id:
        raise PatientMismatch
    birth = _birth(patient, call)
    protected = "meta" in patient.bad or _is_protected(patient.meta)
    person = Person(
        call.patient_id,
        birth,
        SEXES.get(patient.gender or ""),
        _is_deceased(patient),
        protected,
        () if protected else phones_of(patient.telecom, call),
        pairs(patient.identifier),
    )
    return person, tuple(dict.fromkeys(patient.bad + _unusable(patient, birth)))


def _unusable(patient: Patient, birth: Moment | None) -> tuple[str, ...]:
    found = []
    if patient.birthDate is not None and birth is None:
        found.append("birthDate")
    if patient.gender is not None and patient.gender not in SEXES:
        found.append("gender")
    return tuple(found)


def _birth(patient: Patient, call: Call) -> Moment | None:
    """Give the birth date; none that lies in the future or beyond any human age."""
    birth = moment(patient.birthDate, call.zone)
    if birth is None:
        return None
    fewest, most = years_between(birth, call.today)
    return birth if most >= 0 and fewest <= _OLDEST else None


def _is_deceased(patient: Patient) -> bool | None:
    """Tell whether the person has died; a date of death says so even where it cannot be read."""
    dated = patient.deceasedDateTime is not None and bool(patient.deceasedDateTime.strip())
    if dated or "deceasedDateTime" in patient.bad:
        return True
    return patient.deceasedBoolean


def _is_protected(meta: Meta | None) -> bool:
    labels = (meta.security or ()) if meta else ()
    codes = {(label.code or "").strip().lower() for label in labels if label is not None}
    return not codes.isdisjoint(PROTECTED)


def phones_of(telecom: list[ContactPoint] | None, call: Call) -> tuple[str, ...]:
    """Give the phones in use today, mobile numbers first."""
    found = [
        (point.use != "mobile", " ".join((point.value or "").split()))
        for point in telecom or ()
        if point.system in {"phone", "sms"} and point.use != "old" and _is_current(point, call)
    ]
    found.sort(key=lambda each: each[0])
    return tuple(dict.fromkeys(value for _, value in found if value))


def _is_current(point: ContactPoint, call: Call) -> bool:
    if point.period is None:
        return True
    start, end = (moment(t, call.zone) for t in (point.period.start, point.period.end))
    ended = end is not None and end.last < call.today
    return not ended and not (start is not None and start.first > call.today)


def referrer_of(callers: list[Caller], call: Call) -> Referrer:
    """Give the caller's phones: own first, else of the role or organisation sent with them."""
    own = [c for c in callers if _name(c) == call.user]
    linked = {
        (reference.reference or "").strip()
        for caller in own
        for reference in (caller.organization, caller.practitioner)
        if reference
    }
    others = [c for c in callers if c not in own and any(r.endswith(_name(c)) for r in linked)]
    for caller in own + others:
        phones = phones_of(caller.telecom, call)
        if phones:
            return Referrer(call.user, phones)
    return Referrer(call.user)


def _name(caller: Caller) -> str:
    return f"{caller.resourceType}/{caller.id}"
