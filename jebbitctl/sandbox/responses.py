"""Responses in the API's format, and parsers for request bodies."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Response

from jebbitctl.util.text import parse_json

if TYPE_CHECKING:
    from werkzeug.wrappers import Request

MEDIA_TYPE = "application/vnd.api+json"


class ApiError(Exception):
    """Makes the API return an error. It is immutable.

    Args:
        status: the HTTP status.
        detail: an explanation, or None.
    """

    def __init__(self, status: int, detail: str | None = None) -> None:
        super().__init__(status, detail)
        self._status = status
        self._detail = detail

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self._status

    @property
    def detail(self) -> str | None:
        """An explanation, or None."""
        return self._detail


def json_response(content: Any, status: int = 200) -> Response:
    """Return a response with ``content`` as JSON."""
    return Response(json.dumps(content), status, content_type=MEDIA_TYPE)


def empty_response(status: int) -> Response:
    """Return a response without a body."""
    response = Response(status=status)
    del response.headers["Content-Type"]
    return response


def error_response(error: ApiError) -> Response:
    """Return the response for an error; 404 has no body."""
    if error.status == HTTPStatus.NOT_FOUND:
        return empty_response(404)
    title = {401: "Unauthorized Request"}.get(error.status, HTTPStatus(error.status).phrase)
    content: dict[str, Any] = {"status": error.status, "title": title}
    if error.detail:
        content["detail"] = error.detail
    return json_response({"errors": [content]}, error.status)


def read_json(request: Request) -> Any:
    """Return a request body's JSON value.

    Raises:
        ApiError: 400 if the body is not JSON or is nested too deeply.
    """
    try:
        return parse_json(request.get_data())
    except ValueError as error:
        raise ApiError(400, f"the body is not valid JSON: {error}") from None


def read_document(request: Request) -> Any:
    """Return the JSON value of a JSON:API request body.

    Raises:
        ApiError: 415 for another media type, 400 for a body that is not JSON.
    """
    if request.mimetype != MEDIA_TYPE:
        raise ApiError(415, f"the Content-Type must be {MEDIA_TYPE}")
    return read_json(request)


def read_attributes(request: Request) -> dict[str, Any]:
    """Return ``data.attributes`` of a JSON:API request body; empty if ``data`` has no attributes.

    Raises:
        ApiError: 415 for another media type, 400 for a body that is not JSON or has no ``data``.
    """
    document = read_document(request)
    data = document.get("data") if isinstance(document, dict) else None
    attributes = data.get("attributes", {}) if isinstance(data, dict) else None
    if not isinstance(attributes, dict):
        raise ApiError(400, "the body has no `data` with `attributes`")
    return attributes
