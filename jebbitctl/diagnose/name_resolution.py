"""The endpoint's host: does its name resolve, and to addresses that Jebbit can reach?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jebbitctl.diagnose.endpoint_url import place_of, set_endpoint
from jebbitctl.diagnose.findings import failed, ok, unknown, warning
from jebbitctl.diagnose.name_lookup import LookupProblem
from jebbitctl.diagnose.network import LOOK_TIMEOUT
from jebbitctl.util.addresses import is_ipv6

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jebbitctl.diagnose.case import Case
    from jebbitctl.diagnose.findings import Finding

_MAX_SHOWN = 3
"""The maximum number of addresses that a finding lists."""


def dns(case: Case) -> Finding:
    """The endpoint's name resolves to addresses that Jebbit can reach."""
    place = place_of(case)
    found = case.network.lookup(place.host)
    if not found.addresses:
        return _unresolved(case, place.host, found.problem)
    addresses = [one for one in found.addresses if case.network.barrier(one) is None]
    barriers = {one: barrier for one in found.addresses if (barrier := case.network.barrier(one))}
    seen = "; ".join(f"{address} is {barrier}" for address, barrier in [*barriers.items()][:_MAX_SHOWN])
    if not addresses:
        return failed(f"Jebbit cannot reach it: {seen}", _publish(case, place.host, found.addresses))
    if barriers:
        return warning(
            f"{seen}; only {_listed(addresses)} can be reached by Jebbit",
            f"remove the addresses that are not public from the DNS records of {place.host}",
        )
    if "." not in place.host and ":" not in place.host and not case.network.api_is_local:
        return failed(
            f"{place.host} is a name of this network only, without a domain", set_endpoint(case, "URL")
        )
    if all(map(is_ipv6, addresses)):
        return warning(
            f"{_listed(addresses)}: only IPv6, which Jebbit may not use",
            f"add an IPv4 address (an A record) for {place.host}",
        )
    return ok(_listed(addresses))


def _unresolved(case: Case, host: str, problem: LookupProblem | None) -> Finding:
    """Return what it means that a name has no address here."""
    network = case.network
    if network.proxy(place_of(case)):
        return unknown(f"{host} does not resolve here, but this machine reaches it through a proxy")
    if problem is LookupProblem.TIMEOUT:
        return unknown(f"DNS did not answer within {LOOK_TIMEOUT:g} s", "try again later")
    works = network.resolves_names()
    if works is None:
        return unknown(f"{host} does not resolve here; whether DNS works here is not known")
    if not works:
        return unknown(
            "DNS does not work on this machine: Jebbit's own host does not resolve, either",
            "check the network of this machine",
        )
    if problem is LookupProblem.FAILED:
        return warning(f"DNS failed for {host}, but not for Jebbit", f"check the name servers of {host}")
    return failed(f"{host} does not exist in DNS", f"correct its DNS records, or {set_endpoint(case, 'URL')}")


def _publish(case: Case, host: str, addresses: Sequence[str]) -> str:
    """Return what to do about a host that is not public; a name may have other addresses outside."""
    fix = f"use a public address or a tunnel, and {set_endpoint(case, 'URL')}"
    if host in addresses:
        return fix
    return f"{fix}; if {host} is another address outside of your network: dig {host} @1.1.1.1"


def _listed(addresses: Sequence[str]) -> str:
    more = f" and {len(addresses) - _MAX_SHOWN} more" if len(addresses) > _MAX_SHOWN else ""
    return ", ".join(addresses[:_MAX_SHOWN]) + more
