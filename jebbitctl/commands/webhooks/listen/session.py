"""Follows the events of one run of ``webhooks listen``: counts and prints them, and judges the end."""

from __future__ import annotations

import math
from collections import Counter
from contextlib import contextmanager, nullcontext
from http import HTTPStatus
from typing import TYPE_CHECKING

import typer

from jebbitctl.commands.shared.interruptions import PRINT_TIMEOUT
from jebbitctl.errors import CheckFailedError, ExitCode
from jebbitctl.util import shell
from jebbitctl.util.text import plural
from jebbitctl.util.timeouts import interrupted_after
from jebbitctl.util.urls import shown_url
from jebbitctl.webhooks.receiving.events import Arrived
from jebbitctl.webhooks.receiving.forwarding import is_forwarded
from jebbitctl.webhooks.receiving.intake import NO_RESPONSE_BEFORE_END
from jebbitctl.webhooks.signature import Reason

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from jebbitctl.commands.webhooks.listen.printing import EventPrinter
    from jebbitctl.output.output import Output
    from jebbitctl.webhooks.delivery import ForwardOutcome
    from jebbitctl.webhooks.receiving.events import Event

_REFUSALS = {HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}
MAX_NAMED = 5
"""The kinds of failures that the summary names."""


class ListenSession:
    """Counts and prints what happens.

    Args:
        output: prints the summary.
        printer: prints the events.
        count: the number of valid deliveries to wait for; None without ``--count``.
        check: fail if a delivery was not forwarded.
        name_urls: say where deliveries were not forwarded to.

    Attributes:
        interrupted: whether Ctrl-C ended it.
    """

    def __init__(
        self, output: Output, printer: EventPrinter, *, count: int | None, check: bool, name_urls: bool
    ) -> None:
        self.interrupted = False
        self._output = output
        self._printer = printer
        self._count = count
        self._check = check
        self._name_urls = name_urls
        self._received: Counter[Reason] = Counter()
        self._forwarded = 0
        self._failed: Counter[str] = Counter()
        self._not_sent = 0
        self._unanswered: dict[str, str] = {}
        """A URL for each error of a forward without a response."""
        self._refusing: str | None = None
        """The URL of an app that refused a valid delivery."""

    @property
    def complete(self) -> bool:
        """Whether all expected deliveries have arrived."""
        return self._count is not None and self._received[Reason.OK] >= self._count

    def follow(self, events: Iterable[Event]) -> None:
        """Count and print events until all expected deliveries have arrived."""
        for event in events:
            self.show(event)
            if self.complete:
                return

    def show(self, event: Event) -> None:
        """Count and print an event. While deliveries are expected, a closed stdout is no reason to end."""
        self._add(event)
        with nullcontext() if self._count is None else self._output.best_effort():
            self._printer.show(event)

    def show_all(self, events: Iterable[Event], *, stopping: bool) -> None:
        """Count and print what is left at the end, also if stdout is closed.

        Args:
            events: what is left.
            stopping: a signal has ended it, so look for no more causes of refusals, and do not wait for
                somebody who does not read stdout.
        """
        if stopping:
            self._printer.stop_explaining()
        rest = list(events)
        for event in rest:
            self._add(event)
        limit = PRINT_TIMEOUT if stopping else math.inf
        with interrupted_after(limit), self._output.best_effort():
            pass  # writes what the signal has interrupted
        unprinted = [self._printer.unprinted] if self._printer.unprinted else []
        for event in [*unprinted, *rest]:
            with interrupted_after(limit), self._output.best_effort():
                self._printer.show(event)

    def _add(self, event: Event) -> None:
        if isinstance(event, Arrived):
            self._received[event.delivery.verification.reason] += 1
        elif is_forwarded(event.outcome):
            self._forwarded += 1
        else:
            self._failed[self._failure(event.outcome)] += 1
            self._not_sent += not event.outcome.attempts
            if event.outcome.error and event.outcome.attempts:
                self._unanswered[event.outcome.error] = event.outcome.url
            elif event.outcome.status in _REFUSALS:
                self._refusing = event.outcome.url

    @contextmanager
    def summarised(self) -> Iterator[None]:
        """Print the summary after the block, even if a signal or a closed stdout ends it."""
        try:
            yield
        except KeyboardInterrupt:
            self.interrupted = True
        except (SystemExit, OSError):
            self._summarise()
            raise
        self._summarise()

    def require_success(self) -> None:
        """Fail if expected deliveries are missing, or were not forwarded.

        Raises:
            CheckFailedError: valid deliveries are missing, or one was not forwarded.
            typer.Exit: interrupted before all expected deliveries had arrived.
        """
        if self._count is not None and not self.complete:
            if self.interrupted:
                raise typer.Exit(ExitCode.INTERRUPTED)
            self._fail_incomplete()
        if self._failed and self._check:
            total = self._failed.total()
            raise CheckFailedError(
                f"{total} of {plural(total + self._forwarded, 'forward')} failed: {self._failures()}",
                hint=self._fix(),
            )

    def _fix(self) -> str:
        """Return what to do about forwards that failed."""
        if len(self._unanswered) == len(self._failed) == 1:
            from jebbitctl.webhooks.diagnosis import fix_for_error

            ((error, url),) = self._unanswered.items()
            if error != NO_RESPONSE_BEFORE_END:
                return fix_for_error(url, error)
        if self._refusing:
            command = f"jebbitctl webhooks check {shell.quote(shown_url(self._refusing))}"
            return f"the signatures are valid; to find out why the app refuses them: {command}"
        where = (
            "the app got none of them"
            if self._not_sent == self._failed.total()
            else "look at the app's own log"
        )
        return f"{where}; webhooks replay sends recorded deliveries again"

    def _fail_incomplete(self) -> None:
        if self._received[Reason.MISMATCH]:
            hint = "another shared secret signed the deliveries, or they were changed on the way"
        else:
            hint = "check that the integration's endpoint is this receiver, or try jebbitctl webhooks send"
        raise CheckFailedError(
            f"{self._received[Reason.OK]} of {self._count} valid deliveries received", hint=hint
        )

    def _summarise(self) -> None:
        summary = ", ".join(f"{number} {reason}" for reason, number in self._received.items()) or "nothing"
        self._output.note(f"Received: {summary}.")
        if self._failed:
            self._output.note(f"Forwarded: {self._forwarded} ok, {self._failures()}.")
            if (self._unanswered or self._refusing) and not self._check:
                self._output.note(f"hint: {self._fix()}")
        elif self._forwarded:
            self._output.note(f"Forwarded: {self._forwarded} ok.")

    def _failures(self) -> str:
        named = [f"{number} {failure}" for failure, number in self._failed.most_common(MAX_NAMED)]
        if others := self._failed.total() - sum(n for _, n in self._failed.most_common(MAX_NAMED)):
            named.append(f"{others} others")
        return ", ".join(named)

    def _failure(self, outcome: ForwardOutcome) -> str:
        failure = outcome.error or f"returned {outcome.status}"
        return f"{failure} at {outcome.url}" if self._name_urls else failure
