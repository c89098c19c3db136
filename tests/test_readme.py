"""What the README shows is true."""

from __future__ import annotations

import hashlib
import json
import re
import shlex
import subprocess
from importlib.metadata import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from jebbitctl.cli import COMMANDS
from jebbitctl.commands.topics import TOPICS
from tests.demo_picture import PICTURE, draw, run_demo
from tests.scripted_server import attributes_of
from tests.support import JEBBITCTL, Cli, Result

if TYPE_CHECKING:
    from jebbitctl.sandbox.server import Sandbox

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONTRIBUTING = ROOT / ".github" / "CONTRIBUTING.md"
PAGES = (ROOT / "README.md", CONTRIBUTING, ROOT / ".github" / "SECURITY.md", ROOT / "CHANGELOG.md")


def marked(name: str) -> str:
    """Return the code block that follows the comment ``<!-- name -->``."""
    found = re.search(rf"<!-- {name} -->\n```\w+\n(.*?)```", README, re.DOTALL)
    assert found is not None
    return found[1]


def test_its_first_two_code_blocks_are_one_pasteable_line_each() -> None:
    blocks = re.findall(r"^```sh\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
    run, test = blocks[:2]
    assert run.count("\n") == test.count("\n") == 1
    assert run.rstrip().endswith("jebbitctl demo")
    assert test.rstrip().endswith("pytest")


def test_the_readme_has_at_most_200_lines() -> None:
    assert README.count("\n") <= 200


def test_the_picture_shows_what_the_demo_prints_on_a_terminal(tmp_path: Path) -> None:
    assert f"]({PICTURE.relative_to(ROOT)})" in README.replace("\n", " ")
    assert PICTURE.read_text(encoding="utf-8") == draw(run_demo(tmp_path)), (
        "draw it anew with: python -m tests.demo_picture"
    )


def test_the_picture_loads_nothing_from_elsewhere() -> None:
    assert re.findall(r"url\((?!#)|@import|<image|href=", PICTURE.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(((?!https?:)[^)#\s]+)\)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.long
@pytest.mark.parametrize(
    ("dialect", "times"),
    [
        ("article", 2),
        pytest.param("openapi", 2, marks=pytest.mark.long),
        pytest.param("host", 1, marks=pytest.mark.long),  # the second run cannot recognize its integration
    ],
)
def test_the_recipe_runs_as_written_in_a_sandbox_of_each_dialect(
    bare: Cli, tmp_path: Path, dialect: str, times: int
) -> None:
    script = tmp_path / "setup-jebbit.sh"
    script.write_text(f"cd {tmp_path}\n" + marked("recipe") * times)
    rehearsal = marked("rehearsal").replace("setup-jebbit.sh", str(script))
    rehearsal = rehearsal.replace("sandbox run", f"sandbox run --dialect {dialect}")
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
    (delivery,) = json.loads((tmp_path / "deliveries.json").read_text())["deliveries"]
    assert delivery["data"]["email"] == hashlib.sha256(b"test@example.com").hexdigest()  # --hash-pii


@pytest.fixture
def project(cli: Cli) -> Cli:
    """A command in a directory with the README's manifest, on the path of every shell."""
    cli.env |= {
        "JEBBIT_VAR_HOOKS_HOST": "hooks.example.com",
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


def is_applied(sandbox: Sandbox) -> bool:
    """Whether the manifest's integration exists."""
    found = attributes_of(sandbox, "integrations").values()
    return "https://hooks.example.com/jebbit" in [attributes["endpoint"] for attributes in found]


def test_the_manifest_is_applied_once_and_is_in_sync_then(project: Cli, sandbox: Sandbox) -> None:
    apply, diff = re.findall(
        r"^\$ (jebbitctl integrations (?:apply|diff) .*?)(?:  .*)?$", README, re.MULTILINE
    )[::-1]
    assert shell(project, diff).code == 6
    assert shell(project, f"{apply} --yes").code == 0
    assert is_applied(sandbox)
    assert (project.home / "secrets" / "spring-leads.secret").stat().st_mode & 0o777 == 0o600
    assert shell(project, diff).code == 0


@pytest.mark.default_cases(1)
@pytest.mark.parametrize("event", ["push", "pull_request"])
def test_the_github_workflow_shows_the_plan_and_applies_it_on_main_only(
    project: Cli, sandbox: Sandbox, event: str
) -> None:
    workflow = yaml.safe_load(marked("github"))
    (job,) = workflow["jobs"].values()
    _, install, apply = job["steps"]
    assert "pipx install" in install["run"]
    done = shell(project, f"set -e\n{apply['run']}", GITHUB_EVENT_NAME=event)
    assert (done.code, is_applied(sandbox)) == (0, event == "push")
    assert "spring-leads" in done.out
    assert {"JEBBIT_CLIENT_ID", "JEBBIT_CLIENT_SECRET", "JEBBIT_VAR_HOOKS_HOST"} == apply["env"].keys()


@pytest.mark.default_cases(1)
@pytest.mark.parametrize("branch", ["main", "feature"])
def test_the_gitlab_pipeline_applies_on_the_default_branch_only(
    project: Cli, sandbox: Sandbox, branch: str
) -> None:
    (job,) = yaml.safe_load(marked("gitlab")).values()
    script = "set -e\n" + "\n".join(job["script"])
    done = shell(project, script, CI_COMMIT_BRANCH=branch, CI_DEFAULT_BRANCH="main")
    assert (done.code, is_applied(sandbox)) == (0, branch == "main")


@pytest.mark.long
@pytest.mark.keeps("client", ".jebbit.env")
def test_the_cron_line_mails_only_differences(project: Cli) -> None:
    line = marked("cron").strip()
    fields = line.split(maxsplit=5)
    variables = {name: value for name, value in project.env.items() if name.startswith("JEBBIT_")}
    exports = "".join(f"export {name}={shlex.quote(value)}\n" for name, value in variables.items())
    mail = project.home / "bin" / "mail"
    exports += f"export PATH={mail.parent}:{project.env['PATH']}\n"
    (project.home / ".jebbit.env").write_text(exports)
    mail.parent.mkdir()
    mail.write_text('#!/bin/sh\necho "$@" >>"$HOME/mailed"; cat >>"$HOME/mailed"\n')
    mail.chmod(0o755)
    home = Cli(project.home, {"PATH": "/usr/bin:/bin"})  # as cron sets it
    assert shell(home, fields[5]).code == 0
    mailed = (project.home / "mailed").read_text()
    assert mailed.startswith("-s jebbit.toml: diff ended with 6 ops@example.com\n")
    assert "\n+ spring-leads\n    endpoint: https://hooks.example.com/jebbit\n" in mailed
    assert "\nPlan: create 1 integration, create 2 mappings; " in mailed
    applied = project.run(
        "integrations", "apply", str(project.home / "jebbit.toml"), "--yes", "--prune", "--max-deletes", "2"
    )
    assert applied.code == 0
    assert shell(home, fields[5]).code == 0
    assert (project.home / "mailed").read_text() == mailed


def test_contributing_quotes_the_benchmark_with_its_date_and_every_target() -> None:
    figures = CONTRIBUTING.read_text(encoding="utf-8").partition("## Measure")[2].partition("\n## ")[0]
    assert re.search(r"On \d{4}-\d\d-\d\d, with", figures)
    assert re.findall(r"[≤≥] [\d.]+", figures) == [
        *("≤ 1.25", "≤ 0.7", *["≤ 1.35"] * 5, "≤ 1.5", "≤ 1.3", "≤ 2", "≤ 4", "≤ 3", "≤ 1.2", "≤ 1.25"),
        *("≥ 10", "≥ 0.9", "≥ 0.8", "≤ 1.1"),
    ]


def test_contributing_names_files_that_exist() -> None:
    paths = re.findall(
        r"`((?:jebbitctl|tests|commands|\.ci|\.github)/[\w./-]+)`", CONTRIBUTING.read_text(encoding="utf-8")
    )
    assert paths
    new = {"jebbitctl/commands/integrations/pause.py", "tests/commands/integrations/test_pause.py"}
    found = {path for path in paths if (ROOT / path).exists() or (ROOT / "jebbitctl" / path).exists()}
    assert set(paths) - found == new


def test_the_readmes_table_names_every_command_and_no_other(bare: Cli) -> None:
    table = README.partition("| command | what it does |\n|---|---|\n")[2].partition("\n\n")[0]
    named = set()
    for row in table.splitlines():
        noun = ""
        for text in re.findall("`(.*?)`", row.split(" | ")[0]):
            words = re.match(r"[a-z]+(?: [a-z]+(?= |$))?", text)
            assert words is not None, text
            if words[0].split()[0] in COMMANDS:
                noun = words[0].split()[0]
                named.add(words[0])
            else:
                named.add(f"{noun} {words[0]}")
    commands = bare.run("help", "-q", "commands[].name").json
    assert named == set(commands)


@pytest.mark.parametrize("name", TOPICS)
def test_the_readme_names_every_help_topic(name: str) -> None:
    assert f"`jebbitctl help {name}`" in README


def test_the_licence_is_mit_and_the_same_in_the_package_metadata() -> None:
    assert (ROOT / "LICENSE").read_text(encoding="utf-8").startswith("MIT License")
    assert metadata("jebbitctl")["License-Expression"] == "MIT"
