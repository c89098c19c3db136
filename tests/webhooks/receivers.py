"""Makes receivers of a few lines, and serves them."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
import re
import socket
import threading
import time
from base64 import b64encode
from collections import Counter
from contextlib import contextmanager, suppress
from datetime import timedelta
from email.utils import formatdate
from typing import TYPE_CHECKING, Any, NamedTuple

from jebbitctl.webhooks import Reason, verify
from jebbitctl.webhooks.receiving.background_server import BackgroundServer
from jebbitctl.webhooks.receiving.webhook_server import STATUS_OF

from .support import SECRET

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from _typeshed.wsgi import StartResponse, WSGIEnvironment


class Incoming(NamedTuple):
    """A request as a receiver sees it."""

    method: str
    body: bytes
    header: str | None
    test: bool
    content_type: str
    authorization: str | None


class ReceiverAnswer(NamedTuple):
    """What a receiver returns."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = {}


if TYPE_CHECKING:
    Handler = Callable[[Incoming], int | ReceiverAnswer]


@contextmanager
def serving(handle: Handler) -> Iterator[str]:
    """Serve a receiver and yield its URL."""

    def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = Incoming(
            environ["REQUEST_METHOD"],
            environ["wsgi.input"].read(),
            environ.get("HTTP_X_JEBBIT_SIGNATURE"),
            "HTTP_X_JEBBIT_TEST" in environ,
            environ.get("CONTENT_TYPE", ""),
            environ.get("HTTP_AUTHORIZATION"),
        )
        found = handle(request)
        answer = ReceiverAnswer(found) if isinstance(found, int) else found
        headers = [*answer.headers.items(), ("Content-Length", str(len(answer.body)))]
        start_response(f"{answer.status} Whatever", headers)
        return [answer.body]

    with BackgroundServer(app) as server:
        yield server.url


def correct(request: Incoming, secret: str = SECRET) -> int:
    """A correct receiver."""
    if request.method != "POST":
        return 405
    return int(STATUS_OF[verify(secret, request.body, request.header).reason])


def parts_of(header: str | None) -> dict[str, str]:
    """Return a header's parts as many receivers parse it; empty if that fails."""
    try:
        return dict(part.split("=", 1) for part in (header or "").split(","))
    except ValueError:
        return {}


def own(body: bytes, t: str) -> str:
    """Return the right ``v1`` as receivers compute it."""
    return b64encode(hmac.digest(SECRET.encode(), f"{t}.".encode() + body, hashlib.sha256)).decode()


def by_hand(matches: Callable[[str, str | None], bool]) -> Handler:
    """Return a receiver with its own comparison of the right ``v1`` and the given one."""

    def handle(request: Incoming) -> int:
        parts = parts_of(request.header)
        t = parts.get("t", "")
        if request.method != "POST":
            return 405
        if not t.isascii() or not t.isdigit() or abs(int(t) - time.time()) > 300:
            return 400
        return 200 if matches(own(request.body, t), parts.get("v1")) else 403

    return handle


def with_key(key: bytes) -> Handler:
    """Return a receiver that accepts signatures of another key as well, which may be empty."""

    def handle(request: Incoming) -> int:
        parts = parts_of(request.header)
        message = f"{parts.get('t')}.".encode() + request.body
        other = b64encode(hmac.new(key, message, "sha256").digest()).decode()
        return 200 if parts.get("v1") == other else correct(request)

    return handle


def recent(choose: Callable[[list[str]], str]) -> Handler:
    """Return a receiver that verifies each ``t`` of a header, and compares the chosen one with the clock."""

    def handle(request: Incoming) -> int:
        times = re.findall(r"\bt=(\d+)", request.header or "")
        if len(times) < 2:
            return correct(request)
        v1 = (request.header or "").partition("v1=")[2]
        if abs(int(choose(times)) - time.time()) > 300:
            return 400
        return 200 if any(v1 == own(request.body, t) for t in times) else 403

    return handle


def except_if(condition: Callable[[Incoming], bool], status: int | ReceiverAnswer) -> Handler:
    """Return a receiver that is correct except for some requests."""
    return lambda request: status if condition(request) else correct(request)


def verifying(change: Callable[[bytes], bytes]) -> Handler:
    """Return a receiver that verifies a changed body."""
    return lambda request: correct(request._replace(body=request.body and change(request.body)))


def tolerating(seconds: int, future: int | None = None) -> Handler:
    def handle(request: Incoming) -> int:
        verification = verify(SECRET, request.body, request.header, tolerance=10**9)
        if request.method != "POST" or not verification:
            return correct(request)
        age = verification.age_seconds or 0
        return 200 if -(seconds if future is None else future) <= age <= seconds else 400

    return handle


