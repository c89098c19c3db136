"""The endpoint's TLS certificate: would Jebbit trust it, and for how long?"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from jebbitctl.diagnose.endpoint_url import GIVE_URL, place_of, set_endpoint
from jebbitctl.diagnose.findings import failed, ok, unknown, warning
from jebbitctl.diagnose.tls_handshake import (
    EXPIRED,
    NO_CONNECTION,
    NOT_YET_VALID,
    REFUSED,
    SELF_SIGNED,
    WRONG_NAME,
)
from jebbitctl.util.text import escape_controls, plural
from jebbitctl.util.times import rfc3339_or_none
from jebbitctl.util.urls import is_loopback

if TYPE_CHECKING:
    from jebbitctl.diagnose.case import Case
    from jebbitctl.diagnose.findings import Finding
    from jebbitctl.diagnose.network import Place
    from jebbitctl.diagnose.tls_handshake import Certificate, Handshake
    from jebbitctl.util.certificates import TrustedCertificates

MIN_DAYS = 14
"""A certificate that is valid for fewer days should have been renewed."""
_DAY = 24 * 60 * 60
_MAX_NAMES = 3
"""The maximum number of a certificate's names that a finding lists."""
_FAILURES = {
    "tls_unknown_ca": (
        "its CA is not known, or the server does not send the certificates in between",
        "serve the full chain (fullchain.pem) of a certificate from a public CA",
    ),
    "tls_revoked": ("its certificate has been revoked", "replace the certificate"),
    "tls_version": (
        "it shares no TLS version or cipher with this machine, which needs TLS 1.2 or newer",
        "enable TLS 1.2 or 1.3 at the endpoint",
    ),
    "no_tls": ("its port does not speak TLS", "correct the port, or serve https on it"),
}
"""What is seen, and what to do, by the code of the failure."""
_RENEW = "renew the certificate, and reload the server"
_PUBLIC_CA = "use a certificate of a public CA, such as Let's Encrypt"


def tls(case: Case) -> Finding:
    """Jebbit can trust the endpoint's certificate, also in the next weeks."""
    place = place_of(case)
    if place.scheme != "https":
        return unknown("the URL is http: there is no TLS")
    if case.network.proxy(place):
        return unknown("this machine reaches it only through a proxy, so its certificate cannot be seen")
    found = case.network.handshake(place)
    if found is None:
        return unknown("no address to connect to (see dns)")
    if place.url is None:
        return _at_assumed_port(place, found)
    if found.failure is None:
        return _verified(case, place, found.verified_by, found.certificate)
    if found.failure in NO_CONNECTION:
        return unanswered(case, place, found.reason)
    refused = _refused(case, place, found)
    return replace(refused, seen=f"{refused.seen} (at {found.address})") if found.address else refused


def unanswered(case: Case, place: Place, reason: str) -> Finding:
    """Return what it means that this machine gets no answer: Jebbit may get one, if it is not here, too."""
    if "certificate required" in reason:  # TLS 1.3 says so only after the handshake
        return _asks_for_certificate(reason)
    if is_loopback(place.host) and case.api_is_local:
        return failed(
            f"no answer on this machine: {reason}", "start the endpoint, or correct scheme and port"
        )
    return warning(
        f"no answer to this machine: {reason}; a firewall may let only Jebbit in",
        "check that the endpoint runs, and that its firewall lets Jebbit's addresses in; ask Jebbit for them",
    )


def _at_assumed_port(place: Place, found: Handshake) -> Finding:
    """Return what is known if Jebbit shows only the host: the endpoint may have another port, or use http."""
    if found.failure is None:
        seen = "has a trusted certificate"
    elif found.failure in NO_CONNECTION:
        seen = f"gives no answer ({found.reason})"
    else:
        seen = f"fails the handshake ({found.reason})"
    return unknown(
        f"Jebbit shows only the host, so the port may be another than {place.port}, which {seen}", GIVE_URL
    )


def _verified(case: Case, place: Place, by: TrustedCertificates, certificate: Certificate | None) -> Finding:
    ends = certificate.ends if certificate else None
    days = None if ends is None else int((ends - time.time()) // _DAY)
    seen = (
        "for how many days is not known here"
        if days is None
        else f"for {plural(days, 'day')}{_date(', until', ends)}"
    )
    public = case.network.public
    if by != public and not (is_loopback(place.host) and case.api_is_local):
        if public is None:
            return unknown(f"trusted by {by}, {seen}; the public CAs are not known here")
        return warning(f"trusted here by {by}, not by the public CAs; Jebbit may refuse it", _PUBLIC_CA)
    if days is not None and days < MIN_DAYS:
        return warning(f"the certificate is valid only {seen}", _RENEW)
    return ok(f"trusted {seen}")


def _refused(case: Case, place: Place, found: Handshake) -> Finding:
    code, certificate = found.failure or "", found.certificate
    if code == EXPIRED:
        return _expired(certificate)
    if code == NOT_YET_VALID:
        begins = _date("; it is valid from", certificate.begins if certificate else None)
        return failed(
            f"its certificate is not valid yet{begins}",
            f"{_RENEW}; if the date is past, set this machine's clock",
        )
    if code == WRONG_NAME:
        return _of_other_host(case, place, certificate)
    if code == SELF_SIGNED:
        private = "certificate chain" in found.reason
        seen = (
            "its CA is private, and not among the public ones"
            if private
            else "its certificate is self-signed"
        )
        return failed(seen, _PUBLIC_CA)
    if code == "tls_client_certificate":
        return _asks_for_certificate(found.reason)
    if code in _FAILURES:
        return failed(*_FAILURES[code])
    if code == REFUSED:
        return failed(f"its certificate is not valid: {found.reason}", "replace the certificate")
    return warning(
        f"the handshake with this machine failed: {found.reason}", "check the TLS settings of the server"
    )


def _asks_for_certificate(reason: str) -> Finding:
    return warning(
        f"it ends the connection, perhaps to get a client certificate: {reason}",
        "ask for none at this URL, as Jebbit may show none, and allow the usual ciphers",
    )


def _expired(certificate: Certificate | None) -> Finding:
    ends = certificate.ends if certificate else None
    if ends is None:
        return failed("its certificate has expired", _RENEW)
    if ends > time.time():
        return failed(
            "a certificate of its CA has expired",
            "serve the current chain (fullchain.pem), and reload the server",
        )
    days = int((time.time() - ends) // _DAY)
    return failed(f"its certificate expired{_date(' on', ends)}, {plural(days, 'day')} ago", _RENEW)


def _of_other_host(case: Case, place: Place, certificate: Certificate | None) -> Finding:
    names = [escape_controls(name) for name in certificate.names] if certificate else []
    more = " …" if len(names) > _MAX_NAMES else ""
    listed = f", only for {', '.join(names[:_MAX_NAMES])}{more}" if names else ""
    return failed(
        f"its certificate is not for {place.host}{listed}",
        f"get a certificate for {place.host}, or {set_endpoint(case, 'URL')}",
    )


def _date(before: str, seconds: float | None) -> str:
    """Return words and the day of a time; empty if it is not known."""
    text = None if seconds is None else rfc3339_or_none(seconds)
    return f"{before} {text[:10]}" if text else ""
