"""Where the sandbox delivers to: this machine, and the hosts that were named."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from jebbitctl.errors import UsageError
from jebbitctl.util.urls import host_of, is_loopback, url_host
from jebbitctl.webhooks.endpoint import require_endpoint

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Self

    from jebbitctl.sandbox.deliveries import OutgoingDelivery

_HINT = "for example: --deliver-to app, or --deliver-to hooks.example.com=http://app:8080"


@dataclass(frozen=True, slots=True)
class Reach:
    """The hosts beside this machine that deliveries may go to. No endpoint in a manifest adds any.

    Attributes:
        hosts: by host in lower case, scheme and authority to use instead of the endpoint's, or nothing.
    """

    hosts: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, texts: Iterable[str]) -> Self:
        """Return what ``HOST`` and ``HOST=URL`` say.

        Raises:
            UsageError: one is not valid, or names a host again.
        """
        hosts: dict[str, str] = {}
        for text in texts:
            host, equals, url = text.partition("=")
            name = host_of(host) if host and not set(host) & set(":/@?#") else None
            if name is None:
                raise UsageError(f"--deliver-to {text!r} is not HOST or HOST=URL", hint=_HINT)
            if name in hosts:
                raise UsageError(f"--deliver-to names {name} twice")
            hosts[name] = _origin(url) if equals else ""
        return cls(hosts)

    def covers(self, endpoint: str) -> bool:
        """Whether deliveries to an endpoint are sent at all."""
        host = url_host(endpoint)
        return is_loopback(host) or host in self.hosts

    def aim(self, delivery: OutgoingDelivery) -> OutgoingDelivery:
        """Return a delivery with the URL that it is sent to, if its host was named."""
        origin = self.hosts.get(url_host(delivery.endpoint or "")) if self.hosts else None
        if origin is None or delivery.endpoint is None:
            return delivery
        parts, target = urlsplit(delivery.endpoint), urlsplit(origin)
        url = urlunsplit((target.scheme, target.netloc, *parts[2:])) if origin else delivery.endpoint
        return replace(delivery, url=url)


def _origin(url: str) -> str:
    """Return a URL that has only scheme, host and port.

    Raises:
        UsageError: it is not valid, or has more.
    """
    try:
        require_endpoint(url)
    except UsageError as error:
        raise UsageError(f"--deliver-to: {error.message}", hint=_HINT) from None
    parts = urlsplit(url)
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise UsageError(
            f"--deliver-to {url}: the path is the endpoint's own",
            hint="give only scheme, host and port, such as http://app:8080",
        )
    return f"{parts.scheme}://{parts.netloc}"
