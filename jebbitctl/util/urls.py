"""URLs: which are safe to send secrets to, and which are equivalent."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit, urlunsplit

from jebbitctl.errors import UsageError


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


def without_credentials(url: str) -> str:
    """Return a URL without user name, password, query and fragment, any of which may be secret.

    Empty if it is not an absolute URL.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return ""
    if not host:
        return ""
    address = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{address}{'' if port is None else f':{port}'}{parts.path}"


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
