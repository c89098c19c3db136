"""Checks of the network settings: proxies and trusted certificates."""

from __future__ import annotations

import re
import ssl
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from jebbitctl import environment as env
from jebbitctl.errors import CheckFailedError, UsageError
from jebbitctl.util.redaction import MASK
from jebbitctl.util.urls import is_loopback

if TYPE_CHECKING:
    from jebbitctl.doctor.check_context import CheckContext

_HASHED = r"[0-9a-f]{8}\.[0-9]+"
"""The file names that ``openssl rehash`` gives to certificates."""

_BUNDLE_VARIABLES = (env.REQUESTS_CA_BUNDLE, env.CURL_CA_BUNDLE)
_SYSTEM_VARIABLES = (env.SSL_CERT_FILE, env.SSL_CERT_DIR)


def proxy(check_context: CheckContext) -> str:
    """The URLs of proxies are valid. The detail shows which hosts are reached through a proxy."""
    proxies = getproxies()
    configured = {
        scheme: url for scheme, url in proxies.items() if scheme in {"http", "https", "all"} and url
    }
    for scheme, url in configured.items():
        if not _is_proxy(url):
            raise CheckFailedError(
                f"{scheme.upper()}_PROXY is not a proxy's URL: {_without_password(url)}",
                hint="set it to a URL such as http://proxy.example.com:3128",
            )
    if not configured:
        return "none"
    used = configured.get("https") or configured.get("all")
    proxy_list = ", ".join(f"{scheme} {_without_password(url)}" for scheme, url in configured.items())
    routes = [
        f"{host} {'through the proxy' if used and not _is_direct(host) else 'direct'}"
        for host in _hosts(check_context)
    ]
    return "; ".join([proxy_list, *routes, *([f"no_proxy {proxies['no']}"] if proxies.get("no") else [])])


def certificates(check_context: CheckContext) -> str:
    """The trusted certificates can be read."""
    variables = check_context.context.environment.values
    for name in _BUNDLE_VARIABLES:
        if path := variables.get(name):
            _require_bundle(name, Path(path))
            return f"{name}: {path}"
    overrides = ", ".join(f"{name}: {variables[name]}" for name in _SYSTEM_VARIABLES if variables.get(name))
    return f"the system's ({overrides})" if overrides else "the system's"


def _require_bundle(name: str, path: Path) -> None:
    try:
        usable = any(map(_has_certificates, _hashed_files(path) if path.is_dir() else [path]))
        problem = None if usable else "it contains no certificates"
    except (OSError, ValueError):
        problem = "it cannot be read"
    if problem:
        raise CheckFailedError(
            f"{name}: {path}: {problem}", hint=f"unset {name}, or set it to a file of PEM certificates"
        )


def _hashed_files(directory: Path) -> list[Path]:
    """Return the files that OpenSSL would look up in a directory of certificates."""
    return [path for path in sorted(directory.iterdir()) if re.fullmatch(_HASHED, path.name)]


def _has_certificates(path: Path) -> bool:
    try:
        ssl.create_default_context(cafile=str(path))
    except ssl.SSLError:
        return False
    return True


def _hosts(check_context: CheckContext) -> list[str]:
    """Return the hosts of the API and the issuer, none if the settings are invalid."""
    try:
        urls = (check_context.context.settings.api_url, check_context.context.settings.issuer)
    except UsageError:
        return []
    return list(dict.fromkeys(urlsplit(url.value).hostname or "" for url in urls))


def _is_direct(host: str) -> bool:
    return is_loopback(host) or bool(proxy_bypass(host))


def _is_proxy(url: str) -> bool:
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        return bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False


def _without_password(url: str) -> str:
    """Return a proxy's URL with everything before the last ``@`` masked.

    It need not be a valid URL: it may lack a scheme, and its password may contain any character.
    """
    before, at, host = url.rpartition("@")
    if not at:
        return url
    scheme, separator, _ = before.partition("://")
    return f"{scheme}{separator}{MASK}@{host}" if separator else f"{MASK}@{host}"
