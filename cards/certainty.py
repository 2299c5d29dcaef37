"""How sure a conclusion is of a listed word: stated, held possible, or not there and denied.

A pathologist's possibility ("DD: adenokarcinom", "kan ikke udelukkes", "?") is no histology, and no
denial either. Where a sentence leaves it open it is taken as a possibility: what is missed so is
asked for again, what is invented would be believed. "Forenligt med" (consistent with) states: so a
pathologist concludes from staining.
"""

import re
from collections.abc import Iterable, Iterator

from cards.free_text import LONGEST, REACH, WORD, is_denied, sentences

_LISTED = 12
"""How many words a denial or a differential diagnosis reaches on in a list: "ingen tegn på lymfom,
småcellet karcinom eller adenokarcinom"."""
_CONTRAST = frozenset({"men", "derimod", "däremot", "utan", "but", "however"})
_OR = frozenset({"eller", "or", "alternativt", "alternatively", "alt", "versus", "vs", "kontra"})

_MAYBE, _OPEN = "mulig", "uudelukket"
"""The words that stand for "may be" and for "cannot be excluded"."""
_DIFFERENTIAL = re.compile(
    rf"dd|ddx|dif?f?diagn?\w*|differential\w*|{_OPEN}"
    r"|oplysninger|uppgifter|anamnese|anamnes|indikation|henvisningsdiagnose|remissdiagnos"
)
"""What opens a list of possibilities: a pathologist's, or what the referring doctor wrote."""
_WEIGHED = re.compile(r"(overvej|överväg)\w*|consider(s|ed|ing|ation)?")
_DOUBT = re.compile(
    r"(mistanke|mistænk|suspekt|mulig|eventuel|måske|tvivlsom|spørgsmål"
    r"|misstanke|misstänk|möjlig|kanske|tveksam|frågeställning"
    r"|foreløbig|preliminær|preliminär|tentativ|provisional|arbejdsdiagnos|arbetsdiagnos"
    r"|suspicio|suspect|possibl|questionabl|equivocal|indeterminat)\w*"
    r"|evt|ev|obs|susp|misst|poss|query|maybe|perhaps"
)
_GUESS = re.compile(
    r"(sandsynlig|formentlig|formod|antag|foreslå|ligne|sannolik|trolig|förmod|föreslå|likna"
    r"|probabl|presum|suggest|favou?r|resembl)\w*"
    r"|tyder|taler|peger|talar|pekar|likely|prob|sann"
)
_ASIDE = re.compile(r"[,(:–]| - ")
"""After it a guess is about something else: "adenokarcinom, formentlig mamma"."""
_ORIGIN = re.compile(
    r"fra|från|from|(udgå|udgang|utgå|utgång|oprind|ursprung|origin|primær|primär|primary)\w*"
)

_DD = re.compile(r"\bd\.\s?d\.?(?=\W)|\bdiff?\.?(?:[\s-]*diagn?\w*\.?|(?=\s*:))", re.IGNORECASE)
_SHORT = re.compile(
    r"\b(obs|evt|ev|susp|misst|dd|ddx|poss|prob|sann|alt|vs)\.(?=\s*\w)", re.IGNORECASE
)
_ASKED_FIRST = re.compile(r"(^|[\s:(])\?\s*(?=\w)")
_BLANK = re.compile(r"\n\s*\n")
_LATE_LIST = re.compile(r":[ \t]*\n\s*\n\s*")
_ADVERBS = (
    r"(?:er|har|med|sikkerhed|helt|sikkert|endeligt|kunne|kunna|kunnet|blevet|være|på|det"
    r"|foreliggende|är|säkerhet|säkert|kunnat|vara|föreliggande"
    r"|is|be|been|has|have|fully|entirely|definitely)"
)
_NOT_EXCLUDED = re.compile(
    r"\b(?:ikke|inte|icke|ej|not|cannot|can't|couldn't|uden at|utan att)"
    rf"(?:\W+{_ADVERBS}){{0,4}}"
    r"\W+(?:(?:udeluk|afkræft|uteslut|avfärd|avskriv|exclu|refut)\w*|rul\w* out)"
)
_MAY_BE = re.compile(
    r"\b(?:kan|kunne|kunde|skulle|may|might|could)\W+(?:\w+\W+){0,2}?"
    r"(?:være|have|dreje|røre|tale|tænkes|repræsentere|passe|stemme|tyde"
    r"|vara|ha|röra|tala|tänkas|representera|stämma|tyda"
    r"|be|represent|reflect|indicate)\b(?!\W+(?:seen|shown|demonstrated|confirmed|identified))"
)
_RULE_OUT = re.compile(r"\brule out|\br/o\b")
_RULED_OUT = re.compile(r"\bruled out")


