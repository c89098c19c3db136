"""The life of a historic backfill: received, processing, finished."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jebbitctl.sandbox.responses import ApiError

if TYPE_CHECKING:
    from jebbitctl.sandbox.state import Business, SandboxState, StoredResource

RECEIVED = "received"
PROCESSING = "processing"
FINISHED = "finished"


def require_active(_: SandboxState, business: Business, backfill: StoredResource) -> None:
    """Reject a backfill of an inactive integration.

    Raises:
        ApiError: 400.
    """
    integration = business.of("integrations")[backfill.attributes["integration_id"]]
    if not integration.attributes["is_active"]:
        raise ApiError(400, "cannot request a backfill for an inactive integration")


def advance(state: SandboxState, _: Business, backfill: StoredResource) -> None:
    """Update the status: it advances every :attr:`SandboxState.backfill_step` seconds."""
    if not _in_progress(backfill):
        return
    age = state.clock() - backfill.since
    steps = sum(age >= count * state.backfill_step for count in (1, 2))
    backfill.attributes["status"] = (RECEIVED, PROCESSING, FINISHED)[steps]
    backfill.attributes["updated_at"] = state.timestamp(backfill.since + steps * state.backfill_step)


def restart(state: SandboxState, business: Business, backfill: StoredResource) -> None:
    """Start a finished or failed backfill again.

    Raises:
        ApiError: 400 if it is still in progress.
    """
    advance(state, business, backfill)
    if _in_progress(backfill):
        raise ApiError(400, "cannot restart in-progress (processing) job")
    backfill.attributes["status"] = RECEIVED
    backfill.since = state.clock()


def _in_progress(backfill: StoredResource) -> bool:
    return backfill.attributes["status"] in {RECEIVED, PROCESSING}
