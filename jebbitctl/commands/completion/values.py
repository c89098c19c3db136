"""The values that TAB offers: profiles, businesses, ids, and words that the documents define.

Businesses and ids come from a cache that is valid for a few minutes, and refreshed only with a token that
needs no request: TAB never uses the keyring or the issuer. If anything fails, nothing is offered.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, TypeAlias

Completions: TypeAlias = list[tuple[str, str]]
"""Values with their descriptions."""

if TYPE_CHECKING:
    from collections.abc import Callable

    from jebbitctl.api.access_token import AccessToken
    from jebbitctl.api.client import Client
    from jebbitctl.api.resources import Resource
    from jebbitctl.context import Context

    Fetch: TypeAlias = Callable[[Callable[[], Client], AccessToken], tuple[Completions, bool]]
    """Fetches completions from Jebbit. Also returns whether they are complete."""

MAX_SECONDS = 1.2
"""CPU seconds for one TAB; exiting the process takes a little more."""

_MAX_DESCRIPTION = 100
_UNSAFE = r"[^\w .,:/?@%+=&~-]"
"""Characters that a shell might evaluate; zsh evaluates what it is offered."""


def profiles(ctx: Any, _args: list[str], incomplete: str) -> Completions:
    """Offer the names of profiles, described by environment and client id."""

    def fetch() -> Completions:
        store = _context(ctx).profiles
        found = ((name, store.get(name)) for name in store.names())
        return [(name, f"{p.environment or 'production'} {p.client_id or ''}") for name, p in found if p]

    return _silently(fetch, incomplete)


def businesses(ctx: Any, _args: list[str], incomplete: str) -> Completions:
    """Offer the businesses that the credentials cover, described by name."""
    return _silently(lambda: _cached(_context(ctx), "businesses", "", _fetch_businesses), incomplete)


def integrations(ctx: Any, _args: list[str], incomplete: str) -> Completions:
    """Offer the ids of integrations, described by endpoint."""
    return _of_business(ctx, "integrations", _fetch_integrations, incomplete)


def webhooks(ctx: Any, _args: list[str], incomplete: str) -> Completions:
    """Offer the ids of integrations that may be webhooks, described by endpoint."""
    return _of_business(ctx, "webhooks", _fetch_webhooks, incomplete)


def mappings(ctx: Any, _args: list[str], incomplete: str) -> Completions:
    """Offer the ids of mappings, described by both names."""
    return _of_business(ctx, "mappings", _fetch_mappings, incomplete)


def jebbit_vars(ctx: Any, _args: list[str], incomplete: str) -> Completions:
    """Offer the ids by which mappings name attributes, described by display name."""
    return _of_business(ctx, "jebbit_vars", _fetch_jebbit_vars, incomplete)


def backfills(ctx: Any, _args: list[str], incomplete: str) -> Completions:
    """Offer the ids of backfills, described by status and time."""
    return _of_business(ctx, "backfills", _fetch_backfills, incomplete)


def campaigns(ctx: Any, _args: list[str], incomplete: str) -> Completions:
    """Offer the ids of the newest campaigns, described by title."""
    return _of_business(ctx, "campaigns", _fetch_campaigns, incomplete)


def attributes(ctx: Any, _args: list[str], incomplete: str) -> Completions:
    """Offer the ids of attributes, described by the names that mappings use."""
    return _of_business(ctx, "attributes", _fetch_attributes, incomplete)


def exports(ctx: Any, _args: list[str], incomplete: str) -> Completions:
    """Offer the ids of exports, described by name and schedule."""
    return _of_business(ctx, "exports", _fetch_exports, incomplete)


def statuses(ctx: Any, _args: list[str], incomplete: str) -> Completions:
    """Offer the statuses that Jebbit documents, and those that backfills have."""
    from jebbitctl.api.backfills import DOCUMENTED

    found = {description.split()[0] for _, description in backfills(ctx, [], "") if description}
    return _silently(lambda: [(status, "") for status in sorted(found | DOCUMENTED)], incomplete)


def probes(_args: list[str], incomplete: str) -> Completions:
    """Offer the probes of ``webhooks check``, also after a comma."""
    from jebbitctl.webhooks.probes import PROBES

    return _words([(probe.name, probe.expectation) for probe in PROBES], incomplete)


def delivery_kinds(_args: list[str], incomplete: str) -> Completions:
    """Offer the kinds of deliveries, also after a comma."""
    from jebbitctl.webhooks.delivery import KINDS

    return _words([(kind, "") for kind in KINDS], incomplete)


def _words(words: Completions, incomplete: str) -> Completions:
    """Return the words that fit what is typed after the last comma, without those that stand before it."""
    before, comma, typed = incomplete.rpartition(",")
    named = before.split(",")
    return [
        (f"{before}{comma}{word}", description)
        for word, description in words
        if word.startswith(typed) and word not in named
    ]


def _of_business(ctx: Any, kind: str, fetch: Fetch, incomplete: str) -> Completions:
    """Offer ids of the business in use, without those that the command line already has."""

    def fetch_cached() -> Completions:
        context = _context(ctx)
        business = context.settings.business
        return _cached(context, kind, business.value if business else "", fetch)

    typed = ctx.params.get("ids") or ()
    return [offer for offer in _silently(fetch_cached, incomplete) if offer[0] not in typed]


def _silently(fetch: Callable[[], Completions], incomplete: str) -> Completions:
    """Return the offers that begin with what was typed, safe for any shell; none if fetching fails."""
    import re

    from jebbitctl.util.ids import is_id
    from jebbitctl.util.redaction import scrub_registered

    try:
        offers = fetch()
    except Exception:  # noqa: BLE001 - a message would garble the line being typed
        return []
    return [
        (value, re.sub(_UNSAFE, "_", scrub_registered(description.strip()))[:_MAX_DESCRIPTION])
        for value, description in offers
        if value.startswith(incomplete) and is_id(value) and value[0] not in "-~"
    ]


def _context(ctx: Any) -> Context:
    """Return a context with the options typed so far."""
    from jebbitctl.context import CommonOptions, Context
    from jebbitctl.environment import Environment

    options = CommonOptions(profile=ctx.params.get("profile"), business=ctx.params.get("business"))
    return Context(options, Environment(ctx.find_root().obj))


def _cached(context: Context, kind: str, business: str, fetch: Fetch) -> Completions:
    """Return the cached offers for these credentials, else those that Jebbit returns in time."""
    from jebbitctl.environment import ACCESS_TOKEN
    from jebbitctl.storage.completion_cache import CompletionCache
    from jebbitctl.storage.token_cache import cache_key
    from jebbitctl.util.timeouts import call_with_timeout

    credentials, api_url = context.credentials, context.settings.api_url.value
    owner = credentials.cache_key if credentials else context.environment.credential(ACCESS_TOKEN) or ""
    key = cache_key(kind, owner, api_url, business)
    cache = CompletionCache(context.config_dir)
    if (offers := cache.get(key)) is not None:
        return offers
    seconds = max(MAX_SECONDS - time.process_time(), 0.1)

    def refresh() -> Completions:
        token = _available_token(context)
        if token is None:
            return []
        fetched, complete = fetch(lambda: _client(context, token, timeout=seconds * 0.8), token)
        if complete:
            cache.put(key, fetched)
        return fetched

    return call_with_timeout(seconds, refresh)


def _available_token(context: Context) -> AccessToken | None:
    """Return a valid token, None if one would have to be requested."""
    from jebbitctl.auth.tokens import CachedTokenSource

    tokens = context.tokens
    return tokens.cached() if isinstance(tokens, CachedTokenSource) else tokens.get()


def _client(context: Context, token: AccessToken, *, timeout: float) -> Client:
    from jebbitctl.api.businesses import find_business
    from jebbitctl.api.client import Client
    from jebbitctl.api.transport import Transport
    from jebbitctl.auth.tokens import StaticTokenSource

    transport = Transport(timeout, certificates=context.environment.trusted_certificates())
    client = Client(transport, context.settings.api_url.value, StaticTokenSource(token))
    if named := context.settings.business:
        return client.for_business(find_business(client, named.value, source=named.source))
    return client


def _fetch_integrations(client: Callable[[], Client], _token: AccessToken) -> tuple[Completions, bool]:
    from jebbitctl.api.integrations import list_integrations

    return [(str(found.id), _describe(found)) for found in list_integrations(client())], True


def _fetch_webhooks(client: Callable[[], Client], _token: AccessToken) -> tuple[Completions, bool]:
    from jebbitctl.api.integrations import is_webhook, list_integrations

    return [
        (str(found.id), _describe(found))
        for found in list_integrations(client())
        if is_webhook(found.attributes) is not False
    ], True


def _fetch_mappings(client: Callable[[], Client], _token: AccessToken) -> tuple[Completions, bool]:
    from jebbitctl.api.mappings import list_mappings

    return [
        (str(found.id), f"{_word(found, 'jebbit_var')} as {_word(found, 'client_var')}")
        for found in list_mappings(client())
    ], True


def _fetch_jebbit_vars(client: Callable[[], Client], _token: AccessToken) -> tuple[Completions, bool]:
    """Return the first page, as of campaigns."""
    from jebbitctl.api.attribute_names import display_names
    from jebbitctl.api.attributes import USER_DEFINED_ID, list_pages

    return [
        (_word(found, USER_DEFINED_ID), next(iter(display_names(found)), ""))
        for found in next(list_pages(client()), [])
    ], True


def _fetch_backfills(client: Callable[[], Client], _token: AccessToken) -> tuple[Completions, bool]:
    from jebbitctl.api.backfills import list_backfills

    return [
        (str(found.id), f"{_word(found, 'status') or '-'} {_word(found, 'created_at')}")
        for found in list_backfills(client())
    ], True


def _fetch_campaigns(client: Callable[[], Client], _token: AccessToken) -> tuple[Completions, bool]:
    """Return the first page: there may be thousands, and a shell waits."""
    from jebbitctl.api.campaigns import list_pages

    return [(str(found.id), _word(found, "title")) for found in next(list_pages(client()), [])], True


def _fetch_attributes(client: Callable[[], Client], _token: AccessToken) -> tuple[Completions, bool]:
    """Return the first page, which holds up to a thousand."""
    from jebbitctl.api.attributes import USER_DEFINED_ID, list_pages

    return [(str(found.id), _word(found, USER_DEFINED_ID)) for found in next(list_pages(client()), [])], True


def _fetch_exports(client: Callable[[], Client], _token: AccessToken) -> tuple[Completions, bool]:
    from jebbitctl.api.exports import list_exports

    return [
        (str(found.id), f"{_word(found, 'name')} {_word(found, 'schedule')}")
        for found in list_exports(client())
    ], True


def _word(resource: Resource, attribute: str) -> str:
    from jebbitctl.util.text import cell

    return cell(resource.attributes.get(attribute))


def _describe(integration: Resource) -> str:
    """Return the endpoint without user name and query, which may contain keys; else the service."""
    from jebbitctl.util.urls import shown_url, url_host

    endpoint, service = integration.attributes.get("endpoint"), integration.attributes.get("service_name")
    return shown_url(endpoint) if isinstance(endpoint, str) and url_host(endpoint) else str(service or "")


def _fetch_businesses(client: Callable[[], Client], token: AccessToken) -> tuple[Completions, bool]:
    """Return ids and names; incomplete if a name could not be fetched."""
    from jebbitctl.api.businesses import get_self
    from jebbitctl.api.concurrency import ConcurrentCalls
    from jebbitctl.errors import CredentialsError, JebbitctlError

    if not token.businesses:
        only = get_self(client())
        return [(str(only["id"]), str(only["name"] or ""))], True
    complete, offers = True, []
    with ConcurrentCalls(token.businesses, client, lambda own, id_: get_self(own.for_business(id_))) as calls:
        for id_, future in calls:
            try:
                name = future.result()["name"]
            except JebbitctlError as error:
                name, complete = None, complete and isinstance(error, CredentialsError)
            offers.append((id_, str(name or "")))
    return offers, complete
