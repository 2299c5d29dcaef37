"""cards.page: one Bundle, or the one resource of a read."""

import pytest

from cards.page import open_page
from tests.cards.build import as_json, bundle, observation

URL = "https://ehr.example/fhir?page=2"


@pytest.mark.parametrize(
    ("link", "more", "url"),
    [
        ([{"relation": "next", "url": URL}], True, URL),
        ([{"relation": "self", "url": "x"}, {"relation": "NEXT ", "url": URL}], True, URL),
        ([{"relation": "next"}], True, None),
        ([{"relation": "http://www.iana.org/assignments/relation/next", "url": URL}], True, URL),
        ([{"relation": " HTTPS://www.IANA.org/assignments/relation/Next/", "url": URL}], True, URL),
        (
            [{"relation": "http://www.iana.org/assignments/link-relations/next", "url": URL}],
            True,
            URL,
        ),
        ([{"relation": "http://hl7.org/fhir/iana-link-relations|next", "url": URL}], True, URL),
        ([{"relation": "self next", "url": URL}], True, URL),
        ([{"relation": "next-archive", "url": URL}], False, None),
        ([{"relation": "http://www.iana.org/assignments/relation/previous"}], False, None),
        ([{"url": "x"}, {"relation": "next", "url": URL}], True, URL),
        ([{"relation": "self", "url": "x"}, {"url": URL}], True, None),
        ([{"rel": "next", "href": URL}], True, None),
        ([{"relation": "next", "url": 5}], True, None),
        ({"relation": "next", "url": URL}, True, None),
        ([{"relation": "previous", "url": URL}], False, None),
        ([], False, None),
        (None, False, None),
    ],
)
@pytest.mark.parametrize("odd", [True, False], ids=["entry by entry", "whole"])
def test_a_page_tells_where_the_next_is(link, more, url, odd):
    held = [observation(id="a"), *([{"resourceType": "Banana"}] if odd else [])]
    page = open_page("observations", as_json(bundle(*held, link=link)))
    assert (page.more, page.next) == (more, url)


def test_matches_are_counted_by_name_and_those_without_one_by_number():
    nameless = observation(id=None)
    for extra in ([], [{"resourceType": "Banana"}]):
        held = [observation(id="a"), observation(id="a"), nameless, *extra]
        page = open_page("observations", as_json(bundle(*held)))
        assert page.named == {("Observation", "a")}
        assert page.unnamed == 1 + len(extra)


def test_an_included_resource_is_no_match():
    include = {"resource": observation(id="i"), "search": {"mode": "include"}}
    for extra in ([], [{"resource": {"resourceType": "Banana"}, "search": {"mode": "include"}}]):
        page = open_page("observations", as_json(bundle(entry=[include, *extra])))
        assert (page.named, page.unnamed) == (frozenset(), 0)
        assert len(page.entries) == 1 + len(extra)
