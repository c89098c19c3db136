"""How errors become exit codes and messages."""

from __future__ import annotations

import json
import os
import re
import signal
import sys
from pathlib import Path
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
def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    """Run a command line whose command is a function; return its exit code, stdout and stderr."""

    def run(act: Act, *args: str) -> tuple[int, str, str]:
        def main(given: list[str], *, obj: object, **settings: object) -> object:
            assert given == list(args)
            assert settings.items() >= {"prog_name": "jebbitctl", "standalone_mode": False}.items()
            assert obj is os.environ
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
def test_each_error_class_has_its_exit_code_and_its_json_code(run: Callable[..., Any], name: str) -> None:
    exit_code, code, parent = HIERARCHY[name]
    class_ = getattr(errors, name)
    assert class_.__bases__[0].__name__ == parent
    assert run(raising(class_("no", hint="do", status=418))) == (exit_code, "", "error: no\nhint: do\n")
    found, out, err = run(raising(class_("no", hint="do", status=418)), "--json")
    assert (found, out) == (exit_code, "")
    document = {"code": code, "message": "no", "status": 418, "hint": "do", "request_id": None}
    assert json.loads(err) == {"error": document}


def test_the_table_of_errors_is_complete() -> None:
    classes = {name for name, value in vars(errors).items() if isinstance(value, type)}
    assert classes - {"ExitCode", "IntEnum"} == set(HIERARCHY)
    assert [code.value for code in ExitCode] == [0, 1, 2, 3, 4, 5, 6, 129, 130, 143]


def test_an_error_needs_neither_hint_nor_status(run: Callable[..., Any]) -> None:
    bare = JebbitctlError("no")
    assert (bare.message, bare.hint, bare.status, str(bare)) == ("no", None, None, "no")
    assert run(raising(bare)) == (1, "", "error: no\n")
    assert json.loads(run(raising(bare), "--json")[2])["error"] == {
        "code": "failed",
        "message": "no",
        "status": None,
        "hint": None,
        "request_id": None,
    }


@pytest.mark.parametrize(("returned", "code"), [(None, 0), (0, 0), (6, 6), ("text", 0)])
def test_an_integer_that_a_command_returns_is_the_exit_code(
    run: Callable[..., Any], returned: object, code: int
) -> None:
    assert run(lambda: returned) == (code, "", "")


@pytest.mark.parametrize("error", [KeyboardInterrupt(), typer.Abort()])
def test_an_interruption_exits_130_and_prints_nothing(run: Callable[..., Any], error: BaseException) -> None:
    assert run(raising(error)) == (130, "", "")


def test_system_exit_is_passed_on(run: Callable[..., Any]) -> None:
    with pytest.raises(SystemExit) as exited:
        run(raising(SystemExit(7)))
    assert exited.value.code == 7


def test_sigterm_raises_system_exit_with_its_number(run: Callable[..., Any]) -> None:
    def act() -> None:
        os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(SystemExit) as exited:
        run(act)
    assert exited.value.code == 143


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (OSError(28, "No space left on device"), "No space left on device"),
        (FileNotFoundError(2, "No such file", "a/b"), "a/b: No such file"),
        (OSError("strange"), "OSError"),
        (OSError(None, None, "a"), "a: OSError"),
    ],
)
def test_an_os_error_is_one_line_that_names_the_file(
    run: Callable[..., Any], error: OSError, message: str
) -> None:
    assert run(raising(error)) == (1, "", f"error: {message}\n")


def test_a_parser_error_is_a_usage_error_on_one_line(run: Callable[..., Any]) -> None:
    error = typer.BadParameter("not\n  this", param_hint="--x")
    assert run(raising(error)) == (2, "", "error: --x: not this\n")
    command = typer.main.get_command(cli.app)
    assert run(raising(typer.TyperException("no")))[2] == "error: no\n"
    error.ctx = SimpleNamespace(command_path="jebbitctl whoami", command=command)  # type: ignore[assignment]
    assert run(raising(error))[2].endswith("\nhint: see jebbitctl whoami --help\n")


def test_a_bug_names_the_innermost_location_and_asks_for_a_report(run: Callable[..., Any]) -> None:
    def innermost() -> NoReturn:
        raise LookupError("sesame")

    def act() -> None:
        innermost()

    line = innermost.__code__.co_firstlineno + 1
    code, out, err = run(act)
    assert (code, out) == (1, "")
    assert err.splitlines() == [
        f"error: a bug in jebbitctl {__version__}: LookupError in {Path(__file__).name}:{line} (innermost)",
        "hint: please report this line and the command you typed, without secrets",
    ]


def test_a_bug_without_a_traceback_has_no_location() -> None:
    error = cli._to_jebbitctl_error(LookupError("sesame"))  # noqa: SLF001 - no command can raise it so
    assert error.message == f"a bug in jebbitctl {__version__}: LookupError"


