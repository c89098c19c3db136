"""Starts and stops a local Jebbit."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from secrets import token_hex
from threading import Event
from typing import TYPE_CHECKING, Any, Self

from jebbitctl import environment as env
from jebbitctl.errors import UsageError
from jebbitctl.sandbox import python_api
from jebbitctl.sandbox.behaviour import WEBHOOKS, Behaviour
from jebbitctl.sandbox.counters import counters
from jebbitctl.sandbox.deliveries import STOPPED
from jebbitctl.sandbox.delivery_reporter import DeliveryReporter
from jebbitctl.sandbox.dialects import DIALECTS
from jebbitctl.sandbox.faults import ApiFaults, inject_faults
from jebbitctl.sandbox.guard import guard
from jebbitctl.sandbox.health import report_health
from jebbitctl.sandbox.reach import Reach
from jebbitctl.sandbox.request_log import RedactingLog, RequestLog
from jebbitctl.sandbox.resource_types import scopes
from jebbitctl.sandbox.routes import Api
from jebbitctl.sandbox.seed import seed
from jebbitctl.sandbox.setup import business_ids, set_up
from jebbitctl.sandbox.state import SandboxState
from jebbitctl.sandbox.storms import Storm
from jebbitctl.sandbox.visit_simulator import SteadyVisits
from jebbitctl.util.certificates import SYSTEM_CERTIFICATES
from jebbitctl.util.text import plural
from jebbitctl.util.timeouts import POLL_INTERVAL
from jebbitctl.util.urls import is_loopback
from jebbitctl.webhooks.receiving.background_server import BackgroundServer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from _typeshed.wsgi import WSGIApplication

    from jebbitctl.sandbox.behaviour import ErrorStyle, ServiceName
    from jebbitctl.sandbox.deliveries import DeliveryResult, FaultName
    from jebbitctl.sandbox.dialects import DialectName
    from jebbitctl.sandbox.python_api import CreatedIntegration, VisitResult
    from jebbitctl.sandbox.request_log import LoggedRequest
    from jebbitctl.sandbox.setup import InitialIntegration
    from jebbitctl.util.certificates import TrustedCertificates

_MAX_BUSINESSES = 100
_MAX_INTEGRATIONS = 10_000
_MAX_RATE = 10_000
"""Visits per second."""


@dataclass(frozen=True, slots=True)
class SandboxOptions:
    """How the sandbox behaves.

    Attributes:
        host: a loopback name or address; with ``allow_remote``, any of this machine.
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
        faults: of deliveries: shares from 0 to 1 by name, ``slow``, ``lost``, ``duplicate``, ``reorder`` or
            ``burst``, such as ``{"lost": 0.1}``. The share of ``burst`` does not matter: it hits all others.
        seed: another one gives the faults to other deliveries and requests.
        allow_remote: whether other machines may use it.
        deliver_to: hosts beside this machine that deliveries may go to: ``HOST``, or ``HOST=URL`` to send to
            the URL's scheme, host and port instead.
        client_id: None for a random one.
        client_secret: None for a random one.
        initial: integrations to start with, beside ``integrations``.

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
    faults: Mapping[FaultName, float] = field(default_factory=dict)
    seed: int = 0
    allow_remote: bool = False
    deliver_to: Sequence[str] = ()
    client_id: str | None = None
    client_secret: str | None = field(default=None, repr=False)
    initial: Sequence[InitialIntegration] = ()

    def __post_init__(self) -> None:
        if not (self.allow_remote or is_loopback(self.host)):
            raise UsageError(
                f"the sandbox only serves this machine, not {self.host!r}",
                hint="use 127.0.0.1, ::1 or localhost, or let other machines in with --allow-remote",
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
        run: an id, new for each sandbox, which ``GET /healthz`` shows.
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
        self.run = token_hex(8)
        self._fill_state()
        self._closing = Event()
        redacting_log = RedactingLog(log)
        self._warn = redacting_log if warn is None else RedactingLog(warn)
        self._reporter = DeliveryReporter(redacting_log, self._warn)
        self.state.delivery_log.tell = self._reporter
        self.state.dispatcher.certificates = certificates
        self._steady_visits = SteadyVisits(self.state, self._options.visits) if self._options.visits else None
        app = inject_faults(
            Api(self.state),
            ApiFaults(self._options.latency_ms, self._options.fail_rate, self._options.seed),
            behaviour=behaviour,
            closing=self._closing,
        )
        guarded = guard(wrap(app) if wrap else app, allow_remote=self._options.allow_remote)
        self._request_log = RequestLog(guarded, redacting_log)
        self._server = BackgroundServer(
            report_health(self._request_log, run=self.run), host=self._options.host, port=self._options.port
        )

    def _fill_state(self) -> None:
        options, state = self._options, self.state
        state.client_id = options.client_id or state.client_id
        state.client_secret = options.client_secret or state.client_secret
        state.dispatcher.reach = Reach.parse(options.deliver_to)
        state.dispatcher.storm = Storm(options.faults, options.seed)
        ids = business_ids(options.initial)
        seed(state, businesses=options.businesses, integrations=options.integrations, ids=ids)
        set_up(state, options.initial)

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
    def counters(self) -> dict[str, int]:
        """What it has counted since its start, see :data:`jebbitctl.sandbox.counters.COUNTERS`."""
        return counters(self.state.delivery_log, self._request_log)

    def settle(self, timeout: float) -> bool:
        """Let no more visits happen by themselves, and wait until each delivery has a result.

        Returns whether that was so within ``timeout`` seconds.
        """
        if self._steady_visits:
            self._steady_visits.stop()
            self._steady_visits.join()
        deadline = time.monotonic() + timeout
        while True:
            remaining = max(deadline - time.monotonic(), 0)
            is_idle = self.state.dispatcher.wait_until_idle(min(remaining, POLL_INTERVAL))
            if is_idle or not remaining:
                return is_idle

    @property
    def requests(self) -> list[LoggedRequest]:
        """A copy of the latest 1,000 requests, oldest first."""
        return self._request_log.requests

    @property
    def deliveries(self) -> list[DeliveryResult]:
        """What became of the latest 10,000 deliveries, in the order in which that was known."""
        return python_api.deliveries(self.state)

    def create_integration(
        self, endpoint: str, *, mappings: Mapping[str, str] | None = None, **attributes: Any
    ) -> CreatedIntegration:
        """Create an integration of the first business, as the API does.

        Args:
            endpoint: the URL to deliver to. Only one on this machine gets deliveries.
            mappings: by an attribute's id, such as ``email``, the name to send it under.
            **attributes: as in the API, such as ``require_opt_in=True`` or
                ``additional_options={"hash_pii": True}``.

        Raises:
            UsageError: the API would refuse it, or ignore an attribute.
        """
        return python_api.create_integration(self.state, endpoint, mappings or {}, attributes)

    def shared_secrets(self) -> dict[str, str]:
        """Return the shared secret of each integration, by a label such as ``integration L5m24mjs``."""
        return python_api.shared_secrets(self.state)

    def visit(
        self, campaign: str | None = None, count: int = 1, *, finish: bool = True, **data: Any
    ) -> VisitResult:
        """Simulate visits to campaigns, and wait until each delivery that they cause has a result.

        An endpoint has 3 seconds to answer. The n-th visitor of a new sandbox always answers the same.

        Args:
            campaign: the id of the campaign; by default, the launched ones of the first business in turn.
            count: the number of visitors.
            finish: each visitor reaches the end and enters an e-mail address. False: some leave before, as
                real visitors do, unless there is ``data``.
            **data: what each visitor answers, by the attribute's id, before mappings apply, such as
                ``email="ann@example.com"`` or ``opt_in=False``. None is no answer.

        Raises:
            UsageError: the campaign is unknown or was never launched, or an answer cannot be used.
        """
        return python_api.visit(self.state, campaign, count, data, finish=finish)

    def wait_until_idle(self, timeout: float = 10.0) -> None:
        """Wait until nothing is being delivered, backfills included.

        Args:
            timeout: seconds.

        Raises:
            TimeoutError: deliveries are still queued or under way.
        """
        if not self.state.dispatcher.wait_until_idle(timeout):
            raise TimeoutError(f"after {timeout:g} s, the sandbox is still delivering")
