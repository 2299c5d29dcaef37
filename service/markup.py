"""The HTML of the pages: a template, words in three languages, tables and rendered Markdown."""

import tomllib
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from hashlib import sha256
from html import escape
from importlib.resources import files
from string import Template

from markdown_it import MarkdownIt

from service.clients import Language
from service.headers import NOTHING
from service.languages import LANGUAGES


@cache
def _words() -> Mapping[str, Mapping[str, str]]:
    tables = tomllib.loads((files("service") / "templates" / "words.toml").read_text("utf-8"))
    return {language: tables[language] for language in LANGUAGES}


@cache
def _template() -> Template:
    return Template((files("service") / "templates" / "page.html").read_text("utf-8"))


def policy() -> str:
    """Give the Content-Security-Policy of the pages: their own style sheet, and nothing else."""
    style = _template().template.partition("<style>")[2].partition("</style>")[0]
    digest = b64encode(sha256(style.encode()).digest()).decode()
    return f"{NOTHING}; style-src 'sha256-{digest}'"


def words_in(language: Language) -> Mapping[str, str]:
    """Give the words of the pages in a language."""
    return _words()[language]


def page(title: str, content: str, language: Language, path: str) -> str:
    """Give a whole page; `content` is HTML, everything else is escaped here."""
    words = words_in(language)
    others = [f'<a href="{escape(path)}?language={other}">{other}</a>' for other in LANGUAGES]
    return _template().substitute(
        language=language,
        title=escape(title),
        pathways=escape(words["pathways"]),
        documentation=escape(words["documentation"]),
        languages=" ".join(others),
        content=content,
    )


def title_of(markdown: str) -> str:
    """Give the first heading of a Markdown text."""
    return markdown.lstrip().partition("\n")[0].lstrip("# ").strip()


def rendered(markdown: str) -> str:
    """Give the HTML of a Markdown text; HTML inside it is shown, not obeyed."""
    html: str = MarkdownIt("commonmark", {"html": False}).enable("table").render(markdown)
    return html


def links(titles: Mapping[str, str], language: Language) -> str:
    """Give the list of links to the pathways with these ids and titles."""
    items = [
        f'<li><a href="/pathways/{escape(id_)}?language={language}">{escape(title)}</a></li>'
        for id_, title in titles.items()
    ]
    return f"<ul>{''.join(items)}</ul>"


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Give a table that scrolls, also by keyboard; the cells of `rows` are HTML already."""
    names = tuple(head)
    top = "".join(f"<th>{escape(cell)}</th>" for cell in names)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    label = escape(", ".join(names))
    return (
        f'<div class="scroll" role="group" aria-label="{label}" tabindex="0">'
        f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def operations(document: Mapping[str, object], language: Language) -> str:
    """Give the OpenAPI document as a list of routes."""
    words = words_in(language)
    parts = [f"<h1>{escape(words['documentation'])}</h1>"]
    parts.append('<p><a href="/openapi.json">/openapi.json</a> (OpenAPI)</p>')
    for path, methods in _tables(document.get("paths")):
        for method, operation in _tables(methods):
            parts.append(_operation(path, method, operation, words["answers"]))
    return "".join(parts)


def _operation(path: str, method: str, operation: Mapping[str, object], answers: str) -> str:
    codes = ", ".join(code for code, _ in _tables(operation.get("responses")))
    return (
        f"<h2><code>{method.upper()} {escape(path)}</code></h2>"
        f"<p>{escape(str(operation.get('summary', '')))}. "
        f"{escape(str(operation.get('description', '')))}</p>"
        f"<p>{escape(answers)}: {escape(codes)}</p>"
    )


def _tables(value: object) -> Iterator[tuple[str, Mapping[str, object]]]:
    """Give the members of an object that are objects themselves."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if isinstance(inner, Mapping):
                yield str(name), inner
