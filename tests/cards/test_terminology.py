"""Codes and units are known in every spelling that was seen, and no look-alike gets in."""

import re
import tomllib
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cards.terminology import LANGUAGES, TERMS

TOML = tomllib.loads((files("cards") / "terminology.toml").read_text(encoding="utf-8"))
DOCUMENT = (Path(__file__).parents[2] / "docs" / "terminology.md").read_text(encoding="utf-8")
PREFIXES = [
    (prefix, f"{kind}.{site['key']}")
    for site in TOML["site"]
    for kind in ("metastasis", "lymphadenopathy", "lesion")
    for prefix in site.get(kind, {}).get("icd10", [])
] + [
    (prefix, before + row["key"])
    for table, before in (("finding", ""), ("organ", "organ."), ("conclusion", "conclusion."))
    for row in TOML[table]
    for prefix in row.get("icd10", [])
]


def counting(system, number):
    uses = TERMS.code_uses(system, number)
    return {use.analyte for use in uses if use.verified and use.use != "reject"}


@pytest.mark.parametrize(
    ("uri", "key"),
    [
        ("http://snomed.info/sct", "snomed"),
        ("https://snomed.info/sct", "snomed"),
        ("HTTP://SNOMED.INFO/SCT/", "snomed"),
        ("urn:oid:2.16.840.1.113883.6.96", "snomed"),
        ("2.16.840.1.113883.6.96", "snomed"),
        ("http://snomed.info/sct/45991000052106", "snomed"),
        ("http://loinc.org/", "loinc"),
        ("http://npu-terminology.org", "npu"),
        ("https://www.npu-terminology.org/", "npu"),
        ("urn:oid:1.2.208.176.2.1", "npu"),
        ("urn:oid:1.2.752.108.1", "npu"),
        ("http://hl7.org/fhir/sid/icd-10", "icd10_who"),
        ("http://hl7.org/fhir/sid/icd-10-se", "icd10_se"),
        ("https://www.icd10.se", "icd10_se"),
        ("URN:OID:1.2.752.116.1.1.1", "icd10_se"),
        ("urn:oid:1.2.752.116.1.1.1.1.1", "kva"),
        ("urn:oid:1.2.208.176.2.4.12", "sks"),
        (" http://unitsofmeasure.org ", "ucum"),
        ("http://electronichealth.se/identifier/personnummer", "personnummer"),
        ("http://terminology.hl7.se/sid/se-hsaid-careunit", "hsa_id"),
    ],
)
def test_a_system_is_known_in_every_spelling_seen(uri, key):
    assert TERMS.system_key(uri) == key


@pytest.mark.parametrize(
    "uri", [None, "", "LN", "http://loinc.org/vs", "http://hl7.org/fhir/sid/icd-10-cm"]
)
def test_another_system_is_not_taken_for_ours(uri):
    assert TERMS.system_key(uri) is None


@pytest.mark.parametrize("row", TOML["system"], ids=lambda row: row["key"])
def test_the_address_we_emit_is_one_we_know(row):
    assert TERMS.system_uri(row["key"]) == row["uri"]
    assert TERMS.system_key(row["uri"]) == row["key"]


@pytest.mark.parametrize(
    ("system", "number", "analyte"),
    [
        ("loinc", "718-7", "hb"),
        ("npu", "NPU02319", "hb"),
        ("npu", "NPU28309", "hb"),
        ("npu", " NPU02593 ", "wbc"),
        ("loinc", "29265-6", "ca_corrected"),
        ("npu", "NPU01443", "ca_total"),
        ("loinc", "2862-1", "albumin"),
        ("npu", "NPU03963", "u_dipstick"),
        ("snomed", "252385000", "u_dipstick"),
    ],
)
def test_a_code_means_its_test(system, number, analyte):
    assert counting(system, number) == {analyte}


def test_the_same_code_with_another_unit_is_still_the_same_test():
    hb = TERMS.analyte("hb")
    assert counting("loinc", "718-7") == {"hb"}
    assert hb.unit_of("mmol/L").canonical(8.0) == pytest.approx(128.912)
    assert hb.unit_of("g/L").canonical(129.0) == 129.0


