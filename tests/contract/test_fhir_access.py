"""CDS Hooks 3.0, FHIR Resource Access: what a service may do at the client's FHIR server.

The tests name the requirements as those of tests/contract/test_checklist.py do.
"""

import pytest
import respx

from service.hooks import PREFETCH
from tests.service.asking import PATIENT_VIEW, post
from tests.service.ehrs import TOKEN, app_for, hold, whole_call, without


def topics(response):
    """Give the names and the sentences of the cards of a response."""
    return [(c["source"]["topic"]["code"], c["summary"]) for c in response.json()["cards"]]


@pytest.fixture
def ehr():
    """Give a FHIR server that holds the example; whatever else is called fails the test."""
    with respx.mock(assert_all_called=False) as router:
        hold(router, whole_call())
        yield router


@pytest.fixture
def app(tmp_path):
    return app_for(tmp_path)


def test_r056_r070_with_a_server_and_a_token_prefetch_can_be_left_out(app, ehr):
    bare = post(app, PATIENT_VIEW, without(whole_call(), *PREFETCH))
    assert topics(bare) == topics(post(app, PATIENT_VIEW, whole_call()))


def test_r071_r076_v18_the_token_is_on_every_request_and_goes_to_its_server_alone(app, ehr, caplog):
    caplog.set_level("DEBUG")
    first = whole_call()["prefetch"]["conditions"]
    body = without(whole_call(), "observations")
    body["prefetch"]["conditions"] = first | {
        "link": [{"relation": "next", "url": "https://evil.example/fhir?page=2"}]
    }
    assert post(app, PATIENT_VIEW, body).status_code == 200
    (asked,) = ehr.calls
    assert asked.request.headers["authorization"] == f"Bearer {TOKEN}"
    assert asked.request.url.host == "ehr.example"
    assert TOKEN not in caplog.text


@pytest.mark.parametrize("lacking", ["expires_in", "scope", "subject", "patient", "token_type"])
def test_r072_an_authorization_that_lacks_a_member_is_used_all_the_same(app, ehr, lacking):
    body = without(whole_call(), "conditions")
    del body["fhirAuthorization"][lacking]
    assert post(app, PATIENT_VIEW, body).status_code == 200
    assert len(ehr.calls) == 1


def test_r073_a_token_serves_its_own_call_alone(app, ehr):
    post(app, PATIENT_VIEW, without(whole_call(), "conditions"))
    later = without(whole_call(), "conditions")
    del later["fhirAuthorization"]
    assert post(app, PATIENT_VIEW, later).status_code in {200, 412}
    assert len(ehr.calls) == 1


@pytest.mark.parametrize(
    "scope",
    [
        "patient/Patient.read",
        "patient/*.rs",
        "epic.scanning.dmsusername openid",
        "",
        "user/*.cruds",
    ],
)
def test_r074_any_scope_is_taken_and_the_server_decides(app, ehr, scope):
    body = without(whole_call(), "conditions")
    body["fhirAuthorization"]["scope"] = scope
    assert post(app, PATIENT_VIEW, body).status_code == 200
    assert len(ehr.calls) == 1
