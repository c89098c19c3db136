from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from jebbitctl.sandbox.server import Options, Sandbox
from tests.machine import Machine, issuing, paths

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def shared() -> Iterator[Sandbox]:
    """A sandbox for tests that neither change it nor count from zero."""
    with Sandbox() as running:
        yield running


@pytest.fixture
def cold(tmp_path: Path, shared: Sandbox) -> Machine:
    return Machine(tmp_path, dict(shared.environment), [shared.state.client_secret])


def asked(sandbox: Sandbox, since: int = 0) -> int:
    """How many tokens a sandbox was asked for."""
    return paths(sandbox, since).count("/oauth/token")


def test_it_prints_a_token_that_works_and_nothing_else(cold: Machine, shared: Sandbox) -> None:
    result = cold.run("token")
    assert result.code == 0
    assert result.err == ""
    used = cold.run("whoami", "--json", env={"JEBBIT_ACCESS_TOKEN": result.out.strip()})
    assert used.json["id"] == next(iter(shared.state.businesses))
    assert used.json["credentials_source"] == "JEBBIT_ACCESS_TOKEN"


def test_json_has_the_keys_of_the_contract(cold: Machine) -> None:
    document = cold.run("token", "--json").json
    assert list(document) == ["access_token", "token_type", "expires_at", "scopes"]
    assert document["token_type"] == "Bearer"
    assert document["expires_at"].endswith("Z")
    assert "read:integration" in document["scopes"]
    assert cold.run("token").out.strip() == document["access_token"]


@pytest.mark.parametrize(
    "lifetime", [0, -5, "soon", "0", None, True, [], 1e300], ids=lambda value: f"expires_in={value!r}"
)
def test_a_strange_lifetime_is_no_error(tmp_path: Path, lifetime: Any) -> None:
    with Sandbox(wrap=issuing(lambda answer: answer.update(expires_in=lifetime))) as odd:
        machine = Machine(tmp_path, dict(odd.environment))
        assert [machine.run("whoami").code for _ in range(2)] == [0, 0]
        never_fresh = lifetime in {0, -5, "0"} if isinstance(lifetime, int | str) else False
        assert asked(odd) == (2 if never_fresh and lifetime is not True else 1)


@pytest.mark.parametrize(
    ("change", "lifetime"),
    [
        (lambda answer: answer.pop("expires_in"), 300),
        (lambda answer: answer.update(expires_in="3600"), 3600),
        (lambda answer: answer.update(expires_in=10**12), 30 * 86400),
    ],
    ids=["absent", "text", "huge"],
)
def test_a_token_is_kept_for_a_careful_time(
    tmp_path: Path, change: Callable[[dict[str, Any]], None], lifetime: float
) -> None:
    with Sandbox(wrap=issuing(change)) as odd:
        machine = Machine(tmp_path, dict(odd.environment))
        assert machine.run("token").code == 0
        (entry,) = (json.loads(path.read_text()) for path in machine.tokens)
    assert entry["expires_at"] - entry["issued_at"] == pytest.approx(lifetime)


def test_a_token_without_a_lifetime_serves_a_whole_command(tmp_path: Path) -> None:
    options = Options(businesses=3)
    with Sandbox(options, wrap=issuing(lambda answer: answer.update(expires_in=0))) as odd:
        machine = Machine(tmp_path, dict(odd.environment))
        assert machine.run("whoami").code == 0
        assert paths(odd) == ["/oauth/token", *["/api/v1/self"] * 3]


def test_a_token_that_is_no_jwt_will_do(tmp_path: Path) -> None:
    with Sandbox(wrap=issuing(lambda answer: answer.update(access_token="opaque", scope=None))) as odd:
        machine = Machine(tmp_path, dict(odd.environment))
        assert [machine.run("token").out for _ in range(2)] == ["opaque\n", "opaque\n"]
        assert asked(odd) == 1


@pytest.mark.parametrize("where", ["config", "config/tokens"])
def test_a_cache_that_cannot_be_written_is_one_warning(cold: Machine, where: str) -> None:
    place = cold.home / where
    place.parent.mkdir(exist_ok=True)
    place.write_text("a file where the directory should be")
    result = cold.run("token")
    assert result.code == 0
    assert result.out.count(".") == 2
    assert result.err.count("warning:") == 1
    assert "going on without it" in result.err


@pytest.mark.parametrize("home", ["", "relative/home", "~"])
def test_without_a_home_commands_work_uncached_with_one_warning(cold: Machine, home: str) -> None:
    nowhere = {"HOME": home, "JEBBIT_CONFIG_DIR": None}
    result = cold.run("token", env=nowhere)
    assert result.code == 0
    assert result.err.count("\n") == 1
    assert "JEBBIT_CONFIG_DIR" in result.err
    assert cold.run("whoami", env={**nowhere, "JEBBIT_ACCESS_TOKEN": result.out.strip()}).err == ""
    assert cold.run("profiles", "list", "--json", env=nowhere).json == []


@pytest.mark.keeps("token", "config/tokens/*.moved")
def test_a_stranger_in_the_config_directory_is_not_trusted(cold: Machine, shared: Sandbox) -> None:
    cold.run("token")
    (path,) = cold.tokens
    for spoil in (lambda: path.chmod(0o644), lambda: path.rename(path.with_suffix(".moved"))):
        before = len(shared.requests)
        spoil()
        if not path.exists():
            path.symlink_to(path.with_suffix(".moved"))
        assert cold.run("token").code == 0
        assert asked(shared, before) == 1
        assert not path.is_symlink()
        assert path.stat().st_mode & 0o777 == 0o600


def test_an_access_token_is_used_as_it_is_and_never_replaced(cold: Machine, shared: Sandbox) -> None:
    before = len(shared.requests)
    given = {"JEBBIT_ACCESS_TOKEN": "opaque-token\n"}
    assert cold.run("token", env=given).out == "opaque-token\n"
    assert cold.run("token", "-q", "expires_at", env=given).out == "null\n"
    assert cold.run("whoami", env=given).code == 4
    assert paths(shared, before) == ["/api/v1/self"]
    assert shared.requests[-1].headers["authorization"] == "Bearer opaque-token"
    assert not cold.config.exists()


@pytest.mark.parametrize("token", ["", "two words", "two\nlines", "tök\u00e9n"])
def test_an_access_token_that_cannot_be_one_is_refused(cold: Machine, token: str) -> None:
    result = cold.run("whoami", "--json", env={"JEBBIT_ACCESS_TOKEN": token})
    assert result.code == 4
    assert not token or token not in result.err
