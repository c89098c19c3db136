"""Why a request failed, in words that cannot hold a secret."""

from __future__ import annotations

import ssl

from jebbitctl.util.error_chain import error_chain

_REASONS = {
    "BadStatusLine": "the response is not HTTP",
    "DecodeError": "the response could not be decompressed",
    "HTTPException": "the response has too many headers",
    "IncompleteRead": "the response was cut off",
    "InvalidChunkLength": "the response was cut off",
    "InvalidHeader": "a header is invalid",
    "InvalidProxyURL": "the proxy's URL is not valid",
    "InvalidSchema": "this kind of proxy is not supported",
    "InvalidURL": "its URL or the proxy's is not valid",
    "LineTooLong": "a header is invalid",
    "LocationParseError": "its URL or the proxy's is not valid",
    "MemoryError": "there is not enough memory for the response",
    "NameResolutionError": "the host name could not be resolved",
    "ProtocolError": "the response was cut off",
    "RemoteDisconnected": "the connection was closed without a response",
    "SSLEOFError": "the connection was closed",
    "TimeoutError": "it timed out",
    "UnicodeEncodeError": "a header is invalid",
    "UnicodeError": "its URL or the proxy's is not valid",
    "gaierror": "the host name could not be resolved",
}

_RAISED_BY_PARSING = {AttributeError, OverflowError, ValueError}
"""Raised by http.client for a few kinds of invalid responses."""


def network_reason(error: BaseException) -> str:
    """Return the innermost known reason of a failed request, else the type of the exception.

    The texts of libraries are never shown: they may quote a header, and so a token, or a proxy's password.
    """
    chain = error_chain(error)
    reasons = (_known_reason(inner) or _system_message(inner) for inner in reversed(chain))
    fallback = "the response is not valid HTTP" if type(error) in _RAISED_BY_PARSING else type(error).__name__
    return next(filter(None, reasons), fallback)


def _known_reason(error: BaseException) -> str | None:
    name = type(error).__name__
    if isinstance(error, UnicodeEncodeError) and error.encoding == "idna":
        name = "UnicodeError"  # what the codec of hosts raises before Python 3.13
    return _REASONS.get(name)


def _system_message(error: BaseException) -> str | None:
    """Return the message of the operating system or OpenSSL."""
    if isinstance(error, ssl.SSLError):
        text = getattr(error, "verify_message", None) or error.reason or "the handshake failed"
        return text.replace("_", " ").lower()
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    if type(error) is OSError:  # raised by http.client with a text of its own
        _, _, status = str(error).partition("Tunnel connection failed: ")
        return f"it returned {status}" if status else None
    return None
