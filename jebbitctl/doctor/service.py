"""Checks of the service: issuer, API, token and clock."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from jebbitctl.api.documents import API_ROOT
from jebbitctl.doctor.check_context import CheckSkipped
from jebbitctl.errors import CheckFailedError
from jebbitctl.util.times import rfc3339_or_none

if TYPE_CHECKING:
    from jebbitctl.api.access_token import AccessToken
    from jebbitctl.api.client import Client
    from jebbitctl.api.transport import ApiResponse
    from jebbitctl.doctor.check_context import CheckContext

MAX_CLOCK_SKEW = 60
"""Seconds. Signatures are valid for 300, and deliveries take time."""


def issuer(check_context: CheckContext) -> str:
    """The token issuer is reachable."""
    check_context.require("settings", "the issuer's URL is unknown")
    url = check_context.context.settings.issuer.value
    response, seconds = check_context.fetch(f"{url}/.well-known/openid-configuration")
    _require_available(url, response)
    if response.is_redirect or (response.is_success and not _is_json_object(response)):
        raise CheckFailedError(
            f"{url} returned {response.status}: this is not a token issuer",
            hint="check JEBBIT_AUTH_ISSUER or the profile's auth_url; a network may require you to sign in",
        )
    return f"{url} responded in {seconds:.2f} s"


def api(check_context: CheckContext) -> str:
    """The API is reachable and asks for a token."""
    check_context.require("settings", "the API's URL is unknown")
    url = check_context.context.settings.api_url.value
    response, seconds = check_context.fetch(f"{url}{API_ROOT}/self")
    _require_available(url, response)
    if response.status not in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        raise CheckFailedError(
            f"{url} returned {response.status}: this is not Jebbit's API",
            hint="check JEBBIT_API_BASE_URL or the profile's api_url; a network may require you to sign in",
        )
    return f"{url} responded in {seconds:.2f} s"


def token(check_context: CheckContext) -> str:
    """A token is available, and the API accepts it."""
    from jebbitctl.api.businesses import find_business, get_self
    from jebbitctl.api.client import Client
    from jebbitctl.api.coverage import require_named

    check_context.require("settings", "the issuer's URL is unknown")
    check_context.require("credentials", "there are no credentials to request a token with")
    if not _is_cached(check_context):
        check_context.require("issuer", "there is no cached token, and no issuer to request one from")
    current = check_context.tokens.get()
    check_context.require(
        "api", f"there is no API to test the token with; it is valid until {_expiry(current)}"
    )
    settings = check_context.context.settings
    client = Client(check_context.transport, settings.api_url.value, check_context.tokens)
    if named := settings.business:
        client = client.for_business(find_business(client, named.value, source=named.source))
    account = get_self(_for_any_business(client, current))
    if named:
        require_named(client.business, account["id"], [str(account["id"])], source=named.source)
    current = check_context.tokens.get()
    parts = [f"valid until {_expiry(current)}"]
    if named is None and len(current.businesses) > 1:
        parts.append(
            f"covers businesses {', '.join(current.businesses)} (choose one with --business ID|NAME)"
        )
    else:
        parts.append(f"business {account['id']} {account['name'] or ''}".rstrip())
    return "; ".join([*parts, f"scopes {' '.join(current.resource_scopes) or 'unknown'}"])


def clock(check_context: CheckContext) -> str:
    """This machine's clock is accurate enough for signatures."""
    if not check_context.clocks:
        raise CheckSkipped("no service sent a date")
    url, ahead = check_context.clocks[-1]
    host = urlsplit(url).netloc
    if abs(ahead) > MAX_CLOCK_SKEW:
        raise CheckFailedError(
            f"{abs(ahead):.0f} s {'behind' if ahead > 0 else 'ahead of'} {host}: signatures will be rejected",
            hint="synchronize the clock (NTP)",
        )
    return f"within {max(1, round(abs(ahead)))} s of {host}"


def _require_available(url: str, response: ApiResponse) -> None:
    if response.is_transient:
        raise CheckFailedError(f"{url} returned {response.status}", hint="try again later")


def _is_json_object(response: ApiResponse) -> bool:
    try:
        return isinstance(response.json(), dict)
    except ValueError:
        return False


def _is_cached(check_context: CheckContext) -> bool:
    from jebbitctl.auth.tokens import CachedTokenSource

    tokens = check_context.tokens
    return not isinstance(tokens, CachedTokenSource) or tokens.cached() is not None


def _for_any_business(client: Client, token: AccessToken) -> Client:
    """Return a client that names a business if the token covers several: the API requires that."""
    if client.business is None and len(token.businesses) > 1:
        return client.for_business(token.businesses[0])
    return client


def _expiry(token: AccessToken) -> str:
    return rfc3339_or_none(token.expires_at) or "an unknown time"