@pytest.mark.parametrize(
    ("system", "number", "analyte"),
    [
        ("npu", "NPU02636", "wbc"),
        ("loinc", "18281-6", "ca_corrected"),
        ("loinc", "11050-2", "flc_kappa"),
        ("loinc", "11051-0", "flc_lambda"),
        ("loinc", "1777-2", "alp"),
        ("loinc", "10886-0", "psa"),
        ("loinc", "12841-3", "psa"),
        ("loinc", "2118-8", "hcg"),
        ("npu", "NPU19677", "albumin"),
        ("npu", "NPU09102", "creatinine"),
    ],
)
def test_a_look_alike_is_known_and_rejected(system, number, analyte):
    (use,) = TERMS.code_uses(system, number)
    assert (use.analyte, use.use) == (analyte, "reject")
    assert counting(system, number) == set()


@pytest.mark.parametrize(
    ("system", "number"),
    [
        ("npu", "NPU27300"),  # HbA1c
        ("npu", "FLX00804"),  # a region's own code: only through a site map
        ("loinc", "NPU28309"),
        ("npu", "718-7"),
        ("snomed", "718-7"),
        ("npu", "npu28309"),
        ("loinc", ""),
    ],
)
def test_a_code_of_nothing_here_means_nothing(system, number):
    assert TERMS.code_uses(system, number) == ()


@pytest.mark.parametrize("row", TOML["analyte"], ids=lambda row: row["key"])
def test_every_code_tells_whether_it_was_verified(row):
    for group, verified in (("codes", True), ("unverified_codes", False)):
        for listed in row.get(group, []):
            uses = TERMS.code_uses(listed["system"], listed["code"])
            (own,) = [use for use in uses if use.analyte == row["key"]]
            assert own.verified is verified
            assert own.use == listed["use"]


def test_an_unverified_code_is_told_apart_and_never_counts():
    (use,) = TERMS.code_uses("npu", "NPU19608")
    assert (use.analyte, use.verified) == ("flc_lambda", False)
    assert counting("npu", "NPU19608") == set()


@pytest.mark.parametrize(
    ("system", "number", "part"),
    [
        ("loinc", "12851-2", "interpretation"),
        ("loinc", "33358-3", "m_protein"),
        ("loinc", "14895-7", "immunofixation"),
        ("loinc", "2874-6", "gamma"),
        ("loinc", "2871-2", "beta"),
        ("npu", "NPU03300", "electrophoresis"),
        ("loinc", "42483-8", "m_protein"),
        ("npu", "NPU21578", "nitrite"),
        ("loinc", "20407-3", "nitrite"),
        ("loinc", "20408-1", "leukocytes"),
        ("loinc", "24356-8", "panel"),
        ("loinc", "718-7", None),
    ],
)
def test_a_code_names_the_part_of_the_test_that_it_answers(system, number, part):
    assert [use.part for use in TERMS.code_uses(system, number)] == [part]


@pytest.mark.parametrize("row", TOML["analyte"], ids=lambda row: row["key"])
def test_every_code_of_a_text_test_names_its_part(row):
    listed = row["codes"] + row.get("unverified_codes", [])
    assert all(("part" in each) == (row["kind"] == "text") for each in listed)


def test_an_order_names_npu_first_and_loinc_second():
    systems = [coding.system_uri for coding in TERMS.analyte("hb").order]
    assert systems == ["http://npu-terminology.org", "http://loinc.org"]
    assert [coding.code for coding in TERMS.analyte("hb").order] == ["NPU28309", "718-7"]


def test_free_lambda_is_ordered_by_loinc_alone():
    assert [coding.code for coding in TERMS.analyte("flc_lambda").order] == ["33944-0"]


@pytest.mark.parametrize("spelling", ["R63.4", "R634", "r63.4 ", " R 63.4", "R63.4*", "R6340"])
def test_an_icd_code_is_read_in_every_spelling(spelling):
    assert TERMS.concepts_of("icd10_se", spelling) == {"weight_loss"}
    assert TERMS.concepts_of("icd10_who", spelling) == {"weight_loss"}


def test_an_sks_diagnosis_is_d_and_the_icd_code():
    assert TERMS.concepts_of("sks", "DR634") == {"weight_loss"}
    assert TERMS.concepts_of("sks", "dc78.7") == {"metastasis.liver"}


@pytest.mark.parametrize("number", ["R634", "C787", "AFD01A", "", "D"])
def test_an_sks_code_without_d_is_no_diagnosis(number):
    assert TERMS.concepts_of("sks", number) == frozenset()


def test_d50_is_iron_deficiency_in_icd_and_needs_two_d_in_sks():
    assert TERMS.concepts_of("icd10_se", "D50.9") == {"iron_deficiency_anaemia"}
    assert TERMS.concepts_of("sks", "DD509") == {"iron_deficiency_anaemia"}
    assert TERMS.concepts_of("sks", "D509") == frozenset()


