from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from jebbitctl.errors import UsageError
from jebbitctl.webhooks import verify
from jebbitctl.webhooks.endpoint import RESPONSE_TIMEOUT, EndpointClient
from jebbitctl.webhooks.receiving import forwarding
from jebbitctl.webhooks.receiving.background_server import BackgroundServer
from jebbitctl.webhooks.receiving.forwarding import end_to_end
from jebbitctl.webhooks.receiving.webhook_server import WebhookServer

from .support import SECRET, UNREACHABLE, Endpoint, post

if TYPE_CHECKING:
    from jebbitctl.webhooks.delivery import Delivery
    from jebbitctl.webhooks.endpoint import EndpointResponse

BODY = b'{"a" :\t"\xc3\xa9\xff"}\r\n'


def receive(**headers: str) -> Delivery:
    deliveries: list[Delivery] = []
    with WebhookServer(SECRET, deliveries.append) as receiver:
        post(receiver.url, BODY, headers={name.replace("_", "-"): value for name, value in headers.items()})
    return deliveries[0]


def forward(delivery: Delivery, url: str, *, timeout: float = RESPONSE_TIMEOUT) -> EndpointResponse:
    with EndpointClient(url, timeout) as client:
        return forwarding.forward(client, delivery)


def test_a_forwarded_delivery_is_identical_and_still_verifies() -> None:
    delivery = receive(
        x_jebbit_test="true", content_type="application/json; charset=utf-8", user_agent="Jebbit/1"
    )
    endpoint = Endpoint()
    with BackgroundServer(endpoint) as server:
        assert forward(delivery, server.url + "/hook?a=b").status == 200
    (request,) = endpoint.requests
    assert (request.method, request.path, request.body) == ("POST", "/hook?a=b", BODY)
    assert verify(SECRET, request.body, request.headers["x-jebbit-signature"])
    for name in ("x-jebbit-test", "content-type", "user-agent"):
        assert request.headers[name] == delivery.headers[name]
    assert request.headers["host"] == server.url.removeprefix("http://")


def test_hop_by_hop_headers_are_not_forwarded() -> None:
    delivery = receive(
        connection="keep-alive, X-Private", x_private="1", keep_alive="timeout=5", te="trailers"
    )
    endpoint = Endpoint()
    with BackgroundServer(endpoint) as server:
        forward(delivery, server.url)
    assert not {"x-private", "keep-alive", "te"} & set(endpoint.requests[0].headers)
    assert endpoint.requests[0].headers["connection"] == "close"


def test_hop_by_hop_headers_are_dropped() -> None:
    headers = {
        "connection": "upgrade,x-a ",
        "upgrade": "h2c",
        "x-a": "1",
        "host": "h",
        "content-length": "1",
        "x-b": "2",
    }
    assert end_to_end(headers) == {"x-b": "2"}


def test_a_redirect_is_not_followed() -> None:
    other = Endpoint()
    with BackgroundServer(other) as elsewhere:
        redirecting = Endpoint("308 Permanent Redirect", headers={"Location": elsewhere.url})
        with BackgroundServer(redirecting) as server:
            assert forward(receive(), server.url).status == 308
    assert not other.requests


def test_a_target_that_is_down_or_slow_is_a_result_and_not_an_exception() -> None:
    delivery = receive()
    assert forward(delivery, UNREACHABLE).error == "connection refused"
    with BackgroundServer(Endpoint(delay=0.3)) as server:
        assert forward(delivery, server.url, timeout=0.1).error == "no response within 0.1 s"


def test_an_invalid_url_is_a_usage_error() -> None:
    with pytest.raises(UsageError):
        forward(receive(), "localhost:3000")
