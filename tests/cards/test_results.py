import pytest

from tests.cards.build import (
    LOINC,
    NPU,
    as_json,
    bundle,
    call,
    concept,
    diagnostic_report,
    observation,
    quantity,
    record_of,
    test_code,
)

LOCAL = "urn:lab"


def told(record, analyte="hb"):
    """Give (state, reason id) of each result of an analyte."""
    return [(r.state, r.reason and r.reason.id) for r in record.results.get(analyte, ())]


def result(analyte="hb", **members):
    (found,) = record_of(observation(analyte, **members)).results[analyte]
    return found


@pytest.mark.parametrize(
    ("status", "state", "reason"),
    [
        ("final", "final", None),
        ("amended", "final", None),
        ("corrected", "final", None),
        ("registered", "pending", None),
        ("preliminary", "pending", None),
        ("cancelled", "void", "cancelled"),
        ("entered-in-error", "void", "cancelled"),
        ("unknown", "unreadable", "unknownStatus"),
        ("Final", "unreadable", "unknownStatus"),
        (None, "unreadable", "noStatus"),
        (5, "unreadable", "malformed"),
    ],
)
def test_the_status_decides_whether_a_value_counts(status, state, reason):
    assert told(record_of(observation(status=status))) == [(state, reason)]


@pytest.mark.parametrize(
    ("members", "taken", "reason", "notes"),
    [
        ({}, "2026-02-25", None, []),
        ({"effectiveDateTime": "2026-02"}, "2026-02", None, []),
        ({"effectiveDateTime": "soon"}, None, "unclearTime", []),
        ({"effectiveDateTime": None}, None, "noTime", []),
        ({"effectiveDateTime": None, "issued": "2026-02-20"}, "2026-02-20", None, ["issuedTime"]),
        ({"effectiveDateTime": None, "issued": "soon"}, None, "noTime", []),
        (
            {"effectiveDateTime": None, "effectiveInstant": "2026-02-20T08:00:00Z"},
            "2026-02-20",
            None,
            [],
        ),
        (
            {"effectiveDateTime": None, "effectivePeriod": {"start": "2026-02-20"}},
            "2026-02-20",
            None,
            [],
        ),
        (
            {"effectiveDateTime": None, "effectivePeriod": {"end": "2026-02-21"}},
            "2026-02-21",
            None,
            [],
        ),
        (
            {"effectiveDateTime": None, "effectivePeriod": {}, "issued": "2026-02-20"},
            "2026-02-20",
            None,
            ["issuedTime"],
        ),
        ({"effectivePeriod": {}}, None, "unclearTime", []),
        ({"effectivePeriod": {"start": "2020-01-01"}}, None, "unclearTime", []),
        (
            {"effectiveDateTime": None, "effectiveTiming": {"event": ["2026-02-20"]}},
            None,
            "unclearTime",
            [],
        ),
        ({"effectiveTiming": {}}, None, "unclearTime", []),
        ({"effectivePeriod": "2026"}, "2026-02-25", "malformed", []),
    ],
)
def test_a_value_counts_with_the_time_of_the_sample(members, taken, reason, notes):
    found = result(**members)
    assert (found.taken and str(found.taken)) == taken
    assert found.state == ("unreadable" if reason else "final")
    assert (found.reason and found.reason.id) == reason
    assert [n.id for n in found.notes] == notes


def test_a_pending_result_needs_no_time():
    assert told(record_of(observation(status="registered", effectiveDateTime=None))) == [
        ("pending", None)
    ]


@pytest.mark.parametrize("member", ["interpretation", "referenceRange", "note", "specimen"])
def test_a_malformed_member_beside_the_value_is_listed_and_does_not_cost_it(member):
    record = record_of(observation(**{member: {"coding": 5, "text": 5, "reference": 5, "low": 5}}))
    assert told(record) == [("final", None)]
    assert [(u.reference, u.reason.id, u.reason.detail) for u in record.unread] == [
        ("Observation/obs-hb", "malformed", member)
    ]


def test_flags_of_which_a_part_cannot_be_read_say_nothing():
    assert result(interpretation=[concept(None, "N"), 5]).flags == ()
    assert result(interpretation=[concept(None, "N")]).flags == ("N",)


