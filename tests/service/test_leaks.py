"""What must not leave: nothing of a call is told by a failure, wherever in the code it happens.

Every other test is watched as well: `tests/conftest.py` looks at each log line, and at the
databases when all is done; `tests/service/asking.py` looks at each answer that is not 200.
"""

import functools
import gc
import json
import sys
from functools import partial

import pytest

from cards import plain
from tests.canaries import CANARIES, told
from tests.service.asking import ORDER_SIGN, PATIENT_VIEW, example, examples, make_app, post
from tests.service.keeping import Kept
from tests.service.signing import BASE, clients_file, token
from tests.service.starting import started

VALUE = 7313.579
WRITTEN = "says nurse Outlive"
TELLING = " ".join(("7313.579", "SVF-draft-191212121212", *CANARIES))
CALLS = {
    PATIENT_VIEW: ("aos-gaps", "svf-patient-view"),
    ORDER_SIGN: ("aos-complete", "svf-order-sign"),
}


class Broken(Exception):
    """A fault that nobody foresaw, holding everything that it must not tell."""


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clients")
    return started(make_app(auth="required", clients=clients_file(folder), calls_per_minute=0))


def with_value(body):
    """Give a call in which one result has a value that nothing else has."""
    results = [e["resource"] for e in body["prefetch"]["observations"].get("entry", ())]
    next((r["valueQuantity"] for r in results if "valueQuantity" in r), {})["value"] = VALUE
    return body


def ask(app, path):
    sent = token(aud=f"{BASE}{path}")
    body = with_value(json.loads(example(*CALLS[path])))
    return post(app, path, body, {"Authorization": f"Bearer {sent}"}), sent


def with_words(value):
    """Give JSON with a word of a person in each text that a person may have written."""
    if isinstance(value, dict):
        written = ("text", "display", "conclusion", "valueString", "description")
        return {
            name: f"{inner} {WRITTEN}" if name in written and isinstance(inner, str)
            else with_words(inner)
            for name, inner in value.items()
        }  # fmt: skip
    return [with_words(each) for each in value] if isinstance(value, list) else value


def kept_at_hand():
    """Give what outlives a call: all that functions keep of their answers."""
    keeping = [f for f in gc.get_objects() if isinstance(f, functools._lru_cache_wrapper)]
    return repr([*map(gc.get_referents, keeping), plain._known])


def ours(frame):
    name = frame.f_globals.get("__name__", "")
    return name if name.startswith(("cards.", "service.")) else None


def profiled(watcher, act):
    """Give what an act gives, every function that is entered meanwhile told to the watcher."""
    before = sys.getprofile()
    sys.setprofile(watcher)
    try:
        return act()
    finally:
        sys.setprofile(before)


def note_into(seen):
    """Give a watcher that notes the modules of ours that are passed."""

    def note(frame, event, _argument):
        if event == "call" and (name := ours(frame)):
            seen.add(name)

    return note


def failing_in(module):
    """Give a watcher that fails the first function of a module that is entered."""

    def fail(frame, event, _argument):
        if event == "call" and ours(frame) == module and frame.f_code.co_name != "<module>":
            raise Broken(TELLING)

    return fail


def passed(app, path):
    """Give the modules of ours that a call passes through, in the thread that answers it."""
    seen = set()
    response, _ = profiled(note_into(seen), lambda: ask(app, path))
    assert response.status_code == 200
    return seen


OUTSIDE = {"service.logs", "service.ids", "service.guard", "service.headers"}
"""The wall itself: what fails here fails outside it, and uvicorn answers a bare 500."""


@pytest.mark.parametrize("path", CALLS)
def test_no_module_that_fails_tells_of_the_call(app, path, caplog, capfd):
    modules = passed(app, path) - OUTSIDE
    assert len(modules) > 30, "else hardly anything was tried"
    whole = ask(app, path)[0].json()["cards"]
    silent = set()
    for module in sorted(modules):
        caplog.clear()
        response, sent = profiled(failing_in(module), partial(ask, app, path))
        if response.status_code == 200:
            silent.add(module)
            assert response.json()["cards"], f"{module}: an empty list in the place of an error"
            assert len(response.json()["cards"]) == len(whole), module
            continue
        assert response.status_code == 500, module
        assert told(response.text) is None, module
        shown = capfd.readouterr()
        written = caplog.text.replace("Broken", "") + shown.out + shown.err
        assert told(written) is None, module
        assert sent not in written, module
        assert str(VALUE) not in written + response.text, module
        assert '"exception":"Broken"' in caplog.text, module
    assert silent <= NEVER_COSTS_AN_ANSWER


