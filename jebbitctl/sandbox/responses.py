"""Successful responses and errors of the API, and parsers for request bodies."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Response

from jebbitctl.util.text import parse_json

if TYPE_CHECKING:
    from collections.abc import Iterable

    from werkzeug.wrappers import Request

MEDIA_TYPE = "application/vnd.api+json"


class ApiError(Exception):
    """Makes the API return an error. It is immutable.

    Args:
        status: the HTTP status.
        reason: an explanation, or None. It follows the name of the attribute, if there is one.
        attributes: the attributes that it is about, such as ``("region",)``.
    """

    def __init__(self, status: int, reason: str | None = None, *, attributes: Iterable[str] = ()) -> None:
        super().__init__(status, reason)
        self._status = status
        self._reason = reason
        self._attributes = tuple(attributes)

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self._status

    @property
    def reason(self) -> str | None:
        """An explanation, or None."""
        return self._reason

    @property
    def attributes(self) -> tuple[str, ...]:
        """The attributes that it is about; empty if it is about the whole request."""
        return self._attributes

    @property
    def detail(self) -> str | None:
        """The attributes and the explanation as one text, or None."""
        if not self._attributes:
            return self._reason
        return f"{', '.join(self._attributes)} {self._reason}"


def json_response(content: Any, status: int = 200) -> Response:
    """Return a response with ``content`` as JSON."""
    return Response(json.dumps(content), status, content_type=MEDIA_TYPE)


def empty_response(status: int) -> Response:
    """Return a response without a body."""
    response = Response(status=status)
    del response.headers["Content-Type"]
    return response


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
