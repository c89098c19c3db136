"""A requests session that adds no credentials, follows no redirects and trusts the system's CAs."""

from __future__ import annotations

import os
import ssl
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from requests.adapters import HTTPAdapter


class PlainSession(requests.Session):
    """Sends requests unchanged.

    It stores no cookies, adds no credentials from ``~/.netrc`` and never retries. It follows no redirects and
    does not look for their targets: requests would read the whole body for that, without a limit.

    Certificates are verified against the operating system's CAs, a company's own CA included, unless
    REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE names others.
    """

    def __init__(self) -> None:
        super().__init__()
        self.headers.clear()
        self.auth = _no_auth  # otherwise requests takes credentials from ~/.netrc
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._trust_configured = bool(
            os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE")
        )

    def get_adapter(self, url: str) -> requests.adapters.BaseAdapter:
        """Return the adapter for a URL.

        The TLS context is created for the first https URL, as that takes longer than a whole http request.
        """
        if not self._trust_configured and url.lower().startswith("https:"):
            self.mount("https://", _SystemTrustAdapter())
            self._trust_configured = True
        return super().get_adapter(url)

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Return None, so that requests follows no redirect."""


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
