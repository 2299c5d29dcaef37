"""How one installation is set up: environment variables with the prefix VIDARE_, or `.env`."""

import os
from pathlib import Path
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from dotenv import dotenv_values
from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from service.database import is_database_url
from service.errors import StartRefused
from service.pseudonyms import secrets_in
from service.urls import is_base_url, is_confidential, is_loopback, stays_here

PREFIX = "VIDARE_"
ENV_FILE = ".env"
SECRETS = frozenset({"VIDARE_DATABASE_URL", "VIDARE_JOURNAL_SECRETS"})
"""What only the service may read, where it stands in a file."""
ZONE = ZoneInfo("Europe/Stockholm")
"""Where the day of a Swedish answer begins and ends."""

Days = Annotated[int, Field(ge=1, le=3650)]
Level = Literal["DEBUG", "INFO", "WARNING", "ERROR"]


class Settings(BaseSettings):
    """The settings of this installation; each is the environment variable VIDARE_<NAME>."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=ENV_FILE, extra="ignore", frozen=True, hide_input_in_errors=True
    )

    host: str = Field(default="127.0.0.1", description="Address to listen on.", min_length=1)
    port: int = Field(default=8000, description="Port to listen on.", ge=1, le=65535)
    public_url: str | None = Field(
        default=None,
        description="Base URL that clients call, without a trailing slash."
        " Unset: `http://HOST:PORT`.",
    )
    canonical: str = Field(
        default="https://vidare.example",
        description="Absolute URL, without a trailing slash, under which the codes that we own"
        " stand. A region sets its own.",
    )
    auth: Literal["required", "off"] = Field(
        default="required",
        description="`required`: a call needs a token. `off`: the first client of CLIENTS is taken"
        " to be the caller; refused on any address but loopback.",
    )
    allow_insecure: bool = Field(
        default=False,
        description="`yes` allows what is refused otherwise: AUTH=off on an address that is not"
        " loopback, and a PUBLIC_URL without TLS.",
    )
    clients: Path | None = Field(default=None, description="Path of clients.toml.")
    database_url: str = Field(
        default="sqlite:///var/vidare.db",
        description="Where the journal and the tokens that were used are kept: an SQLite file"
        " (`sqlite:///PATH`), or `postgresql+psycopg://USER@HOST/NAME` for more than one machine.",
        repr=False,  # it may hold a password
    )
    journal: bool = Field(
        default=True,
        description="Whether calls, advice and feedback are kept. `off`: nothing is, no card is"
        " snoozed, and feedback is refused.",
    )
    journal_secrets: SecretStr | None = Field(
        default=None,
        description="Secrets, separated by commas, the newest first, that turn patients into keyed"
        " hashes; the same for every process. Unset: a file beside the SQLite file; PostgreSQL"
        " needs it set.",
    )
    spool: Path = Field(
        default=Path("var/spool"),
        description="Folder where entries of the journal are safe until the database has them.",
    )
    snooze_days: int = Field(
        default=30,
        description="Days that a card overridden with a reason is not shown again while nothing"
        " has changed; `0` for never. A client may set its own.",
        ge=0,
        le=3650,
    )
    sandbox: bool | None = Field(
        default=None,
        description="Whether the sandbox is served. Unset: only where HOST and PUBLIC_URL are"
        " loopback addresses.",
    )
    result_max_age_days: Days = Field(
        default=30, description="A laboratory result older than this many days no longer answers."
    )
    symptom_max_age_days: Days = Field(
        default=180, description="A symptom that began longer ago than this is not new."
    )
    psa_required_for: Literal["male", "all"] = Field(
        default="male", description="Whom the laboratory panel asks for PSA."
    )
    max_body_mb: int = Field(
        default=4, description="Largest body read, in MB (10⁶ bytes).", ge=1, le=64
    )
    max_resources: int = Field(
        default=5000,
        description="Most Bundle entries read in one call, sent and fetched.",
        ge=1,
        le=100_000,
    )
    max_fetch_mb: int = Field(
        default=16,
        description="Most that is fetched from an EHR for one call, unpacked, in MB.",
        ge=1,
        le=256,
    )
    response_budget_ms: int = Field(
        default=2000,
        description="Milliseconds after which a call is answered with what has come by then.",
        ge=100,
        le=60_000,
    )
    allow_loopback_fhir: bool = Field(
        default=False,
        description="`yes` allows a FHIR server on this very machine, for trying out.",
    )
    validate_output: bool = Field(
        default=False,
        description="`on` validates every emitted FHIR resource again before it is sent.",
    )
    calls_per_minute: int = Field(
        default=6000,
        description="Most calls a minute from one client, counted in each process; 0: no limit."
        " Without effect where AUTH=off.",
        ge=0,
        le=1_000_000,
    )
    log_level: Level = Field(default="INFO", description="Least severe level that is logged.")
    workers: int = Field(default=1, description="Number of server processes.", ge=1, le=64)

    @field_validator("log_level", mode="before")
    @classmethod
    def _any_case(cls, level: object) -> object:
        return level.upper() if isinstance(level, str) else level

    @field_validator("public_url", "canonical")
    @classmethod
    def _base_url(cls, url: str | None) -> str | None:
        if url is not None and not is_base_url(url):
            raise ValueError(
                "must be an absolute http or https URL without trailing slash, query or fragment"
            )
        return url

    @field_validator("database_url")
    @classmethod
    def _database_url(cls, url: str) -> str:
        if not is_database_url(url):
            raise ValueError("must read sqlite:///PATH or postgresql+psycopg://USER@HOST/NAME")
        return url

    @field_validator("journal_secrets")
    @classmethod
    def _strong(cls, keys: SecretStr | None) -> SecretStr | None:
        if keys is not None:
            secrets_in(keys.get_secret_value())
        return keys

    @model_validator(mode="after")
    def _secure(self) -> Self:
        if self.allow_insecure:
            return self
        if self.auth == "off" and not self.on_loopback:
            raise ValueError(
                "VIDARE_AUTH=off lets anyone who reaches the address ask about patients; it is"
                " refused unless VIDARE_HOST and VIDARE_PUBLIC_URL are loopback addresses or"
                " VIDARE_ALLOW_INSECURE=yes"
            )
        if self.public_url is None and not is_loopback(self.host):
            raise ValueError(
                "VIDARE_PUBLIC_URL is needed where VIDARE_HOST is not a loopback address: tokens"
                " are addressed to it"
            )
        if self.public_url is not None and not is_confidential(self.public_url):
            raise ValueError(
                "VIDARE_PUBLIC_URL must be an https URL: without TLS, tokens and patient data can"
                " be read on their way"
            )
        return self

    @property
    def on_loopback(self) -> bool:
        """Whether nobody outside this machine is meant to reach the service, by any address."""
        here = self.public_url is None or stays_here(self.public_url)
        return here and is_loopback(self.host)

    @property
    def sandbox_on(self) -> bool:
        """Whether the sandbox is served."""
        return self.on_loopback if self.sandbox is None else self.sandbox

    @property
    def trusts_sandbox(self) -> bool:
        """Whether the sandbox's own client may call.

        On this machine alone; where tokens are asked for, only if SANDBOX=on was said.
        """
        said = self.auth == "off" or self.sandbox is True
        return said and self.sandbox_on and self.on_loopback

    @property
    def fetches_from_loopback(self) -> bool:
        """Whether a FHIR server on this machine may be called; the sandbox's own always may."""
        return self.allow_loopback_fhir or self.trusts_sandbox

    @property
    def base_url(self) -> str:
        """The base URL that clients call, without a trailing slash."""
        if self.public_url is not None:
            return self.public_url
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"


