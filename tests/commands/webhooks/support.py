"""Helpers for the tests of the ``webhooks`` commands."""

from __future__ import annotations

import json
import signal
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from queue import Queue
from typing import IO, TYPE_CHECKING, Any
from unittest import mock

from jebbitctl.webhooks.receiving.webhook_server import WebhookServer
from tests.support import JEBBITCTL
from tests.webhooks.support import SECRET

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support import Cli, Result

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


def receive(cli: Cli, deliver: Callable[[str], None], *options: str, secret: str | None = SECRET) -> Result:
    """Run ``webhooks listen`` in this process on a free port until it ends.

    Args:
        cli: the command line.
        deliver: gets the URL, in another thread. If it fails, Ctrl-C ends the command.
        options: of the command.
        secret: the shared secret in the environment.
    """
    urls, ended = Queue[str](), threading.Event()
    enter = WebhookServer.__enter__

    def entered(server: WebhookServer) -> WebhookServer:
        entering = enter(server)
        urls.put(server.url)
        return entering

    def delivering() -> None:
        try:
            deliver(urls.get(timeout=20))
        except BaseException:
            if not ended.is_set():
                signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
            raise

    environment = {"JEBBIT_WEBHOOK_SECRET": secret}
    with mock.patch.object(WebhookServer, "__enter__", entered), ThreadPoolExecutor(1) as thread:
        delivered = thread.submit(delivering)
        result = cli.run("webhooks", "listen", "--port", "0", *options, env=environment)
        ended.set()
        delivered.result()
    assert SECRET not in result.out + result.err
    return result


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
