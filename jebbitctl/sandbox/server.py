"""Starts and stops a local Jebbit."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Event
from typing import TYPE_CHECKING, Self

from jebbitctl import environment as env
from jebbitctl.errors import UsageError
from jebbitctl.sandbox.behaviour import WEBHOOKS, Behaviour
from jebbitctl.sandbox.deliveries import STOPPED
from jebbitctl.sandbox.delivery_reporter import DeliveryReporter
from jebbitctl.sandbox.dialects import DIALECTS
from jebbitctl.sandbox.faults import inject_faults
from jebbitctl.sandbox.guard import require_loopback
from jebbitctl.sandbox.request_log import RedactingLog, RequestLog
from jebbitctl.sandbox.resource_types import scopes
from jebbitctl.sandbox.routes import Api
from jebbitctl.sandbox.seed import seed
from jebbitctl.sandbox.state import SandboxState
from jebbitctl.sandbox.visit_simulator import SteadyVisits
from jebbitctl.util.certificates import SYSTEM_CERTIFICATES
from jebbitctl.util.text import plural
from jebbitctl.util.urls import is_loopback
from jebbitctl.webhooks.receiving.background_server import BackgroundServer

if TYPE_CHECKING:
    from collections.abc import Callable

    from _typeshed.wsgi import WSGIApplication

    from jebbitctl.sandbox.behaviour import ErrorStyle, ServiceName
    from jebbitctl.sandbox.dialects import DialectName
    from jebbitctl.sandbox.request_log import LoggedRequest
    from jebbitctl.util.certificates import TrustedCertificates

_MAX_BUSINESSES = 100
_MAX_INTEGRATIONS = 10_000
_MAX_RATE = 10_000
"""Visits per second."""


@dataclass(frozen=True, slots=True)
class SandboxOptions:
    """How the sandbox behaves.

    Attributes:
        host: a loopback name or address.
        port: 0 for any free port.
        businesses: the number of businesses that the credentials cover. With several, requests must name one.
        integrations: the number of integrations that each business starts with.
        token_lifetime: seconds that a token is valid.
        latency_ms: milliseconds before each response.
        fail_rate: the share of requests that fail, 0 to 1.
        backfill_step: seconds that a backfill is ``received``, and then ``processing``.
        dialect: which of Jebbit's documents it follows where they differ.
        service_name: the ``service_name`` of webhooks.
        error_style: the format of error responses.
        visits: visits per second that happen by themselves; 0 for none.

    Raises:
        UsageError: the host is not loopback, or a value is out of bounds.
    """

    host: str = "127.0.0.1"
    port: int = 0
    businesses: int = 1
    integrations: int = 0
    token_lifetime: int = 86400
    latency_ms: int = 0
    fail_rate: float = 0.0
    backfill_step: float = 2.0
    dialect: DialectName = "article"
    service_name: ServiceName = WEBHOOKS
    error_style: ErrorStyle = "openapi"
    visits: float = 0.0

    def __post_init__(self) -> None:
        if not is_loopback(self.host):
            raise UsageError(
                f"the sandbox only serves this machine, not {self.host!r}",
                hint="use 127.0.0.1, ::1 or localhost",
            )
        bounds = {
            "businesses": (self.businesses, 1, _MAX_BUSINESSES),
            "integrations": (self.integrations, 0, _MAX_INTEGRATIONS),
            "fail rate": (self.fail_rate, 0, 1),
            "latency": (self.latency_ms, 0, 60_000),
            "token lifetime": (self.token_lifetime, 1, 10**9),
            "backfill step": (self.backfill_step, 0, 10**9),
            "visits": (self.visits, 0, _MAX_RATE),
        }
        for name, (value, minimum, maximum) in bounds.items():
            if not minimum <= value <= maximum:
                raise UsageError(f"{name}: {value} is not between {minimum} and {maximum}")


class Sandbox:
    """A local Jebbit that runs while its ``with`` block runs.

    Two other clients, whose ids end in ``-readonly`` and ``-writeonly``, have the same secret. Their tokens
    have only read scopes or none of them, so that writes or reads get 403.

    Args:
        options: how it behaves.
        log: called with one line for each request and each test delivery, from several threads but one at a
            time. The lines contain no secrets and no control characters.
        warn: likewise, with a line for each of the first deliveries that fail, and counts of others; by
            default ``log``.
        wrap: WSGI middleware around the API, for other faults than those of the options. It must call
            ``start_response`` before it returns.
        certificates: what https endpoints are verified against; by default the system's.

    Attributes:
        state: its data, which tests read and change.
    """

    def __init__(
        self,
        options: SandboxOptions | None = None,
        *,
        log: Callable[[str], None] | None = None,
        warn: Callable[[str], None] | None = None,
        wrap: Callable[[WSGIApplication], WSGIApplication] | None = None,
        certificates: TrustedCertificates = SYSTEM_CERTIFICATES,
    ) -> None:
        self._options = options or SandboxOptions()
        behaviour = Behaviour(
            DIALECTS[self._options.dialect], self._options.service_name, self._options.error_style
        )
        self.state = SandboxState(
            scopes(behaviour.dialect),
            behaviour=behaviour,
            token_lifetime=self._options.token_lifetime,
            backfill_step=self._options.backfill_step,
        )
        seed(self.state, businesses=self._options.businesses, integrations=self._options.integrations)
        self._closing = Event()
        redacting_log = RedactingLog(log)
        self._warn = redacting_log if warn is None else RedactingLog(warn)
        self._reporter = DeliveryReporter(redacting_log, self._warn)
        self.state.delivery_log.tell = self._reporter
        self.state.dispatcher.certificates = certificates
        self._steady_visits = SteadyVisits(self.state, self._options.visits) if self._options.visits else None
        app = inject_faults(
            Api(self.state),
            latency_ms=self._options.latency_ms,
            fail_rate=self._options.fail_rate,
            behaviour=behaviour,
            closing=self._closing,
        )
        self._request_log = RequestLog(require_loopback(wrap(app) if wrap else app), redacting_log)
        self._server = BackgroundServer(self._request_log, host=self._options.host, port=self._options.port)

    def __enter__(self) -> Self:
        """Bind the port and start serving.

        Raises:
            UsageError: the port is in use or cannot be bound.
        """
        self._server.__enter__()
        if self._steady_visits:
            self._steady_visits.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._closing.set()
        if self._steady_visits:
            self._steady_visits.stop()
        not_sent = self.state.dispatcher.close()
        if self._steady_visits:
            self._steady_visits.join()
        self._server.__exit__(*error)
        self._reporter.tell_untold()
        if not_sent.deliveries:
            self._warn(f"{plural(not_sent.deliveries, 'delivery')} not sent: {STOPPED}")
        if not_sent.streams:
            self._warn(f"{plural(not_sent.streams, 'backfill')} not finished: {STOPPED}")

    @property
    def url(self) -> str:
        """The base URL, such as ``http://127.0.0.1:8787``."""
        return self._server.url

    @property
    def environment(self) -> dict[str, str]:
        """The variables that make jebbitctl use this sandbox. They include its client secret."""
        return {
            env.CLIENT_ID: self.state.client_id,
            env.CLIENT_SECRET: self.state.client_secret,
            env.API_BASE_URL: self.url,
            env.AUTH_ISSUER: self.url,
        }

    @property
    def requests(self) -> list[LoggedRequest]:
        """A copy of the latest 1,000 requests, oldest first."""
        return self._request_log.requests
