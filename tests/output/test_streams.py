"""Standard output that is full, closed or a broken pipe, and directories that are read-only."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.commands.integrations.support import stored, webhook
from tests.isolated_home import IsolatedHome
from tests.scripted_server import attributes_of
from tests.shell import shell

if TYPE_CHECKING:
    from jebbitctl.sandbox.server import Sandbox
    from tests.support import Cli

pytestmark = pytest.mark.skipif(os.name != "posix", reason="POSIX streams")

PRINTING = [
    "--version",
    "--help",
    "integrations",
    "integrations list",
    "integrations list --json",
    "integrations list -q [].id",
    "mappings list --csv",
    "campaigns list",
    "token",
    "whoami",
    "api self",
    "webhooks sign --secret-file secret --body body",
    "profiles list --json",
    "doctor",
    "sandbox serve",
    "demo",
]


@pytest.mark.long
@pytest.mark.parametrize("redirection", [">&-", ">/dev/full"])
@pytest.mark.parametrize("line", PRINTING)
def test_a_closed_or_full_stdout_is_one_error(cli: Cli, line: str, redirection: str) -> None:
    done = shell(cli, f"jebbitctl {line} {redirection}")
    assert done.returncode == 1
    errors = [line for line in done.stderr.splitlines() if line.startswith(("error: ", '{"error": '))]
    assert len(errors) == 1, done.stderr
    assert "standard output" in done.stderr
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
    assert "a bug in" not in done.stderr


@pytest.mark.long
@pytest.mark.parametrize("line", PRINTING)
def test_a_closed_pipe_is_not_an_error(cli: Cli, line: str) -> None:
    done = shell(cli, f'jebbitctl {line} | true; exit "${{PIPESTATUS[0]}}"')
    assert done.returncode == 0 or line == "doctor", done.stderr
    assert "rror" not in done.stderr
    assert "Traceback" not in done.stderr
    assert "a bug in" not in done.stderr


@pytest.mark.default_cases(1)
@pytest.mark.parametrize(("line", "code"), [("logout", 0), ("integrations get nobody12", 3)])
@pytest.mark.parametrize("redirection", ["2>/dev/full", "2>&-", "2>&1 >&- | true"])
def test_a_closed_or_full_stderr_does_not_change_the_exit_code(
    cli: Cli, line: str, code: int, redirection: str
) -> None:
    script = f'jebbitctl {line} {redirection}; exit "${{PIPESTATUS[0]}}"'
    done = shell(cli, f"unset PYTHONUNBUFFERED; {script}")
    assert (done.returncode, done.stderr) == (code, "")


@pytest.mark.default_cases(1)
@pytest.mark.parametrize(
    "line",
    [
        "jebbitctl integrations diff manifest",
        "jebbitctl webhooks verify --secret-file secret --body body --signature t=1,v1=x",
        "jebbitctl webhooks check $JEBBIT_API_BASE_URL --secret-file secret",
        "jebbitctl webhooks send $JEBBIT_API_BASE_URL --secret-file secret",
        "JEBBIT_CLIENT_ID=nobody jebbitctl doctor",
    ],
)
def test_a_failed_check_exits_6_even_if_nobody_reads_its_output(cli: Cli, line: str) -> None:
    (cli.home / "manifest").write_text('version = 1\nintegrations.new.endpoint = "https://new.example/"\n')
    unbuffered = f'export PYTHONUNBUFFERED=1; {line} | true; exit "${{PIPESTATUS[0]}}"'
    assert shell(cli, unbuffered).returncode == 6


@pytest.mark.default_cases(1)
@pytest.mark.parametrize("redirection", ["| true", ">/dev/full", ">&-"])
def test_a_rejected_request_is_an_error_even_if_nobody_reads_the_response(cli: Cli, redirection: str) -> None:
    done = shell(cli, f'jebbitctl api integrations/nobody12 -i {redirection}; exit "${{PIPESTATUS[0]}}"')
    assert (done.returncode, done.stderr.count("error")) == (3, 1)


@pytest.mark.default_cases(1)
@pytest.mark.parametrize("redirection", ["| true", ">/dev/full", ">&-"])
@pytest.mark.parametrize(
    "line",
    [
        "integrations create --hash-pii --endpoint https://new.example",
        "integrations update $ID --hash-pii --json",
    ],
)
def test_unapplied_attributes_are_an_error_even_if_nobody_reads_the_result(
    cli: Cli, sandbox: Sandbox, line: str, redirection: str
) -> None:
    sandbox.state.ignored_attributes.add("hash_pii")
    cli.env["ID"] = next(iter(attributes_of(sandbox, "integrations")))
    done = shell(cli, f'jebbitctl {line} {redirection}; exit "${{PIPESTATUS[0]}}"')
    assert (done.returncode, done.stderr.count("error")) == (1, 1)
    assert "did not apply additional_options.hash_pii" in done.stderr


@pytest.mark.default_cases(1)
@pytest.mark.parametrize(
    ("redirection", "problem"),
    [(">/dev/full", "standard output: No space left on device"), (">&-", "standard output is closed")],
)
@pytest.mark.parametrize(
    "line",
    [
        "integrations create --endpoint https://new.example",
        "integrations delete $ID --yes --json",
        "integrations test $ID",
        "backfills create --yes --integration $ID",
        "mappings create --integration $ID --jebbit-var email --client-var mail",
        "api DELETE integrations/$ID -i",
    ],
)
def test_a_write_whose_result_cannot_be_printed_is_reported_as_done(
    cli: Cli, sandbox: Sandbox, line: str, redirection: str, problem: str
) -> None:
    cli.env["ID"] = webhook(sandbox)
    before = set(stored(sandbox))
    done = shell(cli, f"jebbitctl {line} {redirection}")
    writes = [r for r in sandbox.requests if r.method != "GET" and r.path.startswith("/api/v1/")]
    assert (done.returncode, len(writes)) == (1, 1)
    assert problem in done.stderr
    assert "the command itself succeeded" in done.stderr
    if "integrations create" in line:  # Jebbit may show the secret only once
        (id_,) = stored(sandbox).keys() - before
        assert f"error: integration {id_} was created, but not shown: {problem}" in done.stderr
        assert f"print the secret with: jebbitctl integrations secret {id_}" in done.stderr


def uncreatable() -> Path:
    """Return a directory that nobody can create, not even root."""
    path = Path("/sys/jebbitctl")
    try:
        path.mkdir()
    except OSError:
        return path
    pytest.skip("/sys is writable here")


@pytest.fixture
def machine(tmp_path: Path, sandbox: Sandbox) -> IsolatedHome:
    env = {"JEBBIT_CONFIG_DIR": str(uncreatable())}
    return IsolatedHome(tmp_path, env, [sandbox.state.client_secret])


def test_commands_work_uncached_with_one_warning_if_the_directory_is_read_only(
    machine: IsolatedHome, sandbox: Sandbox
) -> None:
    for args in (("token",), ("whoami",), ("integrations", "list")):
        result = machine.run(*args, env=sandbox.environment)
        assert result.code == 0
        assert result.out
        assert result.err.count("\n") == 1
        assert result.err.startswith("warning: cannot use the token cache (")


def test_a_login_that_cannot_be_stored_leaves_nothing_behind(machine: IsolatedHome, sandbox: Sandbox) -> None:
    result = machine.login(sandbox, "--json")
    assert (result.code, result.out) == (2, "")
    assert "JEBBIT_CONFIG_DIR" in result.error["hint"]
    assert machine.stored_secrets == {}


@pytest.mark.parametrize("args", ["profiles list --json", "logout", "logout --all"])
def test_logout_and_profiles_succeed_if_nothing_can_be_stored(machine: IsolatedHome, args: str) -> None:
    assert machine.run(*args.split()).code == 0
