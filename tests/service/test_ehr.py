"""service.ehr: whatever the EHR sends or withholds, data are had or it is said what was not."""

import asyncio
import gzip
import itertools
import json
import logging
import re

import httpx
import pytest
import respx
from cryptography.x509 import DNSName
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cards.source import open_source
from cards.words import WORDS
from service.hooks import PREFETCH
from service.paging import MOST_PAGES
from tests.service.asking import (
    PATIENT_VIEW,
    SENT_IN_PART,
    bundle,
    error_code,
    examples,
    expression,
    make_app,
    post,
)
from tests.service.certifying import certified
from tests.service.ehrs import (
    SERVER,
    TOKEN,
    address,
    app_for,
    hold,
    not_checked,
    statuses,
    whole_call,
    without,
)
from tests.service.key_server import KeyServer

NEEDED = ("patient", "observations", "conditions")
FAILED = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "exception"}]}


@pytest.fixture
def ehr():
    """Give a FHIR server that knows nothing yet; whatever else is called fails the test."""
    with respx.mock(assert_all_called=False) as router:
        yield router


@pytest.fixture
def app(tmp_path):
    return app_for(tmp_path, response_budget_ms=60_000)


def cards(app, body, service_id="svf-patient-view"):
    response = post(app, f"/cds-services/{service_id}", body)
    assert response.status_code == 200, response.text
    return response.json()["cards"]


def said(found):
    """Give the cards without the ids that are drawn anew for every answer."""
    return json.loads(re.sub(r"00000000-0000-4000-8000-\d{12}", "drawn", json.dumps(found)))


# -- the same cards, wherever the data come from ---------------------------------------------------


WHOLE = [(case, service_id) for case, service_id in examples() if case not in SENT_IN_PART]


@pytest.mark.parametrize(("case", "service_id"), WHOLE)
def test_what_is_fetched_gives_the_cards_that_prefetch_gives(tmp_path, ehr, case, service_id):
    body, app = whole_call(case, service_id), app_for(tmp_path)
    hold(ehr, body)
    whole = said(cards(app, body, service_id))
    assert not ehr.calls
    bare = {k: v for k, v in body.items() if k != "prefetch"}
    assert said(cards(app, bare, service_id)) == whole
    assert len(ehr.calls) == len(PREFETCH)
    for key in PREFETCH:
        assert said(cards(app, without(body, key), service_id)) == whole


def test_reads_and_searches_are_those_of_the_templates_and_bear_the_token(app, ehr):
    body = without(whole_call(), "patient", "observations", "user")
    hold(ehr, whole_call())
    cards(app, body)
    assert {str(c.request.url) for c in ehr.calls} == {
        f"{SERVER}/Patient/pat-aos-gaps",
        f"{SERVER}/PractitionerRole/role-gp",
        f"{SERVER}/Observation?patient=pat-aos-gaps&category=laboratory&_sort=-date&_count=500",
    }
    for call in ehr.calls:
        assert call.request.headers["authorization"] == f"Bearer {TOKEN}"
        assert "json" in call.request.headers["accept"]


def test_a_server_that_asks_for_no_token_gets_none(app, ehr):
    hold(ehr, whole_call())
    cards(app, without(whole_call(token=""), "conditions"))
    assert "authorization" not in ehr.calls.last.request.headers


def test_a_clients_own_names_for_the_keys_are_not_fetched_again(tmp_path, ehr):
    path = tmp_path / "clients.toml"
    path.write_text(
        f'[[client]]\nname = "A"\nfhir_servers = ["{SERVER}"]\n'
        '[client.prefetch_keys]\nlabs = "observations"\n'
    )
    body = whole_call()
    theirs = without(body, "observations")
    theirs["prefetch"]["labs"] = body["prefetch"]["observations"]
    found = cards(make_app(clients=path), theirs)
    assert not ehr.calls
    assert said(found) == said(cards(make_app(clients=path), body))


@pytest.mark.parametrize(
    "sent",
    [FAILED, bundle(FAILED), bundle(), None],
    ids=["failed", "failed entry", "empty", "null"],
)
def test_a_key_that_was_answered_is_not_fetched_again(app, ehr, sent):
    body = whole_call()
    body["prefetch"]["conditions"] = sent
    post(app, PATIENT_VIEW, body)
    assert not ehr.calls


