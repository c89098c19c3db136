"""A crash at any time leaves profiles and tokens readable, and its leftovers are removed later."""

from __future__ import annotations

import json
import os
import shutil
import time
import tomllib
from typing import TYPE_CHECKING, Any

import pytest

from jebbitctl.api.access_token import AccessToken
from jebbitctl.sandbox.server import Sandbox
from jebbitctl.storage.atomic_files import LEFTOVERS
from tests.crash_injection import crash_at_each_step, start_killing
from tests.isolated_home import IsolatedHome

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
def machine(tmp_path: Path, sandbox: Sandbox) -> IsolatedHome:
    """A home with the profiles a and b, and credentials in the environment."""
    machine = IsolatedHome(tmp_path / "home", dict(sandbox.environment), [sandbox.state.client_secret])
    for name in ("a", "b"):
        assert machine.run("login", "--profile", name).code == 0
    return machine


def profiles(config: Path) -> Any:
    """Return the content of ``config.toml`` without what differs with each login."""
    document = tomllib.loads((config / "config.toml").read_text(encoding="utf-8"))
    for profile in document.get("profiles", {}).values():
        profile.pop("login_id")
    return document


def assert_tokens_are_whole(config: Path) -> None:
    for path in config.glob("tokens/*.json"):
        try:
            content = path.read_bytes()
        except FileNotFoundError:  # another process has just removed it
            continue
        assert AccessToken.from_entry(json.loads(content)) is not None


def leftovers(config: Path) -> list[Path]:
    return [*config.glob(LEFTOVERS), *config.glob(f"tokens/{LEFTOVERS}")]


def assert_login_removes_leftovers(machine: IsolatedHome) -> None:
    assert machine.run("login", "--profile", "a").code == 0
    assert leftovers(machine.config) == []


@pytest.mark.parametrize(
    "line",
    [
        "profiles use b",
        pytest.param("token", marks=pytest.mark.long),
        pytest.param("login --profile a", marks=pytest.mark.long),
        pytest.param("login --profile new", marks=pytest.mark.long),
        pytest.param("profiles remove a --yes", marks=pytest.mark.long),
        pytest.param("logout -y --profile b", marks=pytest.mark.long),
    ],
)
def test_a_crash_at_any_step_of_a_write_leaves_the_old_or_the_new_file(
    machine: IsolatedHome, tmp_path: Path, line: str
) -> None:
    homes = crash_at_each_step(machine, tmp_path / "homes", *line.split())
    old, new = profiles(machine.config), profiles(homes[-1] / "config")
    with_leftovers = {}
    for home in homes:
        assert profiles(home / "config") in (old, new)
        assert_tokens_are_whole(home / "config")
        with_leftovers.update({path.parent.name: home for path in leftovers(home / "config")})
    if line != "token" or not hasattr(os, "O_TMPFILE"):  # a new file gets no other name there
        assert with_leftovers, "no crash happened during a write"
    for name, home in with_leftovers.items():
        shutil.copytree(home, tmp_path / name)
        assert_login_removes_leftovers(machine.copy(tmp_path / name))


@pytest.mark.long
@pytest.mark.parametrize("hits", [160])
def test_processes_killed_at_random_leave_every_file_readable(machine: IsolatedHome, hits: int) -> None:
    processes = [
        start_killing(
            machine,
            hits // WRITERS,
            0.1,
            [
                f"login --profile {name}",
                f"token --profile {name}",
                f"profiles use {name}",
                f"logout -y --profile {name}",
                "token",
                "logout -y --all",
            ],
        )
        for name in ("a", "b", "a", "c")
    ]
    while any(process.poll() is None for process in processes):
        profiles(machine.config)
        assert_tokens_are_whole(machine.config)
        time.sleep(0.002)  # leaves a core to the other processes
    codes: list[int] = []
    for process in processes:
        out, err = process.communicate()
        assert process.returncode == 0, err
        assert "Traceback" not in err
        codes += json.loads(out)
    assert codes.count(-9) >= hits
    assert set(codes) <= {-9, 0, 2, 3, 4}
    assert_login_removes_leftovers(machine)
    assert_tokens_are_whole(machine.config)
