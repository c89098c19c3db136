"""``integrations create``."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.commands.integrations.support import stored
from tests.scripted_server import writes
from tests.shell import shell
from tests.support import mode

if TYPE_CHECKING:
    from collections.abc import Callable

    from jebbitctl.sandbox.server import Sandbox
    from tests.support import Cli, Result


ENDPOINT = "https://example.com/jebbit"
DEFAULTS = {"region": "us", "is_active": True, "additional_options": {"hash_pii": False}}
"""What the overview article's request sends."""


def test_create_sends_the_attributes_and_prints_the_secret(
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
def test_each_option_sets_its_attribute(
    jebbitctl: Callable[..., Result], option: str, path: str, value: bool
) -> None:
    request = jebbitctl("integrations", "create", "--endpoint", ENDPOINT, option, "--dry-run", "--json").json
    attributes = request["body"]["data"]["attributes"]
    outer, _, inner = path.partition(".")
    expected = {**DEFAULTS, "endpoint": ENDPOINT, outer: value}
    if inner:
        expected[outer] = {"hash_pii": False, inner: value}
    assert attributes == expected


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
    "options",
    [
        ["--region", "mars"],
        ["--set", "novalue"],
        ["--set", "a=nojson"],
        ["--set", "a=NaN"],
        ["--set", "a=1e999"],
        ["--set", "a.b=1"],
        ["--set", "=1"],
        ["--set", 'shared_secret="x"'],
        ["--set", 'service_name="x"'],
        ["--set", 'endpoint="https://x.example"'],
        ["--set", 'region="mars"'],
        ["--set", "region=1"],
        ["--region", "us", "--set", 'region="eu"'],
        ["--set", "additional_options=1", "--hash-pii"],
    ],
)
def test_invalid_attributes_are_rejected_before_any_request(
    jebbitctl: Callable[..., Result], sandbox: Sandbox, options: list[str]
) -> None:
    result = jebbitctl("integrations", "create", "--endpoint", ENDPOINT, *options)
    assert result.code == 2
    assert result.err.startswith("error: ")
    assert sandbox.requests == []


def test_a_dry_run_prints_the_request_and_sends_nothing(
    jebbitctl: Callable[..., Result], sandbox: Sandbox
) -> None:
    result = jebbitctl("integrations", "create", "--endpoint", ENDPOINT, "--region", "us", "--dry-run")
    method, body = result.out.splitlines()
    assert method == f"POST {sandbox.url}/api/v1/integrations"
    attributes = {**DEFAULTS, "endpoint": ENDPOINT, "region": "us"}
    assert json.loads(body) == {"data": {"type": "integrations", "attributes": attributes}}
    assert sandbox.requests == []


def test_a_dry_run_with_if_absent_prints_no_request_when_the_endpoint_exists(
    jebbitctl: Callable[..., Result], sandbox: Sandbox, tmp_path: Path
) -> None:
    id_ = jebbitctl("integrations", "create", "--endpoint", ENDPOINT, "-q", "id").out.strip()
    path = tmp_path / "webhook.secret"
    create = ("integrations", "create", "--if-absent", "--dry-run", "--secret-file", str(path), "--endpoint")
    result = jebbitctl(*create, ENDPOINT)
    assert (result.code, "POST" in result.out, path.exists()) == (0, False, False)
    assert f"Integration {id_} already has this endpoint. Nothing would be created." in result.err
    nothing = jebbitctl(*create, ENDPOINT, "--json").json
    assert (nothing["method"], nothing["url"], nothing["body"]) == (None, None, None)
    assert (nothing["existing"]["id"], nothing["existing"]["shared_secret"]) == (id_, "********")
    request = jebbitctl(*create, "https://other.example.com/", "--json").json
    assert (request.keys(), request["method"], request["existing"]) == (nothing.keys(), "POST", None)
    assert jebbitctl(*create, "https://other.example.com/").out.startswith("POST ")
    assert len(writes(sandbox)) == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a full device")
def test_an_unwritable_secret_file_is_an_error_with_a_hint_how_to_get_the_secret(
    jebbitctl: Callable[..., Result],
) -> None:
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


