"""``python -m tests.bench``: measures how long commands take, next to comparable programs.

This is a benchmark, not a test: it prints a table and never fails on a figure. Ratios are medians of
alternating runs. Absolute times depend on the machine. Other load distorts ratios of wall time, so the table
also has ratios of CPU time.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench.receiving_rows import forwarding, receiver
from tests.bench.rows import Workspace, many_integrations, mappings_import, repeated_runs, start_up, whoami

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.bench.rows import Row

HEADER = ("command", "median", "compared with", "median", "ratio", "CPU ratio", "target", "result")
MEASUREMENTS: dict[str, Callable[[Workspace], Iterator[Row]]] = {
    "whoami": whoami,
    "start-up": start_up,
    "many-integrations": many_integrations,
    "mappings-import": mappings_import,
    "receiver": receiver,
    "forwarding": forwarding,
    "repeated-runs": repeated_runs,
}


def main() -> None:
    """Measure everything and print one table in Markdown."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--httpie", metavar="PATH", help="path of HTTPie's http command, to compare with")
    parser.add_argument("--runs", metavar="N", type=int, default=15, help="runs of each short command (15)")
    parser.add_argument(
        "--only", metavar="NAME", action="append", choices=MEASUREMENTS, help="one measurement"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="jebbitctl-bench-") as directory:
        workspace = Workspace(Path(directory), options.runs, options.httpie)
        rows = [row for name in options.only or MEASUREMENTS for row in MEASUREMENTS[name](workspace)]
    print_table(rows)


def print_table(rows: list[Row]) -> None:
    """Print rows as a table in Markdown."""
    lines = [HEADER, tuple("---" for _ in HEADER), *(row.cells() for row in rows)]
    for line in lines:
        print("| " + " | ".join(line) + " |")  # noqa: T201 - the result of the program


if __name__ == "__main__":
    main()
