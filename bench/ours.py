"""Serves Vidare for the benchmark as `vidare serve` does, on the port that is its argument."""

import sys

import uvicorn

from service.app import create_app
from service.serving import Http
from service.settings import Settings


def settings() -> Settings:
    """Give the settings of `make run`; what the journal costs is measured by bench.journal."""
    return Settings(auth="off", log_level="ERROR", journal=False)


def serve() -> None:
    """Serve until told to stop."""
    app = create_app(settings())
    uvicorn.run(
        app,
        port=int(sys.argv[1]),
        http=Http,
        ws="none",
        log_level="error",
        access_log=False,
        server_header=False,
        proxy_headers=False,
    )


if __name__ == "__main__":
    serve()
