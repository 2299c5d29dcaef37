"""service.clients: what clients.toml may hold, and the sentence for what it may not."""

import pytest

from service.clients import Client, known_aims, load_clients
from service.errors import StartRefused
from service.hooks import SERVICES

WHOLE = """
[[client]]
name = "Region Exempel"
issuer = "https://ehr.example/fhir"
jwks_url = "https://ehr.example/jwks"
tenants = ["north"]
fhir_servers = ["https://ehr.example/fhir"]
services = ["svf-patient-view"]
language = "sv"
origins = ["https://ehr.example", "http://localhost:8080"]
order_intent = "proposal"
system_actions = false
one_action_per_suggestion = true
selection_behavior = "any"
contacts_increase_factor = 2
medications_increase_factor = 1.5
snooze_days = 30

[client.prefetch_keys]
labs = "observations"

[client.codes]
"urn:oid:1.2.752.1|HB" = "hb"
"https://ehr.example/problem|VIKT" = "weight_loss"

[client.orders.hb]
system = "https://ehr.example/catalogue"
code = "1001"
display = "Hb"

[[client]]
name = "Second"
"""


def load(tmp_path, text):
    path = tmp_path / "clients.toml"
    path.write_text(text)
    return load_clients(path)


def refused(tmp_path, text):
    with pytest.raises(StartRefused) as refusal:
        load(tmp_path, text)
    return str(refusal.value)


def test_without_a_file_one_plain_client_is_served():
    (client,) = load_clients(None)
    assert client == Client()
    assert client.services == tuple(service.id for service in SERVICES)
    assert (client.order_intent, client.selection_behavior) == ("order", "any")


def test_a_whole_file_is_read(tmp_path):
    first, second = load(tmp_path, WHOLE)
    assert first.prefetch_keys == {"labs": "observations"}
    assert first.codes["urn:oid:1.2.752.1|HB"] == "hb"
    assert first.orders["hb"].code == "1001"
    assert first.contacts_increase_factor == 2
    assert first.one_action_per_suggestion is True
    assert second == Client(name="Second")


def test_a_fhir_server_on_this_machine_need_not_be_https(tmp_path):
    text = '[[client]]\nname = "A"\nfhir_servers = ["http://127.0.0.1:8080/fhir/R4/"]\n'
    assert load(tmp_path, text)[0].fhir_servers == ("http://127.0.0.1:8080/fhir/R4/",)


def test_a_site_map_may_point_at_analytes_and_concepts():
    assert {"hb", "ferritin", "weight_loss", "metastasis.liver"} <= known_aims()


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ('lnaguage = "sv"', "unknown keys: lnaguage; did you mean language?"),
        ('colour = "sv"', "unknown keys: colour; leave it out."),
        ('language = "nb"', 'it may be "sv" or "da" or "en".'),
        ('services = ["svf"]', "svf"),
        ('order_intent = "plan"', 'it may be "order" or "proposal".'),
        ('selection_behavior = "all"', "selection_behavior"),
        ("one_action_per_suggestion = 1", "one_action_per_suggestion"),
        ('prefetch_keys = { labs = "labs" }', "labs"),
        ('prefetch_keys = { a = "vitals", b = "vitals" }', "vitals"),
        ('fhir_servers = ["http://ehr.example/fhir"]', "fhir_servers"),
        ('fhir_servers = ["ehr.example/fhir"]', "fhir_servers"),
        ('fhir_servers = ["https://ehr.example/fhir?x=1"]', "fhir_servers"),
        ('fhir_servers = ["https://u:p@ehr.example/fhir"]', "fhir_servers"),
        ('fhir_servers = ["https://ehr.example/a/../fhir"]', "fhir_servers"),
        ('fhir_servers = ["https://ehr.example:port/fhir"]', "fhir_servers"),
        ('origins = ["*"]', "origins"),
        ('origins = ["https://ehr.example/"]', "origins"),
        ('origins = ["ehr.example"]', "origins"),
        ('codes = { "x|y" = "haemoglobin" }', "haemoglobin"),
        ('codes = { "xy" = "hb" }', "system|code"),
        ('codes = { "|y" = "hb" }', "system|code"),
        ('orders = { hb = { code = "1" } }', "system"),
        ('orders = { hb = { system = "s", code = "1", name = "x" } }', "name"),
        ('orders = { haemoglobin = { system = "s", code = "1" } }', "haemoglobin"),
        ("contacts_increase_factor = 1", "factor"),
        ("snooze_days = -1", "snooze_days"),
        ('shadow = ["aos-2"]', "shadow: aos-2"),
        ('issuer = ""', "issuer must have"),
        (f'issuer = "{"x" * 513}"', "issuer must have"),
        ('jwks_url = "http://ehr.example/jwks"', "must be an https URL"),
        ('jwks_url = "ehr.example/jwks"', "must be an https URL"),
        ('fhir_servers = ["http://ehr.example/fhir"]', "must be an https URL"),
        ("algorithms = []", "algorithms must name"),
        ('algorithms = ["none"]', '"ES256" or "ES384" or'),
        ('algorithms = ["HS256"]', "algorithms"),
        ("max_token_seconds = 0", "max_token_seconds must be"),
        ("max_token_seconds = 100000", "max_token_seconds must be"),
        ('jwks = "e30="', "jwks"),
    ],
)
def test_a_mistake_in_a_client_is_refused_by_name(tmp_path, line, named):
    sentence = refused(tmp_path, f'[[client]]\nname = "A"\n{line}\n')
    assert "client 1" in sentence
    assert named in sentence
    assert sentence.endswith((".", "?"))


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "[[client]]"),
        ("client = []", "[[client]]"),
        ("client = [1]", "table"),
        ("[client]\nname = 'A'", "[[client]]"),
        ("[[client]]", "name"),
        ("[[client]]\nname = ' '", "name"),
        ("[[client]]\nname = 'A'\n[[client]]\nname = 'A'", "same name"),
        (
            "[[client]]\nname = 'A'\nissuer = 'i'\n[[client]]\nname = 'B'\nissuer = 'i'",
            "same issuer",
        ),
        ("[[clients]]\nname = 'A'\n[[client]]\nname = 'A'", "clients"),
        ("[[client]\n", "TOML"),
    ],
)
def test_a_mistake_in_the_file_is_refused(tmp_path, text, named):
    assert named in refused(tmp_path, text)


def test_a_file_that_cannot_be_read_is_refused(tmp_path):
    with pytest.raises(StartRefused, match="cannot be read"):
        load_clients(tmp_path / "none.toml")


def test_every_fault_has_a_line_that_names_where_it_stands(tmp_path):
    text = """[[client]]
name = "A"
language = "nb"

[[client]]
name = "B"
origins = [
  "*",
]
[client.codes]
"x|y" = "haemoglobin"
"""
    path = tmp_path / "clients.toml"
    first, second, third = refused(tmp_path, text).splitlines()
    assert first.startswith(f"{path}, line 3, client 1: ")
    assert second.startswith(f"{path}, line 7, client 2 (B): origins: *")
    assert third.startswith(f"{path}, line 10, client 2 (B): codes: 'haemoglobin'")
    assert all(line.endswith(".") for line in (first, second, third))
