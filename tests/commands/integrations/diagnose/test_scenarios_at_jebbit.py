"""Each scenario breaks one thing at Jebbit: exactly that line says so, and what it advises is the cure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest

from tests.diagnose.support import AT_JEBBIT, FAILED, OK, UNKNOWN, WARNING, states
from tests.support import cli_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from jebbitctl.diagnose.findings import State
    from tests.diagnose.support import JebbitAccount


class Breakage(NamedTuple):
    """One thing that is broken.

    Attributes:
        line: the name of the line that says so.
        state: of the line.
        broken: breaks it.
        seen: a part of what was seen.
        fix: a part of what to do.
        unknown: the other lines that cannot be known any more.
    """

    line: str
    state: State
    broken: Callable[[JebbitAccount], object]
    seen: str
    fix: str = ""
    unknown: tuple[str, ...] = ()


def inactive(account: JebbitAccount) -> None:
    account.webhook.attributes["is_active"] = False


def origin_unsaid(account: JebbitAccount) -> None:
    behaviour = account.sandbox.state.behaviour
    behaviour.dialect = behaviour.dialect.without("integrations", "created_in_dashboard")
    account.unserved.add("/webhook_integrations")


def never_launched(account: JebbitAccount) -> None:
    for campaign in account.campaigns:
        campaign.attributes["launch_date"] = None


def linked_to_unlaunched(account: JebbitAccount) -> None:
    account.attach_to_campaigns(account.campaigns[4], account.campaigns[5])


def attachment_unsaid(account: JebbitAccount) -> None:
    behaviour = account.sandbox.state.behaviour
    behaviour.dialect = behaviour.dialect.without("integrations", "attached_at")


def filter_misspelt(account: JebbitAccount) -> None:
    account.set_options(campaign_name_filter="Coffee Macth")


def filter_of_one(account: JebbitAccount) -> None:
    account.set_options(campaign_name_filter="coffee")


def options_unsaid(account: JebbitAccount) -> None:
    account.sandbox.state.behaviour.dialect = account.sandbox.state.behaviour.dialect.without(
        "integrations", "additional_options"
    )
    account.unserved.add("/webhook_integrations")


def opt_in_required(account: JebbitAccount) -> None:
    account.webhook.attributes["require_opt_in"] = True


def nobody_opts_in(account: JebbitAccount) -> None:
    opt_in_required(account)
    for day in account.all_activity():
        day.totals["opt_ins"] = 0


def outcomes_required(account: JebbitAccount) -> None:
    account.set_options(require_outcomes=True)


def no_outcomes(account: JebbitAccount) -> None:
    outcomes_required(account)
    for day in account.all_activity():
        day.totals["outcome_views"] = 0


def mapped_attributes_off(account: JebbitAccount) -> None:
    account.webhook.attributes["include_mapped_attributes"] = False


def nobody_finishes(account: JebbitAccount) -> None:
    for day in account.all_activity():
        day.totals["leads"] = 0


def second_webhook(account: JebbitAccount) -> None:
    account.add_webhook()


def typo(account: JebbitAccount) -> None:
    account.add_mapping("frist_name", "first")


def kept_attribute(account: JebbitAccount) -> None:
    account.add_mapping("internal_score", "score")


SCENARIOS = {
    "inactive": Breakage("active", FAILED, inactive, "inactive", "integrations update {id} --active"),
    "origin unsaid": Breakage("origin", UNKNOWN, origin_unsaid, "does not say where"),
    "nothing launched": Breakage(
        "campaigns", FAILED, never_launched, "no campaign is launched", "launch one", ("leads",)
    ),
    "nothing linked": Breakage(
        "campaigns",
        FAILED,
        lambda a: a.attach_to_campaigns(),
        "none is linked",
        "link a campaign",
        ("leads",),
    ),
    "linked ones not launched": Breakage(
        "campaigns",
        FAILED,
        linked_to_unlaunched,
        "none of 2 linked",
        "integrations campaigns {id}",
        ("leads",),
    ),
    "attachment unsaid": Breakage(
        "campaigns", UNKNOWN, attachment_unsaid, "whether it is brand-wide", "dashboard", ("leads",)
    ),
    "filter misspelt": Breakage(
        *("filter", FAILED, filter_misspelt, "in no title of 4"),
        "update {id} --campaign-name-filter 'Coffee Match Quiz'",
        ("leads",),
    ),
    "filter of one": Breakage(
        "filter", WARNING, filter_of_one, "lets through 1 of 4", "update {id} --campaign-name-filter TEXT"
    ),
    "options unsaid": Breakage(
        "filter", UNKNOWN, options_unsaid, "does not say", "dashboard", ("outcomes", "leads")
    ),
    "opt-in required": Breakage(
        "opt-in", WARNING, opt_in_required, "opt-ins and", "update {id} --no-require-opt-in"
    ),
    "nobody opts in": Breakage(
        "opt-in", FAILED, nobody_opts_in, "every lead: 0 opt-ins", "update {id} --no-require-opt-in"
    ),
    "outcomes required": Breakage(
        "outcomes", WARNING, outcomes_required, "outcomes shown and", "update {id} --no-require-outcomes"
    ),
    "no outcomes": Breakage(
        "outcomes", FAILED, no_outcomes, "every lead: 0 outcomes", "update {id} --no-require-outcomes"
    ),
    "mapped attributes off": Breakage(
        *("attributes", WARNING, mapped_attributes_off, "is off"),
        "update {id} --include-mapped-attributes",
    ),
    "nothing mapped": Breakage(
        *(
            "attributes",
            WARNING,
            lambda a: a.business.of("integration_mappings").clear(),
            "nothing is mapped",
        ),
        "mappings create --integration {id}",
    ),
    "nobody finishes": Breakage(
        "leads",
        WARNING,
        nobody_finishes,
        "there was nothing to send",
        "finish a campaign yourself: jebbitctl campaigns",
    ),
    "second webhook": Breakage(
        "duplicates", FAILED, second_webhook, "each arrives 2 times", "integrations update {other} --inactive"
    ),
    "typo": Breakage(
        "mappings",
        FAILED,
        typo,
        "no attribute frist_name",
        "mappings update {mapping} --jebbit-var first_name",
    ),
    "attribute kept": Breakage(
        "mappings",
        FAILED,
        kept_attribute,
        "does not pass to integrations",
        "let it pass in Jebbit's dashboard",
    ),
}
SCOPES = {
    "read:integration": AT_JEBBIT[2:],
    "read:integration_mapping": ("attributes", "mappings"),
    "read:campaign": ("campaigns", "leads"),
    "read:campaign_stat": ("leads",),
    "read:trait": ("mappings",),
}
"""The lines that need each scope."""


def test_every_line_is_ok_where_nothing_stops_a_lead(account: JebbitAccount) -> None:
    findings = account.examine()
    assert states(findings) == dict.fromkeys(AT_JEBBIT, OK)
    assert not [finding for finding in findings.values() if finding.fix]


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS)
def test_exactly_the_line_of_what_is_broken_says_so_and_names_the_cure(
    account: JebbitAccount, scenario: Breakage
) -> None:
    scenario.broken(account)
    findings = account.examine()
    changed = states(findings, OK)
    assert changed == {scenario.line: scenario.state, **dict.fromkeys(scenario.unknown, UNKNOWN)}
    finding = findings[scenario.line]
    assert scenario.seen in finding.seen
    ids = {
        "id": account.webhook.id,
        "other": [*account.business.of("integrations")][-1],
        "mapping": account.mappings[-1].id if account.mappings else "",
    }
    assert scenario.fix.format(**ids) in (finding.fix or "")


@pytest.mark.parametrize("name", [name for name, found in SCENARIOS.items() if found.state is not UNKNOWN])
def test_every_failure_comes_with_advice(account: JebbitAccount, name: str) -> None:
    SCENARIOS[name].broken(account)
    assert account.examine()[SCENARIOS[name].line].fix


def test_a_scenario_exists_for_every_line_about_an_existing_webhook() -> None:
    assert {scenario.line for scenario in SCENARIOS.values()} == set(AT_JEBBIT[3:])


@pytest.mark.parametrize(("scope", "lines"), SCOPES.items(), ids=SCOPES)
def test_what_a_missing_scope_hides_is_unknown_and_the_scope_is_named(
    account: JebbitAccount, scope: str, lines: tuple[str, ...]
) -> None:
    account.sandbox.state.permissions.remove(scope)
    findings = account.examine()
    assert states(findings, OK) == {"token": WARNING, **dict.fromkeys(lines, UNKNOWN)}
    for line in ("token", *lines):
        assert f"ask your Jebbit representative for {scope}" in (findings[line].fix or "")
    assert not any(request.status == 403 for request in account.sandbox.requests)


def test_the_command_follows_a_lead_through_these_lines_in_this_order(account: JebbitAccount) -> None:
    typo(account)
    account.webhook.attributes["endpoint"] = "http://127.0.0.1:9/hook"  # has no name to look up
    cli = cli_for(account.home, account.sandbox)
    done = cli.run("integrations", "diagnose", account.webhook.id, "--json")
    assert done.code == 6
    (report,) = done.json["integrations"]
    lines = {finding["line"]: finding["state"] for finding in report["findings"]}
    assert tuple(lines)[: len(AT_JEBBIT)] == AT_JEBBIT
    assert [name for name in AT_JEBBIT if lines[name] != "ok"] == ["mappings"]
