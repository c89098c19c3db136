"""The rows of the table: what is measured, against what, and what is to be reached."""

from __future__ import annotations

import os
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from jebbitctl.api.mapping_import import MAX_IN_FLIGHT
from tests.bench import service
from tests.bench.measure import Command, in_turn, milliseconds, ratio, run
from tests.bench.service import JEBBITCTL, PYTHON

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tests.bench.measure import Run

LINES, LATENCY = 1000, 20
"""Of an import; milliseconds."""
SAMPLE = 20
"""Single commands that a loop of LINES is extrapolated from."""


@dataclass(frozen=True)
class Row:
    """One comparison; a ratio that should be large is told by ``at_least``."""

    work: str
    ours: str
    against: str
    theirs: str
    ratio: float
    of_cpu: float | None
    reach: float
    at_least: bool = False

    def cells(self) -> tuple[str, ...]:
        """Return the cells of the table."""
        reached = self.ratio >= self.reach if self.at_least else self.ratio <= self.reach
        of_cpu = "" if self.of_cpu is None else f"{self.of_cpu:.2f}"
        bound = f"{'≥' if self.at_least else '≤'} {self.reach:g}"
        verdict = "reached" if reached else "missed"
        return (self.work, self.ours, self.against, self.theirs, f"{self.ratio:.2f}", of_cpu, bound, verdict)


class Workshop:
    """A home for what is measured, and the scripts that it is measured against."""

    def __init__(self, home: Path, runs: int, httpie: str | None) -> None:
        self.home = home
        self.runs = runs
        self.httpie = httpie
        self.env = service.environment(home)

    def script(self, name: str, text: str, env: dict[str, str]) -> Command:
        """Return the command that runs a script."""
        path = self.home / name
        path.write_text(text, encoding="utf-8")
        return Command([PYTHON, str(path)], env)

    def jebbitctl(self, *args: str, env: dict[str, str] | None = None) -> Command:
        """Return a command of ours."""
        return Command([JEBBITCTL, *args], env or self.env)


def account(workshop: Workshop) -> Iterator[Row]:
    """``whoami`` with a cached token."""
    with service.sandbox(workshop.env, "--integrations", "3") as env:
        token = service.output(env, "token")
        url = f"{env['JEBBIT_API_BASE_URL']}/api/v1/self"
        given = {**workshop.env, **service.given(env, token)}
        commands = {
            "ours": workshop.jebbitctl("whoami", env=env),
            "five lines with requests": workshop.script("get.py", service.GET, given),
        }
        if workshop.httpie:
            argv = [
                workshop.httpie,
                "--ignore-stdin",
                "--check-status",
                url,
                f"Authorization: Bearer {token}",
            ]
            commands["httpie, token given"] = Command(argv, workshop.env)
        found = in_turn(commands, workshop.runs)
    yield _row("`whoami`, token cached", found, "five lines with requests", 1.25)
    if workshop.httpie:
        yield _row("`whoami`, token cached", found, "httpie, token given", 0.7)


def start_up(workshop: Workshop) -> Iterator[Row]:
    """What needs no account: help, TAB, a signature."""
    secret, body = workshop.home / "secret", workshop.home / "body"
    secret.write_text("Qq6niUmvrO320lYbBGKha6cdy22Bz8BVBd", encoding="utf-8")
    body.write_bytes(os.urandom(5_000).hex().encode())
    source = ("--secret-file", str(secret), "--body", str(body))
    signature = service.output(workshop.env, "webhooks", "sign", *source)
    works = {
        "`--version`": (workshop.jebbitctl("--version"), 1.35),
        "`--help`": (workshop.jebbitctl("--help"), 1.35),
        "`integrations --help`": (workshop.jebbitctl("integrations", "--help"), 1.35),
        "TAB, a command": (_tab(workshop, "jebbitctl integ"), 1.35),
        "TAB, an option": (_tab(workshop, "jebbitctl integrations list --"), 1.35),
        "`webhooks verify`, 10 KB": (
            workshop.jebbitctl("webhooks", "verify", *source, "--signature", signature),
            1.5,
        ),
    }
    hello = "hello-world on the same Typer"
    commands = {hello: workshop.script("hello.py", service.HELLO, workshop.env)}
    found = in_turn({**commands, **{work: command for work, (command, _) in works.items()}}, workshop.runs)
    for work, (_, reach) in works.items():
        yield _row(work, {"ours": found[work], hello: found[hello]}, hello, reach)


