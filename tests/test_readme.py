"""What the README shows is true."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pexpect
import pytest
import yaml

from jebbitctl.cli import COMMANDS
from jebbitctl.errors import ExitCode
from jebbitctl.manifest.schema import ATTRIBUTE_TYPES, OPTION_TYPES
from jebbitctl.webhooks.server import BackgroundServer
from tests.scripted import attributes_of
from tests.support import JEBBITCTL, Cli, Result
from tests.test_terminal import screen

if TYPE_CHECKING:
    from jebbitctl.sandbox.server import Sandbox

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")

VOLATILE = {
    r"127\.0\.0\.1:\d+": "127.0.0.1:PORT",
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z": "TIME",
    r"eyJ\w+": "TOKEN",
    r"(client_id +)\w+": r"\1CLIENT",
    r"(shared_secret +)\w+": r"\1SECRET",
    r"t=\d+,v1=[\w+/]+=": "SIGNATURE",
    r"age_seconds +\d+": "age_seconds AGE",
}


def marked(name: str) -> str:
    """Return the code block that follows the comment ``<!-- name -->``."""
    found = re.search(rf"<!-- {name} -->\n```\w+\n(.*?)```", README, re.DOTALL)
    assert found is not None
    return found[1]


def settled(text: str) -> str:
    """Return output without what differs from run to run."""
    for pattern, replacement in VOLATILE.items():
        text = re.sub(pattern, replacement, text)
    return text.strip()


def test_its_first_two_code_blocks_are_one_pasteable_line_each() -> None:
    blocks = re.findall(r"^```sh\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
    run, test = blocks[:2]
    assert run.count("\n") == test.count("\n") == 1
    assert run.rstrip().endswith("jebbitctl demo")
    assert test.rstrip().endswith("pytest")


def test_the_story_is_what_the_demo_tells_on_a_terminal(bare: Cli) -> None:
    assert settled(marked("story")) == settled(screen(bare, "demo", env={"NO_COLOR": "1"}))


def test_the_recipe_runs_as_written_in_a_sandbox_twice(bare: Cli, tmp_path: Path) -> None:
    script = tmp_path / "setup-jebbit.sh"
    script.write_text(f"cd {tmp_path}\n" + marked("recipe") * 2)
    rehearsal = marked("rehearsal").replace("setup-jebbit.sh", str(script))
    path = f"{Path(JEBBITCTL).parent}:{bare.environment()['PATH']}"
    done = subprocess.run(
        ["bash", "-c", rehearsal],
        env=bare.environment({"PATH": path}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "webhook.secret").stat().st_mode & 0o777 == 0o600
    assert "test@example.com" in (tmp_path / "deliveries.json").read_text()


@pytest.fixture
def project(cli: Cli) -> Cli:
    """A command in a directory with the README's manifest, on the path of every shell."""
    cli.env |= {
        "HOOKS_HOST": "hooks.example.com",
        "PATH": f"{Path(JEBBITCTL).parent}:{cli.environment()['PATH']}",
    }
    (cli.home / "jebbit.toml").write_text(marked("manifest"))
    return cli


def shell(cli: Cli, script: str, **env: str) -> Result:
    done = subprocess.run(
        ["sh", "-c", script],
        env=cli.environment(env),
        cwd=cli.home,
        capture_output=True,
        text=True,
        check=False,
    )
    return Result(done.returncode, done.stdout, done.stderr)


def is_delivered(sandbox: Sandbox) -> bool:
    """Whether there is what the manifest says."""
    found = attributes_of(sandbox, "integrations").values()
    return "https://hooks.example.com/jebbit" in [attributes["endpoint"] for attributes in found]


def test_the_manifest_is_applied_once_and_is_in_sync_then(project: Cli, sandbox: Sandbox) -> None:
    apply, diff = re.findall(
        r"^\$ (jebbitctl integrations (?:apply|diff) .*?)(?:  .*)?$", README, re.MULTILINE
    )[::-1]
    assert shell(project, diff).code == 6
    assert shell(project, f"{apply} --yes").code == 0
    assert is_delivered(sandbox)
    assert (project.home / "secrets" / "spring-leads.secret").stat().st_mode & 0o777 == 0o600
    assert shell(project, diff).code == 0


def test_the_table_of_the_manifest_has_every_key() -> None:
    table = README.partition("| key of `[integrations.NAME]`")[2].partition("\n\n")[0]
    keys = {"id", "service_name", "set", "mappings", "additional_options", *ATTRIBUTE_TYPES, *OPTION_TYPES}
    assert {key for key in keys if f"`{key}`" not in table} == set()