def test_a_range_of_which_a_part_cannot_be_read_is_not_used():
    ranges = [{"low": quantity(117, "g/L")}, {"low": quantity(117, "g/L"), "appliesTo": 5}]
    assert result(referenceRange=ranges).normal is None
    assert result(referenceRange=ranges[:1]).normal.low == 117


@pytest.mark.parametrize(
    "member", ["valueQuantity", "valueRatio", "dataAbsentReason", "modifierExtension"]
)
def test_a_malformed_critical_member_makes_the_result_unreadable(member):
    assert told(record_of(observation(**{member: 5}))) == [("unreadable", "malformed")]


def test_a_cancelled_result_stays_void_whatever_else_is_malformed():
    record = record_of(observation(status="cancelled", valueQuantity=5))
    assert told(record) == [("void", "cancelled")]


@pytest.mark.parametrize(
    ("codings", "found"),
    [
        ([(LOINC, "718-7")], {"hb": "final"}),
        ([(LOINC, " 718-7 ")], {"hb": "final"}),
        ([("http://LOINC.org/", "718-7")], {"hb": "final"}),
        ([(LOINC, "718-7"), (LOCAL, "HB")], {"hb": "final"}),
        ([(LOINC, "718-7"), (LOINC, "1988-5")], {"hb": "unreadable", "crp": "unreadable"}),
        ([(NPU, "NPU02636")], {}),
        ([(NPU, "NPU02636"), (LOINC, "6690-2")], {"wbc": "unreadable"}),
        ([(NPU, "NPU01366")], {"bilirubin": "unreadable"}),
        ([(NPU, "NPU01366"), (LOINC, "718-7")], {"hb": "final"}),
        ([(None, "718-7")], {"hb": "unreadable"}),
        ([("", "NPU28309")], {"hb": "unreadable"}),
        ([(LOCAL, " npu28309 ")], {"hb": "unreadable"}),
        ([(None, "718-7"), (None, "1988-5")], {"hb": "unreadable", "crp": "unreadable"}),
        ([(None, "1988-5"), (LOINC, "718-7")], {"hb": "final"}),
        ([(None, "NPU02636")], {}),
        ([(None, "NPU99999")], {}),
        ([(None, "252385000")], {}),
        ([(NPU, "718-7")], {}),
        ([(LOINC, "718-7" * 100)], {}),
        ([(LOCAL, "mapped")], {"hb": "final"}),
        ([(LOCAL, "elsewhere")], {}),
    ],
)
def test_codes_mean_one_analyte_or_none(codings, found):
    code = {"coding": [{"system": s, "code": c} for s, c in codings]}
    the_call = call(site_map={f"{LOCAL}|mapped": "hb", f"{LOCAL}|elsewhere": "fatigue"})
    record = record_of(observation(code=code), the_call=the_call)
    assert {a: r.state for a, (r,) in record.results.items()} == found


@pytest.mark.parametrize("bad", [None, {}, {"code": 5}])
def test_an_empty_coding_beside_a_good_one_costs_nothing_but_a_doubt(bad):
    (found,) = record_of(
        observation(code={"coding": [bad, {"system": LOINC, "code": "718-7"}]})
    ).results["hb"]
    assert found.state == ("unreadable" if bad and bad.get("code") == 5 else "final")


def test_contradictory_codes_of_a_cancelled_result_leave_it_cancelled():
    code = {"coding": [{"system": LOINC, "code": c} for c in ("718-7", "1988-5")]}
    record = record_of(observation(code=code, status="cancelled"))
    assert told(record) == [("void", "cancelled")]


@pytest.mark.parametrize(
    ("code", "analyte", "notes", "judged"),
    [
        ((LOINC, "30313-1"), "hb", ["codeNote"], True),
        ((LOINC, "76485-2"), "crp", ["notJudged"], False),
        ((LOINC, "718-7"), "hb", [], True),
    ],
)
def test_a_code_may_bring_a_note_or_forbid_judging(code, analyte, notes, judged):
    unit = {"hb": "g/L", "crp": "nmol/L"}[analyte]
    found = result(analyte, code=concept(*code), valueQuantity=quantity(121, unit))
    assert [n.id for n in found.notes] == notes
    assert found.judged is judged


