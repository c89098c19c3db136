"""``--all-businesses``: one list for every business that a credential covers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jebbitctl.errors import JebbitctlError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jebbitctl.api.client import Client
    from jebbitctl.api.documents import Resource
    from jebbitctl.context import Context


def covered_by(context: Context) -> list[str]:
    """Return the ids of the businesses that the credential covers."""
    from jebbitctl.api.businesses import myself

    return context.tokens.current().businesses or [str(myself(context.client)["id"])]


class AllBusinesses:
    """Asks each business, side by side; one that fails does not hide the others.

    Args:
        context: where to talk to, and as whom.
        ask: returns what one business has.

    Raises:
        UsageError: one business is named as well.
    """

    def __init__(self, context: Context, ask: Callable[[Client], list[Resource]]) -> None:
        if context.options.business is not None:
            raise UsageError("--all-businesses and --business do not go together")
        self._context = context
        self._ask = ask
        self._failures: list[tuple[str, JebbitctlError]] = []

    def rows(self) -> Iterator[dict[str, Any]]:
        """Yield each resource with its ``business``, in the token's order, then in the service's."""
        from jebbitctl.api.side_by_side import awaited, side_by_side

        context = self._context
        businesses = covered_by(context)

        def ask(client: Client, business: str) -> list[Resource]:
            return self._ask(client.for_business(business))

        answers = side_by_side(businesses, context.clients(), ask)
        for business, answer in zip(businesses, answers, strict=True):
            try:
                found = awaited(answer)
            except JebbitctlError as error:
                self._failures.append((business, error))
            else:
                own = {"business": business}
                yield from (own | resource | own for resource in found)

    def require_all(self) -> None:
        """Return when every business answered.

        Raises:
            JebbitctlError: of the first failure's kind; its message names every business that failed.
        """
        if self._failures:
            _, first = self._failures[0]
            told = "; ".join(f"business {business}: {error.message}" for business, error in self._failures)
            raise type(first)(told, hint=first.hint, status=first.status)
