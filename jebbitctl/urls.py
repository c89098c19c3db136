"""Which URLs are safe to talk to, and which are the same, decided in one place."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit, urlunsplit

from jebbitctl.errors import UsageError


def is_loopback(host: str) -> bool:
    """Whether ``host`` (a name or an address, an IPv6 one without brackets) can only mean this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def require_https(url: str, *, what: str) -> str:
    """Return ``url`` unchanged when it is an absolute https URL, or http on loopback.

    Args:
        url: what somebody typed.
        what: its name in the error, such as ``--endpoint``.

    Raises:
        UsageError: anything else; also a URL that carries a user name or password.
    """
    problem = _problem(url)
    if problem:
        raise UsageError(
            f"{what}: {problem}",
            hint="use an absolute https:// URL (http:// only for this machine: 127.0.0.1, localhost)",
        )
    return url


def normalized(url: str) -> str:
    """Return what all spellings of a URL have in common; what is no absolute URL as it is.

    Scheme and host are in lower case, a port that goes without saying is left out, no path is ``/``: RFC
    3986, sections 6.2.2.1 and 6.2.3. What follows the host is compared letter by letter, but for a ``?`` or
    ``#`` at the end.
    """
    try:
        parts = urlsplit(url)
        _ = parts.port  # which has to be a number
    except ValueError:
        return url
    user, at, host = parts.netloc.rpartition("@")
    if not host:
        return url
    usual = {"https": ":443", "http": ":80"}.get(parts.scheme, ":")
    host = host.lower().removesuffix(usual).removesuffix(":")
    return urlunsplit(parts._replace(netloc=f"{user}{at}{host}", path=parts.path or "/"))


def _problem(url: str) -> str | None:
    if not url:
        return "it is empty"
    if any(c.isspace() or not c.isprintable() for c in url):
        return "it contains blanks or control characters"
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "it is not a URL"
    if parts.scheme not in {"https", "http"} or not host:
        return "it is not an absolute URL"
    if any(not label for label in host.removesuffix(".").split(".")):
        return "its host name is not valid"
    if parts.username is not None or parts.password is not None:
        return "it carries a user name or password"
    if parts.scheme == "http" and not is_loopback(host):
        return f"plain http to {host} would send secrets unencrypted"
    return None
