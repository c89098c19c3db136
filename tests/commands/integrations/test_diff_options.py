"""``integrations diff`` with --strict, --ignore and --offline, and as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.manifest.support import SPRING, rows, spring, write
from tests.scripted_server import add_mapping, writes
from tests.terminal import screen

if TYPE_CHECKING:
    from pathlib import Path

    from jebbitctl.sandbox.server import Sandbox
    from tests.support import Cli

DIFF = ("integrations", "diff")
BROKEN = """\
version = 1
nope = 1
[integrations.spring]
endpoint = "https://${UNSET}/"
region = "mars"
[integrations.summer]
"""


def test_a_plan_is_the_same_text_in_a_pipe_without_colour(cli: Cli, sandbox: Sandbox) -> None:
    spring(sandbox, region="us")
    path = write(cli)
    piped = cli.run(*DIFF, path)
    assert piped.out.startswith("~ spring (")
    assert piped.out.endswith("\nPlan: update 1 integration; 2 unmanaged.\n")
    shown = screen(cli, *DIFF, path, env={"NO_COLOR": "1"}, columns=200)
    assert shown == piped.out + piped.err
    assert "\x1b[33m~ spring" in cli.run(*DIFF, path, env={"FORCE_COLOR": "1"}).out


def test_strict_shows_what_apply_prune_would_do(cli: Cli, sandbox: Sandbox) -> None:
    add_mapping(sandbox, "extra", "x", integration=spring(sandbox))
    path = write(cli)
    assert [line[0] for line in cli.run(*DIFF, path).out.splitlines()] == ["?", "?", "?", "N"]
    mapping, klaviyo, webhook, summary = cli.run(*DIFF, path, "--strict").out.splitlines()
    assert mapping == "- mapping extra of spring is not in the manifest: apply --prune would delete it"
    assert klaviyo.startswith("~ ")
    assert klaviyo.endswith(" klaviyo is not in the manifest: apply --prune would deactivate it")
    assert webhook.startswith("- ")
    assert webhook.endswith("/jebbit/1 is not in the manifest: apply --prune would delete it")
    assert summary == (
        "No changes; 3 unmanaged; "
        "apply --prune would delete 1 mapping, deactivate 1 integration, delete 1 integration."
    )


@pytest.mark.parametrize(
    ("ignored", "left"),
    [
        (["spring.region"], ["additional_options.hash_pii", "Outcome", "email", "-extra"]),
        (["spring.additional_options"], ["region", "Outcome", "email", "-extra"]),
        (["spring.additional_options.hash_pii", "spring.region"], ["Outcome", "email", "-extra"]),
        (["spring.mappings"], ["region", "additional_options.hash_pii"]),
        (["spring.mappings.extra"], ["region", "additional_options.hash_pii", "Outcome", "email"]),
        (
            ["spring.mappings.email.client_var"],
            ["region", "additional_options.hash_pii", "Outcome", "-extra"],
        ),
        (["spring.region", "spring.additional_options", "spring.mappings"], []),
    ],
)
def test_a_known_difference_is_left_out_and_counted(
    cli: Cli, sandbox: Sandbox, ignored: list[str], left: list[str]
) -> None:
    add_mapping(sandbox, "extra", "x", integration=spring(sandbox, region="us", additional_options={}))
    path = write(cli, SPRING.replace('"mail"', '"e-mail"').replace('"none"', '"-"'))
    options = [word for text in ignored for word in ("--ignore", text)]
    document = cli.run(*DIFF, path, *options, "--json").json
    assert [
        step["mapping"] or change["attribute"] for step in document["steps"] for change in step["changes"]
    ] + [f"-{step['mapping']}" for step in document["unmanaged"] if step["mapping"]] == left
    assert document["ignored"] == 5 - len(left)
    result = cli.run(*DIFF, path, *options)
    steps_are_left = any(not name.startswith("-") for name in left)
    assert (result.code, writes(sandbox)) == (6 if steps_are_left else 0, [])
    assert f"; {5 - len(left)} ignored." in result.out
    also = "the manifest, also what is ignored: " if steps_are_left else ", apart from what is ignored.\n"
    assert also in result.err
    assert "warning" not in result.err


@pytest.mark.parametrize(
    ("ignored", "hint"),
    [
        ("sprng.region", "did you mean spring.region?"),
        ("other.region", "error: --ignore other.region: "),
        ("spring", "for example: --ignore spring-leads.region"),
        ("spring.", "for example: --ignore spring-leads.region"),
    ],
)
def test_ignoring_something_that_the_manifest_does_not_have_is_wrong_usage(
    cli: Cli, sandbox: Sandbox, ignored: str, hint: str
) -> None:
    result = cli.run(*DIFF, write(cli), "--ignore", ignored)
    assert (result.code, result.out, sandbox.requests) == (2, "", [])
    assert hint in result.err


def test_ignoring_what_does_not_differ_is_a_warning(cli: Cli, sandbox: Sandbox) -> None:
    spring(sandbox)
    result = cli.run(*DIFF, write(cli), "--ignore", "spring.region", "--ignore", "spring.regoin")
    assert result.code == 0
    for name in ("region", "regoin"):
        assert f"warning: --ignore spring.{name} matches no difference\n" in result.err


def test_offline_lists_all_mistakes_without_credentials(bare: Cli) -> None:
    path = write(bare, BROKEN)
    result = bare.run(*DIFF, path, "--offline")
    assert (result.code, result.err) == (2, f"error: {path} has 4 mistakes\n")
    assert [line for line in result.out.splitlines() if line.startswith("✗")] == [
        "✗ line 2: nope: unknown key",
        "✗ line 4: integrations.spring.endpoint: the variable UNSET is not set",
        "✗ line 5: integrations.spring.region: invalid region",
        "✗ line 6: integrations.summer: endpoint or id is missing",
    ]
    document = bare.run(*DIFF, path, "--offline", "--json")
    assert (document.code, document.json["ok"], document.error["code"]) == (2, False, "usage")
    assert document.json["mistakes"][2] == {
        "line": 5,
        "key": "integrations.spring.region",
        "problem": "invalid region",
        "hint": "use us or eu",
    }
    assert [row[0] for row in rows(bare.run(*DIFF, path, "--offline", "--plain").out)] == ["2", "4", "5", "6"]
    syntax = bare.run(*DIFF, "-", "--offline", stdin="version = ")
    assert (syntax.code, syntax.out.startswith("✗ line 1: Invalid value")) == (2, True)


def test_offline_a_valid_manifest_exits_0(bare: Cli) -> None:
    path = write(bare)
    assert bare.run(*DIFF, path, "--offline").out == f"✓ {path} is valid: 1 integration\n"
    assert bare.run(*DIFF, path, "--offline", "--json").json == {"ok": True, "mistakes": []}


@pytest.mark.parametrize("args", [DIFF, ("integrations", "apply", "--yes")])
def test_a_manifest_with_mistakes_is_reported_whole_before_any_request(
    cli: Cli, sandbox: Sandbox, args: tuple[str, ...]
) -> None:
    path = write(cli, BROKEN)
    result = cli.run(*args, path)
    assert (result.code, result.out, sandbox.requests) == (2, "", [])
    assert result.err.count("\n✗ line ") == 3
    assert result.err.endswith(f"\nerror: {path} has 4 mistakes\n")
    document = cli.run(*args, path, "--json")
    assert document.error["message"] == f"{path} has 4 mistakes; the first: line 2: nope: unknown key"
    assert len(document.err.splitlines()) == 1


def test_mappings_that_an_export_declares_as_none_are_managed(
    cli: Cli, sandbox: Sandbox, tmp_path: Path
) -> None:
    path = tmp_path / "exported.toml"
    assert cli.run("integrations", "export", "--into", str(path)).code == 0
    assert path.read_text().count("mappings = []") == 2
    id_ = cli.run("integrations", "list", "-q", "[0].id").out.strip()
    add_mapping(sandbox, "extra", "x", integration=id_)
    assert "- mapping extra of " in cli.run(*DIFF, str(path), "--strict").out
    text = "\n".join(line for line in path.read_text().splitlines() if not line.startswith("mappings"))
    path.write_text(text)
    assert cli.run(*DIFF, str(path), "--strict").code == 0
