"""Sends deliveries over several connections. Also a program, to run outside of the process of the receiver.

All requests are made before the clock starts and the sockets are raw, so that the receiver is the bottleneck.
"""

from __future__ import annotations

import selectors
import socket
import sys
import time
from urllib.parse import urlsplit

from jebbitctl.webhooks import sign

CONNECTIONS = 16


def request(secret: str, number: int) -> bytes:
    """Return a delivery with a body of its own for each number."""
    body = b'{"data":{"email":"test@example.com"},"event":{"event_number":%d}}' % number
    head = f"POST / HTTP/1.1\r\nHost: receiver\r\nContent-Length: {len(body)}\r\n"
    return f"{head}x-jebbit-signature: {sign(secret, body)}\r\n\r\n".encode() + body


def send_all(url: str, secret: str, count: int, connections: int | None = None) -> tuple[list[int], float]:
    """Send ``count`` deliveries; return the statuses and the deliveries per second."""
    parts = urlsplit(url)
    unsent = iter([request(secret, number) for number in range(count)])
    statuses: list[int] = []
    with selectors.DefaultSelector() as selector:
        started = time.perf_counter()
        for _ in range(min(connections or CONNECTIONS, count)):
            connection = socket.create_connection((parts.hostname or "", parts.port or 0), timeout=30)
            connection.sendall(next(unsent))
            selector.register(connection, selectors.EVENT_READ, connection)
        while selector.get_map():
            for key, _ in selector.select():
                connection = key.data
                response = connection.recv(65536)
                statuses.append(int(response[9:12] or 0))  # 0: closed without a response
                following = next(unsent, None) if response else None
                if following is None:
                    selector.unregister(connection)
                    connection.close()
                else:
                    connection.sendall(following)
    return statuses, count / (time.perf_counter() - started)


if __name__ == "__main__":
    statuses, per_second = send_all(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:]))
    sys.stdout.write(f"{statuses.count(200)} {per_second}")
