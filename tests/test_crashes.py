"""Whatever dies, and whenever: configuration, profiles and tokens stay readable, and leftovers are swept."""

from __future__ import annotations

import json
import os
import shutil
import time
import tomllib
from typing import TYPE_CHECKING, Any

import pytest

from jebbitctl.authentication import token_from_entry
from jebbitctl.sandbox.server import Sandbox
from jebbitctl.storage.files import LEFTOVERS
from tests.doomed import dying_at_each_step, killing
from tests.machine import Machine

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WRITERS = 4

pytestmark = pytest.mark.keeps(
    "token", "tokens/.jebbitctl-*"
)  # as private as the token that it was to become


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


@pytest.fixture
def machine(tmp_path: Path, sandbox: Sandbox) -> Machine:
    """A computer on which ``login`` needs no question, and that has the profiles a and b."""
    machine = Machine(tmp_path / "home", dict(sandbox.environment), [sandbox.state.client_secret])
    for name in ("a", "b"):
        assert machine.run("login", "--profile", name).code == 0
    return machine


def profiles(config: Path) -> Any:
    """What ``config.toml`` says, but for what each login makes anew."""
    document = tomllib.loads((config / "config.toml").read_text(encoding="utf-8"))
    for profile in document.get("profiles", {}).values():
        profile.pop("login_id")
    return document


def assert_tokens_are_whole(config: Path) -> None:
    for path in config.glob("tokens/*.json"):
        try:
            content = path.read_bytes()
        except FileNotFoundError:  # one of the living has just removed it
            continue
        assert token_from_entry(json.loads(content)) is not None


def leftovers(config: Path) -> list[Path]:
    return [*config.glob(LEFTOVERS), *config.glob(f"tokens/{LEFTOVERS}")]


def assert_leftovers_are_swept(machine: Machine) -> None:
    """Those of long ago are gone with the next login."""
    for path in leftovers(machine.config):
        os.utime(path, (time.time() - 7200,) * 2)
    assert machine.run("login", "--profile", "a").code == 0
    assert leftovers(machine.config) == []


@pytest.mark.parametrize(
    "line",
    [
        "token",
        "profiles use b",
        pytest.param("login --profile a", marks=pytest.mark.long),
        pytest.param("login --profile new", marks=pytest.mark.long),
        pytest.param("profiles remove a --yes", marks=pytest.mark.long),
        pytest.param("logout --profile b", marks=pytest.mark.long),
    ],
)
def test_an_end_at_any_step_of_a_write_leaves_the_old_or_the_new(
    machine: Machine, tmp_path: Path, line: str
) -> None:
    homes = dying_at_each_step(machine, tmp_path / "homes", *line.split())
    old, new = profiles(machine.config), profiles(homes[-1] / "config")
    littered = {}
    for home in homes:
        assert profiles(home / "config") in (old, new)
        assert_tokens_are_whole(home / "config")
        littered.update({path.parent.name: home for path in leftovers(home / "config")})
    assert littered, "no step was inside a write"
    for name, home in littered.items():
        shutil.copytree(home, tmp_path / name)
        assert_leftovers_are_swept(machine.copy(tmp_path / name))


@pytest.mark.parametrize("hits", [20, pytest.param(500, marks=pytest.mark.long)])
def test_kills_at_random_moments_leave_every_file_readable(machine: Machine, hits: int) -> None:
    started = [
        killing(
            machine,
            hits // WRITERS,
            0.1,
            [
                f"login --profile {name}",
                f"token --profile {name}",
                f"profiles use {name}",
                f"logout --profile {name}",
                "token",
                "logout --all",
            ],
        )
        for name in ("a", "b", "a", "c")
    ]
    while any(process.poll() is None for process in started):
        profiles(machine.config)
        assert_tokens_are_whole(machine.config)
        time.sleep(0.002)  # leaves a core to those that write
    codes: list[int] = []
    for process in started:
        out, err = process.communicate()
        assert process.returncode == 0, err
        assert "Traceback" not in err
        codes += json.loads(out)
    assert codes.count(-9) >= hits
    assert set(codes) <= {-9, 0, 2, 4}
    assert_leftovers_are_swept(machine)
    assert_tokens_are_whole(machine.config)
