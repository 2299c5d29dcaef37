"""The command `vidare`: serve, try out, look up."""

import asyncio
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markdown import Markdown
from sqlalchemy import Engine

from cards.outline import pathway_page
from cards.pathways import PATHWAYS
from service import examples, firing, logs, offline, serving, validating
from service.answer import Desk
from service.app import create_app
from service.calls import answered, deadline_of
from service.clients import Client, Language, load_clients
from service.database import Failure, behind, opened, prepare, upgrade
from service.ehr import Ehr
from service.errors import Refusal, StartRefused
from service.hooks import SERVICES, Service
from service.ids import new_id
from service.languages import choose_language
from service.metrics import Metrics
from service.printing import print_answer, print_refusal
from service.remembering import Remembering, Trail
from service.retention import export, purge
from service.settings import ZONE, Settings, load_settings
from service.vetting import refuse_keys, refuse_writable

app = typer.Typer(
    name="vidare",
    help="CDS Hooks service for cancer-pathway referral.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,  # the locals are a patient's
    pretty_exceptions_enable=False,
    add_completion=False,
)

database = typer.Typer(help="Look after the database.", no_args_is_help=True)
app.add_typer(database, name="db")
journal = typer.Typer(help="Look after the journal.", no_args_is_help=True)
app.add_typer(journal, name="journal")
clients = typer.Typer(help="Look after clients.toml.", no_args_is_help=True)
app.add_typer(clients, name="clients")

ServiceId = Annotated[str, typer.Option("--service", help="Id of the service.")]
AnyServiceId = Annotated[str | None, typer.Option("--service", help="Id of the service.")]
InLanguage = Annotated[Language | None, typer.Option("--language", help="sv, da or en.")]
Today = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day it is.")]
Raw = Annotated[bool, typer.Option("--json", help="Print the response as it is sent.")]


_SENTENCES = (
    StartRefused,
    offline.NotARecord,
    examples.NoSuchExample,
    firing.NotReached,
    firing.NotFirable,
)


@app.command()
def serve(
    greet: Annotated[bool, typer.Option("--greet", help="First say where to try it.")] = False,
) -> None:
    """Serve over HTTP, as the settings in the environment say."""
    with _refusals():
        settings = load_settings()
        logs.configure(settings.log_level)
        create_app(settings)  # so that a refusal is one sentence, not a failing server process
        with opened(settings.database_url) as engine:
            prepare(engine)
        serving.refuse_taken(settings)
    if greet:
        typer.echo(_greeting(settings))
    serving.serve(settings)


def _greeting(settings: Settings) -> str:
    """Say where the service will be, as this process was called."""
    sandbox = f"An EHR to play with:  {settings.base_url}/sandbox/\n" if settings.sandbox_on else ""
    return (
        f"{sandbox}Or in another terminal:\n"
        f"  {sys.argv[0]} example aos-gaps | curl -s -H 'Content-Type: application/json'"
        f" --data-binary @- {settings.base_url}/cds-services/svf-patient-view"
    )


@app.command()
def assess(
    record: Annotated[Path, typer.Argument(help="A patient's Bundle, or a hook request.")],
    service: ServiceId,
    language: InLanguage = None,
    today: Today = None,
    as_json: Raw = False,
) -> None:
    """Say offline what a service would answer about one patient."""
    with _refusals():
        chosen = _service(service)
        settings = load_settings()
        client = load_clients(settings.clients)[0]
        desk = Desk(settings, client, _day(today), new_id)
        request = offline.request_of(_read(record), chosen)
        words = choose_language(chosen.country, None, language or client.language)
        trail, forgetful = Trail(chosen, words, desk), Remembering(None, Metrics())
        with _busy("Assessing"):
            answer = asyncio.run(
                answered(request, trail, forgetful, Ehr(settings), deadline_of(settings))
            )
    if as_json:
        print(answer.decode())
    else:
        print_answer(answer, Console())


@app.command()
def example(
    case: Annotated[str, typer.Argument(help="Name of the case; see --list.")] = "",
    service: AnyServiceId = None,
    today: Today = None,
    listed: Annotated[bool, typer.Option("--list", help="List the cases.")] = False,
) -> None:
    """Print an example request, its dates moved to today."""
    if listed or not case:
        for name, about in examples.cases().items():
            print(f"{name:25} {about.title['en']} ({', '.join(about.services)})")
        return
    with _refusals():
        sys.stdout.write(examples.example(case, service, _day(today)).decode().rstrip() + "\n")


@app.command()
def fire(
    url: Annotated[str, typer.Argument(help="Address of the service.")],
    file: Annotated[Path, typer.Argument(help="A hook request; - reads standard input.")],
    language: InLanguage = None,
    withhold: Annotated[
        str, typer.Option(metavar="KEY,KEY", help="Prefetch keys to leave out.")
    ] = "",
    fhir_server: Annotated[
        str | None, typer.Option(help="Base URL of the FHIR server to name, and to read from.")
    ] = None,
    token: Annotated[
        str, typer.Option(envvar="FHIR_TOKEN", help="Access token for the FHIR server.")
    ] = "",
    bearer: Annotated[
        str,
        typer.Option(envvar="CDS_TOKEN", help="Token of the EHR itself, where one is asked for."),
    ] = "",
    as_json: Raw = False,
) -> None:
    """Fire a hook at any CDS Service as an EHR would, and print its cards."""
    withheld = frozenset(key.strip() for key in withhold.split(",")) - {""}
    with _refusals():
        body = _read(file)
        if withheld:
            body = firing.withholding(body, withheld)
        with _busy(f"Waiting for {url}"):
            if fhir_server is not None:
                body = firing.with_server(body, url, fhir_server, token, withheld)
            fired = firing.fire(url, body, language, bearer)
    succeeded = fired.status == 200  # noqa: PLR2004 - CDS Hooks: success is exactly 200
    if as_json:
        print(fired.body.decode("utf-8", "replace"))
        raise typer.Exit(0 if succeeded else 1)
    console = Console()
    console.print(f"HTTP {fired.status} in {fired.seconds * 1000:.0f} ms", highlight=False)
    if not succeeded:
        print_refusal(fired.status, fired.body, console)
        raise typer.Exit(1)
    if not print_answer(fired.body, console):
        console.print("The answer is not one of a CDS Service: it holds no cards.")
        raise typer.Exit(1)


