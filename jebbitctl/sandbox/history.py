"""The visits of a business, kept as batches: a visit is a function of its number."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from jebbitctl.sandbox import assumptions
from jebbitctl.sandbox.visits import DEFAULT_OPTIONS, visit_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from jebbitctl.sandbox.visits import Visit, VisitOptions


@dataclass(frozen=True, slots=True)
class Batch:
    """Visits with consecutive numbers.

    Attributes:
        first: the number of the first visit.
        count: of the visits.
        campaigns: ids; the visits go to them in turn.
        options: what the visitors were asked to do.
    """

    first: int
    count: int
    campaigns: tuple[str, ...]
    options: VisitOptions = DEFAULT_OPTIONS

    def campaign(self, number: int) -> str:
        """Return the campaign of a visit."""
        return self.campaigns[number % len(self.campaigns)]

    def visits(self, attributes: Sequence[str]) -> Iterator[Visit]:
        """Yield the visits, computed one at a time; see :func:`visit_of`."""
        for number in range(self.first, self.first + self.count):
            yield visit_of(self.campaign(number), number, attributes, self.options)


@dataclass(slots=True)
class History:
    """All visits of a business since the sandbox started. Not safe for threads: hold the state's lock.

    Adjacent batches become one, so that its size depends on how often the campaigns or the options change,
    not on the number of visits.
    """

    _batches: list[Batch] = field(default_factory=lambda: list(assumptions.past_visits()))

    @property
    def count(self) -> int:
        """The number of visits, and the number of the next one."""
        return self._batches[-1].first + self._batches[-1].count if self._batches else 0

    def add(self, batch: Batch) -> None:
        """Add the visits that follow."""
        last = self._batches[-1] if self._batches else None
        if last and (last.campaigns, last.options) == (batch.campaigns, batch.options):
            self._batches[-1] = replace(last, count=last.count + batch.count)
        else:
            self._batches.append(batch)

    def numbered(self, numbers: range) -> list[Batch]:
        """Return the visits with consecutive numbers, as batches, oldest first."""
        found = []
        for batch in self._batches:
            first = max(batch.first, numbers.start)
            count = min(batch.first + batch.count, numbers.stop) - first
            if count > 0:
                found.append(replace(batch, first=first, count=count))
        return found
