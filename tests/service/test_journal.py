"""service.journal: safe before the answer, stored once after it, whatever fails in between."""

import asyncio
import os
import threading

import msgspec
import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from service import journal as keeping
from service import spool as spooling
from service import storing
from service.database import Failure, open_database, opened, upgrade
from service.entries import line_of
from service.journal import Journal, NotKept, _newest
from service.metrics import Metrics
from service.pseudonyms import Pseudonyms
from service.snooze import Dismissed
from service.spool import Spool
from service.storing import store
from service.tables import CALL, FEEDBACK
from tests.service.keeping import SECRET
from tests.service.test_entries import CALLED, TOLD

NOWHERE = "postgresql+psycopg://vidare@127.0.0.1:1/none"


class Place:
    """A journal over a database and a folder, either of which may be broken."""

    def __init__(self, folder):
        self.folder = folder
        self.url = f"sqlite:///{folder}/journal.db"
        with opened(self.url) as engine:
            upgrade(engine)

    def journal(self, *, database=True, disk=True):
        spool = self.folder / "spool"
        if not disk:
            spool = self.folder / "journal.db" / "spool"
        engine = open_database(self.url if database else NOWHERE)
        self.metrics = Metrics()
        return Journal(engine, Spool(spool), Pseudonyms((SECRET,)), self.metrics)

    def stored(self):
        with opened(self.url) as engine, engine.connect() as connection:
            calls = connection.execute(select(CALL.c.id)).all()
            return len(calls), len(connection.execute(select(FEEDBACK.c.id)).all())

    def value(self, name):
        return self.metrics.registry.get_sample_value(name) or 0


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path)


def numbered(n):
    return msgspec.structs.replace(CALLED, id=f"call-{n}", advice=())


def keep(journal, *entries, note=False):
    asyncio.run(journal.note(*entries) if note else journal.keep(*entries))


def test_what_is_kept_is_stored_when_the_journal_closes(place):
    journal = place.journal()
    keep(journal, CALLED, TOLD)
    journal.close()
    assert place.stored() == (1, 1)
    assert list((place.folder / "spool").iterdir()) == []


def test_many_calls_share_few_fsyncs(place, monkeypatch):
    synced = []
    append = Spool.append
    monkeypatch.setattr(Spool, "append", lambda *a: synced.append(1) or append(*a))
    journal = place.journal()

    async def many():
        await asyncio.gather(*(journal.keep(numbered(n)) for n in range(200)))

    asyncio.run(many())
    journal.close()
    assert place.stored()[0] == 200
    assert len(synced) < 100


def test_what_the_database_does_not_take_stays_in_the_spool_for_the_next_process(place):
    journal = place.journal(database=False)
    keep(journal, CALLED, TOLD)
    journal.close()
    assert place.value("vidare_database_up") == 0
    assert place.stored() == (0, 0)
    later = place.journal()
    later.open()
    later.close()
    assert place.stored() == (1, 1)


def test_taking_over_what_another_process_left_closes_each_file_once(place, monkeypatch):
    spool = Spool(place.folder / "spool")
    spool.append([line_of(CALLED)])
    spool.close()
    closed, close = [], os.close
    monkeypatch.setattr(spooling.os, "close", lambda fd: closed.append(close(fd)))
    journal = place.journal()
    journal._write_orphans()
    journal.close()
    assert len(closed) == 1
    assert place.stored() == (1, 0)


def test_a_disk_that_is_full_costs_nothing_while_the_database_takes_it(place):
    journal = place.journal(disk=False)
    keep(journal, CALLED, TOLD)
    assert place.stored() == (1, 1)
    assert (
        place.metrics.registry.get_sample_value("vidare_journal_kept_total", {"place": "database"})
        == 2
    )
    journal.close()


def test_where_nothing_takes_it_feedback_is_refused_and_a_call_is_answered(place):
    journal = place.journal(database=False, disk=False)
    with pytest.raises(NotKept):
        keep(journal, TOLD)
    keep(journal, CALLED, note=True)
    assert place.value("vidare_journal_unkept_total") == 1
    journal.close()


def test_a_call_that_nothing_took_is_kept_as_soon_as_something_does(place, monkeypatch):
    journal = place.journal(disk=False)

    def down(*_):
        raise Failure

    with monkeypatch.context() as broken:
        broken.setattr(keeping, "store", down)
        keep(journal, CALLED, note=True)
        with pytest.raises(NotKept):
            keep(journal, TOLD)
    assert place.stored() == (0, 0)
    keep(journal, numbered(2), note=True)
    journal.close()
    assert place.stored() == (2, 0)


