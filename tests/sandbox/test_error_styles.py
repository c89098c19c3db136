from __future__ import annotations

import re
from typing import Any

import pytest

from tests.sandbox.support import JSON_API, running

REASON = "must be given"
ATTRIBUTES = ("endpoint", "region")
JSON = "application/json"
STYLES: dict[str, tuple[str, Any, Any, Any]] = {
    "openapi": (
        JSON_API,
        {"errors": [{"status": 400, "title": "Bad Request", "detail": f"endpoint, region {REASON}"}]},
        {"errors": [{"status": 401, "title": "Unauthorized Request"}]},
        None,
    ),
    "jsonapi": (
        JSON_API,
        {
            "errors": [
                {
                    "status": "400",
                    "title": "Bad Request",
                    "detail": f"{name} {REASON}",
                    "code": "100",
                    "source": {"pointer": f"/data/attributes/{name}"},
                }
                for name in ATTRIBUTES
            ]
        },
        {
            "errors": [
                {
                    "status": "401",
                    "title": "Unauthorized Request",
                    "detail": "Unauthorized Request",
                    "code": "401",
                }
            ]
        },
        {"errors": [{"status": "404", "title": "Not Found", "detail": "Not Found", "code": "404"}]},
    ),
    "message": (
        JSON,
        {"message": f"endpoint, region {REASON}"},
        {"message": "Unauthorized Request"},
        {"message": "Not Found"},
    ),
    "rails": (
        JSON,
        {"errors": {"endpoint": [REASON], "region": [REASON]}},
        {"errors": {"base": ["Unauthorized Request"]}},
        {"errors": {"base": ["Not Found"]}},
    ),
    "text": ("text/plain; charset=utf-8", f"endpoint, region {REASON}", "Unauthorized Request", "Not Found"),
}
"""For each style, the media type and the bodies of an invalid write, of a 401 and of a 404."""


@pytest.mark.parametrize("style", STYLES)
def test_errors_have_the_format_of_the_style(style: str) -> None:
    media_type, *bodies = STYLES[style]
    with running(error_style=style, dialect="openapi") as client:
        responses = (
            client.write("POST", "integrations", is_active=True),
            client.send("GET", "/api/v1/self"),
            client.get("integrations/abcd1234"),
        )
        assert [response.status_code for response in responses] == [400, 401, 404]
        for response, body in zip(responses, bodies, strict=True):
            if body is None:
                assert response.content == b""
                continue
            assert response.headers["Content-Type"] == media_type
            assert (response.text if style == "text" else response.json()) == body


def test_an_error_that_is_not_about_an_attribute_keeps_its_explanation_in_every_style() -> None:
    with running() as client:
        for style in STYLES:
            client.sandbox.state.behaviour.error_style = style  # type: ignore[assignment]
            assert "unknown parameter: x" in client.get("integrations?x=1").text


def test_injected_failures_have_the_style_too() -> None:
    with running(error_style="message", fail_rate=1) as client:
        assert client.send("GET", "/").json() == {"message": "Service Unavailable"}


def test_the_issuer_always_answers_as_auth0() -> None:
    with running(error_style="rails") as client:
        assert set(client.request_token(client_secret="wrong").json()) == {"error", "error_description"}


@pytest.mark.parametrize("fail_rate", [0, 1])
def test_every_response_has_its_own_request_id_and_its_duration(fail_rate: int) -> None:
    with running(fail_rate=fail_rate) as client:
        responses = [client.send("GET", path) for path in ("/api/v1/self", "/nothing", "/oauth/token")]
    assert len({response.headers["x-request-id"] for response in responses}) == 3
    for response in responses:
        assert re.fullmatch(r"[0-9a-f-]{36}", response.headers["x-request-id"])
        assert float(response.headers["x-runtime"]) < 60
