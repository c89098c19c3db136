"""``integrations create`` and ``integrations update``."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.test_integrations import stored, webhook

if TYPE_CHECKING:
    from collections.abc import Callable

    from jebbitctl.sandbox.server import Sandbox
    from tests.support import Cli, Result

ENDPOINT = "https://example.com/jebbit"


def writes(sandbox: Sandbox) -> list[tuple[str, Any]]:
    """Return the method and attributes of each write that the sandbox saw."""
    return [
        (request.method, json.loads(request.body)["data"]["attributes"])
        for request in sandbox.requests
        if request.method in {"POST", "PATCH"} and request.path != "/oauth/token"
    ]


def test_create_sends_the_attributes_and_shows_the_secret_once(
    jebbitctl: Callable[..., Result], sandbox: Sandbox
) -> None:
    result = jebbitctl(
        "integrations",
        "create",
        *("--endpoint", ENDPOINT, "--region", "eu", "--active", "--hash-pii"),
        *("--campaign-name-filter", "Spring", "--no-include-url-params", "--include-uids"),
        *("--set", "additional_options.new_thing=true", "--json"),
    )
    assert result.code == 0
    created = result.json
    assert created["shared_secret"] == stored(sandbox)[created["id"]]["shared_secret"]
    expected = {
        "endpoint": ENDPOINT,
        "region": "eu",
        "is_active": True,
        "include_uids": True,
        "additional_options": {
            "campaign_name_filter": "Spring",
            "hash_pii": True,
            "include_url_params": False,
            "new_thing": True,
        },
    }
    assert writes(sandbox) == [("POST", expected)]


@pytest.mark.parametrize(
    ("option", "path", "value"),
    [
        ("--include-sub-channel", "additional_options.include_sub_channel", True),
        ("--no-include-sub-channel", "additional_options.include_sub_channel", False),
        ("--include-outcome-names", "additional_options.include_outcome_names", True),
        ("--require-outcomes", "additional_options.require_outcomes", True),
        ("--no-require-outcomes", "additional_options.require_outcomes", False),
        ("--inactive", "is_active", False),
        ("--require-opt-in", "require_opt_in", True),
        ("--no-require-opt-in", "require_opt_in", False),
        ("--no-include-mapped-attributes", "include_mapped_attributes", False),
    ],
)
def test_each_switch_sets_its_attribute(
    jebbitctl: Callable[..., Result], option: str, path: str, value: bool
) -> None:
    request = jebbitctl("integrations", "create", "--endpoint", ENDPOINT, option, "--dry-run", "--json").json
    attributes = request["body"]["data"]["attributes"]
    outer, _, inner = path.partition(".")
    assert attributes == {"endpoint": ENDPOINT, outer: {inner: value} if inner else value}


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://example.com/x",
        "example.com",
        "/hook",
        "",
        "ftp://example.com",
        "https://",
        "https://u:p@example.com/",
    ],
)
def test_an_unsafe_endpoint_is_rejected_before_any_request(
    jebbitctl: Callable[..., Result], sandbox: Sandbox, endpoint: str
) -> None:
    result = jebbitctl("integrations", "create", "--endpoint", endpoint)
    assert (result.code, result.out) == (2, "")
    assert "--endpoint" in result.err
    assert sandbox.requests == []


@pytest.mark.parametrize(
    "wrong",
    [
        ["--region", "mars"],
        ["--set", "novalue"],
        ["--set", "a=nojson"],
        ["--set", "a=NaN"],
        ["--set", "a=1e999"],
        ["--set", "a.b=1"],
        ["--set", "=1"],
        ["--set", 'shared_secret="x"'],
        ["--set", 'endpoint="https://x.example"'],
        ["--region", "us", "--set", 'region="eu"'],
        ["--set", "additional_options=1", "--hash-pii"],
    ],
)
def test_invalid_attributes_are_rejected_before_any_request(
    jebbitctl: Callable[..., Result], sandbox: Sandbox, wrong: list[str]
) -> None:
    result = jebbitctl("integrations", "create", "--endpoint", ENDPOINT, *wrong)
    assert result.code == 2
    assert result.err.startswith("error: ")
    assert sandbox.requests == []


def test_dry_run_prints_the_request_and_sends_nothing(
    jebbitctl: Callable[..., Result], sandbox: Sandbox
) -> None:
    result = jebbitctl("integrations", "create", "--endpoint", ENDPOINT, "--region", "us", "--dry-run")
    method, body = result.out.splitlines()
    assert method == f"POST {sandbox.url}/api/v1/integrations"
    assert json.loads(body) == {
        "data": {"type": "integrations", "attributes": {"endpoint": ENDPOINT, "region": "us"}}
    }
    assert sandbox.requests == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is full")
def test_a_failed_secret_file_says_how_to_get_the_secret(jebbitctl: Callable[..., Result]) -> None:
    result = jebbitctl(
        "integrations", "create", "--endpoint", ENDPOINT, "--secret-file", "/dev/full", "--json"
    )
    id_ = result.json["id"]
    assert (result.code, result.json["shared_secret"]) == (1, "********")
    assert result.error["message"] == "/dev/full: the secret could not be written: No space left on device"
    assert f"jebbitctl integrations secret {id_}" in result.error["hint"]


def test_if_absent_creates_nothing_when_the_endpoint_exists(
    jebbitctl: Callable[..., Result], sandbox: Sandbox
) -> None:
    arguments = ("integrations", "create", "--endpoint", ENDPOINT, "--if-absent", "--json")
    first, second = jebbitctl(*arguments), jebbitctl(*arguments)
    assert (first.code, second.code) == (0, 0)
    assert first.json["id"] == second.json["id"]
    assert second.json["shared_secret"] == "********"
    assert len(writes(sandbox)) == 1


def test_if_absent_matches_another_spelling_of_the_endpoint(
    jebbitctl: Callable[..., Result], sandbox: Sandbox
) -> None:
    create = ("integrations", "create", "--if-absent", "--endpoint")
    for spelling in ("https://leads.example.com", "https://Leads.Example.com:443/"):
        result = jebbitctl(*create, spelling)
        assert (result.code, "warning" in result.err) == (0, False)
    assert len(writes(sandbox)) == 1


def test_an_update_sends_no_other_spelling_of_the_endpoint(
    jebbitctl: Callable[..., Result], sandbox: Sandbox
) -> None:
    id_ = jebbitctl(
        "integrations", "create", "--endpoint", "https://leads.example.com", "-q", "id"
    ).out.strip()
    assert jebbitctl("integrations", "update", id_, "--endpoint", "https://LEADS.example.com/").code == 0
    assert len(writes(sandbox)) == 1


def test_if_absent_warns_about_differences(jebbitctl: Callable[..., Result]) -> None:
    jebbitctl("integrations", "create", "--endpoint", ENDPOINT, "--region", "us")
    result = jebbitctl("integrations", "create", "--endpoint", ENDPOINT, "--region", "eu", "--if-absent")
    assert result.code == 0
    assert "warning: region is us, not eu" in result.err


def test_if_absent_warns_about_several_integrations_with_the_endpoint(
    jebbitctl: Callable[..., Result],
) -> None:
    for _ in range(2):
        jebbitctl("integrations", "create", "--endpoint", ENDPOINT)
    result = jebbitctl("integrations", "create", "--endpoint", ENDPOINT, "--if-absent")
    assert "several integrations have this endpoint" in result.err


def test_the_secret_file_is_private_and_the_secret_is_then_masked(
    jebbitctl: Callable[..., Result], sandbox: Sandbox, tmp_path: Path
) -> None:
    path = tmp_path / "webhook.secret"
    path.write_text("an older one")
    path.chmod(0o644)
    result = jebbitctl("integrations", "create", "--endpoint", ENDPOINT, "--secret-file", str(path), "--json")
    secret = stored(sandbox)[result.json["id"]]["shared_secret"]
    assert path.read_text() == f"{secret}\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert result.json["shared_secret"] == "********"


def test_the_secret_file_is_written_for_an_existing_integration_too(
    jebbitctl: Callable[..., Result], sandbox: Sandbox, tmp_path: Path
) -> None:
    id_ = jebbitctl("integrations", "create", "--endpoint", ENDPOINT, "-q", "id").out.strip()
    path = tmp_path / "webhook.secret"
    jebbitctl("integrations", "create", "--endpoint", ENDPOINT, "--if-absent", "--secret-file", str(path))
    assert path.read_text() == f"{stored(sandbox)[id_]['shared_secret']}\n"


def test_a_secret_file_that_cannot_be_written_is_refused_before_anything_is_created(
    jebbitctl: Callable[..., Result], sandbox: Sandbox, tmp_path: Path
) -> None:
    link = tmp_path / "stdout"  # as /dev/stdout is one, which root could replace
    (tmp_path / "output").touch()
    link.symlink_to(tmp_path / "output")
    for place in (tmp_path, tmp_path / "no" / "where", link):
        result = jebbitctl("integrations", "create", "--endpoint", ENDPOINT, "--secret-file", str(place))
        assert result.code == 2
    assert sandbox.requests == []
    assert link.is_symlink()


def test_a_secret_file_may_be_a_pipe(cli: Cli) -> None:
    result = cli.run_process(
        "integrations",
        "create",
        "--endpoint",
        ENDPOINT,
        "--secret-file",
        "/dev/stderr",
        "-q",
        "shared_secret",
    )
    assert result.out == "********\n"
    assert any(len(line) == 34 for line in result.err.splitlines())


def test_create_names_unapplied_attributes_and_prints_the_resource(
    jebbitctl: Callable[..., Result], sandbox: Sandbox
) -> None:
    sandbox.state.not_taken = {"hash_pii"}
    result = jebbitctl("integrations", "create", "--endpoint", ENDPOINT, "--hash-pii", "--json")
    assert result.code == 1
    assert result.json["endpoint"] == ENDPOINT
    assert result.error["code"] == "partially_applied"
    assert "additional_options.hash_pii (requested true, got" in result.error["message"]


def test_an_attribute_that_jebbit_ignores_is_unapplied(jebbitctl: Callable[..., Result]) -> None:
    result = jebbitctl("integrations", "create", "--endpoint", ENDPOINT, "--set", "invented=1")
    assert result.code == 1
    assert "invented (requested 1, got null)" in result.err


def test_update_sends_only_what_changes_and_merges_the_options(
    jebbitctl: Callable[..., Result], sandbox: Sandbox
) -> None:
    attributes = stored(sandbox)[webhook(sandbox)]
    attributes["region"], attributes["is_active"] = "us", True
    attributes["additional_options"] = {"hash_pii": False, "unknown": {"kept": 1}}
    result = jebbitctl(
        "integrations", "update", webhook(sandbox), "--region", "us", "--inactive", "--hash-pii"
    )
    assert result.code == 0
    assert writes(sandbox) == [
        (
            "PATCH",
            {"is_active": False, "additional_options": {"hash_pii": True, "unknown": {"kept": 1}}},
        )
    ]
    assert result.out.splitlines() == ["is_active\ttrue\tfalse", "additional_options.hash_pii\tfalse\ttrue"]
    assert attributes["additional_options"] == {"hash_pii": True, "unknown": {"kept": 1}}


def test_update_with_nothing_to_change_sends_nothing(
    jebbitctl: Callable[..., Result], sandbox: Sandbox
) -> None:
    stored(sandbox)[webhook(sandbox)]["region"] = "us"
    result = jebbitctl("integrations", "update", webhook(sandbox), "--region", "us", "--json")
    assert result.code == 0
    assert result.json["region"] == "us"
    assert "Nothing to change" in result.err
    assert writes(sandbox) == []


def test_update_without_any_attribute_is_wrong_usage(
    jebbitctl: Callable[..., Result], sandbox: Sandbox
) -> None:
    assert jebbitctl("integrations", "update", webhook(sandbox)).code == 2
    assert sandbox.requests == []


def test_update_dry_run_reads_and_writes_nothing(jebbitctl: Callable[..., Result], sandbox: Sandbox) -> None:
    id_ = webhook(sandbox)
    stored(sandbox)[id_]["region"] = "us"
    request = jebbitctl("integrations", "update", id_, "--region", "eu", "--dry-run", "--json").json
    assert request["method"] == "PATCH"
    assert request["body"] == {"data": {"id": id_, "type": "integrations", "attributes": {"region": "eu"}}}
    assert writes(sandbox) == []


def test_update_names_unapplied_attributes(jebbitctl: Callable[..., Result], sandbox: Sandbox) -> None:
    id_ = webhook(sandbox)
    stored(sandbox)[id_]["region"], stored(sandbox)[id_]["include_uids"] = "us", False
    sandbox.state.not_taken = {"include_uids"}
    result = jebbitctl("integrations", "update", id_, "--region", "eu", "--include-uids")
    assert result.code == 1
    assert result.out == "region\tus\teu\n"
    assert "did not apply include_uids (requested true, got false)" in result.err
