"""service.entries: a line of the spool is the entry again."""

import msgspec
import pytest

from service.entries import Advised, Called, Suggested, Told, entry_of, line_of

CALLED = Called(
    id="00000000-0000-4000-8000-000000000001",
    at=1,
    client="A\nB",
    service="svf-patient-view",
    hook="patient-view",
    rules="1",
    language="sv",
    milliseconds=2,
    outcome="answered",
    patient=b"\0" * 32,
    sources={"patient": "complete"},
    advice=(
        Advised(
            "00000000-0000-4000-8000-000000000002",
            "aosMissing",
            "warning",
            "shown",
            b"\1" * 32,
            suggestions=(Suggested("00000000-0000-4000-8000-000000000003", "order"),),
        ),
    ),
)
TOLD = Told(b"\2" * 32, 1, 2, "A", "svf-patient-view", "#1", "overridden")


@pytest.mark.parametrize("entry", [CALLED, TOLD])
def test_a_line_is_the_entry_again(entry):
    line = line_of(entry)
    assert line.count(b"\n") == 1
    assert entry_of(line) == entry


@pytest.mark.parametrize("line", [b"\n", b"{}\n", b'{"type":"call"}\n', b"\xff\n", b"[1]\n"])
def test_what_is_no_entry_is_told(line):
    with pytest.raises(msgspec.MsgspecError):
        entry_of(line)
