"""service.storing: each entry once, however often and in whatever company it is written."""

import msgspec
import pytest
from sqlalchemy import func, select

from service.database import Failure, opened, upgrade
from service.storing import Unstorable, store, store_each
from service.tables import ADVICE, CALL, FEEDBACK, SUGGESTION
from tests.service.test_entries import CALLED, TOLD


@pytest.fixture
def engine(database_url):
    with opened(database_url) as engine:
        upgrade(engine)
        yield engine


def counted(engine):
    with engine.connect() as connection:
        return [
            connection.scalar(select(func.count()).select_from(table))
            for table in (CALL, ADVICE, SUGGESTION, FEEDBACK)
        ]


def test_what_is_written_twice_is_there_once(engine):
    store(engine, [CALLED, TOLD, CALLED])
    store(engine, [TOLD, CALLED])
    assert counted(engine) == [1, 1, 1, 1]


def test_nothing_is_written_of_nothing(engine):
    store(engine, [])
    assert counted(engine) == [0, 0, 0, 0]


def test_what_the_database_never_takes_is_given_back_and_the_rest_is_written(engine):
    other = msgspec.structs.replace(CALLED, id="2", advice=())
    impossible = msgspec.structs.replace(CALLED, id="3", outcome=None, advice=())
    with pytest.raises(Unstorable):
        store(engine, [other, impossible])
    assert counted(engine)[0] == 0
    assert store_each(engine, [other, impossible]) == [impossible]
    assert counted(engine)[0] == 1


def test_a_database_that_is_not_set_up_is_a_failure_and_may_take_it_later(database_url):
    with opened(database_url) as engine:
        with pytest.raises(Failure) as failure:
            store(engine, [CALLED])
        assert not isinstance(failure.value, Unstorable)
