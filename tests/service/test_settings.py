"""service.settings: what is accepted, and the sentence for what is not."""

import pytest

from service.errors import StartRefused
from service.settings import Settings, load_settings, settings_table
from tests.service.asking import settings


@pytest.fixture(autouse=True)
def nowhere(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)


def refused(monkeypatch, **environment):
    for name, value in environment.items():
        monkeypatch.setenv(f"VIDARE_{name}", value)
    with pytest.raises(StartRefused) as refusal:
        load_settings()
    return str(refusal.value)


def test_without_an_environment_the_defaults_hold():
    loaded = load_settings()
    assert (loaded.host, loaded.port, loaded.auth) == ("127.0.0.1", 8000, "required")
    assert (loaded.result_max_age_days, loaded.symptom_max_age_days) == (30, 180)
    assert (loaded.max_body_mb, loaded.max_resources) == (4, 5000)
    assert loaded.psa_required_for == "male"
    assert loaded.canonical == "https://vidare.example"


def test_environment_and_env_file_are_read(monkeypatch, tmp_path):
    (tmp_path / ".env").write_text("VIDARE_PORT=9000\nOTHER=1\n")
    monkeypatch.setenv("VIDARE_LOG_LEVEL", "debug")
    monkeypatch.setenv("VIDARE_ALLOW_INSECURE", "yes")
    loaded = load_settings()
    assert (loaded.port, loaded.log_level, loaded.allow_insecure) == (9000, "DEBUG", True)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "0"),
        ("PORT", "eighty"),
        ("HOST", ""),
        ("AUTH", "maybe"),
        ("PSA_REQUIRED_FOR", "men"),
        ("RESULT_MAX_AGE_DAYS", "0"),
        ("SYMPTOM_MAX_AGE_DAYS", "-1"),
        ("MAX_BODY_MB", "0"),
        ("MAX_RESOURCES", "x"),
        ("VALIDATE_OUTPUT", "perhaps"),
        ("WORKERS", "0"),
        ("LOG_LEVEL", "loud"),
        ("CANONICAL", "vidare.example"),
        ("CANONICAL", "https://vidare.example/"),
        ("CANONICAL", "https://vidare.example?x"),
        ("CANONICAL", "https://vidare .example"),
        ("CANONICAL", "http://[x"),
        ("DATABASE_URL", "mysql://x/y"),
        ("DATABASE_URL", "vidare.db"),
        ("PUBLIC_URL", "ftp://vidare.example"),
    ],
)
def test_nonsense_is_refused_with_a_sentence_naming_the_setting(monkeypatch, name, value):
    sentence = refused(monkeypatch, **{name: value})
    assert sentence.startswith(f"VIDARE_{name} is refused: ")
    assert sentence.endswith(".")


def test_every_fault_has_its_sentence(monkeypatch):
    sentence = refused(monkeypatch, PORT="0", WORKERS="0")
    assert "VIDARE_PORT" in sentence
    assert "VIDARE_WORKERS" in sentence


def test_a_misspelt_setting_is_refused(monkeypatch):
    assert "VIDARE_RESULT_MAX_AGE" in refused(monkeypatch, RESULT_MAX_AGE="10")


def test_a_misspelt_setting_in_the_env_file_is_refused(monkeypatch, tmp_path):
    (tmp_path / ".env").write_text("VIDARE_PROT=1\n")
    assert "VIDARE_PROT" in refused(monkeypatch)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.0.1", "::1", "localhost"])
def test_no_authentication_is_allowed_on_loopback(host):
    assert settings(host=host).auth == "off"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "vidare.region.example"])  # noqa: S104
def test_no_authentication_elsewhere_must_be_asked_for(monkeypatch, host):
    sentence = refused(monkeypatch, AUTH="off", HOST=host)
    assert "VIDARE_ALLOW_INSECURE=yes" in sentence
    assert settings(host=host, allow_insecure=True).auth == "off"


def test_a_public_address_in_front_of_loopback_is_not_loopback(monkeypatch):
    sentence = refused(monkeypatch, AUTH="off", PUBLIC_URL="https://vidare.region.example")
    assert "VIDARE_AUTH=off" in sentence
    behind = settings(auth="required", public_url="https://vidare.region.example")
    assert not behind.on_loopback
    assert not behind.sandbox_on


def test_tokens_need_an_address_that_they_are_for(monkeypatch):
    assert "VIDARE_PUBLIC_URL is needed" in refused(monkeypatch, HOST="10.0.0.1")
    assert settings(host="10.0.0.1", auth="required", public_url="https://v.example")


@pytest.mark.parametrize(
    "url", ["http://v.example", "http://10.0.0.1:8000", "https://u:p@v.example"]
)
def test_an_address_without_tls_is_refused(monkeypatch, url):
    assert "must be an https URL" in refused(monkeypatch, PUBLIC_URL=url)
    assert settings(auth="required", public_url="http://localhost:8080")
    assert settings(auth="required", public_url="http://v.example", allow_insecure=True)


def test_the_sandbox_is_served_on_loopback_alone_unless_asked_for():
    assert settings().sandbox_on
    assert not settings(sandbox=False).sandbox_on
    assert settings(auth="required", public_url="https://v.example", sandbox=True).sandbox_on


def test_the_base_url_is_the_public_one_or_follows_the_address():
    assert (
        settings(public_url="https://x.example/cds", auth="required").base_url
        == "https://x.example/cds"
    )
    assert settings(port=9).base_url == "http://127.0.0.1:9"
    assert settings(host="::1").base_url == "http://[::1]:8000"


def test_the_password_of_the_database_is_not_shown():
    secret = settings(database_url="postgresql+psycopg://vidare:canary-word@h/n")
    assert "canary-word" not in repr(secret)


def test_the_table_names_and_explains_every_setting():
    table = settings_table()
    for name, field in Settings.model_fields.items():
        assert f"| `VIDARE_{name.upper()}` |" in table
        assert field.description
    assert "| `VIDARE_PORT` | `8000` |" in table
    assert "| `VIDARE_CLIENTS` | – |" in table
    assert "| `VIDARE_VALIDATE_OUTPUT` | `off` |" in table


def test_a_weak_secret_is_refused_and_not_repeated(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VIDARE_JOURNAL_SECRETS", "canary-secret")
    with pytest.raises(StartRefused) as refused:
        load_settings()
    assert "VIDARE_JOURNAL_SECRETS is refused" in str(refused.value)
    assert "canary" not in str(refused.value)
