"""The wire form of a response."""

import json
from decimal import Decimal

from cards.card import Action, Card, Coding, Link, Response, Source, Suggestion, encoded

TOPIC = Coding("aosReady", "urn:topic")


def least(**more):
    return Card("id-1", "Summary", "info", Source("Label", "urn:s", TOPIC), "Detail", **more)


def test_no_cards_is_an_answer():
    assert encoded(Response(())) == b'{"cards":[]}'


def test_what_is_not_said_is_not_sent():
    (card,) = json.loads(encoded(Response((least(),))))["cards"]
    assert card.keys() == {"uuid", "summary", "indicator", "source", "detail"}
    assert card["source"]["topic"] == {"code": "aosReady", "system": "urn:topic"}


def test_the_members_bear_the_names_of_the_standard():
    action = Action("create", "Order", {"resourceType": "ServiceRequest"})
    card = least(
        suggestions=(Suggestion("Order", "id-2", (action,), True),),
        selectionBehavior="any",
        overrideReasons=(Coding("urgent", "urn:o", "Urgent"),),
        links=(Link("Guideline", "https://g.example", "absolute"),),
        extension={"vidare.assessment": {"met": None}},
    )
    (sent,) = json.loads(encoded(Response((card,))))["cards"]
    assert sent["suggestions"] == [
        {
            "label": "Order",
            "uuid": "id-2",
            "actions": [
                {
                    "type": "create",
                    "description": "Order",
                    "resource": {"resourceType": "ServiceRequest"},
                }
            ],
            "isRecommended": True,
        }
    ]
    assert sent["overrideReasons"] == [{"code": "urgent", "system": "urn:o", "display": "Urgent"}]
    assert sent["links"] == [{"label": "Guideline", "url": "https://g.example", "type": "absolute"}]
    assert sent["extension"] == {"vidare.assessment": {"met": None}}


def test_a_decimal_is_sent_as_the_number_it_was_with_all_its_digits():
    action = Action("update", "Update", {"value": Decimal("1.10")})
    text = encoded(Response((least(suggestions=(Suggestion("L", "id", (action,)),)),)))
    assert b'"value":1.10' in text
