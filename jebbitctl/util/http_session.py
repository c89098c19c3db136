"""A requests session that adds no credentials, follows no redirects and trusts only the given CAs."""

from __future__ import annotations

import socket
from contextlib import suppress
from functools import cached_property, partial
from http import HTTPStatus
from http.client import HTTPResponse
from http.cookiejar import DefaultCookiePolicy
from threading import Lock
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from weakref import WeakSet

import requests
from requests.adapters import HTTPAdapter
from requests.utils import get_environ_proxies, select_proxy
from urllib3 import exceptions as urllib3_errors
from urllib3.connection import HTTPConnection, HTTPSConnection

from jebbitctl import __version__
from jebbitctl.util.error_chain import error_chain
from jebbitctl.util.urls import is_loopback, is_socks_url, require_proxy_url

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping

    from jebbitctl.util.certificates import TrustedCertificates

USER_AGENT = f"jebbitctl/{__version__}"


class PlainSession(requests.Session):
    """Sends requests unchanged.

    It stores no cookies, adds no credentials from ``~/.netrc`` and never retries. It follows no redirects and
    does not look for their targets: requests would read the whole body for that, without a limit.

    Proxies are those of the process's environment, which requests reads, but this machine is always reached
    directly.

    Args:
        certificates: what the server, and a proxy with an https URL, are verified against.
        ssl_context: the context to use if it is made already; by default, the first TLS connection makes it.
    """

    def __init__(self, certificates: TrustedCertificates, ssl_context: ssl.SSLContext | None = None) -> None:
        super().__init__()
        self.headers.clear()
        self.auth = _no_auth  # otherwise requests takes credentials from ~/.netrc
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._connections = _OpenConnections()
        adapter = _Adapter(certificates, ssl_context, self._connections)
        for scheme in ("https://", "http://"):
            self.mount(scheme, adapter)

    def abort(self) -> None:
        """End all requests, which other threads may be waiting for, and those that follow."""
        self._connections.abort()

    def merge_environment_settings(self, url: Any, proxies: Any, stream: Any, verify: Any, cert: Any) -> Any:
        """Return the proxies for a URL; the certificates are the adapter's.

        Raises:
            UsageError: the proxy's URL is not valid.
        """
        host = urlsplit(url).hostname or ""
        if is_loopback(host):
            proxies = {"no_proxy": host}
        settings = super().merge_environment_settings(url, proxies, stream, verify, cert)
        if proxy := select_proxy(url, settings["proxies"]):
            require_proxy_url(proxy, name=_variable(url, settings["proxies"]))
        return {**settings, "verify": True}

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Return None, so that requests follows no redirect."""


class _Adapter(HTTPAdapter):
    """Trusts the given certificates only: requests adds certifi's to whatever context it is given."""

    def __init__(
        self,
        certificates: TrustedCertificates,
        ssl_context: ssl.SSLContext | None,
        connections: _OpenConnections,
    ) -> None:
        self._certificates = certificates
        self._connections = connections
        if ssl_context is not None:
            self.ssl_context = ssl_context
        super().__init__()

    def get_connection_with_tls_context(self, *args: Any, **options: Any) -> Any:
        pool: Any = super().get_connection_with_tls_context(*args, **options)
        if pool.ConnectionCls in _CONNECTIONS:
            pool.ConnectionCls = partial(_CONNECTIONS[pool.ConnectionCls], connections=self._connections)
        return pool

    def build_connection_pool_key_attributes(self, request: Any, verify: Any, cert: Any = None) -> Any:
        host, _ = super().build_connection_pool_key_attributes(request, verify, cert)
        return host, {"ssl_context": self.ssl_context} if host["scheme"] == "https" else {}

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """Add nothing to the connection's SSL context."""

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        if proxy.lower().startswith("https:"):
            options["proxy_ssl_context"] = self.ssl_context
        return super().proxy_manager_for(proxy, **options)

    @cached_property
    def ssl_context(self) -> ssl.SSLContext:
        """Created for the first TLS connection, as that takes longer than a whole http request."""
        return self._certificates.ssl_context()


class _FinalResponse(HTTPResponse):
    """Skips all interim responses, such as 103 Early Hints; http.client skips only 100 Continue.

    101 Switching Protocols is final: nothing that follows it is HTTP.
    """

    def begin(self) -> None:
        super().begin()
        while self.status in range(HTTPStatus.PROCESSING, HTTPStatus.OK):
            self.headers = self.msg = None  # type: ignore[assignment] # otherwise it reads nothing
            super().begin()


class _OpenConnections:
    """The sockets of a session: those of responses, too, which a connection no longer has."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._sockets: WeakSet[socket.socket] = WeakSet()
        self._aborted = False

    def add(self, opened: socket.socket) -> None:
        with self._lock:
            self._sockets.add(getattr(opened, "socket", opened))  # urllib3 wraps that of TLS in TLS
            aborted = self._aborted
        if aborted:
            self.abort()

    def abort(self) -> None:
        with self._lock:
            self._aborted = True
            sockets = list(self._sockets)
        for one in sockets:
            with suppress(OSError):  # it is closed already
                one.shutdown(socket.SHUT_RDWR)


class _Connection(HTTPConnection):
    response_class = _FinalResponse

    def __init__(self, *args: Any, connections: _OpenConnections, **options: Any) -> None:
        super().__init__(*args, **options)
        self._connections = connections

    def connect(self) -> None:
        super().connect()
        self._connections.add(self.sock)


class _SecureConnection(HTTPSConnection):
    response_class = _FinalResponse

    def __init__(self, *args: Any, connections: _OpenConnections, **options: Any) -> None:
        super().__init__(*args, **options)
        self._connections = connections

    def connect(self) -> None:
        super().connect()
        self._connections.add(self.sock)


_CONNECTIONS: dict[Any, Any] = {HTTPConnection: _Connection, HTTPSConnection: _SecureConnection}


def proxy_for(url: str) -> str | None:
    """Return the proxy that :class:`PlainSession` uses for a URL, None if it connects directly."""
    host = urlsplit(url).hostname or ""
    return None if is_loopback(host) else select_proxy(url, get_environ_proxies(url))


def proxy_variable(url: str) -> str:
    """Return the variable that names the proxy for a URL, such as ``ALL_PROXY``."""
    return _variable(url, get_environ_proxies(url))


def _variable(url: str, proxies: Mapping[str, str]) -> str:
    scheme = urlsplit(url).scheme
    used = "all" if proxies.get("all") and not proxies.get(scheme) else scheme
    return f"{used.upper()}_PROXY"


def is_proxy_failure(error: BaseException, url: str) -> bool:
    """Whether a request was not sent because of a proxy. Of SOCKS, urllib3 only says that it was not sent."""
    if isinstance(error, requests.exceptions.ProxyError):
        return True
    return was_not_sent(error) and is_socks_url(proxy_for(url) or "")


def was_not_sent(error: BaseException) -> bool:
    """Whether a request failed before there was a connection to send it on."""
    not_sent = (
        urllib3_errors.ProxyError,
        urllib3_errors.ConnectTimeoutError,
        # a ConnectTimeoutError in urllib3 2, but not in urllib3 3
        urllib3_errors.NewConnectionError,
    )
    return any(isinstance(inner, not_sent) for inner in error_chain(error))


def _no_auth(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request
