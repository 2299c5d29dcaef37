"""The pages of the sandbox and what they ask the server for; nothing is kept between requests."""

import tomllib
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from typing import TypeVar

import jinja2
import msgspec
from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.staticfiles import StaticFiles

from service.calls import read_body
from service.clients import Language
from service.errors import BadRequest, NotFound
from service.hooks import SERVICES
from service.languages import LANGUAGES, choose_language
from service.markup import rendered
from service.offline import NotARecord
from service.sandbox import calling
from service.sandbox.charts import charts, encoded
from service.sandbox.elements import Resource, text
from service.sandbox.fhir import TOKEN_PREFIX, Asked, FhirServer
from service.sandbox.temper import ROOT
from service.sandbox.trust import Signer
from service.settings import Settings
from service.validating import verdicts

_MB = 1_000_000
_REMEMBERED = 400  # requests of the FHIR server that the page may show
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self';"
    " connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


T = TypeVar("T")


class _Texts(msgspec.Struct):
    texts: list[str]


class _Aim(msgspec.Struct):
    path: str


class Sandbox(msgspec.Struct, frozen=True):
    """The sandbox of one installation."""

    settings: Settings
    today: Callable[[], date]
    signer: Signer | None = None
    log: deque[Asked] = msgspec.field(default_factory=lambda: deque(maxlen=_REMEMBERED))

    def add_to(self, app: FastAPI) -> None:
        """Add the pages, what they ask for and the FHIR server to the application."""
        FhirServer(self.settings.base_url, self.today, self.log).add_to(app)
        for path, answer, method in (
            ("/sandbox", self.forward, "GET"),
            ("/sandbox/", self.page, "GET"),
            ("/sandbox/connect", self.connect, "GET"),
            ("/sandbox/charts/{case}", self.chart, "GET"),
            ("/sandbox/request", self.request, "POST"),
            ("/sandbox/markdown", self.markdown, "POST"),
            ("/sandbox/validate", self.validate, "POST"),
            ("/sandbox/fetched/{instance}", self.fetched, "GET"),
            ("/sandbox/assertion", self.assertion, "POST"),
        ):
            app.add_route(path, answer, methods=[method], include_in_schema=False)
        static = StaticFiles(packages=[("service.sandbox", "static")])
        app.mount("/sandbox/static", static, name="sandbox-static")

    async def forward(self, _request: Request) -> Response:
        """Lead from `/sandbox` to the page."""
        return RedirectResponse("/sandbox/")

    async def page(self, request: Request) -> Response:
        """Give the page on which an EHR is played."""
        language = _language(request)
        words = words_in(language)
        config = {
            "language": language,
            "today": self.today().isoformat(),
            "auth": self.settings.auth,
            "services": [{"id": s.id, "country": s.country} for s in SERVICES],
            "words": words,
        }
        return self._show(
            "sandbox.html",
            language,
            patients=self._patients(language),
            config=config,
            signer=self._signs,
        )

    def _patients(self, language: Language) -> list[tuple[str, list[dict[str, str]]]]:
        """Give the example patients by country, in the order of their countries' services."""
        groups: dict[str, list[dict[str, str]]] = {s.country.lower(): [] for s in SERVICES}
        countries = {service.id: service.country.lower() for service in SERVICES}
        for case, chart in charts(self.today()).items():
            patient = {
                "case": case,
                "who": who(chart.resources, self.today(), words_in(language)),
                "title": chart.about.title[language],
            }
            groups[countries[chart.about.services[0]]].append(patient)
        return [(country, patients) for country, patients in groups.items() if patients]

    async def connect(self, request: Request) -> Response:
        """Give the page that says how one's own EHR is connected."""
        language = _language(request)
        return self._show("connect.html", language, services=SERVICES, fhir=ROOT)

    async def chart(self, request: Request) -> Response:
        """Give an example patient: story, record, drafts begun."""
        chart = charts(self.today()).get(request.path_params["case"])
        if chart is None:
            raise NotFound("There is no such example patient.", code="unknown-case")
        return _json(
            {
                "title": chart.about.title,
                "story": chart.about.story,
                "services": chart.about.services,
                "patient": chart.patient,
                "user": chart.user,
                "resources": chart.resources,
                "drafts": chart.drafts,
            }
        )

    async def request(self, request: Request) -> Response:
        """Write the request body that the EHR sends."""
        asked = await self._body(request, calling.Asked)
        return _json(calling.written(asked, self.settings.base_url, self.today()))

    async def markdown(self, request: Request) -> Response:
        """Give the HTML of card details; HTML in them is shown, not obeyed."""
        asked = await self._body(request, _Texts)
        return _json({"html": [rendered(text) for text in asked.texts]})

    async def validate(self, request: Request) -> Response:
        """Read a record strictly, as `vidare validate` does."""
        content = await read_body(request, self.settings.max_body_mb * _MB)
        try:
            found = await run_in_threadpool(verdicts, content, self.today())
        except NotARecord as error:
            raise BadRequest(str(error), code="not-a-record") from None
        return _json({"verdicts": [verdict._asdict() for verdict in found]})

    async def fetched(self, request: Request) -> Response:
        """Give what was asked of the FHIR server with the token of a call."""
        token = TOKEN_PREFIX + request.path_params["instance"]
        return _json({"fetched": [asked.query for asked in self.log if asked.token == token]})

    async def assertion(self, request: Request) -> Response:
        """Sign a token of the sandbox's EHR for one of our paths."""
        asked = await self._body(request, _Aim)
        if self.signer is None or not self._signs:
            raise NotFound("The sandbox's EHR is not trusted here.", code="no-signer")
        return _json({"token": self.signer.token(asked.path)})

    @property
    def _signs(self) -> bool:
        """Whether tokens can be had: each process has keys of its own."""
        return self.signer is not None and self.settings.workers == 1

    async def _body(self, request: Request, kind: type[T]) -> T:
        content = await read_body(request, self.settings.max_body_mb * _MB)
        try:
            return msgspec.json.decode(content, type=kind)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            raise BadRequest("The body is not what the page sends.") from None

    def _show(self, template: str, language: Language, **more: object) -> Response:
        text = (
            _environment()
            .get_template(template)
            .render(
                language=language,
                languages=LANGUAGES,
                words=words_in(language),
                base_url=self.settings.base_url,
                **more,
            )
        )
        return HTMLResponse(text, headers={**_HEADERS, "Content-Language": language})


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("service.sandbox"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def _words() -> Mapping[str, Mapping[str, str]]:
    text = (files("service.sandbox") / "words.toml").read_text("utf-8")
    table = tomllib.loads(text)
    return {language: {k: v[language] for k, v in table.items()} for language in LANGUAGES}


def words_in(language: Language) -> Mapping[str, str]:
    """Give the words of the sandbox's pages in a language."""
    return _words()[language]


def who(resources: Iterable[Resource], today: date, words: Mapping[str, str]) -> str:
    """Give the patient's sex and age in a few words."""
    patient = next((r for r in resources if r.get("resourceType") == "Patient"), {})
    parts = [words.get(f"gender_{text(patient, 'gender')}", "")]
    birth = text(patient, "birthDate")
    if len(birth) == len("YYYY-MM-DD"):
        age = today.year - int(birth[:4]) - (today.isoformat()[5:] < birth[5:])
        parts.append(words["years"].replace("{age}", str(age)))
    return ", ".join(part for part in parts if part)


def _language(request: Request) -> Language:
    wanted = LANGUAGES.get(request.query_params.get("language", ""))
    return choose_language("SE", request.headers.get("accept-language"), wanted)


def _json(value: object) -> Response:
    return Response(
        encoded(value), media_type="application/json", headers={"Cache-Control": "no-store"}
    )
