"""CDS Hooks 3.0 (and 2.0), requirement by requirement: each test names the ids it stands for.

R and H are the numbered requirements of the standard and its hook library that bind a service, V
the awkward inputs that real clients have sent. `REQUIRED` lists those in force for what is served
today; an id that no test names fails the last test.
"""

import json
import re
from datetime import timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from service.hooks import PREFETCH, SERVICES
from tests.service.asking import (
    ANCHOR,
    JSON,
    ORDER_SIGN,
    PATIENT_VIEW,
    bundle,
    call,
    error_code,
    example,
    examples,
    expression,
    make_app,
    post,
    read_fully,
    send,
    settings,
)
from tests.service.keeping import Kept, accepted, overridden
from tests.service.signing import DISCOVERY, VIEW, bearer, clients_file
from tests.service.starting import started

REQUIRED = """
R001 R002 R004 R005 R006 R009 R010 R011 R013 R014 R015 R022 R025 R030 R031 R032 R033 R034 R035 R038
R040 R041 R042 R043 R044 R046 R055 R057 R058 R059 R060 R061 R062 R063 R080 R081 R082 R083
R091 R092 R093 R094 R098 R099 R100 R105 R106 R108 R109 R110 R111 R112 R114 R115
R120 R125 R126 R127 R128 R130 R131 R132 R133 R134 R135 R137 R138 R160 R165 R170
R140 R141 R142 R143 R144 R145 R146 R147 R148 R149 R150 R151 R152 R153 R154
H04 H05 H06 H07 H08 H09
V1 V2 V3 V5 V6 V7 V8 V9 V10 V11 V12 V13 V16 V17 V19 V20
""".split()  # noqa: SIM905 - a hundred quoted words would not be easier to read

MANNERS = {
    "plain": "",
    "one action": "one_action_per_suggestion = true",
    "one choice": 'selection_behavior = "at-most-one"',
    "proposal": 'order_intent = "proposal"',
}
LANGUAGES = ("sv", "da", "en")
PATIENT_OF = {s.id: {"SE": "aos-gaps", "DK": "dk-bone-cord"}[s.country] for s in SERVICES}
APP = make_app()
OUTCOME = {"resourceType": "OperationOutcome"}
FAILED = {**OUTCOME, "issue": [{"severity": "error", "code": "exception"}]}
NO_RESULTS = {**OUTCOME, "issue": [{"severity": "warning", "code": "not-found"}]}


