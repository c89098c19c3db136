"""What a sandbox offers beside Jebbit's API, below ``/sandbox``: simulated visits, a log of deliveries."""

from __future__ import annotations

import json
import time
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode

from jebbitctl.errors import NotFoundError, UsageError
from jebbitctl.util.timeouts import sleep
from jebbitctl.util.urls import is_loopback, shown_url, url_host

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jebbitctl.api.client import Client

MAX_VISITS = 10_000
"""Visits to ask for in one request."""
WAIT = 2
"""Seconds that a request waits for results of deliveries."""
_HEALTH_TIMEOUT = 2.0
"""Seconds for a sandbox of this machine to say that it serves."""
_MAX_HEALTH_BYTES = 1024
_GROUPS_PER_SECOND = 10
_HINT = 'start one in another terminal: jebbitctl sandbox serve; then: eval "$(jebbitctl sandbox env)"'


class Visits(NamedTuple):
    """Visits to ask for.

    Attributes:
        number: of the visits.
        rate: visits per second at most; None for no limit.
        campaign: the id of the campaign; None for all launched ones in turn.
        set_: what the visitors answer, each ``data.NAME=VALUE``.
        finish: each visitor reaches the end.
    """

    number: int = 1
    rate: float | None = None
    campaign: str | None = None
    set_: tuple[str, ...] = ()
    finish: bool = False


def require_sandbox_url(url: str) -> None:
    """Check that a sandbox can be at a URL.

    Raises:
        UsageError: it is not on this machine.
    """
    if not is_loopback(url_host(url)):
        raise UsageError(f"{shown_url(url)} is not a sandbox: it is not on this machine", hint=_HINT)


def is_serving(url: str, run: str) -> bool:
    """Whether a sandbox of this machine serves, and no other one or anything else at its URL.

    Args:
        url: its base URL.
        run: the id that it shows.
    """
    from requests import RequestException
    from urllib3.exceptions import HTTPError

    from jebbitctl.util.certificates import SYSTEM_CERTIFICATES
    from jebbitctl.util.http_session import PlainSession

    try:
        with (
            PlainSession(SYSTEM_CERTIFICATES) as session,
            session.get(f"{url}/healthz", timeout=_HEALTH_TIMEOUT, stream=True) as response,
        ):
            return response.ok and json.loads(response.raw.read(_MAX_HEALTH_BYTES)).get("run") == run
    except (RequestException, HTTPError, OSError, ValueError, AttributeError):
        return False


def visit(client: Client, visits: Visits) -> Iterator[dict[str, Any]]:
    """Simulate visits; yield after each group what came of all so far. See :func:`_call` for errors.

    Raises:
        UsageError: the rate is not positive.
    """
    rate = visits.rate
    if rate is not None and not rate > 0:  # also rejects nan
        raise UsageError("the rate must be more than 0 per second")
    group = MAX_VISITS if rate is None else max(1, round(min(MAX_VISITS, rate / _GROUPS_PER_SECOND)))
    wanted = {"campaign": visits.campaign, "set": list(visits.set_), "finish": visits.finish}
    done, run, due = 0, None, time.monotonic()
    while done < visits.number:
        sleep(due - time.monotonic())
        size = min(group, visits.number - done)
        document = _call(client, "POST", "/sandbox/visits", {**wanted, "count": size, "run": run})
        if rate is not None:
            due = max(due, time.monotonic() - 1 / rate) + document["simulated"] / rate
        done, run = done + document.pop("simulated"), document["id"]
        yield document


def wait_for_deliveries(client: Client, run: str) -> Iterator[dict[str, Any]]:
    """Yield what came of visits, again and again, until each delivery has a result."""
    while True:
        document = _call(client, "GET", f"/sandbox/visits/{run}?wait={WAIT}")
        yield document
        if not document["pending"]:
            return


def list_deliveries(client: Client, filters: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the latest deliveries of a sandbox, newest first. See :func:`_call` for errors."""
    document = _call(client, "GET", f"/sandbox/deliveries?{urlencode(filters)}")
    found: list[dict[str, Any]] = document["data"]
    return found


def _call(client: Client, method: str, path: str, document: Any = None) -> dict[str, Any]:
    """Send a request to the sandbox and return the JSON object in its response.

    Raises:
        UsageError: the API in use is no sandbox, or the sandbox refuses the request.
        NotFoundError: the sandbox does not have what the request names.
        CredentialsError, UnavailableError: as for any request.
    """
    require_sandbox_url(client.base_url)
    response = client.send_to_server(method, path, document)
    try:
        answer = response.json()
    except ValueError:
        answer = None
    said = answer.get("error") if isinstance(answer, dict) else None
    if isinstance(said, str) and response.status in {HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND}:
        raise (NotFoundError if response.status == HTTPStatus.NOT_FOUND else UsageError)(said)
    if response.status in {HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED}:
        raise _no_sandbox(client)
    client.require_success(response, method, path)
    if not isinstance(answer, dict) or not {"id", "data"} & answer.keys():
        raise _no_sandbox(client)
    return answer


def _no_sandbox(client: Client) -> UsageError:
    return UsageError(f"{client.base_url} is not a sandbox, or one of another version", hint=_HINT)
