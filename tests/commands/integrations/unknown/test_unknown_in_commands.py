"""What Jebbit does not say is neither absent, off nor empty: commands about one integration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from jebbitctl.api import creations
from jebbitctl.sandbox.dialects import DIALECTS
from jebbitctl.sandbox.server import Sandbox, SandboxOptions
from tests.commands.integrations.support import stored, webhook
from tests.scripted_server import add, scripted, writes
from tests.support import cli_for

from .support import ENDPOINT, TYPE

if TYPE_CHECKING:
    from pathlib import Path

    from jebbitctl.sandbox.dialects import DialectName
    from tests.support import Cli

ABSENT = (TYPE, "create", "--endpoint", ENDPOINT, "--if-absent")


@pytest.mark.usefixtures("in_host")
def test_if_absent_creates_no_second_integration_where_only_hosts_are_shown(
    cli: Cli, sandbox: Sandbox
) -> None:
    assert cli.run(*ABSENT).code == 0
    id_ = webhook(sandbox)
    for _ in range(2):
        result = cli.run(*ABSENT, "--json")
        assert (result.code, result.out) == (1, "")
        assert result.error["message"] == f"Jebbit does not say the endpoint of integration {id_}"
        assert "leave out --if-absent" in result.error["hint"]
    assert len(writes(sandbox)) == 1
    elsewhere = cli.run(TYPE, "create", "--endpoint", "https://other.example.org/", "--if-absent")
    assert (elsewhere.code, elsewhere.err) == (0, "")


@pytest.mark.usefixtures("in_host")
def test_if_absent_finds_an_integration_of_the_dashboard_by_its_endpoint(cli: Cli, sandbox: Sandbox) -> None:
    id_ = webhook(sandbox)
    create = (TYPE, "create", "--if-absent", "-q", "id", "--endpoint")
    assert cli.run(*create, stored(sandbox)[id_]["endpoint"]).out == f"{id_}\n"
    assert writes(sandbox) == []


@pytest.mark.parametrize("dialect", ["article", "host"])
def test_create_warns_before_a_second_integration_at_an_endpoint(
    cli: Cli, sandbox: Sandbox, api_made: str, dialect: DialectName
) -> None:
    sandbox.state.behaviour.dialect = DIALECTS[dialect]
    result = cli.run(TYPE, "create", "--endpoint", ENDPOINT)
    warning = {
        "article": f"this endpoint already has integration {api_made}, and each active one delivers every "
        "answer; --if-absent creates none in this case",
        "host": f"Jebbit does not say the endpoint of integration {api_made}, which may be this one",
    }[dialect]
    assert (result.code, result.err) == (0, f"warning: {warning}\n")


def test_create_goes_on_where_the_token_cannot_read_and_says_so(cli: Cli, sandbox: Sandbox) -> None:
    env = {"JEBBIT_CLIENT_ID": f"{sandbox.state.client_id}-writeonly"}
    result = cli.run(TYPE, "create", "--endpoint", ENDPOINT, env=env)
    assert result.code == 0
    assert "warning: cannot check whether an integration already has this endpoint: " in result.err


@pytest.mark.usefixtures("in_host")
def test_an_integration_that_appears_meanwhile_and_may_be_the_same_is_a_conflict_and_neither_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(creations, "POLL_DELAYS", (0, 0.01))
    appeared: list[str] = []

    def wrap(app: Any) -> Any:
        def server(environ: Any, start: Any) -> Any:
            if environ["REQUEST_METHOD"] == "POST" and environ["PATH_INFO"].endswith("/integrations"):
                known = {"service_name": "webhooks_standard", "endpoint": ENDPOINT, "region": "us"}
                appeared.append(add(running, TYPE, **known))
            return app(environ, start)

        return server

    with Sandbox(SandboxOptions(dialect="host"), wrap=wrap) as running:
        result = cli_for(tmp_path, running).run(*ABSENT, "--json")
        own = result.json["id"]
        assert (result.code, result.error["code"]) == (1, "conflict")
        assert (
            f"the endpoint of integration {appeared[0]}, created at the same time as {own}"
            in (result.error["message"])
        )
        assert {own, *appeared} <= stored(running).keys()


@pytest.mark.usefixtures("in_openapi")
def test_an_update_turns_no_option_off_that_jebbit_does_not_show(
    cli: Cli, sandbox: Sandbox, api_made: str
) -> None:
    update = (TYPE, "update", api_made, "--include-sub-channel")
    for dry in ((), ("--dry-run",)):
        result = cli.run(*update, *dry)
        assert (result.code, result.out, writes(sandbox)) == (1, "", [])
        assert result.err == (
            f"error: Jebbit does not say the additional_options of integration {api_made}: setting only "
            "include_sub_channel may turn others off, such as hash_pii\n"
            "hint: name every option that has to be on, and add --force\n"
        )
    alone = cli.run(TYPE, "update", api_made, "--hash-pii")
    assert (alone.code, "setting only hash_pii may turn others off\n" in alone.err) == (1, True)
    assert cli.run(TYPE, "update", api_made, "--region", "eu").code == 0
    forced = cli.run(*update, "--force")
    assert forced.code == 0
    assert "options that are not named may be turned off, including hash_pii" in forced.err
    assert "does not say whether it applied additional_options.include_sub_channel" in forced.err
    assert writes(sandbox)[1:] == [("PATCH", {"additional_options": {"include_sub_channel": True}})]


@pytest.mark.usefixtures("in_openapi")
def test_an_update_of_hash_pii_alone_is_not_said_to_turn_hash_pii_off(cli: Cli, api_made: str) -> None:
    refused = cli.run(TYPE, "update", api_made, "--hash-pii")
    assert refused.err.splitlines()[0].endswith("setting only hash_pii may turn others off")
    forced = cli.run(TYPE, "update", api_made, "--hash-pii", "--force")
    assert "options that are not named may be turned off\n" in forced.err


@pytest.mark.usefixtures("in_openapi")
@pytest.mark.parametrize("option", ["--active", "--inactive"])
def test_a_filter_by_what_jebbit_does_not_say_lists_nothing_and_names_the_integrations(
    cli: Cli, sandbox: Sandbox, option: str
) -> None:
    result = cli.run(TYPE, "list", option)
    assert (result.code, result.out) == (1, "")
    assert result.err == (
        f"error: Jebbit does not say is_active of integrations {', '.join(stored(sandbox))}\n"
        "hint: without filters, they are listed: jebbitctl integrations list\n"
    )
    assert len(cli.run(TYPE, "list", "--region", "us").out.splitlines()) == 1
    assert cli.run(TYPE, "list", option, "--region", "eu").code == 0


@pytest.mark.usefixtures("in_host")
@pytest.mark.keeps("shared", "webhook.secret")
def test_the_secret_of_a_webhook_of_the_dashboard_is_found_where_it_is_shown(
    cli: Cli, sandbox: Sandbox, api_made: str
) -> None:
    dashboard = list(stored(sandbox))[-1]
    result = cli.run(TYPE, "secret", dashboard)
    assert (result.code, result.out) == (0, f"{stored(sandbox)[dashboard]['shared_secret']}\n")
    assert cli.run(TYPE, "secret", api_made).code == 1


@pytest.mark.parametrize("shown", [None, "example.com"])
def test_if_absent_creates_no_second_integration_where_the_endpoint_is_null_or_a_host(
    cli: Cli, sandbox: Sandbox, shown: str | None
) -> None:
    id_ = webhook(sandbox)
    stored(sandbox)[id_]["endpoint"] = shown
    result = cli.run(*ABSENT)
    assert (result.code, writes(sandbox)) == (1, [])
    assert f"Jebbit does not say the endpoint of integration {id_}\n" in result.err
    export = cli.run(TYPE, "export").out
    assert (f'id = "{id_}"' in export, "endpoint" in export) == (True, False)


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_where_the_dashboards_list_is_refused_the_endpoint_is_unknown(tmp_path: Path, status: int) -> None:
    def refuse(_method: str, path: str) -> tuple[int, Any] | None:
        return (status, None) if path == "webhook_integrations" else None

    options = SandboxOptions(integrations=1, dialect="host")
    with Sandbox(options, wrap=scripted(refuse)) as sandbox:
        id_ = webhook(sandbox)
        endpoint = stored(sandbox)[id_]["endpoint"]
        create = (TYPE, "create", "--endpoint", endpoint)
        cli = cli_for(tmp_path, sandbox)
        absent = cli.run(*create, "--if-absent")
        assert (absent.code, writes(sandbox)) == (1, [])
        assert f"Jebbit does not say the endpoint of integration {id_}\n" in absent.err
        assert "which may be this one" in cli.run(*create).err
