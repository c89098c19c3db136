"""The measurements: what is measured, what it is compared with, and the target."""

from __future__ import annotations

import os
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from jebbitctl.api.mapping_import import MAX_CONCURRENT_WRITES
from tests.bench import programs
from tests.bench.measure import Invocation, median_milliseconds, median_ratio, run, run_alternating
from tests.bench.programs import JEBBITCTL, PYTHON

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from tests.bench.measure import Run

LINES = 1000
"""Lines of the imported file."""
LATENCY = 20
"""Milliseconds before each response during the import."""
SAMPLE_SIZE = 20
"""Single commands from which a loop of LINES commands is extrapolated."""


@dataclass(frozen=True)
class Row:
    """One comparison.

    Attributes:
        command: what was measured.
        ours: its figure, with its unit.
        compared_with: what it is compared with.
        theirs: the figure of that, with its unit.
        ratio: ours / theirs.
        cpu_ratio: the same ratio for CPU time, if it was measured.
        target: the bound of the ratio.
        at_least: whether the target is a minimum.
    """

    command: str
    ours: str
    compared_with: str
    theirs: str
    ratio: float
    cpu_ratio: float | None
    target: float
    at_least: bool = False

    def cells(self) -> tuple[str, ...]:
        """Return the cells of the table."""
        met = self.ratio >= self.target if self.at_least else self.ratio <= self.target
        cpu_ratio = "" if self.cpu_ratio is None else f"{self.cpu_ratio:.2f}"
        target = f"{'≥' if self.at_least else '≤'} {self.target:g}"
        return (
            *(self.command, self.ours, self.compared_with, self.theirs),
            *(f"{self.ratio:.2f}", cpu_ratio, target, "met" if met else "missed"),
        )


class Workspace:
    """A home directory for the measured commands, and the scripts to compare with."""

    def __init__(self, home: Path, runs: int, httpie: str | None) -> None:
        self.home = home
        self.runs = runs
        self.httpie = httpie
        self.env = programs.environment(home)

    def script(self, name: str, text: str, env: dict[str, str]) -> Invocation:
        """Write a Python script and return its invocation."""
        path = self.home / name
        path.write_text(text, encoding="utf-8")
        return Invocation([PYTHON, str(path)], env)

    def jebbitctl(self, *args: str, env: dict[str, str] | None = None) -> Invocation:
        """Return an invocation of jebbitctl."""
        return Invocation([JEBBITCTL, *args], env or self.env)


def whoami(workspace: Workspace) -> Iterator[Row]:
    """Measure ``whoami`` with a cached token."""
    five_lines, httpie = "five lines with requests", "HTTPie with a token"
    with programs.sandbox(workspace.env, "--integrations", "3") as env:
        token = programs.output(env, "token")
        url = f"{env['JEBBIT_API_BASE_URL']}/api/v1/self"
        script_env = {**workspace.env, **programs.script_variables(env, token)}
        invocations = {
            "ours": workspace.jebbitctl("whoami", env=env),
            five_lines: workspace.script("get.py", programs.GET, script_env),
        }
        if workspace.httpie:
            options = ("--ignore-stdin", "--check-status")
            argv = [workspace.httpie, *options, url, f"Authorization: Bearer {token}"]
            invocations[httpie] = Invocation(argv, workspace.env)
        runs = run_alternating(invocations, workspace.runs)
    yield _row("`whoami`, token cached", runs, five_lines, 1.25)
    if workspace.httpie:
        yield _row("`whoami`, token cached", runs, httpie, 0.7)


def start_up(workspace: Workspace) -> Iterator[Row]:
    """Measure commands that need no account: help, completion, a signature."""
    secret, body = workspace.home / "secret", workspace.home / "body"
    secret.write_text("Qq6niUmvrO320lYbBGKha6cdy22Bz8BVBd", encoding="utf-8")
    body.write_bytes(os.urandom(5_000).hex().encode())
    source = ("--secret-file", str(secret), "--body", str(body))
    signature = programs.output(workspace.env, "webhooks", "sign", *source)
    commands = {
        "`--version`": (workspace.jebbitctl("--version"), 1.35),
        "`--help`": (workspace.jebbitctl("--help"), 1.35),
        "`integrations --help`": (workspace.jebbitctl("integrations", "--help"), 1.35),
        "completion of a command": (_completion(workspace, "jebbitctl integ"), 1.35),
        "completion of an option": (_completion(workspace, "jebbitctl integrations list --"), 1.35),
        "`webhooks verify`, 10 KB": (
            workspace.jebbitctl("webhooks", "verify", *source, "--signature", signature),
            1.5,
        ),
    }
    hello = "hello-world on the same Typer"
    invocations = {hello: workspace.script("hello.py", programs.HELLO, workspace.env)}
    invocations |= {name: invocation for name, (invocation, _) in commands.items()}
    runs = run_alternating(invocations, workspace.runs)
    for name, (_, target) in commands.items():
        yield _row(name, {"ours": runs[name], hello: runs[hello]}, hello, target)


