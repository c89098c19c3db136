"""From an exception of requests, urllib3 or the operating system to an error that a user can act on."""

from __future__ import annotations

import ssl
from typing import NoReturn
from urllib.parse import urlsplit

import requests
from urllib3 import exceptions as urllib3_errors

from jebbitctl.api.doubts import how_to_look
from jebbitctl.api.retries import was_not_sent
from jebbitctl.error_chain import error_chain
from jebbitctl.errors import AmbiguousWriteError, UnavailableError, UsageError

_REASONS = {
    "BadStatusLine": "the answer is not HTTP",
    "DecodeError": "the answer could not be decompressed",
    "IncompleteRead": "the answer broke off",
    "InvalidChunkLength": "the answer broke off",
    "InvalidHeader": "a header makes no sense",
    "InvalidProxyURL": "the proxy's URL is not valid",
    "InvalidSchema": "this kind of proxy is not supported",
    "InvalidURL": "its URL, or the proxy's, is not valid",
    "LineTooLong": "a header makes no sense",
    "LocationParseError": "its URL, or the proxy's, is not valid",
    "NameResolutionError": "the host name is not known",
    "ProtocolError": "the answer broke off",
    "RemoteDisconnected": "the connection was closed without an answer",
    "SSLEOFError": "the connection was closed",
    "TimeoutError": "it took too long",
    "gaierror": "the host name is not known",
}


def fail(error: Exception, method: str, url: str, timeout: float) -> NoReturn:
    """Raise what ``error`` means; its own text may hold a header, and so a token, and is never shown.

    Raises:
        UsageError: the request was never made: the URL, or the machine's CA settings, are broken.
        AmbiguousWriteError: a write may have been carried out.
        UnavailableError: everything else.
    """
    host = urlsplit(url).netloc
    chain = error_chain(error)
    cause = chain[-1]
    if _never_began(error, cause):
        raise UsageError(
            f"the request to {host} could not be made: {_reason(chain)}",
            hint="look at REQUESTS_CA_BUNDLE, HTTPS_PROXY and the URLs in use",
        ) from None
    if isinstance(error, requests.exceptions.ProxyError):
        raise UnavailableError(
            f"the proxy did not connect to {host}: {_reason(chain)}", hint="look at HTTPS_PROXY and NO_PROXY"
        ) from None
    if isinstance(error, requests.exceptions.SSLError) and not _broke_off(cause):
        raise UnavailableError(
            f"no trusted TLS connection to {host}: {_reason(chain)}",
            hint="behind a company proxy, add its CA to the system, or name it in REQUESTS_CA_BUNDLE",
        ) from None
    connected = not was_not_sent(error)
    what = f"no answer within {timeout:g} s" if isinstance(error, TimeoutError) else _reason(chain)
    if connected and (look := how_to_look(method, url)):
        raise AmbiguousWriteError(
            f"{host}: {what}; the {method} may have been carried out all the same", hint=look
        ) from None
    if connected:
        raise UnavailableError(f"{host}: {what}", hint="try again later") from None
    raise UnavailableError(
        f"{host} could not be reached: {what}", hint="check the address and the network, or try again later"
    ) from None


def _never_began(error: Exception, cause: BaseException) -> bool:
    """Whether the request could not even be put together, or the CAs in the settings not be read."""
    if isinstance(cause, urllib3_errors.InvalidHeader):
        return False  # the answer's
    if isinstance(error, requests.exceptions.SSLError):
        unreadable = isinstance(cause, ssl.SSLError) and cause.library in {"X509", "PEM"}
        return unreadable or not isinstance(cause, ssl.SSLError | urllib3_errors.SSLError)
    theirs = isinstance(error, requests.RequestException | urllib3_errors.HTTPError | TimeoutError)
    return isinstance(error, ValueError) or not theirs


def _broke_off(cause: BaseException) -> bool:
    """Whether the connection ended, which says nothing about trust."""
    return isinstance(cause, ssl.SSLEOFError | ssl.SSLZeroReturnError | ssl.SSLSyscallError)


def _reason(chain: list[BaseException]) -> str:
    """Return the first thing worth telling, from the bottom up."""
    told = (_REASONS.get(type(error).__name__) or _own_words(error) for error in reversed(chain))
    return next(filter(None, told), type(chain[0]).__name__)


def _own_words(error: BaseException) -> str | None:
    """Return what the operating system or OpenSSL says; nobody else is sure to keep secrets."""
    if isinstance(error, ssl.SSLError):
        text = getattr(error, "verify_message", None) or error.reason or "the handshake failed"
        return text.replace("_", " ").lower()
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    if type(error) is OSError:  # with a text of Python's or requests' own
        tunnel, _, status = str(error).partition("Tunnel connection failed: ")
        return f"it answered {status}" if status and not tunnel else "the CA certificates cannot be read"
    return None
