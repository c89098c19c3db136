"""Historic backfills: answers of the past, delivered again (``/api/v1/integration_historic_backfills``)."""

from __future__ import annotations

import time
from http import HTTPStatus
from typing import TYPE_CHECKING

from jebbitctl.api import dependents
from jebbitctl.errors import RefusedError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jebbitctl.api.client import Client
    from jebbitctl.api.documents import Resource
    from jebbitctl.api.integrations import Difference

TYPE = "integration_historic_backfills"

GOING_ON = frozenset({"received", "processing", "queued"})
"""The other statuses are not all documented: every one of them is an end."""

_BAD = ("fail", "error", "cancel")


def listed(client: Client, integration: str | None = None, status: str | None = None) -> Iterator[Resource]:
    """Yield backfills, newest first: those of an integration, those in a status, or all."""
    found = dependents.inventory_of(client, TYPE, integration)
    return (
        backfill for backfill in found if status is None or _folded(backfill) == status.strip().casefold()
    )


def get(client: Client, id_: str) -> Resource:
    """Return one backfill."""
    return dependents.get(client, TYPE, id_)


def create(client: Client, integration: str) -> tuple[Resource, list[Difference]]:
    """Request a backfill; return it, and what Jebbit did not take.

    Raises:
        RefusedError: the integration is not active.
    """
    asked = {dependents.OWNER: integration}
    try:
        created = dependents.create(client, TYPE, asked)
    except RefusedError as error:
        if error.status == HTTPStatus.BAD_REQUEST:
            error.hint = (
                f"an inactive integration takes none; jebbitctl integrations update {integration} --active "
                "activates it"
            )
        raise
    return created, dependents.refusals(created, asked)


def restart(client: Client, id_: str) -> Resource:
    """Begin a backfill anew that is over; return it.

    Raises:
        RefusedError: it is still going on.
    """
    try:
        restarted = dependents.update(client, TYPE, id_, {})
    except RefusedError as error:
        if error.status == HTTPStatus.BAD_REQUEST:
            error.hint = f"only one that is over can be restarted: jebbitctl backfills wait {id_}"
        raise
    return restarted if "status" in restarted else get(client, id_)


def is_over(backfill: Resource) -> bool:
    """Whether a backfill is at its end."""
    return _folded(backfill) not in GOING_ON


def is_bad(backfill: Resource) -> bool:
    """Whether the status of a backfill says that it did not work, or there is none."""
    status = _folded(backfill)
    return not status or any(word in status for word in _BAD)


def looks(
    client: Client, id_: str, *, timeout: float, interval: float, missed: Callable[[UnavailableError], None]
) -> Iterator[Resource]:
    """Yield a backfill as it is at each look, until it is over.

    Args:
        client: to ask.
        id_: the backfill's.
        timeout: seconds after which to give up.
        interval: seconds between two looks.
        missed: told of a look that got no answer; only the first one must.

    Raises:
        UnavailableError: it is not over in time, or the service cannot be reached.
    """
    until = time.monotonic() + timeout
    last = None
    while True:
        try:
            last = get(client, id_)
        except UnavailableError as error:
            if last is None:
                raise
            missed(error)
        else:
            yield last
            if is_over(last):
                return
        left = until - time.monotonic()
        if left <= 0:
            raise UnavailableError(
                f"backfill {id_} is still {last['status']} after {timeout:g} s; it goes on at Jebbit's",
                hint=f"jebbitctl backfills wait {id_} goes on waiting",
            )
        time.sleep(min(interval, left))


def _folded(backfill: Resource) -> str:
    status = backfill.get("status")
    return status.strip().casefold() if isinstance(status, str) else ""
