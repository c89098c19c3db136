"""Finds the bug that a receiver has: signs deliveries as usual bugs do, and sees which one it accepts.

A bug counts as found only if its signatures are accepted several times, for different bodies, and a correct
and a forged signature are refused each time. So an endpoint whose answers vary, or that accepts anything, is
never said to have a certain bug.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from http import HTTPStatus
from itertools import chain, zip_longest
from typing import TYPE_CHECKING

from jebbitctl.webhooks.diagnosis.bodies import SIMPLE_BODY, plain_body, rich_body
from jebbitctl.webhooks.diagnosis.body_bugs import body_bugs, rewriting_bugs
from jebbitctl.webhooks.diagnosis.pairs import common_pairs
from jebbitctl.webhooks.diagnosis.receiver_bug import ReceiverBug
from jebbitctl.webhooks.diagnosis.signing_bugs import signing_bugs, time_zone_bugs
from jebbitctl.webhooks.signature import sign

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from jebbitctl.webhooks.probe_target import ProbeTarget

MAX_REQUESTS = 120
MAX_SECONDS = 60.0
WRONG_CLOCK = ReceiverBug(
    "clock",
    "It refuses timestamps of now and accepts those of its own clock.",
    "Set the clock of the endpoint's machine, and keep it right with NTP.",
)
_ROUNDS = 3
"""How often a bug has to show, with the correct and a forged signature refused each time."""
_FORGED_CHARACTER = 10
"""The place of the character that makes a forgery, from the end: part of the digest in each encoding."""


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What was found.

    Attributes:
        bugs: those that the endpoint may have, as they write the same signatures; empty if none was accepted.
        unsteady: whether something was accepted, but not as a bug explains.
        stopped: why the search ended early; None if everything was tried.
        requests: how many were sent.
    """

    bugs: tuple[ReceiverBug, ...] = ()
    unsteady: bool = False
    stopped: str | None = None
    requests: int = 0


class _SearchStoppedError(Exception):
    """The endpoint does not answer as before, or the search takes too long."""


def forge(signature: str) -> str:
    """Return a signature header of the same form with one character of the digest changed."""
    at = len(signature) - _FORGED_CHARACTER
    return f"{signature[:at]}{'1' if signature[at] != '1' else '2'}{signature[at + 1 :]}"


@dataclass(slots=True)
class BugSearch:
    """Searches for the bug of one endpoint.

    Attributes:
        target: the endpoint.
        refused: a body that was refused with a correct signature.
        accepted: bodies that were accepted with a correct signature.
        clock_difference: seconds to add to the timestamps, for an endpoint with another clock.
        time_zones: whether to try timestamps that differ by hours.
    """

    target: ProbeTarget
    refused: bytes
    accepted: Sequence[bytes] = ()
    clock_difference: int = 0
    time_zones: bool = False
    _requests: int = field(default=0, init=False)
    _deadline: float = field(default=0.0, init=False)

    def run(self) -> SearchResult:
        """Try the bugs one after the other until one is accepted."""
        self._deadline = time.monotonic() + MAX_SECONDS
        try:
            self._simplify()
            for group in self._groups(self._candidates(), self.refused):
                if self._accepts(group[0], self.refused):
                    bugs = self._prove(group)
                    return SearchResult(tuple(bugs), unsteady=not bugs, requests=self._requests)
        except _SearchStoppedError as stopped:
            return SearchResult(stopped=str(stopped), requests=self._requests)
        return SearchResult(requests=self._requests)

    def _simplify(self) -> None:
        """Replace the refused body by a simpler one, for which there are fewer signatures to try."""
        if self.accepted:
            return
        if self._sends(SIMPLE_BODY, self._correct(SIMPLE_BODY)):
            self.accepted = (SIMPLE_BODY,)
        else:
            self.refused = SIMPLE_BODY

    def _candidates(self) -> Iterator[ReceiverBug]:
        """Yield the bugs that agree with what is known: they change what was refused, and only that."""
        if self.clock_difference:
            yield WRONG_CLOCK
        in_turn = zip_longest(signing_bugs(), rewriting_bugs(self.refused), body_bugs())
        zones = time_zone_bugs() if self.time_zones else []
        for bug in (*filter(None, chain.from_iterable(in_turn)), *common_pairs(self.refused), *zones):
            if self._changes(bug, self.refused) and not any(
                self._changes(bug, body) for body in self.accepted
            ):
                yield bug

    def _changes(self, bug: ReceiverBug, body: bytes) -> bool:
        now = self._now()
        return bug.header(self.target.secret, now, body) != sign(self.target.secret, body, timestamp=now)

    def _prove(self, found: list[ReceiverBug]) -> list[ReceiverBug]:
        """Narrow the bugs down with a body that they change differently; return those that are certain."""
        readers = [*rewriting_bugs(rich_body(0)), *body_bugs()]
        combined = [
            bug.reading(other)
            for bug in found
            for other in readers
            if bug.read(self.refused) == self.refused == other.read(self.refused)
        ]
        narrowed, body_of = found, plain_body
        for group in self._groups([*found, *combined], rich_body(0)):
            if self._accepts(group[0], rich_body(0)):
                narrowed, body_of = group, rich_body
                break
        steady = all(self._holds(narrowed[0], body_of(number)) for number in range(1, _ROUNDS + 1))
        return narrowed if steady else []

    def _holds(self, bug: ReceiverBug, body: bytes) -> bool:
        """Whether the bug's signature is accepted, and neither a forged nor a correct one."""
        header = bug.header(self.target.secret, self._now(), body)
        return (
            self._sends(body, header)
            and not self._sends(body, forge(header))
            and not self._sends(body, self.target.sign(body))
        )

    def _groups(self, bugs: Iterable[ReceiverBug], body: bytes) -> list[list[ReceiverBug]]:
        """Return the bugs, with those together that write the same signature for a body."""
        now = self._now()
        groups: dict[str, list[ReceiverBug]] = {}
        for bug in bugs:
            groups.setdefault(bug.header(self.target.secret, now, body), []).append(bug)
        return list(groups.values())

    def _accepts(self, bug: ReceiverBug, body: bytes) -> bool:
        return self._sends(body, bug.header(self.target.secret, self._now(), body))

    def _correct(self, body: bytes) -> str:
        return sign(self.target.secret, body, timestamp=self._now())

    def _now(self) -> int:
        return int(time.time()) + self.clock_difference

    def _sends(self, body: bytes, signature: str) -> bool:
        """Whether the endpoint accepts this signature.

        Raises:
            _SearchStoppedError: that cannot be known, or the search is over.
        """
        if self._requests >= MAX_REQUESTS or time.monotonic() >= self._deadline:
            raise _SearchStoppedError("it took too long")
        self._requests += 1
        response = self.target.send(body, signature)
        if response.status is None:
            raise _SearchStoppedError(response.outcome)
        if response.status == HTTPStatus.TOO_MANY_REQUESTS:
            raise _SearchStoppedError("it limits the rate of requests (429)")
        return response.accepted
