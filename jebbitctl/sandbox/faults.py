"""Injects faults: slow responses, and the failures of real services."""

from __future__ import annotations

import time
from itertools import cycle
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from werkzeug.wrappers import Response

from jebbitctl.sandbox.control import ROOT as CONTROL_ROOT
from jebbitctl.sandbox.error_styles import error_response, identify
from jebbitctl.sandbox.responses import ApiError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from threading import Event

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from jebbitctl.sandbox.behaviour import Behaviour, ErrorStyle

_PROXY_PAGE = (
    "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>\n"
)


class ApiFaults(NamedTuple):
    """Faults of the API.

    Attributes:
        latency_ms: milliseconds before each response.
        fail_rate: the share of requests that fail, 0 to 1.
        seed: another one lets other requests fail; in each run, those with the same numbers.
    """

    latency_ms: int = 0
    fail_rate: float = 0.0
    seed: int = 0


def inject_faults(
    app: WSGIApplication, faults: ApiFaults, *, behaviour: Behaviour, closing: Event
) -> WSGIApplication:
    """Return ``app`` with delays and failures. A request that fails never reaches ``app``.

    What controls the sandbox itself is spared.

    Args:
        app: the WSGI application.
        faults: how much of them.
        behaviour: tells the format of error responses.
        closing: ends all delays when it is set.
    """
    failures = cycle((_unavailable, _too_many_requests, _bad_gateway))
    random = Random(faults.seed)  # noqa: S311 - the same failures in each run

    def faulty(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"].startswith(f"{CONTROL_ROOT}/"):
            return app(environ, start_response)
        started = time.monotonic()
        closing.wait(faults.latency_ms / 1000)
        if random.random() >= faults.fail_rate:
            return app(environ, start_response)
        response = next(failures)(behaviour.error_style)
        identify(response, started)
        return response(environ, start_response)

    return faulty


def _unavailable(style: ErrorStyle) -> Response:
    return error_response(ApiError(503), style)


def _too_many_requests(style: ErrorStyle) -> Response:
    response = error_response(ApiError(429), style)
    response.headers["Retry-After"] = "1"
    return response


def _bad_gateway(_: ErrorStyle) -> Response:
    return Response(_PROXY_PAGE, 502, content_type="text/html")
