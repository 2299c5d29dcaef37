"""Answers in words that say that there is no answer: cancelled, still to come, or elsewhere."""

import re

_CANCELLED = re.compile(
    r"(makuler|avbeställ|annuller|utgår|utgått|utgick|ej utför|ej genomför|ej analys|kunde ej utför"
    r"|prov(et)? saknas|aflyst|aflys|ikke udført|udgået|prøve(n)? mangler|cancel"
    r"|not (done|performed)|no specimen)"
)
_SHORT = 40
"""A remark longer than this is an answer in words, even where it says that a part was not done."""
_TO_COME = re.compile(
    r"(svar(et)? följer|analys(en)? pågår|pågår|pågående|svar(et)? følger|afventer|pending"
    r"|to follow|in progress)"
)
_ELSEWHERE = re.compile(
    r"(se|see) (kommentar|comment|bilaga|bilag|attach|svar|report|note|ovan|nedan)"
)
_EMPTY = frozenset(
    {"", "?", "n/a", "na", "null", "unknown", "okänd", "okänt", "ukendt", "uppgift saknas"}
)


def is_cancelled(text: str, *, narrative: bool) -> bool:
    """Tell whether a text says that the test was cancelled or not done.

    In a narrative answer only a text that begins so: "no M-protein; immunofixation not done" is
    an answer.
    """
    plain = _plain(text)
    if _CANCELLED.match(plain):
        return True
    return not narrative and len(plain) <= _SHORT and _CANCELLED.search(plain) is not None


def is_no_answer(text: str) -> bool:
    """Tell whether a text stands where an answer is still to come, is elsewhere or not known."""
    plain = _plain(text)
    if plain in _EMPTY:
        return True
    return len(plain) <= _SHORT and bool(_TO_COME.match(plain) or _ELSEWHERE.match(plain))


def _plain(text: str) -> str:
    return text[:1000].strip(" \t\r\n.:*-!()\"'").lower()
