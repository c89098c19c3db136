"""The life of a historic backfill: received, processing, finished."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jebbitctl.sandbox.answers import Problem

if TYPE_CHECKING:
    from jebbitctl.sandbox.state import Business, State, StoredResource

RECEIVED = "received"
PROCESSING = "processing"
FINISHED = "finished"


def require_active(_: State, business: Business, backfill: StoredResource) -> None:
    """Refuse a backfill of an integration that is switched off."""
    integration = business.of("integrations")[backfill.attributes["integration_id"]]
    if not integration.attributes["is_active"]:
        raise Problem(400, "cannot request a backfill for an inactive integration")


def progress(state: State, _: Business, backfill: StoredResource) -> None:
    """Bring the status up to date: one step each :attr:`State.backfill_step` seconds."""
    if not _in_progress(backfill):
        return
    age = state.clock() - backfill.since
    steps = sum(age >= count * state.backfill_step for count in (1, 2))
    backfill.attributes["status"] = (RECEIVED, PROCESSING, FINISHED)[steps]
    backfill.attributes["updated_at"] = state.timestamp(backfill.since + steps * state.backfill_step)


def restart(state: State, business: Business, backfill: StoredResource) -> None:
    """Begin anew, unless it is still going on."""
    progress(state, business, backfill)
    if _in_progress(backfill):
        raise Problem(400, "cannot restart in-progress (processing) job")
    backfill.attributes["status"] = RECEIVED
    backfill.since = state.clock()


def _in_progress(backfill: StoredResource) -> bool:
    return backfill.attributes["status"] in {RECEIVED, PROCESSING}
