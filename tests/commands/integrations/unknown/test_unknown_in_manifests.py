"""What Jebbit does not say is neither absent, off nor empty: manifests and CSV files."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from jebbitctl.sandbox.dialects import DIALECTS
from tests.commands.integrations.support import stored, webhook
from tests.manifest.support import write
from tests.scripted_server import add, writes

from .support import ENDPOINT, TYPE

if TYPE_CHECKING:
    from jebbitctl.sandbox.server import Sandbox
    from tests.support import Cli, Result

ENTRY = f'version = 1\n[integrations.leads]\nendpoint = "{ENDPOINT}"\n'


def replace_lost_secret(cli: Cli) -> Result:
    """Apply ENTRY, whose secret an earlier run could not write to its file."""
    secrets = cli.home / "secrets"
    secrets.mkdir()
    (secrets / "leads.secret").touch(mode=0o600)
    options = ("--yes", "--secrets-dir", str(secrets), "--replace-lost-secrets")
    return cli.run(TYPE, "apply", write(cli, ENTRY), *options)


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


@pytest.mark.usefixtures("in_openapi")
def test_an_integration_whose_options_are_unknown_is_not_replaced(
    cli: Cli, sandbox: Sandbox, api_made: str
) -> None:
    stored(sandbox)[api_made]["shared_secret"] = None
    result = replace_lost_secret(cli)
    assert (result.code, writes(sandbox)) == (1, [])
    assert "leads cannot be replaced: Jebbit does not say additional_options, is_active" in result.err


@pytest.mark.usefixtures("in_openapi")
def test_apply_sends_the_region_and_confirms_only_what_jebbit_shows(cli: Cli, sandbox: Sandbox) -> None:
    result = cli.run(TYPE, "apply", write(cli, ENTRY), "--yes", "--verify", "--json")
    assert stored(sandbox)[webhook(sandbox)]["region"] == "us"
    assert "does not say whether it applied is_active, additional_options.hash_pii" in result.err
    assert [test["name"] for test in result.json["tests"]] == ["leads"]


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
    result = replace_lost_secret(cli)
    assert (result.code, writes(sandbox)) == (1, [])
    assert f"leads cannot be replaced: Jebbit does not say default of mapping {mapping}\n" in result.err