# -- the habits of other servers -------------------------------------------------------------------


def single(resource):
    """Give a resource with an object wherever an array holds one, as in older FHIR."""
    if isinstance(resource, list):
        return single(resource[0]) if len(resource) == 1 else [single(r) for r in resource]
    if isinstance(resource, dict):
        return {name: single(value) for name, value in resource.items()}
    return resource


def in_each(value, change):
    """Give a searchset with each resource changed, or the one resource changed."""
    if "entry" not in value:
        return change(value)
    return {**value, "entry": [{**e, "resource": change(e["resource"])} for e in value["entry"]]}


def coded_status(resource):
    """Give a Condition with its statuses as the codes of FHIR STU3."""
    told = {
        name: resource[name]["coding"][0]["code"]
        for name in ("clinicalStatus", "verificationStatus")
        if resource["resourceType"] == "Condition" and name in resource
    }
    return resource | told


def absolute(resource):
    """Give a resource whose patient is named by an absolute URL."""
    return json.loads(json.dumps(resource).replace('"Patient/', f'"{SERVER}/Patient/'))


def contained(resource):
    """Give a resource with another inside it that is nobody's concern."""
    inner = {"resourceType": "Organization", "id": "org", "name": "Labb"}
    return resource | {"contained": [inner]}


@pytest.mark.parametrize("change", [single, coded_status, absolute, contained])
@pytest.mark.parametrize(("case", "service_id"), WHOLE)
def test_the_habits_of_other_servers_change_nothing(tmp_path, ehr, case, service_id, change):
    body = whole_call(case, service_id)
    odd = {key: in_each(value, change) for key, value in body["prefetch"].items()}
    whole = cards(app_for(tmp_path), body, service_id)
    assert cards(app_for(tmp_path), {**body, "prefetch": odd}, service_id) == whole
    hold(ehr, {**body, "prefetch": odd})
    assert cards(app_for(tmp_path), without(body, *PREFETCH), service_id) == whole


@pytest.mark.parametrize("kind", ["collection", "batch-response", None])
def test_a_bundle_of_another_kind_is_read_as_a_searchset(tmp_path, ehr, kind):
    body = whole_call()
    held = body["prefetch"]["observations"]
    entries = [{"resource": entry["resource"]} for entry in held["entry"]]
    hold(ehr, body, observations=says({"resourceType": "Bundle", "type": kind, "entry": entries}))
    found = cards(app_for(tmp_path), without(body, "observations"))
    assert found == cards(app_for(tmp_path), body)


def test_what_is_included_beside_the_matches_is_no_match(tmp_path, ehr):
    body = whole_call()
    held = body["prefetch"]["observations"]
    include = {"resource": body["prefetch"]["patient"], "search": {"mode": "include"}}
    hold(ehr, body, observations=says({**held, "entry": [include, *held["entry"]]}))
    found = cards(app_for(tmp_path), without(body, "observations"))
    assert found == cards(app_for(tmp_path), body)


# -- pages -----------------------------------------------------------------------------------------


def pages(entries, count, url="page/{}", relation="next", total=None):
    """Give a searchset in pages of one entry each, and the addresses of the later ones."""
    return [
        {
            "resourceType": "Bundle",
            "type": "searchset",
            "total": len(entries) if total is None else total,
            "entry": [entry],
            "link": [{"relation": relation, "url": url.format(n)}] if n < count else [],
        }
        for n, entry in enumerate(entries, 1)
    ]


@pytest.mark.parametrize("first_sent", [True, False], ids=["first page sent", "all fetched"])
@pytest.mark.parametrize("url", [SERVER + "/page/{}", "/fhir/page/{}", SERVER + "?_getpages={}"])
def test_pages_are_followed_to_the_end_with_the_token(app, ehr, url, first_sent):
    body = whole_call()
    whole = said(cards(app, body))
    entries = body["prefetch"]["observations"]["entry"]
    first, *later = pages(entries, len(entries), url)
    hold(ehr, body, observations=httpx.Response(200, json=first))
    for n, page in enumerate(later, 1):
        ehr.get(url__eq=str(httpx.URL(SERVER).join(url.format(n)))).respond(json=page)
    asking = without(body, "observations")
    if first_sent:
        asking["prefetch"]["observations"] = first
    assert said(cards(app, asking)) == whole
    assert len(ehr.calls) == len(entries) - first_sent
    assert {c.request.headers["authorization"] for c in ehr.calls} == {f"Bearer {TOKEN}"}