@pytest.mark.parametrize(("prefix", "concept"), PREFIXES)
def test_every_prefix_means_its_concept_in_the_three_classifications(prefix, concept):
    assert concept in TERMS.concepts_of("icd10_se", prefix)
    assert concept in TERMS.concepts_of("icd10_who", prefix)
    assert concept in TERMS.concepts_of("sks", f"D{prefix}")


@pytest.mark.parametrize(
    ("prefix", "concept"), [pair for pair in PREFIXES if (pair[0][:-1], pair[1]) not in PREFIXES]
)
def test_a_code_shorter_than_its_prefix_is_another_one(prefix, concept):
    assert concept not in TERMS.concepts_of("icd10_se", prefix[:-1])


def test_the_longest_prefix_decides():
    assert TERMS.concepts_of("icd10_se", "C78.7") == {"metastasis.liver"}
    assert TERMS.concepts_of("icd10_se", "C78.6") == {
        "metastasis.peritoneum",
        "metastasis.ln_retroperitoneal",
    }
    assert TERMS.concepts_of("sks", "DC786B") == {"metastasis.peritoneum"}


@pytest.mark.parametrize("number", ["C77", "C77.9"])
def test_a_node_metastasis_of_no_stated_region_is_still_one(number):
    assert TERMS.concepts_of("icd10_se", number) == {"metastasis.ln_unspecified"}


@pytest.mark.parametrize("number", ["C78", "C78.5", "C79.0", "C79.6", "C79.8", "C79.9"])
def test_a_metastasis_elsewhere_is_still_a_metastasis(number):
    assert TERMS.concepts_of("icd10_se", number) == {"metastasis.unspecified"}


@pytest.mark.parametrize("fourth", range(10))
@pytest.mark.parametrize("category", ["C77", "C78", "C79"])
def test_every_icd_code_of_a_metastasis_is_one(category, fourth):
    found = TERMS.concepts_of("icd10_se", f"{category}.{fourth}")
    assert found
    assert all(TERMS.concept(key).kind == "metastasis" for key in found)


def test_brain_and_meninges_share_a_code_and_say_so():
    found = TERMS.concepts_of("icd10_se", "C79.3")
    assert found == {"metastasis.brain", "metastasis.csf"}
    assert TERMS.concept("metastasis.brain").shares == ("metastasis.csf",)
    assert TERMS.concept("metastasis.csf").shares == ("metastasis.brain",)
    assert TERMS.concept("lesion.brain").shares == ()


@pytest.mark.parametrize("number", ["E83.5", "E835X", "R18", "R18.9", "R61.9", "R69.9"])
def test_a_code_that_does_not_say_it_records_nothing(number):
    assert TERMS.concepts_of("icd10_se", number) == frozenset()
    assert TERMS.concepts_of("sks", "D" + number) == frozenset()


def test_plain_fever_is_not_prolonged_fever():
    assert TERMS.concepts_of("snomed", "386661006") == {"fever"}
    assert TERMS.concepts_of("icd10_se", "R50.9") == {"fever"}
    assert TERMS.concepts_of("snomed", "7520000") == {"prolonged_fever"}


def test_enlarged_nodes_and_lesions_are_no_metastases():
    assert TERMS.concepts_of("icd10_se", "R59.0") == {"lymphadenopathy.ln_unspecified"}
    assert TERMS.concepts_of("snomed", "127086001") == {"lymphadenopathy.ln_neck"}
    assert TERMS.concepts_of("icd10_se", "R93.2") == {"lesion.liver"}
    assert TERMS.concepts_of("icd10_who", "R91") == {"lesion.lung"}


@pytest.mark.parametrize("number", ["C80", "C80.0", "C80.9"])
def test_unknown_primary_is_a_conclusion_and_no_metastasis(number):
    assert TERMS.concepts_of("icd10_se", number) == {"conclusion.unknown_primary"}
    assert TERMS.concepts_of("snomed", "285645000") == {"conclusion.unknown_primary"}


@pytest.mark.parametrize(
    ("number", "key"),
    [
        ("8140/3", "adenocarcinoma"),
        ("8140/6", "adenocarcinoma"),
        ("M8140/3", "adenocarcinoma"),
        ("m-8140/3", "adenocarcinoma"),
        (" 81403 ", "adenocarcinoma"),
        ("8140/33", "adenocarcinoma"),
        ("8070/3", "squamous"),
        ("8010/33", "poorly_differentiated"),
        ("8020/3", "poorly_differentiated"),
        ("8041/3", "small_cell_anaplastic"),
        ("8246/3", "neuroendocrine"),
        ("8461/3", "serous_adenocarcinoma"),
    ],
)
def test_a_histology_is_read_in_every_spelling_of_icd_o(number, key):
    assert TERMS.concepts_of("icdo3", number) == {f"morphology.{key}"}


