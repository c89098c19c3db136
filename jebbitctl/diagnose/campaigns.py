"""The lines about campaigns: which feed the integration, which pass its filter, and their leads."""

from __future__ import annotations

import difflib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from jebbitctl.diagnose.facts import DAYS
from jebbitctl.diagnose.feeders import NameFilter, feed_of
from jebbitctl.diagnose.findings import State, failed, ok, unknown, warning
from jebbitctl.diagnose.integration import LOOK
from jebbitctl.diagnose.visitors import count_visitors
from jebbitctl.util.text import plural
from jebbitctl.util.times import instant

if TYPE_CHECKING:
    from datetime import date

    from jebbitctl.api.resources import Resource
    from jebbitctl.diagnose.case import Case
    from jebbitctl.diagnose.feeders import Feeders
    from jebbitctl.diagnose.findings import Finding

LAUNCHED = "launched campaign"
_LIMITS = ("active", "opt-in", "outcomes")
"""The lines about what may keep back leads of campaigns that feed the integration."""
_RULE = "assuming that it may stand anywhere in a title, in any case"
_LATER = "wait for new leads, or finish a campaign yourself; then diagnose again"


def campaigns(case: Case) -> Finding:
    """Launched campaigns feed the integration."""
    feed = feed_of(case.webhook, case.facts, case.client)
    if feed.sure:
        launched = plural(len(feed.sure), LAUNCHED)
        if feed.brand_wide:
            return ok(f"brand-wide: {launched}")
        others = "; Jebbit does not say whether others feed it, too" if feed.brand_wide is None else ""
        return ok(f"linked to {launched}{others}")
    if feed.doubt:
        return unknown(feed.doubt)
    if feed.possible:
        return unknown(
            "it is linked to no launched campaign, and Jebbit does not say whether it is brand-wide",
            f"{LOOK}; what is linked: {_linked(case)}",
        )
    return _none_launched(case, feed)


def _none_launched(case: Case, feed: Feeders) -> Finding:
    if feed.brand_wide is False and not feed.linked:
        return failed(
            "no campaign feeds it: none is linked to it, and it is not brand-wide",
            "in Jebbit's dashboard, link a campaign to it, or attach it to the whole brand",
        )
    which = f"of {plural(feed.linked or 0, 'linked campaign')} " if feed.brand_wide is False else ""
    launch = "launch one in Jebbit's dashboard; "
    if feed.brand_wide is False:
        return failed(f"none {which}is launched", f"{launch}see them: {_linked(case)}")
    return failed("no campaign is launched", f"{launch}see them: {case.command('campaigns', 'list')}")


def name_filter(case: Case) -> Finding:
    """The ``campaign_name_filter`` lets launched campaigns through."""
    webhook = case.webhook
    filter_ = NameFilter.of(webhook)
    if not filter_.is_known:
        return unknown("Jebbit does not say whether it has a campaign_name_filter", LOOK)
    if not filter_.text:
        return ok("no campaign_name_filter")
    feed = feed_of(webhook, case.facts, case.client)
    if not feed.possible:
        return unknown(feed.doubt or f"there is no {LAUNCHED} to compare it with")
    passing = filter_.apply(feed)
    total = plural(len(feed.possible), LAUNCHED) + (" that may feed it" if not feed.is_exact else "")
    shown = f"campaign_name_filter {filter_.text!r}"
    if not passing.possible:
        if feed.doubt:
            return unknown(f"{shown} is in no title of {total}, but {feed.doubt}", _titles(case))
        return failed(
            f"{shown} is in no title of {total}, {_RULE}", _correct(case, filter_.text, feed.possible)
        )
    certain = [one for one in passing.possible.values() if "title" in one.attributes]
    if not certain:
        return unknown(f"Jebbit does not say the titles of {total}", LOOK)
    seen = f"{shown} lets through {len(certain)} of {total}, {_RULE}"
    if len(certain) == len(feed.possible):
        return ok(seen)
    return warning(seen, f"if others should send, too: {_update(case, 'TEXT')}; {_titles(case)}")


def _correct(case: Case, text: str, campaigns_: dict[str, Resource]) -> str:
    """Return how to correct a filter that matches nothing, with the title that was probably meant."""
    titles = {
        title.casefold(): title
        for one in campaigns_.values()
        if isinstance(title := one.attributes.get("title"), str)
    }
    near = difflib.get_close_matches(text.casefold(), titles, n=1, cutoff=0.5)
    return f"correct it: {_update(case, titles[near[0]] if near else 'TEXT')}; {_titles(case)}"


def _update(case: Case, text: str) -> str:
    return case.command("integrations", "update", case.id, "--campaign-name-filter", text)


def _titles(case: Case) -> str:
    return f"see their titles: {case.command('campaigns', 'list', '--launched')}"


def _linked(case: Case) -> str:
    return case.command("integrations", "campaigns", case.id)


def _what_was_due(case: Case, created: date | None) -> str:
    """Return which leads should have been sent, by what other lines say of them."""
    limits = [name for name in _LIMITS if case.states.get(name, State.OK) is not State.OK]
    limits += ["filter"] * bool(NameFilter.of(case.webhook).text)  # its rule is assumed
    is_newer = created is not None and created >= case.facts.since
    newer = f" since it was created on {created}" if is_newer else ""
    if not limits:
        return f"those{newer} should have been sent" if newer else "they should have been sent"
    return f"how many{newer} should have been sent is not known (see {' and '.join(limits)})"


def _created(webhook: Resource) -> date | None:
    """Return the day on which an integration was created; None if Jebbit does not say it."""
    seconds = instant(webhook.attributes.get("created_at"))
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).date()


def leads(case: Case) -> Finding:
    """Jebbit has counted leads of the campaigns that may send."""
    webhook = case.webhook
    filter_ = NameFilter.of(webhook)
    feed = filter_.apply(feed_of(webhook, case.facts, case.client))
    if not feed.possible:
        return unknown(feed.doubt or "no launched campaign feeds it and passes its filter")
    sure = count_visitors(case.facts, feed.sure, "leads")
    since = f"since {case.facts.since}"
    if sure.total:
        counted = plural(len(feed.sure) - sure.uncounted, "campaign")
        others = f" (those of {sure.uncounted} more are not counted)" if sure.uncounted else ""
        seen = f"{plural(sure.total, 'lead')} {since} from {counted}{others}"
        created = _created(webhook)
        if created and created >= case.facts.since + timedelta(days=DAYS):
            return unknown(f"{seen}, but the integration was created today", _LATER)
        return ok(f"{seen}: {_what_was_due(case, created)}")
    possible = count_visitors(case.facts, feed.possible, "leads")
    if possible.total:
        unsaid = "feed it" if filter_.is_known else "pass its filter"
        number = plural(possible.total, "lead")
        return unknown(f"{number} {since}, but Jebbit does not say whether the campaigns {unsaid}", LOOK)
    if possible.uncounted:
        return unknown(f"Jebbit does not count the leads of {plural(possible.uncounted, 'campaign')}")
    if feed.doubt:
        return unknown(feed.doubt)
    return warning(
        f"no leads {since}, so there was nothing to send",
        f"finish a campaign yourself: {case.command('campaigns', 'links', next(iter(feed.possible)))}; "
        "then diagnose again",
    )
