"""Commands on a pseudo-terminal."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pexpect

from tests import support
from tests.support import JEBBITCTL

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.support import Cli

COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def on_terminal(cli: Cli, *args: str, columns: int = 80, env: Mapping[str, str] | None = None) -> Any:
    """Start a command on a terminal of its own."""
    return pexpect.spawn(
        JEBBITCTL,
        list(args),
        env=cli.environment({"TERM": "xterm-256color", **(env or {})}),
        dimensions=(40, columns),
        encoding="utf-8",
        timeout=20,
    )


def screen(
    cli: Cli,
    *args: str,
    columns: int = 80,
    env: Mapping[str, str] | None = None,
    encoding: str = "utf-8",
) -> str:
    """Run a command to its end, in this process but on a terminal; return everything it showed."""
    assert not support.ONLY_A_PROCESS_READS & {*cli.env, *(env or {})}, "use on_terminal"
    environment = cli.environment({"TERM": "xterm-256color", **(env or {})})
    return support.run_on_terminal(args, environment, columns, 60, encoding).replace("\r\n", "\n")
