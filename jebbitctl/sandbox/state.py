"""What the sandbox remembers: businesses with their resources, one pair of credentials, and a clock."""

from __future__ import annotations

import secrets
import string
import time
from dataclasses import dataclass, field
from random import Random
from threading import RLock
from typing import TYPE_CHECKING, Any

from jebbitctl.times import rfc3339

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_ALPHANUMERIC = string.ascii_letters + string.digits
_SEED = 20211216
READ_ONLY = "-readonly"
"""Appended to the client id, it names a second client of the same secret, with the read scopes only."""


def random_text(length: int) -> str:
    """Return ``length`` unpredictable letters and digits: a secret."""
    return "".join(secrets.choice(_ALPHANUMERIC) for _ in range(length))


@dataclass(slots=True)
class StoredResource:
    """One JSON:API resource.

    Attributes:
        id: eight letters and digits, unique in the sandbox.
        attributes: what the API shows.
        since: unix seconds at which its present life began: its creation, or a backfill's restart.
        linked: ids of the resources it belongs to or is used by.
    """

    id: str
    attributes: dict[str, Any]
    since: float
    linked: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Business:
    """One business ("brand") and all that is its own.

    Attributes:
        id: what ``x-jebbit-business`` names.
        name: what people call it.
        resources: by JSON:API type, then by id, oldest first.
    """

    id: str
    name: str
    resources: dict[str, dict[str, StoredResource]] = field(default_factory=dict)

    def of(self, type_: str) -> dict[str, StoredResource]:
        """Return the resources of one JSON:API type, by id, oldest first; changing it changes the store."""
        return self.resources.setdefault(type_, {})


class State:
    """The store. Tests look inside and change it; hold :attr:`lock` while doing so beside running requests.

    Ids come from a seeded generator, the same at each start; credentials and secrets are fresh each time.

    Attributes:
        businesses: those that exist, by id.
        client_id: the client that holds every permission.
        client_secret: its secret, and that of the read-only client.
        clock: unix seconds; replace it to let time pass.
        backfill_step: seconds a backfill stays ``received``, and then ``processing``.
        token_lifetime: seconds a new token is valid.
        not_taken: names of attributes, nested ones too, that writes leave as they are, without a word.
        permissions: what a new token of the full client lists.
    """

    def __init__(
        self, scopes: Iterable[str], *, token_lifetime: int = 86400, backfill_step: float = 2
    ) -> None:
        self.lock = RLock()
        self.businesses: dict[str, Business] = {}
        self.client_id = random_text(32)
        self.client_secret = random_text(64)
        self.clock: Callable[[], float] = time.time
        self.backfill_step = backfill_step
        self.token_lifetime = token_lifetime
        self.not_taken: set[str] = set()
        self.permissions = list(scopes)
        self.signing_key = secrets.token_bytes(32)
        self._random = Random(_SEED)  # noqa: S311 - ids are to be the same at each start

    def permissions_of(self, client_id: str) -> list[str] | None:
        """Return what a token for this client lists; None for a client nobody knows."""
        if client_id == self.client_id:
            return list(self.permissions)
        if client_id == self.client_id + READ_ONLY:
            return [scope for scope in self.permissions if scope.startswith("read:")]
        return None

    def new_id(self) -> str:
        """Return the next id: eight letters and digits."""
        return "".join(self._random.choices(_ALPHANUMERIC, k=8))

    def timestamp(self, at: float | None = None) -> str:
        """Return ``at`` (unix seconds; now when omitted) as the API writes times."""
        return rfc3339(self.clock() if at is None else at, "milliseconds")

    def add_business(self, name: str) -> Business:
        """Add an empty business; tokens issued from now on cover it."""
        business = Business(self.new_id(), name)
        self.businesses[business.id] = business
        self.permissions.append(f"read:business:{business.id}")
        return business

    def remove_business(self, business_id: str) -> None:
        """Remove a business and leave its permission behind, as the service does."""
        del self.businesses[business_id]

    def rotate_secret(self) -> str:
        """Replace the client secret and return the new one; tokens stay valid."""
        self.client_secret = random_text(64)
        return self.client_secret

    def revoke_tokens(self) -> None:
        """Make every token issued so far invalid."""
        self.signing_key = secrets.token_bytes(32)
