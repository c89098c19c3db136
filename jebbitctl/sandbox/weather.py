"""Bad weather on request: answers that take their time, and the failures that services have."""

from __future__ import annotations

from itertools import cycle
from random import Random
from typing import TYPE_CHECKING

from werkzeug.wrappers import Response

from jebbitctl.sandbox.answers import Problem, refusal

if TYPE_CHECKING:
    from collections.abc import Iterable
    from threading import Event

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_PROXY_PAGE = (
    "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>\n"
)


def weathered(app: WSGIApplication, *, latency_ms: int, fail_rate: float, closing: Event) -> WSGIApplication:
    """Return ``app``, delayed and failing now and then; a request that fails has not been carried out.

    Args:
        app: what to make unreliable.
        latency_ms: milliseconds before each answer.
        fail_rate: the share of requests that fail, 0 to 1; the same ones in each run of the same requests.
        closing: ends the waiting when it is set.
    """
    failures = cycle((_unavailable, _too_many, _bad_gateway))
    dice = Random(0)  # noqa: S311 - failures are to be the same in each run

    def weather(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        closing.wait(latency_ms / 1000)
        fails = dice.random() < fail_rate
        return (next(failures)() if fails else app)(environ, start_response)

    return weather


def _unavailable() -> Response:
    return refusal(Problem(503))


def _too_many() -> Response:
    response = refusal(Problem(429))
    response.headers["Retry-After"] = "1"
    return response


def _bad_gateway() -> Response:
    return Response(_PROXY_PAGE, 502, content_type="text/html")