def test_an_implausible_number_answers_and_is_not_judged():
    found = result(valueQuantity=quantity(13.5, "g/L"))
    assert (found.state, found.judged, [n.id for n in found.notes]) == (
        "final",
        False,
        ["implausible"],
    )


# -- components and panels -------------------------------------------------------------------------


def part(analyte, **members):
    value = {"valueQuantity": quantity(121, "g/L")} if analyte == "hb" else {"valueString": "neg"}
    return {"code": test_code(analyte), **value, **members}


def test_each_component_is_a_result_of_its_own():
    parts = [part("hb"), part("u_dipstick"), part("hb", valueQuantity=quantity(7))]
    record = record_of(observation(code=concept(LOCAL, "x"), valueQuantity=None, component=parts))
    assert sorted(told(record)) == [("final", None), ("unreadable", "noUnit")]
    assert told(record, "u_dipstick") == [("final", None)]


@pytest.mark.parametrize(
    "members",
    [
        {"valueString": "a", "valueRange": {}},
        {"valueString": None, "dataAbsentReason": concept(None, "masked")},
        {"valueString": 5},
        {"modifierExtension": [{"url": "x"}]},
    ],
)
def test_a_component_is_judged_as_an_observation_is(members):
    record = record_of(
        observation(
            code=concept(LOCAL, "x"), valueQuantity=None, component=[part("u_dipstick", **members)]
        )
    )
    assert [r.state for r in record.results["u_dipstick"]] == ["unreadable"]


def test_a_panel_without_a_value_stands_back_for_its_components():
    record = record_of(observation("u_dipstick", valueString=None, component=[part("u_dipstick")]))
    assert told(record, "u_dipstick") == [("final", None)]


def test_a_result_without_a_value_does_not_vanish_behind_components_of_another_analyte():
    record = record_of(observation("crp", valueQuantity=None, component=[part("hb")]))
    assert told(record, "crp") == [("unreadable", "noValue")]
    assert told(record) == [("final", None)]


def profile(*members, **changes):
    references = [{"reference": m} for m in members] + [{"display": "unnamed"}]
    return observation(
        "s_protein_profile", valueString=None, hasMember=references, id="panel", **changes
    )


def member(**changes):
    sent = {"code": concept(LOCAL, "fraction"), "id": "m", **changes}
    return observation("hb", **sent)


@pytest.mark.parametrize(
    ("reference", "changes", "state"),
    [
        ("Observation/m", {}, "final"),
        ("https://ehr.example/fhir/Observation/m", {}, "final"),
        ("Observation/m/_history/2", {}, "final"),
        ("Observation/n", {}, "unreadable"),
        ("Observation/m", {"status": "preliminary"}, "unreadable"),
        ("Observation/m", {"valueQuantity": None}, "unreadable"),
        ("Observation/m", {"valueQuantity": quantity(1)}, "unreadable"),
        ("Observation/m", {"subject": {"reference": "Patient/p2"}}, "unreadable"),
        ("Observation/m", {"subject": None}, "unreadable"),
    ],
)
def test_a_panel_counts_by_a_member_that_was_sent_and_holds_an_answer(reference, changes, state):
    record = record_of(profile(reference), member(**changes))
    assert [r.state for r in record.results["s_protein_profile"]] == [state]


def test_a_panel_knows_its_member_by_its_full_url():
    entries = [
        {"resource": profile("urn:uuid:m")},
        {"fullUrl": "urn:uuid:m", "resource": member()},
        {"fullUrl": "urn:uuid:x", "resource": member(id="x", subject=None)},
    ]
    record = record_of(observations=bundle(entry=entries))
    assert told(record, "s_protein_profile") == [("final", None)]


def test_a_member_sent_in_two_versions_answers_no_panel():
    record = record_of(profile("Observation/m"), member(), member(valueQuantity=quantity(9, "g/L")))
    assert told(record, "s_protein_profile") == [("unreadable", "membersNotSent")]


