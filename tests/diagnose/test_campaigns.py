"""Which campaigns feed a webhook, which pass its filter, and how many leads they had."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from jebbitctl.sandbox import reporting
from jebbitctl.sandbox.resource_types import RESOURCE_TYPES
from tests.diagnose.support import FAILED, OK, UNKNOWN, WARNING

if TYPE_CHECKING:
    from typing import Any

    from jebbitctl.api.resources import Resource
    from tests.diagnose.support import JebbitAccount


def leave_out(account: JebbitAccount, type_: str, *names: str) -> None:
    behaviour = account.sandbox.state.behaviour
    behaviour.dialect = behaviour.dialect.without(type_, *names)


def leads_of(account: JebbitAccount, *campaigns: int) -> int:
    """Return the leads of some of the campaigns since 7 days ago."""
    days = [list(account.business.activity[account.campaigns[n].id].values())[-8:] for n in campaigns]
    return sum(day.totals["leads"] for of_campaign in days for day in of_campaign)


def test_a_linked_and_launched_campaign_feeds_it(account: JebbitAccount) -> None:
    account.attach_to_campaigns(account.campaigns[0], account.campaigns[5])
    findings = account.examine()
    assert findings["campaigns"].state is OK
    assert findings["campaigns"].seen == "linked to 1 launched campaign"
    assert findings["leads"].seen.startswith(f"{leads_of(account, 0):,} leads since")


def test_a_brand_wide_webhook_is_fed_by_every_launched_campaign(account: JebbitAccount) -> None:
    findings = account.examine()
    assert findings["campaigns"].seen == "brand-wide: 4 launched campaigns"
    assert findings["leads"].seen.startswith(f"{leads_of(account, 0, 1, 2, 3):,} leads since")
    assert not any(request.path.endswith("/campaigns") for request in account.sandbox.requests[:-9])


def test_only_the_leads_of_campaigns_that_pass_the_filter_count(account: JebbitAccount) -> None:
    account.set_options(campaign_name_filter="COFFEE")
    assert account.examine()["leads"].seen.startswith(f"{leads_of(account, 3):,} leads since")


def test_leads_that_something_may_keep_back_are_not_called_due(account: JebbitAccount) -> None:
    account.webhook.attributes["created_at"] = "2021-12-16T17:48:14.098Z"
    assert account.examine()["leads"].seen.endswith("4 campaigns: they should have been sent")
    account.webhook.attributes["require_opt_in"] = True
    account.webhook.attributes["is_active"] = False
    assert account.examine()["leads"].seen.endswith(
        "how many should have been sent is not known (see active and opt-in)"
    )
    account.webhook.attributes |= {"require_opt_in": None, "is_active": True}
    account.set_options(campaign_name_filter="e")
    assert account.examine()["leads"].seen.endswith("is not known (see filter)")


def test_campaigns_without_a_count_are_not_among_those_that_were_counted(account: JebbitAccount) -> None:
    days = account.business.activity[account.campaigns[0].id].values()
    for day in days:
        day.totals["leads"] = 10**20  # which is no count
    assert "from 3 campaigns (those of 1 more are not counted)" in account.examine()["leads"].seen


def test_statistics_with_ids_of_their_own_count_for_the_campaign_that_they_name(
    account: JebbitAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = account.campaigns[0].id, account.campaigns[1].id
    named = {first: second, second: first}

    def naming(row: Resource) -> str | None:
        return named.get(str(row.id), row.id)

    account.attach_to_campaigns(account.campaigns[0])
    monkeypatch.setattr("jebbitctl.api.campaign_stats.campaign_of", naming)
    assert account.examine()["leads"].seen.startswith(f"{leads_of(account, 1):,} leads since")
    named[second] = second
    assert account.examine()["leads"].seen == "Jebbit does not count the leads of 1 campaign"


def test_what_is_linked_is_sure_even_if_jebbit_does_not_say_whether_it_is_brand_wide(
    account: JebbitAccount,
) -> None:
    leave_out(account, "integrations", "attached_at")
    account.link(account.campaigns[1])
    findings = account.examine()
    assert findings["campaigns"].state is OK
    assert "does not say whether others feed it" in findings["campaigns"].seen
    assert findings["leads"].seen.startswith(f"{leads_of(account, 1)} leads")


@pytest.mark.parametrize("never", [None, "", False])
@pytest.mark.parametrize("is_linked", [True, False])
def test_no_launched_campaign_at_all_is_enough_to_know_that_none_feeds_it(
    account: JebbitAccount, monkeypatch: pytest.MonkeyPatch, never: object, is_linked: bool
) -> None:
    monkeypatch.setitem(dict_of_filters(), "launched", lambda *_: True)
    leave_out(account, "integrations", "attached_at")
    for campaign in account.campaigns:
        campaign.attributes["launch_date"] = never
    if is_linked:
        account.link(account.campaigns[0])
    assert account.examine()["campaigns"].state is FAILED


def test_a_filter_that_no_launched_campaign_passes_fails_whichever_feed_it(account: JebbitAccount) -> None:
    leave_out(account, "integrations", "attached_at")
    account.set_options(campaign_name_filter="no title has this")
    assert account.examine()["filter"].state is FAILED


def test_no_leads_of_any_launched_campaign_are_no_leads_whichever_feed_it(account: JebbitAccount) -> None:
    leave_out(account, "integrations", "attached_at")
    assert account.examine()["leads"].state is UNKNOWN
    account.business.activity.clear()
    assert account.examine()["leads"].state is WARNING


def test_a_campaign_without_a_title_may_pass_the_filter(account: JebbitAccount) -> None:
    leave_out(account, "campaigns", "title")
    account.set_options(campaign_name_filter="Coffee")
    assert account.examine()["filter"].state is UNKNOWN


@pytest.mark.parametrize("off", [None, ""])
def test_an_empty_filter_is_none(account: JebbitAccount, off: str | None) -> None:
    account.set_options(campaign_name_filter=off)
    assert account.examine()["filter"].seen == "no campaign_name_filter"


def test_a_filter_that_every_campaign_passes_is_fine(account: JebbitAccount) -> None:
    account.set_options(campaign_name_filter="e")
    assert account.examine()["filter"].state is OK


def test_a_campaign_that_was_launched_is_known_even_if_its_link_does_not_say_when(
    account: JebbitAccount,
) -> None:
    account.attach_to_campaigns(account.campaigns[0], account.campaigns[5])
    leave_out(account, "campaigns", "launch_date")
    assert account.examine()["campaigns"].seen == "linked to 1 launched campaign"


def test_without_counts_nothing_is_said_about_leads(account: JebbitAccount) -> None:
    account.webhook.attributes["require_opt_in"] = True
    account.unserved.add("/campaign_stats")
    findings = account.examine()
    assert findings["leads"].state is UNKNOWN
    assert findings["opt-in"].state is WARNING
    assert "how many is not known" in findings["opt-in"].seen


def test_a_count_that_jebbit_does_not_give_is_not_zero(
    account: JebbitAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reporting, "TOTALS", ("views", "completions"))
    account.webhook.attributes["require_opt_in"] = True
    findings = account.examine()
    assert findings["leads"].state is UNKNOWN
    assert findings["leads"].seen == "Jebbit does not count the leads of 4 campaigns"
    assert findings["opt-in"].state is WARNING
    assert findings["opt-in"].seen.endswith("Jebbit does not count how many")


def test_a_jebbit_that_lists_unlaunched_campaigns_as_well_changes_nothing(
    account: JebbitAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(dict_of_filters(), "launched", lambda *_: True)
    assert account.examine()["campaigns"].seen == "brand-wide: 4 launched campaigns"


def dict_of_filters() -> Any:
    """Return the filters of the sandbox's campaigns, to change them."""
    return RESOURCE_TYPES["campaigns"].filters


