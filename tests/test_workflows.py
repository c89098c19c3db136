"""What a workflow runs cannot be changed by a stranger: the project's own, and the README's recipe."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.test_readme import marked

WORKFLOWS = {
    path.name: path.read_text(encoding="utf-8")
    for path in sorted((Path(__file__).parents[1] / ".github" / "workflows").glob("*.yml"))
} | {"README": marked("github")}
EVERY = pytest.mark.parametrize("text", WORKFLOWS.values(), ids=list(WORKFLOWS))


def steps(text: str) -> list[dict[str, Any]]:
    """Return the steps of all jobs."""
    return [step for job in yaml.safe_load(text)["jobs"].values() for step in job["steps"]]


@EVERY
def test_actions_are_pinned_by_hash_with_their_version_beside_it(text: str) -> None:
    used = re.findall(r"uses: (.*)", text)
    assert used
    assert [line for line in used if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v[\d.]+", line)] == []


@EVERY
def test_the_token_of_a_workflow_can_only_read_the_repository(text: str) -> None:
    workflow = yaml.safe_load(text)
    assert workflow["permissions"] == {"contents": "read"}
    assert [name for name, job in workflow["jobs"].items() if "permissions" in job] == []


@EVERY
def test_nothing_is_interpolated_into_a_shell(text: str) -> None:
    assert [step["run"] for step in steps(text) if "${{" in step.get("run", "")] == []


@EVERY
def test_only_the_step_that_needs_a_secret_gets_it(text: str) -> None:
    workflow = yaml.safe_load(text)
    holders = [workflow, *workflow["jobs"].values()]
    assert "secrets." not in str([holder.get("env") for holder in holders])
    assert "pull_request_target" not in text


def test_a_bill_of_materials_is_made_and_known_vulnerabilities_are_looked_for() -> None:
    commands = [step.get("run", "") for step in steps(WORKFLOWS["ci.yml"])]
    for tool in ("pip-audit --path", "cyclonedx-py environment"):
        assert any(command.startswith(tool) for command in commands)
