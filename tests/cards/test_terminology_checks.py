"""A terminology that contradicts itself is refused at load time, with the entry named."""

import tomllib
from importlib.resources import files

import pytest

from cards.terminology import TerminologyError, check

TEXT = (files("cards") / "terminology.toml").read_text(encoding="utf-8")


@pytest.fixture
def toml():
    return tomllib.loads(TEXT)


def entry(toml, table, key):
    return next(row for row in toml[table] if row["key"] == key)


def code(row, number):
    return next(code for code in row["codes"] if code["code"] == number)


def refused(toml, *words):
    with pytest.raises(TerminologyError) as caught:
        check(toml)
    sentences = str(caught.value).splitlines()
    assert any(all(word in sentence for word in words) for sentence in sentences), sentences
    assert all(sentence.endswith(".") for sentence in sentences)


def test_the_terminology_we_ship_holds(toml):
    tables = check(toml)
    assert len(tables.analytes) == 31
    assert len(tables.sites) == 17
    assert len(tables.organs) == 27


TABLES = [
    *("system", "analyte", "finding", "site", "conclusion", "organ", "morphology", "vital"),
    *("listing", "department", "examination"),
]


@pytest.mark.parametrize("table", TABLES)
def test_a_key_stands_once(toml, table):
    first = toml[table][0]
    toml[table].append(first)
    refused(toml, f"[[{table}]] {first['key']}", "twice")


@pytest.mark.parametrize("table", TABLES)
def test_an_entry_names_its_source(toml, table):
    first = toml[table][0]
    first["source"] = []
    refused(toml, f"[[{table}]] {first['key']}", "without a source")


@pytest.mark.parametrize("table", TABLES)
def test_a_source_must_be_known(toml, table):
    first = toml[table][0]
    first["source"] = ["HEARSAY"]
    refused(toml, f"[[{table}]] {first['key']}", "HEARSAY")


@pytest.mark.parametrize(
    "part", ["units", "limits", "codes", "unverified_limits", "unverified_codes", "local_hints"]
)
def test_every_part_of_a_test_names_its_source(toml, part):
    row = next(row for row in toml["analyte"] if part in row)
    row[part][0]["source"] = []
    refused(toml, f"[[analyte]] {row['key']}", "without a source")


def test_every_part_of_a_vital_sign_names_its_source(toml):
    entry(toml, "vital", "weight")["units"][0]["source"] = []
    entry(toml, "vital", "height")["codes"][0]["source"] = []
    refused(toml, "[[vital]] weight", "without a source")
    refused(toml, "[[vital]] height", "without a source")


def test_every_snomed_code_names_its_source(toml):
    entry(toml, "finding", "pain")["snomed"][0]["source"] = []
    entry(toml, "site", "liver")["lesion"]["snomed"][0]["source"] = []
    refused(toml, "[[finding]] pain", "without a source")
    refused(toml, "[[site]] liver", "without a source")


@pytest.mark.parametrize("table", [table for table in TABLES if table not in {"system", "listing"}])
@pytest.mark.parametrize("language", ["sv", "da", "en"])
def test_an_entry_has_a_name_in_every_language(toml, table, language):
    first = toml[table][0]
    del first["name"][language]
    refused(toml, f"[[{table}]] {first['key']}", f"no name in {language}")


def test_the_other_names_have_every_language_too(toml):
    entry(toml, "analyte", "b12")["short"]["da"] = ""
    entry(toml, "analyte", "psa")["specimen"].pop("sv")
    entry(toml, "site", "liver")["lesion"]["name"].pop("en")
    refused(toml, "[[analyte]] b12", "da")
    refused(toml, "[[analyte]] psa", "sv")
    refused(toml, "[[site]] liver", "en")


def test_a_spelling_belongs_to_one_system(toml):
    entry(toml, "system", "kva")["also"].append("HTTPS://loinc.org/")
    refused(toml, "[[system]] loinc.org", "two systems")


def test_a_code_is_of_a_known_system(toml):
    code(entry(toml, "analyte", "hb"), "718-7")["system"] = "lionc"
    refused(toml, "hb", "718-7", "lionc")


def test_a_code_stands_once_in_a_test(toml):
    hb = entry(toml, "analyte", "hb")
    hb["unverified_codes"] = [code(hb, "718-7")]
    refused(toml, "hb", "loinc 718-7", "twice")


