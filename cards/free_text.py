"""Listed words in a note or a conclusion: found at the beginning of a word, unless denied.

Nothing else of a text is interpreted, and what was found is shown as it was read.
"""

import re
from collections.abc import Iterable, Iterator

WORD = re.compile(r"[\w]+")
_SENTENCE = re.compile(r"[.!?;\n]+(?=\s|$)|\n")
_WRAP = re.compile(r"[ \t]*\n[ \t]*(?=[a-zæøåäö])")
"""A line that goes on with a small letter goes on with the sentence."""
_DENIAL = re.compile(
    r"ikke|ingen|intet|uden|ej|hverken|næppe|inga|inget|inte|icke|utan|varken|knappast"
    r"|non|not|no|without|never|neither|nor|unlikely|negative?"
    r"|(udeluk|afkræft|uteslut|avfärd|exclu|refut)\w*"
)
REACH = 4
"""How many words a denial reaches, before or after: "ingen tegn på adenokarcinom", "adenokarcinom
er ikke påvist". What is missed so is asked for again; what is invented would be believed."""
LONGEST = 20_000
"""Characters of a text that are read."""


def begins(text: str, words: Iterable[str]) -> bool:
    """Tell whether one of the listed words begins a word of the text and is not denied there."""
    return next(found(text, words), None) is not None


def starts(text: str, words: Iterable[str]) -> bool:
    """Tell whether one of the listed words begins a word of a title, where nothing is denied.

    "CT thorax og abdomen uden kontrast" is that CT.
    """
    listed, folded = tuple(words), text.casefold()
    return any(folded.startswith(listed, m.start()) for m in WORD.finditer(folded))


def found(text: str, words: Iterable[str]) -> Iterator[str]:
    """Give the sentences in which one of the listed words stands and is not denied."""
    listed = tuple(words)
    for sentence in sentences(text):
        if _stands(sentence, listed):
            yield sentence


def sentences(text: str) -> list[str]:
    """Give the sentences of a text, each on one line."""
    parts = (" ".join(part.split()) for part in _SENTENCE.split(_WRAP.sub(" ", text[:LONGEST])))
    return [part for part in parts if part]


def _stands(sentence: str, listed: tuple[str, ...]) -> bool:
    folded = sentence.casefold()
    if not any(word in folded for word in listed):
        return False
    tokens = [(m.start(), m.group()) for m in WORD.finditer(folded)]
    words = [word for _, word in tokens]
    return any(
        folded.startswith(listed, start) and not is_denied(words, number)
        for number, (start, _) in enumerate(tokens)
    )


def is_denied(words: list[str], number: int) -> bool:
    """Tell whether a denial stands near one of the words of a sentence."""
    near = words[max(0, number - REACH) : number + REACH + 1]
    return any(_DENIAL.fullmatch(word) for word in near)
