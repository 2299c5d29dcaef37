"""service.remembering: what was dismissed stays unsaid until something has changed."""

import json
from datetime import date, timedelta

import msgspec
import pytest

from cards.criteria import Criterion, Finding
from cards.pathways import PATHWAYS
from tests.service.asking import (
    ANCHOR,
    ORDER_SIGN,
    PATIENT_VIEW,
    error_code,
    example,
    make_app,
    post,
)
from tests.service.keeping import Kept, accepted, overridden

GAPS = example("aos-gaps")
DANISH = "/cds-services/pakkeforloeb-patient-view"
REFERRAL = "3457005"


@pytest.fixture
def kept(tmp_path, database_url):
    return Kept(tmp_path, database_url)


@pytest.fixture
def own(tmp_path):
    return Kept(tmp_path, f"sqlite:///{tmp_path}/vidare.db")


def topics(cards):
    return [card["source"]["topic"]["code"] for card in cards]


def changed(body, change):
    call = json.loads(body)
    change(call)
    return json.dumps(call).encode()


def newer(call):
    """Let one laboratory result be another."""
    for entry in call["prefetch"]["observations"]["entry"]:
        if "valueQuantity" in entry["resource"]:
            entry["resource"]["valueQuantity"]["value"] = 121.5
            return


def reordered(call):
    for bundle in call["prefetch"].values():
        if bundle and bundle.get("entry"):
            bundle["entry"].reverse()


def test_a_card_overridden_with_a_reason_sleeps_while_nothing_changes(kept):
    (card,) = kept.ask(GAPS)
    assert kept.tell(overridden(card["uuid"], "patientDeclines")).status_code == 200
    assert kept.ask(GAPS) == []
    assert kept.ask(changed(GAPS, reordered)) == []
    assert [a["shown"] for a in kept.rows("advice")] == ["shown", "asleep", "asleep"]
    assert len({a["decision"] for a in kept.rows("advice")}) == 1


def test_new_facts_bring_it_back_and_it_says_what_became_of_the_last(kept):
    (card,) = kept.ask(GAPS)
    kept.tell(overridden(card["uuid"], "patientDeclines"))
    (again,) = kept.ask(changed(GAPS, newer))
    assert again["source"] == card["source"]
    assert "avfärdades 2026-03-02: Patienten avstår från utredning." in again["detail"]
    told = again["extension"]["vidare.assessment"]["dismissed"]
    assert told == {"on": "2026-03-02", "reason": "patientDeclines"}
    assert "avfärdades" not in card["detail"]


@pytest.mark.parametrize(("days", "shown"), [(1, 0), (29, 0), (30, 1)])
def test_it_sleeps_for_so_many_days(own, days, shown):
    (card,) = own.ask(GAPS)
    own.tell(overridden(card["uuid"], "explained"))
    own.today = ANCHOR + timedelta(days=days)
    assert len(own.ask(GAPS)) == shown


def test_without_a_reason_nothing_sleeps_but_the_next_card_says_so(own):
    (card,) = own.ask(GAPS)
    own.tell(overridden(card["uuid"]))
    (again,) = own.ask(GAPS)
    assert "avfärdades 2026-03-02." in again["detail"]


def test_words_of_the_clinician_are_a_reason_and_are_not_kept(own):
    (card,) = own.ask(GAPS)
    own.tell(overridden(card["uuid"], comment="Canary-Testsson ringde"))
    assert own.ask(GAPS) == []
    (row,) = own.rows("feedback")
    assert row["commented"]
    assert "Canary" not in repr(row)


def test_a_reason_of_the_client_counts_and_is_shown_without_its_words(own):
    (card,) = own.ask(GAPS)
    told = overridden(card["uuid"])
    told["overrideReasons"] = {"reason": {"code": "x1", "system": "https://ehr.example/reasons"}}
    own.tell(told)
    assert own.ask(GAPS) == []
    (again,) = own.ask(changed(GAPS, newer))
    assert "avfärdades 2026-03-02." in again["detail"]


def test_what_is_accepted_later_wakes_it(own):
    (card,) = own.ask(GAPS)
    chosen = card["suggestions"][0]["uuid"]
    own.tell(overridden(card["uuid"], "explained"))
    own.tell(accepted(card["uuid"], chosen, on=ANCHOR + timedelta(days=1)))
    (again,) = own.ask(GAPS)
    assert "avfärdades" not in again["detail"]


