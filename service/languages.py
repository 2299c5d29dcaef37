"""Which words an answer uses: the service's country, what the reader asks for, the client's."""

from collections.abc import Mapping

from service.clients import Language

LANGUAGES: Mapping[str, Language] = {"sv": "sv", "da": "da", "en": "en"}
_OF_COUNTRY: Mapping[str, Language] = {"SE": "sv", "DK": "da"}


def choose_language(country: str, accept_language: str | None, fixed: Language | None) -> Language:
    """Give the language: the country's, else what `Accept-Language` prefers, `fixed` above all."""
    return fixed or _preferred(accept_language or "") or _OF_COUNTRY[country]


def _preferred(header: str) -> Language | None:
    """Give the language of ours with the highest q-value; the first named wins a tie."""
    best: Language | None = None
    highest = 0.0
    for part in header.split(","):
        tag, _, parameters = part.partition(";")
        language = LANGUAGES.get(tag.strip().lower().split("-")[0])
        quality = _quality(parameters)
        if language is not None and quality > highest:
            best, highest = language, quality
    return best


def _quality(parameters: str) -> float:
    """Give the q-value of a language range: 1 where it has none, 0 where it makes no sense."""
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "q":
            return _number(value.strip())
    return 1.0


def _number(text: str) -> float:
    try:
        quality = float(text)
    except ValueError:
        return 0.0
    return quality if 0 <= quality <= 1 else 0.0
