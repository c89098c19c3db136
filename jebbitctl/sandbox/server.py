"""The sandbox as a whole: a local Jebbit that starts, answers and stops."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Event
from typing import TYPE_CHECKING, Self

from jebbitctl.errors import UsageError
from jebbitctl.sandbox.api import Api
from jebbitctl.sandbox.guard import guarded
from jebbitctl.sandbox.kinds import SCOPES
from jebbitctl.sandbox.recorder import Log, Recorder
from jebbitctl.sandbox.seed import seed
from jebbitctl.sandbox.state import State
from jebbitctl.sandbox.weather import weathered
from jebbitctl.urls import is_loopback
from jebbitctl.webhooks.server import BackgroundServer

if TYPE_CHECKING:
    from collections.abc import Callable

    from _typeshed.wsgi import WSGIApplication

    from jebbitctl.sandbox.recorder import Recorded

_MOST_BUSINESSES = 100
_MOST_INTEGRATIONS = 10_000


@dataclass(frozen=True, slots=True)
class Options:
    """How the sandbox behaves.

    Attributes:
        host: a loopback name or address.
        port: 0 for any free one.
        businesses: how many the credentials cover; with several, calls must say which.
        integrations: how many each business has at the start.
        token_lifetime: seconds.
        latency_ms: milliseconds before each answer.
        fail_rate: the share of requests that fail, 0 to 1.
        backfill_step: seconds a backfill stays ``received``, and then ``processing``.
    """

    host: str = "127.0.0.1"
    port: int = 0
    businesses: int = 1
    integrations: int = 0
    token_lifetime: int = 86400
    latency_ms: int = 0
    fail_rate: float = 0.0
    backfill_step: float = 2.0

    def __post_init__(self) -> None:
        if not is_loopback(self.host):
            raise UsageError(
                f"the sandbox serves this machine only, not {self.host!r}",
                hint="use 127.0.0.1, ::1 or localhost",
            )
        bounds = {
            "businesses": (self.businesses, 1, _MOST_BUSINESSES),
            "integrations": (self.integrations, 0, _MOST_INTEGRATIONS),
            "fail rate": (self.fail_rate, 0, 1),
            "latency": (self.latency_ms, 0, 60_000),
            "token lifetime": (self.token_lifetime, 1, 10**9),
            "backfill step": (self.backfill_step, 0, 10**9),
        }
        for name, (value, least, most) in bounds.items():
            if not least <= value <= most:
                raise UsageError(f"{name}: {value} is not between {least} and {most}")


class Sandbox:
    """A local Jebbit, for as long as its ``with`` block runs.

    The same client secret also opens a second client, the client id followed by ``-readonly``, whose tokens
    hold the read scopes only: writes answer 403.

    Args:
        options: how it behaves.
        log: called with one line per request and per delivery, from several threads but one at a time; the
            lines hold no secret and no control character.
        wrap: WSGI middleware around the API, for faults that no option has; it must call
            ``start_response`` before it returns.

    Attributes:
        state: what it remembers; to look at, and to change.
    """

    def __init__(
        self,
        options: Options | None = None,
        *,
        log: Callable[[str], None] | None = None,
        wrap: Callable[[WSGIApplication], WSGIApplication] | None = None,
    ) -> None:
        self._options = options or Options()
        self.state = State(
            SCOPES,
            token_lifetime=self._options.token_lifetime,
            backfill_step=self._options.backfill_step,
        )
        seed(self.state, businesses=self._options.businesses, integrations=self._options.integrations)
        self._closing = Event()
        quiet_log = Log(log)
        app = weathered(
            Api(self.state, quiet_log),
            latency_ms=self._options.latency_ms,
            fail_rate=self._options.fail_rate,
            closing=self._closing,
        )
        self._recorder = Recorder(guarded(wrap(app) if wrap else app), quiet_log)
        self._server = BackgroundServer(self._recorder, host=self._options.host, port=self._options.port)

    def __enter__(self) -> Self:
        """Bind and serve.

        Raises:
            UsageError: the port is taken, or cannot be bound.
        """
        self._server.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._closing.set()
        self._server.__exit__(*error)

    @property
    def url(self) -> str:
        """Where it answers, such as ``http://127.0.0.1:8787``."""
        return self._server.url

    @property
    def environment(self) -> dict[str, str]:
        """The variables that make jebbitctl talk to this sandbox; they hold its client secret."""
        return {
            "JEBBIT_CLIENT_ID": self.state.client_id,
            "JEBBIT_CLIENT_SECRET": self.state.client_secret,
            "JEBBIT_API_BASE_URL": self.url,
            "JEBBIT_AUTH_ISSUER": self.url,
        }

    @property
    def requests(self) -> list[Recorded]:
        """The latest 1,000 requests it served, oldest first; a copy."""
        return self._recorder.requests
