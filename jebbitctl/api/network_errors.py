"""Turns exceptions of requests, urllib3 and the operating system into errors with a hint."""

from __future__ import annotations

import ssl
from typing import NoReturn
from urllib.parse import urlsplit

import requests
from urllib3 import exceptions as urllib3_errors

from jebbitctl.api.ambiguous_writes import recovery_hint
from jebbitctl.errors import AmbiguousWriteError, UnavailableError, UsageError
from jebbitctl.util.error_chain import error_chain
from jebbitctl.util.http_session import was_not_sent

_REASONS = {
    "BadStatusLine": "the response is not HTTP",
    "DecodeError": "the response could not be decompressed",
    "IncompleteRead": "the response was cut off",
    "InvalidChunkLength": "the response was cut off",
    "InvalidHeader": "a header is invalid",
    "InvalidProxyURL": "the proxy's URL is not valid",
    "InvalidSchema": "this kind of proxy is not supported",
    "InvalidURL": "its URL or the proxy's is not valid",
    "LineTooLong": "a header is invalid",
    "LocationParseError": "its URL or the proxy's is not valid",
    "NameResolutionError": "the host name could not be resolved",
    "ProtocolError": "the response was cut off",
    "RemoteDisconnected": "the connection was closed without a response",
    "SSLEOFError": "the connection was closed",
    "TimeoutError": "it timed out",
    "gaierror": "the host name could not be resolved",
}


def raise_network_error(error: Exception, method: str, url: str, timeout: float) -> NoReturn:
    """Raise the error that fits a failed request.

    The text of ``error`` is never shown: it may quote a header, and so a token.

    Raises:
        UsageError: the request was never made, because the URL or this machine's CA settings are invalid.
        AmbiguousWriteError: a write may have been carried out.
        UnavailableError: everything else.
    """
    host = urlsplit(url).netloc
    chain = error_chain(error)
    cause = chain[-1]
    if _is_invalid_request(error, cause):
        raise UsageError(
            f"the request to {host} could not be made: {_reason(chain)}",
            hint="check REQUESTS_CA_BUNDLE, HTTPS_PROXY and the URLs in use",
        ) from None
    if isinstance(error, requests.exceptions.ProxyError):
        raise UnavailableError(
            f"the proxy did not connect to {host}: {_reason(chain)}", hint="check HTTPS_PROXY and NO_PROXY"
        ) from None
    if isinstance(error, requests.exceptions.SSLError) and not _connection_closed(cause):
        raise UnavailableError(
            f"could not make a trusted TLS connection to {host}: {_reason(chain)}",
            hint="behind a company proxy, add its CA to the system or name it in REQUESTS_CA_BUNDLE",
        ) from None
    reason = f"no response within {timeout:g} s" if isinstance(error, TimeoutError) else _reason(chain)
    if was_not_sent(error):
        raise UnavailableError(
            f"could not connect to {host}: {reason}",
            hint="check the address and the network, or try again later",
        ) from None
    if hint := recovery_hint(method, url):
        raise AmbiguousWriteError(
            f"{host}: {reason}; the {method} may have been carried out", hint=hint
        ) from None
    raise UnavailableError(f"{host}: {reason}", hint="try again later") from None


def _is_invalid_request(error: Exception, cause: BaseException) -> bool:
    """Whether the request could not be prepared, or the configured CA certificates could not be read."""
    if isinstance(cause, urllib3_errors.InvalidHeader):
        return False  # the invalid header is one of the response
    if isinstance(error, requests.exceptions.SSLError):
        unreadable = isinstance(cause, ssl.SSLError) and cause.library in {"X509", "PEM"}
        return unreadable or not isinstance(cause, ssl.SSLError | urllib3_errors.SSLError)
    is_http = isinstance(error, requests.RequestException | urllib3_errors.HTTPError | TimeoutError)
    return isinstance(error, ValueError) or not is_http


def _connection_closed(cause: BaseException) -> bool:
    """Whether the connection was closed, which says nothing about trust."""
    return isinstance(cause, ssl.SSLEOFError | ssl.SSLZeroReturnError | ssl.SSLSyscallError)


def _reason(chain: list[BaseException]) -> str:
    """Return the innermost known reason, else the type of the outermost exception."""
    reasons = (_REASONS.get(type(error).__name__) or _system_message(error) for error in reversed(chain))
    return next(filter(None, reasons), type(chain[0]).__name__)


def _system_message(error: BaseException) -> str | None:
    """Return the message of the operating system or OpenSSL; messages of libraries may quote secrets."""
    if isinstance(error, ssl.SSLError):
        text = getattr(error, "verify_message", None) or error.reason or "the handshake failed"
        return text.replace("_", " ").lower()
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    if type(error) is OSError:  # raised by http.client or requests with a text of their own
        before, _, status = str(error).partition("Tunnel connection failed: ")
        return f"it returned {status}" if status and not before else "the CA certificates cannot be read"
    return None
