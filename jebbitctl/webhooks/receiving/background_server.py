"""A WSGI server in a background thread: bounded memory, a clean shutdown."""

from __future__ import annotations

import errno
import logging
import socket
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Self

from waitress.server import create_server

from jebbitctl.errors import UsageError
from jebbitctl.util.hosts import bare_host, socket_address
from jebbitctl.util.urls import is_loopback
from jebbitctl.webhooks.receiving.channel import Channel
from jebbitctl.webhooks.receiving.sockets import Listener

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

MAX_REQUEST_BYTES = 1024 * 1024
"""A request with a larger body gets a 413 response."""
MAX_HEADER_BYTES = 32 * 1024
MAX_CONNECTIONS = 300
RESERVED_DESCRIPTORS = 64
"""Descriptors that connections leave for files, for forwarding and for the standard streams."""
IDLE_TIMEOUT = 3
CLEANUP_INTERVAL = 1
SHUTDOWN_TIMEOUT = 5
_MIN_CONNECTIONS = 8
_RESPONSE_BUFFER_BYTES = 64 * 1024 * 1024
_MAX_PORT = 65535
_LOOPBACK_FOR = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - not bound here

# Without a handler, waitress would log invalid requests to stderr.
logging.getLogger("waitress").addHandler(logging.NullHandler())
logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # it warns whenever a request has to wait


class BackgroundServer:
    """Serves a WSGI application while its ``with`` block runs.

    The port is bound on entry. Bodies are kept in memory, up to 1 MiB each, on up to 300 connections, or
    fewer if the process may open few files. Silent connections, and those whose request takes longer, are
    closed after 5 seconds at most. On exit, running requests get some time to finish, others no response.

    Args:
        app: the WSGI application.
        host: a name or an address of this machine.
        port: 0 for any free port.
        threads: how many requests ``app`` handles at the same time.
        shutdown_timeout: seconds that running requests get on exit; by default 5.
    """

    def __init__(
        self,
        app: WSGIApplication,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        threads: int = 4,
        shutdown_timeout: float | None = None,
    ) -> None:
        self._app = app
        self._host = _bindable(host)
        self._port = port
        self._threads = threads
        self._shutdown_timeout = SHUTDOWN_TIMEOUT if shutdown_timeout is None else shutdown_timeout

    @property
    def url(self) -> str:
        """The server's base URL, such as ``http://127.0.0.1:8787``; with the real port once bound."""
        host = _LOOPBACK_FOR.get(self._host, self._host)
        return f"http://[{host}]:{self._port}" if ":" in host else f"http://{host}:{self._port}"

    def __enter__(self) -> Self:
        """Bind the port and start serving.

        Raises:
            UsageError: the port is in use or cannot be bound.
        """
        listener = _listen(self._host, self._port)
        self._port = listener.getsockname()[1]
        try:
            # Any: the type stubs are wrong about `trigger` and `active_channels`.
            self._server: Any = create_server(
                self._app,
                sockets=[listener],
                threads=self._threads,
                ident="jebbitctl",
                asyncore_use_poll=True,  # select() cannot watch descriptors above 1023
                connection_limit=_connection_limit(),
                channel_timeout=IDLE_TIMEOUT,
                cleanup_interval=CLEANUP_INTERVAL,
                max_request_header_size=MAX_HEADER_BYTES,
                max_request_body_size=MAX_REQUEST_BYTES + 1,  # waitress rejects a body of this size
                inbuf_overflow=MAX_REQUEST_BYTES + 1,  # no temporary files: bodies hold personal data
                outbuf_overflow=_RESPONSE_BUFFER_BYTES,  # no temporary files here either
                clear_untrusted_proxy_headers=False,  # recordings show what a tunnel added
            )
            self._server.channel_class = Channel  # type: ignore[union-attr] # it has one socket
            self._loop = threading.Thread(target=self._server.run, name="waitress-loop", daemon=True)
            self._loop.start()
        except BaseException:  # such as: no more threads
            listener.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._server.task_dispatcher.shutdown(timeout=self._shutdown_timeout)
        # run() returns once every socket is closed. Only its own thread can close them safely.
        pulled = threading.Event()
        self._server.trigger.pull_trigger(lambda: self._close_sockets(pulled))
        pulled.set()
        self._loop.join(SHUTDOWN_TIMEOUT)

    def _close_sockets(self, pulled: threading.Event) -> None:
        """Close all sockets, but not before the trigger was pulled: pulling it writes to one of them."""
        pulled.wait(SHUTDOWN_TIMEOUT)
        self._server.close()
        for channel in list(self._server.active_channels.values()):
            channel.handle_close()


def _connection_limit() -> int:
    """Return how many connections to accept, so that other parts of the process can still open files."""
    if sys.platform == "win32":
        return MAX_CONNECTIONS
    import resource

    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit == resource.RLIM_INFINITY:
        return MAX_CONNECTIONS
    return max(_MIN_CONNECTIONS, min(MAX_CONNECTIONS, limit - RESERVED_DESCRIPTORS))


def _bindable(host: str) -> str:
    """Return a host without brackets; of an address the usual spelling: no socket takes ::ffff:127.0.0.1."""
    host = bare_host(host)
    with suppress(ValueError):
        return str(socket_address(host))
    return host.removesuffix(".") if is_loopback(host) else host  # few systems resolve "localhost."


def _family(host: str) -> socket.AddressFamily:
    """Return the family to listen with: IPv6 for a host that has no IPv4 address."""
    found = socket.getaddrinfo(host or None, 0, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    families = [family for family, *_ in found]
    return socket.AF_INET if socket.AF_INET in families else families[0]


def _listen(host: str, port: int) -> socket.socket:
    if not 0 <= port <= _MAX_PORT:
        raise UsageError(
            f"port {port} does not exist", hint=f"choose a port from 1 to {_MAX_PORT}, or 0 for any free port"
        )
    try:
        host.encode("idna")  # as bind() does, which leaves its socket open if this fails
        listening = socket.create_server((host, port), family=_family(host))
        return Listener(fileno=listening.detach())
    except UnicodeError:
        raise UsageError(f"cannot listen on {host!r}: it is not a host name") from None
    except socket.gaierror:
        raise UsageError(
            f"cannot listen on {host}: the name could not be resolved",
            hint="use an address of this machine, such as 127.0.0.1",
        ) from None
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            problem = f"port {port} on {host} is already in use"
        else:
            problem = f"cannot listen on port {port} of {host}: {error}"
        raise UsageError(problem, hint="choose another port, or 0 for any free port") from None
