"""What Jebbit says about a business, each list fetched once, however many integrations are diagnosed."""

from __future__ import annotations

from collections import UserDict, defaultdict
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from threading import Lock, RLock
from typing import TYPE_CHECKING, Any, TypeVar, cast

from jebbitctl.api import campaign_stats, campaigns, integrations, mappings, resources, scopes
from jebbitctl.api.businesses import get_self
from jebbitctl.api.coverage import covers
from jebbitctl.api.differences import knows
from jebbitctl.diagnose.places import Places
from jebbitctl.errors import (
    CredentialsError,
    ForbiddenError,
    JebbitctlError,
    NotFoundError,
    RejectedError,
    UnavailableError,
    UsageError,
)
from jebbitctl.util import shell
from jebbitctl.util.ids import is_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import date

    from jebbitctl.api.access_token import AccessToken
    from jebbitctl.api.attribute_lookup import KnownAttributes
    from jebbitctl.api.client import Client
    from jebbitctl.api.resources import Resource

T = TypeVar("T")
DAYS = 7
"""Over which visitors are counted, beside today."""
READS = ("/integrations", "/integration_mappings", "/campaigns", "/campaign_stats", "/traits")
"""The collections that a diagnosis reads."""
_SETTINGS = {
    "endpoint",
    "is_active",
    "service_name",
    "additional_options",
    "require_opt_in",
    "include_mapped_attributes",
}
"""The attributes of an integration that lines ask for."""


def plain_command(*words: str) -> str:
    """Return the command line of the words after ``jebbitctl``."""
    return shell.join(["jebbitctl", *words])


class Listed(UserDict[str, "Resource"]):
    """Resources by id, in Jebbit's order.

    Attributes:
        doubt: why there may be more than these; None if nothing speaks for it.
    """

    def __init__(self, found: Iterable[Resource], doubt: str | None = None) -> None:
        super().__init__({str(one.id): one for one in found})
        self.doubt = doubt