def test_a_panel_with_a_remark_still_counts_by_its_members():
    record = record_of(profile("Observation/m", note=[{"text": "see parts"}]), member())
    assert told(record, "s_protein_profile") == [("final", None)]


# -- reports ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "state", "reason"),
    [
        ({}, "final", None),
        ({"status": "preliminary"}, "pending", None),
        ({"status": "cancelled"}, "void", "cancelled"),
        ({"effectiveDateTime": None}, "unreadable", "noTime"),
        ({"conclusion": "Ej utförd"}, "void", "cancelled"),
        ({"conclusion": " "}, "unreadable", "noValue"),
        ({"conclusion": "Se bilaga"}, "unreadable", "answerInNote"),
        ({"conclusion": "Se bilaga", "presentedForm": [{"url": "Binary/1"}]}, "final", None),
        ({"conclusion": None, "presentedForm": [{"data": "AA=="}]}, "final", None),
        ({"conclusion": None, "presentedForm": [{}]}, "unreadable", "noValue"),
        ({"conclusion": None, "conclusionCode": [{}, {"text": "normal"}]}, "final", None),
        (
            {"conclusion": None, "result": [{"reference": "Observation/m"}]},
            "unreadable",
            "membersNotSent",
        ),
        (
            {
                "code": {
                    "coding": [
                        {"system": NPU, "code": "NPU01366"},
                        {"system": LOINC, "code": "24351-9"},
                    ]
                }
            },
            "unreadable",
            "unverifiedCode",
        ),
    ],
)
def test_a_report_answers_a_profile_as_a_whole(changes, state, reason):
    record = record_of(diagnostic_report("s_protein_profile", **changes))
    assert told(record, "s_protein_profile") == [(state, reason)]


def test_a_report_counts_by_its_results_and_by_what_it_contains():
    by_result = diagnostic_report(
        "s_protein_profile", conclusion=None, result=[{"reference": "Observation/m"}]
    )
    assert told(record_of(by_result, member()), "s_protein_profile") == [("final", None)]
    contained = diagnostic_report(
        "s_protein_profile", conclusion=None, result=[{"reference": "#m"}], contained=[member()]
    )
    assert told(record_of(contained), "s_protein_profile") == [("final", None)]
    stranger = diagnostic_report(
        "s_protein_profile", conclusion=None, id="other", result=[{"reference": "#m"}]
    )
    states = {
        r.reference: r.state for r in record_of(contained, stranger).results["s_protein_profile"]
    }
    assert states["DiagnosticReport/other"] == "unreadable"


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"conclusion": None}, [("unreadable", "noValue")]),
        ({"conclusion": "CRP 5"}, [("unreadable", "answerInNote")]),
        ({"status": "registered"}, [("pending", None)]),
        ({"result": [{"reference": "Observation/obs-crp"}]}, [("unreadable", "membersNotSent")]),
    ],
)
def test_a_report_of_a_single_number_shows_that_the_test_was_taken(changes, found):
    assert told(record_of(diagnostic_report("crp", **changes)), "crp") == found


def test_a_report_of_a_number_that_was_sent_has_nothing_to_add():
    report = diagnostic_report("crp", result=[{"reference": "Observation/obs-crp"}])
    assert told(record_of(report, observation("crp")), "crp") == [("final", None)]


def test_results_of_an_analyte_stand_newest_first():
    days = [f"2026-02-{day}" for day in (20, 22, 21)]
    sent = [observation(id=day, effectiveDateTime=day) for day in days]
    sent += [observation(id="none", effectiveDateTime=None), observation(id=None)]
    found = [r.reference for r in record_of(*sent).results["hb"]]
    assert found == [
        None,
        *(f"Observation/{i}" for i in ("2026-02-22", "2026-02-21", "2026-02-20", "none")),
    ]


def test_a_huge_number_of_digits_is_no_value():
    raw = as_json(bundle(observation())).replace(b"121", b"9" * 5000)
    from cards.source import open_source

    assert told(record_of(observations=open_source("observations", raw))) == [
        ("unreadable", "malformed")
    ]
