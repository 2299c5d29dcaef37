"""How the tests ask the application: HTTP in, HTTP out, no socket."""

import asyncio
import atexit
import json
import shutil
import tempfile
from datetime import date
from itertools import count
from pathlib import Path

import httpx

from service.app import create_app
from service.settings import Settings
from tests.canaries import told

ROOT = Path(__file__).parents[2]
ANCHOR = date(2026, 3, 2)
PATIENT_VIEW = "/cds-services/svf-patient-view"
ORDER_SIGN = "/cds-services/svf-order-sign"
JSON = {"Content-Type": "application/json"}
FAULTY = {"aos-messy-record": {"Observation/obs-glucose", "Observation/obs-alat"}}
"""Resources of the examples that are no valid FHIR, by case: the story of the case."""
SENT_IN_PART = {"aos-first-page-only"}
"""Cases in which the EHR sends less than it holds: the story of the case."""
FOLDER = Path(tempfile.mkdtemp(prefix="vidare-"))
_NUMBERS = count(1)
atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)


def settings(**given):
    """Give settings of which nothing comes from this machine, with a database of their own."""
    own = f"sqlite:///{FOLDER}/{next(_NUMBERS)}.db"
    off = {"auth": "off", "journal": False}
    return Settings(_env_file=None, **{**off, "database_url": own, **given})


def make_app(**given):
    """Give an application on the anchor day, with ids that repeat from run to run."""
    numbers = count(1)
    return create_app(
        settings(**given),
        today=lambda: ANCHOR,
        new_id=lambda: f"00000000-0000-4000-8000-{next(numbers):012d}",
    )


def send(app, method, path, **options):
    """Send one request to the application; its answer, unless it is one to show, tells nothing."""

    async def exchange():
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
            return await client.request(method, path, **options)

    response = asyncio.run(exchange())
    if response.status_code != 200 or path == "/metrics":
        assert told(response.text) is None
    return response


def post(app, path, body, headers=None):
    """Post a hook request: bytes as they are, anything else as JSON."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return send(app, "POST", path, content=content, headers={**JSON, **(headers or {})})


def call(hook="patient-view", **members):
    """Give the least hook request, with members laid over it."""
    context = {"userId": "PractitionerRole/role-1", "patientId": "pat-1"}
    if hook == "order-sign":
        context["draftOrders"] = bundle()
    body = {"hook": hook, "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea"}
    return {**body, "context": context, **members}


def bundle(*resources):
    """Give a searchset of resources."""
    entries = [{"resource": r, "search": {"mode": "match"}} for r in resources]
    return {"resourceType": "Bundle", "type": "searchset", "entry": entries}


def read_fully(patient_id="pat-1", **keys):
    """Give a prefetch in which every key was answered; an adult patient with nothing recorded."""
    from service.hooks import PREFETCH

    patient = {
        "resourceType": "Patient",
        "id": patient_id,
        "gender": "male",
        "birthDate": "1950-09-07",
    }
    return {**dict.fromkeys(PREFETCH, bundle()), "patient": patient, "user": None, **keys}


def error_code(response):
    """Give the stable code of a refusal, having looked at its form."""
    assert response.headers["content-type"] == "application/fhir+json"
    outcome = response.json()
    assert outcome["resourceType"] == "OperationOutcome"
    (issue,) = outcome["issue"]
    (coding,) = issue["details"]["coding"]
    assert coding["system"] == "https://vidare.example/CodeSystem/error"
    return coding["code"]


def expression(response):
    """Give where in the call a refusal points; None where it points nowhere."""
    return (response.json()["issue"][0].get("expression") or [None])[0]


def example(case, service_id="svf-patient-view"):
    """Give an example request as sent on its anchor day."""
    return (ROOT / "fhir_examples" / case / f"request.{service_id}.json").read_bytes()


def examples():
    """Give (case, service id) of every example request."""
    return [
        (path.parent.name, path.name.removeprefix("request.").removesuffix(".json"))
        for path in sorted((ROOT / "fhir_examples").glob("*/request.*.json"))
    ]