@pytest.mark.parametrize(
    "number",
    ["8140/0", "8140/1", "8070/2", "8046/3", "8010/3", "8247/3", "8140", "/3", "", "C50.9"],
)
def test_what_is_benign_in_situ_or_of_another_type_is_no_histology_of_ours(number):
    assert TERMS.concepts_of("icdo3", number) == frozenset()


@pytest.mark.parametrize("row", TOML["morphology"], ids=lambda row: row["key"])
def test_a_histology_has_words_and_a_code(row):
    concept = TERMS.concept(f"morphology.{row['key']}")
    assert concept.words == tuple(row["words"])
    assert row["icdo3"]


@pytest.mark.parametrize("site", TOML["site"], ids=lambda row: row["key"])
def test_the_sks_code_of_a_site_records_that_site(site):
    sks = TERMS.concept(f"metastasis.{site['key']}").sks
    assert f"metastasis.{site['key']}" in TERMS.concepts_of("sks", sks)
    assert "." not in sks
    assert TERMS.concepts_of("sks", f"{sks[:4]}.{sks[4:]}") == TERMS.concepts_of("sks", sks)


def test_neurology_is_a_department_and_neurosurgery_another():
    assert TERMS.department_of("snomed", " 394591006 ") == "neurology"
    assert TERMS.department_of("snomed", "394610002") is None
    assert TERMS.department_of("icd10_se", "394591006") is None


@pytest.mark.parametrize(
    ("key", "beginning"),
    [("solitary", "solitær"), ("multiple", "multipl"), ("liver", "lever"), ("brain", "hjerne")],
)
def test_a_note_is_read_by_listed_beginnings_of_words(key, beginning):
    assert beginning in TERMS.listing(key)


def test_no_department_of_neurology_is_listed_by_a_word_of_neurosurgery():
    other = ("neurokirurgisk afdeling", "neurofysiologisk klinik", "neurosurgery")
    assert not [w for w in TERMS.listing("neurology") for each in other if each.startswith(w)]


def test_an_examination_by_hand_is_never_an_order():
    by_hand = {k for k, each in TERMS.examinations.items() if each.order == "none"}
    assert by_hand == {"biopsy", "breast_palpation", "genitalia", "prostate_palpation"}
    assert not [k for k in by_hand if TERMS.examination(k).codes]


@pytest.mark.parametrize("number", ["Z33.9", "Z34.0", "O14.1", "O24.4", "O48.9", "O15.0"])
def test_a_pregnancy_of_now_is_one(number):
    assert TERMS.concepts_of("icd10_se", number) == {"pregnancy"}


@pytest.mark.parametrize("number", ["O03.9", "O15.1", "O15.2", "O80.9", "O85", "Z37.0", "O10.0"])
def test_a_pregnancy_that_ended_or_may_have_is_not(number):
    assert TERMS.concepts_of("icd10_se", number) == frozenset()


@pytest.mark.parametrize("system", ["loinc", "npu", "kva", "ucum", "unknown"])
def test_a_diagnosis_comes_from_a_classification_of_diagnoses(system):
    assert TERMS.concepts_of(system, "R634") == frozenset()


@given(st.text())
def test_any_text_at_all_is_looked_up_without_harm(text):
    for system in ("snomed", "icd10_se", "sks", "loinc", text):
        assert TERMS.concepts_of(system, text) <= set(TERMS.concepts)
        assert all(use.analyte in TERMS.analytes for use in TERMS.code_uses(system, text))
    assert TERMS.system_key(text) in {None, *(row["key"] for row in TOML["system"])}


@given(st.sampled_from(PREFIXES), st.text(alphabet="0123456789XABC", max_size=3))
def test_a_longer_code_never_loses_the_diagnosis(pair, rest):
    assert TERMS.concepts_of("icd10_se", pair[0] + rest)


def test_a_finding_and_a_cancer_carry_their_names_and_origin():
    finding = TERMS.concept("weight_loss")
    assert (finding.kind, finding.name["en"]) == ("finding", "weight loss")
    assert finding.section.startswith("AOS")
    liver = TERMS.concept("metastasis.liver")
    assert (liver.kind, liver.place["sv"]) == ("metastasis", "lever")
    assert TERMS.concept("organ.lung").kind == "organ"
    assert TERMS.concept("morphology.adenocarcinoma").kind == "morphology"
    assert set(TERMS.concepts_of("snomed", "35917007")) == {"morphology.adenocarcinoma"}


