"""``--all-businesses``: list resources across every business that the credentials cover."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jebbitctl.errors import JebbitctlError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jebbitctl.api.client import Client
    from jebbitctl.api.resources import Resource
    from jebbitctl.context import Context


def covered_by(context: Context) -> list[str]:
    """Return the ids of the businesses that the credentials cover."""
    from jebbitctl.api.businesses import get_self

    return context.tokens.current().businesses or [str(get_self(context.client)["id"])]


class AllBusinesses:
    """List the resources of every business, several businesses at a time; a failure does not hide the others.

    Args:
        context: the current invocation's API client and credentials.
        list_resources: returns the resources of the client's business.

    Raises:
        UsageError: ``--business`` is given, too.
    """

    def __init__(self, context: Context, list_resources: Callable[[Client], list[Resource]]) -> None:
        if context.options.business is not None:
            raise UsageError("--all-businesses and --business cannot be used together")
        self._context = context
        self._list_resources = list_resources
        self._failures: list[tuple[str, JebbitctlError]] = []

    def rows(self) -> Iterator[dict[str, Any]]:
        """Yield each resource with its ``business``, in the order of the token's businesses."""
        from jebbitctl.api.concurrency import ConcurrentCalls

        def list_business(client: Client, business: str) -> list[Resource]:
            return self._list_resources(client.for_business(business))

        businesses = covered_by(self._context)
        with ConcurrentCalls(businesses, self._context.clients(), list_business) as calls:
            for business, future in calls:
                try:
                    resources = future.result()
                except JebbitctlError as error:
                    self._failures.append((business, error))
                else:
                    own = {"business": business}
                    yield from (own | resource.to_dict() | own for resource in resources)

    def require_all(self) -> None:
        """Return if every business could be listed.

        Raises:
            JebbitctlError: of the first failure's type, with a message that names every failed business.
        """
        if self._failures:
            _, first = self._failures[0]
            message = "; ".join(f"business {business}: {error.message}" for business, error in self._failures)
            raise type(first)(message, hint=first.hint, status=first.status)
