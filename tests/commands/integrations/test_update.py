"""``integrations update``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.commands.integrations.support import stored, webhook
from tests.scripted_server import writes

if TYPE_CHECKING:
    from collections.abc import Callable

    from jebbitctl.sandbox.server import Sandbox
    from tests.support import Result


def test_another_spelling_of_the_endpoint_is_not_a_change(
    jebbitctl: Callable[..., Result], sandbox: Sandbox
) -> None:
    id_ = jebbitctl(
        "integrations", "create", "--endpoint", "https://leads.example.com", "-q", "id"
    ).out.strip()
    assert jebbitctl("integrations", "update", id_, "--endpoint", "https://LEADS.example.com/").code == 0
    assert len(writes(sandbox)) == 1


def test_an_update_sends_only_what_changes_and_merges_the_options(
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


def test_an_update_without_changes_sends_nothing(jebbitctl: Callable[..., Result], sandbox: Sandbox) -> None:
    stored(sandbox)[webhook(sandbox)]["region"] = "us"
    result = jebbitctl("integrations", "update", webhook(sandbox), "--region", "us", "--json")
    assert result.code == 0
    assert result.json["region"] == "us"
    assert "is already up to date" in result.err
    assert writes(sandbox) == []


def test_an_update_without_attributes_is_a_usage_error(
    jebbitctl: Callable[..., Result], sandbox: Sandbox
) -> None:
    assert jebbitctl("integrations", "update", webhook(sandbox)).code == 2
    assert sandbox.requests == []


@pytest.mark.parametrize("endpoint", ["", "$HOST/hook", "https://https//example.com"])
def test_an_update_to_an_invalid_endpoint_sends_nothing(
    jebbitctl: Callable[..., Result], sandbox: Sandbox, endpoint: str
) -> None:
    result = jebbitctl("integrations", "update", webhook(sandbox), "--endpoint", endpoint)
    assert (result.code, "error: --endpoint: it" in result.err) == (2, True), result.err
    assert sandbox.requests == []


def test_a_dry_run_prints_the_request_and_writes_nothing(
    jebbitctl: Callable[..., Result], sandbox: Sandbox
) -> None:
    id_ = webhook(sandbox)
    stored(sandbox)[id_]["region"] = "us"
    request = jebbitctl("integrations", "update", id_, "--region", "eu", "--dry-run", "--json").json
    assert request["method"] == "PATCH"
    assert request["body"] == {"data": {"id": id_, "type": "integrations", "attributes": {"region": "eu"}}}
    assert request["existing"]["id"] == id_
    unchanged = jebbitctl("integrations", "update", id_, "--region", "us", "--dry-run", "--json").json
    assert unchanged == {"method": None, "url": None, "body": None, "existing": request["existing"]}
    assert writes(sandbox) == []


def test_an_update_names_unapplied_attributes_and_prints_the_other_changes(
    jebbitctl: Callable[..., Result], sandbox: Sandbox
) -> None:
    id_ = webhook(sandbox)
    stored(sandbox)[id_]["region"], stored(sandbox)[id_]["include_uids"] = "us", False
    sandbox.state.ignored_attributes = {"include_uids"}
    result = jebbitctl("integrations", "update", id_, "--region", "eu", "--include-uids")
    assert result.code == 1
    assert result.out == "region\tus\teu\n"
    assert "did not apply include_uids (requested true, got false)" in result.err
