"""service.register: whom the service lets call, and whom it refuses to trust."""

import pytest

from service.clients import Client
from service.errors import StartRefused
from service.register import PUBLIC_SANDBOX, Register, reloading
from tests.service.asking import settings
from tests.service.signing import ISSUER, clients_file, key_set

OWN = Client(name="sandbox", issuer="https://own.example", jwks=key_set("ES384"))
PUBLIC = {"auth": "required", "public_url": "https://vidare.region.example"}


@pytest.fixture
def path(tmp_path):
    return clients_file(tmp_path, lines='origins = ["https://ehr.example"]')


def test_a_client_is_found_by_its_issuer_alone(path):
    register = Register(settings(auth="required", clients=path))
    assert register.of_issuer(ISSUER) is register.first
    assert register.of_issuer(f"{ISSUER}/") is None
    assert register.of_issuer("") is None


def test_pages_of_a_clients_origin_may_call(path):
    register = Register(settings(auth="required", clients=path))
    assert register.allows("https://ehr.example")
    assert not register.allows("https://evil.example")


def test_without_a_file_the_default_client_calls_where_no_token_is_needed():
    assert Register(settings()).clients == (Client(),)


def test_a_file_read_again_is_in_force_at_once(path):
    register = Register(settings(auth="required", clients=path))
    path.write_text(path.read_text().replace(ISSUER, "https://new.example"))
    assert register.of_issuer(ISSUER)
    register.reload()
    assert register.of_issuer(ISSUER) is None
    assert register.of_issuer("https://new.example")


@pytest.mark.parametrize("text", ["", "[[client]]\nname = 1", '[[client]]\nname = "A"'])
def test_a_file_that_makes_no_sense_leaves_the_clients_as_they_were(path, text):
    register = Register(settings(auth="required", clients=path))
    path.write_text(text)
    with pytest.raises(StartRefused):
        register.reload()
    assert register.of_issuer(ISSUER)


@pytest.mark.parametrize(
    "lines", ['issuer = "https://a.example"', 'jwks_url = "https://a.example/jwks"', ""]
)
def test_a_client_whose_tokens_cannot_be_verified_is_refused(tmp_path, lines):
    path = tmp_path / "clients.toml"
    path.write_text(f'[[client]]\nname = "A"\n{lines}\n')
    with pytest.raises(StartRefused, match="needs issuer, and jwks_url or jwks_file"):
        Register(settings(auth="required", clients=path))
    assert Register(settings(clients=path)).first.name == "A"


def test_i32_the_public_sandbox_is_trusted_in_the_sandbox_alone(path):
    path.write_text(path.read_text().replace(ISSUER, PUBLIC_SANDBOX))
    assert Register(settings(auth="required", clients=path)).of_issuer(PUBLIC_SANDBOX)
    for given in ({**PUBLIC}, {**PUBLIC, "sandbox": True}, {"sandbox": False}):
        with pytest.raises(StartRefused, match="private key"):
            Register(settings(**{"auth": "required", "clients": path, **given}))


def test_the_services_own_sandbox_is_trusted_on_loopback_alone(path):
    register = Register(settings(auth="required", clients=path), OWN)
    assert register.of_issuer("https://own.example") is OWN
    assert register.first.name == "EHR"
    for given in ({**PUBLIC}, {**PUBLIC, "sandbox": True}, {"sandbox": False}):
        with pytest.raises(StartRefused, match="loopback"):
            Register(settings(**{"auth": "required", "clients": path, **given}), OWN)


def test_the_sandbox_alone_may_be_served_with_tokens():
    assert Register(settings(auth="required"), OWN).clients == (OWN,)


def test_nobody_takes_the_place_of_the_services_own_sandbox(path):
    path.write_text(path.read_text().replace(ISSUER, "https://own.example"))
    with pytest.raises(StartRefused, match="own sandbox"):
        Register(settings(auth="required", clients=path), OWN)


def test_reloading_is_for_servers_that_have_a_file(path):
    import asyncio
    import signal

    async def handled(given):
        with reloading(Register(given), given):
            return asyncio.get_running_loop().remove_signal_handler(signal.SIGHUP)

    assert asyncio.run(handled(settings(clients=path)))
    assert not asyncio.run(handled(settings()))