@pytest.mark.parametrize("use", ["accept", "note", "presence"])
def test_a_code_counts_for_one_test_only(toml, use):
    taken = dict(code(entry(toml, "analyte", "wbc"), "6690-2"), use=use, note="why")
    entry(toml, "analyte", "plt")["codes"].append(taken)
    refused(toml, "plt", "loinc 6690-2", "wbc")


def test_a_code_that_one_test_rejects_may_count_for_another(toml):
    rejected = dict(code(entry(toml, "analyte", "wbc"), "6690-2"), use="reject")
    entry(toml, "analyte", "plt")["codes"].append(rejected)
    check(toml)


def test_a_code_that_counts_with_a_note_has_one(toml):
    del code(entry(toml, "analyte", "hb"), "30313-1")["note"]
    refused(toml, "hb", "30313-1", "note")


def test_a_spelling_of_a_unit_has_one_factor(toml):
    entry(toml, "analyte", "hb")["units"][1]["aliases"].append("g/L")
    refused(toml, "[[analyte]] hb", "g/L", "two different factors")


def test_a_spelling_may_stand_twice_with_the_same_factor(toml):
    entry(toml, "analyte", "psa")["units"][1]["aliases"] = ["ug/L"]
    check(toml)


def test_a_unit_has_a_factor_or_says_that_it_is_never_converted(toml):
    del entry(toml, "analyte", "hb")["units"][1]["factor"]
    refused(toml, "[[analyte]] hb", "g/dL", "factor")


def test_a_unit_that_is_never_converted_has_no_factor(toml):
    entry(toml, "analyte", "afp")["units"][2]["factor"] = 0.83
    refused(toml, "[[analyte]] afp", "k[IU]/L", "factor")


@pytest.mark.parametrize("canonical", [None, "g/dL", "stone"])
def test_the_canonical_unit_is_listed_with_factor_one(toml, canonical):
    entry(toml, "analyte", "hb").update({"unit": canonical} if canonical else {})
    if canonical is None:
        del entry(toml, "analyte", "hb")["unit"]
    refused(toml, "[[analyte]] hb", "canonical", str(canonical))


def test_the_units_of_a_vital_sign_hold_too(toml):
    entry(toml, "vital", "weight")["unit"] = "g"
    refused(toml, "[[vital]] weight", "canonical")


def test_a_limit_is_in_a_unit_that_can_be_converted(toml):
    entry(toml, "analyte", "afp")["limits"][0]["unit"] = "k[IU]/L"
    refused(toml, "[[analyte]] afp", "k[IU]/L", "cannot be converted")


def test_an_unverified_limit_is_in_a_known_unit_too(toml):
    entry(toml, "analyte", "alat")["unverified_limits"][0]["unit"] = "g/L"
    refused(toml, "[[analyte]] alat", "g/L", "cannot be converted")


def test_a_limit_says_something(toml):
    del entry(toml, "analyte", "crp")["limits"][0]["high"]
    refused(toml, "[[analyte]] crp", "without a low and a high")


@pytest.mark.parametrize(
    ("sex", "max_age", "clashes"),
    [("male", 30, False), ("female", 18, False), ("female", 19, True), (None, 19, True)],
)
def test_one_person_has_one_limit_in_a_unit(toml, sex, max_age, clashes):
    hb = entry(toml, "analyte", "hb")
    hb["limits"] = hb["limits"][:1]
    other = {"max_age": max_age, "low": 100, "unit": "g/L", "source": ["VIDARE"]}
    hb["limits"].append(other | ({"sex": sex} if sex else {}))
    if clashes:
        refused(toml, "[[analyte]] hb", "two limits in g/L")
    else:
        check(toml)


def test_limits_in_two_units_may_stand_side_by_side(toml):
    other = {"sex": "female", "min_age": 18, "low": 7.3, "unit": "mmol/L", "source": ["VIDARE"]}
    entry(toml, "analyte", "hb")["limits"].append(other)
    check(toml)


def test_an_order_uses_an_accepted_verified_code(toml):
    lambda_chain = entry(toml, "analyte", "flc_lambda")
    lambda_chain["order"].insert(0, {"system": "npu", "code": "NPU19608", "display": "lambda"})
    refused(toml, "[[analyte]] flc_lambda", "NPU19608")


@pytest.mark.parametrize(
    ("slot", "analytes"),
    [
        ("hb", ["hb"]),
        ("calcium", ["ca_corrected", "ca_ionised"]),
        ("light_chains", ["flc_lambda", "u_protein_profile"]),
    ],
)
def test_every_slot_of_the_panel_can_be_ordered(toml, slot, analytes):
    for key in analytes:
        entry(toml, "analyte", key)["order"] = []
    refused(toml, f"slot {slot} ")


