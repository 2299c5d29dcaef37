"""What must never leave but in a card: what the examples hold, watched for wherever tests look.

A canary is a text of an example that could tell of a person: names, identifiers, phones, addresses,
notes, the ids of the record; beside them the words that single tests use as such.
"""

import json
import logging
import re
from pathlib import Path

from service.logs import JsonLines

_EXAMPLES = Path(__file__).parents[1] / "fhir_examples"
OWN = ("Canary", "canary", "191212121212", "19121212-1212")
"""Words that tests put where a value of a patient would stand."""
_TELLING = frozenset(
    {"identifier", "name", "telecom", "address", "note", "contact", "photo", "valueString"}
)
_SHORTEST = 6


def _texts(value, *, telling=False):
    """Give the texts that tell of somebody: those below a telling member."""
    if isinstance(value, dict):
        for member, inner in value.items():
            if member not in {"system", "use", "code"}:
                yield from _texts(inner, telling=telling or member in _TELLING)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner, telling=telling)
    elif telling and isinstance(value, str):
        yield value


def _found():
    for path in sorted(_EXAMPLES.glob("*/record.json")):
        for entry in json.loads(path.read_bytes())["entry"]:
            resource = entry["resource"]
            yield from _texts(resource)
            if "id" in resource:
                yield resource["id"]


CANARIES = tuple(sorted({*OWN, *(t for t in _found() if len(t) >= _SHORTEST)}))
_TOKEN = re.compile(r"eyJ[\w-]{8,}\.eyJ[\w-]{8,}")
_RUN = re.compile(rb"[\x20-\x7e\x80-\xf4]{%d,}" % _SHORTEST)
_STARTS = {}
for _word in CANARIES:
    _STARTS.setdefault(_word[:_SHORTEST], []).append(_word)


def told(text):
    """Give the first canary or token in a text; None where it tells of nobody."""
    for at in range(len(text) - _SHORTEST + 1):
        for word in _STARTS.get(text[at : at + _SHORTEST], ()):
            if text.startswith(word, at):
                return word
    found = _TOKEN.search(text)
    return found and found[0]


def texts_in(content):
    """Give the texts in the bytes of a file, long enough to be a canary."""
    return {run.decode("utf-8", "replace") for run in _RUN.findall(content)}


class Watch(logging.Handler):
    """Looks at every log line of the tests as it would be written."""

    def __init__(self):
        super().__init__(logging.NOTSET)
        self.leaks = []
        self.lines = 0
        self._form = JsonLines()

    def emit(self, record):
        """Look at a record; what it would tell is kept for the test to fail on."""
        line = self._form.format(record)
        self.lines += 1
        if leak := told(line):
            self.leaks.append((leak, line))
