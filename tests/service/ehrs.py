"""EHRs for the tests: calls that name a FHIR server, and a server that answers as they would."""

import json

import httpx

from service.filling import filled
from service.hooks import PREFETCH
from tests.service.asking import bundle, example, make_app

SERVER = "https://ehr.example/fhir"
TOKEN = "canary-t0ken.abc"  # noqa: S105 -- opens nothing


def app_for(tmp_path, server=SERVER, **given):
    """Give an application whose client has the FHIR server."""
    path = tmp_path / "clients.toml"
    path.write_text(f'[[client]]\nname = "A"\nfhir_servers = ["{server}"]\n')
    return make_app(clients=path, **given)


def whole_call(case="aos-gaps", service_id="svf-patient-view", server=SERVER, token=TOKEN):
    """Give an example call that holds every key, from an EHR that may be asked."""
    body = json.loads(example(case, service_id))
    body["fhirServer"] = server
    body["fhirAuthorization"] = {
        "access_token": token,
        "token_type": "Bearer",
        "expires_in": 300,
        "scope": "patient/*.rs",
        "subject": "vidare",
        "patient": body["context"]["patientId"],
    }
    body["prefetch"] = {key: body["prefetch"].get(key) or bundle() for key in PREFETCH}
    return body


def without(body, *keys):
    """Give the call without some keys of its prefetch."""
    kept = {key: value for key, value in body["prefetch"].items() if key not in keys}
    return {**body, "prefetch": kept}


def address(body, key, server=SERVER):
    """Give where the FHIR server has what a key asks for."""
    return f"{server}/{filled(PREFETCH[key], body['context'])}"


def hold(router, body, **replies):
    """Let a mocked FHIR server answer with what the call holds; `replies` stand in for keys."""
    for key, value in body["prefetch"].items():
        reply = replies.get(key, httpx.Response(200, json=value))
        react = "return_value" if isinstance(reply, httpx.Response) else "side_effect"
        router.get(url__eq=address(body, key)).mock(**{react: reply})


def not_checked(card):
    """Give the reason why each source of a card was not read to its end."""
    found = card["extension"]["vidare.assessment"].get("notChecked", [])
    return {entry["source"]: entry["reason"] for entry in found}


def statuses(card):
    """Give the status of every slot of a card's panel."""
    return {s["slot"]: s["status"] for s in card["extension"]["vidare.assessment"]["panel"]}
