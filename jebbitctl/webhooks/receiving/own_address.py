"""Whether a URL leads back to a server of this machine."""

from __future__ import annotations

import ipaddress
import socket
from contextlib import suppress
from urllib.parse import urlsplit

from jebbitctl.util.hosts import bare_host

_DEFAULT_PORTS = {"http": 80, "https": 443}


def leads_to(url: str, host: str, port: int) -> bool:
    """Whether a URL, in any spelling, leads to a server that listens on a host and port of this machine.

    All loopback addresses count as one, and an address for any interface as all of this machine's.

    Args:
        url: a valid http or https URL.
        host: what the server listens on, a name or an address.
        port: its port.
    """
    parts = urlsplit(url)
    if (parts.port or _DEFAULT_PORTS.get(parts.scheme)) != port:
        return False
    targets, own = _addresses(parts.hostname or ""), _addresses(bare_host(host))
    if targets & own:
        return True
    if any(ipaddress.ip_address(address).is_unspecified for address in own):
        return any(map(_is_local, targets))
    return any(map(_is_loopback, own)) and any(map(_is_loopback, targets))


def _addresses(host: str) -> frozenset[str]:
    """Return the addresses of a host; none if it cannot be resolved."""
    with suppress(OSError, UnicodeError):
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        return frozenset(str(address[0]).partition("%")[0] for *_, address in found)
    return frozenset()


def _is_loopback(address: str) -> bool:
    """Whether an address is of the loopback interface, or leads there like 0.0.0.0."""
    parsed = ipaddress.ip_address(address)
    mapped = getattr(parsed, "ipv4_mapped", None) or parsed
    return mapped.is_loopback or mapped.is_unspecified


def _is_local(address: str) -> bool:
    """Whether an address is one of this machine: only to those can a socket be bound."""
    if _is_loopback(address):
        return True
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.bind((address, 0))
        return True
    return False
