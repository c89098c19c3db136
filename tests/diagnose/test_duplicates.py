"""Whether another webhook sends the same leads to the same endpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from jebbitctl.sandbox.dialects import DIALECTS
from tests.diagnose.support import FAILED, OK, UNKNOWN, WARNING

if TYPE_CHECKING:
    from typing import Any

    from jebbitctl.diagnose.findings import State
    from tests.diagnose.support import JebbitAccount


@pytest.mark.parametrize(
    ("other", "state"),
    [
        ({}, FAILED),
        ({"endpoint": "HTTPS://Hooks.Example.com:443/jebbit/1"}, FAILED),
        ({"endpoint": "https://hooks.example.com/jebbit/other"}, OK),
        ({"endpoint": "https://other.example.com/jebbit/1"}, OK),
        ({"is_active": False}, OK),
        ({"service_name": "klaviyo"}, OK),
        ({"attached_at": "campaigns"}, OK),
        ({"additional_options": {"campaign_name_filter": "Coffee"}}, FAILED),
        ({"additional_options": {"campaign_name_filter": "no title has this"}}, OK),
    ],
)
def test_another_webhook_doubles_leads_only_if_it_gets_the_same_ones(
    account: JebbitAccount, other: dict[str, Any], state: State
) -> None:
    added = account.add_webhook(**other)
    finding = account.examine()["duplicates"]
    assert finding.state is state
    assert (added.id in (finding.fix or "")) == (state is FAILED)


def test_filters_that_share_no_campaign_share_no_lead(account: JebbitAccount) -> None:
    account.add_webhook(additional_options={"campaign_name_filter": "Coffee"})
    account.set_options(campaign_name_filter="Skincare")
    finding = account.examine()["duplicates"]
    assert finding.state is OK
    assert "shares its endpoint, but no campaign" in finding.seen


def test_an_inactive_webhook_is_told_which_one_sends_instead(account: JebbitAccount) -> None:
    account.add_webhook()
    account.webhook.attributes["is_active"] = False
    assert account.examine()["duplicates"].state is WARNING


@pytest.mark.parametrize("name", ["is_active", "attached_at", "additional_options"])
def test_the_same_endpoint_without_the_rest_is_no_proof(account: JebbitAccount, name: str) -> None:
    account.add_webhook()
    behaviour = account.sandbox.state.behaviour
    behaviour.dialect = behaviour.dialect.without("integrations", name)
    account.unserved.add("/webhook_integrations")
    assert account.examine()["duplicates"].state is UNKNOWN


def test_the_same_host_is_no_proof(account: JebbitAccount) -> None:
    account.add_webhook()
    behaviour = account.sandbox.state.behaviour
    behaviour.dialect = behaviour.dialect.without("integrations", "endpoint")
    account.unserved.add("/webhook_integrations")
    finding = account.examine()["duplicates"]
    assert finding.state is UNKNOWN
    assert "shows at most its host" in finding.seen


def test_an_endpoint_that_is_not_shown_may_be_the_one_that_is(account: JebbitAccount) -> None:
    account.sandbox.state.behaviour.dialect = DIALECTS["host"]
    added = account.add_webhook()
    added.from_dashboard = False  # so that only its host is shown
    assert account.examine()["duplicates"].state is UNKNOWN
    added.attributes["endpoint"] = None
    assert account.examine()["duplicates"].state is UNKNOWN


def test_another_host_is_proof_enough(account: JebbitAccount) -> None:
    account.add_webhook(endpoint="https://other.example.com/")
    behaviour = account.sandbox.state.behaviour
    behaviour.dialect = behaviour.dialect.without("integrations", "endpoint")
    account.unserved.add("/webhook_integrations")
    assert account.examine()["duplicates"].state is OK


def test_an_endpoint_that_the_user_names_is_compared(account: JebbitAccount) -> None:
    added = account.add_webhook(endpoint="https://other.example.com/")
    finding = account.examine(endpoint="https://other.example.com/")["duplicates"]
    assert finding.state is FAILED
    assert added.id in finding.seen


def test_without_the_campaigns_only_the_same_filter_for_the_whole_brand_is_proof(
    account: JebbitAccount,
) -> None:
    account.sandbox.state.permissions.remove("read:campaign")
    added = account.add_webhook()
    assert account.examine()["duplicates"].state is FAILED
    added.attributes["additional_options"] = {"campaign_name_filter": "Coffee"}
    finding = account.examine()["duplicates"]
    assert finding.state is UNKNOWN
    assert "read:campaign" in (finding.fix or "")


def test_each_of_the_two_is_told(account: JebbitAccount) -> None:
    added = account.add_webhook()
    for id_ in (account.webhook.id, added.id):
        assert account.examine(id_)["duplicates"].state is FAILED