def test_a_next_page_named_by_its_uri_is_fetched_and_an_unknown_total_hides_none(app, ehr):
    body = whole_call()
    entries = body["prefetch"]["observations"]["entry"]
    relation = "http://www.iana.org/assignments/relation/next"
    first, *later = pages(entries, len(entries), SERVER + "/page/{}", relation, total=-1)
    for n, page in enumerate(later, 1):
        ehr.get(url__eq=f"{SERVER}/page/{n}").respond(json=page)
    asking = without(body, "observations")
    asking["prefetch"]["observations"] = first
    assert said(cards(app, asking)) == said(cards(app, body))


def one_page_and(link):
    first = whole_call()["prefetch"]["observations"]
    return {**first, "total": None, "entry": first["entry"][:1], "link": [link]}


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/fhir/page",
        "http://ehr.example/fhir/page",
        "https://ehr.example:444/fhir/page",
        "https://ehr.example/fhirx/page",
        "https://ehr.example/admin",
        "https://ehr.example/fhir/../admin",
        "https://ehr.example/fhir/%2e%2e/admin",
        "https://ehr.example/fhir/..%2fadmin",
        "https://user:secret@ehr.example/fhir/page",
        "//evil.example/fhir/page",
        "file:///etc/passwd",
        "https://ehr.example:port/",
        "https://ehr.example/fhir/\u0000",
    ],
)
def test_a_page_elsewhere_is_never_asked_for_and_its_search_is_partial(app, ehr, url):
    body = without(whole_call(), "observations")
    body["prefetch"]["observations"] = one_page_and({"relation": "next", "url": url})
    (card,) = cards(app, body)
    assert not ehr.calls
    assert not_checked(card)["observations"] == "ehrElsewhere"
    assert "missing" not in statuses(card).values()
    assert "answered" in statuses(card).values()


def test_a_next_link_without_an_address_is_a_page_that_cannot_be_had(app, ehr):
    body = whole_call()
    body["prefetch"]["observations"] = one_page_and({"relation": "next"})
    assert not_checked(cards(app, body)[0])["observations"] == "morePages"


@pytest.mark.parametrize("back", [address(whole_call(), "observations"), SERVER + "/2"])
def test_pages_in_a_circle_are_left(app, ehr, back):
    body = whole_call()
    hold(
        ehr,
        body,
        observations=httpx.Response(
            200, json=one_page_and({"relation": "next", "url": SERVER + "/2"})
        ),
    )
    second = one_page_and({"relation": "next", "url": back})
    page = ehr.get(f"{SERVER}/2").respond(json=second)
    (card,) = cards(app, without(body, "observations"))
    assert page.call_count == 1
    assert not_checked(card)["observations"] == "morePages"


def test_a_search_of_ten_thousand_pages_is_left_where_it_is_too_long(app, ehr):
    numbers = itertools.count(1)

    def endless(_request):
        link = {"relation": "next", "url": f"{SERVER}/page?n={next(numbers)}"}
        return httpx.Response(200, json=one_page_and(link))

    body = whole_call()
    hold(ehr, body, observations=endless)
    rest = ehr.get(url__startswith=f"{SERVER}/page?n=").mock(side_effect=endless)
    (card,) = cards(app, without(body, "observations"))
    assert rest.call_count == MOST_PAGES - 1
    assert not_checked(card)["observations"] == "tooMuch"
    assert statuses(card)["hb"] == "answered"


def test_no_more_resources_are_read_than_a_call_may_hold(tmp_path, ehr):
    body = whole_call()
    held = sum(
        len(open_source(key, json.dumps(value).encode()).entries)
        for key, value in body["prefetch"].items()
    )
    hold(ehr, body)
    asking = without(body, "observations")
    enough = app_for(tmp_path, max_resources=held)
    assert said(cards(enough, asking)) == said(cards(enough, body))
    (card,) = cards(app_for(tmp_path, max_resources=held - 1), asking)
    assert not_checked(card)["observations"] == "tooMuch"


