"""A proxy in front of the sandbox that passes on every call, except for one kind, which gets a fault."""

from __future__ import annotations

import http.client
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self, TypeAlias
from urllib.parse import urlsplit

from tests.api import faults
from tests.api.faults import FaultServer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.api.faults import ReceivedRequest


@dataclass(frozen=True)
class SandboxResponse:
    """A response of the sandbox."""

    status: int
    body: bytes
    content_type: str

    def http(self, body: bytes | None = None, status: int = 0, **headers: str) -> bytes:
        """Return the response as bytes, with this body, status and headers instead of its own."""
        given = {"Content_Type": self.content_type, **headers}
        return faults.http(status or self.status, self.body if body is None else body, **given)


@dataclass(frozen=True)
class Altered:
    """The sandbox carries out the request, but its response is changed on the way back."""

    change: Callable[[SandboxResponse], faults.ScriptedResponse]


@dataclass(frozen=True)
class Down:
    """Refuse connections when the call arrives, and accept them again after some seconds, if at all."""

    seconds: float | None


Step: TypeAlias = "faults.ScriptedResponse | Altered | Down"

UNCHANGED = Altered(SandboxResponse.http)
"""No fault."""


class FaultProxy(FaultServer):
    """Responds with a fault to each call of one kind.

    Args:
        upstream: the sandbox's URL.
        call: the kind of call: a method and the beginning of the path.
        before: the number of other calls that come first.
        steps: one for the first such call, one for the second, …; the last step repeats.
        elsewhere: replaces ``ELSEWHERE`` in the bytes of a response.
    """

    def __init__(
        self, upstream: str, call: tuple[str, str], before: int, steps: Sequence[Step], elsewhere: str
    ) -> None:
        super().__init__()
        self._upstream = urlsplit(upstream).netloc
        self._call = call
        self._before = before
        self._steps = list(steps)
        self._elsewhere = elsewhere.encode()

    def __enter__(self) -> Self:
        super().__enter__()
        if self._before == 0:
            self._go_down()
        return self

    def choose(self, request: ReceivedRequest) -> faults.ScriptedResponse:
        """Pass on the request, or take the next step of the fault."""
        method, path = self._call
        if (request.method, request.path.startswith(path)) != (method, True):
            response = self._forward(request)
            self._before -= 1
            if self._before == 0 and isinstance(self._steps[0], Down):
                self._go_down()
                return faults.last(response.http(Connection="close"))
            return response.http()
        step = self._steps.pop(0) if len(self._steps) > 1 else self._steps[0]
        if isinstance(step, Altered):
            step = step.change(self._forward(request))
        assert not isinstance(step, Down)
        return step.replace(b"ELSEWHERE", self._elsewhere) if isinstance(step, bytes) else step

    def _go_down(self) -> None:
        if not isinstance(down := self._steps[0], Down):
            return
        self.hang_up()
        if down.seconds is not None:
            self._steps = [UNCHANGED]
            self._start(self._come_back, down.seconds)

    def _come_back(self, seconds: float) -> None:
        if not self._closing.wait(seconds):
            self.listen()

    def _forward(self, request: ReceivedRequest) -> SandboxResponse:
        connection = http.client.HTTPConnection(self._upstream, timeout=30)
        try:
            headers = {**request.headers, "host": self._upstream, "accept-encoding": "identity"}
            connection.request(request.method, request.path, request.body, headers)
            received = connection.getresponse()
            return SandboxResponse(received.status, received.read(), received.getheader("Content-Type", ""))
        finally:
            connection.close()
