"""GitHub-flavoured Markdown without HTML; what comes from a record cannot break out of it."""

import re
from collections.abc import Iterable, Sequence

_LIMIT = 160
_LIST = re.compile(r"[-+]|\d{1,9}(?=[.)](?:\s|$))")
"""What would begin a list, or underline a heading, at the start of a line."""
_ADDRESS = re.compile(r"(?<=:)(?=//)|(?<=www)(?=\.)|(?<=&#64;)", re.IGNORECASE)
"""Where an address comes apart: some clients make links of the text they show."""
_JOINER = "&#8288;"
"""A word joiner: takes no room, and is no part of any address."""
_PLAIN = re.compile(r"[^\W_]+(?:(?:,? |[,/-]|(?<=\d)\.(?=\d))[^\W_]+)*")
"""Words and numbers that nothing reads as markup: most of what is escaped."""
_ESCAPES = str.maketrans(
    {
        "\\": "\\\\",
        "`": "\\`",
        "*": "\\*",
        "_": "\\_",
        "[": "\\[",
        "]": "\\]",
        "|": "\\|",
        "~": "\\~",
        "#": "\\#",
        "!": "\\!",
        "&": "&amp;",
        "<": "&lt;",
        ">": "&gt;",
        "@": "&#64;",
    }
)


def escape(text: str) -> str:
    """Give a text from a record as inert Markdown on one line, at most 160 characters of it.

    Markup, HTML and addresses lose their effect: some clients render raw HTML and make links.
    """
    if len(text) <= _LIMIT and _PLAIN.fullmatch(text):
        return text
    flat = flattened(text)
    if len(flat) > _LIMIT:
        flat = flat[: _LIMIT - 1].rstrip() + "…"
    inert = _ADDRESS.sub(_JOINER, flat.translate(_ESCAPES))
    head = _LIST.match(inert)
    if head is None:
        return inert
    end = 0 if head[0] in "-+" else head.end()
    return f"{inert[:end]}\\{inert[end:]}"


def flattened(text: str) -> str:
    """Give a text on one line, without control characters and without runs of spaces."""
    if not text.isprintable():
        text = "".join(c if c.isprintable() else " " for c in text)
    return " ".join(text.split())


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Give a Markdown table without the columns that are empty; cells must be escaped already."""
    columns = zip(header, zip(*rows, strict=True), strict=True)
    filled = [(name, "---", *cells) for name, cells in columns if any(cells)]
    return "\n".join([f"| {' | '.join(line)} |" for line in zip(*filled, strict=True)])


def bullets(lines: Iterable[str]) -> str:
    """Give a Markdown list."""
    return "\n".join([f"- {line}" for line in lines])


def fitted(prefix: str, items: Sequence[str], limit: int) -> str:
    """Give `prefix` and as many items as fit into `limit` characters, then an ellipsis."""
    text = prefix + ", ".join(items)
    if len(text) <= limit:
        return text
    for count in range(len(items) - 1, 0, -1):
        text = f"{prefix}{', '.join(items[:count])}, …"
        if len(text) <= limit:
            return text
    return shortened(prefix + "…", limit)


def shortened(text: str, limit: int) -> str:
    """Give a text cut to `limit` characters, between words, with an ellipsis where it was cut."""
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    return (cut.rsplit(" ", 1)[0] if " " in cut else cut).rstrip(" ,.;:(") + "…"
