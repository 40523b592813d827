"""Alerts, dashboard and runbook against promtool, and against the metrics, log lines and words that exist."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from shared import AT, anchors, log_lines, metrics

RULES = AT / "deploy/prometheus/rules.yaml"
RULES_TEST = AT / "tests/deploy/rules_test.yaml"
DASHBOARD = AT / "deploy/grafana/dashboard.json"
RUNBOOK = AT / "docs/RUNBOOK.md"

promtool = pytest.mark.skipif("PROMTOOL" not in os.environ, reason="promtool is not there")


def check(*arguments: str | Path) -> None:
    subprocess.run([os.environ["PROMTOOL"], *arguments], check=True)


def alerts() -> list[dict[str, Any]]:
    groups = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def queries() -> list[str]:
    """What the dashboard asks Prometheus for."""
    panels = json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]
    return [target["expr"] for panel in panels for target in panel.get("targets", [])]


def metrics_of(expression: str) -> set[str]:
    """Its metrics by the name that METRICS.md has."""
    names = set(re.findall(r"\b(kkanbu_[a-z_]+)", expression))
    return {re.sub(r"(_seconds)_(bucket|sum|count)$", r"\1", name) for name in names}


@promtool
def test_promtool_reads_the_rules_and_the_configuration() -> None:
    check("check", "rules", RULES)
    check("check", "config", AT / "deploy/prometheus/prometheus.yaml")


@promtool
def test_each_alert_comes_when_it_should_and_none_on_a_day_with_a_little_of_everything() -> None:
    check("test", "rules", RULES_TEST)
    cases = [case for test in yaml.safe_load(RULES_TEST.read_text(encoding="utf-8"))["tests"]
             for case in test["alert_rule_test"]]
    names = {alert["alert"] for alert in alerts()}
    assert {case["alertname"] for case in cases if case["exp_alerts"]} == names
    assert {case["alertname"] for case in cases if not case["exp_alerts"]} == names


@promtool
def test_promtool_reads_what_the_dashboard_asks(tmp_path: Path) -> None:
    rules = [{"record": f"panel:{number}", "expr": expression.replace("$__rate_interval", "4m")}
             for number, expression in enumerate(queries())]
    file = tmp_path / "dashboard.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}]}), encoding="utf-8")
    check("check", "rules", file)


@pytest.mark.parametrize("expression", [alert["expr"] for alert in alerts()] + queries())
def test_only_metrics_that_exist_are_asked_for(expression: str) -> None:
    assert metrics_of(expression) <= metrics()
    assert metrics_of(expression) or "up{" in expression
    labels = set(re.findall(r"[{,]\s*([a-z_]+)\s*[=!]", expression))
    assert labels <= {"job", "instance", "reason", "area", "le"}


@pytest.mark.parametrize("expression", [alert["expr"] for alert in alerts()])
def test_only_reasons_that_exist_are_asked_for(expression: str) -> None:
    known = (AT / "proto/codes.md").read_text(encoding="utf-8") + (AT / "docs/METRICS.md").read_text(encoding="utf-8")
    for reasons in re.findall(r'reason=~?"([^"]+)"', expression):
        for reason in reasons.split("|"):
            assert f"`{reason}`" in known


@pytest.mark.parametrize("alert", alerts(), ids=lambda alert: str(alert["alert"]))
def test_an_alert_says_what_to_do(alert: dict[str, Any]) -> None:
    page, _, anchor = alert["annotations"]["runbook"].partition("#")
    assert anchor in anchors(AT / page)
    section = re.split(r"^## ", RUNBOOK.read_text(encoding="utf-8"), flags=re.MULTILINE)
    [section] = [text for text in section if anchor in
                 re.sub(r"[^\w\- ]", "", text.split("\n")[0]).replace(" ", "-").lower()]
    assert f"`{alert['alert']}`" in section
    assert alert["labels"]["severity"] in ("page", "ticket")


def signs(name: str) -> list[str]:
    """What stands beside a sign in all sections of the runbook."""
    rows = re.findall(rf"^\| {name} \| (.+) \|$", RUNBOOK.read_text(encoding="utf-8"), re.MULTILINE)
    assert rows, name
    return rows


def test_the_runbook_names_alerts_metrics_and_log_lines_that_exist() -> None:
    ticks = re.compile("`([^`]+)`")
    named = [set(ticks.findall(" ".join(signs(sign)))) for sign in ("Alert", "Metric", "Log")]
    assert named[0] == {alert["alert"] for alert in alerts()}
    assert {name for name in named[1] if name.startswith("kkanbu_")} <= metrics()
    assert named[2] <= log_lines()


def test_what_the_runbook_says_that_the_server_and_the_page_say_is_said_by_them() -> None:
    code = "\n".join(file.read_text(encoding="utf-8") for file in (AT / "crates").glob("*/src/**/*.rs"))
    for message in re.findall("`([^`]+)`", " ".join(signs("At the start"))):
        for part in message.split("…"):
            assert part.strip("() ;") in code, message
    page = "\n".join(file.read_text(encoding="utf-8") for file in (AT / "crates/web/page/src/text").glob("en*.ts"))
    for text in re.findall('"([^"]+)"', " ".join(signs("Members see"))):
        assert text.removesuffix(",").removesuffix(".") in page, text
