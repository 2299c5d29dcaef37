"""A clinical situation in words (tests/cases/*.toml) as FHIR JSON, read and assessed.

Every key is checked: a word that is not known here is an error, never passed over.
"""

import json
import re
import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Literal

import msgspec

from cards.assessment import Assessment, assess
from cards.drafts import read_drafts
from cards.panel import Rules
from cards.pathways import PATHWAYS, of_country
from cards.reading import read_record
from cards.source import unavailable
from cards.terminology import TERMS
from tests.cards import build

CASES = Path(__file__).parents[1] / "cases"
USER = "Practitioner/doctor"

NORMAL = {
    "hb": "140 g/L",
    "wbc": "6.0 10*9/L",
    "plt": "250 10*9/L",
    "esr": "8 mm/h",
    "crp": "3 mg/L",
    "glucose": "5.2 mmol/L",
    "sodium": "140 mmol/L",
    "potassium": "4.0 mmol/L",
    "creatinine": "75 umol/L",
    "ca_ionised": "1.24 mmol/L",
    "b12": "350 pmol/L",
    "folate": "15 nmol/L",
    "ferritin": "90 ug/L",
    "ld": "150 U/L",
    "albumin": "41 g/L",
    "s_protein_profile": "Normal fördelning, ingen M-komponent",
    "flc_kappa": "12 mg/L",
    "flc_lambda": "14 mg/L",
    "bilirubin": "9 umol/L",
    "alat": "0.5 ukat/L",
    "alp": "1.1 ukat/L",
    "tsh": "2.0 m[IU]/L",
    "psa": "1.2 ug/L",
    "loinc|20454-5": "negativ",
    "loinc|5794-3": "negativ",
    "loinc|5802-4": "negativ",
}
"""A complete panel without anything abnormal, by analyte or code."""

STRIP = ("loinc|20454-5", "loinc|5794-3", "loinc|5802-4")
PARTS = {
    "calcium": ("ca_ionised",),
    "light_chains": ("flc_kappa", "flc_lambda"),
    "u_dipstick": STRIP,
}
"""The tests behind those slots that are answered by others than a test of their own name."""

_QUANTITY = re.compile(r"(<=|>=|<|>)?\s*(\d+(?:\.\d+)?)(?:\s+(\S.*))?")
_AGO = re.compile(r"-?(\d+) d")


