"""What this machine sees of endpoints, looked at once each, however many integrations share one."""

from __future__ import annotations

from concurrent.futures import Future
from functools import cached_property
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from typing import TYPE_CHECKING, NamedTuple, TypeVar, cast
from urllib.parse import urlsplit

from jebbitctl.diagnose.name_lookup import NameLookup, look_up, system_addresses
from jebbitctl.diagnose.tls_handshake import Server, TrustSource, shake_hands
from jebbitctl.errors import JebbitctlError
from jebbitctl.util.addresses import LOOPBACK, why_not_public
from jebbitctl.util.certificates import SYSTEM_CERTIFICATES
from jebbitctl.util.hosts import ascii_host
from jebbitctl.util.timeouts import start_thread
from jebbitctl.util.urls import is_loopback, url_host
from jebbitctl.webhooks.endpoint import EndpointClient

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable

    from jebbitctl.diagnose.tls_handshake import Handshake
    from jebbitctl.util.certificates import TrustedCertificates
    from jebbitctl.webhooks.endpoint import EndpointResponse

LOOK_TIMEOUT = 4.0
"""Seconds for each of the three looks: at the name, at TLS and at the answer to HEAD."""
_MAX_LOOKS = 64
"""Endpoints that are looked at side by side ahead of their lines. Each costs at most two threads."""
_DEFAULT_PORTS = {"https": 443, "http": 80}

T = TypeVar("T")


class Place(NamedTuple):
    """Where an integration delivers to.

    Attributes:
        scheme: ``https`` or ``http``.
        host: in ASCII and lower case, without the brackets of an IPv6 address.
        port: its port.
        url: the whole URL; None if only the host is known.
    """

    scheme: str
    host: str
    port: int
    url: str | None

    @classmethod
    def of_url(cls, url: str) -> Place:
        """Return the place of a valid http or https URL."""
        parts = urlsplit(url)
        host = parts.hostname or ""
        return cls(parts.scheme, ascii_host(host) or host, parts.port or _DEFAULT_PORTS[parts.scheme], url)

    @classmethod
    def of_host(cls, host: str) -> Place:
        """Return the place of an endpoint of which only the host is known: Jebbit delivers over https."""
        return cls("https", host, _DEFAULT_PORTS["https"], None)

    @property
    def origin(self) -> str:
        """A URL of the server."""
        return f"{self.scheme}://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"


