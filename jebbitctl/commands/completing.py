"""What TAB offers beyond commands and options: profiles, businesses, ids.

It is quick and silent: a cache of a few minutes, refreshed only with a token that is at hand. The keyring and
the issuer are never asked, and whatever goes wrong, nothing is offered.
"""

from __future__ import annotations

import re
import sys
import time
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias
from urllib.parse import urlsplit

import typer

Offers: TypeAlias = list[tuple[str, str]]
"""Values, each with a description."""

if TYPE_CHECKING:
    from collections.abc import Callable

    from jebbitctl.api.client import Client
    from jebbitctl.api.oauth import Token
    from jebbitctl.api.resources import Resource
    from jebbitctl.context import Context

    Ask: TypeAlias = Callable[[Callable[[], Client], Token], tuple[Offers, bool]]

LIMIT = 1.2
"""Seconds for everything; leaving takes a little more."""

_LONGEST = 100
_EXECUTABLE = r"[^\w .,:/?@%+=&~-]"
"""What a shell could take for more than text: zsh evaluates what it is offered."""


def profiles(ctx: Any, _args: list[str], incomplete: str) -> Offers:
    """Offer the profiles' names, with each one's environment and client id."""

    def find() -> Offers:
        store = _context(ctx).profiles
        found = ((name, store.get(name)) for name in store.names())
        return [(name, f"{p.environment or 'production'} {p.client_id or ''}") for name, p in found if p]

    return _silently(find, incomplete)


def businesses(ctx: Any, _args: list[str], incomplete: str) -> Offers:
    """Offer the businesses that the credentials cover, with their names."""
    return _silently(lambda: _remembered(_context(ctx), "businesses", "", _businesses), incomplete)


def integrations(ctx: Any, _args: list[str], incomplete: str) -> Offers:
    """Offer integrations' ids, with their endpoints."""

    def find() -> Offers:
        context = _context(ctx)
        business = context.settings.business
        return _remembered(context, "integrations", business.value if business else "", _integrations)

    return _silently(find, incomplete)


def one_of(*values: str) -> Callable[[Any, list[str], str], list[str]]:
    """Return what offers these values."""

    def offer(ctx: Any, _args: list[str], incomplete: str) -> list[str]:  # noqa: ARG001 - Typer knows it by its name
        return [value for value in values if value.startswith(incomplete)]

    return offer


def _silently(find: Callable[[], Offers], incomplete: str) -> Offers:
    """Return what ``find`` finds, harmless to any shell; nothing when it fails."""
    from jebbitctl.ids import is_id

    # The descriptions are text: without rich, Typer takes them as such, and in half the time.
    sys.modules.setdefault("rich", None)  # type: ignore[arg-type]
    try:
        found = find()
    except Exception:  # noqa: BLE001 - whatever it is: nobody reads a message between two key strokes
        return []
    return [
        (id_, re.sub(_EXECUTABLE, "_", description.strip())[:_LONGEST])
        for id_, description in found
        if id_.startswith(incomplete) and is_id(id_) and id_[0] not in "-~"
    ]


def _context(ctx: Any) -> Context:
    """Return the wiring for the options that are typed so far."""
    from jebbitctl.context import CommonOptions, Context

    return Context(CommonOptions(profile=ctx.params.get("profile"), business=ctx.params.get("business")))


def _remembered(context: Context, kind: str, business: str, ask: Ask) -> Offers:
    """Return what the cache holds for these credentials, else what Jebbit answers within the limit."""
    from jebbitctl.deadline import call_with_timeout
    from jebbitctl.settings import credential_variable
    from jebbitctl.storage.ids_cache import IdsCache
    from jebbitctl.storage.token_cache import cache_key

    credentials, api_url = context.credentials, context.settings.api_url.value
    whose = credentials.key if credentials else credential_variable("JEBBIT_ACCESS_TOKEN") or ""
    key = cache_key(kind, whose, api_url, business)
    cache = IdsCache(context.config_dir)
    if (found := cache.get(key)) is not None:
        return found
    left = max(LIMIT - time.process_time(), 0.1)

    def refreshed() -> Offers:
        token = _token_at_hand(context)
        if token is None:
            return []
        offers, whole = ask(lambda: _client(api_url, token, business, timeout=left * 0.8), token)
        if whole:
            cache.put(key, offers)
        return offers

    return call_with_timeout(left, refreshed)


def _token_at_hand(context: Context) -> Token | None:
    """Return a token that is here and fresh, None when it would have to be asked for."""
    from jebbitctl.authentication import token_from_entry

    credentials = context.credentials
    if credentials is None:
        return context.tokens.current()
    token = token_from_entry(context.token_cache.get(credentials.key))
    return token if token is not None and token.is_fresh(time.time()) else None


def _client(api_url: str, token: Token, business: str, *, timeout: float) -> Client:
    from jebbitctl.api.client import Client
    from jebbitctl.api.transport import Transport
    from jebbitctl.authentication import GivenToken

    return Client(Transport(timeout), api_url, GivenToken(token), business or None)


def _integrations(client: Callable[[], Client], _token: Token) -> tuple[Offers, bool]:
    """Return ids and endpoints; queries stay out, where endpoints have their keys."""
    from jebbitctl.api.integrations import list_integrations

    return [(str(found.id), _described(found)) for found in list_integrations(client())], True


def _described(integration: Resource) -> str:
    endpoint, service = (integration.attributes.get(name) for name in ("endpoint", "service_name"))
    if not isinstance(endpoint, str):
        return str(service or "")
    parts = urlsplit(endpoint)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _businesses(client: Callable[[], Client], token: Token) -> tuple[Offers, bool]:
    """Return ids and names, and whether every name could be asked for."""
    from jebbitctl.api.businesses import get_self
    from jebbitctl.api.concurrency import ConcurrentCalls
    from jebbitctl.errors import CredentialsError, JebbitctlError

    if not token.businesses:
        only = get_self(client())
        return [(str(only["id"]), str(only["name"] or ""))], True
    whole, offers = True, []
    with ConcurrentCalls(token.businesses, client, lambda own, id_: get_self(own.for_business(id_))) as calls:
        for id_, future in calls:
            try:
                name = future.result()["name"]
            except JebbitctlError as error:
                name, whole = None, whole and isinstance(error, CredentialsError)
            offers.append((id_, str(name or "")))
    return offers, whole


IntegrationId = Annotated[
    str,
    typer.Argument(
        metavar="ID", help="The integration's id.", show_default=False, autocompletion=integrations
    ),
]
"""An integration that a command is about."""