def test_the_github_workflow_shows_on_a_pull_request_and_applies_on_main(
    project: Cli, sandbox: Sandbox
) -> None:
    workflow = yaml.safe_load(marked("github"))
    (job,) = workflow["jobs"].values()
    _, install, show, apply = job["steps"]
    assert "pipx install" in install["run"]
    assert (show["if"], apply["if"]) == ("github.event_name == 'pull_request'", "github.event_name == 'push'")
    shown = shell(project, show["run"])
    assert (shown.code, is_delivered(sandbox)) == (0, False)
    assert "spring-leads" in shown.out
    assert shell(project, apply["run"]).code == 0
    assert is_delivered(sandbox)
    assert {"JEBBIT_CLIENT_ID", "JEBBIT_CLIENT_SECRET", "HOOKS_HOST"} == job["env"].keys()


@pytest.mark.parametrize("branch", ["main", "feature"])
def test_the_gitlab_pipeline_applies_on_the_default_branch_only(
    project: Cli, sandbox: Sandbox, branch: str
) -> None:
    (job,) = yaml.safe_load(marked("gitlab")).values()
    script = "set -e\n" + "\n".join(job["script"])
    done = shell(project, script, CI_COMMIT_BRANCH=branch, CI_DEFAULT_BRANCH="main")
    assert (done.code, is_delivered(sandbox)) == (0, branch == "main")


@pytest.mark.keeps("client", ".jebbit.env")
def test_the_cron_line_mails_what_drifted_and_nothing_else(project: Cli) -> None:
    line = marked("cron").strip()
    fields = line.split(maxsplit=5)
    variables = {name: value for name, value in project.env.items() if name.startswith(("JEBBIT_", "HOOKS_"))}
    exports = "".join(f"export {name}={shlex.quote(value)}\n" for name, value in variables.items())
    (project.home / ".jebbit.env").write_text(exports)
    mail = project.home / "bin" / "mail"
    mail.parent.mkdir()
    mail.write_text('#!/bin/sh\necho "$@" >>"$HOME/mailed"; cat >>"$HOME/mailed"\n')
    mail.chmod(0o755)
    path = f"{mail.parent}:{project.env['PATH']}"
    home = Cli(project.home, {"PATH": path})
    assert shell(home, fields[5]).code == 0
    mailed = (project.home / "mailed").read_text()
    assert mailed.startswith("-s jebbit.toml: diff ended with 6 ops@example.com\n")
    assert "create\t\tspring-leads" in mailed
    applied = project.run("integrations", "apply", str(project.home / "jebbit.toml"), "--yes", "--prune")
    assert applied.code == 0
    assert shell(home, fields[5]).code == 0
    assert (project.home / "mailed").read_text() == mailed


def test_it_quotes_the_benchmark_with_its_date_and_every_reach() -> None:
    speed = README.partition("## Speed")[2].partition("## ")[0]
    assert re.search(r"On \d{4}-\d\d-\d\d, with", speed)
    assert re.findall(r"[≤≥] [\d.]+", speed) == [
        *("≤ 1.25", "≤ 0.7", *["≤ 1.35"] * 5, "≤ 1.5", "≤ 1.3", "≤ 2", "≤ 1.2", "≤ 1.2", "≥ 10", "≤ 1.1")
    ]


def test_the_receiver_in_python_is_a_correct_one(
    bare: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "webhook.secret").write_text("Qq6niUmvrO320lYbBGKha6cdy22Bz8BVBd\n")
    monkeypatch.chdir(tmp_path)
    example = {"__name__": "example"}
    exec(compile(marked("receiver"), "README.md", "exec"), example)  # noqa: S102 - what users paste
    with BackgroundServer(example["app"]) as server:  # type: ignore[arg-type]
        secret = str(tmp_path / "webhook.secret")
        result = bare.run("webhooks", "check", server.url, "--secret-file", secret)
    assert result.code == 0, result.out


def test_the_explanation_is_what_the_command_says(bare: Cli, tmp_path: Path) -> None:
    (tmp_path / "webhook.secret").write_text("Qq6niUmvrO320lYbBGKha6cdy22Bz8BVBd\n")
    path = f"{Path(JEBBITCTL).parent}:{bare.environment()['PATH']}"
    shown = pexpect.run(
        "bash -c " + shlex.quote(marked("explain")),
        cwd=str(tmp_path),
        env=bare.environment({"PATH": path, "NO_COLOR": "1", "TERM": "xterm", "COLUMNS": "100"}),
        encoding="utf-8",
    )
    assert settled(marked("explained")) == settled(str(shown).replace("\r\n", "\n"))


@pytest.mark.parametrize("code", ExitCode)
def test_it_lists_every_exit_code(code: ExitCode) -> None:
    assert f"\n| {code.value} | " in README


@pytest.mark.parametrize("name", COMMANDS)
def test_it_names_every_command(name: str) -> None:
    assert f"`{name}" in README


def test_it_names_every_variable_that_the_code_reads() -> None:
    read = {
        name
        for path in (ROOT / "jebbitctl").rglob("*.py")
        for name in re.findall(r'"(JEBBIT_[A-Z_]+)"', path.read_text(encoding="utf-8"))
    }
    assert read
    assert {name for name in read if f"`{name}" not in README} == set()
