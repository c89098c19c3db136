"""The data of a sandbox: businesses with their resources, credentials and a clock."""

from __future__ import annotations

import secrets
import string
import time
from dataclasses import dataclass, field
from random import Random
from threading import RLock
from typing import TYPE_CHECKING, Any

from jebbitctl.sandbox.delivery_log import DeliveryLog
from jebbitctl.sandbox.dispatcher import Dispatcher
from jebbitctl.sandbox.history import History
from jebbitctl.sandbox.visit_runs import VisitRuns
from jebbitctl.util.times import rfc3339

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import date

    from jebbitctl.sandbox.activity import Activity
    from jebbitctl.sandbox.behaviour import Behaviour

_ALPHANUMERIC = string.ascii_letters + string.digits
_SEED = 20211216
READ_ONLY_SUFFIX = "-readonly"
"""The client id with this suffix is a second client, with the same secret and only read scopes."""
WRITE_ONLY_SUFFIX = "-writeonly"
"""Likewise a third client, with all scopes but the read scopes; it covers the same businesses."""
_BUSINESS_SCOPE = "read:business:"


def random_text(length: int) -> str:
    """Return a secret of ``length`` random letters and digits."""
    return "".join(secrets.choice(_ALPHANUMERIC) for _ in range(length))


def business_of(scope: str) -> str | None:
    """Return the id of the business that a scope covers, None for the scope of an action."""
    return scope.removeprefix(_BUSINESS_SCOPE) if scope.startswith(_BUSINESS_SCOPE) else None


@dataclass(slots=True)
class BackfillJob:
    """How far a backfill is that has something to send. One thread changes it.

    Attributes:
        begun: whether its first delivery has been sent.
        ended: whether it sends nothing more.
        changed_at: when that became so, in unix seconds of the state's clock.
    """

    changed_at: float
    begun: bool = False
    ended: bool = False


@dataclass(slots=True)
class StoredResource:
    """A JSON:API resource.

    Attributes:
        id: eight letters and digits, unique in the sandbox.
        attributes: the attributes that the API returns.
        since: when it was created, when a backfill was last restarted, or when an export last ran on
            schedule, in unix seconds.
        linked: ids of the resources that it belongs to or that use it.
        from_dashboard: whether it was made in Jebbit's dashboard, not by the API.
        job: of a backfill that has something to send.
    """

    id: str
    attributes: dict[str, Any]
    since: float
    linked: set[str] = field(default_factory=set)
    from_dashboard: bool = False
    job: BackfillJob | None = None


@dataclass(slots=True)
class Business:
    """A business ("brand") and its resources.

    Attributes:
        id: the value for ``x-jebbit-business``.
        name: its display name.
        resources: by JSON:API type, then by id, oldest first.
        history: the visits since the start, which backfills repeat.
        dashboard_mappings: by integration id, mappings that no resource has: only the integration shows them.
        past_activity: returns what :attr:`activity` begins with.
    """

    id: str
    name: str
    resources: dict[str, dict[str, StoredResource]] = field(default_factory=dict)
    history: History = field(default_factory=History)
    dashboard_mappings: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    past_activity: Callable[[], dict[str, dict[date, Activity]]] = dict
    _activity: dict[str, dict[date, Activity]] | None = None

    @property
    def activity(self) -> dict[str, dict[date, Activity]]:
        """What visitors did, by campaign id, then by day; what was before the start is computed on demand."""
        if self._activity is None:
            self._activity = self.past_activity()
        return self._activity

    def of(self, type_: str) -> dict[str, StoredResource]:
        """Return the resources of one JSON:API type, by id, oldest first; not a copy."""
        return self.resources.setdefault(type_, {})

    def launched_campaigns(self) -> list[str]:
        """Return the ids of the campaigns that can be visited."""
        return [one.id for one in self.of("campaigns").values() if one.attributes["launch_date"] is not None]

    def attribute_ids(self) -> list[str]:
        """Return the ids of the attributes that campaigns ask for."""
        return [trait.attributes["user_defined_id"] for trait in self.of("traits").values()]


class SandboxState:
    """The data of a sandbox. Tests read and change it; hold :attr:`lock` if requests may run meanwhile.

    Ids come from a seeded generator and are the same at each start. Credentials and secrets are not.

    Attributes:
        lock: held while a request is handled.
        businesses: all businesses, by id.
        client_id: the client with all permissions.
        client_secret: the secret of all clients.
        behaviour: how requests are answered where Jebbit's documents differ.
        clock: returns unix seconds; replace it to control time.
        backfill_step: seconds that a backfill is ``received``, and then ``processing``.
        token_lifetime: seconds that a new token is valid.
        ignored_attributes: names of attributes, also nested ones, that writes silently leave unchanged.
        permissions: the permissions in new tokens of the client with all permissions.
        signing_key: signs the tokens.
        delivery_log: what became of deliveries.
        dispatcher: sends deliveries.
        visit_runs: what came of the visits that were asked for.
    """

    def __init__(
        self,
        scopes: Iterable[str],
        *,
        behaviour: Behaviour,
        token_lifetime: int = 86400,
        backfill_step: float = 2,
    ) -> None:
        self.lock = RLock()
        self.businesses: dict[str, Business] = {}
        self.client_id = random_text(32)
        self.client_secret = random_text(64)
        self.behaviour = behaviour
        self.clock: Callable[[], float] = time.time
        self.backfill_step = backfill_step
        self.token_lifetime = token_lifetime
        self.ignored_attributes: set[str] = set()
        self.permissions = list(scopes)
        self.signing_key = secrets.token_bytes(32)
        self.delivery_log = DeliveryLog()
        self.dispatcher = Dispatcher(self.delivery_log.add)
        self.visit_runs = VisitRuns()
        self._random = Random(_SEED)  # noqa: S311 - the same ids at each start

    def permissions_of(self, client_id: str) -> list[str] | None:
        """Return the permissions of a client's tokens; None for an unknown client."""
        if client_id == self.client_id:
            return list(self.permissions)
        if client_id == self.client_id + READ_ONLY_SUFFIX:
            return [scope for scope in self.permissions if scope.startswith("read:")]
        if client_id == self.client_id + WRITE_ONLY_SUFFIX:
            return [
                scope for scope in self.permissions if not scope.startswith("read:") or business_of(scope)
            ]
        return None

    def new_id(self) -> str:
        """Return the next id: eight letters and digits."""
        return "".join(self._random.choices(_ALPHANUMERIC, k=8))

    def timestamp(self, at: float | None = None) -> str:
        """Return ``at`` (unix seconds; default now) in the API's time format."""
        return rfc3339(self.clock() if at is None else at, "milliseconds")

    def add_business(self, name: str, id_: str | None = None) -> Business:
        """Add an empty business, covered by tokens issued from now on; by default with a new id."""
        business = Business(id_ or self.new_id(), name)
        self.businesses[business.id] = business
        self.permissions.append(f"{_BUSINESS_SCOPE}{business.id}")
        return business

    def remove_business(self, business_id: str) -> None:
        """Remove a business but not its permission, as Jebbit does."""
        del self.businesses[business_id]

    def rotate_secret(self) -> str:
        """Replace the client secret and return the new one; tokens stay valid."""
        self.client_secret = random_text(64)
        return self.client_secret

    def revoke_tokens(self) -> None:
        """Make every token issued so far invalid."""
        self.signing_key = secrets.token_bytes(32)
