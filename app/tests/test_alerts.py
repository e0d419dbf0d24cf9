"""The Prometheus rules: what they look at exists, and whoever is woken by one finds what to do."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import prometheus_client
import pytest
import yaml

from app.telemetry import metrics

ROOT = Path(__file__).resolve().parent.parent.parent
PROMETHEUS = ROOT / "deploy" / "prometheus"
RULE_FILES = sorted((PROMETHEUS / "rules").glob("*.yml"))
METRIC = re.compile(r"\battest_\w+")
LABELLED = re.compile(r"\b(attest_\w+)\{([^}]*)\}")
LABEL_NAME = re.compile(r"(\w+)\s*(?:=~|!~|!=|=)")
GROUPED = re.compile(r"\bby \(([^)]*)\)")
PROMTOOL = shutil.which("promtool")


def rules() -> list[dict[str, Any]]:
    files = [yaml.safe_load(path.read_text()) for path in RULE_FILES]
    return [rule for file in files for group in file["groups"] for rule in group["rules"]]


each_rule = pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["alert"])


def series() -> dict[str, set[str]]:
    """The names under which our metrics are exposed, and their labels."""
    found: dict[str, set[str]] = {}
    for metric in vars(metrics).values():
        if isinstance(metric, prometheus_client.metrics.MetricWrapperBase):
            labels, name = set(metric._labelnames), metric._name
            endings = {"counter": ["_total"], "histogram": ["_bucket", "_sum", "_count"]}.get(str(metric._type), [""])
            found |= {f"{name}{ending}": labels | ({"le"} if ending == "_bucket" else set()) for ending in endings}
    return found


@each_rule
def test_every_metric_exists_and_has_the_labels(rule: dict[str, Any]) -> None:
    known, named = series(), METRIC.findall(rule["expr"])
    assert named
    assert set(named) <= set(known)
    for name, selectors in LABELLED.findall(rule["expr"]):
        assert set(LABEL_NAME.findall(selectors)) <= known[name]
    for labels in GROUPED.findall(rule["expr"]):
        assert {each.strip() for each in labels.split(",")} <= set.union(*(known[name] for name in named))


@each_rule
def test_every_alert_has_a_runbook_a_weight_and_words(rule: dict[str, Any]) -> None:
    runbook = ROOT / rule["annotations"]["runbook"]
    assert runbook.parent == ROOT / "docs" / "runbooks"
    assert runbook.is_file()
    assert rule["labels"]["severity"] in {"P1", "P2", "P3", "P4"}
    assert rule["annotations"]["summary"]
    assert rule["annotations"]["description"].endswith(".")


def test_names_are_told_apart_and_every_runbook_is_reached() -> None:
    names = [rule["alert"] for rule in rules()]
    assert len(names) == len(set(names))
    reached = {Path(rule["annotations"]["runbook"]).name for rule in rules()}
    ours = {"chat-model.md", "embedding.md", "reranker.md", "budget-near.md", "budget-spent.md", "cost-anomaly.md"}
    assert ours <= reached
    named_alike = {f"{name}.md" for name in names}
    assert reached <= named_alike


def test_the_document_of_limits_names_every_alert_on_them() -> None:
    text = (ROOT / "docs" / "limits-and-budgets.md").read_text()
    for group in yaml.safe_load((PROMETHEUS / "rules" / "budgets.yml").read_text())["groups"]:
        for rule in group["rules"]:
            assert f"| {rule['alert']} |" in text


@pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed (apt install prometheus).")
@pytest.mark.parametrize("act", ["check", "test"])
def test_prometheus_takes_the_rules_and_they_fire_when_they_should(act: str) -> None:
    files = RULE_FILES if act == "check" else sorted((PROMETHEUS / "tests").glob("*.yml"))
    command = [str(PROMTOOL), act, "rules", *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
