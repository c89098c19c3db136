"""TAB in real shells, with the scripts that packagers install."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.commands.completion.tab import GET, offered
from tests.isolated_home import IsolatedHome
from tests.support import JEBBITCTL

if TYPE_CHECKING:
    import pexpect

    from tests.support import Cli

SCRIPTS = Path(__file__).parents[3] / "completions"
ZSH = f"fpath+=('{SCRIPTS}'); autoload -Uz compinit; compinit -D -u"
BASH = f"source '{SCRIPTS}/jebbitctl.bash'"

in_shells = pytest.mark.parametrize(
    ("shell", "setup"),
    [
        pytest.param(
            line, setup, id=name, marks=pytest.mark.skipif(not shutil.which(name), reason=f"no {name} here")
        )
        for name, line, setup in (("bash", "bash --norc", BASH), ("zsh", "zsh -f", ZSH))
    ],
)


def start_shell(cli: Cli, shell: str, setup: str) -> pexpect.spawn[str]:
    """Start a shell with the completion script."""
    path = f"{Path(JEBBITCTL).parent}{os.pathsep}{os.environ['PATH']}"
    machine = IsolatedHome(cli.home, cli.env)
    terminal = machine.terminal("sh", "-c", f"exec {shell}", env={"PATH": path, "TERM": "dumb"})
    terminal.sendline(f"{setup}; echo re''ady")
    terminal.expect_exact("ready\r\n")
    return terminal


@pytest.mark.long
@in_shells
def test_the_very_first_tab_completes(cli: Cli, shell: str, setup: str) -> None:
    terminal = start_shell(cli, shell, setup)
    terminal.send("jebbitctl integr\t")
    terminal.expect_exact("integrations ")
    terminal.send("cre\t")
    terminal.expect_exact("create ")
    terminal.close()


@pytest.mark.long
@in_shells
def test_several_completions_are_listed_with_their_descriptions(cli: Cli, shell: str, setup: str) -> None:
    ids = cli.run("integrations", "list", "-q", "[].id").json
    assert offered(cli, GET)  # fill the cache: on a busy machine, the first TAB may time out
    terminal = start_shell(cli, shell, setup)
    terminal.send("jebbitctl integrations get \t\t")
    for id_, description in zip(ids, ("klaviyo", "https://hooks.example.com/jebbit/1"), strict=True):
        terminal.expect(rf"{id_} +(\(|-- ){description}")
    terminal.close()


@pytest.mark.long
@in_shells
def test_descriptions_keep_their_apostrophes(cli: Cli, shell: str, setup: str) -> None:
    terminal = start_shell(cli, shell, setup)
    terminal.send("jebbitctl a\b\t\t")
    terminal.expect_exact("Send any request to Jebbit's API")
    terminal.close()


@pytest.mark.default_cases(1)
@in_shells
def test_tab_completes_an_id_that_the_command_accepts(cli: Cli, shell: str, setup: str) -> None:
    ids = cli.run("integrations", "list", "-q", "[].id").json
    assert offered(cli, GET)  # fill the cache: on a busy machine, the first TAB may time out
    terminal = start_shell(cli, shell, setup)
    terminal.send(f"jebbitctl integrations get {ids[0][:4]}\t")
    terminal.expect_exact(f"{ids[0]} ")
    terminal.send("-q id\r")
    terminal.expect_exact(f"\n{ids[0]}\r\n")
    terminal.close()


@pytest.mark.long
@in_shells
def test_a_value_behind_an_equals_sign_is_completed(cli: Cli, shell: str, setup: str) -> None:
    terminal = start_shell(cli, shell, setup)
    terminal.send("jebbitctl integrations list --region=e\t")
    terminal.expect_exact("--region=eu")
    terminal.close()
