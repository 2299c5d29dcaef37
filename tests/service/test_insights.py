"""service.insights: counts of one client, the same over both databases, without a patient."""

import json
from datetime import timedelta

import pytest

from service.database import opened
from service.insights import Fare, Insights, as_csv, insights
from tests.service.asking import ANCHOR, ORDER_SIGN, example, make_app, send
from tests.service.keeping import Kept, accepted, overridden
from tests.service.signing import clients_file

GAPS = example("aos-gaps")


def found(kept, client="default", days=90):
    with opened(kept.url) as engine, engine.connect() as connection:
        return insights(connection, client, days)


def test_what_became_of_the_cards_is_counted(tmp_path, database_url):
    kept = Kept(tmp_path, database_url)
    (first,), (second,) = kept.ask(GAPS), kept.ask(GAPS)
    kept.ask(GAPS)
    kept.ask(example("aos-gaps", "svf-order-sign"), ORDER_SIGN)
    kept.tell(accepted(first["uuid"], *(s["uuid"] for s in first["suggestions"])))
    kept.tell(overridden(second["uuid"], "explained"), overridden(second["uuid"], "urgent"))
    kept.tell(overridden(second["uuid"], on=ANCHOR + timedelta(days=1), comment="x"))
    kept.ask(GAPS)
    (fare,) = [f for f in found(kept).fares if f.topic == "aosMissing"]
    assert (fare.pathway, fare.accepted, fare.overridden, fare.asleep) == ("aos", 1, 1, 1)
    assert fare.shown >= 3
    assert fare.reasons == {"explained": 1, "comment": 1}
    assert fare.hours == 0.0
    hooks = {panel.hook: panel for panel in found(kept).panels}
    assert hooks["patient-view"].cards == 4
    assert 0 < hooks["patient-view"].answered < 100
    assert sum(n for week in found(kept).weeks.values() for n in week.values()) >= 3


def test_nobody_sees_the_cards_of_another_client(tmp_path):
    kept = Kept(tmp_path, f"sqlite:///{tmp_path}/a.db")
    kept.ask(GAPS)
    assert found(kept, "B") == Insights(90, (), (), {})


def test_a_cell_that_a_spreadsheet_might_run_is_made_inert():
    fare = Fare("aos", "aosMissing", reasons={"=1+1": 2})
    text = as_csv(Insights(1, (fare,), (), {}))
    assert text.splitlines()[1] == "aos,aosMissing,0,0,0,0,0,0,,'=1+1 2"


# -- over HTTP ---------------------------------------------------------------------------------


@pytest.fixture
def asking(tmp_path):
    kept = Kept(tmp_path, f"sqlite:///{tmp_path}/a.db")
    kept.ask(GAPS)
    with kept.running() as asking:
        yield asking


@pytest.mark.parametrize("language", ["sv", "da", "en"])
def test_the_page_shows_charts_with_tables_beside_them_and_no_patient(asking, language):
    response = asking.send("GET", f"/insights?language={language}")
    assert response.status_code == 200
    assert response.headers["content-language"] == language
    assert response.text.count('<svg role="img"') == 2
    assert "style=" not in response.text
    assert "<td>aosMissing</td>" in response.text
    assert "default-src 'none'" in response.headers["content-security-policy"]
    patient = json.loads(GAPS)["prefetch"]["patient"]
    assert patient["id"] not in response.text
    assert patient["name"][0]["family"] not in response.text


def test_a_program_gets_json_and_a_spreadsheet_csv(asking):
    plain = asking.send("GET", "/insights", headers={"Accept": "application/json"}).json()
    assert plain["topics"][0]["topic"] == "aosMissing"
    response = asking.send("GET", "/insights.csv?days=7")
    assert response.headers["content-type"].startswith("text/csv")
    assert response.text.splitlines()[1].startswith("aos,aosMissing,1,")


def test_before_the_first_call_the_page_says_so(tmp_path):
    kept = Kept(tmp_path, f"sqlite:///{tmp_path}/a.db")
    with kept.running(sandbox=False) as asking:
        response = asking.send("GET", "/insights?language=en")
        assert "No advice has been given yet." in response.text
        assert asking.send("GET", "/insights?days=0").status_code == 400


def test_a_database_that_is_down_is_a_503(tmp_path):
    kept = Kept(tmp_path, f"sqlite:///{tmp_path}/a.db")
    with kept.running(database_url="postgresql+psycopg://vidare@127.0.0.1:1/none") as asking:
        assert asking.send("GET", "/insights").status_code == 503


def test_who_calls_is_asked(tmp_path):
    app = make_app(auth="required", clients=clients_file(tmp_path))
    for path in ("/insights", "/insights.csv"):
        assert send(app, "GET", path).status_code == 401


def test_the_document_tells_of_both_and_of_all_that_the_json_holds(asking):
    document = asking.send("GET", "/openapi.json").json()
    assert {"/insights", "/insights.csv"} <= set(document["paths"])
    plain = asking.send("GET", "/insights", headers={"Accept": "application/json"}).json()
    schemas = document["components"]["schemas"]
    assert set(plain) == set(schemas["Insights"]["properties"])
    assert set(plain["topics"][0]) == set(schemas["Fare"]["properties"])
    assert set(plain["panel"][0]) == set(schemas["Panel"]["properties"])


@pytest.mark.parametrize(
    ("language", "invented"), [("sv", "Påhittade"), ("da", "Opdigtede"), ("en", "Invented")]
)
def test_a_sandbox_without_a_journal_shows_invented_examples_and_says_so(
    tmp_path, language, invented
):
    kept = Kept(tmp_path, f"sqlite:///{tmp_path}/a.db")
    with kept.running(sandbox=True) as asking:
        text = asking.send("GET", f"/insights?language={language}").text
        plain = asking.send("GET", "/insights", headers={"Accept": "application/json"}).json()
    assert invented in text
    assert text.count('<svg role="img"') == 2
    assert plain["topics"] == [], "a program is told nothing that is invented"
    with kept.running(sandbox=False) as asking:
        assert invented not in asking.send("GET", "/insights").text
    kept.ask(GAPS)
    with kept.running(sandbox=True) as asking:
        assert invented not in asking.send("GET", f"/insights?language={language}").text
