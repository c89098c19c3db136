"""Who feeds whom: ``campaigns integrations|exports``, ``integrations campaigns``, ``exports campaigns``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from jebbitctl.sandbox.server import Sandbox, SandboxOptions
from tests.scripted_server import attributes_of, scripted
from tests.support import cli_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support import Cli

DIALECT: Any = "host"
"""The one in which Jebbit says ``attached_at``."""


@pytest.fixture
def says_all(tmp_path: Path) -> Iterator[tuple[Cli, Sandbox]]:
    """A Jebbit with a brand-wide webhook and an integration of another service, attached to a campaign."""
    with Sandbox(SandboxOptions(integrations=2, dialect=DIALECT)) as sandbox:
        yield cli_for(tmp_path, sandbox), sandbox


def first_campaign(sandbox: Sandbox) -> str:
    """Return the campaign that something is attached to."""
    return list(attributes_of(sandbox, "campaigns"))[-1]


def id_of(sandbox: Sandbox, type_: str, **attributes: Any) -> str:
    found = attributes_of(sandbox, type_).items()
    return next(id_ for id_, stored in found if attributes.items() <= stored.items())


@pytest.mark.parametrize(
    ("noun", "type_", "reach"),
    [
        ("integration", "integrations", "it also fires for every other campaign"),
        ("export", "uploaders", "it also sends answers of every other campaign"),
    ],
)
def test_the_campaigns_of_something_are_listed_and_brand_wide_is_said(
    says_all: tuple[Cli, Sandbox], noun: str, type_: str, reach: str
) -> None:
    cli, sandbox = says_all
    (attached,) = (
        id_
        for id_, stored in attributes_of(sandbox, type_).items()
        if stored["attached_at"] == "campaigns" and stored.get("destination_type") != "email"
    )
    result = cli.run(f"{noun}s", "campaigns", attached, "-q", "[].id")
    assert (result.code, result.json, result.err) == (0, [first_campaign(sandbox)], "")
    everywhere = id_of(sandbox, type_, attached_at="brand")
    result = cli.run(f"{noun}s", "campaigns", everywhere)
    assert (result.code, result.out) == (0, "")
    assert result.err == (
        f"No campaign is attached to {noun} {everywhere}.\n"
        f"{noun.capitalize()} {everywhere} is brand-wide: {reach}.\n"
    )


def test_a_brand_wide_integration_is_not_said_to_pass_its_own_filter(says_all: tuple[Cli, Sandbox]) -> None:
    cli, sandbox = says_all
    id_ = id_of(sandbox, "integrations", attached_at="brand")
    attributes_of(sandbox, "integrations")[id_]["additional_options"]["campaign_name_filter"] = "Quiz"
    assert cli.run("integrations", "campaigns", id_).err.endswith(
        "it also fires for every other campaign that its campaign_name_filter lets through: Quiz.\n"
    )
    assert cli.run("campaigns", "integrations", first_campaign(sandbox)).err == (
        f"Integration {id_} gets them only if its campaign_name_filter lets the campaign through: Quiz.\n"
    )


def test_brand_wide_is_unknown_if_jebbit_does_not_say_it(cli: Cli, sandbox: Sandbox) -> None:
    id_ = next(iter(attributes_of(sandbox, "integrations")))
    assert cli.run("integrations", "campaigns", id_).err.endswith(
        f"Jebbit does not say whether integration {id_} is brand-wide. "
        "If it is, it also fires for every other campaign.\n"
    )
    result = cli.run("campaigns", "integrations", first_campaign(sandbox))
    assert [line.split("\t")[1] for line in result.out.splitlines()] == ["campaign"]
    assert result.err == (
        "1 other integration may be brand-wide and get this campaign's answers, too: Jebbit does not say.\n"
    )


def test_the_number_of_brand_wide_ones_is_said_if_jebbit_counts_them_without_naming_them(
    says_all: tuple[Cli, Sandbox],
) -> None:
    cli, sandbox = says_all
    campaign = first_campaign(sandbox)
    sandbox.state.behaviour.dialect = sandbox.state.behaviour.dialect.without("integrations", "attached_at")
    result = cli.run("campaigns", "integrations", campaign)
    assert result.err.endswith("not say. It counts 1 brand-wide integration for this campaign.\n")


def test_everything_that_gets_the_answers_of_a_campaign_is_listed(says_all: tuple[Cli, Sandbox]) -> None:
    cli, sandbox = says_all
    campaign = first_campaign(sandbox)
    of_type: dict[str, Any] = {"integrations": {}, "uploaders": {"destination_type": "s3"}}
    for verb, type_ in (("integrations", "integrations"), ("exports", "uploaders")):
        direct = id_of(sandbox, type_, attached_at="campaigns", **of_type[type_])
        everywhere = id_of(sandbox, type_, attached_at="brand")
        result = cli.run("campaigns", verb, campaign, "-q", "[].[id, via, attached_at]")
        assert result.json == [[direct, "campaign", "campaigns"], [everywhere, "brand", "brand"]]
        assert result.err == ""
        result = cli.run("campaigns", verb, campaign, "--direct", "-q", "[].[id, via]")
        assert (result.json, result.err) == ([[direct, "campaign"]], "")


def test_something_brand_wide_that_is_attached_as_well_is_listed_once(says_all: tuple[Cli, Sandbox]) -> None:
    cli, sandbox = says_all
    for stored in attributes_of(sandbox, "integrations").values():
        stored["attached_at"] = "both"
    rows = cli.run("campaigns", "integrations", first_campaign(sandbox), "-q", "[].via").json
    assert rows == ["campaign", "brand"]


def test_an_empty_list_says_what_was_asked(says_all: tuple[Cli, Sandbox]) -> None:
    cli, sandbox = says_all
    newest = next(iter(attributes_of(sandbox, "campaigns")))
    assert (
        cli.run("campaigns", "exports", newest, "--direct").err
        == f"No export is attached to campaign {newest}.\n"
    )
    for stored in attributes_of(sandbox, "uploaders").values():
        stored["attached_at"] = "campaigns"
    assert cli.run("campaigns", "exports", newest).err == (
        f"No export is known to get the answers of campaign {newest}.\n"
    )


@pytest.mark.parametrize(
    ("line", "noun"),
    [
        ("integrations campaigns nowhere1", "integration"),
        ("exports campaigns nowhere1", "export"),
        ("campaigns integrations nowhere1", "campaign"),
        ("campaigns exports nowhere1", "campaign"),
    ],
)
def test_links_of_an_unknown_resource_are_not_found(cli: Cli, line: str, noun: str) -> None:
    result = cli.run(*line.split())
    assert (result.code, result.out) == (3, "")
    assert f"error: {noun} nowhere1 not found" in result.err


@pytest.mark.parametrize(
    ("line", "scope"),
    [
        ("attributes list", "read:trait"),
        ("attributes get email", "read:trait"),
        ("exports list", "read:uploader"),
        ("exports get {uploaders}", "read:uploader"),
        ("exports check", "read:uploader"),
        ("exports campaigns {uploaders}", "read:campaign"),
        ("integrations campaigns {integrations}", "read:campaign"),
        ("campaigns integrations {campaigns}", "read:integration"),
        ("campaigns exports {campaigns}", "read:uploader"),
    ],
)
def test_a_refused_read_names_the_scope_of_what_it_returns(
    cli: Cli, sandbox: Sandbox, line: str, scope: str
) -> None:
    sandbox.state.permissions.remove(scope)
    ids = {
        type_: next(iter(attributes_of(sandbox, type_)))
        for type_ in ("integrations", "campaigns", "uploaders")
    }
    result = cli.run(*line.format(**ids).split())
    assert (result.code, result.out) == (4, "")
    assert f"; it requires {scope}; the token has " in result.err


def test_whether_it_is_brand_wide_is_unknown_if_the_token_may_not_read_it(cli: Cli, sandbox: Sandbox) -> None:
    sandbox.state.permissions.remove("read:integration")
    id_ = next(iter(attributes_of(sandbox, "integrations")))
    result = cli.run("integrations", "campaigns", id_)
    assert result.code == 0
    assert (
        f"warning: cannot tell whether integration {id_} is brand-wide: Jebbit does not allow GET "
        in result.err
    )


def test_an_integration_that_is_only_listed_under_the_campaign_is_shown(tmp_path: Path) -> None:
    def hidden(method: str, path: str) -> tuple[int, Any] | None:
        return (200, {"data": []}) if (method, path) == ("GET", "integrations") else None

    with Sandbox(SandboxOptions(integrations=2, dialect=DIALECT), wrap=scripted(hidden)) as sandbox:
        rows = (
            cli_for(tmp_path, sandbox)
            .run("campaigns", "integrations", first_campaign(sandbox), "--json")
            .json
        )
    assert [row["service_name"] for row in rows] == ["klaviyo"]


def test_what_a_campaign_does_not_say_of_an_integration_is_taken_from_the_list(tmp_path: Path) -> None:
    def sparse(_method: str, path: str) -> tuple[int, Any] | None:
        if not path.startswith("campaigns/"):
            return None
        return 200, {"data": [{"id": id_of(sandbox, "integrations", attached_at="campaigns")}]}

    with Sandbox(SandboxOptions(integrations=2, dialect=DIALECT), wrap=scripted(sparse)) as sandbox:
        rows = cli_for(tmp_path, sandbox).run("campaigns", "integrations", "c1", "--json").json
    assert [(row["via"], row["attached_at"]) for row in rows] == [
        ("campaign", "campaigns"),
        ("brand", "brand"),
    ]
