"""The line about other integrations that send the same leads to the same endpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jebbitctl.api.attachments import is_brand_wide
from jebbitctl.api.differences import ENDPOINT
from jebbitctl.api.integrations import is_webhook, matches, named
from jebbitctl.diagnose.feeders import NameFilter, feed_of
from jebbitctl.diagnose.findings import failed, ok, unknown, warning
from jebbitctl.errors import JebbitctlError

if TYPE_CHECKING:
    from jebbitctl.api.resources import Resource
    from jebbitctl.diagnose.case import Case
    from jebbitctl.diagnose.findings import Finding

_COMPARE_THEM = "compare them in Jebbit's dashboard"
_COMPARE = "compare their endpoints in Jebbit's dashboard"


def duplicates(case: Case) -> Finding:
    """No other active integration sends the same leads to the endpoint."""
    webhook = case.webhook
    others = [
        (other, same)
        for other in case.facts.places().at(case.endpoint, case.host)
        if other.id != case.id
        and other.attributes.get("is_active") is not False
        and is_webhook(other.attributes) is not False
        and (same := _same_endpoint(case, other)) is not False
    ]
    doubled: list[tuple[Resource, bool | None]] = []
    unreadable: JebbitctlError | None = None
    for other in (other for other, same in others if same):
        try:
            doubled.append((other, _sends_same_leads(case, webhook, other)))
        except JebbitctlError as error:
            unreadable = error
    is_active = webhook.attributes.get("is_active")
    sure = [str(other.id) for other, twice in doubled if twice and other.attributes.get("is_active") is True]
    if sure and isinstance(is_active, bool):
        return _doubled(case, sure, is_active=is_active)
    if unreadable:
        raise unreadable
    if undecided := [str(other.id) for other, twice in doubled if twice is not False]:
        return unknown(
            f"{named(undecided)} may send the same leads to this endpoint: Jebbit does not say enough of it",
            f"{_COMPARE_THEM}; if one is not needed: {_deactivate(case, undecided[0])}",
        )
    if hidden := [str(other.id) for other, same in others if same is None]:
        return unknown(f"{named(hidden)} may have the same endpoint: Jebbit shows at most its host", _COMPARE)
    if doubt := case.facts.integrations().doubt:
        return unknown(doubt)
    if shared := [str(other.id) for other, _ in doubled]:
        return ok(f"shares its endpoint, but no campaign, with {named(shared)}")
    return ok("no other active webhook at this endpoint")


def _deactivate(case: Case, id_: str) -> str:
    return case.command("integrations", "update", id_, "--inactive")


def _doubled(case: Case, others: list[str], *, is_active: bool) -> Finding:
    deactivate = _deactivate(case, others[0])
    if not is_active:
        return warning(
            f"this one is inactive, but {named(others)} may send to its endpoint",
            f"use only one of them; to use this one, first {deactivate}",
        )
    return failed(
        f"the same leads are also sent there by {named(others)}: each arrives {len(others) + 1} times",
        f"deactivate what is not needed, such as {others[0]}: {deactivate}",
    )


def _same_endpoint(case: Case, other: Resource) -> bool | None:
    """Whether another integration has the endpoint of this one; None if it cannot be known."""
    if case.endpoint is not None:
        return matches(other.attributes, {ENDPOINT: case.endpoint})
    return None


def _sends_same_leads(case: Case, webhook: Resource, other: Resource) -> bool | None:
    """Whether a campaign feeds both integrations and passes both filters; None if Jebbit does not say.

    Raises:
        JebbitctlError: the campaigns cannot be read.
    """
    own_filter, other_filter = NameFilter.of(webhook), NameFilter.of(other)
    are_brand_wide = is_brand_wide(webhook.attributes) and is_brand_wide(other.attributes)
    if are_brand_wide and own_filter.is_known and own_filter == other_filter:
        return True
    own = own_filter.apply(feed_of(webhook, case.facts, case.client))
    others = other_filter.apply(feed_of(other, case.facts, case.client))
    if own.sure.keys() & others.sure.keys():
        return True
    if own.doubt or others.doubt or own.possible.keys() & others.possible.keys():
        return None
    return False