def test_every_slot_of_the_panel_has_an_accepted_code(toml):
    for each in entry(toml, "analyte", "psa")["codes"]:
        each["use"] = "reject"
    refused(toml, "slot psa ")


def test_one_way_to_fill_a_slot_is_enough(toml):
    entry(toml, "analyte", "ca_corrected")["order"] = []
    entry(toml, "analyte", "u_protein_profile")["order"] = []
    check(toml)


def test_a_site_shares_a_code_with_a_site(toml):
    entry(toml, "site", "brain")["shares"] = ["mind"]
    refused(toml, "[[site]] brain", "mind")


@pytest.mark.parametrize("prefix", ["R63.4", "r634", "R 634", ""])
def test_an_icd_prefix_is_bare(toml, prefix):
    entry(toml, "finding", "weight_loss")["icd10"] = [prefix]
    entry(toml, "site", "liver")["metastasis"]["icd10"] = [prefix]
    refused(toml, "[[finding]] weight_loss", f'"{prefix}"')
    refused(toml, "[[site]] liver", f'"{prefix}"')


@pytest.mark.parametrize("part", ["svf", "svf_start"])
def test_a_start_code_has_its_text(toml, part):
    del entry(toml, "organ", "lung")[part]
    refused(toml, "[[organ]] lung", "start code")


def test_every_code_of_a_department_and_an_examination_names_its_source(toml):
    entry(toml, "department", "neurology")["snomed"][0]["source"] = []
    entry(toml, "examination", "mr_brain")["snomed"][0]["source"] = []
    refused(toml, "[[department]] neurology", "without a source")
    refused(toml, "[[examination]] mr_brain", "without a source")


@pytest.mark.parametrize("word", ["", "Solitær", "to  mellemrum", " lever"])
def test_a_word_could_stand_in_a_folded_text(toml, word):
    entry(toml, "listing", "solitary")["words"].append(word)
    entry(toml, "morphology", "squamous")["words"].append(word)
    entry(toml, "examination", "mr_brain")["words"].append(["mr", word])
    entry(toml, "examination", "ct_thorax_abdomen")["unless"].append(word)
    refused(toml, "[[listing]] solitary", f'"{word}"')
    refused(toml, "[[morphology]] squamous", f'"{word}"')
    refused(toml, "[[examination]] mr_brain", f'"{word}"')
    refused(toml, "[[examination]] ct_thorax_abdomen", f'"{word}"')


def test_a_narrower_examination_lies_within_one_that_is_listed(toml):
    entry(toml, "examination", "ct_thorax_upper_abdomen")["within"] = "ct_everything"
    refused(toml, "[[examination]] ct_thorax_upper_abdomen", "ct_everything")


@pytest.mark.parametrize("number", ["814", "8140/3", "8140/2", "C50.9", "8010/23"])
def test_an_icd_o_code_is_a_type_or_an_invasive_code_with_its_grade(toml, number):
    entry(toml, "morphology", "squamous")["icdo3"].append(number)
    refused(toml, "[[morphology]]", "ICD-O-3")


def test_an_icd_o_code_means_one_histology(toml):
    entry(toml, "morphology", "squamous")["icdo3"].append("8140")
    refused(toml, "[[morphology]]", "8140", "twice")


def test_a_misspelt_member_is_refused_with_its_entry(toml):
    entry(toml, "analyte", "hb")["limts"] = []
    refused(toml, "[[analyte]] hb", "limts")


def test_a_use_that_does_not_exist_is_refused_with_its_entry(toml):
    code(entry(toml, "analyte", "hb"), "718-7")["use"] = "maybe"
    refused(toml, "[[analyte]] hb", "maybe")


def test_an_entry_without_a_key_is_named_by_its_place(toml):
    del toml["site"][1]["key"]
    refused(toml, "[[site]] 2", "key")


@pytest.mark.parametrize("table", ["sources", "analyte"])
def test_a_missing_table_is_refused(toml, table):
    del toml[table]
    refused(toml, table)


def test_every_contradiction_is_told_at_once(toml):
    entry(toml, "analyte", "hb")["source"] = []
    entry(toml, "organ", "lung")["source"] = []
    with pytest.raises(TerminologyError) as caught:
        check(toml)
    assert len(str(caught.value).splitlines()) == 2
