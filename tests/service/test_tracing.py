"""service.tracing: one span per call where a collector is named, and nothing of a patient in it."""

import asyncio
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from service.answer import Desk
from service.calls import answered, deadline_of
from service.clients import Client
from service.ehr import Ehr
from service.errors import BadRequest
from service.hooks import SERVICES
from service.metrics import Metrics
from service.remembering import Remembering, Trail
from service.tracing import Tracing
from tests.service.asking import ANCHOR, PATIENT_VIEW, example, make_app, settings
from tests.service.keeping import Asking

GAPS = example("aos-gaps")
NAMES = {"vidare.service", "vidare.outcome", "vidare.cards"}


def call(tracing, body):
    given = settings()
    trail = Trail(SERVICES[0], "sv", Desk(given, Client(), ANCHOR, lambda: "id"))
    room = Remembering(None, Metrics(), tracing.tracer)
    return asyncio.run(answered(body, trail, room, Ehr(given), deadline_of(given)))


def test_a_call_is_one_span_with_names_of_ours():
    exporter = InMemorySpanExporter()
    tracing = Tracing(exporter)
    call(tracing, GAPS)
    with pytest.raises(BadRequest):
        call(tracing, b'{"Canary-Testsson": 1}')
    tracing._provider.force_flush()
    answer, refusal = exporter.get_finished_spans()
    assert dict(answer.attributes)["vidare.outcome"] == "answered"
    assert dict(answer.attributes)["vidare.source.observations"] == "complete"
    names = {name for name in answer.attributes if not name.startswith("vidare.source.")}
    assert names == NAMES
    assert dict(refusal.attributes)["vidare.outcome"] == "missing-member"
    assert refusal.events == ()
    patient = json.loads(GAPS)["prefetch"]["patient"]
    for text in ("Canary", patient["id"], patient["name"][0]["family"]):
        assert text not in answer.to_json() + refusal.to_json()
    tracing.close()


def test_without_a_collector_nothing_is_recorded(monkeypatch):
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT", raising=False)
    tracing = Tracing()
    assert call(tracing, GAPS)
    assert tracing._provider is None
    tracing.close()


class Collector(BaseHTTPRequestHandler):
    def do_POST(self):
        self.server.taken.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


def test_spans_reach_the_collector_that_the_environment_names(monkeypatch):
    with HTTPServer(("127.0.0.1", 0), Collector) as server:
        server.taken = []
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
        app = make_app()
        with asyncio.Runner() as runner:
            lifespan = app.router.lifespan_context(app)
            runner.run(lifespan.__aenter__())
            assert Asking(runner, app).post(PATIENT_VIEW, GAPS).status_code == 200
            runner.run(lifespan.__aexit__(None, None, None))
        server.shutdown()
        thread.join()
    assert len(server.taken) == 1
    assert b"svf-patient-view" in server.taken[0]
