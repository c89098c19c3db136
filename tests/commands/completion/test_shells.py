"""TAB in real shells, with the scripts that packagers install."""

from __future__ import annotations

import os
import shutil
import subprocess
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
FISH = f"source '{SCRIPTS}/jebbitctl.fish'"
BASH = f"source '{SCRIPTS}/jebbitctl.bash'"

_SHELLS = [
    pytest.param(
        line, setup, id=name, marks=pytest.mark.skipif(not shutil.which(name), reason=f"no {name} here")
    )
    for name, line, setup in (
        ("bash", "bash --norc", BASH),
        ("zsh", "zsh -f", ZSH),
        ("fish", "fish --no-config", FISH),
    )
]
in_shells = pytest.mark.parametrize(("shell", "setup"), _SHELLS)
in_shells_that_print_lists = pytest.mark.parametrize(("shell", "setup"), _SHELLS[:2])
"""Not fish, whose lists need a terminal that can move the cursor."""


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
@in_shells_that_print_lists
def test_several_completions_are_listed_with_their_descriptions(cli: Cli, shell: str, setup: str) -> None:
    ids = cli.run("integrations", "list", "-q", "[].id").json
    assert offered(cli, GET)  # fill the cache: on a busy machine, the first TAB may time out
    terminal = start_shell(cli, shell, setup)
    terminal.send("jebbitctl integrations get \t\t")
    for id_, description in zip(ids, ("klaviyo", "https://hooks.example.com/jebbit/1"), strict=True):
        terminal.expect(rf"{id_} +(\(|-- ){description}")
    terminal.close()


@pytest.mark.long
@in_shells_that_print_lists
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


@pytest.mark.long
@in_shells
def test_a_program_that_is_missing_prints_nothing(cli: Cli, shell: str, setup: str) -> None:
    terminal = start_shell(cli, shell, setup)
    terminal.sendline("export PATH=/usr/bin:/bin; echo missi''ng")
    terminal.expect_exact("missing\r\n")
    terminal.send("jebbitctl integrations get x\t")
    terminal.sendline("; echo do''ne")
    terminal.expect_exact("done\r\n")
    assert "No such file" not in str(terminal.before)
    terminal.close()


@pytest.mark.long
@pytest.mark.skipif(not shutil.which("bash"), reason="no bash here")
def test_a_path_that_begins_with_a_tilde_is_completed(cli: Cli) -> None:
    (cli.home / "bin").symlink_to(Path(JEBBITCTL).parent)
    terminal = start_shell(cli, "bash --norc", BASH)
    terminal.send("~/bin/jebbitctl integr\t")
    terminal.expect_exact("~/bin/jebbitctl integrations ")
    terminal.close()


@pytest.mark.long
@pytest.mark.skipif(not shutil.which("fish"), reason="no fish here")
def test_fish_gets_descriptions(cli: Cli) -> None:
    ids = cli.run("integrations", "list", "-q", "[].id").json
    assert offered(cli, GET)  # fill the cache
    path = f"{Path(JEBBITCTL).parent}{os.pathsep}{os.environ['PATH']}"
    script = f"{FISH}; complete -C '{GET}'; complete -C 'jebbitctl ap'"
    done = subprocess.run(
        ["fish", "--no-config", "-c", script],
        env=cli.environment({"PATH": path}),
        capture_output=True,
        text=True,
        check=True,
    )
    descriptions = dict(line.split("\t") for line in done.stdout.splitlines())
    assert descriptions == {
        ids[0]: "klaviyo",
        ids[1]: "https://hooks.example.com/jebbit/1",
        "api": "Send any request to Jebbit's API.",
    }
    assert done.stderr == ""
