"""service.vetting: what the service refuses to trust, or to leave open, before it starts."""

import json

import pytest

from service.clients import load_clients
from service.errors import StartRefused
from service.register import Register
from service.vetting import refuse_exposed_secrets, refuse_writable
from tests.service.asking import settings
from tests.service.signing import clients_file, jwk


@pytest.fixture
def folder(tmp_path):
    tmp_path.chmod(0o755)
    return tmp_path


def register(path):
    return Register(settings(auth="required", clients=path))


def test_a_clients_file_that_anyone_may_change_is_refused(folder):
    path = clients_file(folder)
    register(path)
    path.chmod(0o666)
    with pytest.raises(StartRefused, match="chmod o-w"):
        register(path)
    folder.chmod(0o700)
    register(path)


def test_a_key_file_that_anyone_may_change_is_refused(folder):
    path = clients_file(folder)
    (folder / "keys.json").chmod(0o666)
    with pytest.raises(StartRefused, match="chmod o-w"):
        register(path)


@pytest.mark.parametrize(
    ("keys", "named"),
    [
        ("", "cannot be read as a key set"),
        ("[]", "cannot be read as a key set"),
        ('{"keys": []}', "no key with a kid for ES384, RS384"),
        (json.dumps({"keys": [jwk("ES256")]}), "no key with a kid"),
        (json.dumps({"keys": [jwk("ES384"), {**jwk("RS384"), "d": "AA"}]}), "private key"),
        (json.dumps({"keys": [jwk("ES384"), {"kty": "oct", "k": "AA"}]}), "private key"),
    ],
)
def test_a_key_file_that_cannot_be_right_is_refused(folder, keys, named):
    path = clients_file(folder)
    (folder / "keys.json").write_text(keys)
    with pytest.raises(StartRefused, match=named):
        register(path)


def test_a_key_of_an_unknown_kind_is_no_private_one(folder):
    path = clients_file(folder)
    (folder / "keys.json").write_text(json.dumps({"keys": [jwk("ES384"), {"d": 1}]}))
    register(path)


def test_a_key_file_that_is_not_there_is_refused(folder):
    path = clients_file(folder)
    (folder / "keys.json").unlink()
    with pytest.raises(StartRefused, match="cannot be read"):
        register(path)


def test_a_key_file_is_meant_from_the_folder_of_the_clients_file(folder):
    path = clients_file(folder)
    path.write_text(path.read_text().replace(f"{folder}/keys.json", "keys.json"))
    assert load_clients(path)[0].jwks_file == str(folder / "keys.json")


@pytest.mark.parametrize("name", ["VIDARE_DATABASE_URL", "VIDARE_JOURNAL_SECRETS"])
def test_a_secret_that_anyone_may_read_is_refused(folder, name):
    path = folder / ".env"
    path.write_text(f"{name}=canary-word\n")
    path.chmod(0o644)
    with pytest.raises(StartRefused, match="chmod 600") as refusal:
        refuse_exposed_secrets(path)
    assert "canary-word" not in str(refusal.value)
    path.chmod(0o640)
    refuse_exposed_secrets(path)


def test_settings_that_are_no_secrets_may_be_read(folder):
    path = folder / ".env"
    path.write_text("VIDARE_PORT=8001\nVIDARE_DATABASE_URL=\n")
    path.chmod(0o644)
    refuse_exposed_secrets(path)
    refuse_exposed_secrets(folder / "none")


def test_what_is_not_there_is_not_open(folder):
    refuse_writable(folder / "none")
