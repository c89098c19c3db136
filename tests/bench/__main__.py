"""``python -m tests.bench``: how long commands take, each side by side with what it competes with.

A benchmark, not a test: it prints a table, whatever it finds. Ratios are medians, pair by pair; absolute
times move with the machine. A busy one widens the ratios of wall time, so CPU time stands beside it.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench.rows import Workshop, account, imports, inventory, many, start_up

if TYPE_CHECKING:
    from tests.bench.rows import Row

HEADER = ("work", "median", "against", "median", "ratio", "of CPU time", "reach", "")


def main() -> None:
    """Measure all, and print one table in Markdown."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--httpie", metavar="PATH", help="httpie's http, from an environment of its own")
    parser.add_argument("--runs", metavar="N", type=int, default=15, help="of each short command; 15")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="jebbitctl-bench-") as directory:
        workshop = Workshop(Path(directory), asked.runs, asked.httpie)
        rows = [row for measure in (account, start_up, inventory, imports, many) for row in measure(workshop)]
    print_table(rows)


def print_table(rows: list[Row]) -> None:
    """Print rows as a table in Markdown."""
    lines = [HEADER, tuple("---" for _ in HEADER), *(row.cells() for row in rows)]
    for line in lines:
        print("| " + " | ".join(line) + " |")  # noqa: T201 - what it is for


if __name__ == "__main__":
    main()
