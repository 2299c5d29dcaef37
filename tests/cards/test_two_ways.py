"""Whatever a sender writes, both ways of reading agree, and no entry says what another is.

`SEARCHSETS` says how many to try (in the order of their seeds), where more is wanted.
"""

import os
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cards.reading import read_record
from cards.source import UnreadableSource, open_source
from tests.cards.build import as_json, bundle, call, observation, patient
from tests.cards.odd import ME, OTHER, OTHERS, REFERENCES, SITE, Sender
from tests.cards.test_invariants import law

TRIED = int(os.environ.get("SEARCHSETS", "3000"))
KEYS = ["observations", "vitals"] * 5 + sorted(OTHERS)


def record(*sources, site_map=None):
    me = bundle(entry=[{"fullUrl": "urn:me", "resource": patient(identifier=[ME])}])
    sent = {"patient": open_source("patient", as_json(me))} | {each.key: each for each in sources}
    return read_record(sent, call(site_map=site_map or {}))


def read(key, raw, site_map):
    """Give the record of a searchset, or why it was refused."""
    try:
        return record(open_source(key, raw), site_map=site_map)
    except UnreadableSource as refusal:
        return refusal.args


def test_a_searchset_decoded_at_once_gives_the_record_of_its_entries_opened_alone():
    for seed in range(TRIED):
        chance = random.Random(seed)  # noqa: S311 - not for secrets
        key, site_map = chance.choice(KEYS), chance.choice([{}, {}, SITE])
        raw = Sender(chance).searchset(key)
        whole = read(key, raw, site_map)
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr("cards.page.read_whole", lambda _key, _raw: None)
            alone = read(key, raw, site_map)
        assert whole == alone, f"seed {seed}"


def said(*sent):
    """Give what the record of Observations holds, whatever the order it was read in."""
    found = record(open_source("observations", as_json(bundle(*sent))))
    results = {(key, each) for key, alike in found.results.items() for each in alike}
    return {*results, *found.diagnoses, *found.measures}


def test_an_observation_says_the_same_alone_and_among_others():
    for seed in range(TRIED // 6):
        sender = Sender(random.Random(seed))  # noqa: S311 - not for secrets
        sent = [sender.observation(number) for number in range(4)]
        for each in sent:
            each.pop("hasMember", None)  # what a panel says is said by its members
        assert said(*sent) == set().union(*map(said, sent)), f"seed {seed}"


subjects = st.fixed_dictionaries(
    {},
    optional={
        "reference": st.sampled_from(REFERENCES),
        "identifier": st.sampled_from([ME, OTHER, {"value": "1"}]),
    },
)


@law(300)
@given(st.lists(st.tuples(subjects, st.none() | subjects), min_size=2, max_size=4))
def test_whose_a_result_is_does_not_hang_on_what_came_before(sent):
    made = [
        observation("hb", n, id=f"o{n}", subject=subject, focus=focus and [focus])
        for n, (subject, focus) in enumerate(sent)
    ]
    assert said(*made) == set().union(*map(said, made))
