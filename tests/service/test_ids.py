import os
from uuid import RFC_4122, UUID

import pytest

from service.ids import new_id


@pytest.mark.parametrize("octet", range(256))
def test_an_id_is_a_random_uuid_whatever_the_bytes(monkeypatch, octet):
    monkeypatch.setattr(os, "urandom", lambda count: bytes([octet]) * count)
    found = UUID(new_id())
    assert (found.version, found.variant) == (4, RFC_4122)
    assert found == UUID(bytes=bytes([octet]) * 16, version=4)


def test_no_two_ids_are_equal():
    assert len({new_id() for _ in range(1000)}) == 1000
