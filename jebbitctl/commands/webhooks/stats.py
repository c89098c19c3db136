"""``webhooks stats``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jebbitctl.commands.base import LOCAL_OPTIONS, Context, command
from jebbitctl.commands.webhooks.recording_options import RecordingFile, SelectOptions, read_selected
from jebbitctl.util.text import flatten
from jebbitctl.util.times import rfc3339

if TYPE_CHECKING:
    from jebbitctl.output.output import Output
    from jebbitctl.webhooks.recordings.time_counts import TimeCounts

MAX_BARS = 32
BAR_WIDTH = 30


@command(example="jebbitctl webhooks stats monday.jsonl", common=(*LOCAL_OPTIONS, "csv"))
def stats(context: Context, file: RecordingFile, *, selection: SelectOptions) -> None:
    """Show statistics of a recording: reasons, responses, attributes.

    Counts deliveries per minute, reasons, and the responses of the app with their times. For each attribute
    of the valid deliveries: how many have it, distinct values (up to 1,000), and examples, masked.
    """
    from jebbitctl.webhooks.recordings.stats import RecordingStats

    counted = RecordingStats()
    for record in read_selected(context, file, selection, join=True):
        counted.add(record)
    document = counted.to_dict()
    if context.output.json:
        context.output.document(document)
    elif context.output.plain:
        context.output.key_values(_plain(document))
    else:
        _print(context.output, document, counted.times.chart(MAX_BARS))


def _print(output: Output, document: dict[str, Any], times: TimeCounts) -> None:
    tables = ("attributes", "attributes_complete", "intervals", "interval_seconds")
    pairs = flatten({name: value for name, value in document.items() if name not in tables})
    output.key_values((name, value) for name, value in pairs if value not in (None, {}))
    if document["attributes"]:
        output.line("")
        columns = ("attribute", "share", "distinct", "examples")
        output.table(map(_attribute_row, document["attributes"]), columns)
    if not document["attributes_complete"]:
        output.note("There are more attributes, which were not counted.")
    if rows := _bars(times):
        output.line("")
        output.table(rows, ("time", "ok", "refused", "deliveries"))


def _plain(document: dict[str, Any]) -> list[tuple[str, Any]]:
    """Return names and values, one of each number."""
    lists = {"attributes": "name", "intervals": "time"}
    pairs = [
        (name, value)
        for name, value in flatten({name: value for name, value in document.items() if name not in lists})
        if value != {}
    ]
    for kind, key in lists.items():
        for item in document[kind]:
            pairs += [(f"{kind} {item[key]} {name}", value) for name, value in item.items() if name != key]
    return pairs


def _attribute_row(attribute: dict[str, Any]) -> dict[str, Any]:
    distinct = attribute["distinct"]
    return {
        "attribute": attribute["name"],
        "share": f"{attribute['share']:.1%}",
        "distinct": "more than 1,000" if distinct is None else distinct,
        "examples": ", ".join(attribute["examples"]),
    }


def _bars(times: TimeCounts) -> list[dict[str, Any]]:
    """Return a row for each interval, with a bar; blocks are valid deliveries, shaded ones refused."""
    intervals = times.with_gaps()
    largest = max((counts.total() for _, counts in intervals), default=0)
    rows = []
    for start, counts in intervals:
        whole = -(-counts.total() * BAR_WIDTH // largest)
        refused = -(-counts["refused"] * BAR_WIDTH // largest)
        bar = "█" * (whole - refused) + "░" * refused
        row = {"time": rfc3339(start), "ok": counts["ok"], "refused": counts["refused"], "deliveries": bar}
        rows.append(row)
    return rows
