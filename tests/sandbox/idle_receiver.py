"""A receiver that does nothing: it reads each request, answers 200 and closes; prints its URL first."""

from __future__ import annotations

import socket

RESPONSE = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


def serve() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=512) as listener:
        print(f"http://127.0.0.1:{listener.getsockname()[1]}/", flush=True)  # noqa: T201 - for the test
        while True:
            connection, _ = listener.accept()
            with connection:
                data = connection.recv(65536)
                while not _is_whole(data):
                    data += connection.recv(65536)
                connection.sendall(RESPONSE)


def _is_whole(data: bytes) -> bool:
    head, end, body = data.partition(b"\r\n\r\n")
    length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
    return bool(end) and len(body) >= int(length)


if __name__ == "__main__":
    serve()
