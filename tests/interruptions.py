"""Signals at a chosen moment: at a request of a command, or while nothing wakes the main thread."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import threading
import time
from contextlib import contextmanager
from threading import Event
from typing import TYPE_CHECKING

import pytest
from werkzeug.wrappers import Response

from tests.support import JEBBITCTL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from tests.support import Cli


class Stage:
    """Middleware that stalls at one request, or answers it with a given response.

    Attributes:
        request: method and path, such as ``GET /api/v1/self``.
        answer: the response; None stalls until ``over`` is set.
        reached: set when the request arrives.
        over: set it to let a stalled request continue.
    """

    def __init__(self, request: str, answer: Response | None = None) -> None:
        self.request = request
        self.answer = answer
        self.reached = Event()
        self.over = Event()

    def wrap(self, app: WSGIApplication) -> WSGIApplication:
        def stalled(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            if f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}" != self.request:
                return app(environ, start_response)
            self.reached.set()
            if self.answer is None:
                self.over.wait(30)
            return (self.answer or Response.from_app(app, environ))(environ, start_response)

        return stalled


def interrupting(
    request: str, sent: signal.Signals, *, number: int = 1
) -> Callable[[WSGIApplication], WSGIApplication]:
    """Return middleware that sends this process a signal when a request arrives.

    Args:
        request: how the request begins, such as ``POST`` or ``GET /api/v1/self``.
        sent: the signal.
        number: of the request among those that begin like this.
    """
    seen = 0

    def wrap(app: WSGIApplication) -> WSGIApplication:
        def interrupted(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            nonlocal seen
            if f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}".startswith(request):
                seen += 1
                if seen == number:
                    os.kill(os.getpid(), sent)
            return app(environ, start_response)

        return interrupted

    return wrap


def started(cli: Cli, *args: str, env: dict[str, str] | None = None) -> subprocess.Popen[str]:
    """Start a command as a process and return at once."""
    return subprocess.Popen(
        [JEBBITCTL, *args],
        env=cli.environment(env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(process: subprocess.Popen[str], sent: signal.Signals) -> tuple[int, str, str]:
    """Send a signal, which must end the process soon; return its exit code, stdout and stderr."""
    process.send_signal(sent)
    try:
        out, err = process.communicate(timeout=10)
    except subprocess.TimeoutExpired:
        pytest.fail(f"still runs after {sent.name}:\n{_states(process.pid)}")
    return process.returncode, out, err


def _states(pid: int) -> str:
    """Describe a process and its children: where they wait, and the signals that they ignore or block."""
    columns = "pid,ppid,stat,wchan:24,etime,ignored,blocked,pending,args"
    command = ["ps", "-ww", "-o", columns, "-p", str(pid), "--ppid", str(pid)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


@contextmanager
def interrupted_unnoticed(sent: signal.Signals = signal.SIGINT) -> Iterator[None]:
    """Send a signal, by default Ctrl-C, while the block waits, so that nothing wakes it; it must end soon.

    This happens when the system suspends the main thread right before it starts to wait: the signal is
    recorded, and then the thread waits. Here another thread receives the signal.
    """
    gc.disable()  # hypothesis is called back by collections, and an exception in a callback is lost
    over = threading.Event()
    missed: list[signal.Signals] = []

    def send() -> None:
        time.sleep(0.5)  # until it waits
        signal.pthread_kill(threading.get_ident(), sent)
        if not over.wait(10):
            missed.append(sent)
            signal.pthread_kill(threading.main_thread().ident or 0, sent)

    sending = threading.Thread(target=send)
    sending.start()
    try:
        yield
    finally:
        over.set()
        sending.join()
        gc.enable()
        assert not missed, "the signal was missed"
