"""What Jebbit says about a business, each list fetched once, however many integrations are diagnosed."""

from __future__ import annotations

from threading import RLock
from typing import TYPE_CHECKING, Any, TypeVar, cast

from jebbitctl.api import integrations
from jebbitctl.api.businesses import get_self
from jebbitctl.errors import JebbitctlError

if TYPE_CHECKING:
    from collections.abc import Callable

    from jebbitctl.api.access_token import AccessToken
    from jebbitctl.api.client import Client
    from jebbitctl.api.resources import Resource

T = TypeVar("T")


class Facts:
    """What Jebbit says about the business of a client; use it from any number of threads.

    Each method raises the same JebbitctlError each time if Jebbit does not say it: a line of which the error
    is not caught cannot be known.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._lock = RLock()
        self._known: dict[str, object] = {}

    def token(self) -> AccessToken:
        """Return the token in use."""
        return self._once("token", self._client.token)

    def business(self) -> dict[str, Any]:
        """Return the ``id`` and ``name`` of the business in use."""
        return self._once("business", lambda: get_self(self._client))

    def integrations(self) -> dict[str, Resource]:
        """Return every integration by id, as Jebbit lists them."""
        return self._once(
            "integrations",
            lambda: {str(one.id): one for one in integrations.list_integrations(self._client)},
        )

    def _once(self, name: str, fetch: Callable[[], T]) -> T:
        """Return what was fetched, or raise the error that there was instead."""
        with self._lock:
            if name not in self._known:
                try:
                    self._known[name] = fetch()
                except JebbitctlError as error:
                    self._known[name] = error
            known = self._known[name]
        if isinstance(known, JebbitctlError):
            raise known.with_context()
        return cast("T", known)
