"""One search read to its end: the pages that follow, and where the next one may be."""

from urllib.parse import unquote

import httpx

from cards.source import Page, Unusable, fetched_page
from service.exchange import Exchange
from service.wire import cut_deep, cut_halves

MOST_PAGES = 100
"""Pages that are read of one search."""


async def read_on(key: str, pages: list[Page], asked: str, exchange: Exchange) -> None:
    """Read what follows the pages, to the end; raises `Unusable` where that cannot be reached."""
    start = httpx.URL(f"{exchange.base}/{asked}")
    url = onward(pages[-1], start, exchange.base) if pages else start
    seen: set[httpx.URL] = set()
    while url is not None:
        if url in seen:
            raise Unusable("morePages")
        if len(seen) == MOST_PAGES:
            raise Unusable("tooMuch")
        seen.add(url)
        page = _opened(key, await exchange.get(url), asked)
        exchange.allowance.spend(len(page.entries))
        pages.append(page)
        url = onward(page, url, exchange.base)


def _opened(key: str, raw: bytes, asked: str) -> Page:
    """Open an answer; where it cannot be decoded, without its depths and half characters."""
    try:
        return fetched_page(key, raw, asked)
    except Unusable:
        mended = cut_deep(cut_halves(raw))
        if mended == raw:
            raise
        return fetched_page(key, mended, asked)


def onward(page: Page, here: httpx.URL, base: httpx.URL) -> httpx.URL | None:
    """Give where the page after `page`, itself read at `here`, is; None where there is none.

    Raises `Unusable` where the link leads out of the base.
    """
    if page.next is None:
        return None
    try:
        url = here.join(page.next)
    except (httpx.InvalidURL, ValueError):
        raise Unusable("ehrElsewhere") from None
    inside = url.path == base.path or url.path.startswith(f"{base.path.rstrip('/')}/")
    same = (url.scheme, url.host, url.port) == (base.scheme, base.host, base.port)
    # a step up that was percent-encoded is taken by some servers
    steps = ".." in unquote(url.path).replace("\\", "/").split("/")
    if url.userinfo or steps or not (inside and same):
        raise Unusable("ehrElsewhere")
    return url
