"""What a status means that is no answer to the signature."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from jebbitctl.util.text import escape_controls
from jebbitctl.util.urls import shown_url
from jebbitctl.webhooks.diagnosis.diagnosis import Diagnosis
from jebbitctl.webhooks.response_excerpt import quoted_excerpt

if TYPE_CHECKING:
    from jebbitctl.webhooks.endpoint import EndpointResponse

_HINTS = {
    404: ("not_found", "check the path of the URL and the route that the endpoint registers for POST"),
    405: ("method_not_allowed", "register the route for POST, or use the URL that takes POST"),
    406: ("not_acceptable", "let the route respond to requests without an Accept header"),
    407: ("proxy_credentials", "set the proxy's credentials in HTTPS_PROXY"),
    408: (
        "request_timeout",
        "check the proxy in front of the endpoint; it did not wait for the request's body",
    ),
    410: ("gone", "check the URL: it has been in use and was given up"),
    411: ("length_required", "let the server in front of the endpoint accept HTTP/1.1 requests"),
    413: (
        "too_large",
        "raise the limit for bodies (client_max_body_size in nginx); real ones are larger than this",
    ),
    414: ("url_too_long", "shorten the URL"),
    415: (
        "content_type",
        "accept application/json; a parser or a route that takes only other types refuses it",
    ),
    421: ("wrong_host", "add this host name to the server's names"),
    426: ("upgrade", "let the server accept HTTP/1.1 requests"),
    429: ("rate_limited", "wait a little, use --rate, or let this machine's address exceed the limit"),
    431: ("headers_too_large", "raise the limit for headers"),
    451: ("blocked", "look for a rule that blocks this machine's address or country"),
    501: ("method_not_allowed", "check the URL: the server there does not implement POST"),
    502: (
        "proxy_error",
        "start the application behind the proxy; the proxy's log says why it cannot be used",
    ),
    503: (
        "unavailable",
        "start the application, or end its maintenance; a proxy returns 503 when it has none",
    ),
    504: ("proxy_timeout", "make the application respond faster; the proxy in front of it gave up"),
}
"""A code and what to do, by status."""
_OF_A_PROXY = range(520, 531)
"""Cloudflare's own statuses."""
_LOGIN_WORDS = (
    "login",
    "log-in",
    "signin",
    "sign-in",
    "sign_in",
    "sso",
    "oauth",
    "/auth",
    "saml",
    "/cdn-cgi/access",
)


def explain_status(url: str, response: EndpointResponse, secret: str) -> Diagnosis | None:
    """Return what a status means; None if it may come from the signature.

    Args:
        url: of the endpoint.
        response: with any status but 2xx.
        secret: masked in the endpoint's words.
    """
    status = response.status or 0
    words = quoted_excerpt(response, secret)
    if status in range(300, 400):
        return _redirect(url, response)
    if status == HTTPStatus.UNAUTHORIZED and (challenge := response.headers.get("www-authenticate")):
        return _login_required(challenge, words)
    if status in _OF_A_PROXY:
        return Diagnosis(
            "proxy_error",
            f"It returned {status}.{words}",
            "check that the application behind Cloudflare runs",
        )
    if status not in _HINTS:
        return None
    code, fix = _HINTS[status]
    return Diagnosis(code, f"It returned {status}{_details(response)}.{words}", f"{fix[0].upper()}{fix[1:]}.")


def _details(response: EndpointResponse) -> str:
    """Return what the headers add, such as `` and allows GET``."""
    allow = response.headers.get("allow")
    if response.status == HTTPStatus.METHOD_NOT_ALLOWED and allow:
        return f" and allows only {_shown(allow)}"
    after = response.headers.get("retry-after")
    if after:
        return f" and asks to wait (Retry-After: {_shown(after)})"
    accept = response.headers.get("accept-post") or response.headers.get("accept")
    if response.status == HTTPStatus.UNSUPPORTED_MEDIA_TYPE and accept:
        return f" and accepts only {_shown(accept)}"
    return ""


def _shown(value: str) -> str:
    return escape_controls(value[:80])


def _login_required(challenge: str, words: str) -> Diagnosis:
    scheme = challenge.partition(" ")[0].rstrip(",")
    return Diagnosis(
        "credentials",
        f"It returned 401 and asks for credentials (WWW-Authenticate: {_shown(scheme)}).{words}",
        "Exempt this path from the login, as Jebbit sends no credentials;"
        " to check it as it is, use --header 'Authorization: @FILE'.",
    )


def _redirect(url: str, response: EndpointResponse) -> Diagnosis:
    location = response.headers.get("location")
    if not location:
        return Diagnosis(
            "redirect",
            f"It returned {response.status}, which is a redirect, but names no Location.",
            "Respond to a delivery with 200.",
        )
    try:
        target = urljoin(url, location)
        one, other = urlsplit(url), urlsplit(target)
    except ValueError:
        target = ""
    if not target:
        return Diagnosis(
            "redirect", f"It redirects ({response.status}) to an invalid URL.", "Fix the redirect."
        )
    shown = escape_controls(shown_url(target))
    finding = f"It redirects ({response.status}) to {shown}."
    if any(word in target.lower() for word in _LOGIN_WORDS):
        fix = f"{shown} looks like a login. Exempt the endpoint's path from it."
    elif (one.scheme, other.scheme) == ("http", "https") and one.hostname == other.hostname:
        fix = "Use the https:// URL. Deliveries are not known to follow redirects."
    elif one.path.rstrip("/") == other.path.rstrip("/") and one.netloc == other.netloc:
        fix = f"Use the URL with or without a slash at its end, as in {shown}."
    else:
        fix = f"Use the endpoint's own URL, such as {shown}. Deliveries are not known to follow redirects."
    return Diagnosis("redirect", finding, fix)
