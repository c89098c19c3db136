from __future__ import annotations

import os
import subprocess
from importlib import metadata
from typing import TYPE_CHECKING

import pytest

from jebbitctl.context import CommonOptions, Context
from jebbitctl.doctor import machine
from jebbitctl.doctor.check_context import CheckContext, CheckSkipped
from jebbitctl.environment import Environment
from jebbitctl.errors import CheckFailedError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
from tests.doctor.support import check_context

posix = pytest.mark.skipif(os.name != "posix", reason="POSIX modes")


@posix
def test_what_others_can_change_or_tokens_they_can_read_fail_the_check_with_a_fix_that_works(
    patch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    config = tmp_path / "con fig"
    patch.setenv("JEBBIT_CONFIG_DIR", str(config))
    tokens = config / "tokens"
    tokens.mkdir(parents=True, mode=0o700)
    (tokens / "a.json").touch(0o600)
    config.chmod(0o777)
    tokens.chmod(0o755)
    (tokens / "a.json").chmod(0o644)
    for path, problem in (
        (config, "other users can write to {}"),
        (tokens, "{} has mode 0755"),
        (tokens / "a.json", "{} has mode 0644"),
    ):
        with pytest.raises(CheckFailedError, match=problem.format(path)) as failed:
            machine.directory(check_context())
        subprocess.run(["sh", "-c", str(failed.value.hint).partition("run: ")[2]], check=True)
    assert machine.directory(check_context()) == f"{config}, 1 file"
    config.chmod(0o700)
    assert machine.directory(check_context()) == f"{config}, 1 file, private to this user"
    (config / "config.toml").symlink_to("nowhere")
    with pytest.raises(CheckFailedError, match="No such file"):
        machine.directory(check_context())


def test_a_directory_is_called_private_only_where_its_modes_are_checked(
    patch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "config").mkdir(mode=0o700)
    context = check_context()
    assert context.context.config_dir == tmp_path / "config"
    patch.setattr(machine, "_HAS_MODES", False)  # as on Windows
    assert machine.directory(context) == f"{tmp_path / 'config'}, 0 files"


def test_a_missing_home_or_a_file_instead_of_the_directory_fails_the_check(
    patch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "config").touch()
    with pytest.raises(CheckFailedError, match="is not a directory"):
        machine.directory(check_context())
    patch.delenv("JEBBIT_CONFIG_DIR")
    patch.setenv("HOME", "relative")
    with pytest.raises(CheckFailedError, match="no home directory"):
        machine.directory(check_context())


@posix
def test_a_directory_of_another_user_or_a_read_only_one_fails_the_check(
    patch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "config").mkdir(mode=0o700)
    with patch.context() as temporary:
        temporary.setattr(machine, "find_config_problem", lambda _: None)
        (tmp_path / "config" / "tokens").mkdir(mode=0o700)
        temporary.setattr(os, "geteuid", lambda: 4711)
        with pytest.raises(CheckFailedError, match="belongs to user"):
            machine.directory(check_context())
    patch.setattr(os, "access", lambda *_: False)
    with pytest.raises(CheckFailedError, match="is not writable"):
        machine.directory(check_context())


@posix
def test_the_root_of_a_volume_can_be_the_directory(patch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    found = tmp_path / "config" / "lost+found"
    found.mkdir(parents=True)
    patch.setattr(machine, "find_config_problem", lambda _: None)
    contents = type(found).iterdir

    def iterdir(path: Path) -> Iterator[Path]:
        if path.name == found.name:
            raise PermissionError(13, "Permission denied", str(path))
        return contents(path)

    patch.setattr(type(found), "iterdir", iterdir)
    assert machine.directory(check_context()).startswith(f"{tmp_path / 'config'}, 0 files")
    patch.setattr(os, "access", lambda *_: False)
    patch.setattr(os, "geteuid", lambda: 4711)
    with pytest.raises(CheckFailedError, match="is not writable") as failed:
        machine.directory(check_context())
    assert failed.value.hint == "set JEBBIT_CONFIG_DIR to a directory of your own"


@posix
def test_what_an_interrupted_write_has_left_fails_the_check_with_a_fix_that_works(
    patch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert patch
    left = [tmp_path / "config" / ".jebbitctl-a b", tmp_path / "config" / "tokens" / ".jebbitctl-x"]
    left[1].parent.mkdir(parents=True, mode=0o700)
    for path in left:
        path.write_text("secret")
        path.chmod(0o600)
    with pytest.raises(CheckFailedError) as failed:
        machine.directory(check_context())
    assert all(str(path) in failed.value.message for path in left)
    subprocess.run(["sh", "-c", str(failed.value.hint).partition("run: ")[2]], check=True)
    machine.directory(check_context())


def test_a_missing_library_and_an_old_python_fail_their_checks(patch: pytest.MonkeyPatch) -> None:
    version = metadata.version

    def without_rich(name: str) -> str:
        if name == "rich":
            raise metadata.PackageNotFoundError
        return version(name)

    patch.setattr(metadata, "version", without_rich)
    with pytest.raises(CheckFailedError, match="missing: rich"):
        machine.libraries(check_context())
    patch.setattr(metadata, "metadata", lambda _: {"Requires-Python": ">=99.0"})
    with pytest.raises(CheckFailedError) as caught:
        machine.python(check_context())
    assert caught.value.hint == "install Python 99.0 or newer"


@pytest.mark.parametrize(
    ("shell", "script"),
    [
        ("/usr/bin/fish", ".config/fish/completions/jebbitctl.fish"),
        ("/bin/bash", ".local/share/bash-completion/completions/jebbitctl"),
        ("/bin/zsh", ".zshrc"),
    ],
)
def test_completion_is_found_where_it_is_installed(
    patch: pytest.MonkeyPatch, tmp_path: Path, shell: str, script: str
) -> None:
    patch.setenv("SHELL", shell)
    with pytest.raises(CheckSkipped) as skipped:
        machine.completion(check_context())
    assert "--install-completion" in str(skipped.value.fix)
    (tmp_path / script).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / script).write_text('eval "$(_JEBBITCTL_COMPLETE=source_zsh jebbitctl)"')
    assert machine.completion(check_context()).endswith(str(tmp_path / script))


@pytest.mark.parametrize(
    ("script", "startup_file", "loading"),
    [
        (".bash_completions/jebbitctl.sh", ".bashrc", "source '{path}'"),
        (".bash_completions/jebbitctl.sh", ".bash_profile", ". ~/.bash_completions/jebbitctl.sh"),
        (".zfunc/_jebbitctl", ".zshrc", "fpath+=~/.zfunc; autoload -Uz compinit; compinit"),
    ],
)
def test_a_completion_script_counts_only_if_a_startup_file_loads_it(
    patch: pytest.MonkeyPatch, tmp_path: Path, script: str, startup_file: str, loading: str
) -> None:
    shell = "zsh" if startup_file == ".zshrc" else "bash"
    patch.setenv("SHELL", f"/bin/{shell}")
    path = tmp_path / script
    path.parent.mkdir()
    path.touch()
    line = loading.format(path=path)
    elsewhere = line.replace("jebbitctl", "another").replace("; autoload -Uz compinit; compinit", "")
    for text in (None, "echo hello\n", f"  # {line}\n", elsewhere):
        if text:
            (tmp_path / startup_file).write_text(text)
        with pytest.raises(CheckSkipped) as skipped:
            machine.completion(check_context())
        assert skipped.value.reason == f"found {path}, but {tmp_path / f'.{shell}rc'} does not load it"
        assert "--install-completion" in str(skipped.value.fix)
    (tmp_path / startup_file).write_text(f"echo hello\n{line}\n")
    assert machine.completion(check_context()) == f"{shell}: {path}"


def test_a_commented_out_line_does_not_install_completion(patch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    patch.setenv("SHELL", "/bin/zsh")
    (tmp_path / ".zshrc").write_text('# eval "$(_JEBBITCTL_COMPLETE=source_zsh jebbitctl)"\n')
    with pytest.raises(CheckSkipped, match="not installed for zsh"):
        machine.completion(check_context())


def test_the_home_directory_of_a_check_is_the_one_of_its_environment(tmp_path: Path) -> None:
    variables = {"HOME": str(tmp_path), "SHELL": "/bin/zsh"}
    (tmp_path / ".zshrc").write_text('eval "$(_JEBBITCTL_COMPLETE=source_zsh jebbitctl)"\n')
    context = Context(CommonOptions(), Environment(variables))
    assert machine.completion(CheckContext(context)) == f"zsh: {tmp_path / '.zshrc'}"


def test_the_completion_check_is_skipped_without_a_home_directory(patch: pytest.MonkeyPatch) -> None:
    patch.setenv("SHELL", "/bin/bash")
    patch.setenv("HOME", "")
    with pytest.raises(CheckSkipped, match="there is no home directory"):
        machine.completion(check_context())


def test_the_completion_check_is_skipped_for_an_unknown_shell(patch: pytest.MonkeyPatch) -> None:
    patch.setenv("SHELL", "/bin/tcsh")
    with pytest.raises(CheckSkipped, match="tcsh is not supported by this check"):
        machine.completion(check_context())
