"""What a test needs of the machine: skipped with its reason, or failed where nothing may be."""

import os

import pytest


def need(found, what):
    """Give what was found. `.ci/run` sets NOTHING_SKIPPED: there a test that cannot run fails."""
    if found:
        return found
    if os.environ.get("NOTHING_SKIPPED"):
        pytest.fail(f"needs {what}, and nothing may be skipped here")
    return pytest.skip(f"needs {what}")
