"""TLS handshakes that look at a server's certificate. Nothing is sent over the connections."""

from __future__ import annotations

import math
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from jebbitctl.webhooks.diagnosis.no_response import explain_no_response
from jebbitctl.webhooks.endpoint import EndpointResponse

if TYPE_CHECKING:
    import socket
    import ssl
    from collections.abc import Iterator, Sequence

    from jebbitctl.util.certificates import TrustedCertificates

EXPIRED, NOT_YET_VALID, WRONG_NAME = "tls_expired", "tls_not_yet_valid", "tls_wrong_name"
REFUSED = "tls_refused"
"""The certificate is not valid for another reason, such as a purpose that is not a server's."""
_FAILED = "tls_failed"
"""The handshake failed for another reason."""
SELF_SIGNED, UNKNOWN_CA = "tls_self_signed", "tls_unknown_ca"
_NOT_TRUSTED = frozenset({SELF_SIGNED, UNKNOWN_CA})
NO_CONNECTION = frozenset(
    {"refused", "no_route", "dns", "connect_timeout", "timeout", "dropped", "no_response"}
)
"""Failures that say nothing about a certificate: a firewall may let only some addresses in."""
MAX_ADDRESSES = 4
"""How many addresses of a host are looked at: a load balancer has two or three."""
_NO_CHECK_TIME = 0x200000
"""X509_V_FLAG_NO_CHECK_TIME of OpenSSL's x509_vfy.h, for which Python has no name."""


class TrustSource(NamedTuple):
    """What certificates are verified against.

    Attributes:
        certificates: the trusted CAs.
        context: of the same; made once, as that takes longer than a handshake.
    """

    certificates: TrustedCertificates
    context: ssl.SSLContext


class Server(NamedTuple):
    """Where to connect to.

    Attributes:
        host: a name or an address, which the certificate must be for.
        port: its port.
        addresses: of the host, tried in this order.
    """

    host: str
    port: int
    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Certificate:
    """What is known of a server's certificate; None if the system's TLS library does not tell.

    Attributes:
        begins: when it becomes valid, in unix seconds.
        ends: when it expires, in unix seconds.
        names: the host names and addresses that it is for.
    """

    begins: float | None
    ends: float | None
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Handshake:
    """The result of handshakes with one server.

    Attributes:
        failure: None if the certificate is good; else a code of :func:`explain_no_response`, or one of those
            above.
        reason: what the system or the TLS library said, if it failed.
        verified_by: the certificates that it was verified against; if it failed, those of the failure.
        certificate: the server's, also if its dates or names are wrong; None if its chain is not trusted.
        address: with which the handshake was; None if the host has only one.
    """

    failure: str | None
    reason: str
    verified_by: TrustedCertificates
    certificate: Certificate | None = None
    address: str | None = None


def shake_hands(server: Server, sources: Sequence[TrustSource], timeout: float) -> Handshake:
    """Verify the certificate at each address of a server, and return the worst result: any may be asked.

    Args:
        server: where to connect to.
        sources: of certificates, at least one; tried in this order while the chain is not trusted.
        timeout: seconds for all handshakes.
    """
    addresses = server.addresses[:MAX_ADDRESSES]
    if len(addresses) == 1:
        return _verify(server, sources, timeout)
    deadline = time.monotonic() + timeout
    results = []
    for position, address in enumerate(addresses):
        share = max((deadline - time.monotonic()) / (len(addresses) - position), 0.01)
        result = _verify(server._replace(addresses=(address,)), sources, share)
        results.append(replace(result, address=address))
    return _worst(results, sources[0].certificates)


def _worst(results: Sequence[Handshake], preferred: TrustedCertificates) -> Handshake:
    """Return a certificate that is not good, else the one that is the least so, else the first failure."""
    bad = [one for one in results if one.failure and one.failure not in NO_CONNECTION]
    good = [one for one in results if one.failure is None]

    def quality(one: Handshake) -> tuple[bool, float]:
        ends = one.certificate.ends if one.certificate else None
        return one.verified_by == preferred, math.inf if ends is None else ends

    return next(iter([*bad, *sorted(good, key=quality), *results]))


def _verify(server: Server, sources: Sequence[TrustSource], timeout: float) -> Handshake:
    deadline = time.monotonic() + timeout
    first, *others = sources
    result = _shake_hands(server, first, timeout, deadline)
    for source in others:
        if result.failure in _NOT_TRUSTED:
            result = _shake_hands(server, source, timeout, deadline)
    return result


def _shake_hands(server: Server, source: TrustSource, timeout: float, deadline: float) -> Handshake:
    import ssl

    from jebbitctl.util.network_reasons import network_reason

    started = time.monotonic()
    connected = False
    try:
        with _connection(server, deadline) as connection:
            connected = True
            certificate = _peer_certificate(connection, source.context, server.host)
    except (OSError, ValueError) as error:
        reason = (
            f"no response within {timeout:g} s" if isinstance(error, TimeoutError) else network_reason(error)
        )
        response = EndpointResponse(None, time.monotonic() - started, error=reason, reached=connected)
        code = explain_no_response(f"https://{server.host}", response, timeout).code
        if code == "no_response" and isinstance(error, ssl.SSLError):
            code = REFUSED if isinstance(error, ssl.SSLCertVerificationError) else _FAILED
        if code in {EXPIRED, NOT_YET_VALID, WRONG_NAME}:
            unfit = _unfit_certificate(server, source.certificates, deadline)
            return Handshake(code, reason, source.certificates, unfit)
        return Handshake(code, reason, source.certificates)
    return Handshake(None, "", source.certificates, certificate)


@contextmanager
def _connection(server: Server, deadline: float) -> Iterator[socket.socket]:
    """Connect to the first address that answers.

    Raises:
        OSError: none does; the error of the first one.
    """
    import socket

    failures: list[OSError] = []
    for position, address in enumerate(server.addresses):
        left = deadline - time.monotonic()
        share = left / (len(server.addresses) - position)
        try:
            connection = socket.create_connection((address, server.port), max(share, 0.01))
        except OSError as error:
            failures.append(error)
            continue
        with connection:
            connection.settimeout(max(deadline - time.monotonic(), 0.01))
            yield connection
            return
    raise failures[0] if failures else OSError("no address")


def _peer_certificate(connection: socket.socket, context: ssl.SSLContext, host: str) -> Certificate:
    with context.wrap_socket(connection, server_hostname=host) as secure:
        found: Any = secure.getpeercert() or {}
    names = tuple(str(value) for _, value in found.get("subjectAltName", ()))
    return Certificate(_seconds(found.get("notBefore")), _seconds(found.get("notAfter")), names)


def _unfit_certificate(server: Server, source: TrustedCertificates, deadline: float) -> Certificate | None:
    """Return a certificate whose chain is verified, but neither its dates nor its names."""
    context = source.ssl_context()  # not the one that others use
    context.check_hostname = False
    context.verify_flags |= _NO_CHECK_TIME
    try:
        with _connection(server, deadline) as connection:
            return _peer_certificate(connection, context, server.host)
    except (OSError, ValueError):
        return None


def _seconds(text: object) -> float | None:
    import ssl

    return float(ssl.cert_time_to_seconds(text)) if isinstance(text, str) else None
