"""``mappings import`` while another run imports the same mappings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from jebbitctl.api import creations
from jebbitctl.sandbox.server import Sandbox, SandboxOptions
from tests.concurrent_processes import run_concurrently
from tests.interference import interfering
from tests.scripted_server import active, add_mapping, attributes_of
from tests.support import cli_for

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support import Cli

TYPE = "integration_mappings"
TEXT = "jebbit_var,client_var,default\nOutcome,bucket,\nemail,mail,\n"


@pytest.fixture(autouse=True)
def _short_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(creations, "POLL_DELAYS", (0, 0.01))


@pytest.mark.parametrize("ours_stays", [True, False])
def test_of_two_equal_mappings_the_smaller_id_stays_and_the_line_has_failed(
    tmp_path: Path, ours_stays: bool
) -> None:
    """Mappings have no time of creation."""
    theirs = "~" if ours_stays else "-"  # greater, or smaller, than any id of the sandbox

    def create() -> None:
        id_ = add_mapping(sandbox, "email", "mail")
        (business,) = sandbox.state.businesses.values()
        business.of(TYPE)[theirs] = business.of(TYPE).pop(id_)
        business.of(TYPE)[theirs].id = theirs

    with Sandbox(SandboxOptions(integrations=1), wrap=interfering(f"POST /{TYPE}", create)) as sandbox:
        cli = cli_for(tmp_path, sandbox)
        result = cli.run("mappings", "import", active(sandbox), "-", "--json", stdin=TEXT)
        left = [id_ for id_, a in attributes_of(sandbox, TYPE).items() if a["jebbit_var"] == "email"]
    assert (result.code, result.error["code"], result.json["ok"]) == (1, "conflict", False)
    first, second = result.json["lines"]
    assert (first["result"], second["result"], second["line"]) == ("created", "failed", 3)
    assert second["error"] == result.error["message"]
    if ours_stays:
        assert set(left) == {theirs, second["id"]}
        assert f"mapping {theirs} at the same time as {second['id']}, and has not removed" in second["error"]
    else:
        assert left == [theirs]
        assert f"this run has removed its own, {second['id']}" in second["error"]


@pytest.mark.long
def test_imports_on_one_machine_create_each_mapping_once(cli: Cli, sandbox: Sandbox) -> None:
    path = cli.home / "mappings.csv"
    path.write_text(TEXT)
    args = ("mappings", "import", active(sandbox), str(path))
    outcomes = run_concurrently(4, *args, env=cli.environment())
    assert [outcome.code for outcome in outcomes] == [0] * 4, outcomes
    assert sorted(a["jebbit_var"] for a in attributes_of(sandbox, TYPE).values()) == ["Outcome", "email"]
