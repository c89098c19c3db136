"""What Jebbit does not say is neither absent, off nor empty: each command in each dialect."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from jebbitctl.api import creations
from jebbitctl.sandbox.dialects import DIALECTS
from jebbitctl.sandbox.server import Sandbox, SandboxOptions
from tests.commands.integrations.support import stored, webhook
from tests.manifest.support import write
from tests.scripted_server import add, scripted, writes
from tests.support import cli_for

if TYPE_CHECKING:
    from jebbitctl.sandbox.dialects import DialectName
    from tests.support import Cli

TYPE = "integrations"
ENDPOINT = "https://example.com/jebbit"
ABSENT = (TYPE, "create", "--endpoint", ENDPOINT, "--if-absent")
ENTRY = f'version = 1\n[integrations.leads]\nendpoint = "{ENDPOINT}"\n'


@pytest.fixture
def api_made(sandbox: Sandbox) -> str:
    """The id of an active integration at ENDPOINT that the API has created, and that hashes personal data."""
    options = {"hash_pii": True, "new_thing": 1}
    return add(
        sandbox,
        TYPE,
        service_name="webhooks_standard",
        endpoint=ENDPOINT,
        region="us",
        is_active=True,
        additional_options=options,
        shared_secret="a-secret-of-the-api",
    )


@pytest.fixture
def in_host(sandbox: Sandbox) -> None:
    sandbox.state.behaviour.dialect = DIALECTS["host"]


@pytest.fixture
def in_openapi(sandbox: Sandbox) -> None:
    sandbox.state.behaviour.dialect = DIALECTS["openapi"]


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


@pytest.mark.usefixtures("in_host")
def test_apply_creates_nothing_twice_where_only_hosts_are_shown(cli: Cli, sandbox: Sandbox) -> None:
    apply = (TYPE, "apply", write(cli, ENTRY), "--yes")
    assert cli.run(*apply).code == 0
    id_ = webhook(sandbox)
    for command in (apply, apply, (TYPE, "diff", apply[2])):
        result = cli.run(*command)
        assert (result.code, result.out) == (1, "")
        assert f"leads.endpoint: Jebbit does not say the endpoint of integration {id_}" in result.err
        assert f'hint: if it is, add id = "{id_}" to the entry' in result.err
    assert len(writes(sandbox)) == 1


@pytest.mark.usefixtures("in_host")
def test_an_unknown_endpoint_of_an_entry_with_an_id_is_told_and_never_written(
    cli: Cli, sandbox: Sandbox, api_made: str
) -> None:
    path = write(cli, f'{ENTRY}id = "{api_made}"\nregion = "us"\n')
    diff = cli.run(TYPE, "diff", path, "--json")
    expected = {
        "business": None,
        "name": "leads",
        "id": api_made,
        "attribute": "endpoint",
        "desired": ENDPOINT,
    }
    assert (diff.code, diff.json["ok"], diff.json["unknown"]) == (0, True, [expected])
    assert diff.err == f"Jebbit matches {path}, apart from what it does not say.\n"
    strict = cli.run(TYPE, "diff", path, "--strict", "--plain")
    assert (strict.code, "1 unknown" in strict.err) == (6, True)
    assert ["unknown", "", "leads", api_made, "", "endpoint", "", ENDPOINT] in [
        line.split("\t") for line in strict.out.splitlines()
    ]
    apply = cli.run(TYPE, "apply", path, "--yes")
    assert (apply.code, writes(sandbox)) == (0, [])
    assert f"leads ({api_made}): Jebbit does not say endpoint: neither compared nor changed" in apply.err
    changed = write(cli, f'{ENTRY}id = "{api_made}"\nregion = "eu"\n')
    assert cli.run(TYPE, "apply", changed, "--yes").code == 0
    assert writes(sandbox) == [("PATCH", {"region": "eu"})]


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
def test_options_that_only_the_dashboards_list_shows_are_kept(
    cli: Cli, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    dialect = DIALECTS["openapi"]
    omitted = {TYPE: dialect.omitted[TYPE]}
    monkeypatch.setattr(
        sandbox.state.behaviour, "dialect", type(dialect)(omitted=omitted, required=dialect.required)
    )
    id_ = webhook(sandbox)
    stored(sandbox)[id_]["additional_options"] = {"hash_pii": True}
    assert cli.run(TYPE, "update", id_, "--include-sub-channel").code == 0
    assert stored(sandbox)[id_]["additional_options"] == {"hash_pii": True, "include_sub_channel": True}
    entry = f'version = 1\n[integrations.a]\nid = "{id_}"\nadditional_options.require_outcomes = true\n'
    assert cli.run(TYPE, "apply", write(cli, entry), "--yes").code == 0
    assert set(stored(sandbox)[id_]["additional_options"]) == {
        "hash_pii",
        "include_sub_channel",
        "require_outcomes",
    }


@pytest.mark.usefixtures("in_openapi")
def test_apply_does_not_touch_options_that_jebbit_does_not_show(
    cli: Cli, sandbox: Sandbox, api_made: str
) -> None:
    path = write(cli, f"{ENTRY}is_active = false\nadditional_options.require_outcomes = true\n")
    for _ in range(2):
        result = cli.run(TYPE, "apply", path, "--yes")
        assert (result.code, writes(sandbox)) == (0, [])
        assert "does not say is_active, additional_options.require_outcomes: neither" in result.err
        assert f": jebbitctl integrations update {api_made} --inactive --require-outcomes\n" in result.err
    assert stored(sandbox)[api_made]["additional_options"]["hash_pii"] is True


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


@pytest.mark.parametrize("name", ["webhook", "webhooks_standard"])
def test_both_names_of_the_service_mean_the_same_everywhere(cli: Cli, sandbox: Sandbox, name: str) -> None:
    sandbox.state.behaviour.service_name = "webhook"
    path = write(cli, f'{ENTRY}service_name = "{name}"\n')
    apply = (TYPE, "apply", path, "--yes")
    assert cli.run(*apply).code == 0
    assert (cli.run(*apply).out, len(writes(sandbox))) == ("", 1)
    assert len(cli.run(TYPE, "list", "--service", name).out.splitlines()) == 2
    assert cli.run(TYPE, "export", "--into", path).code == 0
    assert f'service_name = "{name}"' in Path(path).read_text()
    assert cli.run(TYPE, "diff", path, "--strict").code == 0
    assert cli.run(*apply[:3], "--prune", "--yes").out == ""
    pruned = cli.run(TYPE, "apply", write(cli, ENTRY), "--prune", "--yes", "--max-deletes", "2")
    assert (pruned.code, len(stored(sandbox))) == (0, 2)  # the other service's is only deactivated


@pytest.mark.usefixtures("in_host")
def test_prune_deletes_no_integration_whose_endpoint_is_unknown(
    cli: Cli, sandbox: Sandbox, api_made: str
) -> None:
    dashboard = webhook(sandbox)
    known = [id_ for id_ in stored(sandbox) if stored(sandbox)[id_]["service_name"] != "klaviyo"]
    path = write(cli, "version = 1\n")
    result = cli.run(TYPE, "apply", path, "--prune", "--yes", "--max-deletes", "2")
    assert (result.code, dashboard) == (0, api_made)
    assert f"{api_made} example.com is left alone: Jebbit does not say its endpoint" in result.err
    assert known[0] in stored(sandbox)
    assert known[1] not in stored(sandbox)  # its endpoint is in the dashboard's list
    strict = cli.run(TYPE, "diff", path, "--strict")
    assert (strict.code, f"export --into {path}" in strict.err, "--prune" in strict.err) == (6, True, False)


@pytest.mark.usefixtures("in_host")
def test_an_export_names_what_jebbit_does_not_say_and_keeps_it_in_a_file(cli: Cli, api_made: str) -> None:
    result = cli.run(TYPE, "export")
    (entry,) = [e for e in tomllib.loads(result.out)["integrations"].values() if e.get("id") == api_made]
    assert (result.code, "endpoint" in entry) == (0, False)
    assert "not exported, since Jebbit does not say it: endpoint" in result.err
    path = write(cli, ENTRY)
    undecided = cli.run(TYPE, "export", "--into", path)
    assert (undecided.code, Path(path).read_text()) == (1, ENTRY)
    with_id = write(cli, f'{ENTRY}id = "{api_made}"\n')
    assert cli.run(TYPE, "export", "--into", with_id).code == 0
    assert tomllib.loads(Path(with_id).read_text())["integrations"]["leads"]["endpoint"] == ENDPOINT


@pytest.mark.usefixtures("in_openapi")
def test_an_export_writes_nothing_for_options_that_are_unknown(cli: Cli, api_made: str) -> None:
    path = write(cli, f"{ENTRY}additional_options.hash_pii = true\n")
    result = cli.run(TYPE, "export", "--into", path)
    assert result.code == 0
    assert "leads: not exported, since Jebbit does not say it: additional_options, is_active" in result.err
    entries = tomllib.loads(Path(path).read_text())["integrations"]
    assert entries.pop("leads")["additional_options"] == {"hash_pii": True}
    assert not any(entry.keys() & {"additional_options", "is_active"} for entry in entries.values())
    assert api_made not in Path(path).read_text()  # its endpoint identifies it


@pytest.mark.usefixtures("in_host")
@pytest.mark.keeps("shared", "webhook.secret")
def test_the_secret_of_a_webhook_of_the_dashboard_is_found_where_it_is_shown(
    cli: Cli, sandbox: Sandbox, api_made: str
) -> None:
    dashboard = list(stored(sandbox))[-1]
    result = cli.run(TYPE, "secret", dashboard)
    assert (result.code, result.out) == (0, f"{stored(sandbox)[dashboard]['shared_secret']}\n")
    assert cli.run(TYPE, "secret", api_made).code == 1


@pytest.mark.usefixtures("in_openapi")
def test_an_integration_whose_options_are_unknown_is_not_replaced(
    cli: Cli, sandbox: Sandbox, api_made: str
) -> None:
    stored(sandbox)[api_made]["shared_secret"] = None
    secrets = cli.home / "secrets"
    secrets.mkdir()
    (secrets / "leads.secret").touch(mode=0o600)
    options = ("--yes", "--secrets-dir", str(secrets), "--replace-lost-secrets")
    result = cli.run(TYPE, "apply", write(cli, ENTRY), *options)
    assert (result.code, writes(sandbox)) == (1, [])
    assert "leads cannot be replaced: Jebbit does not say additional_options, is_active" in result.err


@pytest.mark.usefixtures("in_openapi")
def test_apply_sends_the_region_and_confirms_only_what_jebbit_shows(cli: Cli, sandbox: Sandbox) -> None:
    result = cli.run(TYPE, "apply", write(cli, ENTRY), "--yes", "--verify", "--json")
    assert stored(sandbox)[webhook(sandbox)]["region"] == "us"
    assert "does not say whether it applied is_active, additional_options.hash_pii" in result.err
    assert [test["name"] for test in result.json["tests"]] == ["leads"]


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


def test_an_update_turns_no_option_off_where_jebbit_shows_them_in_another_shape(
    cli: Cli, sandbox: Sandbox, api_made: str
) -> None:
    stored(sandbox)[api_made]["additional_options"] = '{"hash_pii": true}'
    result = cli.run(TYPE, "update", api_made, "--include-sub-channel")
    assert (result.code, writes(sandbox)) == (1, [])
    assert f"does not say the additional_options of integration {api_made}" in result.err
    entry = f"{ENTRY}additional_options.include_sub_channel = true\n"
    for _ in range(2):
        assert cli.run(TYPE, "apply", write(cli, entry), "--yes").code == 0
    assert cli.run(TYPE, "diff", write(cli, entry), "--strict").code == 6
    path = cli.home / "jebbit.toml"
    assert cli.run(TYPE, "export", "--into", str(path)).code == 0
    assert "include_sub_channel = true" in path.read_text()
    assert writes(sandbox) == []


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


def test_an_unknown_service_is_named_as_such(cli: Cli, sandbox: Sandbox, api_made: str) -> None:
    sandbox.state.behaviour.dialect = (
        DIALECTS["article"].without(TYPE, "service_name").without("webhook_integrations", "service_name")
    )
    result = cli.run(TYPE, "apply", write(cli, ENTRY), "--yes")
    assert (result.code, writes(sandbox)) == (1, [])
    assert f" the service_name of integrations {api_made}, " in result.err  # and of the one without endpoint


def test_a_mappings_default_that_jebbit_does_not_say_is_told_and_neither_drift_nor_written(
    cli: Cli, sandbox: Sandbox
) -> None:
    id_ = webhook(sandbox)
    owned = {"integration_id": id_, "jebbit_var": "Outcome", "client_var": "bucket", "default": "none"}
    mapping = add(sandbox, "integration_mappings", **owned)
    sandbox.state.behaviour.dialect = DIALECTS["article"].without("integration_mappings", "default")
    lines = cli.home / "mappings.csv"
    lines.write_text("jebbit_var,client_var,default\nOutcome,bucket,none\n")
    imported = cli.run("mappings", "import", id_, str(lines))
    assert (imported.code, imported.out.split("\t")[1]) == (0, "unchanged")
    assert "line 2: Jebbit does not say the default: neither compared nor changed; to set it: jebbitctl " in (
        imported.err
    )
    mappings = '[{jebbit_var = "Outcome", client_var = "bucket", default = "none"}]'
    path = write(cli, f'version = 1\n[integrations.a]\nid = "{id_}"\nmappings = {mappings}\n')
    diff = cli.run(TYPE, "diff", path, "--json")
    (unknown,) = diff.json["unknown"]
    assert (diff.code, unknown["id"], unknown["attribute"]) == (0, mapping, "mappings.Outcome.default")
    apply = cli.run(TYPE, "apply", path, "--yes")
    assert (
        apply.code,
        f"to set what the manifest says: jebbitctl mappings update {mapping} --default none\n" in apply.err,
    ) == (0, True)
    assert cli.run(TYPE, "export", "--into", path).code == 0
    assert 'default = "none"' in Path(path).read_text()
    assert writes(sandbox) == []


def test_an_integration_is_not_replaced_where_a_mappings_default_is_unknown(
    cli: Cli, sandbox: Sandbox, api_made: str
) -> None:
    stored(sandbox)[api_made]["shared_secret"] = None
    owned = {"integration_id": api_made, "jebbit_var": "a", "client_var": "b", "default": "none"}
    mapping = add(sandbox, "integration_mappings", **owned)
    sandbox.state.behaviour.dialect = DIALECTS["article"].without("integration_mappings", "default")
    secrets = cli.home / "secrets"
    secrets.mkdir()
    (secrets / "leads.secret").touch(mode=0o600)
    options = ("--yes", "--secrets-dir", str(secrets), "--replace-lost-secrets")
    result = cli.run(TYPE, "apply", write(cli, ENTRY), *options)
    assert (result.code, writes(sandbox)) == (1, [])
    assert f"leads cannot be replaced: Jebbit does not say default of mapping {mapping}\n" in result.err
