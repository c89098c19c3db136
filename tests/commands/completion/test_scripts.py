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
        ("jebbitctl backfills list --status ", {"received", "processing"}),
        ("jebbitctl webhooks check --only valid,no-s", {"valid,no-signature"}),
        ("jebbitctl webhooks check --skip ", {"valid", "wrong-secret"}),
        ("jebbitctl webhooks listen --only ", {"test", "live", "refused"}),
        ("jebbitctl webhooks listen --only test,l", {"test,live"}),
        ("jebbitctl --install-completion ", {"bash", "zsh", "fish"}),
        ("jebbitctl help ", {"exit-codes", "environment", "integrations"}),
        ("jebbitctl help exit", {"exit-codes"}),
        ("jebbitctl help integ", {"integrations"}),
        ("jebbitctl help integrations ", {"list", "apply"}),
        ("jebbitctl help integrations ap", {"apply"}),
    ],
)
def test_tab_offers_commands_and_options(bare: Cli, typed: str, offered: set[str]) -> None:
    assert offered <= set(tab(bare, typed).split())


LIST = "jebbitctl integrations list --region"


@pytest.mark.parametrize(
    ("shell", "typed", "printed"),
    [
        ("bash", f"{LIST} = e", "eu"),
        ("bash", f"{LIST} =", "us\neu"),
        ("bash", f"{LIST}=e", "--region=eu"),
        ("bash", f"{LIST} = eu --act", "--active"),
        ("zsh", f"{LIST}=e", '"--region=eu"'),
        ("fish", f"{LIST}=e", "--region=eu"),
        ("powershell", f"{LIST}=e", "--region=eu"),
    ],
)
def test_a_value_behind_an_equals_sign_is_completed_as_the_shell_splits_it(
    bare: Cli, shell: str, typed: str, printed: str
) -> None:
    others = {
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
        "_TYPER_COMPLETE_WORD_TO_COMPLETE": typed.rsplit(" ", maxsplit=1)[-1],
    }
    output = tab(bare, typed, shell, dict(others))
    assert output.strip() == printed or (shell in {"zsh", "powershell"} and printed in output)