def test_an_answer_does_not_wait_for_ever_for_its_entry(place, monkeypatch):
    going_on = threading.Event()
    append = Spool.append
    monkeypatch.setattr(Spool, "append", lambda *a: going_on.wait(10) and append(*a))
    monkeypatch.setattr(keeping, "KEEPING", 0.01)
    journal = place.journal()
    keep(journal, CALLED, note=True)
    assert place.value("vidare_journal_unkept_total") == 1
    going_on.set()
    journal.close()
    assert place.stored() == (1, 0)


def test_a_look_up_that_is_late_gives_nothing_and_the_next_ones_do_not_wait(place, monkeypatch):
    monkeypatch.setattr(keeping, "PATIENCE", 0.05)
    going_on = threading.Event()
    monkeypatch.setattr(keeping, "dismissals", lambda *_: going_on.wait(10) and {})
    journal = place.journal()
    assert asyncio.run(journal.remembered((b"1",))) == {}
    assert asyncio.run(journal.remembered((b"1",))) == {}
    seen = {
        s.labels["outcome"]: s.value
        for m in place.metrics.registry.collect()
        for s in m.samples
        if s.name == "vidare_snooze_lookups_total"
    }
    assert seen == {"late": 1, "rested": 1}
    going_on.set()
    journal.close()


def test_a_line_that_cannot_be_read_costs_only_itself_and_is_set_aside(place):
    spool = Spool(place.folder / "spool")
    spool.append([line_of(CALLED), b'{"type":"?"}\n', line_of(TOLD)])
    spool.close()
    journal = place.journal()
    journal.open()
    journal.close()
    assert place.stored() == (1, 1)
    assert [p.suffix for p in (place.folder / "spool").iterdir()] == [".unread"]
    assert place.value("vidare_journal_refused_total") == 1


def refusing(call_id):
    """Give a way to store that refuses one call for good, as a database may."""

    def storing_all_but(engine, entries):
        if any(getattr(entry, "id", None) == call_id for entry in entries):
            raise IntegrityError("", {}, Exception())
        store(engine, entries)

    return storing_all_but


def test_an_entry_that_the_database_never_takes_holds_up_no_other(place, monkeypatch):
    journal = place.journal()
    impossible = msgspec.structs.replace(numbered(1), advice=CALLED.advice)
    taken = msgspec.structs.replace(CALLED.advice[0], id="other")
    twin = msgspec.structs.replace(numbered(3), advice=(taken,))
    monkeypatch.setattr(keeping, "store", refusing("call-1"))
    monkeypatch.setattr(storing, "store", refusing("call-1"))
    keep(journal, numbered(2), impossible, twin, TOLD)
    journal.close()
    assert place.stored() == (2, 1)
    (unread,) = (place.folder / "spool").glob("*.unread")
    assert unread.read_bytes() == line_of(impossible)
    assert place.value("vidare_journal_refused_total") == 1


def test_a_line_with_a_number_out_of_range_is_none_that_is_read(place):
    bad = line_of(numbered(1)).replace(b'"milliseconds":2', b'"milliseconds":' + b"9" * 30)
    spool = Spool(place.folder / "spool")
    spool.append([bad, line_of(TOLD)])
    spool.close()
    journal = place.journal()
    journal.open()
    journal.close()
    assert place.stored() == (0, 1)


def test_an_error_nobody_foresaw_does_not_end_the_writing(place, monkeypatch):
    tries, again = [], threading.Event()

    def fail_once(engine, entries):
        tries.append(1)
        if len(tries) == 1:
            raise ZeroDivisionError
        store(engine, entries)
        again.set()

    monkeypatch.setattr(keeping, "store", fail_once)
    monkeypatch.setattr(keeping, "_PAUSE", 0.01)
    journal = place.journal()
    keep(journal, CALLED)
    assert again.wait(10)
    journal.close()
    assert place.stored() == (1, 0)


def test_of_what_is_remembered_under_several_secrets_the_newest_counts():
    old, new = Dismissed(b"1", 1, None, None, False), Dismissed(b"2", 2, None, None, False)
    topic = ("aosMissing", "aos")
    assert _newest([{topic: old}, {topic: new}]) == _newest([{topic: new}, {topic: old}])
    assert _newest([{topic: old}, {topic: new}])[topic] is new


def test_a_journal_that_kept_nothing_closes(place):
    place.journal().close()
