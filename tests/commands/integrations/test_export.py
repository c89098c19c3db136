"""``integrations export``: writes the current state as a manifest."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from jebbitctl.api.transport import Transport
from jebbitctl.manifest.current_state import fetch_current_state
from jebbitctl.manifest.export import export
from jebbitctl.manifest.load import load
from tests.manifest.support import SPRING, client_for, make_plan, spring, write
from tests.scripted_server import add_mapping, attributes_of
from tests.support import mode
from tests.terminal import screen

if TYPE_CHECKING:
    from jebbitctl.sandbox.server import Sandbox
    from tests.support import Cli

EXPORT = ("integrations", "export")
STRICT = ("integrations", "diff", "--strict")


def export_document(cli: Cli) -> dict[str, Any]:
    result = cli.run(*EXPORT)
    assert result.code == 0, result.err
    return tomllib.loads(result.out)


def test_an_exported_manifest_has_no_differences_and_no_secret(cli: Cli, sandbox: Sandbox) -> None:
    spring(sandbox)
    result = cli.run(*EXPORT)
    assert (result.code, result.err) == (0, "")
    for attributes in attributes_of(sandbox, "integrations").values():
        assert str(attributes["shared_secret"]) not in result.out
    again = cli.run(*STRICT, write(cli, result.out))
    assert (again.code, again.out) == (0, "")
    apply = cli.run("integrations", "apply", write(cli, result.out), "--yes", "--prune")
    assert (apply.code, apply.out) == (0, "")


def test_an_entry_has_every_writable_attribute_and_the_oldest_is_first(cli: Cli, sandbox: Sandbox) -> None:
    spring(sandbox)
    integrations = export_document(cli)["integrations"]
    assert list(integrations) == ["hooks-example-com-jebbit-1", "klaviyo", "hooks-example-com-spring"]
    klaviyo = next(i for i, a in attributes_of(sandbox, "integrations").items() if a["endpoint"] is None)
    assert integrations["klaviyo"]["id"] == klaviyo
    assert integrations["hooks-example-com-spring"] == {
        "endpoint": "https://hooks.example.com/spring",
        "region": "eu",
        "is_active": True,
        "additional_options": {"hash_pii": True},
        "set": {"additional_options": {"other": 1}},
        "mappings": [
            {"jebbit_var": "Outcome", "client_var": "bucket", "default": "none"},
            {"jebbit_var": "email", "client_var": "mail"},
        ],
    }


def test_integrations_with_the_same_endpoint_are_exported_with_their_ids(cli: Cli, sandbox: Sandbox) -> None:
    ids = {spring(sandbox), spring(sandbox)}
    integrations = export_document(cli)["integrations"]
    twins = ["hooks-example-com-spring", "hooks-example-com-spring-2"]
    assert {integrations[name]["id"] for name in twins} == ids
    assert cli.run(*STRICT, write(cli, cli.run(*EXPORT).out)).code == 0


@pytest.mark.parametrize(
    ("attributes", "left_out"),
    [
        ({"endpoint": "http://plain.example.com/"}, None),
        ({"endpoint": "https://x.example.com/${A}?$${B}"}, None),
        ({"endpoint": "https://x.example.com/\u202e\x1b[31m"}, None),
        ({"endpoint": 7, "service_name": "klaviyo"}, "endpoint"),
        ({"region": "mars"}, "region"),
        ({"region": None, "is_active": None}, None),
        ({"is_active": "yes"}, "is_active"),
        ({"additional_options": None}, None),
        ({"additional_options": {"hash_pii": "yes"}}, "additional_options.hash_pii"),
        ({"additional_options": {"new": {"a": [1, None]}}}, "additional_options.new"),
        ({"additional_options": {"new": 2**70, "a.b": "é\n", "": False}}, "additional_options.new"),
        ({"additional_options": {"new": "\ud800"}}, "additional_options.new"),
        ({"additional_options": {"\ud800": 1}}, "additional_options.\ud800"),
        ({"additional_options": {"new": {"a": {"b": 1}}, "newer": [{"a b": 1.5}], "other": 1}}, None),
        ({"service_name": None}, None),
    ],
)
def test_a_value_that_a_manifest_cannot_represent_is_reported_and_the_rest_has_no_differences(
    sandbox: Sandbox, attributes: dict[str, Any], left_out: str | None
) -> None:
    spring(sandbox, **attributes)
    warnings: list[str] = []
    client = client_for(sandbox, Transport(timeout=20))
    text = export({None: fetch_current_state(client, [], all_attributes=True)}, warn=warnings.append)
    assert make_plan(client, load(text.encode(), "m", {}), prune=True).steps == []
    assert [f"{left_out} is left out" in line for line in warnings] == ([True] if left_out else [])


def test_options_that_contain_tables_stay_in_their_entry(cli: Cli, sandbox: Sandbox) -> None:
    options = {"new": {"a": {"b": 1}}, "newer": [{"a b": 1.5}], "other": 1}
    spring(sandbox, additional_options=options)
    entry = export_document(cli)["integrations"]["hooks-example-com-spring"]
    assert entry["set"] == {"additional_options": options}


def test_a_mapping_that_a_manifest_cannot_represent_is_reported(cli: Cli, sandbox: Sandbox) -> None:
    id_ = spring(sandbox)
    invalid = add_mapping(sandbox, "$metadata", "x", integration=id_)
    result = cli.run(*EXPORT)
    assert f"mapping {invalid} is left out" in result.err
    assert cli.run("integrations", "diff", write(cli, result.out)).code == 0


EXISTING = """\
# ours; see the wiki
version = 1

