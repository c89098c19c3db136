"""Terminals that say they have no columns and no rows, as some CI systems and serial lines do."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.terminal import screen

if TYPE_CHECKING:
    from tests.support import Cli

LINES = (
    "integrations list",
    "integrations create --endpoint https://a.example.com/ --campaign-name-filter Spring",
    "integrations diagnose --all --no-input",
    "exports check",
    "mappings lint --all",
    "campaigns stats",
    "help output",
    "webhooks send --help",
    "demo",
)


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("size", [(0, 0), (1, 1)])
def test_a_command_works_on_a_terminal_without_a_size(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, line: str, size: tuple[int, int]
) -> None:
    monkeypatch.setattr(os, "get_terminal_size", lambda *_: os.terminal_size(size))
    env = {"COLUMNS": str(size[0]), "LINES": str(size[1]), "NO_COLOR": "1"}
    result = cli.run(*line.split(), env=env)
    assert "bug" not in result.err
    assert result.code == 0, result.err


@pytest.mark.skipif(os.name != "posix", reason="POSIX terminals")
@pytest.mark.parametrize("columns", [0, 1])
def test_a_new_secret_is_whole_on_a_terminal_without_a_size(cli: Cli, columns: int) -> None:
    shown = screen(cli, "integrations", "create", "--endpoint", "https://b.example.com/", columns=columns)
    secret = cli.run("integrations", "list", "-q", "[0].shared_secret", "--show-secret").out.strip()
    cli.secrets.append(secret)
    assert secret in shown
    assert "https://b.example.com/" in shown
