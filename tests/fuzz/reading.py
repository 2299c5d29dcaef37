"""Reading under fuzz: whatever a call holds, it is answered or refused, never crashed on.

`make fuzz` runs it for five minutes, `make test` for twenty seconds. Atheris watches which branches
an input reaches; the mutator changes JSON as JSON, so that it gets past the parser.
"""

import json
import random
import sys
import time
from contextlib import suppress
from datetime import date
from itertools import count
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["cards", "service"]):
    from cards.card import encoded
    from service.answer import Desk, judge, render
    from service.clients import Client
    from service.ehr import Ehr
    from service.errors import OurFault, Refusal
    from service.hooks import SERVICES, read_request
    from service.settings import Settings
    from service.wire import cut_deep

ROOT = Path(__file__).parents[2]
TODAY = date(2026, 3, 2)
SETTINGS = Settings(_env_file=None, auth="off", max_resources=500)
EHR = Ehr(SETTINGS)
NUMBERS = count()
DESK = Desk(SETTINGS, Client(), TODAY, lambda: f"id-{next(NUMBERS)}")
ODD = (
    None, True, "", " ", "x", 0, -1, 7.1, 1e308, "1e400", "2026-11", "2026-13-45", "final", "Final",
    "entered-in-error", [], {}, [{}], "Patient/other", "#p", "\ud7ff", "<b>", "http://x", "mg/L",
    {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "x"}]},
    {"resourceType": "Bundle"}, {"resourceType": "Observation"}, {"value": 1}, {"coding": [{}]},
)  # fmt: skip


def finished(coroutine):
    """Give what a coroutine returns that has nothing to wait for."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        return end.value
    msg = "nothing may be fetched here"
    raise AssertionError(msg)


def answered(body, service):
    """Answer a call as the service does, without HTTP."""
    call = read_request(body, service, max_resources=SETTINGS.max_resources)
    sources = finished(EHR.complete(call, DESK.client, time.monotonic() + 60))
    return encoded(render(judge(call, sources, DESK), "sv", DESK))


def try_one(body):
    """Answer a call about each service; a refusal is an answer, anything else is a crash."""
    for service in SERVICES:
        try:
            try:
                answer = answered(body, service)
            except RecursionError:
                answer = answered(cut_deep(body), service)
        except OurFault:
            raise
        except Refusal:
            continue
        assert isinstance(json.loads(answer)["cards"], list)


def mutated(data, max_size, seed):
    """Change an input: a few of its JSON values where it is JSON, else its bytes."""
    chance = random.Random(seed)  # noqa: S311 - not for secrets
    with suppress(ValueError, RecursionError):
        value = json.loads(data)
        if isinstance(value, dict) and chance.random() < 0.8:
            for _ in range(chance.randint(1, 4)):
                _change(value, chance)
            changed = json.dumps(value).encode()
            if len(changed) <= max_size:
                return changed
    return atheris.Mutate(data, max_size)


def _change(value, chance):
    """Change one place in a JSON value, chosen by walking down from its top."""
    while isinstance(value, dict | list) and value:
        keys = list(value) if isinstance(value, dict) else range(len(value))
        key = chance.choice(list(keys))
        inner = value[key]
        if not (isinstance(inner, dict | list) and inner) or chance.random() < 0.15:
            _change_at(value, key, chance)
            return
        value = inner


def _change_at(holder, key, chance):
    act = chance.random()
    if act < 0.55:
        holder[key] = chance.choice(ODD)
    elif act < 0.7:
        del holder[key]
    elif isinstance(holder, list):
        holder.append(holder[key])
    else:
        holder[f"_{key}"] = holder[key]


def seeds():
    """Give the example calls, each with few entries, so that a change meets what matters."""
    for path in sorted((ROOT / "fhir_examples").glob("*/request.*.json")):
        body = json.loads(path.read_bytes())
        for source in body["prefetch"].values():
            if isinstance(source, dict) and "entry" in source:
                source["entry"] = source["entry"][-4:]
        yield json.dumps(body).encode()


def main():
    """Fuzz as libFuzzer's arguments say; without a folder of its own, from the examples."""
    corpus = Path(sys.argv[1])
    for number, seed in enumerate(seeds()):
        (corpus / f"seed-{number}").write_bytes(seed)
    atheris.Setup(sys.argv, try_one, custom_mutator=mutated)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