def test_if_absent_warns_about_differences(jebbitctl: Callable[..., Result]) -> None:
    jebbitctl("integrations", "create", "--endpoint", ENDPOINT, "--region", "us")
    result = jebbitctl("integrations", "create", "--endpoint", ENDPOINT, "--region", "eu", "--if-absent")
    assert result.code == 0
    assert "warning: region is us, not eu" in result.err


@pytest.mark.parametrize(
    "wanted",
    [
        ("--region", "eu"),
        ("--inactive",),
        ("--hash-pii",),
        ("--no-include-mapped-attributes",),
        ("--campaign-name-filter", "it's spring"),
        ("--set", "additional_options.new_thing=1"),
        ("--set", "new_thing=true"),
    ],
)
def test_the_command_that_a_warning_about_a_difference_names_changes_it(
    jebbitctl: Callable[..., Result], wanted: tuple[str, ...]
) -> None:
    create = ("integrations", "create", "--endpoint", ENDPOINT)
    assert jebbitctl(*create).code == 0
    differing = (*create, "--if-absent", *wanted)
    *_, warning = [line for line in jebbitctl(*differing).err.splitlines() if "warning" in line]
    _, *update = shlex.split(warning.partition("to change it: ")[2] or warning.partition("to set it: ")[2])
    assert update[3:] == list(wanted)
    assert jebbitctl(*update).code == 0
    assert "to change it" not in jebbitctl(*differing).err


def test_if_absent_warns_about_several_integrations_with_the_endpoint(
    jebbitctl: Callable[..., Result],
) -> None:
    for _ in range(2):
        jebbitctl("integrations", "create", "--endpoint", ENDPOINT)
    result = jebbitctl("integrations", "create", "--endpoint", ENDPOINT, "--if-absent")
    assert "several integrations have this endpoint" in result.err


def test_a_secret_file_is_private_and_the_printed_secret_is_masked(
    jebbitctl: Callable[..., Result], sandbox: Sandbox, tmp_path: Path
) -> None:
    path = tmp_path / "webhook.secret"
    path.touch()
    path.chmod(0o644)
    result = jebbitctl("integrations", "create", "--endpoint", ENDPOINT, "--secret-file", str(path), "--json")
    assert f"other users could read {path}; its mode is now 0600" in result.err
    secret = stored(sandbox)[result.json["id"]]["shared_secret"]
    assert path.read_text() == f"{secret}\n"
    assert mode(path) == 0o600
    assert result.json["shared_secret"] == "********"


def test_a_secret_file_that_holds_something_is_refused_before_any_request(
    jebbitctl: Callable[..., Result], sandbox: Sandbox, tmp_path: Path
) -> None:
    path = tmp_path / "webhook.secret"
    path.write_text("an old secret")
    create = ("integrations", "create", "--endpoint", ENDPOINT, "--secret-file", str(path))
    for args in (create, (*create, "--dry-run")):
        result = jebbitctl(*args)
        assert (result.code, result.out) == (2, "")
        assert result.err == (
            f"error: {path} already exists and is not empty\n"
            "hint: it may hold another secret: move it away, choose another path, or add --force\n"
        )
    assert (path.read_text(), sandbox.requests) == ("an old secret", [])


@pytest.mark.keeps("shared", "webhook.secret")
def test_if_absent_with_a_secret_file_can_run_any_number_of_times(
    jebbitctl: Callable[..., Result], sandbox: Sandbox, tmp_path: Path
) -> None:
    path = tmp_path / "webhook.secret"
    create = ("integrations", "create", "--endpoint", ENDPOINT, "--if-absent", "--secret-file", str(path))
    assert jebbitctl(*create).code == 0
    before = path.read_bytes(), path.stat().st_mtime_ns
    assert jebbitctl(*create).code == 0
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before
    assert len(writes(sandbox)) == 1
    path.write_text("another secret")
    result = jebbitctl(*create, "--json")
    assert (result.code, path.read_text()) == (2, "another secret")
    assert result.error["message"] == f"{path} already exists and is not empty"
    other = jebbitctl(*(arg if arg != ENDPOINT else "https://other.example.com/" for arg in create))
    assert (other.code, len(writes(sandbox))) == (2, 1)


def test_a_secret_file_cannot_be_standard_output_by_its_short_name(
    jebbitctl: Callable[..., Result], sandbox: Sandbox
) -> None:
    result = jebbitctl("integrations", "create", "--endpoint", ENDPOINT, "--secret-file", "-")
    assert (result.code, sandbox.requests) == (2, [])
    assert "hint: " in result.err


