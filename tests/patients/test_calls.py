"""patients.calls: an EHR sends what it holds, or a part of it, and says so."""

from patients.calls import call
from patients.chart import drafts, record
from tests.patients.telling import frame

PANEL = {"on": "2026-02-20", "tests": ["blood"]}


def sent(**members):
    of = frame(panel=PANEL, **members)
    return call(of, "svf-patient-view", record(of), drafts(of))["prefetch"]


def test_a_search_counts_its_matches_newest_first():
    samplings = [{"tests": ["hb"], "on": ["2024-05-06", "2025-05-06"]}]
    found = sent(samplings=samplings)["observations"]
    names = [each["resource"]["id"] for each in found["entry"]]
    assert found["total"] == 5
    assert names[-2:] == ["obs-hb-20250506", "obs-hb-20240506"]
    assert "link" not in found


def test_a_first_page_names_the_next():
    found = sent(sending={"first": {"observations": 1}})["observations"]
    assert (found["total"], len(found["entry"])) == (3, 1)
    assert found["link"][0]["relation"] == "next"


def test_a_key_may_be_withheld_or_fail():
    found = sent(sending={"withheld": ["vitals"], "failed": ["conditions"]})
    assert "vitals" not in found
    assert found["conditions"]["resourceType"] == "OperationOutcome"


def test_nothing_found_is_a_bundle_without_entries():
    assert sent()["medications"] == {"resourceType": "Bundle", "type": "searchset", "total": 0}


def test_order_sign_brings_the_orders_and_an_id_that_stays():
    order = {"id": "draft-aos", "status": "draft", "on": "2026-03-02T08:55", "text": "SVF AOS"}
    of = frame(drafts=[order])
    first, second = (call(of, "svf-order-sign", record(of), drafts(of)) for _ in range(2))
    assert first == second
    assert first["hook"] == "order-sign"
    (entry,) = first["context"]["draftOrders"]["entry"]
    assert entry["resource"]["encounter"] == {"reference": "Encounter/enc-now"}
