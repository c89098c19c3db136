"""Simulates visits: counts what the visitors do, and delivers it to the integrations that it feeds."""

from __future__ import annotations

import itertools
import threading
import time
from typing import TYPE_CHECKING

from jebbitctl.sandbox.activity import Activity
from jebbitctl.sandbox.assumptions import day_of
from jebbitctl.sandbox.delivery_rules import delivery_of, feeds, kept_back, kept_back_from
from jebbitctl.sandbox.dispatcher import CAPACITY
from jebbitctl.sandbox.history import Batch
from jebbitctl.sandbox.integration_settings import settings_of
from jebbitctl.sandbox.visits import DEFAULT_OPTIONS, count
from jebbitctl.util.timeouts import start_thread

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jebbitctl.sandbox.integration_settings import IntegrationSettings
    from jebbitctl.sandbox.state import Business, SandboxState
    from jebbitctl.sandbox.visit_runs import VisitRun
    from jebbitctl.sandbox.visits import Visit, VisitOptions

CHUNK = 50
"""Visits for which the settings are read once, at most."""
_JOIN_TIMEOUT = 1.0
_TICK = 0.05
"""Seconds between groups of visits, if the rate is higher than one in this time."""


class VisitSimulator:
    """Simulates visits to the campaigns of a business.

    Args:
        state: of the sandbox; its lock is taken only for a moment.
        business: whose campaigns are visited.
        run: counts these visits as well; None if nobody asks.
    """

    def __init__(self, state: SandboxState, business: Business, run: VisitRun | None = None) -> None:
        self._state = state
        self._business = business
        self._run = run

    def simulate(
        self, number: int, campaigns: Sequence[str], options: VisitOptions, *, seconds: float
    ) -> int:
        """Simulate visits, one after the other; return how many when the time is up.

        They wait for room in the queue of deliveries; there are none if there is none in time.

        Args:
            number: of the visits.
            campaigns: the ids of the campaigns, which are visited in turn.
            options: what the visitors are asked to do.
            seconds: after which no further visits begin; the first ones do if there is room.

        Raises:
            UsageError: an edit does not fit what a visitor answers. The visits before it are not undone.
        """
        deadline = time.monotonic() + seconds
        done = 0
        while done < number and (done == 0 or time.monotonic() < deadline):
            if not self._state.dispatcher.wait_for_room(deadline - time.monotonic()):
                break
            with self._state.lock:
                size = min(self._chunk(), number - done)
                visits = self._visit(size, campaigns, options)
                settings = settings_of(self._business)
                titles = {id_: self._title(id_) for id_ in campaigns}
            fed = {id_: [one for one in settings if feeds(one, id_)] for id_ in campaigns}
            for visit in visits:
                self._deliver(visit, fed[visit.campaign], titles[visit.campaign])
            done += size
        return done

    def _chunk(self) -> int:
        """Return a number of visits whose deliveries about fit in the queue. Hold the lock."""
        return max(1, min(CHUNK, CAPACITY // max(1, len(self._business.of("integrations")))))

    def _visit(self, size: int, campaigns: Sequence[str], options: VisitOptions) -> list[Visit]:
        """Add visits to the history and to the statistics. Hold the lock."""
        business = self._business
        batch = Batch(business.history.count, size, tuple(campaigns), options)
        visits = list(batch.visits(business.attribute_ids()))
        business.history.add(batch)
        today = day_of(self._state.clock())
        for visit in visits:
            count(business.activity.setdefault(visit.campaign, {}).setdefault(today, Activity()), visit)
        finished = sum(visit.finished for visit in visits)
        self._state.delivery_log.add_visits(business.id, visits=size, finished=finished)
        return visits

    def _deliver(self, visit: Visit, fed: Sequence[IntegrationSettings], title: str) -> None:
        """Submit the deliveries of a visit."""
        run = self._run
        if run:
            run.add_visit(finished=visit.finished)
        if reason := kept_back(visit) or (None if fed else "no_integration"):
            self._keep_back(reason)
            return
        for settings in fed:
            if reason := kept_back_from(settings, visit, title):
                self._keep_back(reason, settings.id)
                continue
            delivery = delivery_of("live", self._business, settings, visit)
            if not run:
                self._state.dispatcher.submit(delivery)
                continue
            run.add_delivery()
            if not self._state.dispatcher.submit(delivery, run.add_result):
                run.add_delivery(-1)

    def _keep_back(self, reason: str, integration: str | None = None) -> None:
        self._state.delivery_log.add_kept_back(self._business.id, reason)
        if self._run:
            self._run.add_kept_back(reason, integration)

    def _title(self, campaign: str) -> str:
        return str(self._business.of("campaigns")[campaign].attributes["title"])


class SteadyVisits:
    """Visits to the campaigns of all businesses in turn, at a steady rate.

    Args:
        state: of the sandbox.
        rate: visits per second; never exceeded to catch up.
    """

    def __init__(self, state: SandboxState, rate: float) -> None:
        self._state = state
        self._rate = rate
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._simulate, name="sandbox-visits", daemon=True)

    def start(self) -> None:
        """Begin.

        Raises:
            JebbitctlError: the system allows no more threads.
        """
        start_thread(self._thread)

    def stop(self) -> None:
        """Begin no further visit; one may still wait for room in the queue."""
        self._ended.set()

    def join(self) -> None:
        """Wait for the end of the last visit, which nothing may keep waiting any more."""
        self._thread.join(_JOIN_TIMEOUT)

    def _simulate(self) -> None:
        number, due = max(1, round(self._rate * _TICK)), time.monotonic()
        for turn in itertools.count():
            if self._ended.wait(max(due - time.monotonic(), 0)):
                return
            due = max(due, time.monotonic() - _TICK) + number / self._rate
            with self._state.lock:
                businesses = list(self._state.businesses.values())
                business = businesses[turn % len(businesses)] if businesses else None
                campaigns = business.launched_campaigns() if business else []
            if business and campaigns:
                VisitSimulator(self._state, business).simulate(
                    number, campaigns, DEFAULT_OPTIONS, seconds=_TICK
                )
