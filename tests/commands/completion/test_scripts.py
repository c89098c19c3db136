"""The scripts in ``completions/``, which packagers install, and TAB on commands and options."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.commands.completion.tab import tab

if TYPE_CHECKING:
    from tests.support import Cli

FOLDER = Path(__file__).parents[3] / "completions"
FILES = {
    "bash": "jebbitctl.bash",
    "zsh": "_jebbitctl",
    "fish": "jebbitctl.fish",
    "powershell": "jebbitctl.ps1",
}


@pytest.mark.parametrize("shell", FILES)
def test_the_committed_scripts_equal_what_the_program_prints(bare: Cli, shell: str) -> None:
    script = bare.run_process(env={"_JEBBITCTL_COMPLETE": f"source_{shell}"}).out
    assert (FOLDER / FILES[shell]).read_text(encoding="utf-8") == script.lstrip(), (
        f"_JEBBITCTL_COMPLETE=source_{shell} jebbitctl | sed '/./,$!d' > completions/{FILES[shell]}"
    )


@pytest.mark.default_cases(3)
@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("jebbitctl ", {"login", "whoami", "integrations", "demo"}),
        ("jebbitctl integrations ", {"list", "create", "test"}),
        ("jebbitctl integrations create --hash", {"--hash-pii"}),
        ("jebbitctl whoami --", {"--json", "--profile", "--business"}),
        ("jebbitctl integrations create --region ", {"us", "eu"}),
        ("jebbitctl integrations list --region e", {"eu"}),
        ("jebbitctl login --environment ", {"production", "staging"}),
        ("jebbitctl help ", {"exit-codes", "environment"}),
        ("jebbitctl help exit", {"exit-codes"}),
        ("jebbitctl help integ", {"integrations"}),
        ("jebbitctl help integrations ", {"list", "apply"}),
        ("jebbitctl help integrations ap", {"apply"}),
    ],
)
def test_tab_offers_commands_and_options(bare: Cli, typed: str, offered: set[str]) -> None:
    assert offered <= set(tab(bare, typed).split())