def states(text: str, words: Iterable[str]) -> bool | None:
    """Tell whether a text states one of the listed words; None where it stands there in doubt only.

    False where it does not stand there, or is denied.
    """
    listed, shown = tuple(words), text[:LONGEST]
    folded = " ".join(shown.casefold().split())
    if not any(word in folded for word in listed):
        return False
    found = {
        each
        for sentence, doubted in _headed(_spelled_out(shown))
        for each in _Sentence(sentence).readings(listed, doubted=doubted)
    }
    return True if True in found else None if None in found else False


def _spelled_out(text: str) -> str:
    """Give a text in which neither a question mark nor an abbreviation ends a sentence."""
    asked = _ASKED_FIRST.sub(rf"\1{_MAYBE} ", text).replace("?", f" {_MAYBE}?")
    return _SHORT.sub(r"\1", _DD.sub("dd", asked))


def _headed(text: str) -> Iterator[tuple[str, bool]]:
    """Give each sentence, and whether a heading in doubt stands over it ("Differentialdiagnoser:").

    Such a heading reaches to the next one, or to a blank line.
    """
    for paragraph in _BLANK.split(_LATE_LIST.sub(":\n", text)):
        doubted = False
        for sentence in sentences(paragraph):
            doubted = doubted and ":" not in sentence
            yield sentence, doubted
            if sentence.endswith(":"):
                doubted = any(map(_is_unsure, WORD.findall(sentence.casefold())))


def _is_unsure(word: str) -> bool:
    return any(each.fullmatch(word) for each in (_DOUBT, _GUESS, _WEIGHED, _DIFFERENTIAL))


class _Sentence:
    """One sentence, its doubts of several words put in one."""

    def __init__(self, sentence: str) -> None:
        text = _MAY_BE.sub(_MAYBE, _NOT_EXCLUDED.sub(_OPEN, sentence.casefold()))
        self.text = _RULED_OUT.sub("excluded", _RULE_OUT.sub(_MAYBE, text))
        found = list(WORD.finditer(self.text))
        self.starts, self.words = [m.start() for m in found], [m.group() for m in found]

    def readings(self, listed: tuple[str, ...], *, doubted: bool) -> Iterator[bool | None]:
        """Give how each of the listed words that stands here is read."""
        for first, start in enumerate(self.starts):
            said = [word for word in listed if self.text.startswith(word, start)]
            if said:
                last = first + len(WORD.findall(max(said, key=len))) - 1
                yield None if doubted else self._reading(first, last)

    def _reading(self, first: int, last: int) -> bool | None:
        if self._is_supposed(first) or self._is_doubted(last):
            return None
        if is_denied(self.words, first) or _is_listed(self.words[max(0, first - _LISTED) : first]):
            return False
        beside = {*self.words[max(0, first - 1) : first], *self.words[last + 1 : last + 2]}
        return True if _OR.isdisjoint(beside) else None

    def _is_supposed(self, first: int) -> bool:
        """Tell whether the words before one call it a possibility."""
        before = self.words[max(0, first - _LISTED) : first]
        if any(_DIFFERENTIAL.fullmatch(w) or _WEIGHED.fullmatch(w) for w in before):
            return True
        return any(map(_is_unsure, before[-REACH:]))

    def _is_doubted(self, last: int) -> bool:
        """Tell whether the words after one call it a possibility, and not its origin."""
        after = range(last + 1, min(len(self.words), last + 1 + REACH))
        if _OPEN in self.words[last + 1 : last + 1 + _LISTED]:
            return True
        return any(self._doubts(place, last) for place in after)

    def _doubts(self, place: int, last: int) -> bool:
        word = self.words[place]
        if any(map(_ORIGIN.fullmatch, self.words[place + 1 : place + REACH])):
            return False
        if _DOUBT.fullmatch(word) or _DIFFERENTIAL.fullmatch(word):
            return True
        aside = _ASIDE.search(self.text, self.starts[last], self.starts[place])
        return _is_unsure(word) and aside is None


def _is_listed(before: list[str]) -> bool:
    """Tell whether a denial reaches over these words, no contrast standing in between."""
    for word in reversed(before):
        if word in _CONTRAST:
            return False
        if is_denied([word], 0):
            return True
    return False
