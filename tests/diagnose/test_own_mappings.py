"""What is wrong with the mappings of a webhook."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from jebbitctl.sandbox.reporting import dashboard_mapping
from tests.diagnose.support import FAILED, OK, UNKNOWN, WARNING

if TYPE_CHECKING:
    from tests.diagnose.support import JebbitAccount


def test_the_mappings_of_another_webhook_do_not_count(account: JebbitAccount) -> None:
    other = account.add_webhook(endpoint="https://other.example.com/")
    account.add_mapping("frist_name", "first", other)
    assert account.examine()["mappings"].state is OK
    assert account.examine(other.id)["mappings"].state is FAILED


def test_several_problems_are_counted_and_lead_to_the_lint(account: JebbitAccount) -> None:
    for number in range(5):
        account.add_mapping(f"no_such_{number}", f"name_{number}")
    finding = account.examine()["mappings"]
    assert finding.state is FAILED
    assert finding.seen.endswith("; and 2 more")
    assert finding.fix == (
        f"see what to do about each: jebbitctl mappings lint --integration {account.webhook.id}"
    )


def test_an_attribute_under_two_names_may_be_wanted(account: JebbitAccount) -> None:
    account.add_mapping("email", "contact")
    finding = account.examine()["mappings"]
    assert finding.state is WARNING
    assert "email is sent under several names" in finding.seen


def test_two_attributes_under_one_name_fail_even_if_attributes_cannot_be_read(account: JebbitAccount) -> None:
    account.sandbox.state.permissions.remove("read:trait")
    account.add_mapping("first_name", "mail")
    finding = account.examine()["mappings"]
    assert finding.state is FAILED
    assert "several attributes are sent as mail" in finding.seen


def test_no_mapping_is_no_wrong_mapping(account: JebbitAccount) -> None:
    account.business.of("integration_mappings").clear()
    assert account.examine()["mappings"].state is OK


def test_mappings_of_nobody_may_be_of_anybody(account: JebbitAccount) -> None:
    behaviour = account.sandbox.state.behaviour
    behaviour.dialect = behaviour.dialect.without("integration_mappings", "integration_id")
    findings = account.examine()
    assert findings["attributes"].state is findings["mappings"].state is UNKNOWN
    assert "to which integration 2 mappings belong" in findings["mappings"].seen


@pytest.mark.parametrize("is_listed", [True, False])
def test_mappings_that_only_the_integration_shows_are_not_called_right_nor_absent(
    account: JebbitAccount, is_listed: bool
) -> None:
    if not is_listed:
        account.business.of("integration_mappings").clear()
    account.business.dashboard_mappings[account.webhook.id] = [dashboard_mapping("frist_name", "first")]
    findings = account.examine()
    assert findings["mappings"].state is UNKNOWN
    assert findings["mappings"].seen.startswith("the integration itself shows 1 mapping that")
    assert findings["attributes"].state is (OK if is_listed else UNKNOWN)


def test_the_owner_of_a_mapping_may_be_a_number(account: JebbitAccount) -> None:
    integrations = account.business.of("integrations")
    integrations["7"] = replace(integrations.pop(account.webhook.id), id="7")
    for mapping in account.mappings:
        mapping.attributes["integration_id"] = 7
        mapping.linked.add("7")
    assert account.examine("7")["mappings"].state is OK
