"""Historic backfills: past answers, delivered again (``/api/v1/integration_historic_backfills``)."""

from __future__ import annotations

import time
from http import HTTPStatus
from typing import TYPE_CHECKING

from jebbitctl.api import resources
from jebbitctl.errors import RejectedError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jebbitctl.api.client import Client
    from jebbitctl.api.resources import Resource, WriteResult

TYPE = "integration_historic_backfills"

RUNNING = frozenset({"received", "processing", "queued"})
"""Jebbit does not document all statuses; every other one is treated as final."""

_FAILURES = ("fail", "error", "cancel")


def list_backfills(
    client: Client, integration: str | None = None, status: str | None = None
) -> Iterator[Resource]:
    """Yield backfills, newest first, optionally only those of one integration or in one status.

    Raises:
        NotFoundError: the integration does not exist.
    """
    found = resources.list_owned(client, TYPE, integration)
    wanted = None if status is None else status.strip().casefold()
    return (backfill for backfill in found if wanted is None or _status(backfill) == wanted)


def get(client: Client, id_: str) -> Resource:
    """Return one backfill."""
    return resources.get_resource(client, TYPE, id_)


def create(client: Client, integration: str) -> WriteResult:
    """Start a backfill.

    Raises:
        NotFoundError: the integration does not exist.
        RejectedError: the integration is not active.
    """
    try:
        return resources.create_resource(client, TYPE, {resources.OWNER: integration})
    except RejectedError as error:
        if error.status != HTTPStatus.BAD_REQUEST:
            raise
        raise error.with_hint(
            "a backfill needs an active integration; activate it with: "
            f"jebbitctl integrations update {integration} --active"
        ) from error


def restart(client: Client, id_: str) -> Resource:
    """Restart a finished or failed backfill; return it.

    Raises:
        RejectedError: it is still running.
    """
    try:
        restarted = resources.patch_resource(client, TYPE, id_, {})
    except RejectedError as error:
        if error.status != HTTPStatus.BAD_REQUEST:
            raise
        raise error.with_hint(
            "only a finished or failed backfill can be restarted; wait for it with: "
            f"jebbitctl backfills wait {id_}"
        ) from error
    return restarted if "status" in restarted.attributes else get(client, id_)


def is_finished(backfill: Resource) -> bool:
    """Whether a backfill has ended, successfully or not."""
    return _status(backfill) not in RUNNING


def has_failed(backfill: Resource) -> bool:
    """Whether the status of a backfill says that it failed, or is missing."""
    status = _status(backfill)
    return not status or any(word in status for word in _FAILURES)


def poll(
    client: Client, id_: str, *, timeout: float, interval: float, on_error: Callable[[UnavailableError], None]
) -> Iterator[Resource]:
    """Yield a backfill at each poll until it is finished.

    Args:
        client: to poll with.
        id_: the backfill's.
        timeout: seconds after which to give up.
        interval: seconds between two polls.
        on_error: called when a poll fails, except the first one, whose error is raised.

    Raises:
        UnavailableError: the backfill is still running after the timeout, or the first poll failed.
    """
    until = time.monotonic() + timeout
    last = None
    while True:
        try:
            last = get(client, id_)
        except UnavailableError as error:
            if last is None:
                raise
            on_error(error)
        else:
            yield last
            if is_finished(last):
                return
        left = until - time.monotonic()
        if left <= 0:
            status = last.attributes["status"]
            raise UnavailableError(
                f"backfill {id_} is still {status} after {timeout:g} s; it keeps running at Jebbit",
                hint=f"wait longer with: jebbitctl backfills wait {id_}",
            )
        time.sleep(min(interval, left))


def _status(backfill: Resource) -> str:
    """Return the status in lower case, empty if there is none."""
    status = backfill.attributes.get("status")
    return status.strip().casefold() if isinstance(status, str) else ""
