"""``doctor``'s checks of this machine and its settings, each by itself."""

from __future__ import annotations

import os
import re
import subprocess
import threading
from importlib import metadata
from typing import TYPE_CHECKING, Any

import pytest

from jebbitctl import checkup
from jebbitctl.checkup import account, machine, network
from jebbitctl.checkup.examination import Examination, SkippedError
from jebbitctl.context import CommonOptions, Context
from jebbitctl.errors import CheckFailedError

if TYPE_CHECKING:
    from pathlib import Path

posix = pytest.mark.skipif(os.name != "posix", reason="POSIX modes")


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """This process in a home of its own, without any setting."""
    for name in os.environ:
        if name.startswith(("JEBBIT", "XDG_", "SSL_CERT")) or name.lower().endswith(("_proxy", "_bundle")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("JEBBIT_CONFIG_DIR", str(tmp_path / "config"))
    return monkeypatch


def examination(**options: Any) -> Examination:
    return Examination(Context(CommonOptions(**options)))


@pytest.mark.parametrize(
    ("env", "said", "fix"),
    [
        ({"JEBBIT_CLIENT_ID": "x"}, "JEBBIT_CLIENT_SECRET is not", "set both, or neither"),
        ({"JEBBIT_CLIENT_SECRET": "x"}, "JEBBIT_CLIENT_ID is not", "set both, or neither"),
        ({"JEBBIT_BUSINESS_ID": ""}, "JEBBIT_BUSINESS_ID is set, but empty", "unset JEBBIT_BUSINESS_ID"),
        ({"JEBBIT_ACCESS_TOKEN": ""}, "JEBBIT_ACCESS_TOKEN is empty", "unset it"),
        ({"JEBBIT_PROFILE": "a\nb"}, "JEBBIT_PROFILE holds a line break", "JEBBIT_PROFILE"),
        ({"JEBBIT_TIMEOUT": "soon"}, "JEBBIT_TIMEOUT='soon'", "JEBBIT_TIMEOUT"),
        ({"JEBBIT_CLIENTID": "x"}, "JEBBIT_CLIENTID is not read", "rename it to JEBBIT_CLIENT_ID"),
        (
            {"JEBBIT_ACCESS_TOKEN": "t", "JEBBIT_CLIENT_ID": "x", "JEBBIT_CLIENT_SECRET": "y"},
            "JEBBIT_ACCESS_TOKEN outranks JEBBIT_CLIENT_ID",
            "unset one of them",
        ),
    ],
)
def test_variables_that_are_wrong_or_in_each_others_way_are_told(
    here: pytest.MonkeyPatch, env: dict[str, str], said: str, fix: str
) -> None:
    for name, value in env.items():
        here.setenv(name, value)
    with pytest.raises(CheckFailedError) as failed:
        account.environment(examination())
    assert said in failed.value.message
    assert fix in str(failed.value.hint)


def test_which_variables_are_set_is_told_without_their_values(here: pytest.MonkeyPatch) -> None:
    here.setenv("JEBBIT_WEBHOOK_SECRET", "sesame")
    here.setenv("JEBBIT_SOMEBODY_ELSES_THING", "x")
    told = account.environment(examination())
    assert told == "set: JEBBIT_WEBHOOK_SECRET, JEBBIT_CONFIG_DIR"
    here.delenv("JEBBIT_WEBHOOK_SECRET")
    here.delenv("JEBBIT_CONFIG_DIR")
    assert account.environment(examination()) == "no variable of jebbitctl's is set"


@pytest.mark.parametrize(
    "url",
    [
        "http://bob:sesame@proxy.example:3128",
        "bob:sesame@proxy.example:3128",
        "http://bob:se/s@me@proxy.example",
    ],
)
def test_a_proxys_password_is_never_shown(here: pytest.MonkeyPatch, url: str) -> None:
    here.setenv("HTTPS_PROXY", url)
    here.setenv("NO_PROXY", "api2.jebbit.com")
    try:
        told = network.proxy(examination())
        assert "auth.jebbit.com through it" in told
        assert "api2.jebbit.com direct" in told
        assert "no_proxy api2.jebbit.com" in told
    except CheckFailedError as error:
        told = f"{error.message} {error.hint}"
    assert "proxy.example" in told
    assert not re.search("bob|sesame|s@me", told)


@pytest.mark.parametrize("url", ["http://", "http://[::1", "http://proxy:port"])
def test_a_proxy_that_is_none_is_told(here: pytest.MonkeyPatch, url: str) -> None:
    here.setenv("HTTPS_PROXY", url)
    here.setenv("JEBBIT_PROFILE", "nowhere")
    with pytest.raises(CheckFailedError, match="HTTPS_PROXY is not a proxy's URL"):
        network.proxy(examination())
    here.setenv("HTTPS_PROXY", "http://proxy.example")
    assert network.proxy(examination()) == "https http://proxy.example"


def test_certificates_that_cannot_be_read_are_told(here: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert network.certificates(examination()) == "the system's"
    here.setenv("SSL_CERT_FILE", "/etc/own.pem")
    assert network.certificates(examination()) == "the system's (SSL_CERT_FILE: /etc/own.pem)"
    (tmp_path / "empty.pem").touch()
    for path in (tmp_path / "nowhere.pem", tmp_path / "empty.pem"):
        here.setenv("REQUESTS_CA_BUNDLE", str(path))
        with pytest.raises(CheckFailedError, match=path.name):
            network.certificates(examination())
    here.setenv("REQUESTS_CA_BUNDLE", str(tmp_path))
    assert network.certificates(examination()) == f"REQUESTS_CA_BUNDLE: {tmp_path}"


@posix
def test_what_others_can_read_is_told_with_one_fix_for_all_of_it(
    here: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    config = tmp_path / "con fig"
    here.setenv("JEBBIT_CONFIG_DIR", str(config))
    tokens = config / "tokens"
    tokens.mkdir(parents=True, mode=0o700)
    config.chmod(0o755)
    (tokens / "a.json").touch(0o600)
    for path, mode in ((config, 0o755), (tokens / "a.json", 0o644)):
        path.chmod(mode)
        with pytest.raises(CheckFailedError, match=f"{path} has mode") as failed:
            machine.directory(examination())
        config.chmod(0o700)
    config.chmod(0o755)
    subprocess.run(["sh", "-c", str(failed.value.hint)], check=True)
    assert machine.directory(examination()) == f"{config}, 1 file for this user only"
    (config / "config.toml").symlink_to("nowhere")
    with pytest.raises(CheckFailedError, match="No such file"):
        machine.directory(examination())


def test_a_place_that_is_no_directory_is_told(here: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "config").touch()
    with pytest.raises(CheckFailedError, match="is not a directory"):
        machine.directory(examination())
    here.delenv("JEBBIT_CONFIG_DIR")
    here.setenv("HOME", "relative")
    with pytest.raises(CheckFailedError, match="no home directory"):
        machine.directory(examination())


@posix
def test_a_directory_of_somebody_else_or_read_only_is_told(here: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "config").mkdir(mode=0o700)
    with here.context() as patch:
        patch.setattr(os, "geteuid", lambda: 4711)
        with pytest.raises(CheckFailedError, match="belongs to user"):
            machine.directory(examination())
    here.setattr(os, "access", lambda *_: False)
    with pytest.raises(CheckFailedError, match="cannot be written"):
        machine.directory(examination())


def test_a_missing_library_and_an_old_python_fail_their_checks(here: pytest.MonkeyPatch) -> None:
    version = metadata.version

    def without_rich(name: str) -> str:
        if name == "rich":
            raise metadata.PackageNotFoundError
        return version(name)

    here.setattr(metadata, "version", without_rich)
    with pytest.raises(CheckFailedError, match="missing: rich"):
        machine.libraries(examination())
    here.setattr(metadata, "metadata", lambda _: {"Requires-Python": ">=99.0"})
    with pytest.raises(CheckFailedError) as caught:
        machine.python(examination())
    assert caught.value.hint == "install Python 99.0 or newer"


@pytest.mark.parametrize(
    ("shell", "place"),
    [
        ("/bin/bash", ".bash_completions/jebbitctl.sh"),
        ("/usr/bin/zsh", ".zfunc/_jebbitctl"),
        ("/usr/bin/fish", ".config/fish/completions/jebbitctl.fish"),
        ("/bin/bash", ".local/share/bash-completion/completions/jebbitctl"),
        ("/bin/zsh", ".zshrc"),
    ],
)
def test_completion_is_looked_for_where_it_is_installed(
    here: pytest.MonkeyPatch, tmp_path: Path, shell: str, place: str
) -> None:
    here.setenv("SHELL", shell)
    with pytest.raises(SkippedError) as skipped:
        machine.completion(examination())
    assert "--install-completion" in str(skipped.value.fix)
    (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / place).write_text('eval "$(_JEBBITCTL_COMPLETE=source_zsh jebbitctl)"')
    assert machine.completion(examination()).endswith(str(tmp_path / place))


def test_completion_in_a_shell_that_nobody_knows_is_skipped(here: pytest.MonkeyPatch) -> None:
    here.setenv("SHELL", "/bin/tcsh")
    with pytest.raises(SkippedError, match="tcsh cannot be looked into"):
        machine.completion(examination())


def test_a_check_that_fails_itself_or_never_ends_stops_no_other(here: pytest.MonkeyPatch) -> None:
    def broken(_: Examination) -> str:
        raise TypeError("sesame")

    over = threading.Event()

    def endless(_: Examination) -> str:
        over.wait(30)
        return ""

    def telling(_: Examination) -> str:
        return f"the secret is {os.environ['JEBBIT_CLIENT_SECRET']}"

    here.setenv("JEBBIT_CLIENT_SECRET", "sesame")
    here.setattr(checkup, "PATIENCE", 0.5)
    here.setattr(checkup, "CHECKS", {"a": broken, "b": endless, "c": telling})
    results = list(checkup.examine(Context(CommonOptions())))
    over.set()
    assert [(result.name, result.ok) for result in results] == [("a", False), ("b", False), ("c", True)]
    assert "TypeError" in results[0].detail
    assert "0.5 s" in results[1].detail
    assert results[2].detail == "the secret is ********"