def app_with(lines):
    """Give the application of a client with these settings."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "clients.toml"
        path.write_text(f'[[client]]\nname = "A"\n{lines}\n')
        return make_app(clients=path)


@cache
def answers():
    """Give the answer to every example, in every language, for clients of several manners."""
    found = {}
    for manner, lines in MANNERS.items():
        app = app_with(lines)
        for case, service_id in examples():
            for language in LANGUAGES if manner == "plain" else LANGUAGES[:1]:
                response = post(
                    app,
                    f"/cds-services/{service_id}",
                    example(case, service_id),
                    {"Accept-Language": language},
                )
                assert response.status_code == 200, (case, service_id, response.text)
                found[manner, case, service_id, language] = response.json()
    return found


def cards():
    every = [card for answer in answers().values() for card in answer["cards"]]
    assert len(every) > 20
    return every


def suggestions():
    every = [s for card in cards() for s in card.get("suggestions", [])]
    assert len(every) > 20
    return every


def actions():
    every = [action for s in suggestions() for action in s.get("actions", [])]
    assert len(every) > 40
    return every


def links():
    every = [link for card in cards() for link in card.get("links", [])]
    assert every
    return every


def discovered():
    return send(APP, "GET", "/cds-services").json()["services"]


def ask(prefetch=None, hook="patient-view", **context):
    body = call(hook, **({} if prefetch is None else {"prefetch": prefetch}))
    body["context"].update(context)
    return post(APP, ORDER_SIGN if hook == "order-sign" else PATIENT_VIEW, body)


def case(name, service_id="svf-patient-view"):
    return json.loads(example(name, service_id))


def ask_case(body, service_id=None):
    return post(APP, f"/cds-services/{service_id or 'svf-' + body['hook']}", body)


def stripped(answer):
    """Give an answer without what is new in every answer."""
    return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "id", json.dumps(answer))


def not_checked(response):
    """Give what an answer says that it could not look at."""
    told = [c["extension"]["vidare.assessment"] for c in response.json()["cards"]]
    return [source for each in told for source in each.get("notChecked", [])]


def statuses(response):
    """Give the status of every panel slot in an answer."""
    panels = [
        slot
        for card in response.json()["cards"]
        for slot in card["extension"]["vidare.assessment"].get("panel", [])
    ]
    return {slot["slot"]: slot["status"] for slot in panels}


def walk(value, path="$"):
    yield path, value
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from walk(inner, f"{path}.{key}")
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from walk(inner, f"{path}[{number}]")


# -- wire format -------------------------------------------------------------------------------


def test_r001_json_in_and_json_out():
    assert post(APP, PATIENT_VIEW, b"<Bundle/>").status_code == 400
    for response in (ask(read_fully()), send(APP, "GET", "/cds-services")):
        assert response.headers["content-type"] == "application/json"


def test_r002_resources_are_objects_with_a_type():
    for action in actions():
        assert isinstance(action["resource"], dict)
        assert action["resource"]["resourceType"]


def test_r004_r005_v6_nothing_empty_is_ever_sent():
    bodies = [*answers().values(), {"services": discovered()}, ask().json()]
    for body in bodies:
        for path, value in walk(body):
            undecided = path.endswith(".met") and ".extension.vidare.assessment.criteria" in path
            if path not in {"$.cards", "$.services"} and not undecided:
                assert value not in (None, "", [], {}), path


def test_r006_required_texts_say_something():
    texts = [card[name] for card in cards() for name in ("summary", "detail", "indicator")]
    texts += [s["label"] for s in suggestions()] + [a["description"] for a in actions()]
    texts += [card["source"]["label"] for card in cards()] + [link["label"] for link in links()]
    assert all(text.strip() for text in texts)


# -- discovery ---------------------------------------------------------------------------------


def test_r010_r011_r013_r014_r022_discovery_lists_the_services():
    response = send(APP, "GET", "/cds-services")
    assert response.status_code == 200
    services = response.json()["services"]
    assert [service["id"] for service in services] == [service.id for service in SERVICES]
    for service in services:
        assert service["hook"] in {"patient-view", "order-sign"}
        assert service["description"].strip()


def test_r015_r030_every_advertised_id_takes_a_post():
    for service in discovered():
        assert re.fullmatch(r"[a-z-]+", service["id"])
        response = post(APP, f"/cds-services/{service['id']}", call(service["hook"]))
        assert response.status_code in {200, 412}


def templates():
    every = [item for service in discovered() for item in service["prefetch"].items()]
    assert every
    return every


def test_r025_no_template_depends_on_another():
    assert not [query for _, query in templates() if "%" in query]


def test_r040_templates_are_relative_reads_or_searches():
    for _, query in templates():
        assert not query.startswith("/")
        assert "://" not in query


def test_r041_r042_r043_r044_tokens_are_first_level_members_of_the_context():
    for _, query in templates():
        assert query.count("{{") == query.count("}}")
        for token in re.findall(r"\{\{(.*?)\}\}", query):
            assert token in {"context.patientId", "context.userId"}
        assert "/{{context.userId}}" not in query


def test_r046_templates_stay_in_the_widely_supported_subset():
    for _, query in templates():
        names = re.findall(r"[?&]([^=&]+)=", query)
        assert len(set(names)) == len(names)
        assert set(names) <= {"patient", "category", "_sort", "_count"}


# -- invocation --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["hook", "hookInstance", "context"])
def test_r031_a_missing_member_is_a_400(name):
    body = call(prefetch=read_fully())
    del body[name]
    response = post(APP, PATIENT_VIEW, body)
    assert (response.status_code, expression(response)) == (400, name)


def test_r032_authorisation_without_a_server_is_a_400():
    body = call(prefetch=read_fully(), fhirAuthorization={"access_token": "x"})
    assert post(APP, PATIENT_VIEW, body).status_code == 400


@pytest.mark.parametrize("hook", ["patient-view", "order-sign"])
def test_r033_v1_the_least_request_is_understood(hook):
    assert ask(hook=hook).status_code in {200, 412}


def test_r034_v5_the_hook_of_another_service_is_a_400():
    response = post(APP, PATIENT_VIEW, call("order-sign", prefetch=read_fully()))
    assert (response.status_code, error_code(response)) == (400, "wrong-hook")


def test_r035_the_same_instance_may_come_twice_and_need_not_be_a_uuid():
    body = call(prefetch=read_fully(), hookInstance="7")
    assert [post(APP, PATIENT_VIEW, body).status_code for _ in range(2)] == [200, 200]


def test_r038_json_with_parameters_is_read_and_nothing_else():
    body = json.dumps(call(prefetch=read_fully())).encode()
    assert post(
        APP, PATIENT_VIEW, body, {"Content-Type": "application/json;charset=UTF-8"}
    ).is_success
    assert post(APP, PATIENT_VIEW, body, {"Content-Type": "text/json"}).status_code == 415


def strew(value):
    """Lay an unknown member and an extension into every object."""
    if isinstance(value, list):
        return [strew(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    return {**{k: strew(v) for k, v in value.items()}, "zzLater": {"a": [1, None]}}


@pytest.mark.parametrize(("name", "service_id"), examples())
def test_r009_v2_unknown_members_change_nothing(name, service_id):
    plain = case(name, service_id)
    strewn = {**strew(plain), "extension": {"org.example.x": True}}
    strewn["prefetch"].pop("zzLater")
    first, second = ask_case(plain), ask_case(strewn)
    assert second.status_code == 200
    summaries = [[c["summary"] for c in r.json()["cards"]] for r in (first, second)]
    assert summaries[0] == summaries[1]
    assert statuses(first) == statuses(second)


# -- prefetch ----------------------------------------------------------------------------------


@pytest.mark.parametrize("key", PREFETCH)
@pytest.mark.parametrize("service_id", PATIENT_OF)
def test_r055_r061_an_absent_key_is_not_known_and_never_none(key, service_id):
    body = case(PATIENT_OF[service_id], service_id)
    del body["prefetch"][key]
    response = ask_case(body, service_id)
    if key in {"patient", "observations", "conditions"} and response.status_code == 412:
        return
    assert response.status_code == 200
    assert response.json()["cards"], "silence would say that there is nothing to do"
    if key == "observations":
        assert "missing" not in statuses(response).values()
        assert {"source": key, "reason": "absent"} in not_checked(response)


def test_r055_every_subset_of_the_keys_is_answered_or_a_412():
    whole = case("aos-complete")["prefetch"]
    for number in range(2 ** len(PREFETCH)):
        keys = [key for bit, key in enumerate(PREFETCH) if number >> bit & 1]
        response = ask_case({**case("aos-complete"), "prefetch": {k: whole[k] for k in keys}})
        assert response.status_code in {200, 412}, keys
        if response.status_code == 412:
            assert not {"patient", "observations", "conditions"} <= set(keys)


def test_r057_r082_only_what_cannot_be_had_is_a_412():
    response = ask()
    assert (response.status_code, error_code(response)) == (412, "data-unavailable")
    assert ask(read_fully()).status_code == 200


@pytest.mark.parametrize("key", ["observations", "conditions"])
def test_r058_r059_v3_an_outcome_is_no_clinical_datum(key):
    for failure in (FAILED, bundle(FAILED)):
        body = case("aos-gaps")
        body["prefetch"][key] = failure
        failed = ask_case(body)
        del body["prefetch"][key]
        absent = ask_case(body)
        assert failed.status_code == absent.status_code, "failed is as good as absent"
        if failed.status_code == 200:
            assert statuses(failed) == statuses(absent)
    body = case("aos-gaps")
    before = stripped(ask_case(body).json())
    body["prefetch"][key]["entry"].append({"resource": NO_RESULTS, "search": {"mode": "outcome"}})
    assert stripped(ask_case(body).json()) == before, "a warning beside matches is dropped"


NOTHING = {
    "null": None,
    "empty": {"resourceType": "Bundle", "type": "searchset", "total": 0, "entry": []},
    "without entry": {"resourceType": "Bundle", "type": "searchset", "total": 0},
    "with a warning only": {
        "resourceType": "Bundle",
        "type": "searchset",
        "total": 0,
        "entry": [{"resource": NO_RESULTS, "search": {"mode": "outcome"}}],
    },
}


@pytest.mark.parametrize("key", [key for key in PREFETCH if key != "patient"])
@pytest.mark.parametrize("service_id", PATIENT_OF)
def test_r060_v3_every_way_to_say_nothing_says_the_same(key, service_id):
    seen = set()
    for nothing in NOTHING.values():
        body = case(PATIENT_OF[service_id], service_id)
        body["prefetch"][key] = nothing
        response = ask_case(body, service_id)
        assert response.status_code == 200
        seen.add(stripped(response.json()))
    assert len(seen) == 1


def test_r060_r061_v3_nothing_recorded_and_not_sent_are_told_apart():
    empty, absent = case("aos-gaps"), case("aos-gaps")
    empty["prefetch"]["observations"] = bundle()
    del absent["prefetch"]["observations"]
    assert "missing" in statuses(ask_case(empty)).values()
    assert "missing" not in statuses(ask_case(absent)).values()


def test_r062_v3_a_page_with_a_next_one_is_incomplete():
    body = case("aos-gaps")
    assert "missing" in statuses(ask_case(body)).values()
    body["prefetch"]["observations"]["link"] = [
        {"relation": "next", "url": "https://ehr.example/fhir?page=2"}
    ]
    assert "missing" not in statuses(ask_case(body)).values()
    assert "not-checked" in statuses(ask_case(body)).values()


def test_r063_what_was_not_asked_for_is_ignored():
    body = case("aos-gaps")
    before = stripped(ask_case(body).json())
    body["prefetch"]["coverageBundle"] = {"anything": [1]}
    assert stripped(ask_case(body).json()) == before


# -- the answer --------------------------------------------------------------------------------


def test_r080_r081_success_is_200_with_cards_even_when_there_are_none():
    response = ask(read_fully())
    assert (response.status_code, response.json()) == (200, {"cards": []})
    for answer in answers().values():
        assert set(answer) == {"cards"}


def test_r083_every_refusal_is_an_operation_outcome():
    refusals = [
        post(APP, PATIENT_VIEW, b"{"),
        post(APP, "/cds-services/none", call()),
        send(APP, "GET", PATIENT_VIEW),
        ask(),
        send(
            APP, "POST", PATIENT_VIEW, content=b"{}", headers={**JSON, "Content-Length": "9999999"}
        ),
        send(APP, "POST", PATIENT_VIEW, content=b"{}"),
        send(APP, "GET", "/none"),
    ]
    assert [r.status_code for r in refusals] == [400, 404, 405, 412, 413, 415, 404]
    for response in refusals:
        assert error_code(response)


def test_r091_v7_a_summary_is_one_short_line():
    for card in cards():
        assert len(card["summary"]) < 140
        assert len(card["summary"].encode("utf-16-le")) // 2 < 140
        assert "\n" not in card["summary"]


def test_r092_a_detail_holds_no_html():
    for card in cards():
        assert not re.search(r"<[a-zA-Z/!]", card["detail"]), card["detail"]


HOSTILE = "<img src=x onerror=alert(1)> [click](javascript:alert(1)) | **b** `c`"


@pytest.mark.parametrize(("name", "service_id"), examples())
def test_r092_text_from_the_record_is_shown_and_not_obeyed(name, service_id):
    body = case(name, service_id)
    for path, value in list(walk(body)):
        if isinstance(value, dict) and isinstance(value.get("text"), str) and "SVF" not in path:
            keep = value["text"] if "SVF" in value["text"] else ""
            value["text"] = f"{keep}{HOSTILE}"
    response = ask_case(body)
    assert response.status_code == 200
    for card in response.json()["cards"]:
        assert not re.search(r"(?<!\\)<[a-zA-Z/!]", card["detail"])
        assert not re.search(r"(?<!\\)\]\(javascript:", card["detail"])


def test_r093_the_indicator_is_one_of_three():
    assert {card["indicator"] for card in cards()} <= {"info", "warning", "critical"}


def test_r094_every_card_names_its_source():
    for card in cards():
        assert card["source"]["label"].strip()


def test_r098_r099_v8_suggestions_say_how_to_choose():
    for card in cards():
        assert ("suggestions" in card) == ("selectionBehavior" in card)
        assert card.get("selectionBehavior", "any") in {"any", "at-most-one"}


def test_r099_the_client_decides_how_to_choose():
    for (manner, *_), answer in answers().items():
        expected = "at-most-one" if manner == "one choice" else "any"
        for card in answer["cards"]:
            assert card.get("selectionBehavior", expected) == expected


def codings():
    for card in cards():
        yield card["source"]["topic"]
        yield from card.get("overrideReasons", [])


def test_r100_r165_codings_are_whole():
    for coding in codings():
        assert set(coding) <= {"code", "system", "display"}
        assert coding["code"].strip()
        assert coding["system"].strip()
    for card in cards():
        for reason in card.get("overrideReasons", []):
            assert reason["display"].strip()


def test_r105_every_suggestion_has_a_label():
    for suggestion in suggestions():
        assert suggestion["label"].strip()


def test_r106_v8_several_recommendations_only_where_several_may_be_chosen():
    counts = set()
    for card in cards():
        recommended = [s for s in card.get("suggestions", []) if s.get("isRecommended")]
        counts.add(len(recommended))
        if len(recommended) > 1:
            assert card["selectionBehavior"] == "any"
    assert max(counts) > 1, "else this test says nothing"


def test_r108_r120_v20_what_must_be_agreed_beforehand_is_not_sent():
    for answer in answers().values():
        for path, _ in walk(answer):
            assert not path.endswith((".systemActions", ".actionSelectionBehavior"))


def test_r109_r110_r111_actions_are_whole():
    for action in actions():
        assert action["type"] in {"create", "update"}
        assert action["description"].strip()
        if action["type"] == "create":
            assert {"resourceType", "status", "intent", "subject"} <= set(action["resource"])


def signed(**draft):
    """Give the signing of the example referral, its draft changed."""
    body = case("aos-complete", "svf-order-sign")
    (entry,) = body["context"]["draftOrders"]["entry"]
    entry["resource"].update(draft)
    entry["resource"] = {k: v for k, v in entry["resource"].items() if v is not None}
    return body


def updates(response):
    return [
        action["resource"]
        for card in response.json()["cards"]
        for suggestion in card.get("suggestions", [])
        for action in suggestion.get("actions", [])
        if action["type"] == "update"
    ]


def test_r112_r115_v10_an_update_is_the_whole_draft_and_more():
    strange = {
        "extension": [{"url": "https://ehr.example/x", "valueDecimal": 1.5}],
        "quantityQuantity": {"value": 2},
        "_status": {"id": "s"},
        "zzVendor": {"deep": [1, {"a": "b"}]},
    }
    body = signed(**strange)
    (draft,) = [e["resource"] for e in body["context"]["draftOrders"]["entry"]]
    found = updates(ask_case(body))
    assert found
    for resource in found:
        assert (resource["resourceType"], resource["id"]) == (draft["resourceType"], draft["id"])
        for member in set(draft) - {"note", "supportingInfo"}:
            assert resource[member] == draft[member], member


def test_r115_a_draft_without_an_id_is_not_updated():
    response = ask_case(signed(id=None))
    assert response.status_code == 200
    assert response.json()["cards"]
    assert not updates(response)


def test_r114_creates_of_one_suggestion_are_told_apart():
    for suggestion in suggestions():
        created = [a["resource"] for a in suggestion.get("actions", []) if a["type"] == "create"]
        ids = [f"{r['resourceType']}/{r['id']}" for r in created if "id" in r]
        assert len(set(ids)) == len(ids)
        references = {v for r in created for p, v in walk(r) if p.endswith(".reference")}
        ours = {r for r in references if r.rpartition("/")[2].startswith("00000000-0000-4000")}
        assert ours <= set(ids)


def test_r125_r126_r127_r128_v9_v19_links_are_pages_to_read():
    for link in links():
        assert link["type"] == "absolute"
        assert link["url"].startswith("https://")
        assert set(link) == {"label", "url", "type"}


def test_r126_no_link_carries_a_patient():
    for (_, name, service_id, _), answer in answers().items():
        patient = case(name, service_id)["context"]["patientId"]
        for card in answer["cards"]:
            urls = [link["url"] for link in card.get("links", [])] + [card["source"]["url"]]
            assert not [url for url in urls if patient in url or "?" in url]


def test_r170_extensions_are_objects_under_a_name_of_ours():
    for card in cards():
        assert list(card["extension"]) == ["vidare.assessment"]
        assert isinstance(card["extension"]["vidare.assessment"], dict)


def test_r160_v16_a_browser_may_call_from_the_origins_of_the_client():
    app = app_with('origins = ["https://ehr.example"]')
    origin = {"Origin": "https://ehr.example"}
    for path, method in (("/cds-services", "GET"), (PATIENT_VIEW, "POST")):
        asked = {"Access-Control-Request-Method": method}
        response = send(app, "OPTIONS", path, headers=origin | asked)
        assert response.is_success
    for response in (
        send(app, "GET", "/cds-services", headers=origin),
        post(app, PATIENT_VIEW, call(), origin),
        post(app, PATIENT_VIEW, b"", origin),
    ):
        assert response.headers["access-control-allow-origin"] == "https://ehr.example"


# -- who may call ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def closed(tmp_path_factory):
    """Give the application as it is served to clients, and another process of it."""
    folder = tmp_path_factory.mktemp("clients")
    given = {
        "auth": "required",
        "clients": clients_file(folder, lines='jwks_url = "https://ehr.example/jwks"'),
        "database_url": f"sqlite:///{folder}/vidare.db",
    }
    return started(make_app(**given)), make_app(**given)


def let_in(app, headers, path=PATIENT_VIEW):
    """Tell whether a call with these headers is answered; a refusal is a bare 401."""
    response = post(app, path, call(prefetch=read_fully()), headers)
    assert response.status_code in {200, 401}
    if response.status_code == 401:
        assert (response.content, response.headers["www-authenticate"]) == (b"", "Bearer")
    return response.status_code == 200


def test_r140_plain_http_is_refused_where_others_could_listen():
    with pytest.raises(ValueError, match="https"):
        settings(auth="required", public_url="http://vidare.region.example")


def test_r141_r142_every_call_bears_a_token(closed):
    app, _ = closed
    assert not let_in(app, {})
    assert send(app, "GET", "/cds-services").status_code == 401
    assert post(app, f"{PATIENT_VIEW}/feedback", {"feedback": []}).status_code in {401, 404}
    assert let_in(app, bearer())


@pytest.mark.parametrize("member", ["iss", "aud", "exp", "iat", "jti"])
def test_r143_r144_a_token_is_whole(closed, member):
    app, _ = closed
    assert not let_in(app, bearer(**{member: None}))
    assert not let_in(app, bearer(header={"typ": "JOSE"}))
    assert let_in(app, bearer(sub="ignored", nbf=1))


def test_r145_a_token_is_for_the_address_that_is_called(closed):
    app, _ = closed
    assert let_in(app, bearer(aud=["https://other.example", VIEW]))
    assert not let_in(app, bearer(aud=DISCOVERY))
    assert send(app, "GET", "/cds-services", headers=bearer(aud=DISCOVERY)).status_code == 200


def test_r146_r147_keys_and_algorithms_are_those_that_were_agreed(closed):
    app, _ = closed
    assert not let_in(app, bearer("ES256"))
    assert let_in(app, bearer(header={"jku": "https://ehr.example/jwks"}))
    assert not let_in(app, bearer(header={"jku": "https://evil.example/jwks"}))
    assert not let_in(app, bearer(iss="https://evil.example"))


def test_r148_a_key_is_selected_by_its_kid(closed):
    app, _ = closed
    assert let_in(app, bearer("RS384"))
    assert not let_in(app, bearer("RS384", header={"kid": "ES384+/="}))


def test_r149_r150_r152_r153_a_token_is_used_once_and_in_its_time(closed):
    app, another = closed
    expired = bearer(iat=1_700_000_000, exp=1_700_000_300)
    assert not let_in(app, expired)
    good = bearer()
    assert let_in(app, good)
    assert not let_in(another, good)


def test_r151_r154_no_token_is_told(closed, caplog):
    app, _ = closed
    caplog.set_level("DEBUG")
    good = bearer()
    assert let_in(app, good)
    assert not let_in(app, good)
    assert good["Authorization"].split()[1] not in caplog.text


# -- draft orders ------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["draft", "active", "revoked-maybe", None])
def test_h04_v11_a_referral_signed_again_is_looked_at_as_well(status):
    response = ask_case(signed(status=status))
    assert response.status_code == 200
    assert response.json()["cards"]


ODD = [
    {"resourceType": "Medication", "id": "m"},
    {"resourceType": "NutritionOrder", "id": "n"},
    {"resourceType": "VendorOrder", "id": "v"},
    {"resourceType": "ServiceRequest", "id": "x" * 194, "code": {"coding": [{}]}, "reasonCode": []},
    {"resourceType": "MedicationRequest", "category": {"text": "an object"}},
    {"resourceType": "ServiceRequest"},
]


def test_h05_v11_other_orders_are_passed_over():
    alone = ask_case(signed())
    body = signed()
    body["context"]["draftOrders"]["entry"] += [{"resource": odd} for odd in ODD]
    response = ask_case(body)
    assert response.status_code == 200
    summaries = [[c["summary"] for c in r.json()["cards"]] for r in (alone, response)]
    assert summaries[0] == summaries[1]


def test_h05_v11_other_orders_alone_are_no_reason_to_speak():
    response = ask(read_fully(), "order-sign", draftOrders=bundle(*ODD))
    assert (response.status_code, response.json()) == (200, {"cards": []})


def test_h06_the_draft_is_read_from_the_call_alone():
    body = signed()
    (draft,) = [e["resource"] for e in body["context"]["draftOrders"]["entry"]]
    held = json.dumps(body["prefetch"])
    assert f'"{draft["id"]}"' not in held
    assert ask_case(body).json()["cards"]


def test_h07_v11_a_draft_bundle_may_lack_type_and_full_urls():
    body = signed()
    drafts = body["context"]["draftOrders"]
    drafts.pop("type", None)
    for entry in drafts["entry"]:
        entry.pop("fullUrl", None)
    assert updates(ask_case(body))


def test_h08_v12_dangling_selections_are_no_concern_of_order_sign():
    body = signed()
    body["context"]["selections"] = ["ServiceRequest/nowhere"]
    assert ask_case(body).json()["cards"]


def test_h09_v13_a_draft_for_another_patient_is_refused():
    response = ask_case(signed(subject={"reference": "Patient/somebody-else"}))
    assert (response.status_code, error_code(response)) == (400, "patient-mismatch")


def test_v13_another_patient_in_the_prefetch_is_refused():
    response = ask(read_fully("pat-2"))
    assert (response.status_code, error_code(response)) == (400, "patient-mismatch")


UNKNOWN = "4e0a3a1e-3283-4575-ab82-028d55fe2719"


@pytest.fixture
def kept(tmp_path):
    return Kept(tmp_path, f"sqlite:///{tmp_path}/vidare.db")


def test_r130_r135_r137_feedback_on_a_card_of_ours_is_taken_without_an_echo(kept):
    (card,) = kept.ask(example("aos-gaps"))
    chosen = card["suggestions"][0]["uuid"]
    response = kept.tell(accepted(card["uuid"], chosen), overridden(card["uuid"], comment="ord"))
    assert (response.status_code, response.content) == (200, b"")
    assert {row["card"] for row in kept.rows("feedback")} == {card["uuid"]}


@pytest.mark.parametrize("member", ["card", "outcome", "outcomeTimestamp", "acceptedSuggestions"])
def test_r131_an_item_without_a_required_member_is_named(kept, member):
    item = accepted(UNKNOWN, UNKNOWN)
    del item[member]
    response = kept.tell(item)
    assert response.status_code == 400
    assert expression(response).startswith("feedback[0]")


def test_r132_an_override_needs_no_reason(kept):
    assert kept.tell(overridden(UNKNOWN)).status_code == 200


def test_r133_r134_v17_batches_repeats_and_unknown_cards_are_taken_and_stored_once(kept):
    items = [overridden(UNKNOWN), accepted(UNKNOWN, UNKNOWN), overridden("123456")]
    for batch in (items, items[::-1], items[:1]):
        assert kept.tell(*batch).status_code == 200
    assert len(kept.rows("feedback")) == 3


def test_r138_v17_any_reason_counts_without_display_or_system_and_in_either_spelling(kept):
    reason = {"reason": {"code": "of-the-client"}}
    items = [
        {**overridden(UNKNOWN, on=ANCHOR - timedelta(days=n)), spelling: reason}
        for n, spelling in enumerate(("overrideReason", "overrideReasons"))
    ]
    assert kept.tell(*items).status_code == 200
    assert [row["reason"] for row in kept.rows("feedback")] == ["of-the-client"] * 2


def test_every_requirement_in_force_is_named_by_a_test():
    names = [name for name in globals() if name.startswith("test_")]
    named = {part.upper() for name in names for part in name.split("_")}
    assert len(set(REQUIRED)) == len(REQUIRED)
    assert not sorted(set(REQUIRED) - named)
    numbered = {part for part in named if re.fullmatch(r"[RH]\d{2,3}|V\d+", part)}
    assert not sorted(numbered - set(REQUIRED)), "named by a test, but not listed as required"