def test_feedback_out_of_order_ends_the_same(own):
    (card,) = own.ask(GAPS)
    chosen = card["suggestions"][0]["uuid"]
    own.tell(accepted(card["uuid"], chosen, on=ANCHOR - timedelta(days=1)))
    own.tell(overridden(card["uuid"], "explained"))
    own.tell(accepted(card["uuid"], chosen, on=ANCHOR - timedelta(days=2)))
    assert own.ask(GAPS) == []


@pytest.mark.parametrize("case", ["under-age", "aos-calcium-computed"])
def test_acute_cards_and_those_for_children_never_sleep(own, case):
    cards = own.ask(example(case))
    wakeful = [c for c in cards if c["source"]["topic"]["code"] in {"underAge", "acuteCalcium"}]
    for card in cards:
        own.tell(overridden(card["uuid"], "handled"))
    assert topics(own.ask(example(case))) == topics(wakeful)


def test_another_patients_card_never_sleeps(own):
    (card,) = own.ask(GAPS)
    own.tell(overridden(card["uuid"], "explained"))
    patient = json.loads(GAPS)["context"]["patientId"].encode()
    assert len(own.ask(GAPS.replace(patient, b"somebody-else"))) == 1


def test_the_same_id_at_another_fhir_server_is_another_patient(own):
    def at(server):
        return changed(GAPS, lambda call: call.update(fhirServer=server))

    (card,) = own.ask(at("https://one.example/fhir"))
    own.tell(overridden(card["uuid"], "explained"))
    assert len(own.ask(at("https://two.example/fhir"))) == 1
    assert own.ask(at("https://one.example/fhir")) == []


def test_the_feedback_of_another_client_silences_nothing(own, tmp_path):
    (card,) = own.ask(GAPS)
    clients = tmp_path / "clients.toml"
    clients.write_text('[[client]]\nname = "B"\n')
    own.tell(overridden(card["uuid"], "explained"), clients=clients)
    assert len(own.ask(GAPS)) == 1
    assert [row["client"] for row in own.rows("feedback")] == ["B"]


def test_a_client_may_switch_it_off(own, tmp_path):
    clients = tmp_path / "clients.toml"
    clients.write_text('[[client]]\nname = "default"\nsnooze_days = 0\n')
    (card,) = own.ask(GAPS)
    own.tell(overridden(card["uuid"], "explained"))
    assert len(own.ask(GAPS, clients=clients)) == 1
    assert own.ask(GAPS) == []


def test_it_still_sleeps_when_the_secret_has_been_changed(own):
    (card,) = own.ask(GAPS)
    own.tell(overridden(card["uuid"], "explained"))
    new = "f1e2d3c4b5a697887766554433221100"
    assert own.ask(GAPS, journal_secrets=f"{new},{own.given['journal_secrets']}") == []
    assert len(own.ask(GAPS, journal_secrets=new)) == 1


def test_a_database_that_is_down_never_hides_a_card_and_never_costs_an_answer(own):
    (card,) = own.ask(GAPS)
    own.tell(overridden(card["uuid"], "explained"))
    nowhere = "postgresql+psycopg://vidare@127.0.0.1:1/none"
    with own.running(database_url=nowhere) as asking:
        assert len(asking.post(PATIENT_VIEW, GAPS).json()["cards"]) == 1
        told = {"feedback": [overridden("c0ffee00-0000-4000-8000-000000000000", "explained")]}
        assert asking.post(f"{PATIENT_VIEW}/feedback", told).status_code == 200
        unanswered = ("failed", "late")  # late where the machine is busy
        counts = (
            asking.metric(f'vidare_snooze_lookups_total{{outcome="{u}"}}') for u in unanswered
        )
        assert sum(counts) == 1
    assert own.ask(GAPS) == []
    assert len(own.rows("call")) == 3
    assert len(own.rows("feedback")) == 2


def test_what_is_kept_of_a_call_names_no_patient_and_no_value(kept):
    kept.ask(GAPS)
    (call,), (advice,) = kept.rows("call"), kept.rows("advice")
    assert (call["client"], call["service"], call["outcome"]) == (
        "default",
        "svf-patient-view",
        "answered",
    )
    assert call["instance"] == json.loads(GAPS)["hookInstance"]
    assert call["sources"]["observations"] == "complete"
    assert len(call["patient"]) == 32
    assert (advice["pathway"], advice["topic"]) == ("aos", "aosMissing")
    assert 0 < advice["answered"] < advice["asked"] <= 23
    assert {s["kind"] for s in kept.rows("suggestion")} == {"order", "referral"}
    patient = json.loads(GAPS)["prefetch"]["patient"]
    for text in (patient["id"], patient["name"][0]["family"], patient["birthDate"]):
        assert text not in repr((call, advice))


