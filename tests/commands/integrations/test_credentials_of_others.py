"""Credentials of other services in ``additional_options``: never shown, exported or lost."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from jebbitctl.util.redaction import MASK
from tests.api.faults import FaultServer, api, resource
from tests.manifest.support import write
from tests.scripted_server import add, attributes_of, writes
from tests.support import Cli

if TYPE_CHECKING:
    from pathlib import Path

    from jebbitctl.sandbox.server import Sandbox

HUSH = "pk_hush7f3a9b2c1d4e"
OPTIONS: dict[str, Any] = {
    "api_key": HUSH,
    "klaviyo_key": HUSH,
    "contraseña": HUSH,
    "header": "X-Api-Key",
    "value": HUSH,
    "url": f"https://a.klaviyo.example/in?page=1&apiKey={HUSH}",
    "account": f'{{"list": 1, "private_key": "{HUSH}"}}',
    "token\n": HUSH,
    "note": "masked by its service: a********z",
    "list_id": "X1",
    "login": {"user": "ann", "password": HUSH},
    "targets": [{"token": HUSH}],
}
ENTRY = """\
version = 1

[integrations.klaviyo]
id = "{id}"
service_name = "klaviyo"
set.additional_options.list_id = "X2"
"""


@pytest.fixture
def klaviyo(sandbox: Sandbox) -> str:
    return add(
        sandbox,
        "integrations",
        service_name="klaviyo",
        endpoint=None,
        region=None,
        is_active=True,
        additional_options=OPTIONS,
    )


def test_credentials_of_other_services_are_shown_nowhere(cli: Cli, klaviyo: str) -> None:
    names = ("api_key", "klaviyo_key", "value", "token", "contraseña")
    lines = [f'set.additional_options."{name}" = "{HUSH}-new"\n' for name in names]
    path = write(cli, ENTRY.format(id=klaviyo) + "".join(lines))
    for args in (
        ("get", klaviyo),
        ("get", klaviyo, "-q", "additional_options"),
        ("list", "--all-businesses", "--json"),
        ("list", "--debug"),
        ("list", "--columns", "id,additional_options", "--csv"),
        ("diff", path, "--json"),
        ("diff", path, "--markdown"),
        ("update", klaviyo, "--set", f'additional_options.api_key="{HUSH}-new"', "--dry-run"),
        ("apply", path, "--yes"),
        ("update", klaviyo, "--set", f'additional_options.api_key="{HUSH}-newer"', "--debug"),
    ):
        result = cli.run("integrations", *args)
        assert HUSH not in result.out + result.err, args
        assert MASK in result.out + result.err, args
    shown = cli.run("integrations", "get", klaviyo, "--json", "--show-secret")
    new = {**dict.fromkeys(names, f"{HUSH}-new"), "api_key": f"{HUSH}-newer", "list_id": "X2"}
    assert shown.json["additional_options"] == {**OPTIONS, **new}


def test_an_export_leaves_credentials_out_and_an_apply_of_it_keeps_them(
    cli: Cli, sandbox: Sandbox, klaviyo: str
) -> None:
    exported = cli.run("integrations", "export")
    assert HUSH not in exported.out
    assert 'header = "X-Api-Key"' in exported.out
    hidden = (
        "api_key",
        "klaviyo_key",
        "contraseña",
        "value",
        "url",
        "account",
        r"token\n",
        "note",
        "login",
        "targets",
    )
    for name in hidden:
        assert f"# additional_options.{name} looks like a credential: not exported" in exported.out
    path = write(cli, exported.out.replace('"X1"', '"X2"'))
    assert cli.run("integrations", "apply", path, "--yes", "--prune").code == 0
    assert attributes_of(sandbox, "integrations")[klaviyo]["additional_options"] == {
        **OPTIONS,
        "list_id": "X2",
    }
    again = cli.run("integrations", "export", "--into", path)
    assert (again.code, again.err) == (0, f"Updated {path}.\n")


def test_a_credential_that_a_manifest_holds_as_a_variable_is_managed_and_stays_a_variable(
    cli: Cli, sandbox: Sandbox, klaviyo: str
) -> None:
    line = 'set.additional_options.api_key = "${KLAVIYO_KEY}"\n'
    path = write(cli, ENTRY.format(id=klaviyo) + line)
    env = {"JEBBIT_VAR_KLAVIYO_KEY": f"{HUSH}-new"}
    diff = cli.run("integrations", "diff", path, "--json", env=env)
    (step,) = diff.json["steps"]
    assert {"attribute": "additional_options.api_key", "current": MASK, "desired": MASK} in step["changes"]
    text = cli.run("integrations", "diff", path, "--var", f"KLAVIYO_KEY={HUSH}-o'new").err
    assert (HUSH in text, "--var 'KLAVIYO_KEY=********'" in text) == (False, True), text
    column = cli.run("integrations", "list", "--columns", "id,additional_options.api_key")
    assert (column.code, "hint: integrations get and list show it with --show-secret" in column.err) == (
        2,
        True,
    )
    exported = cli.run("integrations", "export", "--into", path, env=env)
    assert exported.code == 0, exported.err
    assert "additional_options.api_key differs at Jebbit" in exported.err
    text = (cli.home / "jebbit.toml").read_text()
    assert line in text
    assert HUSH not in text
    assert cli.run("integrations", "apply", path, "--yes", env=env).code == 0
    ((_, sent),) = writes(sandbox)
    assert sent["additional_options"] == {**OPTIONS, "api_key": f"{HUSH}-new"}


def test_the_hint_for_an_unknown_credential_leaves_its_value_out(
    cli: Cli, sandbox: Sandbox, klaviyo: str
) -> None:
    behaviour = sandbox.state.behaviour
    behaviour.dialect = behaviour.dialect.without("integrations", "additional_options")
    path = write(cli, ENTRY.format(id=klaviyo) + f'set.additional_options.api_key = "{HUSH}-new"\n')
    result = cli.run("integrations", "apply", path, "--yes")
    assert HUSH not in result.out + result.err
    assert "--set additional_options.api_key=VALUE" in result.err


def test_an_error_that_repeats_a_credential_is_shown_without_it(tmp_path: Path) -> None:
    found = resource({"service_name": "klaviyo", "additional_options": {"login": {"password": "x"}}})
    rejected = api({"errors": [{"title": "Invalid", "detail": f"{HUSH} is no password"}]}, 422)
    with FaultServer(found, rejected) as server:
        env = {"JEBBIT_API_BASE_URL": server.url, "JEBBIT_ACCESS_TOKEN": "TOKEN-0815-4711"}
        option = f'additional_options.login={{"password": "{HUSH}"}}'
        result = Cli(tmp_path, env).run("integrations", "update", "L5m24mjs", "--set", option)
    assert (result.code, HUSH in result.err) == (1, False), result.err
    assert f"{MASK} is no password" in result.err


def test_a_masked_credential_is_not_sent_back(cli: Cli, sandbox: Sandbox, klaviyo: str) -> None:
    shown = cli.run("integrations", "get", klaviyo, "-q", "additional_options").json
    for value in ('"********"', json.dumps(shown["login"]), json.dumps(shown["targets"])):
        option = f"additional_options.api_key={value}"
        update = cli.run("integrations", "update", klaviyo, "--set", option)
        assert (update.code, "additional_options.api_key is masked (********)" in update.err) == (2, True)
    path = write(
        cli,
        ENTRY.format(id=klaviyo)
        + 'set.additional_options.api_key = "********"\nset.other = ["********"]\n'
        + f'set.additional_options.url = "{shown["url"]}"\n',
    )
    applied = cli.run("integrations", "apply", path, "--yes")
    assert (applied.code, applied.err.count("is masked (********)")) == (2, 3), applied.err
    assert writes(sandbox) == []