def load_settings() -> Settings:
    """Give the settings of the environment; refuse nonsense with one sentence for each."""
    _refuse_unknown_names()
    try:
        return Settings()
    except ValidationError as error:
        raise StartRefused(
            " ".join(_sentence(e["loc"], e["msg"]) for e in error.errors())
        ) from None


def settings_table() -> str:
    """Give the Markdown table of all settings, for the README."""
    rows = [
        f"| `{PREFIX}{name.upper()}` | {_shown(field.default)} | {field.description} |"
        for name, field in Settings.model_fields.items()
    ]
    return "\n".join(["| setting | default | meaning |", "|---|---|---|", *rows])


def _shown(default: object) -> str:
    if default is None:
        return "–"
    if isinstance(default, bool):
        return "`on`" if default else "`off`"
    return f"`{default}`"


def _sentence(place: tuple[int | str, ...], message: str) -> str:
    reason = message.removeprefix("Value error, ").rstrip(".")
    if not place:
        return f"{reason}."
    return f"{PREFIX}{str(place[0]).upper()} is refused: {reason[0].lower()}{reason[1:]}."


def _refuse_unknown_names() -> None:
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    given = {name.upper() for name in (*os.environ, *dotenv_values(ENV_FILE))}
    unknown = sorted(name for name in given - known if name.startswith(PREFIX))
    if unknown:
        raise StartRefused(f"{', '.join(unknown)}: there is no such setting; see the README.")
