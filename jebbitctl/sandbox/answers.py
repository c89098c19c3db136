"""Answers in the API's envelope, and request documents read from it."""

from __future__ import annotations

import json
import math
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Response

if TYPE_CHECKING:
    from collections.abc import Iterable

    from werkzeug.wrappers import Request

MEDIA_TYPE = "application/vnd.api+json"
_NESTING_LIMIT = 100


class Problem(Exception):  # noqa: N818 - JSON:API and HTTP call it that
    """A request is answered with an error.

    Attributes:
        status: the HTTP status.
        detail: what a person should know, or None.
    """

    def __init__(self, status: int, detail: str | None = None) -> None:
        super().__init__(status, detail)
        self.status = status
        self.detail = detail


def answer(content: Any, status: int = 200) -> Response:
    """Return ``content`` as a JSON answer."""
    return Response(json.dumps(content), status, content_type=MEDIA_TYPE)


def empty(status: int) -> Response:
    """Return an answer without a body."""
    response = Response(status=status)
    del response.headers["Content-Type"]
    return response


def refusal(problem: Problem) -> Response:
    """Return ``problem`` as the API answers it; 404 has no body."""
    if problem.status == HTTPStatus.NOT_FOUND:
        return empty(404)
    title = {401: "Unauthorized Request"}.get(problem.status, HTTPStatus(problem.status).phrase)
    error: dict[str, Any] = {"status": problem.status, "title": title}
    if problem.detail:
        error["detail"] = problem.detail
    return answer({"errors": [error]}, problem.status)


def read_json(request: Request) -> Any:
    """Return the JSON value of a body.

    Raises:
        Problem: 400, it is not JSON, or is nested too deeply.
    """
    try:
        value = json.loads(request.get_data(), parse_constant=_finite, parse_float=_finite)
    except (ValueError, RecursionError):
        raise Problem(400, "the body is not JSON") from None
    level = [value]
    for _ in range(_NESTING_LIMIT):
        level = [inner for outer in level for inner in _children(outer)]
        if not level:
            return value
    raise Problem(400, "the body is nested too deeply")


def read_document(request: Request) -> Any:
    """Return the JSON value of a body that comes as JSON:API.

    Raises:
        Problem: 415 for another media type, 400 for a body that is not JSON.
    """
    if request.mimetype != MEDIA_TYPE:
        raise Problem(415, f"the Content-Type must be {MEDIA_TYPE}")
    return read_json(request)


def read_attributes(request: Request) -> dict[str, Any]:
    """Return ``data.attributes`` of a body, empty when there is ``data`` without attributes.

    Raises:
        Problem: 415 for another media type, 400 for a body that is not JSON or holds no ``data``.
    """
    document = read_document(request)
    data = document.get("data") if isinstance(document, dict) else None
    attributes = data.get("attributes", {}) if isinstance(data, dict) else None
    if not isinstance(attributes, dict):
        raise Problem(400, "the body holds no `data` with `attributes`")
    return attributes


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def _children(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()
