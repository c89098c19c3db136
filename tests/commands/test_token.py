from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from jebbitctl.sandbox.server import Sandbox, SandboxOptions
from tests.isolated_home import IsolatedHome, changing_token_response, paths, token_requests

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def machine(tmp_path: Path, shared: Sandbox) -> IsolatedHome:
    return IsolatedHome(tmp_path, dict(shared.environment), [shared.state.client_secret])


def test_token_prints_a_token_that_works_and_nothing_else(machine: IsolatedHome, shared: Sandbox) -> None:
    result = machine.run("token")
    assert result.code == 0
    assert result.err == ""
    account = machine.run("whoami", "--json", env={"JEBBIT_ACCESS_TOKEN": result.out.strip()})
    assert account.json["id"] == next(iter(shared.state.businesses))
    assert account.json["credentials_source"] == "JEBBIT_ACCESS_TOKEN"


def test_json_has_exactly_the_documented_keys(machine: IsolatedHome) -> None:
    document = machine.run("token", "--json").json
    assert list(document) == ["access_token", "token_type", "expires_at", "scopes"]
    assert document["token_type"] == "Bearer"
    assert document["expires_at"].endswith("Z")
    assert "read:integration" in document["scopes"]
    assert machine.run("token").out.strip() == document["access_token"]


@pytest.mark.parametrize(
    "lifetime", [0, -5, "soon", "0", None, True, [], 1e300], ids=lambda value: f"expires_in={value!r}"
)
def test_an_invalid_lifetime_is_not_an_error(tmp_path: Path, lifetime: Any) -> None:
    with Sandbox(wrap=changing_token_response(lambda response: response.update(expires_in=lifetime))) as odd:
        machine = IsolatedHome(tmp_path, dict(odd.environment))
        assert [machine.run("whoami").code for _ in range(2)] == [0, 0]
        never_fresh = lifetime in {0, -5, "0"} if isinstance(lifetime, int | str) else False
        assert token_requests(odd) == (2 if never_fresh and lifetime is not True else 1)


@pytest.mark.parametrize(
    ("change", "lifetime"),
    [
        (lambda response: response.pop("expires_in"), 300),
        (lambda response: response.update(expires_in="3600"), 3600),
        (lambda response: response.update(expires_in=10**12), 30 * 86400),
    ],
    ids=["absent", "text", "huge"],
)
def test_a_token_is_cached_for_a_limited_time(
    tmp_path: Path, change: Callable[[dict[str, Any]], None], lifetime: float
) -> None:
    with Sandbox(wrap=changing_token_response(change)) as odd:
        machine = IsolatedHome(tmp_path, dict(odd.environment))
        assert machine.run("token").code == 0
        (entry,) = (json.loads(path.read_text()) for path in machine.tokens)
    assert entry["expires_at"] - entry["issued_at"] == pytest.approx(lifetime)


def test_a_token_without_a_lifetime_is_used_for_a_whole_command(tmp_path: Path) -> None:
    options = SandboxOptions(businesses=3)
    with Sandbox(
        options, wrap=changing_token_response(lambda response: response.update(expires_in=0))
    ) as odd:
        machine = IsolatedHome(tmp_path, dict(odd.environment))
        assert machine.run("whoami").code == 0
        assert paths(odd) == ["/oauth/token", *["/api/v1/self"] * 3]


def test_a_token_that_is_not_a_jwt_is_accepted(tmp_path: Path) -> None:
    with Sandbox(
        wrap=changing_token_response(lambda response: response.update(access_token="opaque", scope=None))
    ) as odd:
        machine = IsolatedHome(tmp_path, dict(odd.environment))
        assert [machine.run("token").out for _ in range(2)] == ["opaque\n", "opaque\n"]
        assert token_requests(odd) == 1


@pytest.mark.parametrize("where", ["config", "config/tokens"])
def test_a_cache_that_cannot_be_written_causes_one_warning(machine: IsolatedHome, where: str) -> None:
    path = machine.home / where
    path.parent.mkdir(exist_ok=True)
    path.write_text("a file where the directory should be")
    result = machine.run("token")
    assert result.code == 0
    assert result.out.count(".") == 2
    assert result.err.count("warning:") == 1
    assert "continuing without it" in result.err


@pytest.mark.parametrize("home", ["", "relative/home", "~"])
def test_without_a_home_commands_work_without_a_cache(machine: IsolatedHome, home: str) -> None:
    env = {"HOME": home, "JEBBIT_CONFIG_DIR": None}
    result = machine.run("token", env=env)
    assert result.code == 0
    assert result.err.count("\n") == 1
    assert "JEBBIT_CONFIG_DIR" in result.err
    assert machine.run("whoami", env={**env, "JEBBIT_ACCESS_TOKEN": result.out.strip()}).err == ""
    assert machine.run("profiles", "list", "--json", env=env).json == []


@pytest.mark.keeps("token", "config/tokens/*.moved")
def test_a_cached_token_that_others_can_read_or_a_link_is_not_trusted(
    machine: IsolatedHome, shared: Sandbox
) -> None:
    machine.run("token")
    (path,) = machine.tokens
    for spoil in (lambda: path.chmod(0o644), lambda: path.rename(path.with_suffix(".moved"))):
        before = len(shared.requests)
        spoil()
        if not path.exists():
            path.symlink_to(path.with_suffix(".moved"))
        assert machine.run("token").code == 0
        assert token_requests(shared, before) == 1
        assert not path.is_symlink()
        assert path.stat().st_mode & 0o777 == 0o600


def test_a_given_access_token_is_used_and_never_replaced(machine: IsolatedHome, shared: Sandbox) -> None:
    before = len(shared.requests)
    given = {"JEBBIT_ACCESS_TOKEN": "opaque-token\n"}
    assert machine.run("token", env=given).out == "opaque-token\n"
    assert machine.run("token", "-q", "expires_at", env=given).out == "null\n"
    assert machine.run("whoami", env=given).code == 4
    assert paths(shared, before) == ["/api/v1/self"]
    assert shared.requests[-1].headers["authorization"] == "Bearer opaque-token"
    assert not machine.config.exists()


@pytest.mark.parametrize("token", ["", "two words", "two\nlines", "tök\u00e9n"])
def test_an_invalid_access_token_is_refused(machine: IsolatedHome, token: str) -> None:
    result = machine.run("whoami", "--json", env={"JEBBIT_ACCESS_TOKEN": token})
    assert result.code == 4
    assert not token or token not in result.err
