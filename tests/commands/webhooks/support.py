"""Helpers for the tests of the ``webhooks`` commands."""

from __future__ import annotations

import json
import subprocess
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any

from tests.support import JEBBITCTL
from tests.webhooks.support import SECRET

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support import Cli

VECTOR = "t=1700000000,v1=/Sc06vNwsepKQb9Ks6ltIFPjbrlsNZ33m24sWO4VgPw="
"""The signature of ``{}`` with ``SECRET``, made with OpenSSL."""
AT = ("--at", "1700000000")


@contextmanager
def listening(
    cli: Cli, *options: str, stdout: int | IO[str] = subprocess.PIPE, secret: str | None = SECRET
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run ``webhooks listen`` on a free port; yield the process and its URL."""
    with subprocess.Popen(
        [JEBBITCTL, "webhooks", "listen", "--port", "0", *options],
        env=cli.environment({"JEBBIT_WEBHOOK_SECRET": secret}),
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        try:
            words = process.stderr.readline().split()  # Listening on URL. Press Ctrl-C to stop.
            yield process, words[2].rstrip(".")
        finally:
            process.kill()


def wait_for_end(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Wait for a process to end; return its exit code, its stdout and its stderr."""
    out, err = process.communicate(timeout=20)
    out = out or ""  # None if it is a file
    assert "Traceback" not in err
    assert SECRET not in out + err
    return process.returncode, out, err


def events_of(out: str) -> list[dict[str, Any]]:
    """Return the events that ``--json`` has printed after the first, which says that it was ready."""
    ready, *events = map(json.loads, out.splitlines())
    assert set(ready) == {"event", "url"}
    assert ready["event"] == "ready"
    return events
