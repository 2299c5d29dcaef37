"""Serves Vidare for the benchmark, as `make run` does, without access log."""

import sys

import uvicorn

from service.app import create_app
from service.settings import Settings


def settings() -> Settings:
    """Give the settings of `make run`."""
    return Settings(auth="off", log_level="ERROR")


if __name__ == "__main__":
    uvicorn.run(create_app(settings()), port=int(sys.argv[1]), access_log=False, log_level="error")
