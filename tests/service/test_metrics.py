"""service.metrics: what Prometheus reads, without a patient."""

import os
import re

import httpx

from service.metrics import Metrics, _ended
from tests.service.asking import JSON, PATIENT_VIEW, example, make_app, post, send
from tests.service.serving import serving


def test_a_call_is_counted_by_service_outcome_topic_and_source():
    app = make_app()
    post(app, PATIENT_VIEW, example("aos-gaps"))
    post(app, PATIENT_VIEW, b"{")
    response = send(app, "GET", "/metrics")
    assert response.headers["content-type"].startswith("text/plain; version=")
    for line in (
        'vidare_calls_total{outcome="answered",service="svf-patient-view"} 1.0',
        'vidare_calls_total{outcome="not-json",service="svf-patient-view"} 1.0',
        'vidare_call_seconds_count{service="svf-patient-view"} 2.0',
        'vidare_sources_total{key="observations",outcome="complete"} 1.0',
    ):
        assert line in response.text


def test_each_application_counts_for_itself():
    one, other = Metrics(), Metrics()
    one.calls.labels("a", "b").inc()
    assert b'service="a"' not in other.text()


def counted(base):
    text = httpx.get(f"{base}/metrics", trust_env=False).text
    found = re.search(r"^vidare_calls_total{.*} ([0-9.]+)$", text, re.MULTILINE)
    return float(found[1]) if found else 0.0, text


def test_several_processes_are_counted_together_whichever_is_asked(tmp_path):
    with serving(tmp_path, AUTH="off", WORKERS=2, SPOOL=tmp_path / "spool") as server:
        for _ in range(12):
            url = f"{server.base}{PATIENT_VIEW}"
            content = example("aos-gaps")
            answer = httpx.post(url, content=content, headers=JSON, trust_env=False)
            assert answer.status_code == 200
        for _ in range(6):
            count, text = counted(server.base)
            assert count == 12
            assert "vidare_database_up 1.0" in text


def test_a_process_that_has_ended_leaves_no_gauge(tmp_path):
    (tmp_path / "gauge_livesum_999999999.db").write_bytes(b"")
    (tmp_path / f"gauge_livesum_{os.getpid()}.db").write_bytes(b"")
    (tmp_path / "counter_1.db").write_bytes(b"")
    assert _ended(tmp_path) == {999999999}
