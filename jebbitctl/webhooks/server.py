"""A WSGI application on waitress, in background threads, with a strict reading of HTTP and an orderly end."""

from __future__ import annotations

import errno
import logging
import socket
import threading
from typing import TYPE_CHECKING, Self

from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.server import TcpWSGIServer
from waitress.task import ThreadedTaskDispatcher

from jebbitctl.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from _typeshed.wsgi import WSGIApplication
    from waitress.task import Task

BODY_LIMIT = 1024 * 1024
"""Bytes of a request body; more is answered 413."""
_ANSWER_LIMIT = 64 * 1024 * 1024
_HEADER_LIMIT = 32 * 1024
_CONNECTION_LIMIT = 300
_IDLE_SECONDS = 30
_SWEEP_SECONDS = 5
_LAST_PORT = 65535
_SHUTDOWN_SECONDS = 5
_WILDCARDS = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - recognised, not bound

# Without a handler of its own, waitress' complaints about clients would reach standard error.
logging.getLogger("waitress").addHandler(logging.NullHandler())
logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # it warns whenever four requests come at once


class BackgroundServer:
    """Serves ``app`` from ``with`` to its end; the port is bound when the block is entered.

    Bodies stay in memory, at most 1 MiB each on at most 300 connections; idle connections are closed after
    30 seconds. Requests that run when the block ends get up to 5 seconds to finish.

    Args:
        app: the WSGI application.
        host: a name or an address of this machine.
        port: 0 for any free one.
        workers: threads that call ``app``. With 0, the thread that reads and writes calls it, one request at
            a time: half again as fast, for an application that waits for nothing and answers little.
    """

    def __init__(
        self, app: WSGIApplication, *, host: str = "127.0.0.1", port: int = 0, workers: int = 4
    ) -> None:
        self._app = app
        self._host = host
        self._port = port
        self._count = workers

    @property
    def url(self) -> str:
        """Where this server answers, such as ``http://127.0.0.1:8787``; the real port while it serves."""
        host = _WILDCARDS.get(self._host, self._host)
        return f"http://[{host}]:{self._port}" if ":" in host else f"http://{host}:{self._port}"

    def __enter__(self) -> Self:
        """Bind and serve.

        Raises:
            UsageError: the port is taken, or cannot be bound.
        """
        listening = _listen(self._host, self._port)
        self._port = listening.getsockname()[1]
        self._workers = _Workers(self._count) if self._count else _NoWorkers()
        self._server = _Server(self._app, listening, self._workers)
        self._loop = threading.Thread(target=self._server.run, name="waitress-loop", daemon=True)
        self._loop.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._workers.stop()
        self._server.stop()
        self._loop.join(_SHUTDOWN_SECONDS)
        self._server.close_all()


class _Workers(ThreadedTaskDispatcher):
    """waitress' pool, that waits for its threads when it shuts down."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self._started: list[threading.Thread] = []
        self.set_thread_count(count)

    def start_new_thread(self, target: Callable[[int], object], thread_no: int) -> None:
        thread = threading.Thread(target=target, args=(thread_no,), name=f"waitress-{thread_no}", daemon=True)
        self._started.append(thread)
        thread.start()

    def stop(self) -> None:
        self.shutdown(timeout=_SHUTDOWN_SECONDS)
        for thread in self._started:
            thread.join(timeout=0.1)

    def work(self) -> None:
        """Do nothing: the threads do it."""


class _NoWorkers(ThreadedTaskDispatcher):
    """No pool: the loop does the work itself, between reading and writing."""

    def add_task(self, task: Task) -> None:
        self.queue.append(task)

    def work(self) -> None:
        """Answer every request that is complete."""
        while self.queue:
            self.queue.popleft().service()

    def stop(self) -> None:
        """Do nothing: what is under way ends with the loop."""


class _Parser(HTTPRequestParser):
    """Refuses what waitress would guess at, or choke on."""

    def parse_header(self, header_plus: bytes) -> None:
        try:
            super().parse_header(header_plus)
        except ValueError as error:  # a length of 5,000 digits, a URL with half an IPv6 address
            raise ParsingError("the request cannot be read") from error
        if self.chunked and "CONTENT_LENGTH" in self.headers:
            raise ParsingError("both Content-Length and Transfer-Encoding are given")


class _Channel(HTTPChannel):
    parser_class = _Parser


class _Server(TcpWSGIServer):
    channel_class = _Channel

    def __init__(
        self, app: WSGIApplication, listening: socket.socket, workers: _Workers | _NoWorkers
    ) -> None:
        settings = Adjustments(
            host="127.0.0.1",
            ident="jebbitctl",
            connection_limit=_CONNECTION_LIMIT,
            channel_timeout=_IDLE_SECONDS,
            cleanup_interval=_SWEEP_SECONDS,
            max_request_header_size=_HEADER_LIMIT,
            max_request_body_size=BODY_LIMIT + 1,
            inbuf_overflow=BODY_LIMIT + 1,  # never a temporary file: bodies hold personal data
            outbuf_overflow=_ANSWER_LIMIT,  # likewise
            clear_untrusted_proxy_headers=False,  # what a tunnel adds is worth recording
        )
        address = (listening.family, listening.type, listening.proto, listening.getsockname())
        self._workers = workers
        self._stopping = False
        self._runs_in = 0
        self._open: dict[int, socket.socket] = {}  # channels, which the stubs call sockets
        super().__init__(
            app,
            map=self._open,
            _sock=listening,
            dispatcher=workers,
            adj=settings,
            sockinfo=address,
            bind_socket=False,
        )

    def run(self) -> None:
        """Serve until :meth:`stop`."""
        self._runs_in = threading.get_ident()
        while not self._stopping:
            wasyncore.loop(timeout=1, map=self._open, use_poll=True, count=1)
            self._workers.work()

    def stop(self) -> None:
        """Make :meth:`run` return; from another thread."""
        self._stopping = True
        self.pull_trigger()

    def pull_trigger(self) -> None:
        """Wake :meth:`run`, which need not wake itself."""
        if threading.get_ident() != self._runs_in:
            super().pull_trigger()

    def close_all(self) -> None:
        """Close every connection, once nobody serves them any more."""
        wasyncore.close_all(self._open, ignore_all=True)


def _listen(host: str, port: int) -> socket.socket:
    if not 0 <= port <= _LAST_PORT:
        raise UsageError(
            f"port {port} does not exist", hint=f"choose one from 1 to {_LAST_PORT}; 0 picks a free one"
        )
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            problem = f"port {port} on {host} is already in use"
        else:
            problem = f"cannot listen on port {port} of {host}: {error}"
        raise UsageError(problem, hint="choose another port; 0 picks a free one") from None
