"""URLs: which are safe to send secrets to, which are equivalent, and how they are shown."""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache
from urllib.parse import urlsplit, urlunsplit

from jebbitctl.errors import UsageError
from jebbitctl.util.redaction import MASK


def is_loopback(host: str) -> bool:
    """Whether a host is surely this machine: a name or an address, IPv6 without brackets."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def require_https(url: str, *, what: str) -> str:
    """Return a URL unchanged if it is an absolute https URL, or an http URL of this machine.

    Args:
        url: as typed or read.
        what: its name in the error, such as ``--endpoint``.

    Raises:
        UsageError: it is anything else, or contains a user name or password.
    """
    problem = _problem(url)
    if problem:
        raise UsageError(
            f"{what}: {problem}",
            hint="use an absolute https:// URL (http:// only for this machine: 127.0.0.1, localhost)",
        )
    return url


def same_origin(one: str, other: str) -> bool:
    """Whether two absolute URLs have the same scheme, host and port, and the same user info, if any."""
    origin = _origin(one)
    return origin is not None and origin == _origin(other)


@lru_cache(maxsize=100_000)  # a plan compares the same URLs several times
def normalize_url(url: str) -> str:
    """Return the normal form of an absolute URL, and any other text unchanged.

    Scheme and host are in lower case, a default port is removed, and an empty path is ``/`` (RFC 3986,
    sections 6.2.2.1 and 6.2.3). An empty query or fragment is removed. The rest is unchanged.
    """
    origin = _origin(url)
    if origin is None:
        return url
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=origin[1], path=parts.path or "/"))


def url_host(url: str) -> str:
    """Return the host of an absolute URL, empty for any other text."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def host_of(text: str) -> str | None:
    """Return the host of a URL, or of a host with or without a port, in its normal form; else None."""
    try:
        host = urlsplit(text if "//" in text else f"//{text}").hostname or ""
        host = host.removesuffix(".").encode("idna").decode()
    except ValueError:
        return None
    return host if re.fullmatch(r"[a-z0-9._:%-]+", host) else None


def shown_url(url: str) -> str:
    """Return any URL as it may be shown: without query and fragment, and with the user info masked.

    Everything between the scheme and the last ``@`` is masked, as a URL that was typed with an unescaped
    ``/``, ``?`` or ``#`` in its password cannot be parsed, or is parsed wrongly.
    """
    before, at, rest = url.rpartition("@")
    if at:
        scheme, separator, _ = before.partition("://")
        url = f"{scheme}{separator}{MASK}@{rest}" if separator else f"{MASK}@{rest}"
    return re.split("[?#]", url, maxsplit=1)[0]


def is_proxy_url(url: str) -> bool:
    """Whether this is the URL of a proxy, for which the scheme may be missing."""
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        port = parts.port
    except ValueError:
        return False
    return bool(parts.hostname) and port != 0 and "@" not in parts.path + parts.query + parts.fragment


def require_proxy_url(url: str, *, name: str) -> str:
    """Return a proxy's URL unchanged.

    Args:
        url: as it is configured.
        name: of the variable that holds it.

    Raises:
        UsageError: it is not valid.
    """
    if not is_proxy_url(url):
        raise UsageError(
            f"{name} is not a proxy's URL: {shown_url(url)}",
            hint="set it to a URL such as http://proxy.example.com:3128; in a password, write / as %2F,"
            " # as %23, ? as %3F and @ as %40",
        )
    return url


def _origin(url: str) -> tuple[str, str] | None:
    """Return scheme and authority, in lower case and without a default port; None if it is not absolute."""
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises ValueError if it is not a number
    except ValueError:
        return None
    user_info, at, host = parts.netloc.rpartition("@")
    if not host:
        return None
    default_port = {"https": ":443", "http": ":80"}.get(parts.scheme, ":")
    return parts.scheme, f"{user_info}{at}{host.lower().removesuffix(default_port).removesuffix(':')}"


def _problem(url: str) -> str | None:
    if not url:
        return "it is empty"
    if any(c.isspace() or not c.isprintable() for c in url):
        return "it contains spaces or control characters"
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
        return "it contains a user name or password"
    if parts.scheme == "http" and not is_loopback(host):
        return f"plain http to {host} would send data unencrypted"
    return None
