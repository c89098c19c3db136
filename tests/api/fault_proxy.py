"""A proxy in front of the sandbox: it passes every call on, but for one kind, which meets a fault."""

from __future__ import annotations

import http.client
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self, TypeAlias
from urllib.parse import urlsplit

from tests.api import faults
from tests.api.faults import FaultServer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.api.faults import Seen


@dataclass(frozen=True)
class Genuine:
    """What the sandbox answered."""

    status: int
    body: bytes
    content_type: str

    def http(self, body: bytes | None = None, status: int = 0, **headers: str) -> bytes:
        """The answer as bytes, with this body, status and headers instead of its own."""
        given = {"Content_Type": self.content_type, **headers}
        return faults.http(status or self.status, self.body if body is None else body, **given)


@dataclass(frozen=True)
class Mangled:
    """The sandbox takes the request; what it answers is changed on the way back."""

    change: Callable[[Genuine], faults.ScriptedResponse]


@dataclass(frozen=True)
class Down:
    """Nobody listens when the faulty call comes, and again after so many seconds, if at all."""

    seconds: float | None


Step: TypeAlias = "faults.ScriptedResponse | Mangled | Down"

PASSED = Mangled(Genuine.http)
"""No fault."""


class FaultProxy(FaultServer):
    """Plays a fault on each call of one kind.

    Args:
        upstream: the sandbox's URL.
        call: which calls meet it: a method, and how the path begins.
        before: how many calls come first.
        steps: what the first such call meets, the second, …; the last step meets all further ones.
        elsewhere: stands for ``ELSEWHERE`` in an answer's bytes.
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

    def choose(self, seen: Seen) -> faults.ScriptedResponse:
        """Pass the request on, or play the fault's next step."""
        method, path = self._call
        if (seen.method, seen.path.startswith(path)) != (method, True):
            genuine = self._ask(seen)
            self._before -= 1
            if self._before == 0 and isinstance(self._steps[0], Down):
                self._go_down()
                return faults.last(genuine.http(Connection="close"))
            return genuine.http()
        step = self._steps.pop(0) if len(self._steps) > 1 else self._steps[0]
        if isinstance(step, Mangled):
            step = step.change(self._ask(seen))
        assert not isinstance(step, Down)
        return step.replace(b"ELSEWHERE", self._elsewhere) if isinstance(step, bytes) else step

    def _go_down(self) -> None:
        if not isinstance(down := self._steps[0], Down):
            return
        self.hang_up()
        if down.seconds is not None:
            self._steps = [PASSED]
            self._start(self._come_back, down.seconds)

    def _come_back(self, seconds: float) -> None:
        if not self._closing.wait(seconds):
            self.listen()

    def _ask(self, seen: Seen) -> Genuine:
        connection = http.client.HTTPConnection(self._upstream, timeout=30)
        try:
            headers = {**seen.headers, "host": self._upstream, "accept-encoding": "identity"}
            connection.request(seen.method, seen.path, seen.body, headers)
            answer = connection.getresponse()
            return Genuine(answer.status, answer.read(), answer.getheader("Content-Type", ""))
        finally:
            connection.close()
