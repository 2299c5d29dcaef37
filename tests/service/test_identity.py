"""service.identity: the attack table. Whatever is wrong with a token, the answer is the same."""

import base64
import hashlib
import hmac
import json
import time

import pytest
from cryptography.hazmat.primitives import serialization

from tests.service.asking import PATIENT_VIEW, call, error_code, make_app, post, read_fully, send
from tests.service.signing import (
    BASE,
    DISCOVERY,
    ISSUER,
    KEYS,
    VIEW,
    bearer,
    claims,
    clients_file,
    jwk,
    token,
)
from tests.service.starting import started

FULL = call(prefetch=read_fully())


def now():
    return int(time.time())


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("clients")


@pytest.fixture(scope="module")
def app(folder):
    lines = 'services = ["svf-patient-view"]\njwks_url = "https://ehr.example/jwks"'
    second = f'[[client]]\nname = "B"\nissuer = "https://b.example"\njwks_file = "{folder}/b.json"'
    (folder / "b.json").write_text(json.dumps({"keys": [jwk("other ES384")]}))
    path = clients_file(folder, keys=("ES384", "RS384", "ES256"), lines=lines, more=second)
    return started(make_app(auth="required", clients=path))


def part(content):
    content = content if isinstance(content, bytes) else json.dumps(content).encode()
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def forged(header, signature=b"x", payload=None):
    """Give a token of which nothing was signed."""
    return f"{part(header)}.{part(payload or claims())}.{part(signature)}"