def test_a_failure_on_a_later_page_keeps_the_earlier_ones(app, ehr):
    body = whole_call()
    link = {"relation": "next", "url": f"{SERVER}/2"}
    hold(ehr, body, observations=httpx.Response(200, json=one_page_and(link)))
    ehr.get(f"{SERVER}/2").respond(json=FAILED)
    (card,) = cards(app, without(body, "observations"))
    assert not_checked(card)["observations"] == "ehrErrorBeside"
    assert statuses(card)["hb"] == "answered"


# -- failures --------------------------------------------------------------------------------------


async def never(_request):
    await asyncio.Event().wait()


class Stream(httpx.AsyncByteStream):
    """A body that ends otherwise than it should."""

    def __init__(self, end):
        self.end = end

    async def __aiter__(self):
        yield b'{"resourceType": "Bundle",'
        await self.end()


async def cut():
    raise httpx.RemoteProtocolError("peer closed connection")


def bomb():
    return gzip.compress(b" " * 40_000_000 + b"{}")


def reply(status=200, content=b"", **headers):
    """Give a server that always answers so, with the bytes as they are."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _request: httpx.Response(status, stream=httpx.ByteStream(content), headers=named)


def ending(end):
    """Give a server whose body begins well."""
    return lambda _request: httpx.Response(200, stream=Stream(end))


def says(value):
    return reply(200, json.dumps(value).encode())


PATIENT = {"resourceType": "Patient", "id": "pat-aos-gaps"}
WITHHELD = {
    "resourceType": "OperationOutcome",
    "issue": [{"severity": "warning", "code": "suppressed"}],
}
FAULTS = {
    "401": (reply(401), "ehrRefused"),
    "403": (reply(403), "ehrRefused"),
    "404": (reply(404, b'{"resourceType":"OperationOutcome"}'), "ehrNotFound"),
    "410": (reply(410), "ehrNotFound"),
    "429": (reply(429), "ehrBusy"),
    "503": (reply(503), "ehrBusy"),
    "400": (reply(400), "ehrError"),
    "500": (reply(500), "ehrError"),
    "502": (reply(502, b"<html>Bad gateway</html>"), "ehrError"),
    "204": (reply(204), "ehrError"),
    "refused": (httpx.ConnectError("refused"), "ehrUnreachable"),
    "reset twice": (httpx.ReadError("reset"), "ehrUnreachable"),
    "slow header": (never, "ehrLate"),
    "slow body": (ending(lambda: asyncio.Event().wait()), "ehrLate"),
    "cut body": (ending(cut), "ehrUnreadable"),
    "empty body": (reply(200), "ehrUnreadable"),
    "null": (reply(200, b"null"), "ehrUnreadable"),
    "not JSON": (reply(200, b"{"), "ehrUnreadable"),
    "an HTML page": (reply(200, b"<html>Sign in</html>"), "ehrUnreadable"),
    "another type": (says(PATIENT), "ehrUnreadable"),
    "matches of another type": (says(bundle(PATIENT)), "ehrUnreadable"),
    "redirect": (reply(302, location="https://evil.example/"), "ehrElsewhere"),
    "an error with 200": (says(FAILED), "ehrError"),
    "what the user may not see": (says(bundle(WITHHELD)), "ehrError"),
    "gzip bomb": (reply(200, bomb(), content_encoding="gzip"), "tooMuch"),
    "too large": (reply(200, b" " * 1_000_001), "tooMuch"),
    "cut gzip": (
        reply(200, gzip.compress(b"{}")[:-4], content_encoding="gzip"),
        "ehrUnreadable",
    ),
    "brotli": (reply(200, b"{}", content_encoding="br"), "ehrUnreadable"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_what_failed_is_not_checked_and_never_missing(tmp_path, ehr, name):
    fault, reason = FAULTS[name]
    budget = 200 if reason == "ehrLate" else 60_000
    app = app_for(tmp_path, response_budget_ms=budget, max_fetch_mb=1)
    hold(ehr, whole_call(), observations=fault)
    (card,) = cards(app, without(whole_call(), "observations"))
    assert not_checked(card) == {"observations": reason}
    assert set(statuses(card).values()) <= {"not-checked", "not-applicable"}
    assert {c.request.url.host for c in ehr.calls} <= {"ehr.example"}


@pytest.mark.parametrize("name", FAULTS.keys() - {"another type"})
def test_where_nothing_can_be_said_key_and_reason_are_named(tmp_path, ehr, name):
    fault, reason = FAULTS[name]
    budget = 200 if reason == "ehrLate" else 60_000
    app = app_for(tmp_path, response_budget_ms=budget, max_fetch_mb=1)
    hold(ehr, whole_call(), patient=fault)
    response = post(app, PATIENT_VIEW, without(whole_call(), "patient"))
    assert (response.status_code, error_code(response)) == (412, "data-unavailable")
    assert expression(response) == "prefetch.patient"
    why = WORDS["en"].say("source", reason)
    assert f"patient ({why})" in response.json()["issue"][0]["diagnostics"]


def test_a_fetched_patient_is_the_one_of_the_call(app, ehr):
    hold(ehr, whole_call(), patient=says(PATIENT | {"id": "somebody-else"}))
    response = post(app, PATIENT_VIEW, without(whole_call(), "patient"))
    assert (response.status_code, error_code(response)) == (412, "data-unavailable")
    assert WORDS["en"].say("source", "ehrOtherPatient") in response.text


def test_another_patients_fetched_results_are_not_used(app, ehr):
    body = whole_call()
    foreign = json.loads(json.dumps(body["prefetch"]["observations"]))
    for entry in foreign["entry"]:
        entry["resource"]["subject"] = {"reference": "Patient/somebody-else"}
    hold(ehr, body, observations=says(foreign))
    (card,) = cards(app, without(body, "observations"))
    assert "answered" not in statuses(card).values()
    assert card["extension"]["vidare.assessment"]["ignored"]


def test_all_that_failed_stays_within_the_budget_and_every_reason_is_kept(tmp_path, ehr):
    body = whole_call()
    hold(ehr, body, observations=never, vitals=never, serviceRequests=FAULTS["403"][0])
    app = app_for(tmp_path, response_budget_ms=200)
    (card,) = cards(app, without(body, *PREFETCH))
    assert not_checked(card)["observations"] == "ehrLate"


def test_pages_that_came_in_time_are_used(tmp_path, ehr):
    link = {"relation": "next", "url": f"{SERVER}/2"}
    hold(ehr, whole_call(), observations=says(one_page_and(link)))
    ehr.get(f"{SERVER}/2").mock(side_effect=never)
    (card,) = cards(
        app_for(tmp_path, response_budget_ms=300), without(whole_call(), "observations")
    )
    assert not_checked(card)["observations"] == "ehrLate"
    assert statuses(card)["hb"] == "answered"
    assert "missing" not in statuses(card).values()


def test_an_answer_nested_too_deeply_is_read_without_its_depths(app, ehr):
    body = whole_call()
    deep = json.dumps(body["prefetch"]["observations"])
    deep = deep[:-1] + ', "meta": ' + "[" * 20_000 + "]" * 20_000 + "}"
    hold(ehr, body, observations=reply(200, deep.encode()))
    assert said(cards(app, without(body, "observations"))) == said(cards(app, body))


HALF = "cut within \\ud83d"
"""As a system writes that cuts a text between the halves of an emoji."""


@pytest.mark.parametrize("fetched", [False, True], ids=["sent", "fetched"])
@pytest.mark.parametrize(
    ("member", "status"),
    [({"note": [{"text": "HALF"}]}, "answered"), ({"valueString": "HALF"}, "unreadable")],
    ids=["a note", "the value"],
)
def test_half_a_character_costs_the_member_that_holds_it_and_is_listed(
    app, ehr, member, status, fetched
):
    body = whole_call()
    entries = body["prefetch"]["observations"]["entry"]
    held = next(e["resource"] for e in entries if e["resource"]["id"] == "obs-hb")
    held.update(member)
    if "valueString" in member:
        del held["valueQuantity"]
    broken = json.dumps(body["prefetch"]["observations"]).replace("HALF", HALF)
    hold(ehr, body, observations=reply(200, broken.encode()))
    asking = json.dumps(without(body, "observations") if fetched else body).replace("HALF", HALF)
    response = post(app, PATIENT_VIEW, asking.encode())
    assert response.status_code == 200, response.text
    (card,) = response.json()["cards"]
    assert statuses(card)["hb"] == status
    assert statuses(card)["crp"] == "answered"
    listed = card["extension"]["vidare.assessment"]["ignored"]
    assert {entry["reference"] for entry in listed} == {"Observation/obs-hb"}


def test_a_link_that_holds_half_a_character_may_be_to_a_next_page(app, ehr):
    body = whole_call()
    body["prefetch"]["observations"]["link"] = [{"relation": "HALF", "url": SERVER}]
    asking = json.dumps(body).replace("HALF", HALF)
    response = post(app, PATIENT_VIEW, asking.encode())
    assert not_checked(response.json()["cards"][0])["observations"] == "morePages"


@pytest.mark.parametrize("member", ["hook", "hookInstance", "patientId"])
def test_half_a_character_in_the_call_itself_is_refused(app, member):
    body = whole_call()
    (body["context"] if member == "patientId" else body)[member] = "HALF"
    asking = json.dumps(body).replace("HALF", HALF)
    response = post(app, PATIENT_VIEW, asking.encode())
    assert (response.status_code, error_code(response)) == (400, "ill-typed")


def test_a_resource_nested_too_deeply_falls_alone_and_its_search_is_partial(app, ehr):
    body = whole_call()
    deep = json.dumps(body["prefetch"]["observations"])
    mine = '"entry": [{"resource": {"resourceType": "Observation", "id": "deep", "extension": '
    deep = deep.replace('"entry": [', mine + "[" * 20_000 + "]" * 20_000 + "}}, ", 1)
    hold(ehr, body, observations=reply(200, deep.encode()))
    (card,) = cards(app, without(body, "observations"))
    assert statuses(card)["hb"] == "answered"
    assert "missing" not in statuses(card).values()


def test_a_packed_answer_is_unpacked(app, ehr):
    body = whole_call()
    packed = gzip.compress(json.dumps(body["prefetch"]["observations"]).encode())
    hold(ehr, body, observations=reply(200, packed, content_encoding="gzip"))
    assert said(cards(app, without(body, "observations"))) == said(cards(app, body))


# -- asking once more ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "first",
    [
        httpx.ReadError("reset"),
        httpx.RemoteProtocolError("server disconnected"),
        reply(429, retry_after="0")(None),
        reply(503, retry_after="0")(None),
    ],
)
def test_what_broke_or_was_busy_for_a_moment_is_asked_once_more(app, ehr, first):
    body = whole_call()
    answer = httpx.Response(200, json=body["prefetch"]["observations"])
    hold(ehr, body, observations=[first, answer])
    assert said(cards(app, without(body, "observations"))) == said(cards(app, body))
    assert len(ehr.calls) == 2


@pytest.mark.parametrize("wish", ["3600", "", "soon", "Wed, 21 Oct 2026 07:28:00 GMT", "-1"])
def test_a_server_that_is_busy_for_long_is_not_waited_for(app, ehr, wish):
    hold(ehr, whole_call(), observations=reply(503, retry_after=wish))
    (card,) = cards(app, without(whole_call(), "observations"))
    assert not_checked(card)["observations"] == "ehrBusy"
    assert len(ehr.calls) == 1


@pytest.mark.parametrize("name", ["500", "403", "refused", "cut body", "redirect"])
def test_nothing_else_is_asked_twice(app, ehr, name):
    hold(ehr, whole_call(), observations=FAULTS[name][0])
    cards(app, without(whole_call(), "observations"))
    assert len(ehr.calls) == 1


# -- who the server is -----------------------------------------------------------------------------


@pytest.fixture
def over_tls(tmp_path, monkeypatch):
    """Give a function: the cards of a call whose results a server over TLS holds."""
    servers = []

    def cards_from(*, trusted=True, **certificate):
        context, authority = certified(tmp_path, **certificate)
        if trusted:
            monkeypatch.setenv("SSL_CERT_FILE", str(authority))
        servers.append(server := KeyServer(context))
        base = server.url.replace("/jwks", "/fhir")
        body = whole_call(server=base)
        server.content = json.dumps(body["prefetch"]["observations"]).encode()
        app = app_for(tmp_path, base, allow_loopback_fhir=True, response_budget_ms=60_000)
        return cards(app, without(body, "observations")), server

    yield cards_from
    for server in servers:
        server.stop()


def test_a_server_that_proves_who_it_is_is_asked_over_tls(over_tls):
    (card,), server = over_tls()
    assert "observations" not in not_checked(card)
    assert "answered" in statuses(card).values()
    assert server.fetches == 1


@pytest.mark.parametrize(
    ("certificate", "says"),
    [
        ({"trusted": False}, "self-signed certificate"),
        ({"until": 2021}, "certificate has expired"),
        ({"host": DNSName("other.example")}, "not valid for '127.0.0.1'"),
    ],
    ids=["self-signed", "expired", "of another host"],
)
def test_a_server_whose_certificate_is_bad_gets_no_request_and_makes_no_test_missing(
    over_tls, caplog, certificate, says
):
    (card,), server = over_tls(**certificate)
    assert server.fetches == 0, "neither the token nor the patient's id left"
    assert not_checked(card) == {"observations": "ehrUntrusted"}
    assert not {"missing", "stale"} & set(statuses(card).values())
    assert WORDS["sv"].say("source", "ehrUntrusted") in card["detail"]
    (line,) = [m for m in caplog.messages if "ehr-not-reached" in m]
    assert says in line, "the log tells whoever runs it what is wrong"
    assert server.url.replace("/jwks", "/fhir") in line, "and with which server"


# -- whom to ask -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "server",
    [
        "https://evil.example/fhir",
        "https://ehr.example/fhir/other",
        "https://ehr.example",
        "http://ehr.example/fhir",
        "https://ehr.example:8443/fhir",
        "https://ehr.example@evil.example/fhir",
        "https://ehr.example/fhir?x=",
        "https://ehr.example/fhir#",
        "https://ehr.example:port/fhir",
        "http://169.254.169.254/latest",
    ],
)
def test_a_server_that_is_not_the_clients_is_never_called(app, ehr, server):
    (card,) = cards(app, without(whole_call(server=server), "observations"))
    assert not ehr.calls
    assert not_checked(card)["observations"] == "serverUnknown"


@pytest.mark.parametrize("server", [SERVER + "/", "https://EHR.example:443/fhir"])
def test_one_server_is_known_by_every_spelling(app, ehr, server):
    body = whole_call()
    hold(ehr, body)
    asking = without(whole_call(server=server), "observations")
    assert statuses(cards(app, asking)[0]) == statuses(cards(app, body)[0])


def test_without_any_listed_server_nothing_is_fetched(ehr):
    (card,) = cards(make_app(), without(whole_call(), "observations"))
    assert not ehr.calls
    assert not_checked(card)["observations"] == "serverUnknown"


def test_without_a_token_nothing_is_fetched(app, ehr):
    body = without(whole_call(), "observations")
    del body["fhirAuthorization"]
    assert not_checked(cards(app, body)[0])["observations"] == "noToken"
    del body["fhirServer"]
    assert not_checked(cards(app, body)[0])["observations"] == "absent"
    assert not ehr.calls


def test_a_token_for_another_patient_fetches_nothing(app, ehr):
    body = without(whole_call(), "observations")
    body["fhirAuthorization"]["patient"] = "somebody-else"
    assert not_checked(cards(app, body)[0])["observations"] == "tokenOtherPatient"
    assert not ehr.calls


def test_a_user_whose_id_leads_elsewhere_is_not_fetched(app, ehr):
    body = without(whole_call(), "user")
    body["context"]["userId"] = "Practitioner/.."
    assert cards(app, body)
    assert not ehr.calls


# -- nothing stays and nothing leaks ---------------------------------------------------------------


def test_a_session_of_one_call_is_not_taken_into_the_next(app, ehr):
    held = whole_call()["prefetch"]["observations"]
    cookie = {"Set-Cookie": "session=canary; Path=/"}
    hold(ehr, whole_call(), observations=lambda _r: httpx.Response(200, json=held, headers=cookie))
    for _ in range(2):
        cards(app, without(whole_call(), "observations"))
    assert len(ehr.calls) == 2
    assert "cookie" not in ehr.calls.last.request.headers


@pytest.mark.parametrize("name", FAULTS)
def test_no_log_line_holds_the_token_or_the_patient(tmp_path, ehr, caplog, name):
    fault, reason = FAULTS[name]
    caplog.set_level(logging.DEBUG)
    budget = 200 if reason == "ehrLate" else 60_000
    app = app_for(tmp_path, response_budget_ms=budget, max_fetch_mb=1)
    hold(ehr, whole_call(), observations=fault)
    response = post(app, PATIENT_VIEW, without(whole_call(), "observations"))
    for text in (caplog.text, response.text):
        assert TOKEN not in text
    assert "pat-aos-gaps" not in caplog.text


# -- whatever is withheld, and however it fails ----------------------------------------------------


def first_page_of(value, rest):
    """Give a searchset cut after its first half, the rest to be had at an address."""
    entries = value.get("entry", [])
    half = len(entries) // 2
    link = [{"relation": "next", "url": rest}]
    first = {"resourceType": "Bundle", "entry": entries[:half], "link": link}
    return first, {"resourceType": "Bundle", "entry": entries[half:]}


WAYS = ["sent", "fetched", "sent in pages", "fetched in pages", "half a page", *FAULTS]


def arrange(router, body, ways):
    """Let every key come its way; give the call that then is sent."""
    held, replies, prefetch = body["prefetch"], {}, {}
    for number, (key, way) in enumerate(ways.items()):
        rest = f"{SERVER}/rest/{number}"
        if way == "sent" or ("page" in way and held[key]["resourceType"] != "Bundle"):
            prefetch[key] = held[key]
        elif "page" in way:
            first, second = first_page_of(held[key], rest)
            later = FAULTS["500"][0] if way == "half a page" else says(second)
            router.get(url__eq=rest).mock(side_effect=later)
            if way == "fetched in pages":
                replies[key] = says(first)
            else:
                prefetch[key] = first
        elif way != "fetched":
            replies[key] = FAULTS[way][0]
    hold(router, body, **replies)
    return {**body, "prefetch": prefetch}


@pytest.fixture(scope="module")
def hurried(tmp_path_factory):
    """Give an application that waits for nobody."""
    return app_for(tmp_path_factory.mktemp("hurried"), response_budget_ms=300, max_fetch_mb=1)


def panels(found):
    """Give the statuses of each card's panel."""
    return [statuses(c) for c in found if "panel" in c["extension"]["vidare.assessment"]]