NEVER_COSTS_AN_ANSWER = set()
"""Rooms beside the pipe: where they fail, the call is answered all the same."""


def test_what_a_call_holds_is_in_its_cards_and_in_no_line_of_the_log(app, caplog):
    caplog.set_level("DEBUG")
    response, sent = ask(app, PATIENT_VIEW)
    assert "7313" in response.text or "7 313" in response.text
    assert caplog.records
    assert told(caplog.text) is None
    assert sent not in caplog.text
    assert "7313" not in caplog.text
    assert "pat-aos-gaps" not in caplog.text


def test_one_call_leaves_nothing_in_the_next(app):
    first, _ = ask(app, PATIENT_VIEW)
    other = json.loads(example("aos-complete"))
    sent = token(aud=f"{BASE}{PATIENT_VIEW}")
    answer = post(app, PATIENT_VIEW, other, {"Authorization": f"Bearer {sent}"}).text
    for text in ("aos-gaps", "Testsson-Tvåa", "196101182803", str(VALUE)):
        assert text not in answer
    again, _ = ask(app, PATIENT_VIEW)
    said = [[(c["summary"], c["detail"]) for c in r.json()["cards"]] for r in (first, again)]
    assert said[0] == said[1]


TOLD = {
    "card": "00000000-0000-4000-8000-000000000001",
    "outcome": "overridden",
    "outcomeTimestamp": "2026-03-02T10:00:00Z",
    "overrideReason": {"reason": {"code": CANARIES[0]}, "userComment": TELLING},
}


def test_neither_database_nor_spool_nor_metrics_tell_of_anyone(tmp_path, database_url):
    kept = Kept(tmp_path, database_url)
    with kept.running() as asking:
        for case, service_id in examples():
            asking.post(
                f"/cds-services/{service_id}", with_value(json.loads(example(case, service_id)))
            )
        asking.post(f"{PATIENT_VIEW}/feedback", {"feedback": [TOLD]})
        metrics = asking.send("GET", "/metrics").text
    assert "vidare_calls_total" in metrics
    rows = {name: kept.rows(name) for name in ("call", "advice", "suggestion", "feedback")}
    assert len(rows["call"]) == len(examples())
    assert rows["advice"]
    assert rows["feedback"]
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    held = [path.read_bytes().decode("utf-8", "replace") for path in files]
    for text in (metrics, repr(rows), *held):
        assert told(text) is None
        assert str(VALUE) not in text


def test_no_room_of_memory_that_fails_tells_of_the_call(tmp_path, app, caplog, capfd):
    kept = Kept(tmp_path, f"sqlite:///{tmp_path}/vidare.db")
    body = with_value(json.loads(example("aos-gaps")))
    with kept.running() as asking:
        whole = asking.post(PATIENT_VIEW, body).json()["cards"]

        def call():
            return asking.post(PATIENT_VIEW, body)

        rooms = profiled(note_into(seen := set()), call) and seen - passed(app, PATIENT_VIEW)
        assert {"cards.decision", "service.journal", "service.pseudonyms"} <= rooms
        for module in sorted(rooms):
            caplog.clear()
            response = profiled(failing_in(module), call)
            shown = capfd.readouterr()
            assert told(caplog.text + shown.out + shown.err) is None, module
            if response.status_code == 200:
                assert len(response.json()["cards"]) == len(whole), module
            else:
                assert (response.status_code, told(response.text)) == (500, None), module


@pytest.mark.parametrize("path", CALLS)
def test_no_text_of_a_record_outlives_its_call(path):
    body = json.loads(example(*CALLS[path]))
    body["prefetch"] = with_words(body["prefetch"])
    assert post(make_app(), path, body).status_code == 200
    assert "NPU28309" in kept_at_hand()
    assert WRITTEN not in kept_at_hand()
