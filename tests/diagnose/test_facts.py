"""Each list is requested once, however many integrations are diagnosed, in each dialect."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, get_args

import pytest

from jebbitctl.api.concurrency import ConcurrentCalls
from jebbitctl.diagnose.case import Case
from jebbitctl.diagnose.facts import Facts
from jebbitctl.sandbox.dialects import DIALECTS, DialectName
from tests.diagnose.support import AT_JEBBIT, FAILED, OK, UNKNOWN, run_line, states

if TYPE_CHECKING:
    from jebbitctl.api.client import Client
    from jebbitctl.diagnose.findings import Finding
    from tests.diagnose.support import JebbitAccount

UNSAID = {
    "article": ("campaigns", "leads"),
    "openapi": ("active", "campaigns", "filter", "outcomes", "leads"),
    "host": (),
}
"""The lines of which each dialect says too little."""


def examine_all(account: JebbitAccount) -> list[dict[str, Finding]]:
    context = account.context()
    facts = Facts(context.client)

    def examine(client: Client, id_: str) -> dict[str, Finding]:
        case = Case(id_, facts, client)
        return {name: run_line(name, case) for name in AT_JEBBIT}

    ids = list(account.business.of("integrations"))
    with ConcurrentCalls(ids, context.clients(), examine) as calls:
        return [future.result() for _, future in calls]


def requests(account: JebbitAccount) -> Counter[str]:
    """Count the requests by their path."""
    return Counter(request.path.removeprefix("/api/v1") for request in account.sandbox.requests)


def test_many_webhooks_need_no_more_requests_than_one(account: JebbitAccount) -> None:
    for number in range(20):
        added = account.add_webhook(endpoint=f"https://hooks.example.com/other/{number}")
        account.add_mapping("email", "mail", added)
    found = examine_all(account)
    assert len(found) == 21
    assert all(states(findings, OK) == {} for findings in found)
    assert requests(account) == {
        "/oauth/token": 1,
        "/self": 1,
        "/integrations": 1,
        "/campaigns": 2,  # the last page is found by asking for another one
        "/campaign_stats": 2,
        "/integration_mappings": 1,
        "/traits": 1,
    }


def test_a_webhook_that_is_not_brand_wide_needs_one_request_of_its_own(account: JebbitAccount) -> None:
    account.attach_to_campaigns(account.campaigns[0])
    others = [account.add_webhook() for _ in range(4)]
    for other in others:
        account.campaigns[0].linked.add(other.id)
    found = examine_all(account)
    assert all(findings["duplicates"].state is FAILED for findings in found)
    for id_ in account.business.of("integrations"):
        assert requests(account)[f"/integrations/{id_}/campaigns"] == 1


def test_attributes_are_asked_for_by_the_names_that_mappings_use(account: JebbitAccount) -> None:
    account.examine()
    (query,) = [request.query for request in account.sandbox.requests if request.path.endswith("/traits")]
    assert query == "filter%5Buser_defined_id%5D=shoe_size%2Cemail"


@pytest.mark.parametrize("dialect", get_args(DialectName))
def test_what_a_dialect_does_not_say_is_unknown_and_nothing_fails(
    account: JebbitAccount, dialect: DialectName
) -> None:
    account.sandbox.state.behaviour.dialect = DIALECTS[dialect]
    assert states(account.examine(), OK) == dict.fromkeys(UNSAID[dialect], UNKNOWN)


def test_visitors_are_counted_over_seven_days_and_today(account: JebbitAccount) -> None:
    Facts(account.context().client, today=date(2026, 3, 5)).stats()
    assert account.sandbox.requests[-1].query.startswith("filter%5Bstart_date%5D=2026-02-26&page")


def test_a_diagnosis_only_reads(account: JebbitAccount) -> None:
    account.add_webhook(is_active=False)
    examine_all(account)
    assert {request.method for request in account.sandbox.requests if "oauth" not in request.path} == {"GET"}


def test_a_list_that_fails_is_requested_once(account: JebbitAccount) -> None:
    account.add_webhook(endpoint="https://hooks.example.com/other")
    account.unserved.add("/campaign_stats")
    assert all(findings["leads"].state is UNKNOWN for findings in examine_all(account))
    assert requests(account)["/campaign_stats"] == 1


def test_an_id_that_is_none_hides_nothing_of_others_and_is_quoted_in_advice(account: JebbitAccount) -> None:
    account.attach_to_campaigns(account.campaigns[0])
    odd = replace(account.add_webhook(is_active=False), id="$(id)/..")
    account.business.of("integrations")[odd.id] = odd
    client = account.context().client
    facts = Facts(client)
    findings = {
        id_: {name: run_line(name, Case(id_, facts, client)) for name in ("active", "campaigns", "leads")}
        for id_ in (odd.id, account.webhook.id)
    }
    assert "no id" in findings[odd.id]["campaigns"].seen
    assert "update '$(id)/..' --active" in (findings[odd.id]["active"].fix or "")
    assert {finding.state for finding in findings[account.webhook.id].values()} == {OK}
