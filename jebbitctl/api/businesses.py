"""``GET /self``: which business a credential belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jebbitctl.api import documents
from jebbitctl.errors import CredentialsError

if TYPE_CHECKING:
    from jebbitctl.api.client import Client


def identify(client: Client, covered: list[str]) -> tuple[dict[str, Any] | None, list[dict[str, Any]]]:
    """Return the business in use, None where one must still be named, and all that the credential covers.

    One request for one business; where several are covered, one each, for their names.

    Args:
        client: names a business, or none.
        covered: the ids that the token lists; it may list none.
    """
    if len(covered) <= 1:
        only = myself(client)
        return only, [only]
    businesses = [_named(client, business) for business in covered]
    if client.business is None:
        return None, businesses
    named = [b for b in businesses if b["id"] == client.business and b["name"] is not None]
    return named[0] if named else myself(client), businesses


def myself(client: Client) -> dict[str, Any]:
    """Return ``{"id", "name"}`` of the business that the client works in."""
    resource = documents.one(client.get("/self"))
    return {"id": resource.get("id"), "name": resource.get("name")}


def _named(client: Client, business: str) -> dict[str, Any]:
    """Return a business with its name, or without one when the token lists it but the service does not."""
    try:
        return {"id": business, "name": myself(client.for_business(business))["name"]}
    except CredentialsError:
        return {"id": business, "name": None}