@pytest.mark.parametrize(
    ("args", "as_json"),
    [
        ([], False),
        (["--json"], True),
        (["-q", "id"], False),
        (["--query=id"], False),
        (["-qid", "--json"], True),
        (["a", "--", "--json"], False),
        (["--json", "--", "x"], True),
        (["json", "--jsonish", "query"], False),
    ],
)
def test_errors_are_json_with_the_option_json_only(args: list[str], *, as_json: bool) -> None:
    assert cli.wants_json(args) is as_json


class BrokenStdout(SimpleNamespace):
    """A stdout that raises an error when it is flushed."""

    error: OSError

    def reconfigure(self, **how: str) -> None:
        assert how == {"errors": "backslashreplace"}

    def flush(self) -> None:
        raise self.error

    def fileno(self) -> int:
        return 1


def test_a_broken_pipe_is_not_an_error(run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    error = BrokenPipeError(32, "Broken pipe")
    assert run(raising(error)) == (0, "", "")
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stdout", BrokenStdout(error=error))
        assert cli.run([]) == 0


def test_a_broken_pipe_on_which_typer_exits_is_not_an_error(run: Callable[..., Any]) -> None:
    def act() -> None:
        try:
            raising(BrokenPipeError())()
        except BrokenPipeError:
            sys.exit(1)

    assert run(act) == (0, "", "")


def test_a_broken_stdout_is_replaced_by_the_null_device(
    run: Callable[..., Any], capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(raising(BrokenPipeError()))[0] == 0
    os.write(1, b"lost")
    assert capfd.readouterr().out == ""


def test_a_full_stdout_does_not_hide_the_error_of_the_command(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(typer.main, "get_command", lambda _: SimpleNamespace(main=_not_found))
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stdout", BrokenStdout(error=OSError(28, "No space left on device")))
        assert cli.run([]) == 3
    assert capfd.readouterr().err == "error: nowhere\n"
    os.write(1, b"lost")
    assert capfd.readouterr().out == ""


def _not_found(*_: object, **__: object) -> NoReturn:
    raise errors.NotFoundError("nowhere")


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_closed_stream_is_not_a_bug(monkeypatch: pytest.MonkeyPatch, stream: str) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(sys, stream, None)
        patched.setattr(typer.main, "get_command", lambda _: SimpleNamespace(main=_not_found))
        assert cli.run([]) == 3
        patched.setattr(typer.main, "get_command", lambda _: SimpleNamespace(main=lambda *_, **__: None))
        assert cli.run([]) == 0


def test_a_stream_without_reconfigure_works(monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[str] = []
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stderr", SimpleNamespace(write=lines.append, flush=lambda: None, closed=True))
        patched.setattr(typer.main, "get_command", lambda _: SimpleNamespace(main=_not_found))
        assert cli.run([]) == 3
    assert lines == ["error: nowhere\n"]


def test_characters_that_a_stream_cannot_encode_are_escaped(run: Callable[..., Any]) -> None:
    assert run(lambda: sys.stdout.write("\udcff")) == (1, r"\udcff", "")
    assert run(lambda: sys.stderr.write("\udcff")) == (1, "", r"\udcff")


def test_errors_are_bold_and_coloured_if_colour_is_forced(
    run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert run(raising(JebbitctlError("no", hint="do")))[2] == (
        "\x1b[31m\x1b[1merror:\x1b[0m no\n\x1b[36m\x1b[1mhint:\x1b[0m do\n"
    )


def test_a_json_error_is_ascii(run: Callable[..., Any]) -> None:
    _, _, err = run(raising(JebbitctlError("é\x1b")), "--json")
    assert r'"message": "\u00e9\u001b"' in err


def test_the_root_help_lists_every_command_with_its_line(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    assert cli.run(["--help"]) == 0
    out = capfd.readouterr().out
    for name, line in cli.COMMANDS.items():
        assert re.search(rf"^  {name} +{re.escape(line)}$", out, re.MULTILINE)


def test_the_root_shows_the_real_help_of_a_command(capfd: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["--version"]) == 0
    assert capfd.readouterr().out == f"jebbitctl {__version__}\n"
    for name in cli.COMMANDS:
        assert cli.run([name, "--help"]) == 0
        out = capfd.readouterr().out
        assert f"Usage: jebbitctl {name}" in out
        assert "--help" in out.partition("Usage:")[2]
        assert "\n  Example" in out or "Commands:" in out, "the help of the placeholder"
    assert cli.run(["nowhere"]) == 2
    assert capfd.readouterr().err.startswith("error: no such command: nowhere")


def test_an_unknown_command_is_not_an_error_during_completion() -> None:
    root: Any = typer.main.get_command(cli.app)
    context = root.make_context("jebbitctl", ["nowhere"], resilient_parsing=True)
    assert root.resolve_command(context, ["nowhere", "x"]) == (None, None, ["x"])