@settings(
    max_examples=80,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(
    st.sampled_from(WHOLE),
    st.fixed_dictionaries({key: st.sampled_from(WAYS) | st.just("fetched") for key in PREFETCH}),
)
def test_no_failure_makes_a_test_missing_or_a_chart_silent(hurried, case, ways):
    name, service_id = case
    body = whole_call(name, service_id)
    path = f"/cds-services/{service_id}"
    whole = post(hurried, path, body).json()["cards"]
    with respx.mock(assert_all_called=False) as router:
        response = post(hurried, path, arrange(router, body, ways))
        tokens = {c.request.headers.get("authorization") for c in router.calls}
    assert tokens <= {f"Bearer {TOKEN}"}
    assert response.status_code in {200, 412}
    if response.status_code == 412:
        return
    found = response.json()["cards"]
    assert found or not whole
    known = panels(whole)
    for panel in panels(found):
        for slot, status in panel.items():
            if status in {"missing", "stale"}:
                assert all(full[slot] == status for full in known), (slot, status)
    if set(ways.values()) <= {"sent", "fetched", "sent in pages", "fetched in pages"}:
        late = [reason for card in found for reason in not_checked(card).values()]
        assert said(found) == said(whole) or "ehrLate" in late


def test_a_first_page_without_its_link_is_not_taken_for_all(tmp_path, ehr):
    body = whole_call()
    one = body["prefetch"]["observations"]["entry"][0]
    entries = []
    for number in range(500):
        resource = {**one["resource"], "id": f"o{number}"}
        entries.append({"resource": resource})
    held = {"resourceType": "Bundle", "type": "searchset", "entry": entries}
    sent = {**body, "prefetch": {**body["prefetch"], "observations": held}}
    hold(ehr, body, observations=says(held))
    for asking in (sent, without(body, "observations")):
        (card,) = cards(app_for(tmp_path), asking)
        assert not_checked(card)["observations"] == "morePages"
        assert "missing" not in statuses(card).values()
