"""Serves Vidare with a journal, or without: the arguments are port, `on` or `off`, URL, folder."""

import sys
from pathlib import Path

import uvicorn

from service.app import create_app
from service.settings import Settings

SECRET = "0123456789abcdef0123456789abcdef"  # noqa: S105 - nobody's: it hashes example patients

if __name__ == "__main__":
    port, journal, url, folder = sys.argv[1:]
    settings = Settings(
        auth="off",
        log_level="ERROR",
        journal=journal == "on",
        database_url=url,
        spool=Path(folder) / "spool",
        journal_secrets=SECRET,
    )
    uvicorn.run(create_app(settings), port=int(port), access_log=False, log_level="error")
