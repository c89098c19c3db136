"""Sockets for a server: a deadline for each request, and no spinning while descriptors are short."""

from __future__ import annotations

import errno
import socket
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

REQUEST_TIMEOUT = 5.0
"""Seconds from the first byte of a request to its last."""
ACCEPT_PAUSE = 0.1
"""Seconds to wait when no connection can be accepted, instead of trying again at once."""
_SHORT_OF_RESOURCES = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


class Listener(socket.socket):
    """A listening socket."""

    def accept(self) -> tuple[socket.socket, Any]:
        """Return a :class:`Connection` and its address.

        Raises:
            OSError: there is none, or it cannot be accepted. After a lack of descriptors or memory, the
                connection is still waiting, and a server would try again at once.
        """
        try:
            connection, address = super().accept()
        except OSError as error:
            if error.errno in _SHORT_OF_RESOURCES:
                time.sleep(ACCEPT_PAUSE)
            raise
        return Connection(fileno=connection.detach()), address


class Connection(socket.socket):
    """A client's connection, which ends if a request takes too long to arrive.

    The server's own timeout is for silence: a client that sends a byte now and then would renew it forever.
    """

    _request_started: float | None = None

    def recv(self, bufsize: int, flags: int = 0, /) -> bytes:
        """Return what has arrived, or nothing, as at the end of a connection, after the deadline."""
        data = super().recv(bufsize, flags)
        now = time.monotonic()
        if self._request_started is None:
            self._request_started = now
        return data if now - self._request_started < REQUEST_TIMEOUT else b""

    def send(self, data: ReadableBuffer, flags: int = 0, /) -> int:
        """Send a part of a response. What arrives after it belongs to the next request."""
        self._request_started = None
        return super().send(data, flags)
