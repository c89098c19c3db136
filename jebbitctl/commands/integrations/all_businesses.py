"""``--all-businesses``: list resources of every business that the credentials cover."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jebbitctl.errors import JebbitctlError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jebbitctl.api.client import Client
    from jebbitctl.api.resources import Resource
    from jebbitctl.context import Context


def require_no_business(context: Context) -> None:
    """Check that ``--business`` is not given as well.

    Raises:
        UsageError: it is.
    """
    if context.options.business is not None:
        raise UsageError("--all-businesses and --business are mutually exclusive")


def covered_businesses(context: Context) -> list[str]:
    """Return the ids of the businesses that the credentials cover."""
    from jebbitctl.api.businesses import get_self

    return context.tokens.get().businesses or [str(get_self(context.client)["id"])]


@dataclass(frozen=True, slots=True)
class BusinessResource:
    """A resource and the business that it belongs to."""

    business: str
    resource: Resource

    def to_dict(self) -> dict[str, Any]:
        """Return the resource as JSON, with its ``business``."""
        own = {"business": self.business}
        return own | self.resource.to_dict() | own


class BusinessLister:
    """Lists the resources of every business, several at a time. If one fails, the others are still listed.

    Args:
        context: of the command.
        list_resources: returns the resources of the client's business.

    Raises:
        UsageError: ``--business`` is given as well.
    """

    def __init__(self, context: Context, list_resources: Callable[[Client], list[Resource]]) -> None:
        require_no_business(context)
        self._context = context
        self._list_resources = list_resources
        self._failures: list[tuple[str, JebbitctlError]] = []

    def rows(self) -> Iterator[BusinessResource]:
        """Yield each resource with its ``business``, in the token's order of businesses."""
        from jebbitctl.api.concurrency import ConcurrentCalls

        def list_business(client: Client, business: str) -> list[Resource]:
            return self._list_resources(client.for_business(business))

        businesses = covered_businesses(self._context)
        with ConcurrentCalls(businesses, self._context.clients(), list_business) as calls:
            for business, future in calls:
                try:
                    resources = future.result()
                except JebbitctlError as error:
                    self._failures.append((business, error))
                else:
                    yield from (BusinessResource(business, resource) for resource in resources)

    def require_all(self) -> None:
        """Check that every business could be listed.

        Raises:
            JebbitctlError: the first error; its message includes every failed business.
        """
        if self._failures:
            (first, error), *others = self._failures
            rest = "".join(f"; business {business}: {other.message}" for business, other in others)
            raise error.with_context(f"business {first}: ", rest)
