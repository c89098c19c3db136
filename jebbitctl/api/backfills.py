"""Historic backfills: deliver past answers again (``/api/v1/integration_historic_backfills``)."""

from __future__ import annotations

import time
from http import HTTPStatus
from typing import TYPE_CHECKING

from jebbitctl.api import resources
from jebbitctl.api.statuses import FAILURES, SUCCESSES, normalised
from jebbitctl.errors import RejectedError, UnavailableError
from jebbitctl.util.text import cell
from jebbitctl.util.timeouts import sleep

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jebbitctl.api.client import Client
    from jebbitctl.api.resources import Resource, WriteResult

TYPE = "integration_historic_backfills"

DOCUMENTED = frozenset({"received", "processing"})
"""The statuses that Jebbit documents. A backfill with one of them has not ended."""


def list_backfills(
    client: Client, integration: str | None = None, status: str | None = None
) -> Iterator[Resource]:
    """Yield backfills, newest first, optionally only those of one integration or in one status.

    Raises:
        NotFoundError: the integration does not exist.
    """
    found = resources.list_owned(client, TYPE, integration)
    if status is None:
        return found
    return (backfill for backfill in found if _status(backfill) == status.strip().casefold())


def get(client: Client, id_: str) -> Resource:
    return resources.get_resource(client, TYPE, id_)


def create(client: Client, integration: str) -> WriteResult:
    """Start a backfill for an integration.

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


def has_documented_status(backfill: Resource) -> bool:
    return _status(backfill) in DOCUMENTED


def has_ended(backfill: Resource) -> bool:
    """Whether a backfill has surely ended, successfully or not, such as ``finished_with_errors``."""
    word, _, _ = normalised(_status(backfill)).partition("_with_")
    return word in SUCCESSES or word in FAILURES


def has_succeeded(backfill: Resource) -> bool:
    """Whether a backfill has surely ended successfully."""
    return _status(backfill) in SUCCESSES


def poll(
    client: Client, id_: str, *, timeout: float, interval: float, on_error: Callable[[UnavailableError], None]
) -> Iterator[Resource]:
    """Yield a backfill at each poll until it has ended.

    Args:
        client: of the business.
        id_: of the backfill.
        timeout: seconds after which to give up.
        interval: seconds between two polls.
        on_error: called when a poll other than the first one fails.

    Raises:
        UnavailableError: the backfill is not known to have ended after the timeout, or the first poll failed.
    """
    deadline = time.monotonic() + timeout
    latest = None
    while True:
        try:
            latest = get(client, id_)
        except UnavailableError as error:
            if latest is None:
                raise
            on_error(error)
        else:
            yield latest
            if has_ended(latest):
                return
        time_left = deadline - time.monotonic()
        if time_left <= 0:
            raise _timeout_error(latest, timeout)
        sleep(min(interval, time_left))


def _timeout_error(backfill: Resource, timeout: float) -> UnavailableError:
    status = cell(backfill.attributes.get("status"))
    if has_documented_status(backfill):
        message = f"is still {status} after {timeout:g} s; it keeps running at Jebbit"
    elif status:
        message = f"has the status '{status}' after {timeout:g} s, which Jebbit does not document"
    else:
        message = f"has no status after {timeout:g} s; Jebbit does not say whether it has ended"
    return UnavailableError(
        f"backfill {backfill.id} {message}",
        hint=f"wait longer with: jebbitctl backfills wait {backfill.id}",
    )


def _status(backfill: Resource) -> str:
    """Return the status in lower case, empty if there is none."""
    status = backfill.attributes.get("status")
    return status.strip().casefold() if isinstance(status, str) else ""
