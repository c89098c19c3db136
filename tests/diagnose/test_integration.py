"""Whether the integration exists, and where it was created."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.diagnose.support import FAILED, OK, UNKNOWN, states

if TYPE_CHECKING:
    from tests.diagnose.support import JebbitAccount

NEVER_SEEN = "zzzzzzzz"


def leave_out(account: JebbitAccount, name: str) -> None:
    """Leave an attribute of integrations out of every answer but the list of the dashboard's webhooks."""
    behaviour = account.sandbox.state.behaviour
    behaviour.dialect = behaviour.dialect.without("integrations", name)


def test_without_the_integration_nothing_else_is_known(account: JebbitAccount) -> None:
    findings = account.examine(NEVER_SEEN)
    assert findings["integration"].state is FAILED
    assert "jebbitctl integrations list" in (findings["integration"].fix or "")
    rest = {name: finding.seen for name, finding in list(findings.items())[3:]}
    assert set(rest.values()) == {"the integration does not exist"}


def test_an_incomplete_list_proves_no_absence(account: JebbitAccount) -> None:
    account.sandbox.state.behaviour.record_count = 5
    own = account.business.of("integrations").pop(account.webhook.id)
    assert account.examine(own.id)["integration"].state is FAILED  # Jebbit was asked for this one
    paths = [request.path for request in account.sandbox.requests]
    assert paths.count(f"/api/v1/integrations/{own.id}") == 1
    account.business.of("integrations")[own.id] = own
    findings = account.examine()
    assert states(findings, OK) == {"duplicates": UNKNOWN, "mappings": UNKNOWN}
    assert findings["duplicates"].seen.startswith("Jebbit counts 5 integrations, but sent 1")


def test_an_incomplete_list_proves_neither_that_nothing_is_launched_nor_that_nothing_matches(
    account: JebbitAccount,
) -> None:
    account.sandbox.state.behaviour.record_count = 9
    account.set_options(campaign_name_filter="no title has this")
    findings = account.examine()
    assert findings["filter"].state is UNKNOWN
    for campaign in account.campaigns:
        campaign.attributes["launch_date"] = None
    findings = account.examine()
    assert {findings[line].state for line in ("campaigns", "filter", "leads")} == {UNKNOWN}
    account.business.of("integration_mappings").clear()
    findings = account.examine()
    assert {findings[line].state for line in ("attributes", "mappings")} == {UNKNOWN}
    leave_out(account, "attached_at")
    assert account.examine()["campaigns"].state is UNKNOWN


def test_an_incomplete_list_of_the_dashboards_webhooks_does_not_prove_another_origin(
    account: JebbitAccount,
) -> None:
    leave_out(account, "created_in_dashboard")
    account.webhook.from_dashboard = False
    account.sandbox.state.behaviour.record_count = 9
    assert account.examine()["origin"].state is UNKNOWN


def test_an_integration_of_another_service_is_not_diagnosed_further(account: JebbitAccount) -> None:
    account.webhook.attributes["service_name"] = "klaviyo"
    findings = account.examine()
    assert states(findings, UNKNOWN) == {"token": OK, "business": OK}
    assert findings["integration"].seen == "klaviyo: only webhooks can be diagnosed"
    assert findings["leads"].seen == "only webhooks can be diagnosed, not klaviyo"


def test_an_integration_without_a_service_may_be_a_webhook(account: JebbitAccount) -> None:
    leave_out(account, "service_name")
    account.unserved.add("/webhook_integrations")
    findings = account.examine()
    assert states(findings, OK) == {}
    assert "does not say its service" in findings["integration"].seen


@pytest.mark.parametrize("said", [True, False])
@pytest.mark.parametrize("from_dashboard", [True, False])
def test_the_origin_is_said_by_an_attribute_or_by_a_list(
    account: JebbitAccount, said: bool, from_dashboard: bool
) -> None:
    account.webhook.from_dashboard = from_dashboard
    if not said:
        leave_out(account, "created_in_dashboard")
    finding = account.examine()["origin"]
    assert finding.state is OK
    assert finding.seen.startswith("created in the dashboard" if from_dashboard else "created by the API")


def test_whether_it_is_active_is_unknown_if_jebbit_does_not_say(account: JebbitAccount) -> None:
    leave_out(account, "is_active")
    assert account.examine()["active"].state is OK  # the list of the dashboard's webhooks says it
    account.unserved.add("/webhook_integrations")
    assert account.examine()["active"].state is UNKNOWN


@pytest.mark.parametrize("name", ["visible_in_dashboard", "dashboard"])
def test_what_the_dashboard_shows_is_no_origin(account: JebbitAccount, name: str) -> None:
    leave_out(account, "created_in_dashboard")
    account.webhook.attributes[name] = True
    account.unserved.add("/webhook_integrations")
    assert account.examine()["origin"].state is UNKNOWN
