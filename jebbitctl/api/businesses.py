"""``GET /self``: which business a credential belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jebbitctl.api.coverage import require_covered
from jebbitctl.api.documents import SELF
from jebbitctl.api.resources import parse_one
from jebbitctl.errors import CredentialsError

if TYPE_CHECKING:
    from jebbitctl.api.client import Client


def identify(client: Client, covered: list[str]) -> tuple[dict[str, Any] | None, list[dict[str, Any]]]:
    """Return the business in use and all businesses that the credential covers, as ``{"id", "name"}``.

    The business in use is None if the credential covers several, and the client names none of them. If
    the client names a business that it does not cover, it is left to the caller to compare. Sends one request
    per business.

    Args:
        client: may name a business.
        covered: the ids that the token lists, possibly none.
    """
    if len(covered) <= 1:
        only = get_self(client.for_business(None) if covered else client)
        return only, [only]
    businesses = [_with_name(client, business) for business in covered]
    if client.business not in covered:
        return None, businesses
    named = [b for b in businesses if b["id"] == client.business and b["name"] is not None]
    return named[0] if named else get_self(client), businesses


def get_self(client: Client) -> dict[str, Any]:
    """Return ``{"id", "name"}`` of the business in use."""
    business = parse_one(client.get(SELF))
    return {"id": business.id, "name": business.attributes.get("name")}


def business_in_use(client: Client) -> str | None:
    """Return the id of the business that a client changes, None if Jebbit does not say.

    Asks Jebbit only if the token does not answer it.

    Raises:
        UsageError: the token does not cover the business that the client names.
    """
    token = client.token()
    if not token.businesses:
        return client.answering_business() or client.business
    if client.business is not None:
        require_covered(token, client.business)
        return client.business
    return token.businesses[0] if len(token.businesses) == 1 else None


def _with_name(client: Client, business: str) -> dict[str, Any]:
    """Return a business; its name is None if the token lists it but the service refuses access to it."""
    try:
        return {"id": business, "name": get_self(client.for_business(business))["name"]}
    except CredentialsError:
        return {"id": business, "name": None}
