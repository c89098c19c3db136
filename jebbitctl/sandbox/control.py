"""The sandbox's own routes, below ``/sandbox``, which are no part of Jebbit's API.

They need a token, whatever its scopes, and a JSON content type, so that no web page can send what they take.
"""

from __future__ import annotations

import itertools
from http.client import responses
from typing import TYPE_CHECKING, Any

from jebbitctl.errors import JebbitctlError, UsageError
from jebbitctl.sandbox.delivery_log import describe
from jebbitctl.sandbox.responses import MEDIA_TYPE, ApiError, json_response, read_json
from jebbitctl.sandbox.visit_simulator import VisitSimulator
from jebbitctl.sandbox.visits import VisitOptions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from werkzeug.wrappers import Request, Response

    from jebbitctl.sandbox.state import Business, SandboxState
    from jebbitctl.sandbox.visit_runs import VisitRun

ROOT = "/sandbox"
MAX_VISITS = 10_000
"""Visits that one request may ask for."""
TIME_BUDGET = 1.0
"""Seconds after which a request for visits returns, although some are missing."""
MAX_WAIT = 5.0
"""Seconds that a request waits for results of deliveries."""
_MEMBERS: dict[str, tuple[type, ...]] = {
    "campaign": (str, type(None)),
    "count": (int,),
    "set": (list,),
    "finish": (bool,),
    "run": (str, type(None)),
}


def visit(state: SandboxState, business: Business, request: Request) -> Response:
    """Simulate visits: ``POST /sandbox/visits``.

    The body may have ``campaign`` (an id; by default, the launched ones in turn), ``count``, ``set`` (a list
    of ``data.NAME=VALUE``), ``finish``, and ``run`` (an id from an earlier response, to count on). The
    response is the run, and in ``simulated`` the number of these visits: less than ``count`` if the time was
    up.

    Raises:
        ApiError: 400, 404 or 415.
    """
    wanted = _read(request)
    number = wanted.get("count", 1)
    if not 1 <= number <= MAX_VISITS:
        raise ApiError(400, f"must be from 1 to {MAX_VISITS}", attributes=("count",))
    try:
        options = VisitOptions.parse(wanted.get("set", ()), finish=wanted.get("finish", False))
        with state.lock:
            campaigns = campaigns_to_visit(business, wanted.get("campaign"))
            run = _run(state, business, wanted.get("run"))
        simulated = VisitSimulator(state, business, run).simulate(
            number, campaigns, options, seconds=TIME_BUDGET
        )
    except UsageError as error:
        raise ApiError(400, error.message) from None
    except JebbitctlError as error:
        raise ApiError(503, error.message) from None
    return json_response({"simulated": simulated, **run.to_dict()}, 201)


def show_run(state: SandboxState, business: Business, request: Request, id_: str) -> Response:
    """Show what came of visits: ``GET /sandbox/visits/ID``; ``wait=SECONDS`` waits for their deliveries.

    Raises:
        ApiError: 400 or 404.
    """
    with state.lock:
        run = _run(state, business, id_)
    run.wait(min(_number(request.args, "wait", 0), MAX_WAIT))
    return json_response(run.to_dict())


def deliveries(state: SandboxState, business: Business, request: Request) -> Response:
    """List the latest deliveries, newest first, and count all: ``GET /sandbox/deliveries``.

    Filters are ``integration``, ``campaign``, ``kind``, ``outcome`` and ``failed=true``; ``limit`` bounds the
    list.

    Raises:
        ApiError: 400.
    """
    query = request.args
    limit = int(_number(query, "limit", 10_000))
    found = (
        result
        for result in state.delivery_log.results(business.id)
        if query.get("integration", result.integration) == result.integration
        and query.get("campaign", result.campaign) == result.campaign
        and query.get("kind", result.kind) == result.kind
        and query.get("outcome", result.outcome) == result.outcome
        and not (query.get("failed") == "true" and result.outcome == "delivered")
    )
    listed = [describe(result) for result in itertools.islice(found, limit)]
    return json_response({"data": listed, "counts": state.delivery_log.counts(business.id)})


def error_response(error: ApiError) -> Response:
    """Return the response to a request that failed; its format does not depend on Jebbit's."""
    return json_response({"error": error.detail or responses[error.status]}, error.status)


def _read(request: Request) -> dict[str, Any]:
    """Return the members of a request's body.

    Raises:
        ApiError: 415 for another content type, 400 for a member that is unknown or of another type.
    """
    if request.mimetype not in {"application/json", MEDIA_TYPE}:
        raise ApiError(415, "the Content-Type must be application/json")
    document = read_json(request)
    if not isinstance(document, dict):
        raise ApiError(400, "the body must be a JSON object")
    for name, value in document.items():
        types = _MEMBERS.get(name)
        if types is None:
            raise ApiError(400, f"unknown member: {name}")
        if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
            raise ApiError(400, "has another type than expected", attributes=(name,))
    if not all(isinstance(text, str) for text in document.get("set", ())):
        raise ApiError(400, "must be a list of texts", attributes=("set",))
    return document


def campaigns_to_visit(business: Business, id_: str | None) -> list[str]:
    """Return the campaigns to visit. Hold the lock.

    Raises:
        ApiError: 404 for an unknown one, 400 for one that cannot be visited, or if there is none.
    """
    launched = business.launched_campaigns()
    if id_ is None:
        if not launched:
            raise ApiError(400, "no campaign was ever launched")
        return launched
    if id_ not in business.of("campaigns"):
        raise ApiError(404, f"campaign {id_} not found")
    if id_ not in launched:
        raise ApiError(400, f"campaign {id_} was never launched, so nobody can visit it")
    return [id_]


def _run(state: SandboxState, business: Business, id_: str | None) -> VisitRun:
    """Return a run, a new one if none is named. Hold the lock.

    Raises:
        ApiError: 404 if it is unknown.
    """
    run = state.visit_runs.start(business.id) if id_ is None else state.visit_runs.find(id_, business.id)
    if run is None:
        raise ApiError(404, f"run {id_} not found")
    return run


def _number(query: Mapping[str, str], name: str, default: float) -> float:
    """Return a number of the query that is not negative.

    Raises:
        ApiError: 400 if it is something else.
    """
    try:
        number = float(query.get(name, default))
    except ValueError:
        number = -1
    if not 0 <= number < 10**9:
        raise ApiError(400, f"{name} must be a number, at least 0")
    return number
