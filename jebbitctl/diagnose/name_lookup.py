"""Looks up the addresses of a host name, as this machine's resolver knows them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

from jebbitctl.util.timeouts import call_with_timeout

if TYPE_CHECKING:
    from collections.abc import Callable

_NOT_FOUND = ("EAI_NONAME", "EAI_NODATA", "EAI_ADDRFAMILY")
"""The errors of a name that surely has no address; some systems lack the last two."""


class LookupProblem(Enum):
    """Why there are no addresses."""

    NOT_FOUND = auto()
    """The resolver says that the name has none."""
    FAILED = auto()
    """The resolver could not find out."""
    TIMEOUT = auto()


@dataclass(frozen=True, slots=True)
class NameLookup:
    """The addresses of a host, in the resolver's order.

    Attributes:
        addresses: without repeats; empty if there is a problem.
        problem: why there are none.
    """

    addresses: tuple[str, ...] = ()
    problem: LookupProblem | None = None


def look_up(host: str, resolve: Callable[[str], list[str]], timeout: float) -> NameLookup:
    """Return the addresses of a host.

    Args:
        host: a name in ASCII, or an address.
        resolve: such as :func:`system_addresses`.
        timeout: in seconds; a resolver that takes longer is abandoned.
    """
    import socket

    try:
        found = call_with_timeout(timeout, lambda: resolve(host))
    except TimeoutError:
        return NameLookup(problem=LookupProblem.TIMEOUT)
    except socket.gaierror as error:
        missing = {getattr(socket, name, None) for name in _NOT_FOUND}
        return NameLookup(problem=LookupProblem.NOT_FOUND if error.errno in missing else LookupProblem.FAILED)
    except (OSError, UnicodeError):
        return NameLookup(problem=LookupProblem.FAILED)
    return NameLookup(tuple(dict.fromkeys(found)))


def system_addresses(host: str) -> list[str]:
    """Return the addresses that the system's resolver has for a host.

    Raises:
        socket.gaierror: it has none, or could not find out.
    """
    import socket

    return [str(address[0]) for *_, address in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)]