def test_a_create_that_jebbit_rejects_leaves_no_secret_file(
    cli: Cli, sandbox: Sandbox, tmp_path: Path
) -> None:
    path = tmp_path / "webhook.secret"
    create = ("integrations", "create", "--endpoint", ENDPOINT, "--secret-file", str(path))
    reader = {"JEBBIT_CLIENT_ID": f"{sandbox.state.client_id}-readonly"}
    assert cli.run(*create, env=reader).code == 4
    assert sandbox.requests[-1].method == "POST"
    assert not path.exists()


def test_a_reader_that_closes_the_pipe_loses_no_secret_without_a_word(cli: Cli, sandbox: Sandbox) -> None:
    before = set(stored(sandbox))
    create = f"jebbitctl integrations create --endpoint {ENDPOINT}"
    done = shell(cli, f"{create} | true; exit ${{PIPESTATUS[0]}}")
    (id_,) = stored(sandbox).keys() - before
    assert done.returncode == 1
    assert f"integration {id_} was created, but not shown: standard output: Broken pipe" in done.stderr
    assert f"jebbitctl integrations secret {id_}" in done.stderr


def test_if_absent_writes_the_secret_file_of_an_existing_integration(
    jebbitctl: Callable[..., Result], sandbox: Sandbox, tmp_path: Path
) -> None:
    id_ = jebbitctl("integrations", "create", "--endpoint", ENDPOINT, "-q", "id").out.strip()
    path = tmp_path / "webhook.secret"
    jebbitctl("integrations", "create", "--endpoint", ENDPOINT, "--if-absent", "--secret-file", str(path))
    assert path.read_text() == f"{stored(sandbox)[id_]['shared_secret']}\n"


def test_an_unusable_secret_file_is_rejected_before_any_request(
    jebbitctl: Callable[..., Result], sandbox: Sandbox, tmp_path: Path
) -> None:
    link = tmp_path / "stdout"  # like /dev/stdout, which root could replace
    (tmp_path / "output").touch()
    link.symlink_to(tmp_path / "output")
    for path in (tmp_path, tmp_path / "no" / "where", link):
        result = jebbitctl("integrations", "create", "--endpoint", ENDPOINT, "--secret-file", str(path))
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
        "--json",
    )
    assert result.json["shared_secret"] == "********"
    assert any(len(line) == 34 for line in result.err.splitlines())


def test_create_names_unapplied_attributes_and_prints_the_resource(
    jebbitctl: Callable[..., Result], sandbox: Sandbox
) -> None:
    sandbox.state.ignored_attributes = {"hash_pii"}
    result = jebbitctl("integrations", "create", "--endpoint", ENDPOINT, "--hash-pii", "--json")
    assert result.code == 1
    assert result.json["endpoint"] == ENDPOINT
    assert result.error["code"] == "partially_applied"
    assert "additional_options.hash_pii (requested true, got" in result.error["message"]


def test_an_attribute_that_jebbit_does_not_show_is_neither_applied_nor_refused(
    jebbitctl: Callable[..., Result],
) -> None:
    result = jebbitctl("integrations", "create", "--endpoint", ENDPOINT, "--set", "invented=1")
    assert result.code == 0
    assert result.err == (
        "warning: Jebbit does not say whether it applied invented; check in Jebbit's dashboard\n"
    )


def test_a_query_for_the_secret_that_is_in_a_file_is_an_error(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "webhook.secret"
    options = ("--endpoint", ENDPOINT, "--secret-file", str(file), "-q", "shared_secret")
    result = cli.run("integrations", "create", *options)
    assert (result.code, result.out, len(file.read_text().strip())) == (2, "", 34)
    assert "was created, but not shown: --query: a value it selects is masked" in result.err
    file.unlink()


def test_a_query_that_fails_on_the_result_says_that_the_command_has_finished(
    jebbitctl: Callable[..., Result], sandbox: Sandbox
) -> None:
    before = len(stored(sandbox))
    result = jebbitctl(
        "integrations", "create", "--endpoint", "https://new.example.com/", "-q", "length(nope)"
    )
    assert (result.code, len(stored(sandbox))) == (2, before + 1)
    hint = "hint: the command itself succeeded; only its result could not be printed; "
    assert hint in result.err
