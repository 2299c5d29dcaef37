"""service.pace: a client that calls too often waits; the others do not."""

import pytest

from service.errors import TooManyCalls
from service.pace import Pace
from tests.service.asking import PATIENT_VIEW, call, error_code, make_app, post, read_fully
from tests.service.signing import bearer, clients_file
from tests.service.starting import started


@pytest.fixture
def clock():
    return [0.0]


@pytest.fixture
def pace(clock):
    return Pace(60, lambda: clock[0])


def spent(pace, name="A"):
    """Count calls until one is refused; give their number and the seconds to wait."""
    for number in range(1000):
        try:
            pace.count(name)
        except TooManyCalls as refusal:
            return number, refusal.headers["Retry-After"]
    return None


def test_as_many_as_agreed_may_come_at_once(pace):
    assert spent(pace) == (60, "1")


def test_a_minute_later_as_many_may_come_again(pace, clock):
    spent(pace)
    clock[0] += 10
    assert spent(pace) == (10, "1")
    clock[0] += 10_000
    assert spent(pace) == (60, "1")


def test_waiting_is_told_in_whole_seconds():
    assert spent(Pace(2, lambda: 0.0)) == (2, "30")
    assert spent(Pace(7, lambda: 0.0)) == (7, "9")


def test_one_client_does_not_use_up_anothers(pace):
    spent(pace)
    assert spent(pace, "B") == (60, "1")


def test_without_a_limit_nobody_waits():
    assert spent(Pace(0)) is None


def test_a_client_that_calls_too_often_gets_a_429(tmp_path):
    path = clients_file(tmp_path)
    app = started(make_app(auth="required", clients=path, calls_per_minute=2))
    body = call(prefetch=read_fully())
    answers = [post(app, PATIENT_VIEW, body, bearer()) for _ in range(3)]
    assert [a.status_code for a in answers] == [200, 200, 429]
    assert error_code(answers[2]) == "too-many-calls"
    assert answers[2].headers["retry-after"] == "30"
    assert post(app, PATIENT_VIEW, body).status_code == 401, "no token, no account"
