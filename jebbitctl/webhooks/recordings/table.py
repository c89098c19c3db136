"""A recording as a table: one row for each delivery, one column for each member of their bodies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jebbitctl.errors import UsageError
from jebbitctl.util.text import json_text
from jebbitctl.util.times import rfc3339
from jebbitctl.webhooks.recordings.body_fields import body_fields

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from jebbitctl.webhooks.recordings.reading import RecordedDelivery

Cell = str | int | float | bool | None
MAX_COLUMNS = 10_000
_OTHER_BODY = "body"
_OWN_COLUMNS = (
    *("number", "time", "reason", "status", "test", "repeat", "method", "path", "query"),
    *("bytes", "secret", "forwarded"),
)


class Columns:
    """The columns of a table.

    Attributes:
        names: the columns of every delivery, then members of bodies in the order in which they come first. A
            body that is not a JSON object is in the column ``body``.
        last: the number of the last delivery.
    """

    def __init__(self) -> None:
        self._names = dict.fromkeys(_OWN_COLUMNS)
        self.last = 0

    @property
    def names(self) -> list[str]:
        return list(self._names)

    def add(self, record: RecordedDelivery) -> None:
        """Add the columns that a delivery needs.

        Raises:
            UsageError: there are more than 10,000.
        """
        self.last = record.number
        fields = body_fields(record.delivery)
        self._names.update(dict.fromkeys([_OTHER_BODY] if fields is None else map(_column, fields)))
        if len(self._names) > MAX_COLUMNS:
            raise UsageError(
                f"the bodies have more than {MAX_COLUMNS:,} different members",
                hint="export fewer deliveries, with --only or --reason ok",
            )


def rows(records: Iterable[RecordedDelivery], names: Sequence[str]) -> Iterator[list[Cell]]:
    """Yield the cells of each delivery for the named columns."""
    for record in records:
        cells = _cells(record)
        yield [cells.get(name) for name in names]


def _cells(record: RecordedDelivery) -> dict[str, Cell]:
    delivery = record.delivery
    statuses = [str(outcome.status or "failed") for outcome in record.forwards or ()]
    own: dict[str, Cell] = {
        "number": record.number,
        "time": rfc3339(delivery.time, "microseconds"),
        "reason": str(delivery.verification.reason),
        "status": delivery.status or None,
        "test": delivery.test,
        "repeat": delivery.repeat,
        "method": delivery.method,
        "path": delivery.path,
        "query": delivery.query,
        "bytes": len(delivery.body) + delivery.omitted_bytes,
        "secret": delivery.secret,
        "forwarded": "unknown" if record.forwards is None else ", ".join(statuses),
    }
    fields = body_fields(delivery)
    if fields is None:
        return {**own, _OTHER_BODY: delivery.body.decode("utf-8", "backslashreplace")}
    return {**own, **{_column(name): _cell(value) for name, value in fields.items()}}


def _column(name: str) -> str:
    """Return the column of a member; a member that is named like another column gets one of its own."""
    return f"body.{name}" if name in _OWN_COLUMNS or name == _OTHER_BODY else name


def _cell(value: Any) -> Cell:
    """Return a value as it is, a list of strings joined, anything else as JSON."""
    if value is None or isinstance(value, (str, int, float)):
        return value
    if isinstance(value, list) and value and all(isinstance(item, str) for item in value):
        return ", ".join(value)
    return json_text(value)
