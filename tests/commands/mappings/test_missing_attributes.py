"""Writing a mapping warns of an attribute that Jebbit does not have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from jebbitctl.sandbox.server import Sandbox, SandboxOptions
from tests.manifest.support import spring, write
from tests.scripted_server import active, add_mapping, attributes_of, other, scripted, writes
from tests.support import cli_for
from tests.terminal import answered

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support import Cli, Result

HEADER = "jebbit_var,client_var,default\n"
MANIFEST = """\
version = 1
[integrations.spring]
id = "{}"
mappings = [
  {{ jebbit_var = "email", client_var = "mail" }},
  {{ jebbit_var = "emial", client_var = "contact" }},
]
"""
EMIAL = "emial (the nearest is email)"
LISTED = f"warning: Jebbit has no attribute named {EMIAL}; list those that it has: jebbitctl attributes list"


def create(sandbox: Sandbox, name: str) -> tuple[str, ...]:
    names = ("--jebbit-var", name, "--client-var", "x")
    return ("mappings", "create", "--integration", active(sandbox), *names)


def warnings(result: Result) -> list[str]:
    return [line for line in result.err.splitlines() if "warning" in line]


def calls(sandbox: Sandbox) -> list[tuple[str, str]]:
    return [(r.method, r.path.removeprefix("/api/v1/")) for r in sandbox.requests]


def test_create_warns_after_the_write(cli: Cli, sandbox: Sandbox) -> None:
    result = cli.run(*create(sandbox, "emial"), "--json")
    checking = f"jebbitctl mappings lint --integration {active(sandbox)}"
    assert result.code == 0
    assert result.json["jebbit_var"] == "emial"
    assert warnings(result) == [
        f"warning: Jebbit has no attribute named {EMIAL}; to find the one that is meant: {checking}"
    ]
    looked_up = [("GET", "traits")] * 3  # the name, and all attributes until a page has nothing new
    assert calls(sandbox)[-4:] == [("POST", "integration_mappings"), *looked_up]
    assert cli.run(*checking.split()[1:]).code == 6


@pytest.mark.parametrize("name", ["email", "Outcome"])
def test_create_does_not_warn_of_what_may_be_right(cli: Cli, sandbox: Sandbox, name: str) -> None:
    assert cli.run(*create(sandbox, name)).err == ""


def test_create_warns_of_an_attribute_that_does_not_pass_to_integrations(cli: Cli, sandbox: Sandbox) -> None:
    result = cli.run(*create(sandbox, "internal_score"))
    text = "attribute internal_score does not pass to integrations; see Jebbit's dashboard"
    assert (result.code, warnings(result)) == (0, [f"warning: {text}"])


def test_update_warns_only_of_a_new_attribute(cli: Cli, sandbox: Sandbox) -> None:
    id_ = add_mapping(sandbox, "emial", "mail")
    update = ("mappings", "update", id_)
    assert warnings(cli.run(*update, "--client-var", "contact")) == []
    assert warnings(cli.run(*update, "--jebbit-var", "email")) == []
    (warning,) = warnings(cli.run(*update, "--jebbit-var", "emial"))
    assert warning.endswith(f"jebbitctl mappings lint --integration {active(sandbox)}")
    before = calls(sandbox).count(("GET", "traits"))
    assert warnings(cli.run(*update, "--jebbit-var", "emial")) == []  # up to date
    assert warnings(cli.run(*update, "--jebbit-var", "emial", "--client-var", "new")) == []
    assert calls(sandbox).count(("GET", "traits")) == before


def test_import_warns_once_of_what_it_writes(cli: Cli, sandbox: Sandbox) -> None:
    text = HEADER + "emial,a,\nemail,b,\nnope,c,\n"
    run = ("mappings", "import", active(sandbox), "-")
    dry = cli.run(*run, "--dry-run", stdin=text)
    warning = (
        f"Jebbit has no attributes named {EMIAL}, nope; list those that it has: jebbitctl attributes list"
    )
    assert warnings(dry) == [f"warning: {warning}"]
    done = cli.run(*run, "--json", stdin=text)
    checking = f"jebbitctl mappings lint --integration {active(sandbox)}"
    assert (done.code, done.json["created"]) == (0, 3)
    assert warnings(done) == [
        f"warning: Jebbit has no attributes named {EMIAL}, nope; to find the one that is meant: {checking}"
    ]
    assert calls(sandbox)[-1] == ("GET", "traits")
    again = cli.run(*run, stdin=text)
    assert (again.err, calls(sandbox)[-1]) == ("3 unchanged.\n", ("GET", "integration_mappings"))


def test_a_warning_names_a_few_and_counts_all(cli: Cli, sandbox: Sandbox) -> None:
    text = HEADER + "".join(f"nope{n},x{n},\n" for n in range(990))
    (warning,) = warnings(cli.run("mappings", "import", active(sandbox), "-", "--dry-run", stdin=text))
    assert "nope9 and 980 more; list those that it has" in warning
    assert "nope10" not in warning


def test_diff_and_a_dry_run_say_it_with_the_plan(cli: Cli, sandbox: Sandbox) -> None:
    path = write(cli, MANIFEST.format(spring(sandbox)))
    for command in (("diff",), ("apply", "--dry-run")):
        assert warnings(cli.run("integrations", *command, path)) == [LISTED]
        shown = cli.run("integrations", *command, path, "--markdown")
        assert "<summary>1 mapping of attributes that Jebbit does not have</summary>" in shown.out
        assert f"! mapping emial of spring: Jebbit has no attribute named {EMIAL}" in shown.out
    variables = {"GITHUB_ACTIONS": "true"}
    shown = cli.run("integrations", "diff", path, env=variables)
    (annotation,) = (line for line in warnings(shown) if "no such attribute" in line)
    message = f"mapping emial of spring: Jebbit has no attribute named {EMIAL}"
    assert annotation == f"::warning file={path},line=6,title=no such attribute::{message}"
    assert LISTED not in shown.err
    assert writes(sandbox) == []


def test_apply_warns_after_the_writes_and_not_again(cli: Cli, sandbox: Sandbox) -> None:
    path = write(cli, MANIFEST.format(spring(sandbox)))
    apply = ("integrations", "apply", path, "--yes")
    result = cli.run(*apply)
    assert (result.code, warnings(result)) == (0, [LISTED])
    assert calls(sandbox)[-1] == ("GET", "traits")
    before = calls(sandbox).count(("GET", "traits"))
    assert warnings(cli.run(*apply)) == []
    assert calls(sandbox).count(("GET", "traits")) == before


def test_a_deletion_is_no_reason_to_warn(cli: Cli, sandbox: Sandbox) -> None:
    id_ = spring(sandbox)
    add_mapping(sandbox, "nope", "x", integration=id_)
    path = write(cli, MANIFEST.format(id_).replace("emial", "shoe_size"))
    result = cli.run("integrations", "apply", path, "--prune", "--max-deletes", "9", "--yes")
    assert (result.code, warnings(result)) == (0, [])
    assert "delete mapping nope" in result.out


def test_a_person_is_warned_before_the_question(cli: Cli, sandbox: Sandbox) -> None:
    path = write(cli, MANIFEST.format(spring(sandbox)))
    line = ("integrations", "apply", path)
    code, before, after = answered(cli, "y", *line, columns=200, env={"NO_COLOR": "1"})
    assert "warning: Jebbit has no attribute named emial" in before
    assert "create mapping emial" in after
    assert (code, "warning" in after) == (0, False)


def test_each_business_is_asked_about_its_own_mappings(cli_several: Cli, three_businesses: Sandbox) -> None:
    text = "version = 1\n"
    for business in [*three_businesses.state.businesses][:2]:
        entry = (
            f"[businesses.{business}.integrations.i{business}]\nendpoint = 'https://x.example/{business}'\n"
        )
        text += f"{entry}region = 'us'\nmappings = [{{ jebbit_var = 'no{business}', client_var = 'x' }}]\n"
    result = cli_several.run("integrations", "diff", write(cli_several, text))
    assert warnings(result) == [
        f"warning: business {business}: Jebbit has no attribute named no{business}; list those that it has: "
        f"jebbitctl attributes list --business {business}"
        for business in [*three_businesses.state.businesses][:2]
    ]
    queries = [r.query for r in three_businesses.requests if r.path == "/api/v1/traits"]
    filters = [query for query in queries if query.startswith("filter")]
    assert [query.partition("=no")[2] for query in filters] == [*three_businesses.state.businesses][:2]


def test_without_the_scope_no_request_is_sent(cli: Cli, sandbox: Sandbox) -> None:
    sandbox.state.permissions.remove("read:trait")
    path = write(cli, MANIFEST.format(other(sandbox)))
    assert cli.run(*create(sandbox, "emial")).err == ""
    text = HEADER + "nope,a,\n"
    for command in (
        ("mappings", "import", active(sandbox), "-"),
        ("integrations", "apply", path, "--dry-run"),
        ("integrations", "apply", path, "--yes"),
    ):
        assert warnings(cli.run(*command, stdin=text)) == []
    assert ("GET", "traits") not in calls(sandbox)


@pytest.mark.parametrize(
    "answer",
    [
        (403, None),
        (500, None),
        (503, None),
        (200, {"data": 7}),
        (200, None),
        (200, {"data": [], "links": {"next": "/api/v1/traits?page=2"}}),
        (200, {"data": [{"id": "t1", "type": "traits", "attributes": {"name": "E-mail"}}]}),
    ],
)
def test_a_lookup_that_fails_changes_nothing(tmp_path: Path, answer: tuple[int, object]) -> None:
    asked = []

    def respond(_: str, path: str) -> tuple[int, object] | None:
        if path != "traits":
            return None
        asked.append(path)
        return answer

    with Sandbox(SandboxOptions(integrations=2), wrap=scripted(respond)) as sandbox:
        cli = cli_for(tmp_path, sandbox)
        result = cli.run(*create(sandbox, "emial"))
        assert len(attributes_of(sandbox, "integration_mappings")) == 1
    assert (result.code, result.err, {*asked}) == (0, "", {"traits"})
