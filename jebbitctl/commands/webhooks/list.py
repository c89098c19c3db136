"""``webhooks list``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jebbitctl.commands.base import LOCAL_OPTIONS, ROW_OPTIONS, Context, command
from jebbitctl.commands.webhooks.recorded_rows import COLUMNS, to_json, to_row
from jebbitctl.commands.webhooks.recording_options import Mask, RecordingFile, SelectOptions, read_selected

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from jebbitctl.webhooks.recordings.reading import RecordedDelivery


@command(
    name="list",
    example="jebbitctl webhooks list monday.jsonl --reason refused",
    common=(*LOCAL_OPTIONS, *ROW_OPTIONS),
)
def list_(context: Context, file: RecordingFile, *, selection: SelectOptions, mask: Mask = False) -> None:
    """List the deliveries of a recording. Their numbers are the lines of the file."""
    records: Iterable[RecordedDelivery] = read_selected(context, file, selection, join=True)
    if mask:
        records = _masked(records)
    context.output.stream(map(_row_maker(context), records), COLUMNS)


def _row_maker(context: Context) -> Callable[[RecordedDelivery], dict[str, Any]]:
    if context.output.json:
        return to_json
    if context.output.columns is None:
        return to_row
    return lambda record: to_json(record) | to_row(record)


def _masked(records: Iterable[RecordedDelivery]) -> Iterator[RecordedDelivery]:
    from jebbitctl.webhooks.recordings.masking import mask_record

    return map(mask_record, records)