class Facts:
    """What Jebbit says about the business of a client; use it from any number of threads.

    Each method raises the same JebbitctlError each time if Jebbit does not say it: a line of which the error
    is not caught cannot be known.

    Args:
        client: of the business; used by one thread at a time.
        today: by default that of UTC. That days of statistics are those of UTC is assumed.
        command: returns the command line, for the same account, of the words after ``jebbitctl``.
    """

    def __init__(
        self, client: Client, *, today: date | None = None, command: Callable[..., str] = plain_command
    ) -> None:
        self.since = (today or datetime.now(UTC).date()) - timedelta(days=DAYS)
        self.business_in_use = client.business
        self.command = command
        self._client = client
        self._lock = RLock()
        self._known: dict[str, object] = {}
        self._stop: JebbitctlError | None = None
        self._links: dict[str, Listed | JebbitctlError] = {}
        self._link_locks: defaultdict[str, Lock] = defaultdict(Lock)

    @property
    def renewal_hint(self) -> str | None:
        """How the user gets a new token, None if commands get one themselves."""
        return self._client.tokens.renewal_hint

    def token(self) -> AccessToken:
        """Return the token in use: a new one if the cached one may be older than what it permits now."""
        return self._once("token", self._token)

    def business(self) -> dict[str, Any]:
        """Return the ``id`` and ``name`` of the business in use."""
        return self._once("business", lambda: get_self(self._client))

    def access_error(self) -> JebbitctlError | None:
        """Return why Jebbit answers nothing at all, None if it answers."""
        try:
            self.token()
        except JebbitctlError as error:
            return error
        try:
            self.business()
        except JebbitctlError as error:
            return error if _concerns_everything(error) else None
        return None

    def is_business_rejected(self) -> bool:
        """Whether Jebbit rejects the token for a business that it lists: the business is gone."""
        error = self.access_error()
        return isinstance(error, UsageError) or (
            _is_rejection(error)
            and self.business_in_use is not None
            and self._knows_token()
            and bool(self.token().businesses)
            and covers(self.token(), self.business_in_use)
        )

    def integrations(self) -> Listed:
        """Return every integration, with the settings that only the webhooks of the dashboard say."""
        return self._once("integrations", self._integrations)

    def integration(self, id_: str) -> Resource | None:
        """Return an integration, None if it surely does not exist: if in doubt, it is asked for by its id.

        Raises:
            JebbitctlError: it cannot be known; if Jebbit answers nothing at all, earlier lines say why.
        """
        if self.access_error():
            line = "business" if self.is_business_rejected() else "token"
            raise JebbitctlError(f"Jebbit was not asked: see {line}")
        listed = self.integrations()
        if id_ in listed or listed.doubt is None:
            return listed.get(id_)
        return self._once(f"integration {id_}", lambda: self._asked(lambda: self._by_id(id_)))

    def places(self) -> Places:
        """Return the integrations by their endpoints."""
        return self._once("places", lambda: Places(self.integrations().values()))

    def dashboard_webhooks(self) -> Listed:
        """Return the webhooks that were made in the dashboard."""
        return self._listed(
            integrations.VIEW, lambda client: resources.list_resources(client, integrations.VIEW)
        )

    def launched_campaigns(self) -> Listed:
        return self._listed(
            campaigns.TYPE,
            lambda client: (
                campaign
                for page in campaigns.list_pages(client, launched=True)
                for campaign in page
                if campaign.attributes.get("launch_date", "not said")
            ),
        )

    def stats(self) -> Listed:
        """Return what visitors of each campaign did since :attr:`since`, by the campaign's id."""
        return self._listed(
            campaign_stats.TYPE,
            lambda client: (
                row for page in campaign_stats.list_pages(client, since=self.since) for row in page
            ),
        )

    def counts(self, what: str) -> dict[str, int]:
        """Return how often visitors did something since :attr:`since`, by the campaign's id.

        Those of which Jebbit does not say it are left out.

        Args:
            what: a plural, such as ``leads``.
        """
        return self._once(f"count of {what}", lambda: self._counts(what))

    def mappings(self) -> Listed:
        """Return the mappings of every integration, newest first."""
        return self._listed(mappings.TYPE, mappings.list_mappings)

    def mappings_by_owner(self) -> dict[object, list[Resource]]:
        """Return the mappings by the id of their integration; None has those without a known one."""
        return self._once("mappings by owner", self._mappings_by_owner)

    def attributes(self) -> KnownAttributes:
        """Return the attributes that mappings name."""
        from jebbitctl.diagnose.mapping_lint import fetch_attributes

        def fetch() -> KnownAttributes:
            self._require_scope("/traits")
            return fetch_attributes(self._client.noting([]), self.mappings().values())

        return self._once("attributes", lambda: self._asked(fetch))

    def linked_campaigns(self, integration: str, client: Client) -> Listed:
        """Return the campaigns that are linked to an integration; one request for each integration.

        Args:
            integration: its id.
            client: of the calling thread.
        """
        with self._lock:
            lock = self._link_locks[integration]
        with lock:
            if integration not in self._links:
                try:
                    self._links[integration] = self._asked(lambda: self._linked(integration, client))
                except JebbitctlError as error:
                    self._links[integration] = error
            return _raise_error(self._links[integration])

    def is_launched(self, campaign: Resource) -> bool:
        """Whether a campaign is launched, which a list of linked ones may not say."""
        if "launch_date" in campaign.attributes:
            return bool(campaign.attributes["launch_date"])
        return str(campaign.id) in self.launched_campaigns()

    def _token(self) -> AccessToken:
        token = self._client.token()
        with suppress(JebbitctlError):
            self.business()
            token = self._client.token()  # another one if Jebbit has rejected the first
        missing = {name for path in READS for name in scopes.missing_scopes("GET", path, token.scopes)}
        if token.scopes and missing:
            with suppress(JebbitctlError):
                return self._client.tokens.refresh(token) or token
        return token

    def _knows_token(self) -> bool:
        with suppress(JebbitctlError):
            return bool(self.token())
        return False

    def _integrations(self) -> Listed:
        listed = self._listed(f"listed {integrations.TYPE}", integrations.list_integrations, "/integrations")
        found = list(listed.values())
        if any(
            integrations.is_webhook(one.attributes) is not False and not knows(one.attributes, _SETTINGS)
            for one in found
        ):
            with suppress(JebbitctlError):
                found = integrations.fill(found, self.dashboard_webhooks(), _SETTINGS)
        return Listed(found, listed.doubt)

    def _counts(self, what: str) -> dict[str, int]:
        found: dict[str, int | None] = {}
        for row in self.stats().values():
            campaign = str(campaign_stats.campaign_of(row))
            count = campaign_stats.count_of(row.attributes, what)
            found[campaign] = None if campaign in found else count  # of several, none may be that of all days
        return {campaign: count for campaign, count in found.items() if count is not None}

    def _mappings_by_owner(self) -> dict[object, list[Resource]]:
        by_owner = defaultdict[object, list["Resource"]](list)
        for one in self.mappings().values():
            owner = one.attributes.get(resources.OWNER)
            known = isinstance(owner, (str, int)) and not isinstance(owner, bool)
            by_owner[str(owner) if known else None].append(one)
        return by_owner

    def _by_id(self, id_: str) -> Resource | None:
        try:
            return integrations.get(self._client, id_)
        except NotFoundError:
            return None

    def _linked(self, integration: str, client: Client) -> Listed:
        if not is_id(integration):
            raise RejectedError(f"Jebbit cannot be asked for {integration!r}, as that is no id")
        path = f"{resources.resource_path(integrations.TYPE, integration)}/{campaigns.TYPE}"
        self._require_scope(path)
        return _list(
            client,
            lambda client: resources.list_linked(client, integrations.TYPE, integration, campaigns.TYPE),
        )

    def _listed(
        self, name: str, fetch: Callable[[Client], Iterable[Resource]], path: str | None = None
    ) -> Listed:
        def read() -> Listed:
            self._require_scope(path or f"/{name}")
            return _list(self._client, fetch)

        return self._once(name, lambda: self._asked(read))

    def _require_scope(self, path: str) -> None:
        """Check that the token permits reading a collection, if it lists its scopes.

        Raises:
            ForbiddenError: it does not.
        """
        token = self.token()
        if token.scopes and (missing := scopes.missing_scopes("GET", path, token.scopes)):
            lacking = " and ".join(missing)
            raise ForbiddenError(
                f"the token lacks {lacking}", hint=scopes.scope_advice(lacking, self.renewal_hint)
            )

    def _asked(self, fetch: Callable[[], T]) -> T:
        """Return what is fetched, unless Jebbit answers nothing at all: then it is not asked again."""
        if error := self.access_error() or self._stop:
            raise error.with_context()
        try:
            return fetch()
        except JebbitctlError as error:
            if _concerns_everything(error):
                self._stop = error
            raise

    def _once(self, name: str, fetch: Callable[[], T]) -> T:
        """Return the result of the first fetch, or raise its error again."""
        with self._lock:
            if name not in self._known:
                try:
                    self._known[name] = fetch()
                except JebbitctlError as error:
                    self._known[name] = error
            return cast("T", _raise_error(self._known[name]))


def _raise_error(known: T | JebbitctlError) -> T:
    if isinstance(known, JebbitctlError):
        raise known.with_context()  # each time another one: an exception keeps its traceback
    return known


def _list(client: Client, fetch: Callable[[Client], Iterable[Resource]]) -> Listed:
    """Return what Jebbit lists, with what is odd about the list as the doubt."""
    notes: list[str] = []
    found = list(fetch(client.noting(notes)))
    return Listed(found, notes[0] if notes else None)


def _is_rejection(error: JebbitctlError | None) -> bool:
    return isinstance(error, CredentialsError) and not isinstance(error, ForbiddenError)


def _concerns_everything(error: JebbitctlError) -> bool:
    """Whether every other request would fail in the same way."""
    if isinstance(error, UnavailableError):
        return error.status is None
    return isinstance(error, UsageError) or _is_rejection(error)
