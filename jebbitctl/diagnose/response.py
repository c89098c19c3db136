"""The line about the endpoint's response: a delivery that gets none, or a redirect, may be lost."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from jebbitctl.diagnose.endpoint_url import GIVE_URL, place_of, set_endpoint
from jebbitctl.diagnose.findings import State, failed, ok, unknown, warning
from jebbitctl.diagnose.probing import client_for, secret_of
from jebbitctl.diagnose.tls import unanswered
from jebbitctl.errors import JebbitctlError, UsageError
from jebbitctl.util.text import escape_controls
from jebbitctl.util.urls import is_loopback, normalize_url, shown_url
from jebbitctl.webhooks.endpoint import require_endpoint
from jebbitctl.webhooks.sender import SAMPLE_BODY, deliver

if TYPE_CHECKING:
    from jebbitctl.diagnose.case import Case
    from jebbitctl.diagnose.findings import Finding
    from jebbitctl.diagnose.network import Place
    from jebbitctl.webhooks.endpoint import EndpointResponse

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_NO_HEAD = {HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.NOT_IMPLEMENTED}
"""A server refuses HEAD with these, whatever a POST gets."""
_PROBE = "see what a delivery gets: --probe"
_GATEWAY = {HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT}


def response(case: Case) -> Finding:
    """The endpoint answers itself instead of with a redirect.

    Asks with an unsigned HEAD, or with a signed test delivery if deliveries may be sent. Follows nothing.
    """
    place = place_of(case)
    if place.url is None:
        return unknown("only the host is known", GIVE_URL)
    if place.scheme == "http" and case.network.proxy(place):
        return unknown("this machine reaches it only through a proxy, which may answer itself")
    answer = case.network.head(place)
    if answer is None:
        return unknown("there is no connection to ask on (see dns and tls)")
    method = "HEAD"
    if case.probe and (posted := _post(case, place)) is not None:
        method, answer = "POST", posted
    if answer.status is None:
        if case.states.get("tls") is State.WARNING:
            return unknown(f"no answer: {answer.error} (see tls)")
        if case.network.proxy(place):
            return unknown(f"no answer through this machine's proxy, which may be why: {answer.error}")
        return unanswered(case, place, answer.error or "no response")
    return _judged(case, place.url, method, answer)


def _judged(case: Case, url: str, method: str, answer: EndpointResponse) -> Finding:
    status = answer.status
    is_other = status is not None and 300 <= status < 400 and "location" in answer.headers  # noqa: PLR2004 - 3xx
    if status in _REDIRECTS or is_other:
        return _redirected(case, url, method, answer)
    if status in _GATEWAY:
        return warning(
            f"{method} returned {status}, as proxies do that cannot reach the endpoint",
            "check that the endpoint runs",
        )
    if method == "HEAD" and status in _NO_HEAD:
        return unknown(f"HEAD returned {status}, which says nothing of a POST", _PROBE)
    return ok(f"no redirect: {method} returned {status}")


def _post(case: Case, place: Place) -> EndpointResponse | None:
    """Send a test delivery; None if it cannot be signed, as Jebbit does not say the secret."""
    try:
        secret = secret_of(case)
    except JebbitctlError:
        return None
    with client_for(case, place) as client:
        return deliver(client, secret, SAMPLE_BODY)


def _redirected(case: Case, url: str, method: str, answer: EndpointResponse) -> Finding:
    target = _target(url, answer)
    shown = escape_controls(shown_url(target)) if target else "an invalid URL"
    seen = f"{method} is redirected to {shown} ({answer.status})"
    if target is None or normalize_url(target) == normalize_url(url):
        fix = "let the endpoint answer deliveries itself"
        return failed(seen, fix) if method == "POST" else warning(f"{seen}; a POST may not be", fix)
    if method == "HEAD" and not _is_same_resource(url, target):
        return warning(f"{seen}; a POST may not be", _PROBE)
    return failed(f"{seen}, so deliveries are lost", _fix(case, target))


def _fix(case: Case, target: str) -> str:
    parts = urlsplit(target)
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        return "let the endpoint answer https itself instead of leading to http"
    advice = set_endpoint(case, shown_url(target))
    return f"{advice} (with its query)" if parts.query else advice


def _target(url: str, answer: EndpointResponse) -> str | None:
    """Return where a redirect leads, None if that is no URL."""
    try:
        return require_endpoint(urljoin(url, answer.headers["location"]))
    except (KeyError, ValueError, UsageError):
        return None


def _is_same_resource(url: str, target: str) -> bool:
    """Whether URLs differ only in scheme, host or slash at the end: a server redirects every method then."""
    one, other = urlsplit(url), urlsplit(target)
    return (one.path.rstrip("/"), one.query) == (other.path.rstrip("/"), other.query)
