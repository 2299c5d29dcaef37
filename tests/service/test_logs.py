"""service.logs: what a line may hold, whoever writes it."""

import json
import logging
import sys
import threading
from contextlib import contextmanager

import pytest

from service.logs import JsonLines, Line, configure, line_of, write, write_exception

CANARY = "Canary-Testsson-191212121212"


def fail():
    raise ValueError(CANARY)


@pytest.fixture
def lines(caplog):
    caplog.set_level(logging.DEBUG)

    def written():
        formatter = JsonLines()
        return [json.loads(formatter.format(record)) for record in caplog.records]

    return written


def test_a_line_holds_what_is_known_and_no_more(lines):
    write(Line("call", call="1", client="EHR", status=200, ms=3))
    (line,) = lines()
    assert line.pop("time").endswith("+00:00")
    assert line == {
        "level": "INFO",
        "logger": "vidare",
        "event": "call",
        "call": "1",
        "client": "EHR",
        "status": 200,
        "ms": 3,
    }


def test_the_fields_of_a_line_are_few_and_known():
    assert set(Line.__struct_fields__) == {
        "event",
        "call",
        "client",
        "service",
        "hook",
        "status",
        "ms",
        "cards",
        "error",
        "exception",
        "place",
        "detail",
    }


def test_a_line_cannot_be_broken_in_two(lines, caplog):
    write(Line("call", client='EHR"\n{"event":"forged'))
    assert len(JsonLines().format(caplog.records[0]).splitlines()) == 1
    assert lines()[0]["client"] == 'EHR"\n{"event":"forged'


def test_an_exception_is_told_by_type_and_place(lines):
    with pytest.raises(ValueError, match=CANARY) as failure:
        fail()
    write_exception(Line("unforeseen"), failure.value)
    (line,) = lines()
    assert (line["level"], line["exception"]) == ("ERROR", "ValueError")
    assert line["place"].startswith(__name__)
    assert CANARY not in json.dumps(line)


def test_other_libraries_words_are_not_kept(lines):
    other = logging.getLogger("some.library")
    other.warning("fetched %s", CANARY)
    try:
        fail()
    except ValueError:
        other.exception("failed for %s", CANARY)
        logging.getLogger("uvicorn.error").exception("failed for %s", CANARY)
    first, second, third = lines()
    assert set(first) == {"time", "level", "logger"}
    assert second["exception"] == third["exception"] == "ValueError"
    assert CANARY not in json.dumps([first, second, third])


def test_the_server_may_say_that_it_runs(lines):
    logging.getLogger("uvicorn.error").info("Started server process [%d]", 7)
    assert lines()[0]["detail"] == "Started server process [7]"


@contextmanager
def configured():
    """Set the log up as a server process does, and put everything back."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    hooks = logging.raiseExceptions, threading.excepthook, sys.unraisablehook
    root.handlers[:] = []
    try:
        configure("INFO")
        yield
    finally:
        logging.raiseExceptions, threading.excepthook, sys.unraisablehook = hooks
        root.handlers[:] = handlers
        root.setLevel(level)
    for name in ("uvicorn.access", "httpx", "httpcore", "alembic", "sqlalchemy"):
        logging.getLogger(name).setLevel(logging.NOTSET)


def test_a_process_writes_its_lines_to_standard_error(capsys):
    with configured():
        write(Line("call", call="1"))
        logging.getLogger("httpx").info("GET %s", CANARY)
        assert not logging.raiseExceptions
    shown = capsys.readouterr()
    assert json.loads(shown.err)["event"] == "call"
    assert CANARY not in shown.err + shown.out


def test_what_a_thread_or_a_finaliser_fails_on_is_told_without_its_text(capsys):
    class Held:
        def __del__(self):
            fail()

    with configured():
        thread = threading.Thread(target=fail)
        thread.start()
        thread.join()
        held = Held()
        del held
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [line["exception"] for line in lines] == ["ValueError", "ValueError"]
    assert CANARY not in json.dumps(lines)


def test_a_request_has_one_line():
    scope = {}
    assert line_of(scope) is line_of(scope)
    assert line_of(scope).call != line_of({}).call
