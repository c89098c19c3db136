"""``integrations export --into`` changes a file's content and nothing else."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from jebbitctl.sandbox.server import Sandbox
    from tests.support import Cli

OTHER_ID = 54321
root = pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root gives files away")


def link(path: Path) -> None:
    path.with_name("hard link").hardlink_to(path)


def symbolic_link(path: Path) -> None:
    target = path.with_name("target.toml")
    path.rename(target)
    path.symlink_to(target.name)


@pytest.mark.parametrize(
    "change",
    [
        link,
        symbolic_link,
        lambda path: path.chmod(0o600),
        lambda path: path.chmod(0o664),
        lambda path: path.chmod(0o755),
        pytest.param(lambda path: os.chown(path, -1, OTHER_ID), marks=root),
    ],
)
def test_an_export_into_a_file_keeps_owner_group_mode_and_links(
    cli: Cli, sandbox: Sandbox, change: Callable[[Path], None]
) -> None:
    path = cli.home / "m.toml"
    path.write_text("version = 1\n")
    change(path)

    def identity() -> dict[str, tuple[int, ...]]:
        statuses = {name.name: name.lstat() for name in cli.home.iterdir() if name.is_file()}
        return {name: (s.st_uid, s.st_gid, s.st_mode, s.st_nlink) for name, s in statuses.items()}

    before = identity()
    assert cli.run("integrations", "export", "--into", str(path)).code == 0
    assert identity() == before
    assert sandbox.requests
    contents = {name.read_text() for name in cli.home.iterdir() if name.is_file()}
    assert len(contents) == 1
    assert "[integrations." in contents.pop()


@root
def test_a_file_of_another_user_is_refused_before_any_request_and_stays_as_it_is(
    cli: Cli, sandbox: Sandbox
) -> None:
    """Its owner could replace it by a link at any moment, and would choose what root overwrites."""
    path = cli.home / "m.toml"
    path.write_text("version = 1\n")
    link(path)
    os.chown(path, OTHER_ID, OTHER_ID)
    result = cli.run("integrations", "export", "--into", str(path))
    assert (result.code, sandbox.requests) == (2, [])
    assert "belongs to another user" in result.err
    status = path.stat()
    assert (status.st_uid, status.st_gid, status.st_nlink) == (OTHER_ID, OTHER_ID, 2)
    assert path.read_text() == "version = 1\n"