class Words(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Anything said in words: no key but those named."""


class PatientWords(Words):
    sex: Literal["female", "male", "other", "unknown", "not said"] = "female"
    age: int | None = 65
    birth: str | None = None
    deceased: bool = False
    protected: bool = False
    phone: str | None = "070-1740605"


class ConditionWords(Words):
    concept: str | None = None
    code: str | None = None
    text: str | None = None
    status: str = "active"
    """The clinical status, or "not said"."""
    verification: str = "confirmed"
    onset: str | None = None
    recorded: str | None = None
    severity: Literal["mild", "moderate", "severe"] | None = None
    note: str | None = None


class HistologyWords(Words):
    """What a biopsy showed: a morphology, a code, or the text of a report."""

    concept: str | None = None
    code: str | None = None
    text: str | None = None
    by: Literal["condition", "observation", "report"] = "observation"
    status: str = "final"
    taken: str = "-3 d"


class ReportWords(Words):
    title: str
    conclusion: str = "normal"
    category: Literal["RAD", "PAT", "LAB"] = "RAD"
    status: str = "final"
    taken: str = "-5 d"


class EncounterWords(Words):
    department: str
    type: str | None = None
    kind: str = msgspec.field(name="class", default="AMB")
    status: str = "in-progress"
    start: str = "-3 d"


class PanelWords(Words):
    without: list[str] = []
    stale: list[str] = []
    pending: list[str] = []
    cancelled: list[str] = []
    values: dict[str, str] = {}


class ResultWords(Words):
    test: str
    value: str | None = None
    taken: str | None = "-5 d"
    issued: str | None = None
    status: str = "final"
    flag: str | None = None
    range: tuple[str, str] | None = None
    specimen: str | None = None
    absent: bool = False
    report: bool = False


class OrderWords(Words):
    test: str | None = None
    refer: Literal["aos", "cup-se", "metastases-dk"] | None = None
    status: str = "active"
    authored: str | None = "-2 d"
    text: str | None = None
    note: str | None = None


class CountWords(Words):
    recent: int
    before: int


class MeasureWords(Words):
    kind: Literal["weight", "temperature"]
    value: float
    taken: str


class ExpectWords(Words):
    cards: list[str]
    indicator: Literal["info", "warning", "critical"] | None = None
    why: str | None = None
    slots: dict[str, str] = {}
    notes: dict[str, list[str]] = {}
    abnormal: dict[str, str] = {}
    shown: dict[str, str] = {}
    order: list[str] | None = None
    refer: str | None = None
    completes: str | None = None
    completed: int | None = None
    redirects: list[str] | None = None
    ask: list[str] = []
    found: dict[str, Literal["yes", "no", "unknown"]] = {}
    unanswerable: list[str] | None = None
    text: list[str] = []
    no_text: list[str] = []
    referral: list[str] = []
    no_referral: list[str] = []
    targets: list[str] | None = None
    """Where the card of the route refers to (Denmark), the most acute first."""
    possible: list[str] | None = None
    remaining: list[str] = []
    done: list[str] | None = None
    examine: list[str] | None = None
    unless_operated: list[str] | None = None
    measure: list[str] | None = None
    latest: str | None = None
    """The latest first attendance; "" for none."""
    performer: str | None = None


class Case(Words):
    name: str
    rows: list[str]
    expect: ExpectWords
    hook: Literal["patient-view", "order-sign"] = "patient-view"
    patient: PatientWords = msgspec.field(default_factory=PatientWords)
    conditions: list[str | ConditionWords] = []
    panel: Literal["complete", "none"] | PanelWords = "none"
    results: list[ResultWords] = []
    orders: list[str | OrderWords] = []
    drafts: list[str | OrderWords] = []
    reports: list[str | ReportWords] = []
    histology: list[str | HistologyWords] = []
    encounters: list[EncounterWords] = []
    allergies: list[str] = []
    measures: list[MeasureWords] = []
    contacts: CountWords | None = None
    medications: CountWords | None = None
    sources: dict[str, Literal["partial", "unavailable"]] = {}
    rules: dict[str, str | float] = {}
    referrer_phone: str | None = "08-123 456 00"
    country: Literal["SE", "DK"] = "SE"

    @property
    def language(self) -> str:
        """The language in which the words of a card are looked for."""
        return {"SE": "sv", "DK": "da"}[self.country]


class _File(Words):
    case: list[Case]
    country: Literal["SE", "DK"] = "SE"


def read_cases(path: Path) -> list[Case]:
    """Give the cases of a file; raises on any key that is not known."""
    return parse(path.read_text("utf-8"))


def parse(text: str) -> list[Case]:
    """Give the cases that a TOML text describes."""
    file = msgspec.convert(tomllib.loads(text), _File)
    return [msgspec.structs.replace(case, country=file.country) for case in file.case]


def when(text: str | None) -> str | None:
    """Give "-5 d" as the date five days before the day of the call; "" for no date."""
    ago = _AGO.fullmatch(text) if text else None
    if ago is None:
        return text or None
    return (build.TODAY - timedelta(days=int(ago[1]))).isoformat()


# -- the resources -------------------------------------------------------------------------------


def patient(words: PatientWords) -> build.Json:
    birth = words.birth
    if birth is None and words.age is not None:
        birth = f"{build.TODAY.year - words.age}-01-15"
    label = {"security": [{"system": "urn:x", "code": "R"}]} if words.protected else None
    return build.patient(
        gender=None if words.sex == "not said" else words.sex,
        birthDate=birth,
        deceasedBoolean=words.deceased or None,
        meta=label,
        telecom=[{"system": "phone", "value": words.phone}] if words.phone else None,
    )


def condition(words: str | ConditionWords, number: int) -> build.Json:
    if isinstance(words, str):
        words = ConditionWords(concept=words, onset="-30 d")
    if words.code:
        system, _, code = words.code.partition("|")
        coded = build.concept(TERMS.system_uri(system), code, words.text)
    else:
        coded = build.code_of(words.concept)
        coded["text"] = words.text or TERMS.concept(words.concept).name["sv"]
    severities = {"severe": "24484000", "moderate": "6736007", "mild": "255604002"}
    severity = build.concept(build.SNOMED, severities[words.severity]) if words.severity else None
    return build.condition(
        id=f"c{number}",
        code=coded,
        clinicalStatus=None if words.status == "not said" else build.concept(None, words.status),
        verificationStatus=build.concept(None, words.verification),
        onsetDateTime=when(words.onset),
        recordedDate=when(words.recorded),
        severity=severity,
        note=[{"text": words.note}] if words.note else None,
    )


def histology(words: str | HistologyWords, number: int) -> build.Json:
    if isinstance(words, str):
        words = HistologyWords(concept=words)
    code = morphology(words)
    if words.by == "condition":
        return build.condition(id=f"h{number}", code=code, onsetDateTime=when(words.taken))
    if words.by == "report":
        coded = {"conclusionCode": [code]} if code else {"conclusion": words.text}
        told = ReportWords(
            title="Patologisvar", category="PAT", status=words.status, taken=words.taken
        )
        return report(told, f"h{number}", {"conclusion": None, **coded})
    return build.observation(
        id=f"h{number}",
        code=build.concept(build.LOINC, "59847-4", "Histologi"),
        status=words.status,
        valueQuantity=None,
        valueCodeableConcept=code,
        effectiveDateTime=when(words.taken),
    )


def morphology(words: HistologyWords) -> build.Json | None:
    """Give the code of a histology; None where it is told in words."""
    if words.code:
        system, _, code = words.code.partition("|")
        return build.concept(TERMS.system_uri(system), code)
    if words.concept is None:
        return None
    key = f"morphology.{words.concept}"
    TERMS.concept(key)
    for system, index in (("snomed", TERMS._snomed), ("icdo3", TERMS._icdo3)):
        fitting = sorted(code for code, keys in index.items() if keys == {key})
        if fitting:
            code = f"{fitting[0][:4]}/3" if system == "icdo3" else fitting[0]
            return build.concept(TERMS.system_uri(system), code)
    raise KeyError(key)


def report(words: str | ReportWords, name: str, changes: build.Json | None = None) -> build.Json:
    if isinstance(words, str):
        words = ReportWords(title=words)
    members: build.Json = {
        "id": name,
        "code": {"text": words.title},
        "category": [build.concept(f"{build.HL7}/v2-0074", words.category)],
        "status": words.status,
        "conclusion": words.conclusion,
        "effectiveDateTime": when(words.taken),
    }
    return build.diagnostic_report(**(members | (changes or {})))


def stay(words: EncounterWords, number: int) -> build.Json:
    system, _, code = (words.type or "").partition("|")
    period = {"start": when(words.start)}
    if words.status == "finished":
        period["end"] = when(words.start)
    kind = {"system": f"{build.HL7}/v3-ActCode", "code": words.kind}
    return build.encounter(
        id=f"n{number}",
        status=words.status,
        serviceType=build.concept(TERMS.system_uri(system), code) if words.type else None,
        serviceProvider={"display": words.department},
        period=period,
        **{"class": kind},
    )


def test_of(test: str) -> tuple[build.Json, bool]:
    """Give the code of a test, and whether it is answered in words."""
    if "|" not in test:
        return build.test_code(test), TERMS.analyte(test).kind == "text"
    system, _, code = test.partition("|")
    uses = TERMS.code_uses(system, code)
    wordy = bool(uses) and TERMS.analyte(uses[0].analyte).kind == "text"
    return build.concept(TERMS.system_uri(system), code), wordy


def observation(words: ResultWords, number: int) -> build.Json:
    code, wordy = test_of(words.test)
    members: build.Json = {
        "id": f"o{number}",
        "status": words.status,
        "code": code,
        "subject": build.MINE,
        "effectiveDateTime": when(words.taken),
        "issued": when(words.issued),
    }
    if words.value is not None:
        members |= _answer(words.value, wordy=wordy)
    if words.absent:
        members["dataAbsentReason"] = build.concept("urn:x", "unknown")
    if words.flag:
        system = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"
        members["interpretation"] = [build.concept(system, words.flag)]
    if words.range:
        bounds = zip(("low", "high"), words.range, strict=True)
        members["referenceRange"] = [{k: _quantity(v) for k, v in bounds if v}]
    if words.specimen:
        members["specimen"] = {"reference": words.specimen}
    if words.report:
        members |= {"conclusion": words.value}
        kept = {k: v for k, v in members.items() if not k.startswith("value")}
        return build.resource("DiagnosticReport", kept, {"id": f"r{number}"})
    return build.resource("Observation", members, {})


def _answer(value: str, *, wordy: bool) -> build.Json:
    match = _QUANTITY.fullmatch(value)
    if wordy or match is None:
        return {"valueString": value}
    return {"valueQuantity": _quantity(value)}


def _quantity(value: str) -> build.Json:
    sign, number, unit = _QUANTITY.fullmatch(value).groups()
    return build.quantity(json.loads(number), unit, **({"comparator": sign} if sign else {}))


def panel(words: PanelWords | str, sex: str) -> list[ResultWords]:
    """Give the results of a panel: complete but for what is said."""
    if words == "none":
        return []
    if words == "complete":
        words = PanelWords()
    tests = {slot: PARTS.get(slot, (slot,)) for slot in _slots()}
    unknown = {*words.without, *words.stale, *words.pending, *words.cancelled} - tests.keys()
    if unknown or words.values.keys() - NORMAL.keys():
        raise ValueError(f"no such slot or test: {unknown} {words.values.keys() - NORMAL.keys()}")
    found = []
    for slot, parts in tests.items():
        if slot in words.without or (slot == "psa" and sex == "female"):
            continue
        for test in parts:
            result = ResultWords(test=test, value=words.values.get(test, NORMAL[test]))
            if slot in words.stale:
                result.taken = "-45 d"
            if slot in words.pending:
                result.status, result.value = "registered", None
            if slot in words.cancelled:
                result.status, result.value = "cancelled", None
            found.append(result)
    return found


def _slots() -> tuple[str, ...]:
    from cards.slots import SLOTS

    return tuple(SLOTS)


def order(words: str | OrderWords, number: int, *, draft: bool = False) -> build.Json:
    if isinstance(words, str):
        refer = words if words in PATHWAYS else None
        words = OrderWords(test=None if refer else words, refer=refer)
    coded = build.concept(build.OURS, PATHWAYS[words.refer].code) if words.refer else {}
    if words.test:
        coded = test_of(words.test)[0]
    if words.text:
        coded["text"] = words.text
    return build.service_request(
        id=f"{'d' if draft else 's'}{number}",
        code=coded,
        status="draft" if draft else words.status,
        authoredOn=when(words.authored),
        note=[{"text": words.note}] if words.note else None,
    )


def _spread(counts: CountWords | None) -> list[str]:
    if counts is None:
        return []
    return [when("-10 d")] * counts.recent + [when("-200 d")] * counts.before


def resources(case: Case) -> list[build.Json]:
    """Give everything that the EHR holds in a case."""
    results = [*panel(case.panel, case.patient.sex), *case.results]
    telecom = [{"system": "phone", "value": case.referrer_phone}] if case.referrer_phone else None
    doctor = {"id": "doctor", "telecom": telecom}
    units = {"weight": ("29463-7", "kg"), "temperature": ("8310-5", "Cel")}
    return [
        patient(case.patient),
        build.resource("Practitioner", doctor, {}),
        *(condition(c, n) for n, c in enumerate(case.conditions)),
        *(observation(r, n) for n, r in enumerate(results)),
        *(order(o, n) for n, o in enumerate(case.orders)),
        *(build.encounter(t, id=f"e{n}") for n, t in enumerate(_spread(case.contacts))),
        *(build.medication_request(t, id=f"m{n}") for n, t in enumerate(_spread(case.medications))),
        *(report(told, f"i{n}") for n, told in enumerate(case.reports)),
        *(histology(told, n) for n, told in enumerate(case.histology)),
        *(stay(told, n) for n, told in enumerate(case.encounters)),
        *(
            build.resource(
                "AllergyIntolerance",
                {"id": f"a{n}", "code": {"text": text}, "patient": build.MINE},
                {},
            )
            for n, text in enumerate(case.allergies)
        ),
        *(
            build.observation(
                id=f"v{n}",
                code=build.concept(build.LOINC, units[m.kind][0]),
                valueQuantity=build.quantity(m.value, units[m.kind][1]),
                effectiveDateTime=when(m.taken),
            )
            for n, m in enumerate(case.measures)
        ),
    ]


def assessed(case: Case, held: list[build.Json] | None = None) -> Assessment:
    """Read and judge a case; `held` replaces what the EHR holds."""
    sources = build.sources_of(*(resources(case) if held is None else held))
    for key, outcome in case.sources.items():
        if key not in sources:
            raise ValueError(f"no such source: {key}")
        if outcome == "unavailable":
            sources[key] = unavailable(key, "absent")
        else:
            changes = {"outcome": "partial", "reason": "morePages"}
            sources[key] = msgspec.structs.replace(sources[key], **changes)
    call = build.call(user=USER, encounter="e1")
    drafts = [order(d, n, draft=True) for n, d in enumerate(case.drafts)]
    bundle = build.as_json(build.bundle(*drafts)) if drafts else None
    rules = msgspec.convert(case.rules, _RulesWords)
    settings = msgspec.structs.replace(Rules(), **msgspec.structs.asdict(rules))
    record = read_record(sources, call)
    drafted = read_drafts(bundle, call)
    return assess(record, of_country(case.country), settings, case.hook, drafted)


class _RulesWords(Rules, forbid_unknown_fields=True, frozen=True):
    """The settings an installation may make, no other."""
