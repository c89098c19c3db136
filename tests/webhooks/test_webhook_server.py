from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
import requests

from jebbitctl.errors import UsageError
from jebbitctl.webhooks import Reason, sign
from jebbitctl.webhooks.receiving.webhook_server import WebhookServer

from .support import SECRET, post

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jebbitctl.webhooks.delivery import Delivery


@contextmanager
def receiving(
    secret: str | None = SECRET, *, tolerance: int = 300
) -> Iterator[tuple[WebhookServer, list[Delivery]]]:
    deliveries: list[Delivery] = []
    with WebhookServer(secret, deliveries.append, tolerance=tolerance) as receiver:
        yield receiver, deliveries


def test_a_valid_delivery_gets_200_and_is_passed_on_unchanged() -> None:
    body = b'{"caf\xc3\xa9" :\t[1 , "\\u00e9"]}\xff\r\n'
    with receiving() as (receiver, deliveries):
        before = time.time()
        response = post(
            receiver.url, body, headers={"X-Forwarded-For": "203.0.113.9", "Content-Type": "application/json"}
        )
    assert response.status_code == 200
    (delivery,) = deliveries
    assert delivery.body == body
    assert delivery.verification.reason is Reason.OK
    assert before <= delivery.time <= time.time()
    assert (delivery.status, delivery.test, delivery.repeat) == (200, False, False)
    assert delivery.headers["x-forwarded-for"] == "203.0.113.9"
    assert delivery.headers["content-type"] == "application/json"
    assert delivery.headers["content-length"] == str(len(body))


@pytest.mark.parametrize("path", ["", "/", "/any/path?with=query", "/%1b%5b31m", "//"])
def test_deliveries_are_accepted_on_any_path(path: str) -> None:
    with receiving() as (receiver, deliveries):
        assert post(receiver.url + path, b"{}").status_code == 200
    assert len(deliveries) == 1


def test_method_path_and_query_are_kept_as_they_were_sent() -> None:
    with receiving() as (receiver, deliveries):
        for target in ("/a%20b?c=%2F&d", "/"):
            post(receiver.url + target, b"{}")
    first, second = deliveries
    assert (first.method, first.path, first.query) == ("POST", "/a%20b", "c=%2F&d")
    assert (second.path, second.query) == ("/", "")
    assert len({first.id, second.id}) == 2


def stamped(seconds_from_now: int) -> str:
    return sign(SECRET, b"{}", timestamp=int(time.time()) + seconds_from_now)


@pytest.mark.parametrize(
    ("signature", "status", "reason"),
    [
        (sign("another secret", b"{}"), 403, Reason.MISMATCH),
        (sign(SECRET, b"{} "), 403, Reason.MISMATCH),
        ("", 400, Reason.MALFORMED_HEADER),
        ("t=1,v1", 400, Reason.MALFORMED_HEADER),
        ("t=\u00e9,v1=x", 400, Reason.MALFORMED_HEADER),
        (stamped(-40_000), 400, Reason.STALE),
        (stamped(+40_000), 400, Reason.FUTURE),
    ],
    ids=["wrong secret", "changed body", "empty", "no value", "not ascii", "old", "ahead"],
)
def test_an_invalid_delivery_is_rejected_and_passed_on_with_the_reason(
    signature: str, status: int, reason: Reason
) -> None:
    with receiving() as (receiver, deliveries):
        response = post(receiver.url, b"{}", signature)
    assert (response.status_code, response.text) == (status, f"{reason}\n")
    assert [(d.status, d.verification.reason, d.repeat) for d in deliveries] == [(status, reason, False)]


def test_a_delivery_without_a_signature_is_malformed() -> None:
    with receiving() as (receiver, deliveries):
        assert requests.post(receiver.url, data=b"{}", timeout=5).status_code == 400
    assert deliveries[0].verification.reason is Reason.MALFORMED_HEADER


def test_the_tolerance_can_be_set() -> None:
    with receiving(tolerance=1000) as (receiver, _):
        assert post(receiver.url, b"{}", stamped(-400)).status_code == 200


@pytest.mark.parametrize("value", ["true", "1", ""])
def test_a_test_delivery_is_marked(value: str) -> None:
    with receiving() as (receiver, deliveries):
        post(receiver.url, b"{}", headers={"X-Jebbit-Test": value})
    assert deliveries[0].test


