"""The one place where an error becomes an exit code, asked within this process."""

from __future__ import annotations

import json
import os
import re
import signal
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NoReturn

import pytest
import typer

from jebbitctl import __version__, cli, errors
from jebbitctl.errors import ExitCode, JebbitctlError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Act = Callable[[], object]

HIERARCHY = {
    "JebbitctlError": (1, "failed", "Exception"),
    "UsageError": (2, "usage", "JebbitctlError"),
    "InputRequiredError": (2, "input_required", "UsageError"),
    "CancelledError": (1, "cancelled", "JebbitctlError"),
    "ConflictError": (1, "conflict", "JebbitctlError"),
    "RejectedError": (1, "rejected", "JebbitctlError"),
    "PartiallyAppliedError": (1, "partially_applied", "RejectedError"),
    "NotFoundError": (3, "not_found", "JebbitctlError"),
    "CredentialsError": (4, "credentials", "JebbitctlError"),
    "KeyringError": (4, "keyring", "CredentialsError"),
    "ForbiddenError": (4, "forbidden", "CredentialsError"),
    "UnavailableError": (5, "unavailable", "JebbitctlError"),
    "AmbiguousWriteError": (5, "ambiguous", "UnavailableError"),
    "CheckFailedError": (6, "check_failed", "JebbitctlError"),
}
"""The contract with scripts: class, exit code, code in JSON, parent."""


@pytest.fixture(autouse=True)
def _own_handler() -> Iterator[None]:
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.fixture
def ends(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    """Run a command that does nothing but this; return its exit code, stdout and stderr."""

    def run(act: Act, *args: str) -> tuple[int, str, str]:
        def main(given: list[str], *, prog_name: str, standalone_mode: bool) -> object:
            assert (given, prog_name, standalone_mode) == (list(args), "jebbitctl", False)
            return act()

        monkeypatch.setattr(typer.main, "get_command", lambda _: SimpleNamespace(main=main))
        code = cli.run(list(args))
        sys.stdout.flush()
        return code, *capfd.readouterr()

    return run


def raising(error: BaseException) -> Act:
    def act() -> NoReturn:
        raise error

    return act


@pytest.mark.parametrize("name", HIERARCHY)
def test_each_kind_of_error_has_its_exit_code_and_its_name_in_json(
    ends: Callable[..., Any], name: str
) -> None:
    exit_code, code, parent = HIERARCHY[name]
    kind = getattr(errors, name)
    assert kind.__bases__[0].__name__ == parent
    assert ends(raising(kind("no", hint="do", status=418))) == (exit_code, "", "error: no\nhint: do\n")
    found, out, err = ends(raising(kind("no", hint="do", status=418)), "--json")
    assert (found, out) == (exit_code, "")
    assert json.loads(err) == {"error": {"code": code, "message": "no", "status": 418, "hint": "do"}}


def test_the_table_of_errors_is_complete() -> None:
    kinds = {name for name, kind in vars(errors).items() if isinstance(kind, type)} - {"ExitCode", "IntEnum"}
    assert kinds == set(HIERARCHY)
    assert [code.value for code in ExitCode] == [0, 1, 2, 3, 4, 5, 6, 130]


def test_an_error_needs_neither_hint_nor_status(ends: Callable[..., Any]) -> None:
    bare = JebbitctlError("no")
    assert (bare.message, bare.hint, bare.status, str(bare)) == ("no", None, None, "no")
    assert ends(raising(bare)) == (1, "", "error: no\n")
    assert json.loads(ends(raising(bare), "--json")[2])["error"] == {
        "code": "failed",
        "message": "no",
        "status": None,
        "hint": None,
    }


@pytest.mark.parametrize(("returned", "code"), [(None, 0), (0, 0), (6, 6), ("text", 0)])
def test_what_a_command_returns_is_its_exit_code_if_it_is_one(
    ends: Callable[..., Any], returned: object, code: int
) -> None:
    assert ends(lambda: returned) == (code, "", "")


@pytest.mark.parametrize("error", [KeyboardInterrupt(), typer.Abort()])
def test_an_interruption_is_130_and_says_nothing(ends: Callable[..., Any], error: BaseException) -> None:
    assert ends(raising(error)) == (130, "", "")


def test_a_command_that_exits_by_itself_is_let_go(ends: Callable[..., Any]) -> None:
    with pytest.raises(SystemExit) as ended:
        ends(raising(SystemExit(7)))
    assert ended.value.code == 7


def test_sigterm_exits_with_its_number_so_that_everything_is_cleaned_up(ends: Callable[..., Any]) -> None:
    def act() -> None:
        os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(SystemExit) as ended:
        ends(act)
    assert ended.value.code == 143


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(28, "No space left on device"), "No space left on device"),
        (FileNotFoundError(2, "No such file", "a/b"), "a/b: No such file"),
        (OSError("strange"), "OSError"),
        (OSError(None, None, "a"), "a: OSError"),
    ],
)
def test_an_error_of_the_system_is_one_line_that_names_the_file(
    ends: Callable[..., Any], error: OSError, said: str
) -> None:
    assert ends(raising(error)) == (1, "", f"error: {said}\n")


def test_a_complaint_of_the_parser_is_wrong_usage_on_one_line(ends: Callable[..., Any]) -> None:
    complaint = typer.BadParameter("not\n  this", param_hint="--x")
    assert ends(raising(complaint)) == (2, "", "error: Invalid value for --x: not this\n")
    command = typer.main.get_command(cli.app)
    assert ends(raising(typer.TyperException("no")))[2] == "error: no\n"
    complaint.ctx = SimpleNamespace(command_path="jebbitctl whoami", command=command)  # type: ignore[assignment]
    assert ends(raising(complaint))[2].endswith("\nhint: see jebbitctl whoami --help\n")