def many_integrations(workspace: Workspace) -> Iterator[Row]:
    """Measure a list of 10,000 integrations, its memory, and their export and diff."""
    script, manifest = "fetch, `json.loads`, `json.dumps`", str(workspace.home / "jebbit.toml")
    with programs.sandbox(workspace.env, "--integrations", "10000") as env:
        token = programs.output(env, "token")
        script_env = {**workspace.env, **programs.script_variables(env, token)}
        invocations = {
            "ours": workspace.jebbitctl("integrations", "list", "--json", env=env),
            script: workspace.script("fetch.py", programs.FETCH, script_env),
            "export": workspace.jebbitctl("integrations", "export", env=env),
            "diff": workspace.jebbitctl("integrations", "diff", manifest, env=env),
        }
        programs.output(env, "integrations", "export", "--into", manifest)
        runs = run_alternating(invocations, max(workspace.runs // 2, 3))
    yield _row("`integrations list --json`, 10,000", runs, script, 1.3)
    peaks = {name: f"{median(run.peak for run in runs[name]) / 1024:.0f} MiB" for name in runs}
    ratio = median_ratio(runs["ours"], runs[script], lambda run: run.peak)
    yield Row("the same, memory", peaks["ours"], script, peaks[script], ratio, None, 2)
    listed = "`integrations list --json` of the same"
    for command, target in (("export", 4), ("diff", 3)):
        pair = {"ours": runs[command], listed: runs["ours"]}
        yield _row(f"`integrations {command}`, 10,000", pair, listed, target)


def mappings_import(workspace: Workspace) -> Iterator[Row]:
    """Measure an import of 1,000 mappings; compare it with raw writes and with single commands."""
    path = workspace.home / "mappings.csv"
    lines = [f"var_{n},name_{n},\n" for n in range(LINES)]
    path.write_text("jebbit_var,client_var,default\n" + "".join(lines), encoding="utf-8")
    with programs.sandbox(workspace.env, "--integrations", "7", "--latency", str(LATENCY)) as env:
        table = programs.output(env, "integrations", "list", "--plain").splitlines()
        first, *others = (line.partition("\t")[0] for line in table)
        token = programs.output(env, "token")
        script_env = {**workspace.env, **programs.script_variables(env, token)}
        script = workspace.script("post.py", programs.POST, script_env)
        create = ("mappings", "create", "--integration", first, "--jebbit-var", "x", "--client-var", "y")
        single = run_alternating({"create": workspace.jebbitctl(*create, env=env)}, SAMPLE_SIZE)["create"]
        pairs = [
            (
                run(workspace.jebbitctl("mappings", "import", ours, str(path), env=env)),
                run(Invocation([*script.argv, theirs, str(LINES), str(MAX_CONCURRENT_WRITES)], script.env)),
            )
            for ours, theirs in zip(others[::2], others[1::2], strict=True)
        ]
    seconds, script_seconds = (median(run.wall for run in runs) for runs in zip(*pairs, strict=True))
    minimum = LINES * LATENCY / 1000 / MAX_CONCURRENT_WRITES
    loop_seconds = LINES * median_milliseconds(single) / 1000
    name, ours = f"`mappings import`, {LINES:,} lines at {LATENCY} ms", f"{seconds:.1f} s"
    against = f"the same writes over {MAX_CONCURRENT_WRITES} plain connections"
    ratio = median(ours.wall / theirs.wall for ours, theirs in pairs)
    yield Row(name, ours, against, f"{script_seconds:.1f} s", ratio, None, 1.2)
    against = f"{LINES:,} times {LATENCY} ms / {MAX_CONCURRENT_WRITES}"
    yield Row(name, ours, against, f"{minimum:.1f} s", seconds / minimum, None, 1.25)
    against = f"a loop of `mappings create`, extrapolated from {SAMPLE_SIZE}"
    yield Row(name, ours, against, f"{loop_seconds:.0f} s", loop_seconds / seconds, None, 10, at_least=True)


def repeated_runs(workspace: Workspace) -> Iterator[Row]:
    """Run a command 50 times; compare the last ten runs with the first ten.

    They do not alternate, so other load would look like growth. CPU time is compared instead.
    """
    with programs.sandbox(workspace.env) as env:
        runs = run_alternating({"whoami": workspace.jebbitctl("whoami", env=env)}, 50)["whoami"]
    first, last = runs[:10], runs[-10:]
    first_time, last_time = (f"{1000 * median(run.cpu for run in ten):.0f} ms" for ten in (first, last))
    ratio = median_ratio(last, first, lambda run: run.cpu)
    name = "`whoami` 50 times: CPU time of the last ten"
    yield Row(name, last_time, "the first ten", first_time, ratio, ratio, 1.1)


def _row(command: str, runs: Mapping[str, Sequence[Run]], compared_with: str, target: float) -> Row:
    ours, theirs = runs["ours"], runs[compared_with]
    ours_time, theirs_time = (f"{median_milliseconds(each):.0f} ms" for each in (ours, theirs))
    ratio = median_ratio(ours, theirs, lambda run: run.wall)
    cpu_ratio = median_ratio(ours, theirs, lambda run: run.cpu)
    return Row(command, ours_time, compared_with, theirs_time, ratio, cpu_ratio, target)


def _completion(workspace: Workspace, words: str) -> Invocation:
    """Return what bash runs when TAB is pressed after ``words``."""
    variables = {
        "_JEBBITCTL_COMPLETE": "complete_bash",
        "COMP_WORDS": words,
        "COMP_CWORD": str(words.count(" ")),
    }
    return workspace.jebbitctl(env={**workspace.env, **variables})
