from __future__ import annotations

import gc
import os
import signal
import threading
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
import typer
from hypothesis import HealthCheck, settings

from jebbitctl import cli as cli_module
from jebbitctl.api import retries
from jebbitctl.commands.base import App
from jebbitctl.sandbox.server import Sandbox, SandboxOptions
from tests.browser_fixtures import browser, chromium_browser
from tests.leak_detector import LeakDetector, watch
from tests.support import Cli, cli_for

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from pathlib import Path

    from tests.support import Result

__all__ = ["browser", "chromium_browser"]
collect_ignore = ["example_project"]  # tests/test_example_project.py runs it
CALLS = {"call_with_timeout", "concurrent-call"}
"""Names of the threads that make API calls."""
_HANDLERS = {
    "SIGINT": signal.default_int_handler,
    "SIGQUIT": lambda *_: None,
    "SIGHUP": lambda *_: None,
}
CAPTURED = pytest.StashKey[list[tuple[str, str]]]()
CASES = pytest.StashKey[Counter[str]]()
"""The cases that were collected of each test."""

settings.register_profile(
    "everyday",
    max_examples=30,  # the gate tries 100
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],  # which measures the machine
)
settings.register_profile("gate", settings.get_profile("everyday"), max_examples=100)
settings.register_profile(
    "nightly",
    settings.get_profile("everyday"),
    max_examples=10_000,
)
settings.load_profile("everyday")


def pytest_xdist_auto_num_workers() -> int:
    """Use two workers a core: tests often wait for a process, a clock or a server."""
    return 2 * (os.cpu_count() or 1)


def pytest_itemcollected(item: pytest.Function) -> None:
    """Leave to the long run what ``default_cases`` says; here, because the order is changed later."""
    if mark := item.get_closest_marker("default_cases"):
        cases = item.session.stash.setdefault(CASES, Counter())
        test, _, _ = item.nodeid.partition("[")
        cases[test] += 1
        if cases[test] > mark.args[0]:
            item.add_marker("long")


def pytest_configure() -> None:
    """Let commands receive signals that a shell's background job (SIGINT, SIGQUIT) or nohup (SIGHUP) ignores.

    What is ignored here, the processes that tests start ignore, too; what has a handler here, they do not.
    """
    for name, handler in _HANDLERS.items():
        if hasattr(signal, name) and signal.getsignal(signal.Signals[name]) is signal.SIG_IGN:
            signal.signal(signal.Signals[name], handler)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Look for no garbage among the thousands of tests: it takes a third of the time, and there is none."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Keep what pytest has captured for the leak detector: it holds what came after a command's end."""
    report = yield
    item.stash[CAPTURED] = report.sections
    return report


@pytest.fixture(autouse=True)
def leak_detector(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[LeakDetector]:
    """After each test, search everything it printed, logged and wrote for its secrets.

    ``@pytest.mark.keeps("shared", "webhook.secret", …)`` names files that may contain a kind of secret.
    """
    watching = LeakDetector()
    for mark in request.node.iter_markers("keeps"):
        kind, *patterns = mark.args
        for pattern in patterns:
            watching.allowed.setdefault(pattern, set()).add(kind)
    directory = request.getfixturevalue("tmp_path") if "tmp_path" in request.fixturenames else None
    watch(watching, monkeypatch)
    yield watching
    for fixture in sorted(request.node.funcargs.values(), key=lambda value: not isinstance(value, Sandbox)):
        watching.examine(fixture)
    watching.printed += [(title, set(), [text]) for title, text in request.node.stash.get(CAPTURED, [])]
    found = list(watching.leaks(directory))
    assert not found, "\n".join(found)


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    """Check that the threads of calls end."""
    yield
    deadline = time.monotonic() + 10
    while running := [thread for thread in threading.enumerate() if thread.name in CALLS]:
        assert time.monotonic() < deadline, running
        time.sleep(0.01)


@pytest.fixture(autouse=True, scope="session")
def _retries_follow_at_once() -> Iterator[None]:
    """Commands in this process do not wait between retries."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(retries, "BACKOFF_SECONDS", 0.01)
        yield


@pytest.fixture(autouse=True, scope="session")
def _commands_are_built_once() -> Iterator[None]:
    """Keep what Typer makes of a command: it holds nothing of a run, and making it takes a millisecond."""
    make, root = typer.main.get_command, typer.main.get_command(cli_module.app)
    build, built = App.build, dict[tuple[int, str | None], tuple[App, Any]]()

    def build_once(app: App, verb: str | None = None) -> Any:
        key = id(app.commands), verb
        if key not in built:
            built[key] = app, build(app, verb)  # the app, so that no other one gets its id
        return built[key][1]

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(App, "build", build_once)
        patched.setattr(typer.main, "get_command", lambda app: root if app is cli_module.app else make(app))
        yield


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A Jebbit with one business and two integrations."""
    with Sandbox(SandboxOptions(integrations=2)) as running:
        yield running


@pytest.fixture(scope="module")
def shared() -> Iterator[Sandbox]:
    """A sandbox for tests of one module that do not change it."""
    with Sandbox() as running:
        yield running


@pytest.fixture
def three_businesses() -> Iterator[Sandbox]:
    """A Jebbit whose credentials cover three businesses with an integration each."""
    with Sandbox(SandboxOptions(businesses=3, integrations=1)) as running:
        yield running


@pytest.fixture
def cli(tmp_path: Path, sandbox: Sandbox) -> Cli:
    """``jebbitctl`` with the credentials of ``sandbox`` in the environment."""
    return cli_for(tmp_path, sandbox)


@pytest.fixture
def cli_several(tmp_path: Path, three_businesses: Sandbox) -> Cli:
    """``jebbitctl`` with the credentials of ``three_businesses`` in the environment."""
    return cli_for(tmp_path, three_businesses)


@pytest.fixture
def bare(tmp_path: Path) -> Cli:
    """``jebbitctl`` on a fresh machine: no credentials, no profile."""
    return Cli(tmp_path)


@pytest.fixture
def jebbitctl(cli: Cli) -> Callable[..., Result]:
    """Run a command against ``sandbox``."""
    return cli.run
