"""A sandbox that ``sandbox serve`` runs in its own process."""

from __future__ import annotations

import os
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.support import JEBBITCTL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support import Cli

NAMES = ["JEBBIT_CLIENT_ID", "JEBBIT_CLIENT_SECRET", "JEBBIT_API_BASE_URL", "JEBBIT_AUTH_ISSUER"]
posix = pytest.mark.skipif(os.name != "posix", reason="POSIX signals")


@contextmanager
def serving(cli: Cli, *options: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, str]]]:
    """Run ``sandbox serve``; yield the process and the variables that it prints."""
    with subprocess.Popen(
        [JEBBITCTL, "sandbox", "serve", *options],
        env=cli.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in NAMES]
        try:
            yield process, dict(line.rstrip("\n").split("=", 1) for line in lines)
        finally:
            process.kill()
