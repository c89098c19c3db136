from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from jebbitctl.errors import UsageError
from jebbitctl.webhooks import forwarding, verify
from jebbitctl.webhooks.exchange import TIMEOUT, EndpointClient
from jebbitctl.webhooks.forwarding import end_to_end
from jebbitctl.webhooks.receiver import Receiver
from jebbitctl.webhooks.server import BackgroundServer

from .support import NOBODY, SECRET, Endpoint, post

if TYPE_CHECKING:
    from jebbitctl.webhooks.exchange import EndpointResponse
    from jebbitctl.webhooks.receiver import Delivery

BODY = b'{"a" :\t"\xc3\xa9\xff"}\r\n'


def received(**headers: str) -> Delivery:
    deliveries: list[Delivery] = []
    with Receiver(SECRET, deliveries.append) as receiver:
        post(receiver.url, BODY, headers={name.replace("_", "-"): value for name, value in headers.items()})
    return deliveries[0]


def forward(delivery: Delivery, url: str, *, timeout: float = TIMEOUT) -> EndpointResponse:
    with EndpointClient(url, timeout) as client:
        return forwarding.forward(client, delivery)


def test_a_forwarded_delivery_is_the_same_to_the_byte_and_still_verifies() -> None:
    delivery = received(
        x_jebbit_test="true", content_type="application/json; charset=utf-8", user_agent="Jebbit/1"
    )
    endpoint = Endpoint()
    with BackgroundServer(endpoint) as server:
        assert forward(delivery, server.url + "/hook?a=b").status == 200
    (seen,) = endpoint.seen
    assert (seen.method, seen.path, seen.body) == ("POST", "/hook?a=b", BODY)
    assert verify(SECRET, seen.body, seen.headers["x-jebbit-signature"])
    for name in ("x-jebbit-test", "content-type", "user-agent"):
        assert seen.headers[name] == delivery.headers[name]
    assert seen.headers["host"] == server.url.removeprefix("http://")


def test_headers_of_one_connection_stay_behind() -> None:
    delivery = received(
        connection="keep-alive, X-Private", x_private="1", keep_alive="timeout=5", te="trailers"
    )
    endpoint = Endpoint()
    with BackgroundServer(endpoint) as server:
        forward(delivery, server.url)
    assert not {"x-private", "keep-alive", "te"} & set(endpoint.seen[0].headers)
    assert endpoint.seen[0].headers["connection"] == "close"


def test_only_end_to_end_headers_remain() -> None:
    headers = {
        "connection": "upgrade,x-a ",
        "upgrade": "h2c",
        "x-a": "1",
        "host": "h",
        "content-length": "1",
        "x-b": "2",
    }
    assert end_to_end(headers) == {"x-b": "2"}


def test_no_redirect_is_followed() -> None:
    other = Endpoint()
    with BackgroundServer(other) as elsewhere:
        redirecting = Endpoint("308 Permanent Redirect", headers={"Location": elsewhere.url})
        with BackgroundServer(redirecting) as server:
            assert forward(received(), server.url).status == 308
    assert not other.seen


def test_a_target_that_is_down_or_slow_is_a_result_not_an_exception() -> None:
    delivery = received()
    assert forward(delivery, NOBODY).error == "Connection refused"
    with BackgroundServer(Endpoint(delay=0.3)) as server:
        assert forward(delivery, server.url, timeout=0.1).error == "no response within 0.1 s"


def test_what_is_no_url_is_a_usage_error() -> None:
    with pytest.raises(UsageError):
        forward(received(), "localhost:3000")
