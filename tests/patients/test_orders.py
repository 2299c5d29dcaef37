"""patients.orders: orders, referrals and medicines."""

from patients.chart import drafts
from tests.patients.telling import frame, made


def test_of_a_medicine_only_the_last_prescription_is_in_force():
    found = made(
        "MedicationRequest", medicines=[{"what": "warfarin", "on": ["2024-01-02", "2025-01-07"]}]
    )
    assert [(each["id"], each["status"]) for each in found] == [
        ("med-warfarin-20240102", "completed"),
        ("med-warfarin", "active"),
    ]


def test_an_order_is_of_a_test_of_a_code_of_a_text_or_a_medicine():
    told = [
        {"id": "1", "on": "2026-03-02", "text": "Hb", "test": "hb", "status": "draft"},
        {"id": "2", "on": "2026-03-02", "text": "AOS", "code": "ours|svf-aos", "status": "draft"},
        {"id": "3", "on": "2026-03-02", "text": "SVF AOS", "status": "draft", "why": "x"},
        {"id": "4", "on": "2026-03-02", "medicine": "cetirizine", "status": "draft"},
    ]
    hb, aos, text, medicine = drafts(frame(drafts=told))
    assert hb["code"]["coding"][0]["code"] == "NPU28309"
    assert aos["code"]["coding"][0]["code"] == "svf-aos"
    assert text["code"] == {"text": "SVF AOS"}
    assert (medicine["resourceType"], medicine["id"]) == ("MedicationRequest", "4")
