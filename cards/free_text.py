"""Listed words in a note or a conclusion: found at the beginning of a word, unless denied.

Nothing else of a text is interpreted, and what was found is shown as it was read.
"""

import re
from collections.abc import Iterable, Iterator

_WORD = re.compile(r"[\w]+")
_SENTENCE = re.compile(r"[.!?;\n]+(?=\s|$)|\n")
_WRAP = re.compile(r"[ \t]*\n[ \t]*(?=[a-zæøåäö])")
"""A line that goes on with a small letter goes on with the sentence."""
_DENIAL = re.compile(
    r"ikke|ingen|intet|uden|ej|hverken|næppe|inga|inget|inte|icke|utan|varken|knappast"
    r"|non|not|no|without|never|neither|nor|unlikely|negative?"
    r"|(udeluk|afkræft|uteslut|avfärd|exclu|refut)\w*"
)
_DOUBT = re.compile(
    r"(mistanke|mistænk|suspekt|mulig|eventuel|misstanke|misstänk|suspicio|suspect|möjlig|possibl"
    r"|probabl|differential)\w*|evt|obs|susp"
)
_ABBREVIATED = re.compile(r"\b(obs|evt|susp)\.", re.IGNORECASE)
_REACH = 4
"""How many words a denial reaches, before or after: "ingen tegn på adenokarcinom", "adenokarcinom
er ikke påvist". What is missed so is asked for again; what is invented would be believed."""
_LISTED = 12
"""How many words a denial reaches on in a diagnosis: "ingen tegn på lymfom, småcellet karcinom
eller adenokarcinom"."""
_CONTRAST = frozenset({"men", "derimod", "däremot", "utan", "but", "however"})
_LONGEST = 20_000
"""Characters of a text that are read."""


def begins(text: str, words: Iterable[str]) -> bool:
    """Tell whether one of the listed words begins a word of the text and is not denied there."""
    return next(found(text, words), None) is not None


def starts(text: str, words: Iterable[str]) -> bool:
    """Tell whether one of the listed words begins a word of a title, where nothing is denied.

    "CT thorax og abdomen uden kontrast" is that CT.
    """
    listed, folded = tuple(words), text.casefold()
    return any(folded.startswith(listed, m.start()) for m in _WORD.finditer(folded))


def states(text: str, words: Iterable[str]) -> bool:
    """Tell whether one of the listed words stands in a text, neither denied nor in doubt.

    "Mistanke om adenokarcinom" and "småcellet karcinom?" are no diagnosis.
    """
    listed = tuple(words)
    plain = _ABBREVIATED.sub(r"\1", text[:_LONGEST]).replace("?", " mulig?")
    return any(_stands(sentence, listed, _DOUBT) for sentence in sentences(plain))


def found(text: str, words: Iterable[str]) -> Iterator[str]:
    """Give the sentences in which one of the listed words stands and is not denied."""
    listed = tuple(words)
    for sentence in sentences(text):
        if _stands(sentence, listed):
            yield sentence


def sentences(text: str) -> list[str]:
    """Give the sentences of a text, each on one line."""
    parts = (" ".join(part.split()) for part in _SENTENCE.split(_WRAP.sub(" ", text[:_LONGEST])))
    return [part for part in parts if part]


def _stands(sentence: str, listed: tuple[str, ...], doubt: re.Pattern[str] | None = None) -> bool:
    folded = sentence.casefold()
    if not any(word in folded for word in listed):
        return False
    tokens = [(m.start(), m.group()) for m in _WORD.finditer(folded)]
    for number, (start, _) in enumerate(tokens):
        if folded.startswith(listed, start):
            near = [word for _, word in tokens[max(0, number - _REACH) : number + _REACH + 1]]
            unsure = doubt is not None and (
                any(doubt.fullmatch(word) for word in near)
                or _is_listed([word for _, word in tokens[max(0, number - _LISTED) : number]])
            )
            if not unsure and not any(_DENIAL.fullmatch(word) for word in near):
                return True
    return False


def _is_listed(before: list[str]) -> bool:
    """Tell whether a denial reaches over these words, no contrast standing in between."""
    for word in reversed(before):
        if word in _CONTRAST:
            return False
        if _DENIAL.fullmatch(word):
            return True
    return False
