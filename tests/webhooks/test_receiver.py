"""The public Receiver for tests."""

from __future__ import annotations

import inspect
import threading
import time
from typing import TYPE_CHECKING

import pytest

from jebbitctl.errors import UsageError
from jebbitctl.webhooks import Reason, Receiver, sign
from tests.webhooks.support import SECRET, post

if TYPE_CHECKING:
    from collections.abc import Callable

    from jebbitctl.webhooks import Delivery


def test_its_public_names_and_their_parameters_stay() -> None:
    public = {name: value for name, value in vars(Receiver).items() if not name.startswith("_")}
    assert set(public) == {"url", "deliveries", "verdicts", "wait_for"}
    assert {"secret", "answer"} < set(vars(Receiver()))
    assert list(inspect.signature(Receiver).parameters) == ["secret", "secrets", "port"]
    assert list(inspect.signature(Receiver.wait_for).parameters) == ["self", "number", "timeout"]


def test_a_delivery_that_is_signed_with_its_secret_is_valid() -> None:
    with Receiver(SECRET) as receiver:
        assert post(f"{receiver.url}/any/path", b'{"data": {"a": 1}}').status_code == 200
        (delivery,) = receiver.wait_for(1)
    assert delivery.verification
    assert (delivery.path, delivery.secret, delivery.status) == ("/any/path", "receiver", 200)
    assert delivery.json == {"data": {"a": 1}}


def test_each_receiver_has_a_new_secret_by_default() -> None:
    first, second = Receiver(), Receiver()
    assert first.secret != second.secret
    assert first.secret not in repr(first)
    with first:
        assert post(first.url, b"{}", sign(first.secret, b"{}")).status_code == 200
        assert post(first.url, b"{}", sign(second.secret, b"{}")).status_code == 403


def test_an_empty_secret_is_refused() -> None:
    with pytest.raises(UsageError, match="empty"):
        Receiver("")


def test_deliveries_that_are_not_valid_are_kept_with_the_reason() -> None:
    with Receiver(SECRET) as receiver:
        post(receiver.url, b"{}")
        post(receiver.url, b"not JSON", "t=1,v1=x")
        post(receiver.url, b"", "none")
        assert receiver.verdicts == [Reason.OK, Reason.MISMATCH, Reason.MALFORMED_HEADER]
        assert [delivery.status for delivery in receiver.deliveries] == [200, 403, 400]
        with pytest.raises(ValueError, match="Expecting value"):
            _ = receiver.deliveries[1].json


def test_further_secrets_are_asked_for_at_each_delivery() -> None:
    known: dict[str, str] = {}
    with Receiver(secrets=lambda: known) as receiver:
        assert post(receiver.url, b"{}").status_code == 403
        known["integration L5m24mjs"] = SECRET
        assert post(receiver.url, b"{}").status_code == 200
        assert post(receiver.url, b"{}", sign(receiver.secret, b"{}")).status_code == 200
        assert [one.secret for one in receiver.deliveries] == [None, "integration L5m24mjs", "receiver"]


def test_it_answers_with_the_status_that_is_set() -> None:
    with Receiver(SECRET) as receiver:
        receiver.answer = 503
        assert post(receiver.url, b"1").status_code == 503
        receiver.answer = lambda delivery: 202 if delivery.body == b"2" else None
        assert post(receiver.url, b"2").status_code == 202
        assert post(receiver.url, b"3").status_code == 200
        receiver.answer = None
        assert post(receiver.url, b"4", "none").status_code == 400
        assert [one.status for one in receiver.deliveries] == [503, 202, 200, 400]


def receive_one(answer: Callable[[Delivery], int], error: Exception | None = None) -> None:
    """Receive a delivery that gets the answer of a function, then raise an error."""
    with Receiver(SECRET) as receiver:
        receiver.answer = answer
        assert post(receiver.url, b"{}").status_code == 500
        assert [one.status for one in receiver.wait_for(1)] == [500]
        if error:
            raise error


def fail(_: Delivery) -> int:
    raise ZeroDivisionError


def test_an_error_of_answer_is_raised_at_the_end() -> None:
    with pytest.raises(ZeroDivisionError):
        receive_one(fail)


def test_an_error_of_answer_does_not_hide_the_error_of_the_test() -> None:
    with pytest.raises(KeyError):
        receive_one(fail, KeyError("the test's"))


def test_waiting_ends_with_the_delivery_that_was_missing() -> None:
    with Receiver(SECRET) as receiver:
        post(receiver.url, b"1")
        sender = threading.Thread(target=post, args=(receiver.url, b"2"))
        started = time.monotonic()
        sender.start()
        assert [one.body for one in receiver.wait_for(2, timeout=30)] == [b"1", b"2"]
        assert time.monotonic() - started < 25
        sender.join()
        assert len(receiver.wait_for(1)) == 2


def test_waiting_in_vain_says_how_many_arrived() -> None:
    with Receiver(SECRET) as receiver:
        post(receiver.url, b"1")
        expected = f"1 of 2 deliveries arrived at {receiver.url} within 0.01 s"
        with pytest.raises(TimeoutError, match=expected):
            receiver.wait_for(2, timeout=0.01)


def test_the_list_of_deliveries_is_a_copy() -> None:
    with Receiver(SECRET) as receiver:
        post(receiver.url, b"1")
        receiver.deliveries.clear()
        assert len(receiver.deliveries) == 1


def test_the_port_can_be_chosen() -> None:
    with Receiver() as first:
        port = int(first.url.rpartition(":")[2])
    with Receiver(port=port) as second:
        assert second.url == first.url
