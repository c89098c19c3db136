"""``webhooks export``."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING

from jebbitctl.commands.base import LOCAL_OPTIONS, Context, command
from jebbitctl.commands.webhooks.recording_options import Mask, RecordingFile, SelectOptions, read_selected
from jebbitctl.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from jebbitctl.webhooks.recordings.reading import RecordedDelivery


@command(
    example="jebbitctl webhooks export monday.jsonl --csv > monday.csv",
    common=(*LOCAL_OPTIONS, "csv"),
)
def export(
    context: Context,
    file: RecordingFile,
    *,
    selection: SelectOptions,
    mask: Mask = False,
) -> None:
    """Export the deliveries of a recording, one row for each.

    There is a column for each member of the bodies. To find them, FILE is read twice, so it cannot be a pipe.
    With --csv, text that a spreadsheet would take for a formula gets a ' in front. The CSV is UTF-8: Excel
    shows it correctly if it is imported with Data > From Text/CSV.
    """
    from jebbitctl.webhooks.recordings.table import Columns, rows

    if not (context.output.json or context.output.plain_requested):
        raise UsageError("export requires one format", hint="use --csv, --json or --plain")
    _require_file(file)
    columns = Columns()
    for record in _read(context, file, selection, mask=mask, warn=False):
        columns.add(record)
    names = columns.names
    # A receiver may have added lines since, whose members have no column.
    known = takewhile(
        lambda record: record.number <= columns.last, _read(context, file, selection, mask=mask)
    )
    cells = (dict(zip(names, row, strict=True)) for row in rows(known, names))
    context.output.stream(cells, names)


def _require_file(file: Path) -> None:
    if str(file) == "-" or (file.exists() and not file.is_file()):
        raise UsageError(f"cannot read {file} twice", hint="save it to a file, and export that")


def _read(
    context: Context, file: Path, selection: SelectOptions, *, mask: bool, warn: bool = True
) -> Iterator[RecordedDelivery]:
    records = read_selected(context, file, selection, join=True, warn=warn)
    if not mask:
        return records
    from jebbitctl.webhooks.recordings.masking import mask_record

    return map(mask_record, records)
