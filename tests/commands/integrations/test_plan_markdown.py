"""A plan as a comment on a pull request."""

from __future__ import annotations

import html
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from markdown_it import MarkdownIt

from jebbitctl.output.markdown import MAX_COMMENT, code, comment
from tests.manifest.support import SPRING, spring, write
from tests.scripted_server import add, writes

if TYPE_CHECKING:
    from jebbitctl.sandbox.server import Sandbox
    from tests.support import Cli

DIFF = ("integrations", "diff", "--markdown")
DRY_RUN = ("integrations", "apply", "--dry-run", "--markdown")
HOSTILE = (
    "@octocat `x` ```` <img src=x> [a](https://evil.example) | www.evil.example &lt; --> #1 \u202e\x1b[31m\n"
)


def test_a_pull_request_gets_a_summary_and_what_changes_of_each_integration(
    cli: Cli, sandbox: Sandbox
) -> None:
    id_ = spring(sandbox, region="us", additional_options={})
    text = SPRING.replace('"mail"', '"e-mail"') + '[integrations.new]\nendpoint = "https://new.example/"\n'
    path = write(cli, text)
    result = cli.run(*DIFF, path, "--strict")
    assert (result.code, writes(sandbox)) == (6, [])
    assert result.out.startswith(
        f"<!-- jebbitctl-plan {path} -->\n\n"
        f"<p><b>{code(path)}</b>: Plan: create 1 integration, "
        "update 1 integration, update 1 mapping; 2 unmanaged; "
        "apply --prune would deactivate 1 integration, delete 1 integration.</p>\n"
    )
    assert (
        f"<details><summary>update <code>spring &#40;{id_}&#41;</code></summary>\n\n```diff\n"
        "- region: us\n+ region: eu\n+ additional_options.hash_pii: true\n"
        "- mapping email: client_var: mail\n+ mapping email: client_var: e-mail\n```\n\n</details>\n"
    ) in result.out
    assert "<summary>create <code>new</code></summary>\n\n```diff\n+ endpoint: https://new.ex" in result.out
    assert "<summary>2 unmanaged</summary>\n\n```diff\n! " in result.out
    assert "Jebbit differs from" in result.err
    assert "2 unmanaged" in result.err
    dry_run = cli.run(*DRY_RUN, path)
    assert (dry_run.code, dry_run.out.splitlines()[0]) == (0, result.out.splitlines()[0])


def test_without_differences_the_comment_is_short_and_can_still_be_found(cli: Cli, sandbox: Sandbox) -> None:
    spring(sandbox)
    path = write(cli, cli.run("integrations", "export").out)
    result = cli.run(*DIFF, path)
    marker, _, paragraph = result.out.splitlines()
    assert (result.code, marker) == (0, f"<!-- jebbitctl-plan {path} -->")
    assert paragraph.endswith("</b>: No changes.</p>")


def test_text_from_jebbit_is_never_markup_in_a_comment(cli: Cli, sandbox: Sandbox) -> None:
    add(sandbox, "integrations", service_name=HOSTILE, is_active=True)
    spring(sandbox, region=HOSTILE)
    path = write(cli)
    for result in (cli.run(*DIFF, path, "--strict"), cli.run(*DRY_RUN, path, "--prune")):
        tokens = MarkdownIt().parse(result.out)
        assert {token.type for token in tokens} == {"html_block", "fence"}  # neither has Markdown inside
        blocks = "".join(token.content for token in tokens if token.type == "html_block")
        markup = ("@", "`", "<img", "](", "https:", "\u202e", "\x1b")
        assert [text for text in markup if text in blocks] == []
        assert "@octocat" in html.unescape(result.out)


def test_what_is_published_has_no_credentials_of_urls(cli: Cli, sandbox: Sandbox) -> None:
    spring(sandbox, endpoint="https://user:old-pass@hooks.example.com/spring?key=old-key")
    path = os.fsdecode(os.fsencode(cli.home) + b"/\xff.toml")
    Path(write(cli, SPRING.replace("/spring", "/spring?key=${KEY}"))).rename(path)
    summary = cli.home / "summary.md"
    variables = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary), "JEBBIT_VAR_KEY": "new-key"}
    result = cli.run(*DIFF, path, "--strict", env=variables)
    mistake = write(cli, 'version = 1\n[integrations.a]\nid = "https://user:old-pass@x.example/"\n')
    annotations = [line for line in cli.run(*DIFF, mistake, env=variables).err.splitlines() if line[0] == ":"]
    published = result.out + result.err + summary.read_text() + "".join(annotations)
    assert "'https://********@x.example/' is not an id" in annotations[0]
    assert "https://hooks.example.com/spring?key=********" in result.out
    assert [text for text in ("old-pass", "old-key", "new-key") if text in published] == []


@pytest.mark.parametrize(("sections", "lines"), [(1, 5_000), (5_000, 1), (3, 2), (400, 30)])
def test_a_comment_is_never_longer_than_github_takes_and_says_what_is_left_out(
    sections: int, lines: int
) -> None:
    text = comment("m", ["<p>s</p>"], [("<code>h</code>", ["+ " + "x" * 50] * lines)] * sections)
    assert len(text) <= MAX_COMMENT
    shown = text.count("+ x")
    assert (f"{sections * lines - shown:,} lines of" in text) == (shown < sections * lines)
    assert len(MarkdownIt().parse(text)) < len(text.splitlines())
    assert "… (64001 more characters)" in comment("m", [], [("h", ["x" * 65_001])])


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ((*DIFF, "--json"), "mutually exclusive"),
        ((*DIFF, "-q", "ok"), "mutually exclusive"),
        ((*DRY_RUN, "--plain"), "mutually exclusive"),
        (("integrations", "apply", "--yes", "--markdown"), "--markdown requires --dry-run"),
        ((*DIFF, "--offline"), "--offline cannot be used with"),
    ],
)
def test_a_comment_is_the_only_format_and_not_for_a_real_run(
    cli: Cli, sandbox: Sandbox, args: tuple[str, ...], message: str
) -> None:
    result = cli.run(*args, write(cli))
    assert (result.code, result.out, sandbox.requests) == (2, "", [])
    assert message in result.err
