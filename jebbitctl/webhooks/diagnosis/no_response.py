"""Why there is no HTTP response: DNS, the connection, TLS, or what came was not HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from jebbitctl.util.certificates import system_has_certificates
from jebbitctl.util.urls import shown_url
from jebbitctl.webhooks.diagnosis.diagnosis import Diagnosis

if TYPE_CHECKING:
    from jebbitctl.webhooks.endpoint import EndpointResponse


class _Failure(NamedTuple):
    code: str
    texts: tuple[str, ...]
    """Parts of an error, in lower case."""
    finding: str
    fix: str


_TLS = (
    _Failure(
        "tls_expired",
        ("certificate has expired",),
        "its TLS certificate has expired",
        "renew the certificate and reload the server",
    ),
    _Failure(
        "tls_not_yet_valid",
        ("certificate is not yet valid",),
        "its TLS certificate is not valid yet",
        "check the clock of this machine, or replace the certificate",
    ),
    _Failure(
        "tls_wrong_name",
        ("hostname mismatch", "ip address mismatch"),
        "its TLS certificate is for another host",
        "use a host name that the certificate lists, or get a certificate for this one",
    ),
    _Failure(
        "tls_self_signed",
        ("self-signed certificate", "self signed certificate"),
        "its TLS certificate, or the CA that issued it, is self-signed and not trusted here",
        "to check it anyway, trust it: --ca FILE; for Jebbit, use a certificate of a public CA",
    ),
    _Failure(
        "tls_unknown_ca",
        ("unable to get local issuer", "unable to get issuer", "unable to verify the first"),
        "its TLS certificate is from an unknown CA, or the server does not send the certificates in between",
        "serve the full chain (fullchain.pem); for a private CA use --ca FILE",
    ),
    _Failure(
        "tls_revoked",
        ("certificate revoked",),
        "its TLS certificate has been revoked",
        "replace the certificate",
    ),
    _Failure(
        "tls_client_certificate",
        ("certificate required", "alert handshake failure", "alert bad certificate", "alert unknown ca"),
        "it ends the TLS handshake; it may ask for a client certificate",
        "show one with --client-cert FILE, or stop asking for it at this URL",
    ),
    _Failure(
        "tls_version",
        ("protocol version", "unsupported protocol", "no shared cipher", "no protocols available"),
        "it shares no TLS version or cipher with this machine",
        "enable TLS 1.2 or 1.3 at the endpoint",
    ),
    _Failure(
        "no_tls",
        ("wrong version number", "http request", "record layer failure", "packet length too long"),
        "its port does not speak TLS",
        "use http:// for this port, or the port that serves https",
    ),
)
_CONNECTION = (
    _Failure(
        "proxy",
        ("the proxy did not connect",),
        "the proxy of this machine did not connect to it",
        "check {proxy} and NO_PROXY",
    ),
    _Failure(
        "dns",
        ("host name could not be resolved", "name or service not known"),
        "the host name could not be resolved",
        "check the host name for a typing error, and its DNS records",
    ),
    _Failure(
        "refused",
        ("connection refused",),
        "nothing listens on its port",
        "start the endpoint, and check host, port and firewall",
    ),
    _Failure(
        "no_route",
        ("no route to host", "network is unreachable", "host is unreachable"),
        "there is no route to its host",
        "check the network, a VPN, and the host's address",
    ),
    _Failure(
        "not_http",
        ("the response is not http", "not valid http"),
        "it does not speak HTTP",
        "check the port, and whether the URL should start with https://",
    ),
)
_DROPPED = ("closed", "reset by peer", "cut off", "broken pipe")
_DROPPED_FIXES = {
    "http": "look for a crash in the endpoint's log; if this port is for https, use https://",
    "https": "look for a crash in the endpoint's log; if this port is for http, use http://; if it asks for a"
    " client certificate, show one with --client-cert FILE",
}


def explain_no_response(url: str, response: EndpointResponse, timeout: float) -> Diagnosis:
    """Return the diagnosis of a request that got no response.

    Args:
        url: of the endpoint.
        response: one without a status.
        timeout: the client's, in seconds.
    """
    error = response.error or "no response"
    place = shown_url(url)
    for failure in (*_CONNECTION[:1], *_TLS, *_CONNECTION[1:]):
        if any(text in error.lower() for text in failure.texts):
            return _diagnosis(failure, url, error)
    if error.startswith("no response within"):
        return _timed_out(place, response, timeout)
    if any(text in error for text in _DROPPED):
        fix = _DROPPED_FIXES["https" if url.lower().startswith("https:") else "http"]
        return Diagnosis("dropped", f"{place} gives no HTTP response: {error}.", fix, unreachable=True)
    return Diagnosis(
        "no_response", f"cannot reach {place}: {error}.", "try it with curl -v", unreachable=True
    )


def _diagnosis(failure: _Failure, url: str, error: str) -> Diagnosis:
    fix = failure.fix
    if failure.code == "proxy":
        from jebbitctl.util.http_session import proxy_variable

        fix = fix.format(proxy=proxy_variable(url))
    if failure.code == "tls_unknown_ca" and not system_has_certificates():
        fix = "this system has no CA certificates: install ca-certificates, or use --ca FILE"
    detail = "" if error in failure.finding else f" ({error})"
    finding = f"cannot reach {shown_url(url)}: {failure.finding}{detail}."
    return Diagnosis(failure.code, finding, fix, unreachable=True)


def _timed_out(place: str, response: EndpointResponse, timeout: float) -> Diagnosis:
    if response.reached:
        return Diagnosis(
            "timeout",
            f"{place} gives no response within {timeout:g} s.",
            "respond first, then process the delivery; or set a longer timeout",
            unreachable=True,
        )
    return Diagnosis(
        "connect_timeout",
        f"cannot connect to {place} within {timeout:g} s.",
        "check the host, the port, and a firewall that drops packets",
        unreachable=True,
    )