def signed_with_the_public_key():
    """Give the classic: HS256 over the public key as if it were a shared secret."""
    pem = (
        KEYS["RS384"]
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    head = part({"alg": "HS256", "kid": "RS384+/=", "typ": "JWT"})
    body = f"{head}.{part(claims())}"
    return f"{body}.{part(hmac.digest(pem, body.encode(), hashlib.sha256))}"


def with_payload(changes):
    """Give a good token whose payload was changed after it was signed."""
    head, _, signature = token().split(".")
    return f"{head}.{part(claims(**changes))}.{signature}"


GOOD_HEADER = {"alg": "ES384", "kid": "ES384+/=", "typ": "JWT"}
OTHER = "https://other.example/cds-services/svf-patient-view"
DEEP = b"[" * 4000 + b"]" * 4000
ATTACKS = {
    # forged
    "no signature": (lambda: forged({**GOOD_HEADER, "alg": "none"}, b""), "malformed-token"),
    "alg none": (lambda: forged({**GOOD_HEADER, "alg": "none"}), "wrong-algorithm"),
    "alg None": (lambda: forged({**GOOD_HEADER, "alg": "None"}), "wrong-algorithm"),
    "alg HS256 with the public key": (signed_with_the_public_key, "wrong-algorithm"),
    "alg HS384": (lambda: forged({**GOOD_HEADER, "alg": "HS384"}), "wrong-algorithm"),
    "alg of ours, not of the client": (lambda: token("ES256"), "wrong-algorithm"),
    "alg unknown": (lambda: forged({**GOOD_HEADER, "alg": "XX999"}), "wrong-algorithm"),
    "alg of another kind of key": (
        lambda: forged({**GOOD_HEADER, "alg": "RS384"}),
        "unknown-key",
    ),
    "signature made up": (lambda: forged(GOOD_HEADER), "wrong-signature"),
    "signature empty by length": (lambda: forged(GOOD_HEADER, b"\0" * 96), "wrong-signature"),
    "signature of another token": (
        lambda: token().rsplit(".", 1)[0] + "." + token().rsplit(".", 1)[1],
        "wrong-signature",
    ),
    "signature by another EC key": (
        lambda: token("other ES384", header={"kid": "ES384+/="}),
        "wrong-signature",
    ),
    "signature by another RSA key": (
        lambda: token("other RS384", header={"kid": "RS384+/="}),
        "wrong-signature",
    ),
    "payload changed": (lambda: with_payload({"jti": "new"}), "wrong-signature"),
    "the key of another client": (lambda: token("other ES384"), "unknown-key"),
    "the issuer of another client": (lambda: token(iss="https://b.example"), "unknown-key"),
    "a key unknown": (lambda: token(header={"kid": "gone"}), "unknown-key"),
    "a key brought along": (
        lambda: token("other ES384", header={"jwk": jwk("other ES384")}),
        "unknown-key",
    ),
    "a key's address brought along": (
        lambda: token("other ES384", header={"x5u": "https://evil.example/x"}),
        "unknown-key",
    ),
    "a jku of the attacker": (
        lambda: token("other ES384", header={"jku": "https://evil.example/jwks"}),
        "wrong-jku",
    ),
    "a jku a little longer": (
        lambda: token(header={"jku": "https://ehr.example/jwks/"}),
        "wrong-jku",
    ),
    "a jku as user of the attacker": (
        lambda: token(header={"jku": "https://ehr.example@evil.example/jwks"}),
        "wrong-jku",
    ),
    "a jku of another client": (
        lambda: token(iss="https://b.example", header={"jku": "https://ehr.example/jwks"}),
        "wrong-jku",
    ),
    # stale
    "expired": (lambda: token(iat=now() - 500, exp=now() - 120), "expired-token"),
    "expired long ago": (lambda: token(iat=1, exp=300), "expired-token"),
    "from the future": (lambda: token(iat=now() + 600, exp=now() + 900), "early-token"),
    "not yet valid": (lambda: token(nbf=now() + 600), "early-token"),
    "living too long": (lambda: token(exp=now() + 7200), "long-lived-token"),
    "living for years": (lambda: token(exp=now() + 110_000_000), "long-lived-token"),
    "ending before it began": (lambda: token(iat=now(), exp=now() - 10), "long-lived-token"),
    "without end": (lambda: token(exp=None), "malformed-token"),
    "without beginning": (lambda: token(iat=None), "malformed-token"),
    "an end in words": (lambda: token(exp=str(now() + 300)), "malformed-token"),
    "an end that is true": (lambda: token(exp=True), "malformed-token"),
    "an end that is no number": (
        lambda: token(payload=json.dumps(claims(exp=float("nan"))).encode()),
        "malformed-token",
    ),
    "an end that is infinite": (
        lambda: token(payload=json.dumps(claims(exp=float("inf"))).encode()),
        "malformed-token",
    ),
    "an end of a thousand digits": (
        lambda: token(payload=json.dumps(claims()).encode()[:-1] + b',"exp":' + b"9" * 1000 + b"}"),
        "long-lived-token",
    ),
    # mis-addressed
    "for another service of ours": (
        lambda: token(aud=f"{BASE}/cds-services/svf-order-sign"),
        "wrong-audience",
    ),
    "for discovery": (lambda: token(aud=DISCOVERY), "wrong-audience"),
    "for feedback": (lambda: token(aud=f"{VIEW}/feedback"), "wrong-audience"),
    "for another host": (lambda: token(aud=OTHER), "wrong-audience"),
    "for an address a little longer": (lambda: token(aud=f"{VIEW}/"), "wrong-audience"),
    "for an address in capitals": (lambda: token(aud=VIEW.upper()), "wrong-audience"),
    "for anything": (lambda: token(aud="sand_man"), "wrong-audience"),
    "for nobody": (lambda: token(aud=[]), "wrong-audience"),
    "for others": (lambda: token(aud=[OTHER, DISCOVERY]), "wrong-audience"),
    "without audience": (lambda: token(aud=None), "malformed-token"),
    "an audience that is a number": (lambda: token(aud=1), "malformed-token"),
    "an audience among numbers": (lambda: token(aud=[VIEW, 1]), "malformed-token"),
    "an issuer unknown": (lambda: token(iss="https://evil.example"), "unknown-issuer"),
    "an issuer a little longer": (lambda: token(iss=f"{ISSUER}/"), "unknown-issuer"),
    "the public sandbox": (lambda: token(iss="https://sandbox.cds-hooks.org"), "unknown-issuer"),
    "without issuer": (lambda: token(iss=None), "malformed-token"),
    "a tenant that was not agreed": (lambda: token(tenant="north"), "wrong-tenant"),
    # malformed
    "without jti": (lambda: token(jti=None), "malformed-token"),
    "an empty jti": (lambda: token(jti=""), "malformed-token"),
    "a jti that is a number": (lambda: token(jti=7), "malformed-token"),
    "without kid": (lambda: forged({"alg": "ES384", "typ": "JWT"}), "malformed-token"),
    "an empty kid": (lambda: token(header={"kid": ""}), "malformed-token"),
    "a kid that is a number": (lambda: forged({**GOOD_HEADER, "kid": 1}), "malformed-token"),
    "without typ": (lambda: forged({"alg": "ES384", "kid": "ES384+/="}), "malformed-token"),
    "another typ": (lambda: token(header={"typ": "at+jwt"}), "malformed-token"),
    "something critical": (lambda: forged({**GOOD_HEADER, "crit": ["x"]}), "malformed-token"),
    "a detached payload": (
        lambda: forged({**GOOD_HEADER, "b64": False, "crit": ["b64"]}),
        "malformed-token",
    ),
    "two parts": (lambda: token().rsplit(".", 1)[0], "malformed-token"),
    "four parts": (lambda: f"{token()}.x", "malformed-token"),
    "five parts, as if encrypted": (lambda: f"{token()}.x.y", "malformed-token"),
    "padded": (lambda: f"{token()}=", "malformed-token"),
    "not base64": (lambda: "a*b.c.d", "malformed-token"),
    "nothing but dots": (lambda: "..", "malformed-token"),
    "a payload that is no JSON": (lambda: token(payload=b"{"), "malformed-token"),
    "a payload that is a list": (lambda: token(payload=b"[]"), "malformed-token"),
    "a payload that is no text": (lambda: token(payload=b'{"iss":"\xff"}'), "malformed-token"),
    "a payload nested deeply": (lambda: token(payload=DEEP), "malformed-token"),
    "a header nested deeply": (lambda: forged(DEEP), "malformed-token"),
    "a header that is a list": (lambda: forged([]), "malformed-token"),
    "a name with half a character": (
        lambda: token(payload=json.dumps(claims()).encode()[:-1] + b',"jti":"\\ud800"}'),
        "malformed-token",
    ),
    "as long as a book": (lambda: token(jti="x" * 9000), "malformed-token"),
}


def lines(caplog):
    return [json.loads(r.getMessage()) for r in caplog.records if r.name == "vidare"]


def shown(response):
    """Give everything of an answer that its reader can tell it by."""
    return response.status_code, response.content, sorted(response.headers.items())


def ask(app, headers, path=PATIENT_VIEW, body=None):
    return post(app, path, FULL if body is None else body, headers)


@pytest.mark.parametrize("attack", ATTACKS)
def test_r146_r153_an_attack_is_a_bare_401_and_the_log_alone_says_why(app, attack, caplog):
    make, reason = ATTACKS[attack]
    sent = make()
    with caplog.at_level("INFO"):
        response = ask(app, {"Authorization": f"Bearer {sent}"})
    (line,) = lines(caplog)
    assert (line["event"], line["status"], line["error"]) == ("call", 401, reason)
    assert sent not in caplog.text
    assert (response.status_code, response.content) == (401, b"")
    assert response.headers["www-authenticate"] == "Bearer"
    assert shown(response) == shown(ask(app, {})), "told from a call without a token"


def test_there_are_forty_attacks_and_more():
    assert len(ATTACKS) >= 40


@pytest.mark.parametrize(
    "value", ["", "Bearer", "Bearer ", "Basic eDp5", "bearer", "Bearer a b", "Token x.y.z"]
)
def test_what_is_no_bearer_token_is_the_same_401(app, value):
    answers = [
        shown(ask(app, {})),
        shown(ask(app, {"Authorization": value})),
        shown(ask(app, {"Authorization": f"Bearer {token(iss='x')}"})),
    ]
    assert answers[0] == answers[1] == answers[2]
    assert answers[0][0] == 401


def test_two_tokens_are_none(app):
    headers = [("Authorization", f"Bearer {token()}"), ("Authorization", f"Bearer {token()}")]
    content = json.dumps(FULL).encode()
    kind = ("Content-Type", "application/json")
    response = send(app, "POST", PATIENT_VIEW, content=content, headers=[kind, *headers])
    assert response.status_code == 401


@pytest.mark.parametrize(
    "given",
    [
        lambda: {"key": "ES384"},
        lambda: {"key": "RS384"},
        lambda: {"aud": [OTHER, VIEW]},
        lambda: {"sub": "whoever"},
        lambda: {"nbf": now() - 300},
        lambda: {"exp": now() + 300.5},
        lambda: {"iat": now() - 30, "exp": now() - 20},
        lambda: {"iat": now() + 50, "exp": now() + 300},
        lambda: {"header": {"jku": "https://ehr.example/jwks"}},
        lambda: {"header": {"typ": "jwt"}},
        lambda: {"jti": "Å" * 300},
    ],
)
def test_r144_r145_r150_a_good_token_is_let_in(app, given):
    assert ask(app, bearer(**given())).status_code == 200


def test_a_token_is_let_in_once(app):
    headers = bearer()
    assert ask(app, headers).status_code == 200
    assert ask(app, headers).status_code == 401


def test_the_jti_of_another_client_is_not_ours(app):
    assert ask(app, bearer(jti="same")).status_code == 200
    other = bearer("other ES384", iss="https://b.example", jti="same")
    assert ask(app, other).status_code == 200


def test_a_refused_token_uses_up_no_jti(app):
    assert (
        ask(app, bearer("other ES384", header={"kid": "ES384+/="}, jti="mine")).status_code == 401
    )
    assert ask(app, bearer(jti="mine")).status_code == 200


def test_r142_discovery_needs_a_token_for_discovery(app):
    assert send(app, "GET", "/cds-services").status_code == 401
    assert send(app, "GET", "/cds-services", headers=bearer(aud=VIEW)).status_code == 401
    response = send(app, "GET", "/cds-services", headers=bearer(aud=DISCOVERY))
    assert [s["id"] for s in response.json()["services"]] == ["svf-patient-view"]


def test_a_service_of_others_is_a_403(app):
    path = "/cds-services/svf-order-sign"
    response = ask(app, bearer(aud=f"{BASE}{path}"), path)
    assert (response.status_code, error_code(response)) == (403, "service-not-granted")


def test_nobody_without_a_token_learns_which_services_there_are(app):
    answers = [shown(ask(app, {}, f"/cds-services/{id_}")) for id_ in ("svf-order-sign", "none")]
    assert answers[0] == answers[1]
    path = "/cds-services/none"
    assert error_code(ask(app, bearer(aud=f"{BASE}{path}"), path)) == "unknown-service"


def test_a_body_is_not_read_before_the_caller_is_known(app):
    async def chunks():
        pytest.fail("the body was asked for")
        yield b""

    headers = {"Content-Type": "application/json"}
    response = send(app, "POST", PATIENT_VIEW, content=chunks(), headers=headers)
    assert response.status_code == 401


def test_a_public_address_is_what_tokens_are_for(folder):
    path = clients_file(folder)
    app = started(make_app(auth="required", clients=path, public_url="https://v.example/cds"))
    assert ask(app, bearer()).status_code == 401
    good = bearer(aud="https://v.example/cds/cds-services/svf-patient-view")
    assert ask(app, good).status_code == 200


def test_tenants_are_those_of_the_client(tmp_path):
    path = clients_file(tmp_path, lines='tenants = ["north", "south"]')
    app = started(make_app(auth="required", clients=path))
    assert ask(app, bearer(tenant="south")).status_code == 200
    assert ask(app, bearer(tenant="west")).status_code == 401
    assert ask(app, bearer()).status_code == 401


@pytest.mark.parametrize("name", ["ES256", "ES512", "EdDSA"])
def test_a_client_may_sign_with_what_it_lists(tmp_path, name):
    path = clients_file(tmp_path, keys=(name, "ES384"), lines=f'algorithms = ["{name}"]')
    app = started(make_app(auth="required", clients=path))
    assert ask(app, bearer(name)).status_code == 200
    assert ask(app, bearer("ES384")).status_code == 401


def test_the_longest_life_is_the_clients(tmp_path):
    path = clients_file(tmp_path, lines="max_token_seconds = 7200")
    app = started(make_app(auth="required", clients=path))
    assert ask(app, bearer(exp=now() + 7000)).status_code == 200


def test_a_database_that_is_down_lets_nobody_in(tmp_path):
    from tests.service.postgres import free_port

    url = f"postgresql+psycopg://vidare@127.0.0.1:{free_port()}/none"
    path = clients_file(tmp_path)
    app = make_app(auth="required", clients=path, database_url=url)
    response = ask(app, bearer())
    assert (response.status_code, error_code(response)) == (503, "replay-store-down")
    assert response.headers["retry-after"] == "5"
    assert ask(app, bearer(iss="x")).status_code == 401


def test_without_tokens_the_first_client_calls():
    assert ask(make_app(), {"Authorization": "Bearer nonsense"}).status_code == 200


def fetching(server):
    """Give a call that lacks a source and names a FHIR server to fetch it from."""
    sent = {k: v for k, v in read_fully().items() if k != "serviceRequests"}
    access = {"access_token": "canary-access", "token_type": "Bearer", "expires_in": 300}
    return call(prefetch=sent, fhirServer=server, fhirAuthorization=access)


def test_a_fhir_server_of_another_client_is_not_called(folder):
    from tests.service.key_server import KeyServer

    strange, its_own = KeyServer(), KeyServer()
    try:
        base = its_own.url.removesuffix("/jwks")
        path = clients_file(folder, lines=f'fhir_servers = ["{base}"]')
        app = started(make_app(auth="required", clients=path, allow_loopback_fhir=True))
        answer = ask(app, bearer(), body=fetching(strange.url.removesuffix("/jwks")))
        assert answer.status_code == 200, "answered from what was sent"
        assert strange.fetches == 0
        assert ask(app, bearer(), body=fetching(base)).status_code == 200
        assert its_own.fetches == 1
    finally:
        strange.stop()
        its_own.stop()


@pytest.mark.parametrize("path", ["/cds-services", PATIENT_VIEW, f"{PATIENT_VIEW}/feedback"])
def test_r160_a_preflight_needs_no_token_and_a_401_can_be_read(tmp_path, path):
    clients = clients_file(tmp_path, lines='origins = ["https://ehr.example"]')
    app = started(make_app(auth="required", clients=clients))
    origin = {"Origin": "https://ehr.example"}
    method = "GET" if path == "/cds-services" else "POST"
    asked = {
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    preflight = send(app, "OPTIONS", path, headers=origin | asked)
    assert preflight.status_code == 200
    refused = send(app, method, path, content=b"{}", headers=origin)
    assert refused.status_code in {401, 404}
    for response in (preflight, refused):
        assert response.headers["access-control-allow-origin"] == "https://ehr.example"


def test_the_reason_of_a_refusal_is_counted(tmp_path):
    app = started(make_app(auth="required", clients=clients_file(tmp_path)))
    for headers in ({}, {}, bearer(iss="x"), bearer(exp=1, iat=0)):
        ask(app, headers)
    text = send(app, "GET", "/metrics").text
    for reason, times in (("no-token", 2), ("unknown-issuer", 1), ("expired-token", 1)):
        assert f'vidare_refusals_total{{code="{reason}"}} {times}.0' in text


def test_r145_feedback_takes_a_token_for_itself_or_for_its_service(tmp_path):
    app = started(make_app(auth="required", clients=clients_file(tmp_path), journal=False))
    path = f"{PATIENT_VIEW}/feedback"

    def tell(aud):
        return post(app, path, {"feedback": []}, bearer(aud=aud)).status_code

    assert tell(f"{BASE}{path}") == tell(VIEW) == 404, "let in; this installation keeps none"
    assert tell(DISCOVERY) == 401
    assert tell(f"{BASE}/cds-services/svf-order-sign/feedback") == 401
    assert post(app, path, {"feedback": []}).status_code == 401
