from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from jebbitctl.sandbox.server import Sandbox
from tests.machine import Machine, paths, rejecting

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def machine(tmp_path: Path, sandbox: Sandbox) -> Machine:
    return Machine(tmp_path, dict(sandbox.environment), [sandbox.state.client_secret])


def asked(sandbox: Sandbox, since: int = 0) -> int:
    """How many tokens a sandbox was asked for."""
    return paths(sandbox, since).count("/oauth/token")


def edit(machine: Machine, **changes: Any) -> None:
    """Change what the one cached token says of itself."""
    (path,) = machine.tokens
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def test_a_rejected_token_is_replaced_once_and_the_command_succeeds(
    machine: Machine, sandbox: Sandbox
) -> None:
    machine.run("token")
    sandbox.state.revoke_tokens()
    before = len(sandbox.requests)
    assert machine.run("whoami").code == 0
    assert paths(sandbox, before) == ["/api/v1/self", "/oauth/token", "/api/v1/self"]
    before = len(sandbox.requests)
    assert machine.run("whoami").code == 0
    assert paths(sandbox, before) == ["/api/v1/self"]


def test_a_new_token_that_is_rejected_too_ends_it(tmp_path: Path) -> None:
    with Sandbox(wrap=rejecting) as strict:
        machine = Machine(tmp_path, dict(strict.environment))
        assert machine.run("token").code == 0
        assert machine.run("whoami").code == 4
        assert paths(strict) == ["/oauth/token", "/api/v1/self", "/oauth/token", "/api/v1/self"]


def test_a_token_that_was_just_asked_for_is_not_replaced(tmp_path: Path) -> None:
    with Sandbox(wrap=rejecting) as strict:
        machine = Machine(tmp_path, dict(strict.environment))
        assert machine.run("whoami").code == 4
        assert paths(strict) == ["/oauth/token", "/api/v1/self"]


def test_a_rejected_token_is_dropped_even_if_there_is_no_new_one(machine: Machine, sandbox: Sandbox) -> None:
    machine.run("token")
    sandbox.state.revoke_tokens()
    sandbox.state.rotate_secret()
    assert machine.run("whoami").code == 4
    assert machine.tokens == []


def test_after_the_clock_went_back_a_new_token_is_asked_for(machine: Machine, sandbox: Sandbox) -> None:
    machine.run("token")
    edit(machine, issued_at=time.time() + 3600, expires_at=time.time() + 90000)
    assert machine.run("token").code == 0
    assert asked(sandbox) == 2
    machine.run("token")
    assert asked(sandbox) == 2


def test_a_token_near_its_end_is_replaced(machine: Machine, sandbox: Sandbox) -> None:
    machine.run("token")
    edit(machine, issued_at=time.time() - 95, expires_at=time.time() + 5)
    machine.run("token")
    assert asked(sandbox) == 2


def test_a_truncated_file_is_ignored_and_replaced(machine: Machine, sandbox: Sandbox) -> None:
    machine.run("token")
    (path,) = machine.tokens
    path.write_bytes(path.read_bytes()[:40])
    assert machine.run("token").code == 0
    machine.run("token")
    assert asked(sandbox) == 2


def test_a_rotated_secret_asks_for_a_token_of_its_own(machine: Machine, sandbox: Sandbox) -> None:
    machine.run("token")
    new = sandbox.state.rotate_secret()
    assert machine.run("token", env={"JEBBIT_CLIENT_SECRET": new}).code == 0
    assert asked(sandbox) == 2
    assert len(machine.tokens) == 2


def test_two_issuers_never_share_a_token(machine: Machine) -> None:
    with Sandbox() as other:
        other.state.client_id, other.state.client_secret = (
            machine.env["JEBBIT_CLIENT_ID"],
            machine.env["JEBBIT_CLIENT_SECRET"],
        )
        first = machine.run("token").out
        second = machine.run("token", env={"JEBBIT_AUTH_ISSUER": other.url}).out
        assert asked(other) == 1
    assert first != second
