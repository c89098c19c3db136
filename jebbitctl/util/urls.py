"""URLs: which are safe to send secrets to, which are equivalent, and how they are shown."""

from __future__ import annotations

import re
from functools import lru_cache
from importlib.util import find_spec
from urllib.parse import urlsplit, urlunsplit

from jebbitctl.errors import UsageError
from jebbitctl.util.hosts import (
    ascii_host,
    authority_of,
    authority_problem,
    bare_host,
    is_placeholder,
    socket_address,
)
from jebbitctl.util.redaction import MASK
from jebbitctl.util.text import escape_controls

_SOCKS = ("socks4", "socks4a", "socks5", "socks5h")
"""The schemes of SOCKS proxies; those that end in a letter let the proxy resolve names."""
_QUOTES = "\"'`\u201c\u201d\u201e\u2018\u2019\xab"
_NAMES = frozenset(
    {
        "localhost4",
        "localhost6",
        "ip6-localhost",
        "ip6-loopback",
        "localhost.localdomain",
        "localhost4.localdomain4",
        "localhost6.localdomain6",
    }
)
"""What hosts files of Linux call loopback addresses, beside localhost. DNS could resolve them otherwise."""
_HINT = "use an absolute https:// URL (http:// only for this machine: 127.0.0.1, localhost)"
_PLACEHOLDER = "its host is a placeholder that was not replaced"
_PLACEHOLDER_HINT = (
    "write the real host, such as https://example.com/hook; a manifest's variables are written ${NAME}"
)


def is_loopback(host: str) -> bool:
    """Whether a host is surely this machine.

    Args:
        host: a name, or an address in any spelling, such as ``127.1`` or ``[::ffff:127.0.0.1]``. Names of
            hosts files other than localhost count if they resolve to loopback addresses only.
    """
    name = bare_host(host).lower().removesuffix(".")
    if name == "localhost":
        return True
    if name in _NAMES or name.endswith(".localhost"):
        return _resolves_to_loopback(name)
    try:
        return socket_address(name).is_loopback
    except ValueError:
        return False


@lru_cache(maxsize=100)  # a server asks for each request
def _resolves_to_loopback(name: str) -> bool:
    import socket  # hardly ever needed

    try:
        found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return False
    return all(socket_address(str(address[0])).is_loopback for *_, address in found)


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
        hint = _PLACEHOLDER_HINT if problem == _PLACEHOLDER else missing_scheme_hint(url) or _HINT
        raise UsageError(f"{what}: {problem}", hint=hint)
    return url


def missing_scheme_hint(url: str) -> str | None:
    """Return which scheme a URL such as ``localhost:3000`` lacks; None if it lacks none, or more."""
    if "//" in url.partition("?")[0]:
        return None
    for scheme, is_likely in (("http", True), ("https", "." in authority_of(f"https://{url}"))):
        if is_likely and _problem(f"{scheme}://{url}") is None:
            return f"put {scheme}:// in front of it"
    return None


def same_origin(one: str, other: str) -> bool:
    """Whether two absolute URLs have the same scheme, host and port, and the same user info, if any."""
    origin = _origin(one)
    return origin is not None and origin == _origin(other)


@lru_cache(maxsize=100_000)  # a plan compares the same URLs several times
def normalize_url(url: str) -> str:
    """Return the normal form of an absolute URL, and any other text unchanged.

    Scheme and host are in lower case, an international name is as in DNS, a default port is removed, and an
    empty path is ``/`` (RFC 3986, sections 6.2.2.1 and 6.2.3). An empty query or fragment is removed. The
    rest is unchanged.
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
    except ValueError:
        return None
    if ":" in host:  # an IPv6 address
        return host if re.fullmatch(r"[a-z0-9.:%]+", host) else None
    return ascii_host(host)


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


def is_socks_url(url: str) -> bool:
    """Whether this is the URL of a SOCKS proxy."""
    return url.partition("://")[0].lower() in _SOCKS


def require_proxy_url(url: str, *, name: str) -> str:
    """Return a proxy's URL unchanged.

    Args:
        url: as it is configured.
        name: of the variable that holds it.

    Raises:
        UsageError: it is not valid, or of a kind that cannot be used here.
    """
    scheme, separator, _ = url.partition("://")
    if separator and scheme.lower() not in {"http", "https", *_SOCKS}:
        raise UsageError(
            f"{name} names an unknown kind of proxy: {escape_controls(scheme[:20])}",
            hint=f"use http, https, {' or '.join((', '.join(_SOCKS[:-1]), _SOCKS[-1]))}",
        )
    if is_socks_url(url) and find_spec("socks") is None:
        raise UsageError(
            f"{name} is a SOCKS proxy, for which PySocks is missing",
            hint="install it where jebbitctl is: pipx inject jebbitctl PySocks, or pip install PySocks",
        )
    if not is_proxy_url(url):
        raise UsageError(
            f"{name} is not a proxy's URL: {shown_url(url)}",
            hint="set it to a URL such as http://proxy.example.com:3128; in a password, write / as %2F,"
            " # as %23, ? as %3F and @ as %40",
        )
    return url


def _origin(url: str) -> tuple[str, str] | None:
    """Return scheme and authority, as :func:`normalize_url` has them; None if the URL is not absolute."""
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises ValueError if it is not a number
    except ValueError:
        return None
    user_info, at, host = parts.netloc.rpartition("@")
    if not host:
        return None
    default_port = {"https": ":443", "http": ":80"}.get(parts.scheme, ":")
    host = host.lower().removesuffix(default_port).removesuffix(":")
    if not host.isascii():
        name, colon, port = host.partition(":")
        host = f"{ascii_host(name) or name}{colon}{port}"
    return parts.scheme, f"{user_info}{at}{host}"


def _problem(url: str) -> str | None:
    authority = authority_of(url)
    if problem := _text_problem(url, authority):
        return problem
    scheme = url.partition(":")[0].lower()
    if scheme not in {"https", "http"} or not authority:
        return "it is not an absolute URL"
    if authority.lower() in {"https:", "http:", "https", "http"}:  # such as https://https//example.com
        return "it has https:// or http:// twice"
    if problem := authority_problem(authority):
        return problem
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return "it is not a URL"
    if scheme == "http" and not is_loopback(host):
        return f"plain http to {host} would send data unencrypted"
    return None


def _text_problem(url: str, authority: str) -> str | None:
    """Return why text was not meant as a URL or must not be one, None if it may be one."""
    if not url:
        return "it is empty"
    if url[0] in _QUOTES:
        return "it is in quotation marks"
    if "@" in authority:
        return "it contains a user name or password"
    if is_placeholder(authority) or ("://" not in url and is_placeholder(re.split("[/?#]", url)[0])):
        return _PLACEHOLDER
    if MASK in url:
        return f"it is masked ({MASK}), as output shows a secret"
    if " " in url or not url.isprintable():  # no other white space is printable
        return "it contains spaces or control characters"
    return None
