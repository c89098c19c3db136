"""Deliveries from 16 connections at once; also a program, so that the sender's work is not the receiver's.

All requests are made before the clock starts, and the sockets are bare: a sender slower than the receiver
would measure itself.
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
    """A delivery whose body no other number has."""
    body = b'{"data":{"email":"test@example.com"},"event":{"event_number":%d}}' % number
    head = f"POST / HTTP/1.1\r\nHost: receiver\r\nContent-Length: {len(body)}\r\n"
    return f"{head}x-jebbit-signature: {sign(secret, body)}\r\n\r\n".encode() + body


def storm(url: str, secret: str, count: int) -> tuple[list[int], float]:
    """Send ``count`` deliveries over 16 connections; return the statuses and the deliveries per second."""
    where = urlsplit(url)
    waiting = iter([request(secret, number) for number in range(count)])
    statuses: list[int] = []
    with selectors.DefaultSelector() as selector:
        began = time.perf_counter()
        for _ in range(min(CONNECTIONS, count)):
            connection = socket.create_connection((where.hostname or "", where.port or 0), timeout=30)
            connection.sendall(next(waiting))
            selector.register(connection, selectors.EVENT_READ, connection)
        while selector.get_map():
            for key, _ in selector.select():
                connection = key.data
                answer = connection.recv(65536)
                statuses.append(int(answer[9:12] or 0))  # 0: closed without an answer
                following = next(waiting, None) if answer else None
                if following is None:
                    selector.unregister(connection)
                    connection.close()
                else:
                    connection.sendall(following)
    return statuses, count / (time.perf_counter() - began)


if __name__ == "__main__":
    answered, per_second = storm(sys.argv[1], sys.argv[2], int(sys.argv[3]))
    sys.stdout.write(f"{answered.count(200)} {per_second}")
