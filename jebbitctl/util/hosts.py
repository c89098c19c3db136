"""Host names and addresses in URLs: which are valid, and which are placeholders that nobody replaced."""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache

# Patterns are compiled when they are used, as most commands import this module and check no host.
_PLACEHOLDER = r"(?i:[{}<>$]|%(7b|7d|3c|3e|24)|%\(?[a-z_]\w*[%)]|(^|[.-])__\w+__([.:-]|$))"
"""``${HOST}``, ``$HOST``, ``{{host}}``, ``<your-domain>``, also percent-encoded; ``%HOST%``; ``__HOST__``."""
_LABEL = r"[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?"
"""A label in ASCII. Underscores are no part of a host name, but real hosts have them."""
_NUMBER = r"[0-9]+|0[xX][0-9A-Fa-f]*"
_DOTS = "[.\u3002\uff0e\uff61]"
"""The full stop, and the characters that IDNA maps to it."""
_MAX_LABEL = 63
_MAX_NAME = 253
_MAX_PORT = 65535


def bare_host(host: str) -> str:
    """Return a host without the brackets that an IPv6 address has in a URL."""
    return host[1:-1] if host[:1] == "[" and host[-1:] == "]" else host


def authority_of(url: str) -> str:
    """Return the part of a URL with its host and port, even if the URL is not valid; empty if it has none."""
    found = re.match(r"[A-Za-z][A-Za-z0-9+.-]*://([^/?#]*)", url)
    return found[1] if found else ""


def is_placeholder(authority: str) -> bool:
    """Whether a host was meant to be replaced by a real one."""
    return re.search(_PLACEHOLDER, authority) is not None


@lru_cache(maxsize=1000)  # many integrations share a host
def authority_problem(authority: str) -> str | None:
    """Return what is wrong with the host and port of a URL that has no user name, None if they are valid."""
    if authority.startswith("["):
        address, bracket, port = authority[1:].partition("]")
        if not bracket or not _is_address(address, ipaddress.IPv6Address):
            return "its host in brackets is not an IPv6 address"
    else:
        host, colon, port = authority.partition(":")
        if problem := host_problem(host):
            return problem
        port = colon + port
    return _port_problem(port)


def host_problem(host: str) -> str | None:
    """Return what is wrong with a host name or an IPv4 address, None if it is valid."""
    if not host:
        return "its host is missing"
    labels = re.split(_DOTS, host)
    if labels[-1] == "" and len(labels) > 1:
        labels.pop()  # the root
    if "" in labels:
        return "its host name is not valid: it has two dots in a row, or begins with one"
    if re.fullmatch(_NUMBER, labels[-1]):
        return (
            None
            if _is_address(".".join(labels), ipaddress.IPv4Address)
            else "its host is not a valid IPv4 address"
        )
    encoded = []
    for label in labels:
        if problem := _label_problem(label):
            return f"its host name is not valid: {problem}"
        encoded.append(_ascii_label(label))
    if len(".".join(encoded)) > _MAX_NAME:
        return f"its host name is not valid: it has more than {_MAX_NAME} characters"
    return None


def ascii_host(host: str) -> str | None:
    """Return a host name in lower case and as DNS has it, None if it is not valid."""
    if host_problem(host):
        return None
    return ".".join(map(_ascii_label, filter(None, re.split(_DOTS, host)))).lower()


def _label_problem(label: str) -> str | None:
    if label.isascii():
        if other := re.search("[^A-Za-z0-9_-]", label):
            return f"it contains {other[0]}"
        if not re.fullmatch(_LABEL, label):
            return "a part begins or ends with a hyphen"
    elif not _ascii_label(label):
        return "it is not a valid international name"
    return f"a part has more than {_MAX_LABEL} characters" if len(_ascii_label(label)) > _MAX_LABEL else None


def _ascii_label(label: str) -> str:
    """Return a label as DNS has it, encoded as requests does; empty if it is not valid."""
    if label.isascii():
        return label
    import idna  # most hosts need none of it

    try:
        return idna.encode(label, uts46=True).decode()
    except idna.IDNAError:
        return ""


def socket_address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """Return the address that a connection goes to: 127.0.0.1 for ``127.1`` and ``::ffff:7f00:1``.

    Raises:
        ValueError: it is not an address.
    """
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        if not re.fullmatch(rf"({_NUMBER})(\.({_NUMBER})){{0,3}}", text):
            raise
    else:
        return getattr(address, "ipv4_mapped", None) or address
    import socket  # hardly ever needed

    try:
        return ipaddress.IPv4Address(socket.inet_aton(text))
    except OSError:
        raise ValueError(text) from None


def _is_address(text: str, type_: type[ipaddress.IPv4Address | ipaddress.IPv6Address]) -> bool:
    try:
        type_(text)
    except ValueError:
        return False
    return True


def _port_problem(text: str) -> str | None:
    """Return what is wrong with a port and the colon before it, None if the port is missing or valid."""
    if re.fullmatch(":?|:0*[1-9][0-9]{0,4}", text) and int(text[1:] or 1) <= _MAX_PORT:
        return None
    return f"its port is not a number from 1 to {_MAX_PORT:,}"
