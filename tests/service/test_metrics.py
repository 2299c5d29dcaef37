"""service.metrics: what Prometheus reads, without a patient."""

from service.metrics import Metrics
from tests.service.asking import PATIENT_VIEW, example, make_app, post, send


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