def test_every_name_is_there_in_every_language():
    named = [*TERMS.concepts.values(), *TERMS.analytes.values()]
    assert all(set(LANGUAGES) == set(each.name) for each in named)


@pytest.mark.parametrize(
    ("organ", "start"),
    [("colorectal", "VB210"), ("organ.lung", "VC010"), ("leukaemia", None)],
)
def test_a_swedish_pathway_starts_by_its_kva_code(organ, start):
    assert TERMS.svf_start(organ) == start


@pytest.mark.parametrize(
    ("look_up", "what"),
    [
        (lambda: TERMS.analyte("haemoglobin"), 'no analyte "haemoglobin".'),
        (lambda: TERMS.concept("liver"), 'no concept "liver".'),
        (lambda: TERMS.system_uri("icd9"), 'no code system "icd9".'),
        (lambda: TERMS.svf_start("toe"), 'no concept "organ.toe".'),
        (lambda: TERMS.vital_value("pulse", 60, "/min"), 'no vital sign "pulse".'),
        (lambda: TERMS.listing("kidney"), 'no listing "kidney".'),
        (lambda: TERMS.examination("eeg"), 'no examination "eeg".'),
    ],
)
def test_an_unknown_key_is_told_in_a_sentence(look_up, what):
    with pytest.raises(KeyError, match=re.escape(f"The terminology has {what}")):
        look_up()


@pytest.mark.parametrize(
    ("system", "number", "kind"),
    [
        ("loinc", "29463-7", "weight"),
        ("loinc", "3141-9", "weight"),
        ("npu", "NPU03804", "weight"),
        ("loinc", "8302-2", "height"),
        ("npu", "NPU03794", "height"),
        ("loinc", "8310-5", "temperature"),
        ("npu", " NPU08676", "temperature"),
        ("loinc", "8867-4", None),
        ("npu", "29463-7", None),
    ],
)
def test_a_vital_sign_is_known_by_its_code(system, number, kind):
    assert TERMS.vital_of(system, number) == kind


@pytest.mark.parametrize(
    ("kind", "value", "unit", "canonical"),
    [
        ("weight", 70.5, "kg", 70.5),
        ("weight", 3450, "g", 3.45),
        ("weight", 100, "[lb_av]", 45.359237),
        ("height", 1.75, "m", 175),
        ("height", 70, "[in_i]", 177.8),
        ("temperature", 38.2, "°C", 38.2),
        ("temperature", 212, "[degF]", 100),
        ("temperature", -40, "°F", -40),
        ("weight", 70, None, None),
        ("weight", 70, "stone", None),
        ("height", 70, "kg", None),
    ],
)
def test_a_vital_sign_is_given_in_kilograms_centimetres_or_degrees_celsius(
    kind, value, unit, canonical
):
    found = TERMS.vital_value(kind, value, unit)
    assert found == (None if canonical is None else pytest.approx(canonical))


@pytest.mark.parametrize(
    "table",
    [
        *("system", "analyte", "finding", "site", "organ", "vital", "morphology"),
        *("listing", "department", "examination"),
    ],
)
def test_the_document_names_every_entry(table):
    before = "morphology." if table == "morphology" else ""
    missing = [row["key"] for row in TOML[table] if f"`{before}{row['key']}`" not in DOCUMENT]
    assert missing == []


def test_the_document_names_every_source_and_what_it_is():
    lines = DOCUMENT.splitlines()
    missing = [key for key, text in TOML["sources"].items() if f"| `{key}` | {text} |" not in lines]
    assert missing == []


@pytest.mark.parametrize("group", ["codes", "unverified_codes", "local_hints"])
def test_the_document_names_every_code_of_a_test(group):
    listed = [each["code"] for row in TOML["analyte"] for each in row.get(group, [])]
    assert [number for number in listed if number not in DOCUMENT] == []


def named_sources(part):
    if isinstance(part, list):
        return {key for each in part for key in named_sources(each)}
    if not isinstance(part, dict):
        return set()
    return set(part.get("source", [])) | named_sources(list(part.values()))


def test_every_source_is_used():
    assert set(TERMS.sources) == named_sources(TOML)


def test_no_entry_names_a_package_registry_or_an_identifier_of_a_stored_file():
    text = str(TOML) + DOCUMENT
    assert not re.search(r"\b(npm|pypi|cran)\b|stored public|\bid \d{6,}", text, re.IGNORECASE)
