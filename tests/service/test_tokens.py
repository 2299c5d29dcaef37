"""service.tokens: what is read of a token. Over HTTP: the attack table in test_identity."""

import json
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jwt import PyJWK

from service.clients import Client
from service.errors import Unauthorized
from service.tokens import LEEWAY, check, open_token, verify
from tests.service.signing import VIEW, claims, jwk, token

CLIENT = Client(issuer="i")


def reason(act, *arguments):
    with pytest.raises(Unauthorized) as refusal:
        act(*arguments)
    return refusal.value.code


@given(st.text(alphabet=string.ascii_letters + string.digits + "-_.=", max_size=200))
def test_no_text_is_taken_for_a_token(text):
    assert reason(open_token, text) == "malformed-token"


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists, max_leaves=5))
def test_no_claim_of_another_type_is_read(value):
    payload = json.dumps({**claims(), "exp": value}).encode()
    if isinstance(value, float) and abs(value) < float("inf"):
        assert open_token(token(payload=payload)).claims.exp == value
    else:
        assert reason(open_token, token(payload=payload)) == "malformed-token"


@given(st.binary(min_size=1, max_size=4))
def test_no_change_of_a_signed_part_is_overlooked(noise):
    from base64 import urlsafe_b64encode

    key = PyJWK(jwk("ES384"), "ES384")
    head, payload, signature = token().split(".")
    verify(open_token(f"{head}.{payload}.{signature}"), key)
    other = urlsafe_b64encode(b"%b" % noise + b"x" * 96).decode().rstrip("=")
    assert reason(verify, open_token(f"{head}.{payload}.{other}"), key) == "wrong-signature"


def at(now, **given):
    return check(open_token(token(iat=1000, exp=1300, **given)), CLIENT, (VIEW,), now)


@pytest.mark.parametrize("now", [1000 - LEEWAY, 1000, 1299, 1299 + LEEWAY])
def test_r150_clocks_may_differ_by_a_minute(now):
    at(now)


@pytest.mark.parametrize(
    ("now", "why"), [(999 - LEEWAY, "early-token"), (1300 + LEEWAY, "expired-token")]
)
def test_r150_but_no_more(now, why):
    assert reason(at, now) == why


def test_r144_nbf_counts_as_well():
    at(1100, nbf=1100 + LEEWAY)
    assert reason(lambda: at(1100, nbf=1101 + LEEWAY)) == "early-token"
