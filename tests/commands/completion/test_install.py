"""``--install-completion`` and ``--show-completion``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.support import Cli

SCRIPTS = Path(__file__).parents[3] / "completions"


@pytest.mark.parametrize(
    ("shell", "env", "script", "committed", "startup", "line"),
    [
        (
            "bash",
            {},
            ".bash_completions/jebbitctl.sh",
            "jebbitctl.bash",
            ".bashrc",
            "source {home}/.bash_completions/jebbitctl.sh",
        ),
        (
            "zsh",
            {},
            ".zfunc/_jebbitctl",
            "_jebbitctl",
            ".zshrc",
            "fpath+=({home}/.zfunc); autoload -Uz compinit; compinit",
        ),
        (
            "zsh",
            {"ZDOTDIR": "{home}/z"},
            "z/.zfunc/_jebbitctl",
            "_jebbitctl",
            "z/.zshrc",
            "fpath+=({home}/z/.zfunc); autoload -Uz compinit; compinit",
        ),
        ("fish", {}, ".config/fish/completions/jebbitctl.fish", "jebbitctl.fish", None, ""),
        (
            "fish",
            {"XDG_CONFIG_HOME": "{home}/c"},
            "c/fish/completions/jebbitctl.fish",
            "jebbitctl.fish",
            None,
            "",
        ),
    ],
)
def test_install_completion_writes_what_it_says_and_nothing_else(  # noqa: PLR0917 - the table's columns
    bare: Cli, shell: str, env: dict[str, str], script: str, committed: str, startup: str | None, line: str
) -> None:
    variables = {name: value.format(home=bare.home) for name, value in env.items()}
    path, line = bare.home / script, line.format(home=bare.home)
    result = bare.run("--install-completion", shell, env=variables)
    loaded = f"Added to {bare.home / startup}: {line}\n" if startup else ""
    works = f"Completion works in {shell} sessions that start from now on.\n"
    assert (result.code, result.out, result.err) == (0, "", f"Wrote {path}.\n{loaded}{works}")
    assert path.read_text().strip() == (SCRIPTS / committed).read_text().strip()
    files = [file for file in bare.home.rglob("*") if file.is_file()]
    assert len(files) == (2 if startup else 1)
    again = bare.run("--install-completion", shell, env=variables)
    assert again.err.startswith(f"{path} is already up to date.\n")
    if startup:
        assert (bare.home / startup).read_text() == f"{line}\n"


def test_a_startup_file_keeps_its_content_its_link_and_what_loads_completion_already(bare: Cli) -> None:
    dotfiles = bare.home / "dotfiles"
    dotfiles.write_bytes(b"export A=\xff  # no line break")
    (bare.home / ".zshrc").symlink_to(dotfiles)
    assert bare.run("--install-completion", "zsh").code == 0
    assert (bare.home / ".zshrc").is_symlink()
    assert dotfiles.read_bytes().startswith(b"export A=\xff  # no line break\nfpath+=(")
    (bare.home / ".profile").write_text(". ~/.bash_completions/jebbitctl.sh\n")
    assert f"{bare.home / '.profile'} already loads it." in bare.run("--install-completion=bash").err
    assert not (bare.home / ".bashrc").exists()


def test_a_shell_that_is_not_supported_is_refused_and_nothing_is_written(bare: Cli) -> None:
    before = list(bare.home.rglob("*"))
    result = bare.run("--install-completion", "tcsh")
    assert result.code == 2
    assert "'bash', 'zsh', 'fish'" in result.err
    assert bare.run("--install-completion", "bash", env={"HOME": ""}).err.startswith(
        "error: there is no home directory to install completion in\n"
    )
    (bare.home / ".bash_completions").write_text("a file in the way")
    blocked = bare.run("--install-completion", "bash")
    assert (blocked.code, "could not be written" in blocked.err) == (1, True)
    assert list(bare.home.rglob("*")) == [*before, bare.home / ".bash_completions"]


def test_show_completion_prints_the_script_of_the_named_shell(bare: Cli) -> None:
    assert bare.run("--show-completion", "zsh").out.strip() == (SCRIPTS / "_jebbitctl").read_text().strip()


@pytest.mark.parametrize(
    ("shell", "startup", "content"),
    [
        ("bash", ".bashrc", "source '{home}/.bash_completions/another.sh'\n"),
        ("zsh", ".zshrc", "fpath+=~/.zfunc\n"),
        ("zsh", ".zshrc", "autoload -Uz compinit; compinit\nfpath+=~/.zfunc\n"),
    ],
    ids=["another program", "no compinit", "compinit before"],
)
def test_a_startup_file_that_names_the_folder_but_does_not_load_the_script_gets_the_line(
    bare: Cli, shell: str, startup: str, content: str
) -> None:
    path, before = bare.home / startup, content.format(home=bare.home)
    path.write_text(before)
    assert f"Added to {path}: " in bare.run("--install-completion", shell).err
    after = path.read_text()
    assert after.startswith(before)
    assert len(after.splitlines()) == len(before.splitlines()) + 1
    assert f"{path} already loads it." in bare.run("--install-completion", shell).err
    assert path.read_text() == after


def test_a_startup_file_that_cannot_be_written_does_not_hide_what_was_written(bare: Cli) -> None:
    (bare.home / ".bashrc").symlink_to("/proc/version")  # such as a link to files of a package manager
    result = bare.run("--install-completion", "bash")
    script = bare.home / ".bash_completions" / "jebbitctl.sh"
    assert result.code == 1
    assert result.err.startswith(f"Wrote {script}.\nerror: {bare.home / '.bashrc'} could not be written: ")
    assert result.err.endswith(f": source {script}\n")
