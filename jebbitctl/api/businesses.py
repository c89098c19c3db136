"""Which business a credential belongs to (``GET /self``), and which one an id or a name means."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any

from jebbitctl.api.coverage import require_covered
from jebbitctl.api.documents import SELF
from jebbitctl.api.resources import parse_one
from jebbitctl.errors import CredentialsError, UsageError
from jebbitctl.util.ids import is_id

if TYPE_CHECKING:
    from jebbitctl.api.access_token import AccessToken
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


def find_business(client: Client, named: str, *, source: str) -> str:
    """Return the id of the business with this id, else of the only one with this name.

    Sends a request for each business that the token covers if ``named`` is none of their ids. Requests a new
    token before it gives up: the cached one may be older than the access to the business.

    Args:
        client: names no business.
        named: an id or a name.
        source: what names it, such as ``--business``, for the errors.

    Raises:
        UsageError: no business has this id or name, or several have this name.
    """
    token = client.tokens.get()
    if not token.businesses:
        return _find_without_list(client, named, source)
    businesses = _names(client, token) if named not in token.businesses else []
    found = _with_same_name(businesses, named, source) if businesses else named
    if found is None and (new_token := client.tokens.refresh(token)):
        if named in new_token.businesses:
            return named
        if new_token.businesses != token.businesses:
            businesses = _names(client, new_token)
            found = _with_same_name(businesses, named, source)
    if found is None:
        raise _unknown(businesses, named, source)
    return found


def get_self(client: Client) -> dict[str, Any]:
    """Return ``{"id", "name"}`` of the business in use; the name is None unless it is a text."""
    business = parse_one(client.get(SELF))
    name = business.attributes.get("name")
    return {"id": business.id, "name": name if isinstance(name, str) else None}


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


def _names(client: Client, token: AccessToken) -> list[dict[str, Any]]:
    """Return the businesses that a token lists, with their names."""
    return [_with_name(client, business) for business in token.businesses]


def _with_same_name(businesses: list[dict[str, Any]], named: str, source: str) -> str | None:
    """Return the id of the only business with this name, else with a name that looks the same.

    Raises:
        UsageError: several have it.
    """
    for same in (str, _folded):
        ids = [str(b["id"]) for b in businesses if b["name"] and same(b["name"]) == same(named)]
        if len(ids) > 1:
            raise UsageError(
                f"{len(ids)} businesses are named {named} ({source}): {', '.join(ids)}", hint="use the id"
            )
        if ids:
            return ids[0]
    return None


def _folded(name: str) -> str:
    """Return a name as people compare it: without case, extra spaces and the way in which é is encoded."""
    return " ".join(unicodedata.normalize("NFC", name).casefold().split())


def _find_without_list(client: Client, named: str, source: str) -> str:
    """Return the id of a business if the token does not list those that it covers.

    An id is returned as it is: each request compares it with the business that answers.
    """
    if is_id(named):
        return named
    only = get_self(client)
    if _folded(only["name"] or "") == _folded(named):
        return str(only["id"])
    raise UsageError(
        f"cannot look up business {named} ({source}): the token lists no businesses",
        hint="use the id of the business",
    )


def _unknown(businesses: list[dict[str, Any]], named: str, source: str) -> UsageError:
    """Return an error that lists the businesses, and the one that was probably meant."""
    import difflib

    shown = [f"{b['id']} {b['name'] or ''}".strip() for b in businesses]
    words = {word.casefold(): word for b in businesses for word in (b["id"], b["name"]) if word}
    near = difflib.get_close_matches(named.casefold(), words, n=1)
    return UsageError(
        f"the credentials do not cover business {named} ({source}); they cover {', '.join(shown)}",
        hint=f"did you mean {words[near[0]]}?" if near else f"use one of their ids or names for {source}",
    )


def _with_name(client: Client, business: str) -> dict[str, Any]:
    """Return a business; its name is None if the token lists it but the service refuses access to it."""
    try:
        return {"id": business, "name": get_self(client.for_business(business))["name"]}
    except CredentialsError:
        return {"id": business, "name": None}
