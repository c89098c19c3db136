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

from tests.bench.rows import Workspace, long_list, mappings_import, repeated_runs, start_up, whoami

if TYPE_CHECKING:
    from tests.bench.rows import Row

HEADER = ("command", "median", "compared with", "median", "ratio", "CPU ratio", "target", "result")


def main() -> None:
    """Measure everything and print one table in Markdown."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--httpie", metavar="PATH", help="path of HTTPie's http command, to compare with")
    parser.add_argument("--runs", metavar="N", type=int, default=15, help="runs of each short command (15)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="jebbitctl-bench-") as directory:
        workspace = Workspace(Path(directory), options.runs, options.httpie)
        measurements = (whoami, start_up, long_list, mappings_import, repeated_runs)
        rows = [row for measure in measurements for row in measure(workspace)]
    print_table(rows)


def print_table(rows: list[Row]) -> None:
    """Print rows as a table in Markdown."""
    lines = [HEADER, tuple("---" for _ in HEADER), *(row.cells() for row in rows)]
    for line in lines:
        print("| " + " | ".join(line) + " |")  # noqa: T201 - the result of the program


if __name__ == "__main__":
    main()
