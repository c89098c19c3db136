from __future__ import annotations

import os
import re
import shutil
import subprocess
import threading
from importlib import metadata
from typing import TYPE_CHECKING

import pytest

from jebbitctl.context import CommonOptions, Context
from jebbitctl.doctor import account, checks, machine, network
from jebbitctl.doctor.check_context import CheckContext, CheckSkipped
from jebbitctl.environment import Environment
from jebbitctl.errors import CheckFailedError
from tests.api.support import certificate

if TYPE_CHECKING:
    from pathlib import Path

posix = pytest.mark.skipif(os.name != "posix", reason="POSIX modes")


@pytest.fixture
def patch(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """Give this process a home of its own and no settings; return a way to change that."""
    for name in os.environ:
        if name.startswith(("JEBBIT", "XDG_", "SSL_CERT")) or name.lower().endswith(("_proxy", "_bundle")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("JEBBIT_CONFIG_DIR", str(tmp_path / "config"))
    return monkeypatch


def new_context() -> Context:
    return Context(CommonOptions(), Environment(os.environ))


def check_context() -> CheckContext:
    return CheckContext(new_context())


@pytest.mark.parametrize(
    ("env", "message", "fix"),
    [
        ({"JEBBIT_CLIENT_ID": "x"}, "JEBBIT_CLIENT_SECRET is not", "set both, or neither"),
        ({"JEBBIT_CLIENT_SECRET": "x"}, "JEBBIT_CLIENT_ID is not", "set both, or neither"),
        ({"JEBBIT_BUSINESS_ID": ""}, "JEBBIT_BUSINESS_ID is set but empty", "unset JEBBIT_BUSINESS_ID"),
        ({"JEBBIT_ACCESS_TOKEN": ""}, "JEBBIT_ACCESS_TOKEN is empty", "unset it"),
        ({"JEBBIT_PROFILE": "a\nb"}, "JEBBIT_PROFILE contains a line break", "JEBBIT_PROFILE"),
        ({"JEBBIT_TIMEOUT": "soon"}, "JEBBIT_TIMEOUT='soon'", "JEBBIT_TIMEOUT"),
        (
            {"JEBBIT_CLIENTID": "x"},
            "JEBBIT_CLIENTID is not a variable of jebbitctl",
            "rename it to JEBBIT_CLIENT_ID",
        ),
        (
            {"JEBBIT_ACCESS_TOKEN": "t", "JEBBIT_CLIENT_ID": "x", "JEBBIT_CLIENT_SECRET": "y"},
            "JEBBIT_ACCESS_TOKEN overrides JEBBIT_CLIENT_ID",
            "unset one of them",
        ),
    ],
)
def test_an_invalid_or_contradictory_variable_fails_the_check(
    patch: pytest.MonkeyPatch, env: dict[str, str], message: str, fix: str
) -> None:
    for name, value in env.items():
        patch.setenv(name, value)
    with pytest.raises(CheckFailedError) as failed:
        account.environment(check_context())
    assert message in failed.value.message
    assert fix in str(failed.value.hint)


def test_the_environment_check_lists_variables_without_their_values(patch: pytest.MonkeyPatch) -> None:
    patch.setenv("JEBBIT_WEBHOOK_SECRET", "sesame")
    patch.setenv("JEBBIT_SOMEBODY_ELSES_THING", "x")
    detail = account.environment(check_context())
    assert detail == "set: JEBBIT_WEBHOOK_SECRET, JEBBIT_CONFIG_DIR"
    patch.delenv("JEBBIT_WEBHOOK_SECRET")
    patch.delenv("JEBBIT_CONFIG_DIR")
    assert account.environment(check_context()) == "no JEBBIT_ variable is set"


@pytest.mark.parametrize(
    "url",
    [
        "http://bob:sesame@proxy.example:3128",
        "bob:sesame@proxy.example:3128",
        "http://bob:se/s@me@proxy.example",
    ],
)
def test_the_password_of_a_proxy_is_never_shown(patch: pytest.MonkeyPatch, url: str) -> None:
    patch.setenv("HTTPS_PROXY", url)
    patch.setenv("NO_PROXY", "api2.jebbit.com")
    try:
        text = network.proxy(check_context())
        assert "auth.jebbit.com through the proxy" in text
        assert "api2.jebbit.com direct" in text
        assert "no_proxy api2.jebbit.com" in text
    except CheckFailedError as error:
        text = f"{error.message} {error.hint}"
    assert "proxy.example" in text
    assert not re.search("bob|sesame|s@me", text)


@pytest.mark.parametrize("url", ["http://", "http://[::1", "http://proxy:port"])
def test_a_malformed_proxy_url_fails_the_check(patch: pytest.MonkeyPatch, url: str) -> None:
    patch.setenv("HTTPS_PROXY", url)
    patch.setenv("JEBBIT_PROFILE", "nowhere")
    with pytest.raises(CheckFailedError, match="HTTPS_PROXY is not a proxy's URL"):
        network.proxy(check_context())
    patch.setenv("HTTPS_PROXY", "http://proxy.example")
    assert network.proxy(check_context()) == "https http://proxy.example"


def test_certificates_that_cannot_be_read_fail_the_check(patch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert network.certificates(check_context()) == "the system's"
    patch.setenv("SSL_CERT_FILE", "/etc/own.pem")
    assert network.certificates(check_context()) == "the system's (SSL_CERT_FILE: /etc/own.pem)"
    (tmp_path / "empty.pem").touch()
    for path in (tmp_path / "nowhere.pem", tmp_path / "empty.pem"):
        patch.setenv("REQUESTS_CA_BUNDLE", str(path))
        with pytest.raises(CheckFailedError, match=path.name):
            network.certificates(check_context())


def test_a_directory_without_hashed_certificates_fails_the_check(
    patch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    directory = tmp_path / "authorities"
    directory.mkdir()
    patch.setenv("REQUESTS_CA_BUNDLE", str(directory))
    path, _ = certificate(tmp_path)
    for name in (None, "company.pem", "0123abcd.r0"):
        if name:
            shutil.copy(path, directory / name)
        with pytest.raises(CheckFailedError, match="it contains no certificates"):
            network.certificates(check_context())
    (directory / "0123abcd.0").write_text("no certificate")
    with pytest.raises(CheckFailedError, match="it contains no certificates"):
        network.certificates(check_context())
    shutil.copy(path, directory / "0123abcd.1")
    assert network.certificates(check_context()) == f"REQUESTS_CA_BUNDLE: {directory}"


@posix
def test_files_that_others_can_read_fail_the_check_with_one_fix_for_all(
    patch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    config = tmp_path / "con fig"
    patch.setenv("JEBBIT_CONFIG_DIR", str(config))
    tokens = config / "tokens"
    tokens.mkdir(parents=True, mode=0o700)
    config.chmod(0o755)
    (tokens / "a.json").touch(0o600)
    for path, mode in ((config, 0o755), (tokens / "a.json", 0o644)):
        path.chmod(mode)
        with pytest.raises(CheckFailedError, match=f"{path} has mode") as failed:
            machine.directory(check_context())
        config.chmod(0o700)
    config.chmod(0o755)
    subprocess.run(["sh", "-c", str(failed.value.hint)], check=True)
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
        temporary.setattr(os, "geteuid", lambda: 4711)
        with pytest.raises(CheckFailedError, match="belongs to user"):
            machine.directory(check_context())
    patch.setattr(os, "access", lambda *_: False)
    with pytest.raises(CheckFailedError, match="is not writable"):
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
    for text in (None, "echo hello\n", f"  # {line}\n"):
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


def test_the_completion_check_is_skipped_for_an_unknown_shell(patch: pytest.MonkeyPatch) -> None:
    patch.setenv("SHELL", "/bin/tcsh")
    with pytest.raises(CheckSkipped, match="tcsh is not supported by this check"):
        machine.completion(check_context())


def test_a_check_that_crashes_or_hangs_stops_no_other(patch: pytest.MonkeyPatch) -> None:
    def broken(_: CheckContext) -> str:
        raise TypeError("sesame")

    finished = threading.Event()

    def hanging(_: CheckContext) -> str:
        finished.wait(30)
        return ""

    def leaking(_: CheckContext) -> str:
        return f"the secret is {os.environ['JEBBIT_CLIENT_SECRET']}"

    patch.setenv("JEBBIT_CLIENT_SECRET", "sesame")
    patch.setattr(checks, "CHECK_TIMEOUT", 0.5)
    patch.setattr(checks, "CHECKS", {"a": broken, "b": hanging, "c": leaking})
    results = list(checks.run_checks(new_context()))
    finished.set()
    assert [(result.name, result.ok) for result in results] == [("a", False), ("b", False), ("c", True)]
    assert "TypeError" in results[0].detail
    assert "0.5 s" in results[1].detail
    assert results[2].detail == "the secret is ********"
