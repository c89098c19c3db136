"""A configuration that another user could have written gets no secret."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from jebbitctl.sandbox.server import Sandbox
from tests.isolated_home import IsolatedHome
from tests.support import mode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(os.name != "posix", reason="POSIX modes")
as_root = pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root can give files away")
NOBODY = 65534


@pytest.fixture(scope="module")
def evil() -> Iterator[Sandbox]:
    """The service that a planted configuration names."""
    with Sandbox() as running:
        yield running


@pytest.fixture
def machine(tmp_path: Path, evil: Sandbox) -> IsolatedHome:
    """A computer with credentials in its environment and a planted ``config.toml``."""
    secret = {"JEBBIT_CLIENT_ID": "victim", "JEBBIT_CLIENT_SECRET": "the-victims-secret"}
    machine = IsolatedHome(tmp_path / "home", secret, ["the-victims-secret"])
    for directory in (machine.home, machine.config):
        directory.mkdir(exist_ok=True)
        directory.chmod(0o755)
    config(machine).write_text(
        f'[profiles.default]\nclient_id = "x"\nauth_url = "{evil.url}"\napi_url = "{evil.url}"\n'
    )
    config(machine).chmod(0o600)
    return machine


def config(machine: IsolatedHome) -> Path:
    return machine.config / "config.toml"


def assert_refused(machine: IsolatedHome, evil: Sandbox, problem: str, *args: str) -> None:
    """Exit 4 with one line that names the problem; nothing was sent, stored or read from the keyring."""
    before = len(evil.requests)
    result = machine.run(*args, stdin="another-secret")
    assert (result.code, result.out) == (4, "")
    error, hint = result.err.splitlines()
    assert error == f"error: {config(machine)} is not used: {problem}"
    assert hint.startswith("hint: ")
    assert (len(evil.requests), machine.calls) == (before, [])


def open_file(machine: IsolatedHome) -> str:
    config(machine).chmod(0o666)
    return f"other users can write to {config(machine)} (mode 0666, owner {owner()})"


def open_directory(machine: IsolatedHome) -> str:
    machine.config.chmod(0o777)
    return f"other users can write to {machine.config} (mode 0777, owner {owner()})"


def open_home(machine: IsolatedHome) -> str:
    machine.home.chmod(0o777)
    return f"other users can write to {machine.home} (mode 0777, owner {owner()})"


def foreign_file(machine: IsolatedHome) -> str:
    os.chown(config(machine), NOBODY, -1)
    return f"{config(machine)} belongs to another user, nobody"


def foreign_home(machine: IsolatedHome) -> str:
    os.chown(machine.home, NOBODY, -1)
    return f"{machine.home} belongs to another user, nobody"


def owner() -> str:
    import pwd

    return pwd.getpwuid(os.geteuid()).pw_name


@pytest.mark.parametrize(
    "plant",
    [
        open_file,
        open_directory,
        open_home,
        pytest.param(foreign_file, marks=as_root),
        pytest.param(foreign_home, marks=as_root),
    ],
)
def test_nothing_is_sent_to_the_service_of_a_planted_configuration(
    machine: IsolatedHome, evil: Sandbox, plant: Callable[[IsolatedHome], str]
) -> None:
    problem = plant(machine)
    assert_refused(machine, evil, problem, "whoami")
    login = ("login", "--client-id", "x", "--client-secret-stdin")
    assert_refused(machine, evil, problem, *login)
    assert_refused(machine, evil, problem, "logout", "--all")


def test_a_login_into_a_directory_that_others_can_write_to_is_refused(
    machine: IsolatedHome, evil: Sandbox
) -> None:
    config(machine).unlink()
    login = ("login", "--client-id", "x", "--client-secret-stdin", "--auth-url", evil.url)
    for shared in (0o777, 0o1777):  # the sticky bit lets others add files, as in /tmp
        machine.config.chmod(shared)
        problem = f"other users can write to {machine.config} (mode {shared:04o}, owner {owner()})"
        assert_refused(machine, evil, problem, *login)
        assert f"✗ directory     {problem} → " in machine.run("doctor", env={"TERM": "dumb"}).out
        assert mode(machine.config) == shared


def test_a_configuration_that_only_this_user_can_change_is_used(machine: IsolatedHome, evil: Sandbox) -> None:
    before = len(evil.requests)
    assert machine.run("whoami").code == 4
    assert len(evil.requests) == before + 1, "the control: this is what the tests above prevent"


def test_with_credentials_and_urls_in_the_environment_an_unusable_file_is_ignored_with_a_warning(
    machine: IsolatedHome, sandbox: Sandbox, evil: Sandbox
) -> None:
    before = len(evil.requests)
    machine.env |= sandbox.environment
    open_file(machine)
    result = machine.run("whoami", "-q", "[profile, api_url]")
    assert (result.code, result.json) == (0, [None, sandbox.url])
    problem = f"other users can write to {config(machine)} (mode 0666, owner {owner()})"
    warning = f"warning: {config(machine)} is not used: {problem}; the environment is used alone\n"
    assert result.err == warning
    config(machine).unlink()
    os.mkfifo(config(machine))
    result = machine.run("integrations", "list", "-q", "length(@)", timeout=20)
    assert (result.code, result.out) == (0, "2\n")
    assert result.err.count("warning: ") == 1
    for account in ({"JEBBIT_PROFILE": "default"}, {"JEBBIT_AUTH_ISSUER": None}):
        assert machine.run("whoami", env=account).code == 2
    assert len(evil.requests) == before


def test_with_every_setting_in_the_environment_the_file_is_not_read(
    machine: IsolatedHome, sandbox: Sandbox
) -> None:
    business = next(iter(sandbox.state.businesses))
    machine.env |= sandbox.environment
    machine.env |= {"JEBBIT_API_AUDIENCE": "public-api", "JEBBIT_BUSINESS_ID": business}
    config(machine).write_text("invalid")
    result = machine.run("integrations", "list")
    assert (result.code, result.err) == (0, "")


@pytest.mark.parametrize("kind", ["pipe", "device", "directory", "large"])
def test_a_configuration_that_is_no_small_regular_file_is_one_line_and_never_hangs(
    machine: IsolatedHome, kind: str
) -> None:
    path = config(machine)
    path.unlink()
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    elif kind == "directory":
        path.mkdir()
    else:
        path.write_bytes(b"#" * 2_000_000)
    result = machine.run("whoami", timeout=20)
    assert result.code in {2, 4}  # /dev/zero is writable for everybody
    assert result.err.startswith(f"error: {path} ")


def test_the_token_cache_in_a_directory_that_others_can_write_to_is_neither_read_nor_written(
    cli_home: IsolatedHome, sandbox: Sandbox
) -> None:
    assert cli_home.run("token").code == 0
    assert cli_home.run("token").err == ""
    cli_home.config.chmod(0o777)
    before = len(sandbox.requests)
    result = cli_home.run("token")
    assert result.code == 0
    assert f"cannot use the token cache (other users can write to {cli_home.config} " in result.err
    assert "; JEBBIT_CONFIG_DIR can name a directory of your own), continuing without it\n" in result.err
    assert len(sandbox.requests) == before + 1
    assert mode(cli_home.config) == 0o777, "it is not jebbitctl's to change"


@pytest.fixture
def cli_home(tmp_path: Path, sandbox: Sandbox) -> IsolatedHome:
    return IsolatedHome(tmp_path / "own", dict(sandbox.environment))


@pytest.mark.keeps("token", "a/b/c/tokens/*.json", "*.json")
def test_files_of_a_login_are_private_whatever_the_umask(tmp_path: Path, sandbox: Sandbox) -> None:
    machine = IsolatedHome(tmp_path, dict(sandbox.environment))
    before = os.umask(0)
    try:
        result = machine.run("login", env={"JEBBIT_CONFIG_DIR": str(tmp_path / "a" / "b" / "c")})
    finally:
        os.umask(before)
    assert result.code == 0
    created = [tmp_path / "a", *(tmp_path / "a").rglob("*")]
    assert {mode(path) for path in created if path.is_dir()} == {0o700}
    assert {mode(path) for path in created if path.is_file()} == {0o600}


@as_root
def test_another_user_cannot_steer_root_or_anybody_else(
    machine: IsolatedHome, evil: Sandbox, tmp_path: Path
) -> None:
    """A real second user writes the file, in a sticky directory, as in ``/tmp``."""
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    tmp_path.chmod(0o755)
    planted = shared / "config"
    profile = f'[profiles.default]\nauth_url = "{evil.url}"'
    script = f"umask 022; mkdir config; echo '{profile}' > config/config.toml"
    subprocess.run(["sh", "-c", script], cwd=shared, user=NOBODY, check=True)
    before = len(evil.requests)
    result = machine.run("token", env={"JEBBIT_CONFIG_DIR": str(planted)})
    assert result.code == 4
    assert f"{planted} belongs to another user, nobody" in result.err
    assert len(evil.requests) == before
