"""``integrations apply --verify``: Jebbit sends a test delivery for each active integration."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.manifest.support import SPRING, rows, write
from tests.scripted_server import attributes_of, writes
from tests.terminal import screen

if TYPE_CHECKING:
    from jebbitctl.sandbox.server import Sandbox
    from tests.support import Cli

APPLY = ("integrations", "apply")


def test_verify_sends_a_test_for_each_active_integration(cli: Cli) -> None:
    text = SPRING + '[integrations.off]\nendpoint = "https://off.example.com/"\nis_active = false\n'
    result = cli.run(*APPLY, write(cli, text), "--yes", "--verify", "--json")
    assert result.code == 0
    assert result.json["ok"] is True
    (test,) = result.json["tests"]
    assert (test["name"], test["ok"], test["error"]) == ("spring", True, None)
    assert test["deliveries"][0]["data"]["bucket"] == "example_outcome"  # as it is mapped
    again = cli.run(*APPLY, "--plain", write(cli, text), "--yes", "--verify")
    assert list(rows(again.out)) == [["done", "test", "", "spring", test["id"], ""]]


def test_verify_warns_if_there_was_nothing_to_test(cli: Cli) -> None:
    inactive = write(
        cli, 'version = 1\n[integrations.off]\nendpoint = "https://x.example"\nis_active = false\n'
    )
    result = cli.run(*APPLY, inactive, "--yes", "--verify")
    assert result.code == 0
    assert "warning: nothing was tested" in result.err


def test_verify_skips_integrations_of_other_services_even_without_service_name(
    cli: Cli, sandbox: Sandbox
) -> None:
    stored = attributes_of(sandbox, "integrations")
    klaviyo = next(id_ for id_, attributes in stored.items() if attributes["service_name"] == "klaviyo")
    path = write(cli, f'version = 1\n[integrations.ours]\nid = "{klaviyo}"\nis_active = true\n')
    assert cli.run(*APPLY, path, "--yes", "--verify", "--json").json == {
        "ok": True,
        "steps": [],
        "tests": [],
    }
    assert writes(sandbox) == []


def test_a_terminal_shows_how_many_test_deliveries_were_sent(cli: Cli) -> None:
    shown = screen(cli, *APPLY, write(cli), "--yes", "--verify", env={"NO_COLOR": "1"})
    assert re.search(r"✓ test spring \(\w+\): Jebbit says it sent 1 test delivery$", shown, re.MULTILINE)


@pytest.mark.parametrize(
    ("response", "said", "members"),
    [
        (b"[]", "an empty list", {}),
        (b'{"sent": false}', '{"sent": false}', {"response": {"sent": False}}),
        (b"", "empty", {"response": None}),
    ],
)
def test_verify_exits_6_when_jebbit_reports_no_delivery(
    cli: Cli, sandbox: Sandbox, response: bytes, said: str, members: dict[str, Any]
) -> None:
    sandbox.state.behaviour.test_response = response
    result = cli.run(*APPLY, "--plain", write(cli), "--yes", "--verify")
    assert result.code == 6
    assert "Jebbit reported no test delivery for spring" in result.err
    assert [row[0] for row in rows(result.out)] == ["done", "done", "done", "failed"]
    again = cli.run(*APPLY, write(cli), "--yes", "--verify", "--json")
    assert again.json["ok"] is False
    (test,) = again.json["tests"]
    assert test == {
        "name": "spring",
        "id": test["id"],
        "ok": False,
        "deliveries": [],
        "error": f"Jebbit did not report a delivery: its response is {said}",
        **members,
    }
