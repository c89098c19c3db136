"""The endpoint's URL: is it one that Jebbit can deliver to, as far as a URL tells?"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from jebbitctl.api.differences import ENDPOINT
from jebbitctl.api.integrations import matches, shown_host
from jebbitctl.diagnose.findings import failed, ok, unknown, warning
from jebbitctl.diagnose.network import Place
from jebbitctl.errors import JebbitctlError, RejectedError, UsageError
from jebbitctl.util.hosts import ascii_host, authority_of
from jebbitctl.util.urls import is_loopback, shown_url
from jebbitctl.webhooks.endpoint import require_endpoint

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jebbitctl.diagnose.case import Case
    from jebbitctl.diagnose.findings import Finding

_RESERVED = ("example.com", "example.net", "example.org", "example", "test", "invalid")
"""Domains that no endpoint can have. Source: RFC 2606."""
_PORT_OF_OTHER = {("https", 80): "http", ("http", 443): "https"}
_LEAVE_OUT = "leave it out: x-jebbit-signature proves who sends, and everyone who sees the URL sees it"
GIVE_URL = "give the URL: --endpoint URL"


def url(case: Case) -> Finding:
    """The endpoint's URL is one that Jebbit can deliver to."""
    endpoint = case.endpoint
    if endpoint is None:
        if (host := case.host) is not None:
            return unknown(f"Jebbit shows only the host, {host}", GIVE_URL)
        return unknown("Jebbit does not say the endpoint", GIVE_URL)
    shown = shown_url(endpoint)
    if "@" in authority_of(endpoint):
        return warning(f"{shown}: it has a user name or password, which Jebbit may not send", _LEAVE_OUT)
    try:
        require_endpoint(endpoint)
    except UsageError as error:
        return failed(f"{shown}: {error.message.partition(': ')[2]}", set_endpoint(case, "URL"))
    if _is_reserved(endpoint) and not case.api_is_local:
        return failed(f"{shown}: its domain is reserved for examples", set_endpoint(case, "URL"))
    doubts = [*_not_jebbits(case, endpoint), *_doubts(case, endpoint)]
    if not doubts:
        return ok(shown)
    return warning(f"{shown}: {'; '.join(seen for seen, _ in doubts)}", doubts[0][1])


def place_of(case: Case) -> Place:
    """Return where an integration delivers to.

    Raises:
        JebbitctlError: it is not known, or its URL is not valid.
    """
    if (endpoint := case.endpoint) is not None:
        try:
            return Place.of_url(require_endpoint(endpoint))
        except UsageError:
            raise RejectedError("its URL is not requested (see url)") from None
    if (host := case.host) is None:
        raise RejectedError("Jebbit does not say the endpoint", hint=GIVE_URL)
    return Place.of_host(host)


def set_endpoint(case: Case, target: str) -> str:
    """Return the advice to set another endpoint."""
    return f"set the right URL: {case.command('integrations', 'update', case.id, '--endpoint', target)}"


def _is_reserved(endpoint: str) -> bool:
    host = ascii_host(urlsplit(endpoint).hostname or "") or ""
    return any(host == domain or host.endswith(f".{domain}") for domain in _RESERVED)


def _not_jebbits(case: Case, endpoint: str) -> Iterator[tuple[str, str]]:
    """Yield what is odd about a URL that the user gave, if Jebbit says that it delivers elsewhere."""
    attributes: Mapping[str, object] = {}
    with suppress(JebbitctlError):  # then Jebbit does not say it
        attributes = case.webhook.attributes
    if case.given_endpoint is not None and matches(attributes, {ENDPOINT: endpoint}) is False:
        place = shown_url(str(shown_host(attributes)))
        fix = f"leave out --endpoint; or, if it is the right one, {set_endpoint(case, 'URL')}"
        yield f"Jebbit delivers to {place} instead, so what follows is not about its deliveries", fix


def _doubts(case: Case, endpoint: str) -> list[tuple[str, str]]:
    """Return what is odd about a valid URL, each with what to do."""
    parts = urlsplit(endpoint)
    here = is_loopback(parts.hostname or "") and case.api_is_local
    found = []
    if _is_reserved(endpoint):
        found.append(("its domain is reserved for examples", set_endpoint(case, "URL")))
    if parts.scheme == "http" and not here:
        fix = "let the endpoint serve https, and " + set_endpoint(case, "URL")
        found.append(("http sends personal data in clear text", fix))
    if other := _PORT_OF_OTHER.get((parts.scheme, parts.port or 0)):
        found.append((f"port {parts.port} is usually that of {other}", "check the port"))
    if parts.fragment:
        whole = urlunsplit(parts._replace(query="", fragment=""))
        fix = set_endpoint(case, "URL" if parts.query else whole)
        found.append(("what follows # is never sent", fix))
    return found
