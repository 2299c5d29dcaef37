"""Dashboard, alerts and the operators' page speak of metrics that exist, and of nothing else."""

import json
import re
from pathlib import Path

import pytest
import yaml

from service.metrics import Metrics

ROOT = Path(__file__).parents[2]
DASHBOARD = json.loads((ROOT / "deploy" / "grafana" / "vidare.json").read_text("utf-8"))
ALERTS = yaml.safe_load((ROOT / "deploy" / "prometheus" / "alerts.yaml").read_text("utf-8"))
RULES = [rule for group in ALERTS["groups"] for rule in group["rules"]]
OPERATIONS = (ROOT / "docs" / "operations.md").read_text("utf-8")


def known():
    names = set()
    for family in Metrics().registry.collect():
        ends = {"counter": ["_total"], "histogram": ["_bucket", "_sum", "_count"]}
        names.update(family.name + end for end in ends.get(family.type, [""]))
    return names


def spoken_of(expression):
    return set(re.findall(r"\bvidare_[a-z_]+", expression))


@pytest.mark.parametrize("panel", DASHBOARD["panels"], ids=lambda panel: panel["title"])
def test_panel_shows_metrics_that_exist(panel):
    for target in panel["targets"]:
        assert spoken_of(target["expr"])
        assert spoken_of(target["expr"]) <= known()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_alert_asks_for_metrics_that_exist_and_is_explained(rule):
    assert spoken_of(rule["expr"]) <= known()
    assert f"| `{rule['alert']}` |" in OPERATIONS


def test_every_metric_is_on_the_dashboard_or_raises_an_alert():
    shown = " ".join(target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"])
    asked = " ".join(rule["expr"] for rule in RULES)
    families = {family.name for family in Metrics().registry.collect()}
    assert {name for name in families if name not in f"{shown} {asked}"} <= {
        "vidare_journal_kept",  # by place: for benchmarks and for one who looks into a slow disk
        "vidare_journal_stored",
    }


def test_panels_do_not_overlap():
    taken = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken
        taken |= cells
