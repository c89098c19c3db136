"""What a test does with a sandbox in its own process, without HTTP."""

from __future__ import annotations

import json
import math
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jebbitctl.errors import UsageError
from jebbitctl.sandbox.collection import Collection
from jebbitctl.sandbox.control import campaigns_to_visit
from jebbitctl.sandbox.resource_types import RESOURCE_TYPES
from jebbitctl.sandbox.responses import ApiError
from jebbitctl.sandbox.visit_simulator import VisitSimulator
from jebbitctl.sandbox.visits import VisitOptions
from jebbitctl.util.timeouts import POLL_INTERVAL

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jebbitctl.sandbox.deliveries import DeliveryResult
    from jebbitctl.sandbox.state import Business, SandboxState
    from jebbitctl.sandbox.visit_runs import VisitRun

OPTIONS = (
    "hash_pii",
    "campaign_name_filter",
    "include_url_params",
    "include_sub_channel",
    "include_outcome_names",
    "require_outcomes",
)
"""What deliveries depend on in ``additional_options``."""


@dataclass(frozen=True, slots=True)
class VisitResult:
    """What came of visits.

    Attributes:
        visits: the number of visitors.
        finished: how many of them reached the end.
        deliveries: how many deliveries they caused: a visit may feed several integrations, or none.
        outcomes: how many deliveries were ``delivered`` (2xx), ``refused`` (another status), ``unanswered``
            ``not_sent`` or ``lost``; others are missing.
        kept_back: why there was no delivery, or none to an integration, and how often, such as
            ``{"not_opted_in": 1}``.
    """

    visits: int
    finished: int
    deliveries: int
    outcomes: Mapping[str, int]
    kept_back: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class CreatedIntegration:
    """A new integration.

    Attributes:
        id: in the API.
        secret: the shared secret that its deliveries are signed with.
    """

    id: str
    secret: str = field(repr=False)


def visit(
    state: SandboxState, campaign: str | None, count: int, answers: Mapping[str, Any], *, finish: bool
) -> VisitResult:
    """Simulate visits, and wait until each delivery has a result; see :meth:`Sandbox.visit`."""
    if count < 1:
        raise UsageError(f"count: {count} is not at least 1")
    texts = [
        f"data[{json.dumps(name)}]={json.dumps(value, allow_nan=False)}" for name, value in answers.items()
    ]
    with _api_errors_as_usage_errors():
        options = VisitOptions.parse(texts, finish=finish)
        with state.lock:
            business = _business_with(state, campaign)
            campaigns = campaigns_to_visit(business, campaign)
            run = state.visit_runs.start(business.id)
        VisitSimulator(state, business, run).simulate(count, campaigns, options, seconds=math.inf)
    _wait_for_results(run)
    found = run.to_dict()
    kept_back = {one["reason"]: one["count"] for one in found["kept_back"]}
    return VisitResult(found["visits"], found["finished"], found["deliveries"], found["outcomes"], kept_back)


def create_integration(
    state: SandboxState, endpoint: str, mappings: Mapping[str, str], attributes: Mapping[str, Any]
) -> CreatedIntegration:
    """Create an integration of the first business; see :meth:`Sandbox.create_integration`."""
    integrations, mapped = RESOURCE_TYPES["integrations"], RESOURCE_TYPES["integration_mappings"]
    for name, value in attributes.items():  # the API ignores silently what it cannot use
        if name not in integrations.writable:
            raise UsageError(
                f"{name} is not an attribute to set: {', '.join(integrations.writable)}, a dict with "
                f"{', '.join(OPTIONS)}"
            )
        if not isinstance(value, integrations.writable[name]):
            raise UsageError(f"{name}: {type(value).__name__} is not its type")
    with _api_errors_as_usage_errors(), state.lock:
        business = _business_with(state, None)
        created = Collection(state, business, integrations).create({"endpoint": endpoint, **attributes})
        for attribute, name in mappings.items():
            mapping = {"integration_id": created.id, "jebbit_var": attribute, "client_var": name}
            Collection(state, business, mapped).create(mapping)
        return CreatedIntegration(created.id, str(created.attributes["shared_secret"]))


def shared_secrets(state: SandboxState) -> dict[str, str]:
    """Return the shared secrets of all integrations; see :meth:`Sandbox.shared_secrets`."""
    with state.lock:
        return {
            f"integration {one.id}": str(one.attributes["shared_secret"])
            for business in state.businesses.values()
            for one in business.of("integrations").values()
        }


def deliveries(state: SandboxState) -> list[DeliveryResult]:
    """Return the latest deliveries of all businesses, oldest first; see :attr:`Sandbox.deliveries`."""
    with state.lock:
        businesses = list(state.businesses)
    found = [result for business in businesses for result in state.delivery_log.results(business)]
    found.reverse()  # newest last; the order of those at one time is kept
    return sorted(found, key=lambda result: result.time)


def _business_with(state: SandboxState, campaign: str | None) -> Business:
    """Return the business that a campaign belongs to, else the first. Hold the lock.

    Raises:
        UsageError: there is no business.
    """
    businesses = list(state.businesses.values())
    if not businesses:
        raise UsageError("the sandbox has no business")
    return next((one for one in businesses if campaign in one.of("campaigns")), businesses[0])


def _wait_for_results(run: VisitRun) -> None:
    """Wait until each delivery has a result; an endpoint has a few seconds for one."""
    while run.to_dict()["pending"]:
        run.wait(POLL_INTERVAL)


@contextmanager
def _api_errors_as_usage_errors() -> Iterator[None]:
    """Raise UsageError with what the API would say."""
    try:
        yield
    except ApiError as error:
        raise UsageError(error.detail or f"the API would answer {error.status}") from None
    except UsageError as error:
        raise UsageError(error.message.removeprefix("--set ")) from None