def with_clock(offset: int) -> Handler:
    """Return a correct receiver whose clock is wrong, as its ``Date`` shows."""

    def handle(request: Incoming) -> ReceiverAnswer:
        now = time.time() + offset
        valid = verify(SECRET, request.body, request.header, now=now)
        status = 405 if request.method != "POST" else 200 if valid else 403
        return ReceiverAnswer(status, headers={"Date": formatdate(now, usegmt=True)})

    return handle


def genuine(request: Incoming) -> bool:
    return correct(request) == 200


def rewritten(**options: Any) -> Callable[[bytes], bytes]:
    """Return what parses JSON and writes it again."""
    return lambda body: json.dumps(json.loads(body), separators=(",", ":"), **options).encode()


def answers(body: bytes) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(body)["data"]
    return data


def refusing_invalid(valid: Callable[[dict[str, Any]], bool], status: int = 422) -> Handler:
    """Return a receiver that validates what is genuine."""
    return lambda request: (
        status if genuine(request) and not valid(answers(request.body)) else correct(request)
    )


def strict_schema(data: dict[str, Any]) -> bool:
    expected = {
        "email": str,
        "test_attribute": str,
        "test_sata_attribute": list,
        "opt_in": str,
        "outcome": str,
    }
    return {name: type(value) for name, value in data.items()} == expected and data["opt_in"] == "true"


@contextmanager
def raw_endpoint(respond: Callable[[socket.socket], None]) -> Iterator[str]:
    """Handle each TCP connection with ``respond``, which may send invalid HTTP or nothing."""

    def handle(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            respond(connection)

    def serve() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                threads.append(threading.Thread(target=handle, args=(connection,)))
                threads[-1].start()

    threads: list[threading.Thread] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        accepting = threading.Thread(target=serve)
        accepting.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            for thread in (accepting, *threads):
                thread.join()


def read_request(connection: socket.socket) -> Incoming:
    """Read one request from a connection."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65536)
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    while len(body) < int(headers.get("content-length", 0)):
        body += connection.recv(65536)
    return Incoming(
        first.split()[0],
        body,
        headers.get("x-jebbit-signature"),
        "x-jebbit-test" in headers,
        headers.get("content-type", ""),
        headers.get("authorization"),
    )


def in_turn(*handlers: Handler) -> Handler:
    """Return a load balancer in front of receivers."""
    following = itertools.cycle(handlers)
    return lambda request: next(following)(request)  # noqa: PLW0108 - another one for each request


def after(count: int, first: Handler, then: Handler, counts: Callable[[Incoming], bool]) -> Handler:
    """Return a receiver that changes after ``count`` requests of a kind."""
    seen = 0

    def handle(request: Incoming) -> int | ReceiverAnswer:
        nonlocal seen
        seen += counts(request)
        return (then if seen > count else first)(request)

    return handle


def refuses_repeats(status: int) -> Handler:
    seen: Counter[str | None] = Counter()

    def handle(request: Incoming) -> int:
        seen[request.header] += 1
        return (
            status
            if seen[request.header] > 1 and genuine(request) and b"repeat" in request.body
            else correct(request)
        )

    return handle


def refuses_seen_signatures(seen: Counter[str | None]) -> Handler:
    """Return a receiver that refuses each signature from the second time on."""

    def handle(request: Incoming) -> int:
        status = correct(request)
        seen[request.header] += status == 200
        return 409 if seen[request.header] > 1 and status == 200 else status

    return handle


def requires_password(request: Incoming) -> int | ReceiverAnswer:
    if request.authorization != "Basic dXNlcjpwYXNzd29yZA==":
        return ReceiverAnswer(401, b"authentication required", {"WWW-Authenticate": 'Basic realm="hooks"'})
    return correct(request)


def always(status: int, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Handler:
    return lambda _: ReceiverAnswer(status, body, headers or {})


def signed_by(secret: str) -> Handler:
    return lambda request: int(STATUS_OF[verify(secret, request.body, request.header).reason])


def is_stale_by_days(request: Incoming) -> bool:
    """``timedelta.seconds`` in place of ``total_seconds()``."""
    verification = verify(SECRET, request.body, request.header)
    age = timedelta(seconds=verification.age_seconds or 0)
    return verification.reason is Reason.STALE and age.seconds <= 300


def has_fresh_time(request: Incoming) -> bool:
    verification = verify(SECRET, request.body, request.header)
    return verification.age_seconds is not None and abs(verification.age_seconds) <= 300


def crashes(request: Incoming) -> int:
    return correct(request) if genuine(request) or request.method != "POST" else 500