def test_the_kinds_of_suggestions_are_told_where_each_takes_one_action(own, tmp_path):
    clients = tmp_path / "clients.toml"
    clients.write_text('[[client]]\nname = "E"\none_action_per_suggestion = true\n')
    (card,) = own.ask(GAPS, clients=clients)
    kinds = {s["id"]: s["kind"] for s in own.rows("suggestion")}
    for suggestion in card["suggestions"]:
        test = suggestion["actions"][0]["resource"]["category"][0]
        laboratory = test["coding"][0]["code"] == "15220000"
        assert kinds[suggestion["uuid"]] == ("order" if laboratory else "referral")


def test_examinations_that_wait_for_a_decision_are_orders_too(own):
    name = "pakkeforloeb-patient-view"
    cards = own.ask(example("dk-brain", name), f"/cds-services/{name}")
    kinds = {s["id"]: s["kind"] for s in own.rows("suggestion")}
    route, markers, workup = ([kinds[s["uuid"]] for s in c["suggestions"]] for c in cards)
    assert (route, markers, workup) == (["referral"], ["order"], ["order", "order"])


def test_the_order_that_would_measure_a_computed_value_is_an_order(own):
    (card,) = own.ask(example("aos-calcium-computed", "svf-patient-view"))
    kinds = {s["id"]: s["kind"] for s in own.rows("suggestion")}
    assert [kinds[s["uuid"]] for s in card["suggestions"]] == ["referral", "order"]
    assert not any(s.get("isRecommended") for s in card["suggestions"])


def test_an_update_is_told_from_an_order(own):
    cards = own.ask(example("aos-gaps", "svf-order-sign"), ORDER_SIGN)
    assert cards
    kinds = {s["id"]: s["kind"] for s in own.rows("suggestion")}
    for suggestion in (s for card in cards for s in card.get("suggestions", ())):
        updates = suggestion["actions"][0]["type"] == "update"
        assert (kinds[suggestion["uuid"]] == "update") == updates


def test_a_refused_call_is_kept_with_its_code(own):
    with own.running() as asking:
        assert asking.post(PATIENT_VIEW, b"{}").status_code == 400
        body = changed(GAPS, lambda call: call.update(hookInstance="191212121212"))
        body = changed(body, lambda call: call["prefetch"].pop("patient"))
        assert asking.post(PATIENT_VIEW, body).status_code == 412
    bad, lacking = sorted(own.rows("call"), key=lambda row: row["outcome"] == "data-unavailable")
    assert (bad["outcome"], bad["patient"]) == ("missing-member", None)
    assert (lacking["outcome"], lacking["instance"]) == ("data-unavailable", None)
    assert lacking["patient"] is not None


def test_an_error_of_ours_is_kept_as_such(own, monkeypatch):
    def fail(*_):
        raise ZeroDivisionError

    monkeypatch.setattr("service.calls.judge", fail)
    with own.running() as asking:
        assert asking.post(PATIENT_VIEW, GAPS).status_code == 500
    assert [row["outcome"] for row in own.rows("call")] == ["internal"]


def test_what_is_too_deep_is_answered_and_kept_once(own):
    deep = b'{"resourceType":"Observation","extension":' + b"[" * 5000 + b"]" * 5000 + b"}"
    body = changed(
        GAPS, lambda call: call["prefetch"]["observations"]["entry"].append({"resource": "?"})
    )
    assert len(own.ask(body.replace(b'"?"', deep))) == 1
    assert len(own.rows("call")) == 1


def test_without_a_journal_cards_are_shown_and_feedback_is_refused():
    app = make_app()
    assert len(post(app, PATIENT_VIEW, GAPS).json()["cards"]) == 1
    response = post(app, f"{PATIENT_VIEW}/feedback", {"feedback": []})
    assert (response.status_code, error_code(response)) == (404, "feedback-off")


