"""Standard output that is full, closed or left early, and directories that cannot be written."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.machine import Machine
from tests.scripted import attributes_of
from tests.support import JEBBITCTL
from tests.test_integrations import webhook

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


def shell(cli: Cli, script: str) -> subprocess.CompletedProcess[str]:
    (cli.home / "secret").write_text("abc")
    (cli.home / "body").write_text("{}")
    command = ["bash", "-c", script.replace("jebbitctl", f"'{JEBBITCTL}'", 1)]
    return subprocess.run(
        command,
        env=cli.environment(),
        cwd=cli.home,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        stdin=subprocess.DEVNULL,
    )


@pytest.mark.long
@pytest.mark.parametrize("redirection", [">&-", ">/dev/full"])
@pytest.mark.parametrize("line", PRINTING)
def test_a_stdout_that_takes_nothing_is_one_error(cli: Cli, line: str, redirection: str) -> None:
    done = shell(cli, f"jebbitctl {line} {redirection}")
    assert done.returncode == 1
    errors = [told for told in done.stderr.splitlines() if told.startswith(("error: ", '{"error": '))]
    assert len(errors) == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
    assert "a bug in" not in done.stderr


@pytest.mark.long
@pytest.mark.parametrize("line", PRINTING)
def test_a_reader_that_leaves_is_no_error(cli: Cli, line: str) -> None:
    done = shell(cli, f'jebbitctl {line} | true; exit "${{PIPESTATUS[0]}}"')
    assert done.returncode == 0 or line == "doctor", done.stderr
    assert "rror" not in done.stderr
    assert "Traceback" not in done.stderr
    assert "a bug in" not in done.stderr


@pytest.mark.parametrize(("line", "code"), [("logout", 0), ("integrations get nobody12", 3)])
@pytest.mark.parametrize("redirection", ["2>/dev/full", "2>&-", "2>&1 >&- | true"])
def test_a_stderr_that_takes_nothing_does_not_change_the_exit_code(
    cli: Cli, line: str, code: int, redirection: str
) -> None:
    script = f'jebbitctl {line} {redirection}; exit "${{PIPESTATUS[0]}}"'
    done = shell(cli, f"unset PYTHONUNBUFFERED; {script}")
    assert (done.returncode, done.stderr) == (code, "")


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
def test_a_check_that_does_not_hold_is_told_also_when_nobody_reads_why(cli: Cli, line: str) -> None:
    (cli.home / "manifest").write_text('version = 1\nintegrations.new.endpoint = "https://new.example/"\n')
    unbuffered = f'export PYTHONUNBUFFERED=1; {line} | true; exit "${{PIPESTATUS[0]}}"'
    assert shell(cli, unbuffered).returncode == 6


@pytest.mark.parametrize("redirection", ["| true", ">/dev/full", ">&-"])
def test_what_jebbit_refuses_is_told_also_when_nobody_reads_its_answer(cli: Cli, redirection: str) -> None:
    done = shell(cli, f'jebbitctl api integrations/nobody12 -i {redirection}; exit "${{PIPESTATUS[0]}}"')
    assert (done.returncode, done.stderr.count("error")) == (3, 1)


@pytest.mark.parametrize("redirection", ["| true", ">/dev/full", ">&-"])
@pytest.mark.parametrize(
    "line",
    [
        "integrations create --hash-pii --endpoint https://new.example",
        "integrations update $ID --hash-pii --json",
    ],
)
def test_what_jebbit_does_not_take_is_told_also_when_nobody_reads_the_rest(
    cli: Cli, sandbox: Sandbox, line: str, redirection: str
) -> None:
    sandbox.state.not_taken.add("hash_pii")
    cli.env["ID"] = next(iter(attributes_of(sandbox, "integrations")))
    done = shell(cli, f'jebbitctl {line} {redirection}; exit "${{PIPESTATUS[0]}}"')
    assert (done.returncode, done.stderr.count("error")) == (1, 1)
    assert "did not apply additional_options.hash_pii" in done.stderr


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
        "backfills create --integration $ID",
        "mappings create --integration $ID --jebbit-var email --client-var mail",
        "api DELETE integrations/$ID -i",
    ],
)
def test_an_unread_result_does_not_make_a_write_look_as_if_it_had_failed(
    cli: Cli, sandbox: Sandbox, line: str, redirection: str, problem: str
) -> None:
    cli.env["ID"] = webhook(sandbox)
    done = shell(cli, f"jebbitctl {line} {redirection}")
    carried_out = [r for r in sandbox.requests if r.method != "GET" and r.path.startswith("/api/v1/")]
    assert (done.returncode, len(carried_out)) == (1, 1)
    assert problem in done.stderr
    assert "the command itself was carried out" in done.stderr


def nowhere() -> Path:
    """A directory in which nobody can make anything, not even root."""
    place = Path("/sys")
    try:
        (place / "jebbitctl").mkdir()
    except OSError:
        return place / "jebbitctl"
    pytest.skip("/sys can be written here")


@pytest.fixture
def machine(tmp_path: Path, sandbox: Sandbox) -> Machine:
    place = {"JEBBIT_CONFIG_DIR": str(nowhere())}
    return Machine(tmp_path, place, [sandbox.state.client_secret])


def test_in_a_read_only_directory_commands_work_uncached_with_one_warning(
    machine: Machine, sandbox: Sandbox
) -> None:
    for args in (("token",), ("whoami",), ("integrations", "list")):
        result = machine.run(*args, env=sandbox.environment)
        assert result.code == 0
        assert result.out
        assert result.err.count("\n") == 1
        assert result.err.startswith("warning: the token cache cannot be used (")


def test_a_login_that_cannot_be_stored_leaves_nothing_behind(machine: Machine, sandbox: Sandbox) -> None:
    result = machine.login(sandbox, "--json")
    assert (result.code, result.out) == (2, "")
    assert "JEBBIT_CONFIG_DIR" in result.error["hint"]
    assert machine.kept == {}


@pytest.mark.parametrize("args", ["profiles list --json", "logout", "logout --all"])
def test_where_nothing_is_kept_nothing_is_found(machine: Machine, args: str) -> None:
    assert machine.run(*args.split()).code == 0
