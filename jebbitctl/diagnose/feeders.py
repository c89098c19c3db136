"""Which launched campaigns feed an integration, and which of them its name filter lets through."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from jebbitctl.api.attachments import is_brand_wide
from jebbitctl.api.campaigns import NAME_FILTER, matches_name_filter
from jebbitctl.api.differences import OPTIONS, knows, options_in

if TYPE_CHECKING:
    from jebbitctl.api.client import Client
    from jebbitctl.api.resources import Resource
    from jebbitctl.diagnose.facts import Facts


@dataclass(frozen=True, slots=True)
class Feeders:
    """Launched campaigns by id.

    Attributes:
        brand_wide: whether every campaign feeds the integration; None if Jebbit does not say.
        sure: those that surely feed it.
        possible: those, and the others that may feed it.
        linked: how many campaigns are linked to it, launched or not; None if it does not matter.
        doubt: why there may be more; None if nothing speaks for it.
    """

    brand_wide: bool | None
    sure: dict[str, Resource]
    possible: dict[str, Resource]
    linked: int | None = None
    doubt: str | None = None

    @property
    def is_exact(self) -> bool:
        """Whether it is known of each campaign whether it feeds the integration."""
        return self.doubt is None and self.sure.keys() == self.possible.keys()


def feed_of(integration: Resource, facts: Facts, client: Client) -> Feeders:
    """Return the launched campaigns that feed an integration.

    Args:
        integration: as Jebbit lists it.
        facts: about its business.
        client: for a request about the integration, which is needed unless it is brand-wide.
    """
    brand_wide = is_brand_wide(integration.attributes)
    if brand_wide:
        launched = facts.launched_campaigns()
        return Feeders(brand_wide, dict(launched), dict(launched), doubt=launched.doubt)
    linked = facts.linked_campaigns(str(integration.id), client)
    sure = {id_: campaign for id_, campaign in linked.items() if facts.is_launched(campaign)}
    if brand_wide is False:
        return Feeders(brand_wide, sure, sure, len(linked), linked.doubt)
    launched = facts.launched_campaigns()
    return Feeders(None, sure, {**launched, **sure}, len(linked), linked.doubt or launched.doubt)


@dataclass(frozen=True, slots=True)
class NameFilter:
    """The ``campaign_name_filter`` of an integration.

    Attributes:
        text: that titles must contain; empty for no filter.
        is_known: whether Jebbit says it.
    """

    text: str = ""
    is_known: bool = True

    @classmethod
    def of(cls, integration: Resource) -> NameFilter:
        """Return the filter of an integration. If Jebbit says the options, one that is not there is off."""
        text = options_in(integration.attributes).get(NAME_FILTER)
        if not knows(integration.attributes, [OPTIONS]) or not isinstance(text, str | None):
            return cls(is_known=False)
        return cls(text or "")

    def apply(self, feed: Feeders) -> Feeders:
        """Return the campaigns that it lets through."""
        if not self.is_known:
            return replace(feed, sure={})
        if not self.text:
            return feed
        return replace(
            feed,
            sure={id_: one for id_, one in feed.sure.items() if matches_name_filter(one, self.text)},
            possible={id_: one for id_, one in feed.possible.items() if self._may_match(one)},
        )

    def _may_match(self, campaign: Resource) -> bool:
        return "title" not in campaign.attributes or matches_name_filter(campaign, self.text)
