"""Turns exceptions of requests, urllib3 and the operating system into errors with a hint."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import urlsplit

import requests
from urllib3 import exceptions as urllib3_errors

from jebbitctl.api.ambiguous_writes import recovery_hint
from jebbitctl.errors import AmbiguousWriteError, UnavailableError, UsageError
from jebbitctl.util.certificates import SYSTEM_CERTIFICATES, system_has_certificates
from jebbitctl.util.error_chain import error_chain
from jebbitctl.util.http_session import is_proxy_failure, proxy_variable, was_not_sent
from jebbitctl.util.network_reasons import network_reason
from jebbitctl.util.urls import is_loopback, url_host

if TYPE_CHECKING:
    from jebbitctl.util.certificates import TrustedCertificates

_INVALID_REQUEST = (
    requests.exceptions.InvalidHeader,
    requests.exceptions.InvalidSchema,
    requests.exceptions.InvalidURL,
    requests.exceptions.MissingSchema,
    urllib3_errors.LocationValueError,
    urllib3_errors.ProxySchemeUnknown,
    UnicodeError,
)
"""Raised before anything is sent: a URL, a header or the proxy's URL is not valid."""
_REMOTE_HINT = "check the address and the network, or try again later"
_LOCAL_HINT = "is the sandbox still running? jebbitctl sandbox serve starts one"
"""Nothing else on this machine is an API of Jebbit's."""


def raise_network_error(
    error: BaseException,
    method: str,
    url: str,
    *,
    timeout: float,
    certificates: TrustedCertificates = SYSTEM_CERTIFICATES,
) -> NoReturn:
    """Raise the error that fits a failed request.

    Args:
        error: raised while the request was prepared or sent, or while the response was read.
        method: in capitals.
        url: of the request.
        timeout: seconds that the whole call may take.
        certificates: what the server was verified against.

    Raises:
        UsageError: the request was never made, because the URL or this machine's proxy settings are invalid.
        AmbiguousWriteError: a write may have been carried out.
        UnavailableError: everything else.
    """
    host = urlsplit(url).netloc
    cause = error_chain(error)[-1]
    reason = network_reason(error)
    if _is_invalid_request(error, cause):
        raise UsageError(
            f"the request to {host} could not be made: {reason}",
            hint=f"check {proxy_variable(url)} and the URLs in use",
        ) from None
    if is_proxy_failure(error, url):
        raise UnavailableError(
            f"the proxy did not connect to {host}: {reason}", hint=f"check {proxy_variable(url)} and NO_PROXY"
        ) from None
    if isinstance(error, requests.exceptions.SSLError) and not _connection_closed(cause):
        raise UnavailableError(
            f"could not make a trusted TLS connection to {host}: {reason}", hint=_trust_hint(certificates)
        ) from None
    if isinstance(error, TimeoutError):
        reason = f"no response within {timeout:g} s"
    if was_not_sent(error):
        raise UnavailableError(
            f"could not connect to {host}: {reason}",
            hint=_LOCAL_HINT if is_loopback(url_host(url)) else _REMOTE_HINT,
        ) from None
    if hint := recovery_hint(method, url):
        raise AmbiguousWriteError(
            f"{host}: {reason}; the {method} may have been carried out", hint=hint
        ) from None
    raise UnavailableError(f"{host}: {reason}", hint="try again later") from None


def _is_invalid_request(error: BaseException, cause: BaseException) -> bool:
    """Whether the request could not be prepared. An invalid header may also be one of the response."""
    return isinstance(error, _INVALID_REQUEST) and not isinstance(cause, urllib3_errors.InvalidHeader)


def _connection_closed(cause: BaseException) -> bool:
    """Whether the connection was closed, which says nothing about trust."""
    return isinstance(cause, ssl.SSLEOFError | ssl.SSLZeroReturnError | ssl.SSLSyscallError)


def _trust_hint(certificates: TrustedCertificates) -> str:
    if certificates.paths:
        return f"only these certificates are trusted: {certificates}"
    if not system_has_certificates():
        return "this system has no CA certificates: install ca-certificates, or set SSL_CERT_FILE"
    return "behind a company proxy, add its CA to the system or name it in REQUESTS_CA_BUNDLE"
