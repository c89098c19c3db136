"""``integrations diff``: shows where Jebbit differs from a manifest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from jebbitctl.sandbox.server import Sandbox, SandboxOptions
from tests.manifest.support import SPRING, rows, spring, write
from tests.scripted_server import add_mapping, attributes_of, scripted, writes
from tests.support import cli_for
from tests.terminal import screen

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support import Cli

DIFF = ("integrations", "diff")


def test_diff_exits_0_without_differences(cli: Cli, sandbox: Sandbox) -> None:
    spring(sandbox)
    result = cli.run(*DIFF, "--plain", write(cli))
    assert (result.code, [row[0] for row in rows(result.out)]) == (0, ["unmanaged", "unmanaged"])
    assert "Jebbit matches" in result.err
    document = cli.run(*DIFF, write(cli), "--json").json
    assert (document["ok"], document["steps"], len(document["unmanaged"])) == (True, [], 2)


def test_another_spelling_of_an_endpoint_matches_the_same_integration(cli: Cli, sandbox: Sandbox) -> None:
    spring(sandbox, endpoint="HTTPS://HOOKS.example.com:443/spring")
    assert cli.run(*DIFF, write(cli)).code == 0


def test_diff_prints_a_line_per_difference_and_exits_6(cli: Cli, sandbox: Sandbox) -> None:
    id_ = spring(sandbox, region="us", additional_options={"hash_pii": False})
    mapping = next(iter(attributes_of(sandbox, "integration_mappings").values()))
    mapping["client_var"] = "old"
    result = cli.run(*DIFF, "--plain", write(cli))
    assert result.code == 6
    assert [row for row in rows(result.out) if row[0] != "unmanaged"] == [
        ["update", "", "spring", id_, "", "region", "us", "eu"],
        ["update", "", "spring", id_, "", "additional_options.hash_pii", "false", "true"],
        ["update", "", "spring", id_, "email", "client_var", "old", "mail"],
    ]
    assert "hint: to apply the manifest: jebbitctl integrations apply" in result.err
    assert writes(sandbox) == []


def test_a_service_name_that_differs_from_jebbit_is_an_error(cli: Cli, sandbox: Sandbox) -> None:
    entry = f'[integrations.ours]\nid = "{spring(sandbox)}"\n'
    result = cli.run(*DIFF, write(cli, f'version = 1\n{entry}service_name = "klaviyo"\n'))
    assert (result.code, result.out) == (2, "")
    assert (
        "line 4: integrations.ours.service_name: the integration belongs to webhooks_standard" in result.err
    )


def test_the_hint_repeats_the_business(cli_several: Cli, three_businesses: Sandbox) -> None:
    first, second, _ = three_businesses.state.businesses
    path = cli_several.home / "our manifest.toml"
    path.write_text(f"version = 1\n[businesses.{first}]\n[businesses.{second}]\n")
    result = cli_several.run(*DIFF, str(path), "--business", second, "--strict", "--json")
    assert result.code == 6
    command = f"jebbitctl integrations apply '{path}' --business {second} --prune"
    assert result.error["hint"].endswith(f"to apply the manifest and remove what is unmanaged: {command}")


def test_json_lists_the_steps(cli: Cli, sandbox: Sandbox) -> None:
    result = cli.run(*DIFF, write(cli), "--json")
    assert (result.code, result.error["code"]) == (6, "check_failed")
    create, outcome, email = result.json["steps"]
    assert create == {
        "action": "create",
        "business": None,
        "name": "spring",
        "id": None,
        "mapping": None,
        "changes": [
            {"attribute": "endpoint", "current": None, "desired": "https://hooks.example.com/spring"},
            {"attribute": "region", "current": None, "desired": "eu"},
            {"attribute": "is_active", "current": None, "desired": True},
            {"attribute": "additional_options.hash_pii", "current": None, "desired": True},
        ],
    }
    assert (outcome["mapping"], email["mapping"]) == ("Outcome", "email")
    assert result.json["ok"] is False
    assert sandbox.requests[-1].method == "GET"


def test_with_strict_an_unmanaged_resource_is_a_difference(cli: Cli, sandbox: Sandbox) -> None:
    id_ = spring(sandbox)
    add_mapping(sandbox, "extra", "x", integration=id_)
    path = write(cli)
    assert cli.run(*DIFF, "--plain", path).code == 0
    strict = cli.run(*DIFF, "--plain", path, "--strict")
    assert strict.code == 6
    assert "jebbit.toml: 3 unmanaged\n" in strict.err
    assert f"to keep what is at Jebbit: jebbitctl integrations export --into {path}; to apply" in strict.err
    assert "--prune" in strict.err
    assert [row[4:7] for row in rows(strict.out)] == [
        ["extra", "client_var", "x"],
        ["", "service_name", "klaviyo"],
        ["", "endpoint", "https://hooks.example.com/jebbit/1"],
    ]
    unmanaged = cli.run(*DIFF, path, "--strict", "--json").json["unmanaged"]
    assert [(step["action"], step["mapping"]) for step in unmanaged] == [
        ("delete", "extra"),
        ("update", None),
        ("delete", None),
    ]


def test_a_failing_query_is_reported_and_does_not_hide_a_difference(cli: Cli) -> None:
    result = cli.run(*DIFF, write(cli), "-q", "length(nope)")
    assert (result.code, result.out) == (6, "")
    assert result.err.startswith("warning: --query: ")
    assert "\nerror: " in result.err


@pytest.mark.parametrize("command", [DIFF, ("integrations", "apply", "--dry-run")])
def test_a_narrow_terminal_gets_whole_words_and_the_rest_of_a_value_below_it(
    cli: Cli, sandbox: Sandbox, command: tuple[str, ...]
) -> None:
    id_ = spring(sandbox)
    url = "https://hooks.example.com/a-path-that-is-longer-than-a-line"
    manifest = SPRING.replace('"bucket"', '"a column whose name is long"')
    manifest = manifest.replace("endpoint", f'id = "{id_}"\nendpoint')
    path = write(cli, manifest.replace("https://hooks.example.com/spring", url))
    shown = screen(cli, *command, path, columns=40, env={"NO_COLOR": "1"})
    assert shown.startswith(
        f"~ spring ({id_})\n"
        "    endpoint:\n"
        "      https://hooks.example.com/spring →\n"
        f"      {url}\n"
        "  ~ mapping Outcome: client_var bucket →\n"
        "      a column whose name is long\n"
    )
    long = [line for line in shown.splitlines() if len(line) > 40]
    assert [line for line in long if url not in line and path not in line] == []
    assert f"/spring → {url}\n" in cli.run(*command, path).out


def test_a_terminal_gets_a_block_per_integration(cli: Cli, sandbox: Sandbox) -> None:
    id_ = spring(sandbox, region="us", additional_options={})
    shown = screen(cli, *DIFF, write(cli, SPRING.replace('"mail"', '"e-mail"')), env={"NO_COLOR": "1"})
    assert shown.startswith(
        f"~ spring ({id_})\n"
        "    region: us → eu\n"
        "    additional_options.hash_pii: null → true\n"
        "  ~ mapping email: client_var mail → e-mail\n"
        "? "
    )
    assert "\x1b[32m+ spring\x1b" in screen(cli, *DIFF, write(cli, SPRING.replace("/spring", "/new")))


def test_attributes_without_a_key_are_not_managed(cli: Cli, sandbox: Sandbox) -> None:
    id_ = spring(sandbox, is_active=False, include_uids=True)
    manifest = f'version = 1\n[integrations.renamed]\nid = "{id_}"\n'
    assert cli.run(*DIFF, write(cli, manifest)).code == 0


def test_an_id_matches_an_integration_whose_endpoint_changes(cli: Cli, sandbox: Sandbox) -> None:
    id_ = spring(sandbox)
    manifest = f'version = 1\n[integrations.a]\nid = "{id_}"\nendpoint = "https://moved.example.com/"\n'
    (row, *_) = rows(cli.run(*DIFF, "--plain", write(cli, manifest)).out)
    assert row[2:] == [
        "a",
        id_,
        "",
        "endpoint",
        "https://hooks.example.com/spring",
        "https://moved.example.com/",
    ]


def test_two_matching_integrations_are_an_error_that_names_both(cli: Cli, sandbox: Sandbox) -> None:
    first, second = spring(sandbox), spring(sandbox)
    result = cli.run(*DIFF, write(cli))
    assert (result.code, result.out) == (2, "")
    assert "line 4: integrations.spring.endpoint: matches both" in result.err
    assert first in result.err
    assert second in result.err


@pytest.mark.parametrize(
    ("entry", "hint"),
    [
        ("", "remove the id to create a new integration"),
        ('service_name = "klaviyo"\n', "correct the id, or create the integration in Jebbit's dashboard"),
    ],
)
def test_an_unknown_id_is_not_found(cli: Cli, entry: str, hint: str) -> None:
    result = cli.run(*DIFF, write(cli, f'version = 1\n\n[integrations.a]\nid = "nowhere1"\n{entry}'))
    assert (result.code, result.out) == (3, "")
    assert "line 4: integrations.a.id: integration nowhere1 not found" in result.err
    assert f"hint: {hint}" in result.err


def test_an_integration_that_only_the_dashboard_can_create_is_not_planned(cli: Cli) -> None:
    text = 'version = 1\n[integrations.a]\nservice_name = "klaviyo"\nendpoint = "https://x.example/"\n'
    result = cli.run(*DIFF, write(cli, text))
    assert result.code == 3
    assert "dashboard" in result.err


def test_an_invalid_new_endpoint_is_an_error_even_with_an_id(cli: Cli, sandbox: Sandbox) -> None:
    id_ = spring(sandbox)
    result = cli.run(
        *DIFF, write(cli, f'version = 1\n[integrations.a]\nid = "{id_}"\nendpoint = "http://x.example"\n')
    )
    assert result.code == 2
    assert "line 4: integrations.a.endpoint: plain http" in result.err


@pytest.mark.parametrize("text", ["version = 1\nnope = 1", "version = "])
def test_an_invalid_manifest_is_reported_before_any_request(cli: Cli, sandbox: Sandbox, text: str) -> None:
    result = cli.run(*DIFF, write(cli, text))
    assert (result.code, result.out, sandbox.requests) == (2, "", [])
    assert "jebbit.toml, line " in result.err


def test_a_manifest_is_read_from_standard_input(cli: Cli, sandbox: Sandbox) -> None:
    spring(sandbox)
    result = cli.run(*DIFF, "-", stdin=SPRING)
    assert result.code == 0
    assert "standard input" in result.err


def test_attributes_missing_from_a_list_are_fetched(tmp_path: Path) -> None:
    def sparse(method: str, path: str) -> tuple[int, object] | None:
        if (method, path) != ("GET", "integrations"):
            return None
        (id_,) = attributes_of(sandbox, "integrations")
        known = {"endpoint": "https://hooks.example.com/spring", "service_name": "webhooks_standard"}
        return 200, {"data": [{"id": id_, "type": "integrations", "attributes": known}]}

    with Sandbox(wrap=scripted(sparse)) as sandbox:
        spring(sandbox)
        cli = cli_for(tmp_path, sandbox)
        assert cli.run(*DIFF, write(cli)).code == 0


def test_a_second_name_for_an_attribute_does_not_change_its_first_mapping(cli: Cli, sandbox: Sandbox) -> None:
    spring(sandbox)
    another = '{ jebbit_var = "email", client_var = "e_mail" },\n  '
    text = SPRING.replace('{ jebbit_var = "email"', another + '{ jebbit_var = "email"')
    steps = cli.run(*DIFF, write(cli, text), "--json").json["steps"]
    assert [(step["action"], step["changes"][1]["desired"]) for step in steps] == [("create", "e_mail")]


def test_an_entry_by_id_and_one_by_endpoint_cannot_match_the_same_integration(
    cli: Cli, sandbox: Sandbox
) -> None:
    by_id = f'[integrations.by-id]\nid = "{spring(sandbox)}"\n'
    for further in ("", 'endpoint = "https://Hooks.example.com:443/spring"\n'):
        result = cli.run(*DIFF, write(cli, SPRING + by_id + further))
        assert (result.code, result.out) == (2, "")
        assert (
            "line 4: integrations.spring.endpoint: by-id already matches the integration at this endpoint"
            in result.err
        )
    moved = cli.run(*DIFF, write(cli, f'{SPRING}{by_id}endpoint = "https://moved.example.com/"\n'))
    assert moved.code == 6


def test_200_integrations_with_5_mappings_each_take_two_requests_per_business(tmp_path: Path) -> None:
    with Sandbox(SandboxOptions(businesses=2)) as sandbox:
        sections = []
        for business in sandbox.state.businesses.values():
            for number in range(100):
                endpoint = f"https://hooks.example.com/{business.id}/{number}"
                attributes = {
                    "endpoint": endpoint,
                    "service_name": "webhooks_standard",
                    "additional_options": {},
                }
                id_ = _add_to(sandbox, business.id, "integrations", **attributes)
                for mapping in range(5):
                    names = {"jebbit_var": f"v{mapping}", "client_var": "c", "default": None}
                    _add_to(sandbox, business.id, "integration_mappings", integration_id=id_, **names)
                entries = ", ".join(f'{{jebbit_var = "v{m}", client_var = "c"}}' for m in range(5))
                sections.append(
                    f'[businesses.{business.id}.integrations."{business.id}-{number}"]\n'
                    f'endpoint = "{endpoint}"\nmappings = [{entries}]\n'
                )
        cli = cli_for(tmp_path, sandbox)
        result = cli.run(*DIFF, write(cli, "version = 1\n" + "".join(sections)))
        assert (result.code, result.out) == (0, "")
        paths = [request.path.rpartition("/")[2] for request in sandbox.requests]
        assert paths == ["token", *["integrations", "integration_mappings"] * 2]


def _add_to(sandbox: Sandbox, business: str, type_: str, **attributes: object) -> str:
    from jebbitctl.sandbox.state import StoredResource

    id_ = sandbox.state.new_id()
    sandbox.state.businesses[business].of(type_)[id_] = StoredResource(id_, attributes, sandbox.state.clock())
    return id_


def test_each_section_covers_its_business_and_an_option_selects_one(
    cli_several: Cli, three_businesses: Sandbox
) -> None:
    first, second, third = three_businesses.state.businesses
    text = "version = 1\n" + "".join(
        f'[businesses.{id_}.integrations.{name}]\nendpoint = "https://{name}.example.com/"\n'
        for id_, name in ((first, "one"), (second, "two"))
    )
    path = write(cli_several, text)
    both = [
        row[:3]
        for row in rows(cli_several.run(*DIFF, "--plain", path).out)
        if row[5] == "endpoint" and not row[3]
    ]
    assert both == [["create", first, "one"], ["create", second, "two"]]
    only = [
        row[2] for row in rows(cli_several.run(*DIFF, "--plain", path, "--business", second).out) if row[2]
    ]
    assert set(only) == {"two"}
    assert f"+ business {second}: two" in cli_several.run(*DIFF, path, "--business", second).out
    for business, reason in (
        (third, f"has no section for business {third}"),
        ("nobody12", "the credentials do not cover business nobody12"),
    ):
        refused = cli_several.run(*DIFF, path, "--business", business)
        assert (refused.code, reason in refused.err) == (2, True)
    shown = screen(cli_several, *DIFF, path, env={"NO_COLOR": "1"})
    assert f"+ business {first}: one" in shown


def test_without_sections_several_businesses_require_the_business_option(cli_several: Cli) -> None:
    result = cli_several.run(*DIFF, write(cli_several))
    assert (result.code, result.out) == (2, "")
    assert "--business" in result.err
