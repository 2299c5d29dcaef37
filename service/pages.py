"""Pages for people: what is on offer, the rules as they are read, and the documentation.

Plain string templates and no address but our own: a ward's browser may reach nothing else.
"""

from collections.abc import Callable, Mapping
from html import escape
from typing import Annotated, NamedTuple

from fastapi import FastAPI, Query
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from cards.outline import pathway_page
from cards.pathways import PATHWAYS
from service import describing
from service.clients import Language
from service.errors import NotFound
from service.hooks import SERVICES
from service.languages import choose_language
from service.markup import links, operations, page, policy, rendered, table, title_of, words_in
from service.settings import Settings

HEADERS = {"Content-Security-Policy": policy(), "Vary": "Accept, Accept-Language"}
Wanted = Annotated[Language | None, Query(description="Language; else Accept-Language decides")]


class Pages(NamedTuple):
    """The pages of one installation."""

    settings: Settings
    document: Callable[[], Mapping[str, object]]

    def add_to(self, app: FastAPI) -> None:
        """Add the routes of the pages to the application."""
        for path, endpoint, summary, answer in (
            ("/", self.home, "A page for people", None),
            ("/docs", self.docs, "This document as a page", None),
            ("/pathways", self.pathways, "The pathways whose rules are served", "PathwayList"),
            ("/pathways/{id}", self.pathway, "The rules of a pathway", "PathwayPage"),
        ):
            app.add_api_route(
                path,
                endpoint,
                response_class=HTMLResponse,
                summary=summary,
                tags=["pages"],
                responses=describing.json_answer(answer, missing="{id}" in path)
                if answer
                else None,
            )

    async def home(self, request: Request, language: Wanted = None) -> Response:
        """Say what is on offer and how a record system is connected."""
        chosen = _language(request, language)
        return _show("Vidare", self._home(chosen), chosen, request)

    async def docs(self, request: Request, language: Wanted = None) -> Response:
        """Show the OpenAPI document without anything from outside."""
        chosen = _language(request, language)
        return _show("Vidare: API", operations(self.document(), chosen), chosen, request)

    async def pathways(self, request: Request, language: Wanted = None) -> Response:
        """List the pathways."""
        chosen = _language(request, language)
        titles = {id_: title_of(_markdown(id_, chosen)) for id_ in PATHWAYS}
        if _wants_json(request):
            listed = [{"id": id_, "title": title} for id_, title in titles.items()]
            return JSONResponse({"pathways": listed}, headers={"Vary": HEADERS["Vary"]})
        words = words_in(chosen)
        body = f"<h1>{words['pathways']}</h1><p>{words['rules']}.</p>{links(titles, chosen)}"
        return _show(words["pathways"], body, chosen, request)

    async def pathway(self, request: Request, id: str, language: Wanted = None) -> Response:  # noqa: A002
        """Show the rules of one pathway."""
        if id not in PATHWAYS:
            raise NotFound("There is no pathway with this id.", code="unknown-pathway")
        chosen = _language(request, language)
        text = _markdown(id, chosen)
        title = title_of(text)
        if _wants_json(request):
            content = {"id": id, "language": chosen, "title": title, "markdown": text}
            return JSONResponse(content, headers={"Vary": HEADERS["Vary"]})
        return _show(title, rendered(text), chosen, request)

    def _to_sandbox(self, language: Language) -> str:
        if not self.settings.sandbox_on:
            return ""
        words = words_in(language)["sandbox"]
        return f'<p><a href="/sandbox/?language={language}">{words}</a></p>'

    def _home(self, language: Language) -> str:
        words = words_in(language)
        rows = [(f"<code>{s.id}</code>", escape(words[s.hook])) for s in SERVICES]
        queries = {key: query for s in SERVICES for key, query in s.prefetch.items()}
        asked = [(f"<code>{k}</code>", f"<code>{escape(q)}</code>") for k, q in queries.items()]
        titles = {id_: title_of(_markdown(id_, language)) for id_ in PATHWAYS}
        return "".join(
            (
                f"<h1>Vidare</h1><p>{words['lead']}</p>",
                self._to_sandbox(language),
                f"<h2>{words['services']}</h2>{table((words['service'], words['hook']), rows)}",
                f"<h2>{words['pathways']}</h2><p>{words['rules']}:</p>{links(titles, language)}",
                f"<h2>{words['register']}</h2><p>{words['register_text']}</p>",
                f"<p><code>{escape(self.settings.base_url)}/cds-services</code></p>",
                f"<h2>{words['prefetch']}</h2>{table((words['key'], words['query']), asked)}",
            )
        )


def _language(request: Request, wanted: Language | None) -> Language:
    return choose_language("SE", request.headers.get("accept-language"), wanted)


def _wants_json(request: Request) -> bool:
    accept = request.headers.get("accept", "")
    return "application/json" in accept and "text/html" not in accept


def _markdown(pathway_id: str, language: Language) -> str:
    return pathway_page(PATHWAYS[pathway_id], language)


def _show(title: str, content: str, language: Language, request: Request) -> Response:
    text = page(title, content, language, request.url.path)
    return HTMLResponse(text, headers={**HEADERS, "Content-Language": language})