def inventory(workshop: Workshop) -> Iterator[Row]:
    """A list of 10,000 integrations, in time and in memory."""
    bare = "fetch, `json.loads`, `json.dumps`"
    with service.sandbox(workshop.env, "--integrations", "10000") as env:
        given = {**workshop.env, **service.given(env, service.output(env, "token"))}
        commands = {
            "ours": workshop.jebbitctl("integrations", "list", "--json", env=env),
            bare: workshop.script("fetch.py", service.FETCH, given),
        }
        found = in_turn(commands, max(workshop.runs // 2, 3))
    yield _row("`integrations list --json`, 10,000", found, bare, 1.3)
    peaks = {name: f"{median(run.peak for run in runs) / 1024:.0f} MiB" for name, runs in found.items()}
    memory = ratio(found["ours"], found[bare], lambda run: run.peak)
    yield Row("the same, memory", peaks["ours"], bare, peaks[bare], memory, None, 2)


def imports(workshop: Workshop) -> Iterator[Row]:
    """A thousand mappings from a file, and the bare writes, in turn; and a sample of single commands."""
    path = workshop.home / "mappings.csv"
    lines = [f"var_{n},name_{n},\n" for n in range(LINES)]
    path.write_text("jebbit_var,client_var,default\n" + "".join(lines), encoding="utf-8")
    with service.sandbox(workshop.env, "--integrations", "7", "--latency", str(LATENCY)) as env:
        ids = service.output(env, "integrations", "list", "--plain").splitlines()
        first, *others = (line.partition("\t")[0] for line in ids)
        token = service.output(env, "token")
        bare = workshop.script("post.py", service.POST, {**workshop.env, **service.given(env, token)})
        create = ("mappings", "create", "--integration", first, "--jebbit-var", "x", "--client-var", "y")
        loop = in_turn({"one": workshop.jebbitctl(*create, env=env)}, SAMPLE)["one"]
        writes = (str(LINES), str(MAX_IN_FLIGHT))
        pairs = [
            (
                run(workshop.jebbitctl("mappings", "import", ours, str(path), env=env)),
                run(Command([*bare.argv, theirs, *writes], bare.env)),
            )
            for ours, theirs in zip(others[::2], others[1::2], strict=True)
        ]
    took, floor = (median(run.wall for run in runs) for runs in zip(*pairs, strict=True))
    work = f"`mappings import`, {LINES:,} lines at {LATENCY} ms"
    of_wall = median(ours.wall / theirs.wall for ours, theirs in pairs)
    against = f"the same writes over {MAX_IN_FLIGHT} bare connections"
    yield Row(work, f"{took:.1f} s", against, f"{floor:.1f} s", of_wall, None, 1.2)
    least = LINES * LATENCY / 1000 / MAX_IN_FLIGHT
    against = f"{LINES:,} times {LATENCY} ms / {MAX_IN_FLIGHT}"
    yield Row(work, f"{took:.1f} s", against, f"{least:.1f} s", took / least, None, 1.2)
    alone = LINES * milliseconds(loop) / 1000
    against = f"a loop of `mappings create`, extrapolated from {SAMPLE}"
    yield Row(work, f"{took:.1f} s", against, f"{alone:.0f} s", alone / took, None, 10, at_least=True)


def many(workshop: Workshop) -> Iterator[Row]:
    """Fifty commands, one after the other: the last ten against the first ten.

    These two are not in turn, so what else the machine does would be taken for growth: CPU time counts.
    """
    with service.sandbox(workshop.env) as env:
        runs = in_turn({"whoami": workshop.jebbitctl("whoami", env=env)}, 50)["whoami"]
    last, first = runs[-10:], runs[:10]
    times = [f"{1000 * median(run.cpu for run in ten):.0f} ms" for ten in (last, first)]
    growth = ratio(last, first, lambda run: run.cpu)
    work = "`whoami` 50 times: CPU time of the last ten"
    yield Row(work, times[0], "of the first ten", times[1], growth, growth, 1.1)


def _row(
    work: str, found: dict[str, Sequence[Run]] | dict[str, list[Run]], against: str, reach: float
) -> Row:
    ours, theirs = found["ours"], found[against]
    walls = [f"{milliseconds(runs):.0f} ms" for runs in (ours, theirs)]
    of_wall = ratio(ours, theirs, lambda run: run.wall)
    return Row(work, walls[0], against, walls[1], of_wall, ratio(ours, theirs, lambda run: run.cpu), reach)


def _tab(workshop: Workshop, typed: str) -> Command:
    """Return what bash runs when TAB is pressed behind this."""
    asked = {
        "_JEBBITCTL_COMPLETE": "complete_bash",
        "COMP_WORDS": typed,
        "COMP_CWORD": str(typed.count(" ")),
    }
    return workshop.jebbitctl(env={**workshop.env, **asked})
