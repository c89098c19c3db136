"""The life of a historic backfill: :attr:`Behaviour.backfill_statuses`, one after the other.

With visits to send, its deliveries decide when it is in which status; with none, the time does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jebbitctl.sandbox import assumptions
from jebbitctl.sandbox.delivery_rules import delivery_of, feeds, kept_back, kept_back_from
from jebbitctl.sandbox.integration_settings import settings_of
from jebbitctl.sandbox.responses import ApiError
from jebbitctl.sandbox.state import BackfillJob

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

    from jebbitctl.sandbox.deliveries import OutgoingDelivery
    from jebbitctl.sandbox.history import Batch
    from jebbitctl.sandbox.state import Business, SandboxState, StoredResource
    from jebbitctl.sandbox.visits import Visit


def start(state: SandboxState, business: Business, backfill: StoredResource) -> None:
    """Give a new backfill its first status, and begin to send what there is to send.

    Raises:
        ApiError: 400 if its integration is inactive.
    """
    if not assumptions.delivers(is_active=_integration(business, backfill).attributes["is_active"]):
        raise ApiError(400, "cannot request a backfill for an inactive integration")
    _begin(state, business, backfill)


def advance(state: SandboxState, _: Business, found: Iterable[StoredResource]) -> None:
    """Update the status of backfills."""
    for backfill in found:
        _advance(state, backfill)


def _advance(state: SandboxState, backfill: StoredResource) -> None:
    """Update a status: to what its deliveries say, or every :attr:`SandboxState.backfill_step` seconds."""
    if not _in_progress(state, backfill):
        return
    statuses = state.behaviour.backfill_statuses
    age = state.clock() - backfill.since
    steps = sum(age >= count * state.backfill_step for count in range(1, len(statuses)))
    if job := backfill.job:
        possible = assumptions.backfill_statuses(statuses, begun=job.begun, ended=job.ended)
        backfill.attributes["status"] = possible[max(0, min(steps - 1, len(possible) - 1))]
        changed_at = job.changed_at
    else:
        backfill.attributes["status"] = statuses[steps]
        changed_at = backfill.since + steps * state.backfill_step
    backfill.attributes["updated_at"] = state.timestamp(changed_at)


def restart(state: SandboxState, business: Business, backfill: StoredResource) -> None:
    """Start a finished or failed backfill again.

    Raises:
        ApiError: 400 if it is still in progress.
    """
    advance(state, business, [backfill])
    if _in_progress(state, backfill):
        raise ApiError(400, "cannot restart in-progress (processing) job")
    backfill.since = state.clock()
    _begin(state, business, backfill)


def _begin(state: SandboxState, business: Business, backfill: StoredResource) -> None:
    backfill.attributes["status"] = state.behaviour.backfill_statuses[0]
    backfill.job = None
    if business.history.count:
        backfill.job = BackfillJob(state.clock())
        batches = business.history.numbered(assumptions.backfilled(business.history.count))
        state.dispatcher.stream(_deliveries(state, business, backfill, backfill.job, batches))


def _deliveries(
    state: SandboxState,
    business: Business,
    backfill: StoredResource,
    job: BackfillJob,
    batches: list[Batch],
) -> Generator[OutgoingDelivery | None, None, None]:
    """Yield the deliveries, each when the one before was sent; None for a visit that is not delivered."""
    try:
        for batch in batches:
            for visit in batch.visits(business.attribute_ids()):
                if kept_back(visit):
                    yield None
                    continue
                with state.lock:
                    if _is_over(business, backfill, job):
                        return
                    delivery = _delivery(business, backfill, visit)
                    if delivery and not job.begun:
                        job.begun, job.changed_at = True, state.clock()
                yield delivery
    finally:
        job.ended, job.changed_at = True, state.clock()


def _delivery(business: Business, backfill: StoredResource, visit: Visit) -> OutgoingDelivery | None:
    (settings,) = settings_of(business, [_integration(business, backfill)])
    title = business.of("campaigns")[visit.campaign].attributes["title"]
    if not feeds(settings, visit.campaign) or kept_back_from(settings, visit, title):
        return None
    return delivery_of("backfill", business, settings, visit)


def _is_over(business: Business, backfill: StoredResource, job: BackfillJob) -> bool:
    """Whether it was deleted with its integration, or begun anew. Hold the lock."""
    stored = business.of("integration_historic_backfills").get(backfill.id)
    return stored is not backfill or backfill.job is not job


def _integration(business: Business, backfill: StoredResource) -> StoredResource:
    return business.of("integrations")[backfill.attributes["integration_id"]]


def _in_progress(state: SandboxState, backfill: StoredResource) -> bool:
    return backfill.attributes["status"] in state.behaviour.backfill_statuses[:-1]
