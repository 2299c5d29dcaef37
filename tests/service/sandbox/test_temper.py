"""service.sandbox.temper: how the EHR behaves, in its address."""

import pytest

from service.sandbox.temper import TEMPERS, address, addresses, tempers


def test_a_temper_is_read_from_the_path_as_it_was_written():
    for url in addresses("http://x"):
        assert address("http://x", tempers(url.partition("/with/")[2])) == url


def test_every_mixture_has_an_address_of_its_own():
    assert len(set(addresses("http://x"))) == 2 ** len(TEMPERS)


@pytest.mark.parametrize("path", ["kind", "paged+", "paged slow", "PAGED"])
def test_an_unknown_temper_is_none(path):
    assert tempers(path) is None