def test_a_repeated_signature_is_marked_and_gets_200() -> None:
    signature = sign(SECRET, b"{}")
    with receiving() as (receiver, deliveries):
        statuses = [post(receiver.url, b"{}", signature).status_code for _ in range(3)]
        post(receiver.url, b"[]")
    assert statuses == [200, 200, 200]
    assert [d.repeat for d in deliveries] == [False, True, True, False]


@pytest.mark.parametrize(
    "form", ["{0},v1=other", "v1=other,{0}", "{1},{2}", "{0},v0=x", "{2},{1}", "{2},{2},{1}"]
)
def test_a_repeated_signature_is_marked_in_whatever_form_of_the_header(form: str) -> None:
    signature = sign(SECRET, b"{}")
    timestamp, _, value = signature.partition(",")
    with receiving() as (receiver, deliveries):
        post(receiver.url, b"{}", signature)
        post(receiver.url, b"{}", form.format(signature, timestamp, value))
    assert [(d.status, d.repeat) for d in deliveries] == [(200, False), (200, True)]


def test_the_same_body_with_another_timestamp_is_not_a_repeat() -> None:
    with receiving() as (receiver, deliveries):
        post(receiver.url, b"{}", stamped(0))
        post(receiver.url, b"{}", stamped(-1))
    assert [d.repeat for d in deliveries] == [False, False]


def test_only_the_beginning_of_a_refused_body_is_kept() -> None:
    with receiving() as (receiver, deliveries):
        assert post(receiver.url, b"x" * 70_000, sign("another", b"x")).status_code == 403
        assert post(receiver.url, b"x" * 70_000).status_code == 200
    assert [(len(d.body), d.omitted_bytes) for d in deliveries] == [(65_536, 4464), (70_000, 0)]


def test_forged_signatures_are_not_remembered() -> None:
    with receiving() as (receiver, deliveries):
        post(receiver.url, b"forged", sign(SECRET, b"{}", timestamp=int(time.time())))
        post(receiver.url, b"forged", sign(SECRET, b"{}", timestamp=int(time.time())))
    assert [d.repeat for d in deliveries] == [False, False]


def test_only_the_latest_signatures_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jebbitctl.webhooks.receiving.webhook_server.MAX_REMEMBERED_SIGNATURES", 2)
    now = int(time.time())
    with receiving() as (receiver, deliveries):
        for body in (b"a", b"b", b"c", b"c", b"a"):
            post(receiver.url, body, sign(SECRET, body, timestamp=now))
    assert [d.repeat for d in deliveries] == [False, False, False, True, False]


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])
def test_other_methods_get_405_and_are_not_deliveries(method: str) -> None:
    with receiving() as (receiver, deliveries):
        response = requests.request(
            method, receiver.url, headers={"x-jebbit-signature": sign(SECRET, b"")}, timeout=5
        )
    assert (response.status_code, response.headers["Allow"]) == (405, "POST")
    assert not deliveries


def test_deliveries_get_503_until_the_secret_is_set() -> None:
    with receiving(None) as (receiver, deliveries):
        assert post(receiver.url, b"{}").status_code == 503
        assert not deliveries
        receiver.secret = SECRET
        assert post(receiver.url, b"{}").status_code == 200
    assert len(deliveries) == 1


def test_an_empty_secret_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="secret is empty"):
        WebhookServer("", print)


def test_on_delivery_is_called_before_the_response_is_sent() -> None:
    responded = threading.Event()
    order: list[bool] = []

    def on_delivery(_: Delivery) -> None:
        order.append(responded.wait(0.2))

    with WebhookServer(SECRET, on_delivery) as receiver:
        post(receiver.url, b"{}")
        responded.set()
    assert order == [False]


def test_on_delivery_is_called_one_at_a_time() -> None:
    inside = 0
    most = 0

    def on_delivery(_: Delivery) -> None:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        time.sleep(0.02)
        inside -= 1

    with WebhookServer(SECRET, on_delivery) as receiver:
        clients = [threading.Thread(target=post, args=(receiver.url, b"{}")) for _ in range(6)]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
    assert most == 1


def test_a_delivery_gets_500_when_on_delivery_raises(capfd: pytest.CaptureFixture[str]) -> None:
    def full(_: Delivery) -> None:
        raise OSError(28, "No space left on device")

    with WebhookServer(SECRET, full) as receiver:
        assert post(receiver.url, b"{}").status_code == 500
        assert post(receiver.url, b"{}").status_code == 500
        assert isinstance(receiver.failure, OSError)
    assert capfd.readouterr() == ("", "")


def test_repr_does_not_contain_the_secret() -> None:
    assert SECRET not in repr(WebhookServer(SECRET, print))
