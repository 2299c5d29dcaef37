"""tests.fuzz.reading: twenty seconds of it in every run; `make fuzz` gives it five minutes."""

import os
import re
import subprocess
import sys

import pytest

from tests.service.asking import ROOT

SECONDS = os.environ.get("FUZZ_SECONDS", "20")
SEED = os.environ.get("FUZZ_SEED", "20261122")
"""The same in every run, 0 for another each time."""


@pytest.mark.skipif(
    not (sys.platform == "linux" and sys.version_info < (3, 14)),
    reason="atheris has wheels for Linux and CPython below 3.14",
)
def test_no_call_is_crashed_on(tmp_path):
    corpus, found = tmp_path / "corpus", tmp_path / "found"
    corpus.mkdir()
    found.mkdir()
    limits = [
        f"-max_total_time={SECONDS}",
        "-timeout=20",
        "-max_len=60000",
        "-rss_limit_mb=0",
        f"-seed={SEED}",
    ]
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "tests.fuzz.reading", corpus, *limits, f"-artifact_prefix={found}/"],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    assert not list(found.iterdir())
    (runs,) = re.findall(r"Done (\d+) runs", done.stderr)
    print(f"{runs} calls in {SECONDS} seconds")
    assert int(runs) > 100