def test_it_is_not_sure_that_opt_in_keeps_everything_back_if_others_may_feed_it(
    account: JebbitAccount,
) -> None:
    leave_out(account, "integrations", "attached_at")
    account.webhook.attributes["require_opt_in"] = True
    for day in account.all_activity():
        day.totals["opt_ins"] = 0
    assert account.examine()["opt-in"].state is WARNING
    account.link(account.campaigns[0])
    assert account.examine()["opt-in"].state is FAILED


def test_a_setting_of_an_unknown_kind_may_keep_something_back(account: JebbitAccount) -> None:
    account.webhook.attributes["require_opt_in"] = "opted in or unknown"
    finding = account.examine()["opt-in"]
    assert finding.state is WARNING
    assert "opted in or unknown" in finding.seen


@pytest.mark.parametrize(
    ("name", "line"), [("require_opt_in", "opt-in"), ("include_mapped_attributes", "attributes")]
)
def test_a_setting_that_jebbit_does_not_say_is_unknown(account: JebbitAccount, name: str, line: str) -> None:
    leave_out(account, "integrations", name)
    account.unserved.add("/webhook_integrations")
    assert account.examine()[line].state is UNKNOWN


def test_leads_that_were_counted_before_the_integration_existed_prove_nothing(account: JebbitAccount) -> None:
    state = account.sandbox.state
    account.webhook.attributes["created_at"] = state.timestamp(state.clock() - 30 * 86400)
    assert account.examine()["leads"].seen.endswith(": they should have been sent")
    account.webhook.attributes["created_at"] = state.timestamp(state.clock() - 2 * 86400)
    found = account.examine()["leads"]
    assert found.state is OK
    assert "those since it was created on 20" in found.seen
    account.webhook.attributes["created_at"] = state.timestamp(state.clock())
    found = account.examine()["leads"]
    assert found.state is UNKNOWN
    assert found.seen.endswith("but the integration was created today")
    assert "finish a campaign yourself" in str(found.fix)
