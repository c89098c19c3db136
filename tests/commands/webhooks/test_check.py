from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from pathlib import Path

    from jebbitctl.webhooks.receiver import Delivery
    from tests.support import Cli


def test_a_correct_receiver_passes_and_junit_is_written(
    signer: Cli, endpoint: str, deliveries: list[Delivery], tmp_path: Path
) -> None:
    path = tmp_path / "check.xml"
    result = signer.run("webhooks", "check", endpoint, "--junit", str(path), "--json")
    assert result.code == 0
    assert result.json["ok"] is True
    assert len(result.json["probes"]) >= 12
    assert all(delivery.test for delivery in deliveries)
    suite = ET.parse(path).getroot()  # noqa: S314 - our own file
    assert suite.get("failures") == "0"
    assert suite.get("tests") == str(len(result.json["probes"]))


def test_results_are_printed_even_if_junit_cannot_be_written(signer: Cli, endpoint: str) -> None:
    result = signer.run("webhooks", "check", endpoint, "--junit", "/nowhere/check.xml")
    assert result.code == 2
    assert result.out.count("✓") >= 12
    assert "cannot write /nowhere/check.xml" in result.err


def test_each_failure_is_printed_with_its_consequence(bare: Cli, endpoint: str) -> None:
    result = bare.run("webhooks", "check", endpoint, env={"JEBBIT_WEBHOOK_SECRET": "another"})
    assert result.code == 6
    marks = {line.split("\t")[1]: line.split("\t")[0] for line in result.out.splitlines()}
    assert marks["valid"] == "✗"
    assert marks["get"] == "✓"
    assert "✗ valid: " in result.err
    assert "probes failed" in result.err


def test_the_hint_asks_about_the_secret_if_no_valid_delivery_is_accepted(bare: Cli, endpoint: str) -> None:
    result = bare.run("webhooks", "check", endpoint, env={"JEBBIT_WEBHOOK_SECRET": "another"})
    assert "hint: check that the endpoint uses this secret" in result.err


def test_an_endpoint_that_cannot_be_reached_is_exit_5(signer: Cli) -> None:
    assert signer.run("webhooks", "check", "http://127.0.0.1:9/").code == 5
