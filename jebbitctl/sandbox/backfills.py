"""The life of a historic backfill: :attr:`Behaviour.backfill_statuses`, one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jebbitctl.sandbox.responses import ApiError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jebbitctl.sandbox.state import Business, SandboxState, StoredResource


def start(state: SandboxState, business: Business, backfill: StoredResource) -> None:
    """Give a new backfill its first status.

    Raises:
        ApiError: 400 if its integration is inactive.
    """
    _require_active(business, backfill)
    backfill.attributes["status"] = state.behaviour.backfill_statuses[0]


def advance(state: SandboxState, _: Business, found: Iterable[StoredResource]) -> None:
    """Update the status of backfills: it advances every :attr:`SandboxState.backfill_step` seconds."""
    for backfill in found:
        _advance(state, backfill)


def _advance(state: SandboxState, backfill: StoredResource) -> None:
    if not _in_progress(state, backfill):
        return
    statuses = state.behaviour.backfill_statuses
    age = state.clock() - backfill.since
    steps = sum(age >= count * state.backfill_step for count in range(1, len(statuses)))
    backfill.attributes["status"] = statuses[steps]
    backfill.attributes["updated_at"] = state.timestamp(backfill.since + steps * state.backfill_step)


def restart(state: SandboxState, business: Business, backfill: StoredResource) -> None:
    """Start a finished or failed backfill again.

    Raises:
        ApiError: 400 if it is still in progress.
    """
    advance(state, business, [backfill])
    if _in_progress(state, backfill):
        raise ApiError(400, "cannot restart in-progress (processing) job")
    backfill.attributes["status"] = state.behaviour.backfill_statuses[0]
    backfill.since = state.clock()


def _require_active(business: Business, backfill: StoredResource) -> None:
    integration = business.of("integrations")[backfill.attributes["integration_id"]]
    if not integration.attributes["is_active"]:
        raise ApiError(400, "cannot request a backfill for an inactive integration")


def _in_progress(state: SandboxState, backfill: StoredResource) -> bool:
    return backfill.attributes["status"] in state.behaviour.backfill_statuses[:-1]