[integrations.gone]
endpoint = "https://gone.example.com/"

# leads of the spring campaign
[integrations.spring]
endpoint = "https://${HOOKS}/spring"   # the gateway
region = "us"          # moves in May
additional_options.campaign_name_filter = "Spring"
mappings = [
  # asked for by sales
  { jebbit_var = "Outcome", client_var = "old", default = "none" },
  { jebbit_var = "dropped", client_var = "x" },
]
"""


def test_into_keeps_names_comments_and_variables(cli: Cli, sandbox: Sandbox) -> None:
    spring(sandbox)
    path = cli.home / "jebbit.toml"
    path.write_text(EXISTING)
    path.chmod(0o640)
    hooks = {"JEBBIT_VAR_HOOKS": "hooks.example.com"}
    result = cli.run(*EXPORT, "--into", str(path), env=hooks)
    assert (result.code, result.out) == (0, "")
    assert "gone is removed" in result.err
    text = path.read_text()
    expected = (
        "# ours; see the wiki",
        "# leads of the spring campaign",
        'endpoint = "https://${HOOKS}/spring"   # the gateway',
        'region = "eu"          # moves in May',
        "# asked for by sales",
    )
    assert "\n is_active" not in text
    for line in expected:
        assert line in text
    assert "campaign_name_filter" not in text
    entries = tomllib.loads(text)["integrations"]
    assert list(entries) == ["spring", "hooks-example-com-jebbit-1", "klaviyo"]
    assert entries["spring"]["mappings"] == [
        {"jebbit_var": "Outcome", "client_var": "bucket", "default": "none"},
        {"jebbit_var": "email", "client_var": "mail"},
    ]
    assert mode(path) == 0o640
    assert cli.run(*STRICT, str(path), env=hooks).code == 0
    before = path.read_bytes()
    assert cli.run(*EXPORT, "--into", str(path), env=hooks).code == 0
    assert path.read_bytes() == before


def test_comments_below_a_removed_entry_are_kept(cli: Cli, sandbox: Sandbox) -> None:
    id_ = spring(sandbox)
    kept = f'version = 1\n[integrations.kept]\nid = "{id_}"\n'
    removed = '[integrations.gone]\nendpoint = "https://gone.example.com/"\n\n# the end,\n# of it\n'
    path = write(cli, kept + removed)
    assert cli.run(*EXPORT, "--into", path).code == 0
    assert "\n# the end,\n# of it\n" in Path(path).read_text()
    assert cli.run(*STRICT, path).code == 0


def test_mappings_in_an_array_of_tables_stay_in_one(cli: Cli, sandbox: Sandbox) -> None:
    id_ = spring(sandbox)
    table = '[[integrations.a.mappings]]\njebbit_var = "Outcome"\nclient_var = "x"\n'
    path = write(cli, f'version = 1\n[integrations.a]\nid = "{id_}"\n\n{table}')
    assert cli.run(*EXPORT, "--into", path).code == 0
    assert Path(path).read_text().count("[[integrations.a.mappings]]") == 2
    assert cli.run(*STRICT, path).code == 0


def test_into_creates_a_missing_file(cli: Cli) -> None:
    path = cli.home / "new.toml"
    result = cli.run(*EXPORT, "--into", str(path))
    assert (result.code, result.err) == (0, f"Wrote {path}.\n")
    assert path.read_text() == cli.run(*EXPORT).out
    assert f"Updated {path}." in cli.run(*EXPORT, "--into", str(path)).err
    assert cli.run(*EXPORT, "--into", str(cli.home / "no" / "such.toml")).code == 1


def test_into_leaves_an_invalid_manifest_unchanged(cli: Cli, sandbox: Sandbox) -> None:
    path = cli.home / "jebbit.toml"
    path.write_text("version = 1\nnope = 1\n")
    result = cli.run(*EXPORT, "--into", str(path))
    assert (result.code, sandbox.requests, path.read_text()) == (2, [], "version = 1\nnope = 1\n")


def test_all_businesses_writes_a_section_for_each(cli_several: Cli, three_businesses: Sandbox) -> None:
    result = cli_several.run(*EXPORT, "--all-businesses")
    assert result.code == 0, result.err
    document = tomllib.loads(result.out)
    assert list(document["businesses"]) == list(three_businesses.state.businesses)
    names = [name for section in document["businesses"].values() for name in section["integrations"]]
    assert len(names) == len(set(names)) == 3
    path = write(cli_several, result.out)
    assert cli_several.run(*STRICT, path).code == 0
    three_businesses.state.businesses[next(iter(three_businesses.state.businesses))].of(
        "integrations"
    ).clear()
    assert cli_several.run(*EXPORT, "--into", path).code == 0
    assert cli_several.run(*STRICT, path).code == 0
    assert cli_several.run(*EXPORT, "--all-businesses", "--business", "x").code == 2
    assert cli_several.run(*EXPORT, "--all-businesses", "--into", write(cli_several, SPRING)).code == 2
    assert cli_several.run(*EXPORT).code == 2


def test_json_is_the_same_document(cli: Cli) -> None:
    assert cli.run(*EXPORT, "--json").json == export_document(cli)


def test_a_terminal_shows_control_characters_escaped(cli: Cli, sandbox: Sandbox) -> None:
    spring(sandbox, additional_options={"campaign_name_filter": "\x9b31m\u202egnirpS"})
    shown = screen(cli, *EXPORT, env={"NO_COLOR": "1"})
    assert "\x9b" not in shown
    assert "\u202e" not in shown
    assert tomllib.loads(shown)["version"] == 1


@pytest.mark.parametrize(
    "text",
    [
        'integrations = {{ a = {{ id = "{id}", region = "us" }} }}\n',
        "integrations = {{}}\n",
        '[integrations]\na = {{ id = "{id}", region = "us", mappings = [] }}\n',
        'integrations.a.id = "{id}"\nintegrations.a.region = "us"\n',
    ],
)
def test_into_leaves_an_unsupported_layout_unchanged(cli: Cli, sandbox: Sandbox, text: str) -> None:
    path = write(cli, "version = 1\n" + text.format(id=spring(sandbox)))
    before = Path(path).read_bytes()
    result = cli.run(*EXPORT, "--into", path)
    assert (result.code, Path(path).read_bytes()) == (2, before)
    assert f"the layout of {path} cannot be edited" in result.err
    assert "[integrations.NAME]" in result.err


def test_into_accepts_a_file_without_a_final_newline(cli: Cli, sandbox: Sandbox) -> None:
    spring(sandbox)
    for text in (SPRING.rstrip(), f"{SPRING}# the end", "version = 1", "version = 1  # ours"):
        path = write(cli, text)
        assert cli.run(*EXPORT, "--into", path).code == 0
        assert cli.run(*STRICT, path).code == 0


def test_into_keeps_line_endings(cli: Cli, sandbox: Sandbox) -> None:
    spring(sandbox)
    path = cli.home / "jebbit.toml"
    path.write_bytes(SPRING.replace("\n", "\r\n").replace('"eu"', '"us"').encode())
    assert cli.run(*EXPORT, "--into", str(path)).code == 0
    content = path.read_bytes()
    assert content.count(b"\n") == content.count(b"\r\n") > SPRING.count("\n")
    assert cli.run(*STRICT, str(path)).code == 0


def test_into_with_business_does_not_reuse_a_name_of_another_business(
    cli_several: Cli, three_businesses: Sandbox
) -> None:
    first, second, _ = three_businesses.state.businesses
    named = f"[businesses.{first}.integrations.hooks-example-com-jebbit-1]"
    text = f'version = 1\n{named}\nendpoint = "https://elsewhere.example.com/"\n[businesses.{second}]\n'
    path = write(cli_several, text)
    result = cli_several.run(*EXPORT, "--business", second, "--into", path)
    assert result.code == 0, result.err
    document = tomllib.loads(Path(path).read_text())
    assert list(document["businesses"][second]["integrations"]) == ["hooks-example-com-jebbit-1-2"]
    assert cli_several.run(*STRICT, "--business", second, path).code == 0


def test_into_standard_input_is_a_usage_error(cli: Cli, sandbox: Sandbox) -> None:
    result = cli.run(*EXPORT, "--into", "-")
    assert (result.code, sandbox.requests) == (2, [])
    assert "--into" in result.err
