"""A file that says which deliveries an endpoint received, read on while it grows.

It is a recording of ``webhooks listen --record``, or a log of receipts: JSON lines, each an object with the
``headers`` of a request and its ``body``: the exact text, or Base64 of the bytes with ``"isBase64Encoded":
true``. Events of API Gateway, Lambda function URLs and ALB are such objects. A ``time`` in RFC 3339 may say
when it was received. Other lines of a log are ignored, and so are requests without ``x-jebbit-signature``.
"""

from __future__ import annotations

import os
from collections import Counter, deque
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any

from jebbitctl.errors import UsageError
from jebbitctl.util.text import parse_json
from jebbitctl.util.times import instant
from jebbitctl.webhooks.captured_requests.gateway_events import read_event
from jebbitctl.webhooks.recordings.lines import (
    MAX_DAMAGE_BYTES,
    MAX_LINE_BYTES,
    DeliveryLine,
    ForwardedLine,
    is_damaged,
    parse_line,
)
from jebbitctl.webhooks.signature import SIGNATURE_HEADER, TEST_HEADER, verify

if TYPE_CHECKING:
    from pathlib import Path

    from jebbitctl.webhooks.delivery import Delivery

MAX_RECEIPTS = 10_000
MAX_BYTES = 64 * 1024 * 1024
"""How many receipts are kept, and how large their bodies are in total: the newest ones."""
_LINES_TO_JUDGE_BY = 1000
"""A file without a request in this many lines is neither a recording nor a log of receipts."""
_OWN_AGENT = "jebbitctl/"
"""How the ``user-agent`` of this program begins."""
_HEADERS = b'"headers"'
"""In every line that has a request; other lines of a log are not worth parsing."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """A delivery that was received.

    Attributes:
        number: its position among the receipts of the file, from 1.
        line: its line in the file, from 1.
        signature: the value of the signature header.
        body: the bytes as received; None if the file does not have all of them.
        time: when it was received, in unix seconds; None if the file does not say.
        test: whether it is a test delivery.
        label: what the recording says of the secret that signed it; None if it says nothing.
        by_jebbitctl: whether it says that this program sent it, such as ``webhooks check`` did.
    """

    number: int
    line: int
    signature: str
    body: bytes | None = field(repr=False)
    time: float | None
    test: bool
    label: str | None = None
    by_jebbitctl: bool = False

    def is_signed_with(self, secret: str) -> bool:
        """Whether its signature was made with a secret, at whatever time."""
        return self.body is not None and verify(secret, self.body, self.signature).secret_index is not None


@dataclass(frozen=True, slots=True)
class _Request:
    """A request in a file."""

    signature: str | None
    body: bytes | None
    time: float | None
    test: bool
    label: str | None = None
    user_agent: str = ""


class Receipts:
    """The newest deliveries in a file; use it from any number of threads.

    Args:
        path: of the file. A pipe is read to its end; a log may be rotated.

    Raises:
        UsageError: the file cannot be read, or is neither a recording nor a log of receipts.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._kept: deque[Receipt] = deque()
        self._kept_bytes = 0
        self._total = 0
        self._lines = 0
        self._has_requests = False
        self._is_foreign = False
        self._rest = b""
        self._own: Counter[str] = Counter()
        self._signers: tuple[tuple[str, ...], dict[int, str | None]] = (), {}
        """The secrets that were tried, and which of them signed, by the number of the receipt."""
        self._lock = Lock()
        self._position = 0
        self._file: tuple[int, int] | None = None
        """The device and the number of the file that was read, None before."""
        self.read_on()
        if not self._has_requests and (self._is_foreign or self._rest[:1] not in {b"", b"{"}):
            raise self._foreign()

    def read_on(self) -> int:
        """Read what was added to the file, and return how many deliveries there have been.

        Raises:
            UsageError: the file cannot be read, or is neither a recording nor a log of receipts.
        """
        with self._lock:
            try:
                if not self._file or self.path.is_file():  # a pipe can be read only once
                    self._read_on()
            except OSError as error:
                raise UsageError(f"cannot read {self.path}: {error.strerror}") from None
            return self._total

    def expect_own(self, signature: str) -> None:
        """Remember a delivery that this process sends itself."""
        with self._lock:
            self._own[signature] += 1

    def of_others(self) -> list[Receipt]:
        """Return the deliveries that this program has not sent, newest first; only the newest are kept.

        It knows those of other processes by their ``user-agent``, if the file has it. Of several with the
        same signature, as many are left out as this process has sent.
        """
        with self._lock:
            own = self._own - Counter(one.signature for one in self._kept if one.by_jebbitctl)
            others = []
            for receipt in self._kept:
                if receipt.by_jebbitctl:
                    continue
                if own[receipt.signature] > 0:
                    own[receipt.signature] -= 1
                else:
                    others.append(receipt)
        return others[::-1]

    def signer(self, receipt: Receipt, secrets: tuple[str, ...]) -> str | None:
        """Return which of some secrets signed a delivery, at whatever time; None if none did.

        The results are kept while the secrets are the same, as they mostly are for all integrations of a run.
        """
        if receipt.body is None or not secrets:
            return None
        tried, known = self._signers
        if tried != secrets:
            _, known = self._signers = secrets, {}
        if receipt.number not in known:
            index = verify(secrets, receipt.body, receipt.signature).secret_index
            known[receipt.number] = None if index is None else secrets[index]
        return known[receipt.number]

    def _read_on(self) -> None:
        with self.path.open("rb") as file:
            found = os.fstat(file.fileno())
            if self._file not in {None, (found.st_dev, found.st_ino)} or found.st_size < self._position:
                self._position, self._lines, self._rest = 0, 0, b""  # it was rotated: another one began
            if self._file:
                file.seek(self._position)
            self._file = found.st_dev, found.st_ino
            length = 0
            while part := file.readline(MAX_LINE_BYTES):
                self._position += len(part)
                length = 0 if part.endswith(b"\n") else length + len(part)
                if length > MAX_DAMAGE_BYTES:
                    raise self._foreign()
                if len(self._rest) < MAX_LINE_BYTES:  # of a line that is too long, only the beginning is kept
                    self._rest += part
                if part.endswith(b"\n") or _read_request(self._rest):
                    line, self._rest = self._rest, b""
                    self._lines += 1
                    self._add(line)

    def _add(self, line: bytes) -> None:
        request = _read_request(line) if _HEADERS in line else None
        if request is None:
            self._is_foreign = self._is_foreign or not (
                is_damaged(line) or isinstance(parse_line(line), ForwardedLine)
            )
            if self._is_foreign and not self._has_requests and self._lines >= _LINES_TO_JUDGE_BY:
                raise self._foreign()
            return
        self._has_requests = True
        if request.signature is None:
            return
        self._total += 1
        self._kept.append(
            Receipt(
                number=self._total,
                line=self._lines,
                signature=request.signature,
                body=request.body,
                time=request.time,
                test=request.test,
                label=request.label,
                by_jebbitctl=request.user_agent.startswith(_OWN_AGENT),
            )
        )
        self._kept_bytes += len(request.body or b"")
        while len(self._kept) > MAX_RECEIPTS or self._kept_bytes > MAX_BYTES:
            self._kept_bytes -= len(self._kept.popleft().body or b"")

    def _foreign(self) -> UsageError:
        return UsageError(
            f"{self.path} has no deliveries that can be read",
            hint="use a file that listen --record wrote, or JSON lines with the headers and body of requests",
        )


def _read_request(line: bytes) -> _Request | None:
    """Return the request of a line, None if it has none."""
    if isinstance(recorded := parse_line(line), DeliveryLine):
        return _from_recording(recorded.delivery)
    try:
        document = parse_json(line)
    except ValueError:
        return None
    return _from_log(document) if isinstance(document, dict) and "headers" in document else None


def _from_recording(delivery: Delivery) -> _Request:
    is_whole = not (delivery.masked or delivery.omitted_bytes)
    return _Request(
        delivery.headers.get(SIGNATURE_HEADER),
        delivery.body if is_whole else None,
        delivery.time,
        delivery.test,
        delivery.secret,
        delivery.headers.get("user-agent", ""),
    )


def _from_log(document: dict[str, Any]) -> _Request | None:
    """Return the request of an object with headers; its body is None if the object has not its bytes."""
    try:
        request = read_event(document)
        body = request.body if "body" in document else None
    except UsageError:  # the body is not text
        request = read_event({**document, "body": None})
        body = None
    time = request.time or instant(document.get("time"))
    agent = request.headers.get("user-agent", "")
    return _Request(request.signature, body, time, TEST_HEADER in request.headers, user_agent=agent)
