"""Which integrations ``--all`` means."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from jebbitctl.api.integrations import is_webhook

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jebbitctl.api.resources import Resource


class ActiveWebhooks(NamedTuple):
    """The integrations that deliver webhooks, as far as Jebbit says, and how many others there are.

    Attributes:
        ids: of all that are not left out for sure.
        others: the number of integrations of other services.
        inactive: the number of webhooks that are not active.
    """

    ids: list[str]
    others: int
    inactive: int


def active_webhooks(listed: Mapping[str, Resource]) -> ActiveWebhooks:
    """Return the active webhooks; what Jebbit does not say leaves none out.

    Args:
        listed: the integrations by id.
    """
    others = {id_ for id_, one in listed.items() if is_webhook(one.attributes) is False}
    inactive = {id_ for id_, one in listed.items() if one.attributes.get("is_active") is False} - others
    return ActiveWebhooks([id_ for id_ in listed if id_ not in others | inactive], len(others), len(inactive))
