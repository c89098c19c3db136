"""``webhooks list``."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from jebbitctl.commands.base import LOCAL_OPTIONS, Context, command
from jebbitctl.commands.webhooks.recorded_rows import COLUMNS, NARROW_COLUMNS, to_json, to_row
from jebbitctl.commands.webhooks.recording_options import Mask, RecordingFile, SelectOptions, read_selected

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from jebbitctl.webhooks.recordings.reading import RecordedDelivery

WIDE = 100
"""Columns of a terminal from which on a row has one line."""


@command(
    name="list",
    example="jebbitctl webhooks list monday.jsonl --verdict refused",
    common=LOCAL_OPTIONS,
)
def list_(context: Context, file: RecordingFile, *, selection: SelectOptions, mask: Mask = False) -> None:
    """List the deliveries of a recording. Their numbers are the lines of the file."""
    records: Iterable[RecordedDelivery] = read_selected(context, file, selection, join=True)
    if mask:
        records = _masked(records)
    is_narrow = not context.output.plain and shutil.get_terminal_size().columns < WIDE
    columns = NARROW_COLUMNS if is_narrow else COLUMNS
    context.output.stream(map(to_json if context.output.json else to_row, records), columns)


def _masked(records: Iterable[RecordedDelivery]) -> Iterator[RecordedDelivery]:
    from jebbitctl.webhooks.recordings.masking import mask_record

    return map(mask_record, records)
