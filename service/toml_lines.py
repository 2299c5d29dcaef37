"""In which line of a clients.toml a client or one of its members stands: refusals name it."""

import re

_TABLE = re.compile(r"\s*\[\[\s*client\s*\]\]")
_INNER = re.compile(r"\s*\[\s*client\s*\.\s*\"?(\w+)")
_MEMBER = re.compile(r"\s*\"?(\w+)\"?\s*[.=]")


def line_of(text: str, number: int, member: str = "") -> int:
    """Give the line, from 1, of a member of the client `number`; of its [[client]] otherwise."""
    client = start = 0
    inner = False
    for line, content in enumerate(text.splitlines(), 1):
        if _TABLE.match(content):
            client, inner = client + 1, False
            start = line if client == number else start
        elif client == number and (table := _INNER.match(content)):
            inner = True
            if table[1] == member:
                return line
        elif client == number and not inner:
            found = _MEMBER.match(content)
            if found and found[1] == member:
                return line
    return start
