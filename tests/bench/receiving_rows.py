"""Measurements of the receiver: deliveries per second, next to bare applications on waitress."""

from __future__ import annotations

import re
import subprocess
import time
from contextlib import contextmanager
from statistics import median
from typing import TYPE_CHECKING

from tests.bench.programs import JEBBITCTL, PYTHON
from tests.bench.rows import Row
from tests.webhooks import load_generator, receiving_programs, slow_app

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tests.bench.rows import Workspace

SECRET = "Qq6niUmvrO320lYbBGKha6cdy22Bz8BVBd"
DELIVERIES = 500
"""Deliveries of one run."""
CONCURRENCY = 20
"""Deliveries in flight when they are forwarded."""


def receiver(workspace: Workspace) -> Iterator[Row]:
    """Measure the receiver; both programs verify each delivery and append it to a file."""
    bare = "a bare waitress app that does the same"
    programs = {"ours": "product", bare: "minimal"}
    argv = [PYTHON, receiving_programs.__file__]
    with (
        _server([*argv, programs["ours"], SECRET, str(workspace.home / "ours")], workspace) as ours,
        _server([*argv, programs[bare], SECRET, str(workspace.home / "bare")], workspace) as theirs,
    ):
        rates = _alternating_rates({"ours": ours, bare: theirs}, workspace, load_generator.CONNECTIONS)
    yield _row("a receiver that verifies and records", rates, bare, 0.9)


def forwarding(workspace: Workspace) -> Iterator[Row]:
    """Measure deliveries that are forwarded to an application that takes 50 ms for each."""
    alone = f"the app alone, {CONCURRENCY} at a time"
    listen = [JEBBITCTL, "webhooks", "listen", "--port", "0", "--forward-to"]
    with (
        _server([PYTHON, slow_app.__file__], workspace) as app,
        _server([*listen, app], workspace, JEBBIT_WEBHOOK_SECRET=SECRET) as ours,
    ):
        rates = _alternating_rates({"ours": ours, alone: app}, workspace, CONCURRENCY)
    yield _row("`webhooks listen --forward-to` an app of 50 ms", rates, alone, 0.8)


@contextmanager
def _server(argv: Sequence[str], workspace: Workspace, **variables: str) -> Iterator[str]:
    """Run a server whose output goes to a file; yield its URL, the first that it prints."""
    path = workspace.home / f"output-{len(list(workspace.home.glob('output-*')))}"
    with (
        path.open("w") as file,
        subprocess.Popen(
            argv, env={**workspace.env, **variables}, stdin=subprocess.PIPE, stdout=file, stderr=file
        ) as process,
    ):
        try:
            while not (url := re.search(r"http://[^\s]+:\d+(?=\W)", path.read_text())):
                if process.poll() is not None:
                    raise SystemExit(f"exit code {process.returncode}: {' '.join(argv)}")
                time.sleep(0.05)
            yield url[0]
        finally:
            process.kill()


def _alternating_rates(
    urls: Mapping[str, str], workspace: Workspace, connections: int
) -> dict[str, list[float]]:
    """Return the deliveries per second of each run, without the first one, in which a server warms up."""
    rates: dict[str, list[float]] = {name: [] for name in urls}
    for _ in range(workspace.runs + 1):
        for name, url in urls.items():
            argv = [PYTHON, load_generator.__file__, url, SECRET, str(DELIVERIES), str(connections)]
            done = subprocess.run(argv, env=workspace.env, stdout=subprocess.PIPE, text=True, check=True)
            accepted, rate = done.stdout.split()
            if int(accepted) != DELIVERIES:
                raise SystemExit(f"{name}: {accepted} of {DELIVERIES} deliveries were accepted")
            rates[name].append(float(rate))
    return {name: found[1:] for name, found in rates.items()}


def _row(command: str, rates: Mapping[str, Sequence[float]], compared_with: str, target: float) -> Row:
    ours, theirs = rates["ours"], rates[compared_with]
    ratio = median(one / other for one, other in zip(ours, theirs, strict=True))
    figures = [f"{median(each):,.0f}/s" for each in (ours, theirs)]
    return Row(command, figures[0], compared_with, figures[1], ratio, None, target, at_least=True)
