"""Jebbit: whether issuer and API answer, whether they take the token, and what time it is there."""

from __future__ import annotations

import time
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from jebbitctl.checkup.examination import SkippedError
from jebbitctl.errors import CheckFailedError
from jebbitctl.times import rfc3339_or_none

if TYPE_CHECKING:
    from jebbitctl.api.client import Client
    from jebbitctl.api.oauth import Token
    from jebbitctl.checkup.examination import Examination

MOST_SKEW = 60
"""Seconds that this clock may be wrong: signatures are good for 300, and deliveries take their time."""


def issuer(examination: Examination) -> str:
    """The issuer answers, whatever it says."""
    examination.need("settings", "where it is cannot be told")
    url = examination.context.settings.issuer.value
    answer, seconds = examination.ask(f"{url}/.well-known/openid-configuration")
    if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise CheckFailedError(f"{url} answered {answer.status}", hint="try again later")
    return f"{url} answered in {seconds:.2f} s"


def api(examination: Examination) -> str:
    """The API answers, and as an API does."""
    examination.need("settings", "where it is cannot be told")
    url = examination.context.settings.api_url.value
    answer, seconds = examination.ask(f"{url}/api/v1/self")
    if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise CheckFailedError(f"{url} answered {answer.status}", hint="try again later")
    if answer.status in range(300, 400) or answer.status == HTTPStatus.NOT_FOUND:
        raise CheckFailedError(
            f"{url} answered {answer.status}, which Jebbit's API does not",
            hint="look at JEBBIT_API_BASE_URL or the profile's api_url",
        )
    return f"{url} answered in {seconds:.2f} s"


def token(examination: Examination) -> str:
    """There is a token, and the API takes it."""
    from jebbitctl.api.businesses import get_self
    from jebbitctl.api.client import Client

    examination.need("settings", "whom to ask for one cannot be told")
    examination.need("credentials", "there are no credentials to ask for one with")
    if not _is_cached(examination):
        examination.need("issuer", "there is none here, and no issuer to ask")
    current = examination.tokens.current()
    examination.need("api", f"there is nobody to show it to; it lasts until {_until(current)}")
    chosen = examination.context.settings
    business = chosen.business.value if chosen.business else None
    client = Client(examination.transport, chosen.api_url.value, examination.tokens, business)
    own = get_self(_for_any_business(client, current))
    current = examination.tokens.current()
    scopes = [scope for scope in current.scopes if not scope.startswith("read:business:")]
    covered = current.businesses
    told = [f"valid until {_until(current)}"]
    if business is None and len(covered) > 1:
        told.append(f"covers businesses {', '.join(covered)} (--business ID names one)")
    else:
        told.append(f"business {own['id']} {own['name'] or ''}".rstrip())
    return "; ".join([*told, f"scopes {' '.join(scopes) or 'not told'}"])


def clock(examination: Examination) -> str:
    """This clock is right enough for signatures."""
    if not examination.clocks:
        raise SkippedError("no service told its time")
    url, ahead = examination.clocks[-1]
    host = urlsplit(url).netloc
    if abs(ahead) > MOST_SKEW:
        raise CheckFailedError(
            f"{abs(ahead):.0f} s {'behind' if ahead > 0 else 'ahead of'} {host}: signatures will be refused",
            hint="let the system set its clock (NTP)",
        )
    return f"within {max(1, round(abs(ahead)))} s of {host}"


def _is_cached(examination: Examination) -> bool:
    """Whether a token is at hand."""
    from jebbitctl.authentication import token_from_entry

    credentials = examination.context.credentials
    if credentials is None:
        return True
    found = token_from_entry(examination.context.token_cache.get(credentials.key))
    return found is not None and found.is_fresh(time.time())


def _for_any_business(client: Client, token: Token) -> Client:
    """Return a client that the API answers: with several businesses, one must be named."""
    if client.business is None and len(token.businesses) > 1:
        return client.for_business(token.businesses[0])
    return client


def _until(token: Token) -> str:
    return rfc3339_or_none(token.expires_at) or "an end that it does not tell"
