"""A requests session that adds nothing unasked, follows nothing, and trusts what this machine trusts."""

from __future__ import annotations

import os
import ssl
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from requests.adapters import HTTPAdapter


class PlainSession(requests.Session):
    """Keeps no cookies, and never looks where a redirect leads: that reads its whole body, without a bound.

    Certificates are checked against the operating system's, a company's own CA included, unless
    REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE names others.
    """

    def __init__(self) -> None:
        super().__init__()
        self.headers.clear()
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._trusts_system = bool(os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE"))

    def get_adapter(self, url: str) -> requests.adapters.BaseAdapter:
        """Return the adapter for a URL; the TLS context is made when the first https URL needs it.

        It costs more than a whole request to a sandbox on plain http.
        """
        if not self._trusts_system and url.lower().startswith("https:"):
            self.mount("https://", _SystemTrustAdapter())
            self._trusts_system = True
        return super().get_adapter(url)

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Return no target."""


class _SystemTrustAdapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options, ssl_context=_system_trust())

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        return super().proxy_manager_for(proxy, **options, ssl_context=_system_trust())


def _system_trust() -> ssl.SSLContext:
    import truststore

    return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