class Network:
    """The network as this machine sees it; use it from any number of threads.

    Args:
        certificates: what this machine trusts.
        api_url: of Jebbit's API, empty if it is not known. If it is on this machine, it can deliver to this
            machine, too.
        resolve: returns the addresses of a host, or raises socket.gaierror; default the system's resolver.
        public: the CAs that everyone trusts; by default those that come with requests.
    """

    def __init__(
        self,
        certificates: TrustedCertificates = SYSTEM_CERTIFICATES,
        api_url: str = "",
        *,
        resolve: Callable[[str], list[str]] | None = None,
        public: TrustedCertificates | None = None,
    ) -> None:
        self.certificates = certificates
        self.api_host = url_host(api_url)
        self.api_is_local = is_loopback(self.api_host)
        self._resolve = resolve or system_addresses
        self._given_public = public
        self._lock = Lock()
        self._looks: dict[Hashable, Future[object]] = {}

    @cached_property
    def public(self) -> TrustedCertificates | None:
        """The CAs that everyone trusts; None if they cannot be told from those of this machine."""
        from jebbitctl.util.certificates import public_certificates

        return self._given_public or public_certificates()

    def lookup(self, host: str) -> NameLookup:
        """Return the addresses of a host; an address is its own."""
        if _is_address(host):
            return NameLookup((host,))
        return self._once(("lookup", host), lambda: look_up(host, self._resolve, LOOK_TIMEOUT))

    def resolves_names(self) -> bool | None:
        """Whether this machine resolves the API's host; None if that is not a name that DNS knows."""
        if not self.api_host or self.api_is_local or _is_address(self.api_host):
            return None
        return bool(self.lookup(self.api_host).addresses)

    def proxy(self, place: Place) -> str | None:
        """Return the proxy through which this machine reaches a place, None if it connects directly."""
        from jebbitctl.util.http_session import proxy_for

        return proxy_for(place.url or place.origin)

    def barrier(self, address: str) -> str | None:
        """Return why Jebbit cannot reach an address, such as ``a private address``; None if it can."""
        kind = why_not_public(address)
        return None if kind == LOOPBACK and self.api_is_local else kind

    def reachable(self, place: Place) -> tuple[str, ...]:
        """Return the addresses of a place that Jebbit can reach."""
        return tuple(one for one in self.lookup(place.host).addresses if self.barrier(one) is None)

    def handshake(self, place: Place) -> Handshake | None:
        """Look at the certificate of a place; None if it has none, or cannot be looked at directly."""
        addresses = self.reachable(place)
        if place.scheme != "https" or not addresses or self.proxy(place):
            return None
        server = Server(place.host, place.port, addresses)
        return self._once(
            ("handshake", place.host, place.port),
            lambda: shake_hands(server, self._sources(), LOOK_TIMEOUT),
        )

    def head(self, place: Place) -> EndpointResponse | None:
        """Return the answer to an unsigned HEAD; None if it cannot be asked for safely, or in vain."""
        is_resolved_by_proxy = not self.lookup(place.host).addresses and self.proxy(place)
        if place.url is None or not (self.reachable(place) or is_resolved_by_proxy):
            return None
        if (handshake := self.handshake(place)) and handshake.failure:
            return None
        certificates = self.certificates_of(place)
        return self._once(("head", place.url), lambda: _head(place.url or "", certificates))

    def certificates_of(self, place: Place) -> TrustedCertificates:
        """Return what to verify the server of a place against: what its certificate was verified with."""
        handshake = self.handshake(place)
        return handshake.verified_by if handshake else self.certificates

    def look_ahead(self, places: Iterable[Place]) -> None:
        """Begin to look at endpoints, side by side, so that their lines need not wait one after the other."""
        waiting: SimpleQueue[Place] = SimpleQueue()
        for place in dict.fromkeys(places):
            waiting.put(place)
        for _ in range(min(waiting.qsize(), _MAX_LOOKS)):
            try:
                start_thread(Thread(target=self._look, args=(waiting,), name="concurrent-call", daemon=True))
            except JebbitctlError:
                return  # the lines look for themselves

    def _sources(self) -> list[TrustSource]:
        """Return what certificates are verified against: what everyone trusts, then what this machine does.

        Raises:
            UsageError: certificates cannot be loaded.
        """
        found = [source for source in (self.public, self.certificates) if source]
        return [TrustSource(one, self._once(("context", one), one.ssl_context)) for one in found]

    def _look(self, waiting: SimpleQueue[Place]) -> None:
        while True:
            try:
                self.head(waiting.get_nowait())
            except Empty:
                return
            except Exception:  # noqa: BLE001, S112 - the line that needs it raises it again
                continue

    def _once(self, key: Hashable, look: Callable[[], T]) -> T:
        """Return what a look saw. The first caller looks, others wait for it; none looks again."""
        with self._lock:
            is_first = key not in self._looks
            future = self._looks.setdefault(key, Future())
        if is_first:
            try:
                future.set_result(look())
            except BaseException as error:  # noqa: BLE001 - raised by result()
                future.set_exception(error)
        return cast("T", future.result())


def _is_address(host: str) -> bool:
    try:
        why_not_public(host)
    except ValueError:
        return False
    return True


def _head(url: str, certificates: TrustedCertificates) -> EndpointResponse:
    from jebbitctl.util.http_session import USER_AGENT

    with EndpointClient(url, LOOK_TIMEOUT, certificates) as client:
        return client.send(b"", {"user-agent": USER_AGENT, "accept": "*/*"}, method="HEAD")
