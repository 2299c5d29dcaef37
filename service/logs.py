"""Log lines: one JSON object each, with fields of an allow-list and nothing else.

No name, identifier, value, body, token or address of a call can be in a line, because no field
takes one. What other libraries log is cut to their name, the level and the type of an exception:
their words may hold what they worked on.
"""

import logging
import sys
import threading
import time
from datetime import UTC, datetime
from traceback import walk_tb
from types import TracebackType

import msgspec
from starlette.types import Scope

from service.ids import new_id

_log = logging.getLogger("vidare")
_OWN_WORDS = frozenset({"vidare", "uvicorn.error"})
"""Loggers whose words are kept: ours are lines, the server's tell of its start and its end."""
_QUIET = ("uvicorn.access", "httpx", "httpcore", "alembic", "sqlalchemy")
"""Loggers that would tell of addresses or statements; heard from WARNING on."""


class Line(msgspec.Struct, omit_defaults=True):
    """What one line may say. `client`, `service` and `hook` are our own names for them."""

    event: str = "request"
    call: str = msgspec.field(default_factory=new_id)
    client: str = ""
    service: str = ""
    hook: str = ""
    status: int = 0
    ms: int = 0
    cards: int = -1
    error: str = ""  # the stable code of a refusal
    exception: str = ""  # the type of what nobody foresaw, without its text
    place: str = ""  # modules and lines that it passed
    detail: str = ""  # a sentence about the configuration, never about a call


def line_of(scope: Scope) -> Line:
    """Give the line that will be written of a request; rooms add what they learn."""
    state = scope.setdefault("state", {})
    if "line" not in state:
        state["line"] = Line()
    line: Line = state["line"]
    return line


def write(line: Line, level: int = logging.INFO) -> None:
    """Write a line."""
    if _log.isEnabledFor(level):
        _log.log(level, "%s", msgspec.json.encode(line).decode())


def write_exception(line: Line, error: BaseException) -> None:
    """Write what nobody foresaw by type and place: its text may hold what the call was about."""
    line.exception, line.place = type(error).__name__, _places(error.__traceback__)
    write(line, logging.ERROR)


def configure(level: str) -> None:
    """Send the lines of this process to its standard error, from a level on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.raiseExceptions = False  # a line that cannot be written would be told with its cause
    threading.excepthook = _unforeseen  # Python's own hooks print the text of what they caught
    sys.unraisablehook = _unforeseen
    for name in ("uvicorn", "uvicorn.error"):
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


class JsonLines(logging.Formatter):
    """A record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Give the line, without the text of any exception."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        head = {"time": at, "level": record.levelname, "logger": record.name}
        if record.name == "vidare":
            return msgspec.json.encode(head).decode()[:-1] + "," + record.getMessage()[1:]
        if record.exc_info and record.exc_info[0] is not None:
            head["exception"] = record.exc_info[0].__name__
        elif record.name in _OWN_WORDS:
            head["detail"] = record.getMessage()
        return msgspec.json.encode(head).decode()


def _unforeseen(caught: "threading.ExceptHookArgs | sys.UnraisableHookArgs") -> None:
    if caught.exc_value is not None:
        write_exception(Line("unforeseen"), caught.exc_value)


def since(start: float) -> int:
    """Give the milliseconds since a reading of the monotonic clock."""
    return round((time.monotonic() - start) * 1000)


def _places(trace: TracebackType | None) -> str:
    frames = [f"{frame.f_globals.get('__name__', '?')}:{line}" for frame, line in walk_tb(trace)]
    return " > ".join(frames[-6:])
