"""Deliveries from 16 connections at once; also a program, so that the sender's work is not the receiver's."""

from __future__ import annotations

import http.client
import sys
import threading
import time
from urllib.parse import urlsplit

from jebbitctl.webhooks import sign

CONNECTIONS = 16


def deliver(url: str, secret: str, numbers: range, statuses: list[int]) -> None:
    where = urlsplit(url)
    connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=30)
    for number in numbers:
        body = b'{"data":{"email":"test@example.com"},"event":{"event_number":%d}}' % number
        connection.request("POST", "/", body, {"x-jebbit-signature": sign(secret, body)})
        answer = connection.getresponse()
        answer.read()
        statuses.append(answer.status)
    connection.close()


def storm(url: str, secret: str, count: int) -> tuple[list[int], float]:
    """Send ``count`` deliveries over 16 connections; return the statuses and the deliveries per second."""
    statuses: list[int] = []
    clients = [
        threading.Thread(target=deliver, args=(url, secret, range(first, count, CONNECTIONS), statuses))
        for first in range(CONNECTIONS)
    ]
    began = time.perf_counter()
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    return statuses, count / (time.perf_counter() - began)


if __name__ == "__main__":
    answered, per_second = storm(sys.argv[1], sys.argv[2], int(sys.argv[3]))
    sys.stdout.write(f"{answered.count(200)} {per_second}")
