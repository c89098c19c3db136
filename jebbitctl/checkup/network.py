"""The way out: proxies, and whose certificates are trusted."""

from __future__ import annotations

import os
import ssl
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from jebbitctl.errors import CheckFailedError, UsageError
from jebbitctl.redaction import MASK
from jebbitctl.urls import is_loopback

if TYPE_CHECKING:
    from jebbitctl.checkup.examination import Examination

_BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_SYSTEM = ("SSL_CERT_FILE", "SSL_CERT_DIR")


def proxy(examination: Examination) -> str:
    """Each proxy in the settings can be one; which hosts are reached through one."""
    proxies = getproxies()
    named = {scheme: url for scheme, url in proxies.items() if scheme in {"http", "https", "all"} and url}
    for scheme, url in named.items():
        if not _is_proxy(url):
            raise CheckFailedError(
                f"{scheme.upper()}_PROXY is not a proxy's URL: {_without_password(url)}",
                hint="give it one such as http://proxy.example.com:3128",
            )
    if not named:
        return "none"
    used = named.get("https") or named.get("all")
    listed = ", ".join(f"{scheme} {_without_password(url)}" for scheme, url in named.items())
    ways = [
        f"{host} {'through it' if used and not _direct(host) else 'direct'}" for host in _hosts(examination)
    ]
    return "; ".join([listed, *ways, *([f"no_proxy {proxies['no']}"] if proxies.get("no") else [])])


def certificates(_: Examination) -> str:
    """The certificates that are trusted can be read."""
    for name in _BUNDLES:
        path = os.environ.get(name)
        if path:
            _require_bundle(name, Path(path))
            return f"{name}: {path}"
    own = [f"{name}: {os.environ[name]}" for name in _SYSTEM if os.environ.get(name)]
    return f"the system's{' (' + ', '.join(own) + ')' if own else ''}"


def _require_bundle(name: str, path: Path) -> None:
    try:
        if path.is_dir():
            ssl.create_default_context(capath=str(path))
        else:
            ssl.create_default_context(cafile=str(path))
    except (OSError, ValueError) as error:
        reason = "it holds no certificates" if isinstance(error, ssl.SSLError) else "it cannot be read"
        raise CheckFailedError(
            f"{name}: {path}: {reason}", hint=f"unset {name}, or name a file of PEM certificates"
        ) from None


def _hosts(examination: Examination) -> list[str]:
    """Return the hosts that the commands talk to, as far as the settings tell."""
    try:
        in_use = (examination.context.settings.api_url, examination.context.settings.issuer)
    except UsageError:
        return []
    return list(dict.fromkeys(urlsplit(setting.value).hostname or "" for setting in in_use))


def _direct(host: str) -> bool:
    return is_loopback(host) or bool(proxy_bypass(host))


def _is_proxy(url: str) -> bool:
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        return bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False


def _without_password(url: str) -> str:
    """Return a proxy's URL without its user name and password, however oddly they are written."""
    before, at, host = url.rpartition("@")
    if not at:
        return url
    scheme, separator, _ = before.partition("://")
    return f"{scheme}{separator}{MASK}@{host}" if separator else f"{MASK}@{host}"
