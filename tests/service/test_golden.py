"""The stored answers of the examples: what a clinician is shown, word for word, in three languages.

`UPDATE_GOLDEN=1 make test` (or pytest on this file) writes them anew; read the difference.
"""

import asyncio
import itertools
import json
import os
import tomllib
from functools import cache
from pathlib import Path

import httpx
import pytest

from cards.assessment import TOPICS
from cards.terminology import LANGUAGES
from service.app import create_app
from tests.service.asking import settings

FOLDER = Path(__file__).parents[2] / "fhir_examples"
CALLS = sorted(FOLDER.glob("*/request.*.json"))


LEAST_PATIENTS = 45


@cache
def told(folder: Path) -> dict:
    return tomllib.loads((folder / "case.toml").read_text("utf-8"))


async def answered(path: Path, body: bytes, language: str) -> dict:
    numbers = itertools.count(1)
    app = create_app(
        settings(validate_output=True),
        today=lambda: told(path.parent)["anchor"],
        new_id=lambda: f"00000000-0000-4000-8000-{next(numbers):012d}",
    )
    service = path.name.removeprefix("request.").removesuffix(".json")
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://vidare.test") as client:
        response = await client.post(
            f"/cds-services/{service}",
            content=body,
            headers={"Content-Type": "application/json", "Accept-Language": language},
        )
    assert response.status_code == 200, response.text
    return response.json()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("path", CALLS, ids=lambda p: f"{p.parent.name}-{p.name[8:-5]}")
def test_an_example_is_answered_as_stored(path, language):
    answer = asyncio.run(answered(path, path.read_bytes(), language))
    stored = path.with_name(
        path.name.replace("request", "response").replace(".json", f".{language}.json")
    )
    text = json.dumps(answer, ensure_ascii=False, indent=1) + "\n"
    if os.environ.get("UPDATE_GOLDEN"):
        stored.write_text(text, "utf-8")
    assert json.loads(stored.read_text("utf-8")) == answer


def test_every_case_of_the_examples_has_a_call():
    assert {p.parent.name for p in CALLS} == {p.parent.name for p in FOLDER.glob("*/case.toml")}
    assert len({p.parent for p in CALLS}) >= LEAST_PATIENTS


def test_every_card_is_shown_by_some_patient():
    stories = [told(folder)["cards"] for folder in {p.parent for p in CALLS}]
    shown = {topic for cards in stories for topics in cards.values() for topic in topics}
    assert shown == set(TOPICS)


@pytest.mark.parametrize("path", CALLS, ids=lambda p: f"{p.parent.name}-{p.name[8:-5]}")
def test_the_cards_are_those_of_the_vignette(path):
    service = path.name.removeprefix("request.").removesuffix(".json")
    for language in LANGUAGES:
        stored = path.with_name(f"response.{service}.{language}.json")
        cards = json.loads(stored.read_text("utf-8"))["cards"]
        topics = [card["source"]["topic"]["code"] for card in cards]
        assert topics == told(path.parent)["cards"][service]
