"""A requests session that adds no credentials, follows no redirects and trusts the system's CAs."""

from __future__ import annotations

import ssl
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import exceptions as urllib3_errors

from jebbitctl import __version__
from jebbitctl.util.error_chain import error_chain
from jebbitctl.util.urls import is_loopback

USER_AGENT = f"jebbitctl/{__version__}"


class PlainSession(requests.Session):
    """Sends requests unchanged.

    It stores no cookies, adds no credentials from ``~/.netrc`` and never retries. It follows no redirects and
    does not look for their targets: requests would read the whole body for that, without a limit.

    Proxies are those of the process's environment, which requests reads, but this machine is always reached
    directly. Certificates are verified against the operating system's CAs, a company's own CA included,
    unless a bundle is given.

    Args:
        ca_bundle: the path of the certificates to trust instead of the system's, empty for the system's.
            None lets requests read the process's REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE.
    """

    def __init__(self, ca_bundle: str | None = None) -> None:
        super().__init__()
        self.headers.clear()
        self.auth = _no_auth  # otherwise requests takes credentials from ~/.netrc
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._ca_bundle = ca_bundle
        self._trusts_system = False

    def merge_environment_settings(self, url: Any, proxies: Any, stream: Any, verify: Any, cert: Any) -> Any:
        """Return the proxies and the certificates for a URL.

        The TLS context is created for the first https URL, as that takes longer than a whole http request.
        """
        host = urlsplit(url).hostname or ""
        if is_loopback(host):
            proxies = {"no_proxy": host}
        settings = super().merge_environment_settings(url, proxies, stream, verify, cert)
        if self._ca_bundle is not None:
            settings["verify"] = self._ca_bundle or True
        if settings["verify"] is True and not self._trusts_system and url.lower().startswith("https:"):
            self.mount("https://", _SystemTrustAdapter())
            self._trusts_system = True
        return settings

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Return None, so that requests follows no redirect."""


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


class _SystemTrustAdapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options, ssl_context=_system_trust_context())

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        return super().proxy_manager_for(proxy, **options, ssl_context=_system_trust_context())


def _system_trust_context() -> ssl.SSLContext:
    import truststore

    return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