def test_a_bug_names_the_innermost_place_and_asks_for_a_report(ends: Callable[..., Any]) -> None:
    def innermost() -> NoReturn:
        raise LookupError("sesame")

    def act() -> None:
        innermost()

    line = innermost.__code__.co_firstlineno + 1
    code, out, err = ends(act)
    assert (code, out) == (1, "")
    assert err.splitlines() == [
        f"error: a bug in jebbitctl {__version__}: LookupError in test_boundary.py:{line} (innermost)",
        "hint: please report this line and the command you typed, without secrets",
    ]


def test_a_bug_without_a_traceback_is_told_as_well() -> None:
    told = cli._as_ours(LookupError("sesame"))  # noqa: SLF001 - nothing raises one without
    assert told.message == f"a bug in jebbitctl {__version__}: LookupError"


@pytest.mark.parametrize(
    ("args", "as_json"),
    [
        ([], False),
        (["--json"], True),
        (["-q", "id"], True),
        (["-qid"], True),
        (["--query=id"], True),
        (["a", "--", "--json"], False),
        (["--json", "--", "x"], True),
        (["json", "--jsonish", "query"], False),
    ],
)
def test_json_errors_are_for_those_who_asked_for_json(args: list[str], *, as_json: bool) -> None:
    assert cli.wants_json(args) is as_json


class Leaving(SimpleNamespace):
    """A stdout whose reader left, or that is full."""

    error: OSError

    def reconfigure(self, **how: str) -> None:
        assert how == {"errors": "backslashreplace"}

    def flush(self) -> None:
        raise self.error

    def fileno(self) -> int:
        return 1


def test_a_reader_that_left_is_no_error(ends: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    gone = BrokenPipeError(32, "Broken pipe")
    assert ends(raising(gone)) == (0, "", "")
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stdout", Leaving(error=gone))
        assert cli.run([]) == 0


def test_what_typer_makes_of_a_reader_that_left_is_no_error_either(ends: Callable[..., Any]) -> None:
    def act() -> None:
        try:
            raising(BrokenPipeError())()
        except BrokenPipeError:
            sys.exit(1)

    assert ends(act) == (0, "", "")


def test_nothing_is_written_to_a_stdout_that_takes_nothing_more(
    ends: Callable[..., Any], capfd: pytest.CaptureFixture[str]
) -> None:
    assert ends(raising(BrokenPipeError()))[0] == 0
    os.write(1, b"lost")
    assert capfd.readouterr().out == ""


def test_a_full_stdout_does_not_hide_the_error_before_it(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(typer.main, "get_command", lambda _: SimpleNamespace(main=_not_found))
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stdout", Leaving(error=OSError(28, "No space left on device")))
        assert cli.run([]) == 3
    assert capfd.readouterr().err == "error: nowhere\n"
    os.write(1, b"lost")
    assert capfd.readouterr().out == ""


def _not_found(*_: object, **__: object) -> NoReturn:
    raise errors.NotFoundError("nowhere")


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_stream_that_is_closed_is_no_bug(monkeypatch: pytest.MonkeyPatch, stream: str) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(sys, stream, None)
        patched.setattr(typer.main, "get_command", lambda _: SimpleNamespace(main=_not_found))
        assert cli.run([]) == 3
        patched.setattr(typer.main, "get_command", lambda _: SimpleNamespace(main=lambda *_, **__: None))
        assert cli.run([]) == 0


def test_a_stream_of_another_kind_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stderr", SimpleNamespace(write=told.append, flush=lambda: None, closed=True))
        patched.setattr(typer.main, "get_command", lambda _: SimpleNamespace(main=_not_found))
        assert cli.run([]) == 3
    assert told == ["error: nowhere\n"]


def test_characters_that_a_stream_cannot_write_are_written_out(ends: Callable[..., Any]) -> None:
    assert ends(lambda: sys.stdout.write("\udcff")) == (1, r"\udcff", "")
    assert ends(lambda: sys.stderr.write("\udcff")) == (1, "", r"\udcff")


def test_errors_are_bold_and_coloured_where_colour_is_wanted(
    ends: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert ends(raising(JebbitctlError("no", hint="do")))[2] == (
        "\x1b[31m\x1b[1merror:\x1b[0m no\n\x1b[36m\x1b[1mhint:\x1b[0m do\n"
    )


def test_an_error_in_json_is_ascii_whatever_it_says(ends: Callable[..., Any]) -> None:
    _, _, err = ends(raising(JebbitctlError("é\x1b")), "--json")
    assert r'"message": "\u00e9\u001b"' in err


def test_the_root_lists_every_command_with_its_line(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    assert cli.run(["--help"]) == 0
    out = capfd.readouterr().out
    for name, line in cli.COMMANDS.items():
        assert re.search(rf"^  {name} +{re.escape(line)}$", out, re.MULTILINE)


def test_the_root_imports_a_command_when_it_is_used(capfd: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["--version"]) == 0
    assert capfd.readouterr().out == f"jebbitctl {__version__}\n"
    for name in cli.COMMANDS:
        assert cli.run([name, "--help"]) == 0
        out = capfd.readouterr().out
        assert f"Usage: jebbitctl {name}" in out
        assert "--help" in out.partition("Usage:")[2]
        assert "Example:" in out or "Commands:" in out, "its own help, not that of what stood in for it"
    assert cli.run(["nowhere"]) == 2
    assert capfd.readouterr().err.startswith("error: No such command 'nowhere'.")


def test_while_completing_an_unknown_command_is_no_error() -> None:
    root: Any = typer.main.get_command(cli.app)
    context = root.make_context("jebbitctl", ["nowhere"], resilient_parsing=True)
    assert root.resolve_command(context, ["nowhere", "x"]) == (None, None, ["x"])
