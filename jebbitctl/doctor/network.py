"""Checks of the network settings: proxies and trusted certificates."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from jebbitctl.errors import CheckFailedError, UsageError
from jebbitctl.util.certificates import system_has_certificates
from jebbitctl.util.urls import is_loopback, require_proxy_url, shown_url

if TYPE_CHECKING:
    from jebbitctl.doctor.check_context import CheckContext


def proxy(check_context: CheckContext) -> str:
    """The URLs of proxies are valid. The detail shows which hosts are reached through a proxy."""
    proxies = getproxies()
    configured = {
        scheme: url for scheme, url in proxies.items() if scheme in {"http", "https", "all"} and url
    }
    for scheme, url in configured.items():
        require_proxy_url(url, name=f"{scheme.upper()}_PROXY")
    if not configured:
        return "none"
    used = configured.get("https") or configured.get("all")
    proxy_list = ", ".join(f"{scheme} {shown_url(url)}" for scheme, url in configured.items())
    routes = [
        f"{host} {'through the proxy' if used and not _is_direct(host) else 'direct'}"
        for host in _hosts(check_context)
    ]
    return "; ".join([proxy_list, *routes, *([f"no_proxy {proxies['no']}"] if proxies.get("no") else [])])


def certificates(check_context: CheckContext) -> str:
    """The trusted certificates can be read. The detail names their only source."""
    trusted = check_context.context.environment.trusted_certificates()
    trusted.ssl_context()
    if not trusted.paths and not system_has_certificates():
        raise CheckFailedError(
            "the system has no CA certificates", hint="install ca-certificates, or set SSL_CERT_FILE"
        )
    return str(trusted)


def _hosts(check_context: CheckContext) -> list[str]:
    """Return the hosts of the API and the issuer, none if the settings are invalid."""
    try:
        urls = (check_context.context.settings.api_url, check_context.context.settings.issuer)
    except UsageError:
        return []
    return list(dict.fromkeys(urlsplit(url.value).hostname or "" for url in urls))


def _is_direct(host: str) -> bool:
    return is_loopback(host) or bool(proxy_bypass(host))
