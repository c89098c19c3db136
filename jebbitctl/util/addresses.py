"""IP addresses: which a service on the internet can reach, and what the others are."""

from __future__ import annotations

import ipaddress
from typing import TypeAlias

IpAddress: TypeAlias = "ipaddress.IPv4Address | ipaddress.IPv6Address"

LOOPBACK = "a loopback address"
_NOT_PUBLIC = (
    ("0.0.0.0/8", "an address of this machine itself"),
    ("10.0.0.0/8", "a private address"),
    ("100.64.0.0/10", "an address that providers share among customers (CGNAT)"),
    ("127.0.0.0/8", LOOPBACK),
    ("169.254.0.0/16", "a link-local address"),
    ("172.16.0.0/12", "a private address"),
    ("192.0.2.0/24", "an address for documentation"),
    ("192.168.0.0/16", "a private address"),
    ("198.18.0.0/15", "an address for benchmarks"),
    ("198.51.100.0/24", "an address for documentation"),
    ("203.0.113.0/24", "an address for documentation"),
    ("224.0.0.0/4", "a multicast address"),
    ("240.0.0.0/4", "a reserved address"),
    ("::/128", "an address of this machine itself"),
    ("::1/128", LOOPBACK),
    ("::/96", "a reserved address"),
    ("64:ff9b:1::/48", "a private address (NAT64)"),
    ("2001:db8::/32", "an address for documentation"),
    ("3fff::/20", "an address for documentation"),
    ("5f00::/16", "a reserved address"),
    ("fc00::/7", "a private address (ULA)"),
    ("fe80::/10", "a link-local address"),
    ("fec0::/10", "a private address (site-local)"),
    ("ff00::/8", "a multicast address"),
)
"""Source: the registries of special-purpose addresses of IANA (RFC 6890)."""
_NAT64 = "64:ff9b::/96"
"""Made from an IPv4 address by DNS64, in networks that have IPv6 only (RFC 6052)."""


def why_not_public(address: str) -> str | None:
    """Return what an address is if the internet does not reach it, such as ``a private address``; else None.

    Args:
        address: IPv4 or IPv6; an IPv4 address within an IPv6 one counts as itself.

    Raises:
        ValueError: it is no address.
    """
    parsed = _unwrapped(address)
    for network, kind in _NOT_PUBLIC:
        if parsed in ipaddress.ip_network(network):
            return kind
    return None if parsed.is_global else "a reserved address"


def is_ipv6(address: str) -> bool:
    """Whether an address is reached over IPv6; see :func:`why_not_public`."""
    return _unwrapped(address).version == 6  # noqa: PLR2004 - as in IPv6


def _unwrapped(address: str) -> IpAddress:
    """Return an address without a zone, or the IPv4 address that is in it."""
    parsed = ipaddress.ip_address(address.partition("%")[0])
    if not isinstance(parsed, ipaddress.IPv6Address):
        return parsed
    if parsed in ipaddress.ip_network(_NAT64):
        return ipaddress.IPv4Address(int(parsed) & 0xFFFFFFFF)
    return parsed.ipv4_mapped or parsed.sixtofour or parsed
