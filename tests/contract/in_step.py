"""What is generated from the code and kept in the tree; `make openapi` writes it.

`openapi.yaml` is the application's own document, and the settings table of the README is the
settings class: nobody edits either by hand.
"""

import re

import yaml

from service.settings import settings_table
from tests.service.asking import ROOT, make_app

OPENAPI = ROOT / "openapi.yaml"
README = ROOT / "README.md"
TABLE = re.compile(r"(<!-- settings -->\n).*?(<!-- /settings -->)", re.DOTALL)


def openapi():
    """Give the text of openapi.yaml."""
    return yaml.safe_dump(make_app().openapi(), sort_keys=False, allow_unicode=True, width=100)


def readme(text):
    """Give the README with the settings table in it."""
    return TABLE.sub(lambda found: found[1] + settings_table() + "\n" + found[2], text)


def write():
    """Bring both into step with the code."""
    OPENAPI.write_text(openapi(), encoding="utf-8")
    README.write_text(readme(README.read_text("utf-8")), encoding="utf-8")


if __name__ == "__main__":
    write()