def test_feedback_that_nothing_can_keep_is_a_503_and_may_be_sent_again(own, tmp_path):
    (tmp_path / "file").write_text("")
    nowhere = "postgresql+psycopg://vidare@127.0.0.1:1/none"
    told = {"feedback": [overridden("c0ffee00-0000-4000-8000-000000000000")]}
    with own.running(database_url=nowhere, spool=tmp_path / "file" / "spool") as asking:
        response = asking.post(f"{PATIENT_VIEW}/feedback", told)
        assert (response.status_code, error_code(response)) == (503, "not-ready")
        assert response.headers["retry-after"] == "5"
        assert len(asking.post(PATIENT_VIEW, GAPS).json()["cards"]) == 1
    assert own.tell(*told["feedback"]).status_code == 200
    assert len(own.rows("feedback")) == 1


@pytest.mark.parametrize("one_action", ["true", "false"])
@pytest.mark.parametrize("case", ["dk-bone-cord", "dk-liver-afp"])
def test_a_danish_card_sleeps_and_its_suggestions_are_told_apart(own, tmp_path, case, one_action):
    clients = tmp_path / "clients.toml"
    clients.write_text(f'[[client]]\nname = "default"\none_action_per_suggestion = {one_action}\n')
    call = example(case, DANISH.rpartition("/")[2])
    shown = own.ask(call, DANISH, clients=clients)
    kinds = {s["id"]: s["kind"] for s in own.rows("suggestion")}
    for suggestion in (s for card in shown for s in card.get("suggestions", ())):
        codes = suggestion["actions"][0]["resource"]["category"][0]["coding"]
        referral = any(c["code"] == REFERRAL for c in codes)
        assert kinds[suggestion["uuid"]] == ("referral" if referral else "order")
    assert set(kinds.values()) == {"referral", "order"}
    (route,) = (card for card in shown if topics([card]) == ["dkRoute"])
    own.tell(overridden(route["uuid"], "alreadyReferred"), path=DANISH)
    assert topics(own.ask(call, DANISH)) == [t for t in topics(shown) if t != "dkRoute"]


def test_a_pathway_in_shadow_is_judged_and_kept_and_nothing_of_it_is_shown(own, tmp_path):
    clients = tmp_path / "clients.toml"
    clients.write_text('[[client]]\nname = "default"\nshadow = ["aos"]\n')
    assert own.ask(GAPS, clients=clients) == []
    assert len(own.ask(GAPS)) == 1
    assert [a["shown"] for a in own.rows("advice")] == ["shadow", "shown"]
    assert {a["topic"] for a in own.rows("advice")} == {"aosMissing"}


def test_shadow_holds_without_a_journal_and_never_for_what_is_of_no_pathway(tmp_path):
    clients = tmp_path / "clients.toml"
    clients.write_text('[[client]]\nname = "default"\nshadow = ["aos", "cup-se"]\n')
    app, usual = make_app(clients=clients), make_app()
    assert post(app, PATIENT_VIEW, GAPS).json()["cards"] == []
    acute = example("aos-calcium-computed")
    all_of_them = topics(post(usual, PATIENT_VIEW, acute).json()["cards"])
    shown = topics(post(app, PATIENT_VIEW, acute).json()["cards"])
    assert shown == [topic for topic in all_of_them if topic == "acuteCalcium"]


def later(pathway, **criteria):
    """Give a pathway in a later edition, of which some criteria are judged otherwise."""
    edition = msgspec.structs.replace(pathway.guideline, approved=date(2027, 1, 1))
    return msgspec.structs.replace(
        pathway, guideline=edition, criteria={**pathway.criteria, **criteria}
    )


def test_coming_rules_run_beside_those_in_force_and_the_difference_is_kept(own):
    aos = PATHWAYS["aos"]
    nobody = Criterion("suspicion", lambda _: Finding("suspicion", met=False))
    own.candidates = {"aos": later(aos)}
    assert len(own.ask(GAPS)) == 1
    own.candidates = {"aos": later(aos, suspicion=nobody)}
    assert len(own.ask(GAPS)) == 1
    rows = [(a["shown"], a["topic"], a["edition"]) for a in own.rows("advice")]
    coming = own.candidates["aos"].guideline.edition
    assert sorted(rows) == [
        ("candidate", "aosMissing", coming),
        ("shown", "aosMissing", aos.guideline.edition),
        ("shown", "aosMissing", aos.guideline.edition),
    ]
    assert len({a["decision"] for a in own.rows("advice")}) == 1


def test_coming_rules_that_fail_cost_no_answer(own):
    def fail(_):
        raise ZeroDivisionError

    own.candidates = {"aos": later(PATHWAYS["aos"], suspicion=Criterion("suspicion", fail))}
    assert len(own.ask(GAPS)) == 1
    assert [a["shown"] for a in own.rows("advice")] == ["shown"]
