"""Selects deliveries of a recording by number and time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jebbitctl.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from jebbitctl.webhooks.recordings.numbers import Numbers
    from jebbitctl.webhooks.recordings.reading import RecordedDelivery


def select(
    recorded: Iterable[RecordedDelivery], *, numbers: Numbers | None = None, since: float | None = None
) -> Iterator[RecordedDelivery]:
    """Yield the selected deliveries.

    Args:
        recorded: from :func:`jebbitctl.webhooks.recordings.reading.read`.
        numbers: None for all.
        since: unix seconds; deliveries received earlier are left out.

    Raises:
        UsageError: at the end, if there is no delivery with one of the numbers.
    """
    missing = set(numbers.ranges if numbers else ())
    for record in recorded:
        if numbers and record.number not in numbers:
            continue
        missing = {one for one in missing if record.number not in one}
        if since is None or record.delivery.time >= since:
            yield record
    if missing:
        first = min(missing, key=lambda one: one.start)
        name = f"{first.start}" if len(first) == 1 else f"{first.start} to {first.stop - 1}"
        raise UsageError(
            f"the recording has no delivery {name}", hint="see the numbers with jebbitctl webhooks list FILE"
        )