@app.command()
def validate(
    file: Annotated[Path, typer.Argument(help="A Bundle, a hook request or one resource.")],
) -> None:
    """Read strictly: say per resource what is wrong and what that costs the assessment."""
    with _refusals():
        content = _read(file)
        with _busy("Reading strictly"):
            verdicts = validating.verdicts(content, _day(None))
    for verdict in verdicts:
        print(f"{verdict.reference}: {'ok' if verdict.fine else 'not valid'}")
        for line in (*verdict.faults, *verdict.costs):
            print(f"  {line}")
    if not all(verdict.fine for verdict in verdicts):
        raise typer.Exit(1)


@app.command()
def pathways(
    pathway: Annotated[str, typer.Argument(metavar="[ID]", help="Id of a pathway.")] = "",
    language: InLanguage = None,
) -> None:
    """List the pathways, or print the rules of one."""
    if not pathway:
        for id_ in PATHWAYS:
            print(id_)
        return
    if pathway not in PATHWAYS:
        raise typer.BadParameter(f"there is no pathway {pathway}; there are: {', '.join(PATHWAYS)}")
    Console().print(Markdown(pathway_page(PATHWAYS[pathway], language or "sv")))


@database.command("upgrade")
def db_upgrade() -> None:
    """Bring the database to the tables of this version."""
    with _refusals(), _database() as engine:
        upgrade(engine)
    print("The database has the tables of this version.")


@database.command("check")
def db_check() -> None:
    """Say whether the database has the tables of this version."""
    with _refusals(), _database() as engine:
        outdated = behind(engine)
    if outdated:
        print("The database lacks tables of this version: run `vidare db upgrade`.")
        raise typer.Exit(1)
    print("The database has the tables of this version.")


@journal.command("purge")
def journal_purge(
    keep: Annotated[int, typer.Option("--keep-days", help="Days that are kept.", min=1)],
) -> None:
    """Delete what is older than so many days, for good."""
    before = (time.time_ns() // 1_000_000) - keep * 24 * 3600 * 1000
    with _refusals(), _database() as engine:
        calls, told = purge(engine, before)
    print(f"{calls} calls and {told} feedback entries were deleted.")


@journal.command("export")
def journal_export() -> None:
    """Print every call and feedback as a FHIR AuditEvent (R4B), one JSON object per line."""
    with _refusals(), _database() as engine, engine.connect() as connection:
        for line in export(connection, load_settings().canonical):
            print(line)


@clients.command("check")
def clients_check(
    file: Annotated[Path, typer.Argument(help="A clients.toml.")],
) -> None:
    """Say what is wrong with a clients.toml, by line, or whom it lets in."""
    with _refusals():
        read = load_clients(file)
        refuse_writable(file)
        for client in read:
            refuse_keys(client, f"{file}, client {client.name}")
    for client in read:
        print(f"{client.name}: {_trusted(client)}; {', '.join(client.services) or 'no service'}")


def _trusted(client: Client) -> str:
    """Say whose tokens a client's are, or what it lacks for any to be let in."""
    keys = client.jwks_file or client.jwks_url
    if client.issuer is None or keys is None:
        lacking = "issuer" if client.issuer is None else "jwks_url or jwks_file"
        return f"no tokens, for want of {lacking}"
    return f"tokens of {client.issuer}, keys from {keys}"


def _busy(doing: str) -> AbstractContextManager[object]:
    """Show in a terminal that something takes its time; standard output stays the answer's."""
    return Console(stderr=True).status(doing)


@contextmanager
def _database() -> Iterator[Engine]:
    """Give the database of the settings; its own words stay out of the refusal."""
    try:
        with opened(load_settings().database_url) as engine:
            yield engine
    except Failure:
        raise StartRefused(
            "The database of VIDARE_DATABASE_URL does not answer, or refuses what was asked;"
            " its own log says why."
        ) from None


@contextmanager
def _refusals() -> Iterator[None]:
    """Turn what may go wrong into a sentence and an exit code: 2, or 1 where a call is refused."""
    try:
        yield
    except Refusal as refusal:
        place = f" ({refusal.expression})" if refusal.expression else ""
        print(f"{refusal.status} {refusal.code}{place}: {refusal.diagnostics}", file=sys.stderr)
        raise typer.Exit(1) from None
    except _SENTENCES as error:
        print(error.args[0], file=sys.stderr)
        raise typer.Exit(2) from None


def _service(service_id: str) -> Service:
    for service in SERVICES:
        if service.id == service_id:
            return service
    known = ", ".join(service.id for service in SERVICES)
    raise typer.BadParameter(f"there is no service {service_id}; there are: {known}")


def _read(path: Path) -> bytes:
    if str(path) == "-":
        return sys.stdin.buffer.read()
    try:
        return path.read_bytes()
    except OSError:
        raise typer.BadParameter(f"the file {path} cannot be read") from None


def _day(today: datetime | None) -> date:
    return today.date() if today else datetime.now(ZONE).date()


if __name__ == "__main__":
    app()
