"""Two processes behind nginx on one PostgreSQL: what one of them was told, the other knows."""

import json
import os
import shutil
import subprocess
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime

import httpx
import pytest
from sqlalchemy import select

from service.database import opened, upgrade
from service.examples import example
from service.settings import ZONE
from service.tables import FEEDBACK
from tests.needing import need
from tests.service.asking import JSON
from tests.service.keeping import OVERRIDE
from tests.service.postgres import free_port
from tests.service.serving import PATIENCE, serving
from tests.service.signing import bearer, clients_file

SERVICE = "svf-patient-view"
CONFIGURATION = """
{user}
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  client_max_body_size 4m;
  upstream vidare {{ {servers} }}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://vidare;
      proxy_set_header Host $host;
      add_header X-Answered-By $upstream_addr always;
    }}
  }}
}}
"""


@contextmanager
def nginx(folder, port, servers):
    """Run nginx in front of the servers, which take turns."""
    folder.mkdir()
    program = need(
        shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin"),
        "nginx (Debian: apt install nginx-light)",
    )
    lines = " ".join(f"server 127.0.0.1:{server.port};" for server in servers)
    user = "user root;" if os.geteuid() == 0 else ""  # or its workers could not write here
    text = CONFIGURATION.format(folder=folder, port=port, servers=lines, user=user)
    (folder / "nginx.conf").write_text(text)
    command = [program, "-p", str(folder), "-c", str(folder / "nginx.conf")]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL) as process:  # noqa: S603 -- ours
        try:
            yield
        finally:
            process.terminate()


class Front:
    """The address that an EHR knows."""

    def __init__(self, port):
        self.base = f"http://127.0.0.1:{port}"
        self.client = httpx.Client(base_url=self.base, trust_env=False, timeout=PATIENCE)
        self.answered_by = Counter()

    def post(self, path, content, **token):
        headers = JSON | bearer(aud=self.base + path, **token)
        response = self.client.post(path, content=content, headers=headers)
        self.answered_by[response.headers.get("X-Answered-By")] += 1
        return response

    def cards(self, body):
        response = self.post(f"/cds-services/{SERVICE}", body)
        assert response.status_code == 200, response.text
        return response.json()["cards"]

    def await_silence(self, body):
        """Ask until each of both says nothing more; a look-up that is late shows the card."""
        silent, deadline = set(), time.monotonic() + PATIENCE
        while len(silent) < 2:
            assert time.monotonic() < deadline, "a dismissed card is shown again"
            response = self.post(f"/cds-services/{SERVICE}", body)
            if response.json()["cards"] == []:
                silent.add(response.headers["X-Answered-By"])

    def await_up(self):
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                return self.client.get("/health/ready").raise_for_status()
            except httpx.HTTPError:
                assert time.monotonic() < deadline, "nginx does not pass calls on"
                time.sleep(0.02)


@pytest.fixture(scope="module")
def installation(tmp_path_factory, postgres):
    """Give two processes on one database, and the nginx in front of them."""
    folder = tmp_path_factory.mktemp("two")
    url, port = postgres.new_url(), free_port()
    given = {
        "DATABASE_URL": url,
        "AUTH": "required",
        "CLIENTS": clients_file(folder),
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
    }
    with opened(url) as engine:
        upgrade(engine)
    first, second = folder / "first", folder / "second"
    first.mkdir()
    second.mkdir()
    with (
        serving(first, **given) as one,
        serving(second, **given) as two,
        nginx(folder / "nginx", port, (one, two)),
    ):
        front = Front(port)
        with front.client:
            front.await_up()
            yield front, url


def a_call(name):
    """Give a request about a patient of this test's own."""
    call = json.loads(example("aos-gaps", SERVICE, datetime.now(ZONE).date()))
    own = call["context"]["patientId"]
    return json.dumps(call).replace(own, f"{own}-{name}").encode()


def overridden(card, at):
    reason = {"reason": {"code": "patientDeclines", "system": OVERRIDE}}
    told = {"card": card, "outcome": "overridden", "outcomeTimestamp": at, "overrideReason": reason}
    return json.dumps({"feedback": [told]}).encode()


def stored(url, card):
    with opened(url) as engine, engine.connect() as connection:
        rows = connection.execute(select(FEEDBACK)).mappings()
        return [row for row in rows if card.replace("-", "") in str(row["card"]).replace("-", "")]


def await_stored(url, card):
    deadline = time.monotonic() + PATIENCE
    while not (rows := stored(url, card)):
        assert time.monotonic() < deadline, "the feedback did not reach the database"
        time.sleep(0.02)
    return rows


def test_a_card_dismissed_at_one_sleeps_at_both_and_feedback_is_stored_once(installation):
    front, url = installation
    body = a_call("snooze")
    (card,) = front.cards(body)
    told = overridden(card["uuid"], datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
    front.answered_by.clear()
    for _ in range(6):
        assert front.post(f"/cds-services/{SERVICE}/feedback", told).status_code == 200
    assert len(front.answered_by) == 2, "both took it"
    await_stored(url, card["uuid"])
    front.await_silence(body)
    assert len(stored(url, card["uuid"])) == 1


def test_a_token_is_let_in_once_whichever_takes_it(installation):
    front, _ = installation
    body, path = a_call("replay"), f"/cds-services/{SERVICE}"
    front.answered_by.clear()
    with ThreadPoolExecutor(8) as pool:
        answers = pool.map(lambda _: front.post(path, body, jti="the same").status_code, range(50))
        assert Counter(answers) == {200: 1, 401: 49}
    assert len(front.answered_by) == 2, "both were asked"
