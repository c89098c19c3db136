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
from jebbitctl.webhooks.diagnosis.signing_bugs import signing_bugs, time_bugs
from jebbitctl.webhooks.signature import sign
from jebbitctl.webhooks.signing_times import time_with_plus_or_slash

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
_ROUNDS = 5
"""How often a bug has to show, with the correct and a forged signature refused each time."""
_FORGED_CHARACTER = 10
"""The place of the character that makes a forgery, from the end: part of the digest in each encoding."""


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What was found.

    Attributes:
        bugs: those that the endpoint may have, as they write the same signatures; empty if none was accepted.
        unsteady: whether something was accepted, but not as a bug explains.
        accepts_others: whether it accepted another body with a correct signature, so its secret is right.
        stopped: why the search ended early; None if everything was tried.
        tries: how many signatures of bugs were tried.
    """

    bugs: tuple[ReceiverBug, ...] = ()
    unsteady: bool = False
    accepts_others: bool = False
    stopped: str | None = None
    tries: int = 0


class _UnsteadyError(Exception):
    """The endpoint accepted something, but its answers do not follow the signature."""


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
        times: whether to try other timestamps, since it may take those of now for old.
    """

    target: ProbeTarget
    refused: bytes
    accepted: Sequence[bytes] = ()
    clock_difference: int = 0
    times: bool = False
    _requests: int = field(default=0, init=False)
    _tries: int = field(default=0, init=False)
    _deadline: float = field(default=0.0, init=False)

    def run(self) -> SearchResult:
        """Try the bugs one after the other until one is accepted."""
        self._deadline = time.monotonic() + MAX_SECONDS
        bugs: tuple[ReceiverBug, ...] = ()
        unsteady, stopped = False, None
        try:
            bugs = self._find()
        except _UnsteadyError:
            unsteady = True
        except _SearchStoppedError as error:
            stopped = str(error)
        return SearchResult(bugs, unsteady, bool(self.accepted), stopped, self._tries)

    def _find(self) -> tuple[ReceiverBug, ...]:
        if not self.accepted:
            self._simplify()
        for group in self._groups(self._candidates(), self.refused):
            if self._accepts(group[0], self.refused):
                return tuple(self._prove(group))
        return ()

    def _simplify(self) -> None:
        """Replace the refused body by a simpler one, for which there are fewer signatures to try.

        Raises:
            _UnsteadyError: that one is accepted, but not each time, or with a forged signature as well.
        """
        if not self._sends(SIMPLE_BODY, self._correct(SIMPLE_BODY)):
            self.refused = SIMPLE_BODY
            return
        self.accepted = (SIMPLE_BODY,)
        for _ in range(_ROUNDS):
            correct = self._correct(SIMPLE_BODY)
            if not self._sends(SIMPLE_BODY, correct) or self._sends(SIMPLE_BODY, forge(correct)):
                raise _UnsteadyError

    def _candidates(self) -> Iterator[ReceiverBug]:
        """Yield the bugs that agree with what is known: they change what was refused, and only that."""
        if self.clock_difference:
            yield WRONG_CLOCK
        in_turn = zip_longest(signing_bugs(), rewriting_bugs(self.refused), body_bugs())
        others = time_bugs() if self.times else []
        for bug in (*filter(None, chain.from_iterable(in_turn)), *common_pairs(self.refused), *others):
            if self._changes(bug, self.refused) and not any(
                self._changes(bug, body) for body in self.accepted
            ):
                yield bug

    def _changes(self, bug: ReceiverBug, body: bytes) -> bool:
        now = self._now(body)
        return bug.header(self.target.secret, now, body) != sign(self.target.secret, body, timestamp=now)

    def _prove(self, found: list[ReceiverBug]) -> list[ReceiverBug]:
        """Narrow the bugs down with a body that they change differently; return those that are certain.

        Raises:
            _UnsteadyError: the bug does not hold.
        """
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
        if not all(self._holds(narrowed[0], body_of(number)) for number in range(1, _ROUNDS + 1)):
            raise _UnsteadyError
        return narrowed

    def _holds(self, bug: ReceiverBug, body: bytes) -> bool:
        """Whether the bug's signature is accepted, and neither a forged nor a correct one."""
        header = self._header(bug, body)
        return (
            self._sends(body, header)
            and not self._sends(body, forge(header))
            and not self._sends(body, self.target.sign(body))
        )

    def _groups(self, bugs: Iterable[ReceiverBug], body: bytes) -> list[list[ReceiverBug]]:
        """Return the bugs, with those together that write the same signature for a body."""
        now = self._now(body)
        groups: dict[str, list[ReceiverBug]] = {}
        for bug in bugs:
            groups.setdefault(bug.header(self.target.secret, now, body), []).append(bug)
        return list(groups.values())

    def _accepts(self, bug: ReceiverBug, body: bytes) -> bool:
        accepted = self._sends(body, self._header(bug, body))
        self._tries += 1
        return accepted

    def _header(self, bug: ReceiverBug, body: bytes) -> str:
        return bug.header(self.target.secret, self._now(bug.read(body)), body)

    def _correct(self, body: bytes) -> str:
        return sign(self.target.secret, body, timestamp=self._now(body))

    def _now(self, body: bytes) -> int:
        return time_with_plus_or_slash(self.target.secret, body, int(time.time()) + self.clock_difference)

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
