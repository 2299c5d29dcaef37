"""The card texts of one language: cards/texts/<language>.toml, keyed by table and id."""

import re
import tomllib
from collections.abc import Mapping
from importlib.resources import files

from cards.record import Reason, Value
from cards.terminology import LANGUAGES, TERMS

SEE_REPORT = "→"
"""What a value shows whose answer stands in a report alone."""
_NUMBERS = re.compile(r"[\d.]+ / [\d.]+")
"""Two numbers that answer together, such as the free light chains."""

_FIRST_NUMBER = re.compile(r"\D?\d+\.\d+")
"""A number that a unit follows, or should; what follows it stands as recorded."""

Tables = Mapping[str, Mapping[str, str]]


class Words:
    """Looks up and fills the texts of one language."""

    def __init__(self, language: str, tables: Tables) -> None:
        """Keep the tables of a language (sv, da or en)."""
        self.language = language
        self.tables = tables
        slots, analytes = tables.get("slot", {}), TERMS.analytes.items()
        self._short = {
            **slots,
            **tables.get("short", {}),
            **{key: a.short[language] for key, a in analytes},
        }
        self._names = {**slots, **{key: a.name[language] for key, a in analytes}}
        self._units = {
            u.ucum: self._printed(u.ucum) for a in TERMS.analytes.values() for u in a.units
        }

    def say(self, table: str, key: str, **values: object) -> str:
        """Give a text with its placeholders filled; raises KeyError for a text that is not there.

        What comes from a patient's record must be escaped before it is put in.
        """
        text = self.tables[table][key]
        return text.format(**values) if values else text

    def has(self, table: str, key: str) -> bool:
        """Tell whether there is such a text."""
        return key in self.tables[table]

    def reason(self, reason: Reason) -> str:
        """Give a reason in words; names of sources and panel parts inside it are translated."""
        detail = reason.detail
        if reason.id == "sourceIncomplete":
            detail = ", ".join(self.say("source", key) for key in detail.split(", "))
        if reason.id == "stripIncomplete":
            detail = ", ".join(self.say("strip", part) for part in detail.split(", "))
        if reason.id == "computedCalcium":
            detail = self._decimals(detail)
        if reason.id in {"noUnit", "unknownUnit"} and (number := _FIRST_NUMBER.match(detail)):
            detail = self._decimals(number.group()) + detail[number.end() :]
        text = self.say("reason", reason.id, detail=detail or "–")
        return text.replace(" (–)", "").removesuffix(" –").removesuffix(":")

    def slot(self, slot: str, *, short: bool = True) -> str:
        """Give the name of a panel slot or analyte; short for summaries."""
        return self._short[slot] if short else self._names[slot]

    def concept(self, key: str) -> str:
        """Give the name of a finding, a site or an organ."""
        return TERMS.concept(key).name[self.language]

    def site(self, key: str) -> str:
        """Give the bare name of a site ("liver") by the concept of its metastasis."""
        concept = TERMS.concept(key)
        return (concept.place or concept.name)[self.language]

    def examination(self, key: str) -> str:
        """Give the name of an examination of the work-up."""
        return TERMS.examination(key).name[self.language]

    def criterion(self, name: str) -> str:
        """Give the name of a criterion."""
        if self.has("criterion", name):
            return self.say("criterion", name)
        if self.has("route", name):
            return self.say("route", name)
        return self.concept(name)

    def value(self, value: Value | None) -> str:
        """Give a value with its unit, with the decimal sign of the language."""
        if value is None:
            return ""
        shown, unit = value.shown, value.unit
        if shown == SEE_REPORT:
            shown = self.say("phrase", "seeReport")
        if value.number is not None or _NUMBERS.fullmatch(shown):
            shown = self._decimals(shown)
        return f"{shown} {self._units.get(unit) or self._printed(unit)}" if unit else shown

    def unit(self, ucum: str) -> str:
        """Give a UCUM unit as people write it: µg/L, 10⁹/L, and IU in the language's letters."""
        return self._units.get(ucum) or self._printed(ucum)

    def _printed(self, ucum: str) -> str:
        text = ucum.replace("10*9", "10⁹").replace("10*3", "10³").replace("/uL", "/µL")
        text = text.replace("{1.73_m2}", f"{self._decimals('1.73')} m²")
        text = text.replace("[IU]", "IU" if self.language == "en" else "IE")
        return f"µ{text[1:]}" if text.startswith(("ug", "umol", "ukat", "uL")) else text

    def number(self, number: float) -> str:
        """Give a number with at most one decimal, with the decimal sign of the language."""
        return self._decimals(f"{number:.1f}".removesuffix(".0"))

    def _decimals(self, text: str) -> str:
        return text.replace(".", ",") if self.language in {"sv", "da"} else text


def load(language: str) -> Tables:
    """Give the tables of a language's text file."""
    text = files("cards.texts").joinpath(f"{language}.toml").read_text("utf-8")
    return tomllib.loads(text)


WORDS: Mapping[str, Words] = {language: Words(language, load(language)) for language in LANGUAGES}
"""The texts of every language."""
