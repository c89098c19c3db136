"""``integrations apply``: brings Jebbit in line with a manifest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from werkzeug.wrappers import Response

from jebbitctl.sandbox.dialects import Dialect
from jebbitctl.sandbox.server import Sandbox, SandboxOptions
from tests.interference import interfering
from tests.manifest.support import SPRING, rows, spring, write
from tests.scripted_server import add_mapping, attributes_of, writes
from tests.support import cli_for, mode
from tests.terminal import answered

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from tests.support import Cli

APPLY = ("integrations", "apply")
NEW = "https://hooks.example.com/spring"


def integration_at(sandbox: Sandbox, endpoint: str = NEW) -> dict[str, Any]:
    """Return the attributes of the integration with this endpoint."""
    (found,) = [a for a in attributes_of(sandbox, "integrations").values() if a["endpoint"] == endpoint]
    return found


def test_apply_creates_missing_resources_and_a_second_run_writes_nothing(cli: Cli, sandbox: Sandbox) -> None:
    path = write(cli)
    first = cli.run(*APPLY, "--plain", path, "--yes")
    assert first.code == 0, first.err
    assert [row[:4] for row in rows(first.out)] == [["done", "create", "", "spring"]] * 3
    created = integration_at(sandbox)
    assert (created["region"], created["additional_options"]) == ("eu", {"hash_pii": True})
    expected = [("Outcome", "bucket", "none"), ("email", "mail", None)]
    assert [
        (m["jebbit_var"], m["client_var"], m["default"])
        for m in reversed(attributes_of(sandbox, "integration_mappings").values())
    ] == expected
    count = len(writes(sandbox))
    assert count == 3
    second = cli.run(*APPLY, "--plain", path, "--yes")
    assert (second.code, second.out, len(writes(sandbox))) == (0, "", count)
    assert "Jebbit matches" in second.err


def test_an_update_sends_only_differences_and_keeps_unknown_options(cli: Cli, sandbox: Sandbox) -> None:
    spring(sandbox, region="us", additional_options={"hash_pii": False, "other": 1})
    assert cli.run(*APPLY, write(cli), "--yes").code == 0
    assert writes(sandbox) == [
        ("PATCH", {"region": "eu", "additional_options": {"hash_pii": True, "other": 1}})
    ]


def test_the_plan_is_on_stderr_and_the_results_are_on_stdout(cli: Cli) -> None:
    result = cli.run(*APPLY, write(cli), "--yes")
    assert result.err.startswith("+ spring\n    endpoint: https://hooks.example.com/spring\n")
    assert "  + mapping Outcome → bucket (default none)" in result.err
    document = cli.run(*APPLY, write(cli, SPRING.replace('"eu"', '"us"')), "--yes", "--json")
    (step,) = document.json["steps"]
    assert (step["action"], step["result"], step["changes"]) == (
        "update",
        "done",
        [{"attribute": "region", "current": "eu", "desired": "us"}],
    )
    assert "tests" not in document.json
    assert document.json["ok"] is True


@pytest.mark.parametrize("args", [(), ("--no-input",), ("--prune",)])
def test_without_a_terminal_and_without_yes_nothing_is_sent_to_jebbit(
    cli: Cli, sandbox: Sandbox, args: tuple[str, ...]
) -> None:
    result = cli.run(*APPLY, write(cli), *args)
    assert (result.code, result.out, sandbox.requests) == (2, "", [])
    assert "--yes" in result.err


@pytest.mark.default_cases(1)
@pytest.mark.parametrize(("answer", "code", "count"), [("y", 0, 3), ("n", 1, 0)])
def test_a_terminal_shows_the_plan_and_asks_for_confirmation(
    cli: Cli, sandbox: Sandbox, answer: str, code: int, count: int
) -> None:
    ended, plan, report = answered(cli, answer, *APPLY, write(cli), env={"NO_COLOR": "1"})
    assert "mapping Outcome → bucket" in plan
    assert plan.endswith("Apply this plan: create 1 integration, create 2 mappings? [y/N]: ")
    assert (ended, len(writes(sandbox))) == (code, count)
    if answer == "y":
        assert "✓ create spring (" in report


def test_a_dry_run_prints_the_same_as_diff_and_changes_nothing(cli: Cli, sandbox: Sandbox) -> None:
    path = write(cli)
    dry = cli.run(*APPLY, path, "--dry-run")
    assert (dry.code, writes(sandbox)) == (0, [])
    assert dry.out == cli.run("integrations", "diff", path).out
    document = cli.run(*APPLY, path, "--dry-run", "--json").json
    assert document == {**cli.run("integrations", "diff", path, "--json").json, "ok": True}
    pruned = rows(cli.run(*APPLY, "--plain", path, "--dry-run", "--prune").out)
    assert [row[5:7] for row in pruned if row[0] == "delete"] == [
        ["endpoint", "https://hooks.example.com/jebbit/1"]
    ]
    assert cli.run(*APPLY, "--plain", path, "--dry-run", "--verify").code == 2


def test_a_changed_mapping_is_no_change_by_somebody_else(cli: Cli, sandbox: Sandbox) -> None:
    id_ = spring(sandbox)
    sandbox.state.behaviour.dialect = Dialect()  # an integration shows its mappings
    text = SPRING.replace('"mail"', '"e-mail"').replace("region", "is_active = false\nregion")
    result = cli.run(*APPLY, write(cli, text), "--yes")
    assert result.code == 0, result.err
    assert attributes_of(sandbox, "integrations")[id_]["is_active"] is False


def test_a_dry_run_without_changes_says_so(cli: Cli, sandbox: Sandbox) -> None:
    spring(sandbox)
    path = write(cli)
    result = cli.run(*APPLY, path, "--dry-run")
    assert (result.code, result.err) == (0, f"Jebbit matches {path}.\n")


def test_new_shared_secrets_are_written_to_private_files(cli: Cli, sandbox: Sandbox) -> None:
    directory = cli.home / "secrets"
    result = cli.run(*APPLY, write(cli), "--yes", "--secrets-dir", str(directory))
    secret = directory / "spring.secret"
    assert result.code == 0
    assert secret.read_text() == integration_at(sandbox)["shared_secret"] + "\n"
    assert mode(secret) == 0o600
    assert mode(directory) == 0o700
    assert integration_at(sandbox)["shared_secret"] not in result.out + result.err


def test_without_a_secrets_directory_a_warning_says_that_secrets_are_not_saved(cli: Cli) -> None:
    result = cli.run(*APPLY, write(cli), "--yes")
    assert "warning: new shared secrets are not saved: use --secrets-dir DIR" in result.err


def test_an_empty_secrets_dir_is_a_usage_error(cli: Cli, sandbox: Sandbox) -> None:
    result = cli.run(*APPLY, write(cli), "--yes", "--secrets-dir", "")
    assert (result.code, sandbox.requests) == (2, [])
    assert "--secrets-dir is empty" in result.err


def test_the_next_run_writes_the_secret_of_an_interrupted_run(cli: Cli, sandbox: Sandbox) -> None:
    spring(sandbox)
    directory = cli.home / "secrets"
    directory.mkdir()
    (directory / "spring.secret").touch()
    result = cli.run(*APPLY, write(cli), "--yes", "--secrets-dir", str(directory))
    assert result.code == 0
    assert "Wrote the shared secret of spring" in result.err
    assert (directory / "spring.secret").read_text() == "kept-secret\n"
    assert writes(sandbox) == []


def test_a_secret_of_another_integration_is_never_overwritten(cli: Cli, sandbox: Sandbox) -> None:
    directory = cli.home / "secrets"
    directory.mkdir()
    (directory / "spring.secret").write_text("still needed\n")
    result = cli.run(*APPLY, write(cli), "--yes", "--secrets-dir", str(directory))
    assert (result.code, writes(sandbox)) == (2, [])
    assert (directory / "spring.secret").read_text() == "still needed\n"
    assert "spring.secret already exists" in result.err
    not_a_directory = cli.run(*APPLY, write(cli), "--yes", "--secrets-dir", str(directory / "spring.secret"))
    assert (not_a_directory.code, writes(sandbox)) == (2, [])


def test_apply_stops_at_the_first_failure_and_reports_the_remaining_steps(tmp_path: Path) -> None:
    def forbid_mappings(app: WSGIApplication) -> WSGIApplication:
        def server(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            if (environ["REQUEST_METHOD"], environ["PATH_INFO"]) == ("POST", "/api/v1/integration_mappings"):
                return Response(status=403)(environ, start_response)
            return app(environ, start_response)

        return server

    with Sandbox(wrap=forbid_mappings) as sandbox:
        cli = cli_for(tmp_path, sandbox)
        path = write(cli)
        failed = cli.run(*APPLY, "--plain", path, "--yes")
        id_ = next(iter(attributes_of(sandbox, "integrations")))
        assert failed.code == 4
        assert list(rows(failed.out)) == [
            ["done", "create", "", "spring", id_, ""],
            ["failed", "create", "", "spring", id_, "Outcome"],
            ["not_done", "create", "", "spring", id_, "email"],
        ]
        assert f"error: create mapping Outcome of spring ({id_}): Jebbit does not allow POST" in failed.err
        assert "(1 of 3 done, 1 not started)" in failed.err
        document = cli.run(*APPLY, path, "--yes", "--json")
        assert [step["result"] for step in document.json["steps"]] == ["failed", "not_done"]
        assert document.json["ok"] is False


def test_an_unapplied_attribute_exits_1(cli: Cli, sandbox: Sandbox) -> None:
    sandbox.state.ignored_attributes.add("hash_pii")
    result = cli.run(*APPLY, "--plain", write(cli), "--yes")
    assert result.code == 1
    assert "did not apply additional_options.hash_pii (requested true, got false)" in result.err
    assert [row[0] for row in rows(result.out)] == ["failed", "not_done", "not_done"]


def test_prune_runs_last_and_only_deactivates_integrations_of_other_services(
    cli: Cli, sandbox: Sandbox
) -> None:
    id_ = spring(sandbox)
    add_mapping(sandbox, "extra", "x", integration=id_)
    path = write(cli, SPRING.replace('"mail"', '"e-mail"'))
    klaviyo = next(
        a for a in attributes_of(sandbox, "integrations").values() if a["service_name"] == "klaviyo"
    )
    assert cli.run(*APPLY, "--plain", path, "--yes").code == 0
    assert len(attributes_of(sandbox, "integrations")) == 3
    pruned = cli.run(*APPLY, "--plain", write(cli), "--yes", "--prune", "--max-deletes", "3")
    assert pruned.code == 0
    assert [(row[1], row[5]) for row in rows(pruned.out)] == [
        ("update", "email"),
        ("delete", "extra"),
        ("update", ""),
        ("delete", ""),
    ]
    assert list(attributes_of(sandbox, "integrations").values()) == [klaviyo, integration_at(sandbox)][::-1]
    assert klaviyo["is_active"] is False
    assert cli.run("integrations", "diff", path, "--strict").code == 0


def test_an_integration_is_deactivated_after_its_replacement_is_created(cli: Cli, sandbox: Sandbox) -> None:
    id_ = spring(sandbox)
    text = f'version = 1\n[integrations.old]\nid = "{id_}"\nis_active = false\n' + SPRING[11:].replace(
        "/spring", "/new"
    )
    result = cli.run(*APPLY, "--plain", write(cli, text), "--yes")
    assert result.code == 0, result.err
    assert [(row[1], row[3]) for row in rows(result.out)] == [
        ("create", "spring"),
        ("create", "spring"),
        ("create", "spring"),
        ("update", "old"),
    ]


CONFLICTS = {
    "an update": (
        "GET /integrations",
        "update",
        "someone else has just changed integration {id}: region",
    ),
    "a creation": ("GET /integration_mappings", "create", "someone else has just created integration"),
    "a mapping": ("GET /integration_mappings", "map", "someone else has just created mapping"),
    "a mapping's update": ("GET /integration_mappings", "remap", "someone else has just changed"),
}


@pytest.mark.parametrize("case", CONFLICTS)
def test_a_change_by_someone_else_since_the_plan_is_not_overwritten(tmp_path: Path, case: str) -> None:
    request, what, message = CONFLICTS[case]

    def interfere() -> None:
        if what == "update":
            integration_at(sandbox)["region"] = "mars"
        elif what == "create":
            spring(sandbox)
        elif what == "map":
            add_mapping(sandbox, "new", "theirs", integration=id_)
        else:
            next(iter(attributes_of(sandbox, "integration_mappings").values()))["client_var"] = "theirs"

    with Sandbox(wrap=interfering(request, interfere)) as sandbox:
        cli = cli_for(tmp_path, sandbox)
        id_ = "" if what == "create" else spring(sandbox, region="us" if what == "update" else "eu")
        text = SPRING
        if what == "map":
            text = SPRING.replace(
                "mappings = [", 'mappings = [\n  { jebbit_var = "new", client_var = "ours" },'
            )
        if what == "remap":
            text = SPRING.replace('"mail"', '"e-mail"')
        result = cli.run(*APPLY, write(cli, text), "--yes", "--json")
        assert (result.code, result.error["code"]) == (1, "conflict")
        assert message.format(id=id_) in result.error["message"]
        assert writes(sandbox) == []


def test_deleting_what_someone_else_has_deleted_succeeds(tmp_path: Path) -> None:
    def interfere() -> None:
        (business,) = sandbox.state.businesses.values()
        business.of("integrations").clear()

    with Sandbox(SandboxOptions(integrations=1), wrap=interfering("GET /integrations", interfere)) as sandbox:
        cli = cli_for(tmp_path, sandbox)
        result = cli.run(*APPLY, write(cli, "version = 1\n"), "--yes", "--prune", "--max-deletes", "1")
        assert (result.code, writes(sandbox)) == (0, [])
        assert result.out.startswith("✓ delete ")


def test_one_run_applies_several_businesses(cli_several: Cli, three_businesses: Sandbox) -> None:
    first, second, _ = three_businesses.state.businesses
    text = "version = 1\n" + "".join(
        f'[businesses.{id_}.integrations.{name}]\nendpoint = "https://{name}.example.com/"\n'
        for id_, name in ((first, "one"), (second, "two"))
    )
    result = cli_several.run(*APPLY, "--plain", write(cli_several, text), "--yes")
    assert result.code == 0, result.err
    assert [row[:4] for row in rows(result.out)] == [
        ["done", "create", first, "one"],
        ["done", "create", second, "two"],
    ]
    for id_, name in ((first, "one"), (second, "two")):
        created = three_businesses.state.businesses[id_].of("integrations").values()
        assert f"https://{name}.example.com/" in [r.attributes["endpoint"] for r in created]
