"""A real server on a free port and the system's Chromium, headless."""

import shutil
import socket
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count

import pytest
import uvicorn
from playwright.sync_api import sync_playwright

from service.app import create_app
from tests.needing import need
from tests.service.asking import ANCHOR, ROOT, settings

SCREENSHOTS = ROOT / "screenshots"


def chromium():
    """Give the path of the system's Chromium."""
    paths = map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))
    return need(next(filter(None, paths), None), "Chromium")


@contextmanager
def served(**given):
    """Serve the application on the anchor day and a free port; give its base URL."""
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    numbers = count(1)
    app = create_app(
        settings(public_url=url, **given),
        today=lambda: ANCHOR,
        new_id=lambda: f"00000000-0000-4000-8000-{next(numbers):012d}",
    )
    # The logs of the process are what other tests look at: nothing of them is set here.
    config = uvicorn.Config(app, log_config=None, log_level=None, access_log=False, ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    yield url
    server.should_exit = True
    thread.join()


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Serve as `make run` does, its memory in a folder of its own."""
    with served(journal=True, spool=tmp_path_factory.mktemp("spool")) as url:
        yield url


@pytest.fixture
def guarded_site():
    """Serve where every call needs a token."""
    with served(auth="required", sandbox=True) as url:
        yield url


@pytest.fixture
def unhurried_site():
    """Serve with time for an EHR that takes its own, on whatever machine the test runs."""
    with served(response_budget_ms=60_000) as url:
        yield url


@pytest.fixture
def elsewhere():
    """Serve an empty page from another origin; give its URL."""

    class Empty(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<!doctype html><title>EHR</title>")

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Empty) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def browser():
    """Start the browser once; while it runs, its event loop does, and no test may run another."""
    path = chromium()
    with sync_playwright() as playwright:
        # Chromium's own sandbox cannot run as root in a container; only our pages are opened.
        started = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def look(browser, site):
    """Give a function that opens the sandbox; what the page complains of fails the test."""
    contexts, complaints = [], []

    def opened(path="", *, width=1440, height=1000, **options):
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        context.set_default_timeout(15_000)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "request",
            lambda request: (
                None if request.url.startswith(site) else complaints.append(f"left: {request.url}")
            ),
        )
        page.goto(f"{site}/sandbox/{path}")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def keep():
    """Give a function that keeps a screenshot of a page under a name."""
    SCREENSHOTS.mkdir(exist_ok=True)

    def kept(page, name):
        page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)

    return kept
