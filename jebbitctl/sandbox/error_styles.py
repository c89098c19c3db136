"""Error responses, in each format that an API like Jebbit's may use."""

from __future__ import annotations

import json
import time
import uuid
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Response

from jebbitctl.sandbox.responses import empty_response, json_response

if TYPE_CHECKING:
    from collections.abc import Callable

    from jebbitctl.sandbox.behaviour import ErrorStyle
    from jebbitctl.sandbox.responses import ApiError

_VALIDATION_ERROR = "100"
"""The ``code`` of jsonapi-resources for an invalid attribute; for other errors, it is the status."""


def error_response(error: ApiError, style: ErrorStyle = "openapi") -> Response:
    """Return the response for an error."""
    return _STYLES[style](error)


def identify(response: Response, started: float) -> None:
    """Add the headers of Rails that identify a request and tell how long it took.

    Args:
        response: any response.
        started: when the request came, by :func:`time.monotonic`.
    """
    response.headers["X-Request-Id"] = str(uuid.uuid4())
    response.headers["X-Runtime"] = f"{time.monotonic() - started:.6f}"


def _openapi(error: ApiError) -> Response:
    """An integer as status; 404 has no body."""
    if error.status == HTTPStatus.NOT_FOUND:
        return empty_response(404)
    content: dict[str, Any] = {"status": error.status, "title": _title(error)}
    if error.detail:
        content["detail"] = error.detail
    return json_response({"errors": [content]}, error.status)


def _jsonapi(error: ApiError) -> Response:
    """As jsonapi-resources, a library for Rails: a text as status, and one error for each attribute."""
    common = {"status": str(error.status), "title": _title(error)}
    errors: list[dict[str, Any]] = [
        {
            **common,
            "detail": f"{name} {error.reason}",
            "code": _VALIDATION_ERROR,
            "source": {"pointer": f"/data/attributes/{name}"},
        }
        for name in error.attributes
    ]
    return json_response(
        {"errors": errors or [{**common, "detail": _text_of(error), "code": str(error.status)}]}, error.status
    )


def _message(error: ApiError) -> Response:
    return _plain_json({"message": _text_of(error)}, error.status)


def _rails(error: ApiError) -> Response:
    """As the errors of a Rails model: texts by attribute, ``base`` for those of no attribute."""
    names = error.attributes or ("base",)
    reason = error.reason or _title(error)
    return _plain_json({"errors": {name: [reason] for name in names}}, error.status)


def _text(error: ApiError) -> Response:
    return Response(_text_of(error), error.status, content_type="text/plain; charset=utf-8")


_STYLES: dict[ErrorStyle, Callable[[ApiError], Response]] = {
    "openapi": _openapi,
    "jsonapi": _jsonapi,
    "message": _message,
    "rails": _rails,
    "text": _text,
}


def _title(error: ApiError) -> str:
    return {401: "Unauthorized Request"}.get(error.status, HTTPStatus(error.status).phrase)


def _text_of(error: ApiError) -> str:
    return error.detail or _title(error)


def _plain_json(content: dict[str, Any], status: int) -> Response:
    return Response(json.dumps(content), status, content_type="application/json")
