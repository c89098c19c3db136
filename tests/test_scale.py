"""Commands on thousands of resources. The benchmark shows the real ratios."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.bench import programs
from tests.bench.measure import Invocation, run

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.speed
def test_export_and_diff_of_10000_integrations_take_a_few_times_as_long_as_their_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Compares the least CPU time of alternating runs, so that other load matters less."""
    monkeypatch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)
    manifest = str(tmp_path / "jebbit.toml")
    commands = {"list": ("list", "--json"), "export": ("export",), "diff": ("diff", manifest)}
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    with programs.sandbox(programs.environment(tmp_path), "--integrations", "10000") as env:
        programs.output(env, "integrations", "export", "--into", manifest)
        for _ in range(3):
            for name, args in commands.items():
                invocation = Invocation([programs.JEBBITCTL, "integrations", *args], env)
                seconds[name].append(run(invocation).cpu)
    assert min(seconds["export"]) < 6 * min(seconds["list"])
    assert min(seconds["diff"]) < 5 * min(seconds["list"])
