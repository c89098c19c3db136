"""What the commands share that show which campaigns feed which integrations and exports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from jebbitctl.api import campaigns
from jebbitctl.api.attachments import inherited_count, is_brand_wide
from jebbitctl.api.differences import options_in
from jebbitctl.errors import JebbitctlError
from jebbitctl.util.text import cell, plural

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from jebbitctl.api.client import Client
    from jebbitctl.api.resources import Resource
    from jebbitctl.context import Context
    from jebbitctl.output.output import SupportsToDict

CAMPAIGN_COLUMNS = ("id", "launch_date", "active_iteration", "title")


@dataclass(frozen=True, slots=True)
class Attached:
    """Something that a campaign feeds, and why: it is attached to the campaign, or brand-wide."""

    via: Literal["campaign", "brand"]
    shown: SupportsToDict

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON, with ``via``."""
        return {**self.shown.to_dict(), "via": self.via}


def note_reach(
    context: Context, noun: str, id_: str, get: Callable[[Client, str], Resource], reach: str
) -> None:
    """Say on stderr whether an integration or an export is brand-wide, or that this is not known.

    Args:
        context: of the command, which has listed the campaigns that it is attached to.
        noun: ``integration`` or ``export``.
        id_: its id.
        get: returns it.
        reach: what it does if it is brand-wide.
    """
    note = context.output.note
    try:
        attributes = get(context.client, id_).attributes
    except JebbitctlError as error:
        context.output.warn(f"cannot tell whether {noun} {id_} is brand-wide: {error.message}")
        return
    brand_wide = is_brand_wide(attributes)
    if brand_wide is None:
        note(f"Jebbit does not say whether {noun} {id_} is brand-wide. If it is, {reach}.")
    elif brand_wide:
        text = options_in(attributes).get(campaigns.NAME_FILTER)
        limit = f" that its {campaigns.NAME_FILTER} lets through: {cell(text)}" if text else ""
        note(f"{noun.capitalize()} {id_} is brand-wide: {reach}{limit}.")


def with_brand_wide(
    attached: Iterable[Resource], everything: Iterable[Resource], show: Callable[[Resource], SupportsToDict]
) -> tuple[list[Attached], int]:
    """Return what a campaign feeds, and the number of others that may be brand-wide: Jebbit does not say.

    Args:
        attached: what is attached to the campaign itself.
        everything: all integrations or exports of the business; empty to leave out what is brand-wide.
        show: returns a resource as it is shown.
    """
    known = {resource.id: resource for resource in everything}
    direct = [resource.merge(known.get(resource.id, resource)) for resource in attached]
    ids = {resource.id for resource in direct}
    others = [resource for resource in known.values() if resource.id not in ids]
    verdicts = [(resource, is_brand_wide(resource.attributes)) for resource in others]
    found = [Attached("campaign", show(resource)) for resource in direct]
    found += [Attached("brand", show(resource)) for resource, verdict in verdicts if verdict]
    return found, sum(verdict is None for _, verdict in verdicts)


def note_unknown(context: Context, noun: str, campaign: str, unknown: int, counts: str) -> None:
    """Print a note on how many others may be brand-wide, and how many Jebbit counts.

    Args:
        context: of the command.
        noun: ``integration`` or ``export``.
        campaign: its id.
        unknown: the number.
        counts: the attribute of a campaign that counts them.
    """
    if not unknown:
        return
    try:
        count = inherited_count(campaigns.get(context.client, campaign).attributes, counts)
    except JebbitctlError:
        count = None
    counted = "" if count is None else f" It counts {plural(count, f'brand-wide {noun}')} for this campaign."
    context.output.note(
        f"{plural(unknown, f'other {noun}')} may be brand-wide and get this campaign's answers, too: "
        f"Jebbit does not say.{counted}"
    )
