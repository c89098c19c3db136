"""What diff and apply tell GitHub Actions."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.manifest.support import SPRING, spring, write
from tests.scripted_server import add_mapping

if TYPE_CHECKING:
    from jebbitctl.sandbox.server import Sandbox
    from tests.support import Cli, Result

DIFF = ("integrations", "diff")
DRY_RUN = ("integrations", "apply", "--dry-run")


def in_github(cli: Cli, *args: str) -> Result:
    variables = {"GITHUB_ACTIONS": "true", "GITHUB_WORKSPACE": str(cli.home)}
    return cli.run(*args, env={**variables, "GITHUB_STEP_SUMMARY": str(cli.home / "summary.md")})


def annotated(result: Result) -> list[str]:
    return [line for line in result.err.splitlines() if line.startswith("::")]


def test_each_difference_is_annotated_at_its_line_and_stdout_stays_as_it_is(
    cli: Cli, sandbox: Sandbox
) -> None:
    id_ = spring(sandbox, region="100%,\nus: x", additional_options={}, new=1)
    add_mapping(sandbox, "extra", "x", integration=id_)
    text = SPRING.replace('"mail"', '"e-mail"').replace("region", "set.new = 2\nregion")
    path = write(cli, f'{text}\n[integrations.new]\nendpoint = "https://new.example/"\n')
    result = in_github(cli, *DIFF, path, "--strict", "--json")
    assert result.json == cli.run(*DIFF, path, "--strict", "--json").json
    title = f"title=update spring ({id_})"
    mapping = "title=unmanaged::mapping extra of spring is not in the manifest: apply --prune would delete it"
    assert annotated(result)[:6] == [
        "::warning file=jebbit.toml,line=13,title=create new::this integration does not exist yet",
        f"::warning file=jebbit.toml,line=6,{title}::region: 100%25,\\nus: x → eu",
        f"::warning file=jebbit.toml,line=5,{title}::new: 1 → 2",
        f"::warning file=jebbit.toml,line=7,{title}::additional_options.hash_pii: null → true",
        f"::warning file=jebbit.toml,line=10,{title}::update mapping email: client_var mail → e-mail",
        f"::warning file=jebbit.toml,line=8,{mapping}",
    ]
    assert all(line.startswith("::warning file=jebbit.toml,title=unm") for line in annotated(result)[6:])
    assert [line.split(" ")[0] for line in annotated(in_github(cli, *DRY_RUN, path))] == ["::notice"] * 5


def test_a_mapping_that_comes_or_goes_is_an_update_of_its_integration(cli: Cli, sandbox: Sandbox) -> None:
    id_ = spring(sandbox)
    path = write(cli, SPRING.replace('"email"', '"phone"'))
    titles = [line.partition("title=")[2] for line in annotated(in_github(cli, *DRY_RUN, path, "--prune"))]
    assert titles[1:3] == [
        f"update spring ({id_})::create mapping phone → mail",
        f"update spring ({id_})::delete mapping email → mail",
    ]


@pytest.mark.parametrize("args", [DIFF, (*DIFF, "--markdown"), DRY_RUN])
def test_no_text_from_jebbit_is_a_command_for_github(
    cli: Cli, sandbox: Sandbox, args: tuple[str, ...]
) -> None:
    spring(sandbox, region="::stop-commands::x\n::error::y ##[set-output name=a]b")
    path = write(cli, SPRING.replace('"mail"', '"##[error]mail"'))
    result = in_github(cli, *args, path)
    summary = (cli.home / "summary.md").read_text()
    assert r"##\u005bset-output name=a]b" in result.out
    assert r"##\u005berror]mail" in result.out
    assert "##[" not in result.out + result.err + summary
    commands = [line for line in (result.out + result.err).splitlines() if line.lstrip().startswith("::")]
    assert commands == annotated(result)
    assert all(line.startswith(("::notice file=", "::warning file=")) for line in commands)


def test_at_most_ten_are_annotated_since_github_shows_no_more(cli: Cli) -> None:
    entries = [f'[integrations.a{n}]\nendpoint = "https://x.example/{n}"\n' for n in range(12)]
    assert len(annotated(in_github(cli, *DIFF, write(cli, "version = 1\n" + "".join(entries))))) == 10


@pytest.mark.parametrize("args", [DIFF, (*DIFF, "--offline"), DRY_RUN, ("integrations", "export", "--into")])
def test_mistakes_are_annotated_at_their_lines(cli: Cli, args: tuple[str, ...]) -> None:
    path = write(cli, 'version = 1\nnope = 1\n[integrations.a]\nid = "x"\nregion = "mars"\n')
    result = in_github(cli, *args, path)
    known = "valid keys: version, integrations, businesses"
    assert (result.code, annotated(result)) == (
        2,
        [
            f"::error file=jebbit.toml,line=2,title=nope::unknown key ({known})",
            "::error file=jebbit.toml,line=5,title=integrations.a.region::invalid region (use us or eu)",
        ],
    )


def test_a_mistake_that_only_jebbit_shows_is_annotated_too(cli: Cli, sandbox: Sandbox) -> None:
    spring(sandbox)
    spring(sandbox)
    (line,) = annotated(in_github(cli, *DIFF, write(cli)))
    assert line.startswith("::error file=jebbit.toml,line=4,title=integrations.spring.endpoint::matches both")


def test_the_summary_of_the_job_gets_each_plan(cli: Cli, sandbox: Sandbox) -> None:
    spring(sandbox, region="us")
    summary = cli.home / "summary.md"
    summary.write_text("before\n")
    path = write(cli)
    comments = [in_github(cli, *args, path, "--markdown").out for args in (DIFF, DRY_RUN)]
    assert summary.read_text() == "before\n" + "\n".join([*comments, ""])


def test_a_summary_that_github_would_not_show_keeps_what_it_has(cli: Cli, sandbox: Sandbox) -> None:
    spring(sandbox)
    summary, before = cli.home / "summary.md", b"x" * (1024 * 1024 - 99)
    summary.write_bytes(before)
    result = in_github(cli, *DIFF, write(cli))
    assert (result.code, summary.read_bytes() == before) == (0, True)
    assert "summary.md would be larger than 1,048,576 bytes" in result.err


@pytest.mark.skipif(os.name != "posix", reason="POSIX modes")
def test_a_summary_that_cannot_be_written_safely_is_a_warning(cli: Cli, sandbox: Sandbox) -> None:
    spring(sandbox)
    shared = cli.home / "shared"
    shared.mkdir()
    (shared / "summary.md").symlink_to(cli.home / "other")
    shared.chmod(0o777)
    (cli.home / "summary.md").symlink_to(shared / "summary.md")
    result = in_github(cli, *DIFF, write(cli))
    assert (result.code, (cli.home / "other").exists()) == (0, False)
    assert "warning: no summary of the job: " in result.err


@pytest.mark.parametrize("value", ["", "false", "1"])
def test_elsewhere_nothing_is_annotated(cli: Cli, value: str) -> None:
    env = {"GITHUB_ACTIONS": value, "GITHUB_STEP_SUMMARY": str(cli.home / "summary.md")}
    assert annotated(cli.run(*DIFF, write(cli), env=env)) == []
    assert not (cli.home / "summary.md").exists()
