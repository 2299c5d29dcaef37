"""What all tests share: the databases they run on."""

import pytest

from tests.service.postgres import Postgres


@pytest.fixture(scope="session")
def postgres():
    """Give a running PostgreSQL; the test is skipped, and says so, where none is installed."""
    cluster = Postgres()
    yield cluster
    cluster.remove()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request, tmp_path):
    """Give the URL of an empty database, once of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/vidare.db"
    return request.getfixturevalue("postgres").new_url()
