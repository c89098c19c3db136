"""The lines about settings with which an integration does not send every lead, or not everything of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from jebbitctl.api.differences import OPTIONS, knows, options_in
from jebbitctl.api.resources import format_value
from jebbitctl.diagnose.feeders import NameFilter, feed_of
from jebbitctl.diagnose.findings import failed, ok, unknown, warning
from jebbitctl.diagnose.integration import LOOK
from jebbitctl.diagnose.own_mappings import mappings_of
from jebbitctl.diagnose.visitors import count_visitors
from jebbitctl.errors import JebbitctlError
from jebbitctl.util.text import plural

if TYPE_CHECKING:
    from jebbitctl.diagnose.case import Case
    from jebbitctl.diagnose.findings import Finding


class Requirement(NamedTuple):
    """A setting that keeps back leads without something.

    Attributes:
        setting: its name.
        required: the count of it in statistics.
        words: the count in words.
        without: the leads that are kept back, in words.
    """

    setting: str
    required: str
    words: str
    without: str


_OPT_IN = Requirement("require_opt_in", "opt_ins", "opt-ins", "leads without opt-in")
_OUTCOME = Requirement("require_outcomes", "outcome_views", "outcomes shown", "leads without outcome")


def opt_in(case: Case) -> Finding:
    """The integration does not require visitors to opt in."""
    attributes, name = case.webhook.attributes, _OPT_IN.setting
    if name not in attributes:
        return unknown(f"Jebbit does not say {name}", LOOK)
    return _required(case, _OPT_IN, attributes[name])


def outcomes(case: Case) -> Finding:
    """The integration does not require an outcome."""
    attributes, name = case.webhook.attributes, _OUTCOME.setting
    if not knows(attributes, [OPTIONS]):
        return unknown(f"Jebbit does not say {name}", LOOK)
    return _required(case, _OUTCOME, options_in(attributes).get(name))


def attributes(case: Case) -> Finding:
    """The integration sends mapped attributes, and some are mapped."""
    settings, name = case.webhook.attributes, "include_mapped_attributes"
    if not isinstance(settings.get(name), bool):
        return unknown(f"Jebbit does not say {name}", LOOK)
    if not settings[name]:
        return warning(
            f"{name} is off: no attribute is sent under its mapped name",
            f"if it should be: {_turn(case, name)}",
        )
    listed = mappings_of(case)
    if listed.found:
        number = plural(len(listed.found), "mapping")
        return ok(f"{number}; whether an attribute without a mapping is sent is not documented")
    if listed.doubt:
        return unknown(listed.doubt)
    return warning(
        "nothing is mapped; whether an attribute without a mapping is sent is not documented",
        f"map those that the endpoint expects: {_map(case)}",
    )


def _required(case: Case, requirement: Requirement, value: object) -> Finding:
    """Return the finding about a setting that keeps leads back; null is off."""
    name = requirement.setting
    if value is None or value is False:
        return ok(f"{name} is off")
    if value is not True:
        return warning(f"{name} is {format_value(value)}: what this keeps back is not documented", LOOK)
    seen = f"{name}: {requirement.without} are not sent"
    try:
        counted, is_everything = _count(case, requirement)
    except JebbitctlError as error:
        return warning(
            f"{seen}; how many is not known: {error.message}", f"to send them: {_turn(case, name)}"
        )
    if is_everything:
        return failed(f"{name} keeps back every lead: {counted}", f"to send them: {_turn(case, name)}")
    return warning(f"{seen}; {counted}", f"to send them: {_turn(case, name)}")


def _count(case: Case, requirement: Requirement) -> tuple[str, bool]:
    """Return how many leads there were, in words, and whether surely all of them are kept back."""
    feed = NameFilter.of(case.webhook).apply(feed_of(case.webhook, case.facts, case.client))
    leads = count_visitors(case.facts, feed.possible, "leads")
    having = count_visitors(case.facts, feed.possible, requirement.required)
    if leads.uncounted or having.uncounted:
        return "Jebbit does not count how many", False
    text = f"{having.total:,} {requirement.words} and {plural(leads.total, 'lead')} since {case.facts.since}"
    some = count_visitors(case.facts, feed.sure, "leads").total > 0
    return text, some and feed.doubt is None and having.total == 0


def _turn(case: Case, name: str) -> str:
    """Return the command that lets pass what a setting keeps back."""
    option = name.replace("_", "-")
    switch = option if name == "include_mapped_attributes" else f"no-{option}"
    return case.command("integrations", "update", case.id, f"--{switch}")


def _map(case: Case) -> str:
    names = ("--jebbit-var", "NAME", "--client-var", "NAME")
    return case.command("mappings", "create", "--integration", case.id, *names)
