from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from jebbitctl.webhooks.receiver import Delivery
    from tests.support import Cli


def test_a_signed_test_delivery_is_sent(signer: Cli, endpoint: str, deliveries: list[Delivery]) -> None:
    document = signer.run("webhooks", "send", endpoint, "--json").json
    assert (document["status"], document["ok"], document["error"]) == (200, True, None)
    (delivery,) = deliveries
    assert delivery.verification.valid
    assert delivery.test
    assert json.loads(delivery.body)["data"]["email"] == "test@example.com"


def test_a_live_delivery_has_no_test_header_and_exactly_the_given_bytes(
    signer: Cli, endpoint: str, deliveries: list[Delivery]
) -> None:
    assert signer.run("webhooks", "send", endpoint, "--live", "--data", "-", stdin=b"\xff\n").code == 0
    (delivery,) = deliveries
    assert not delivery.test
    assert delivery.body == b"\xff\n"


def test_a_series_is_summarized(signer: Cli, endpoint: str, deliveries: list[Delivery]) -> None:
    arguments = ("webhooks", "send", endpoint, "--count", "5", "--rate", "50", "--json")
    document = signer.run(*arguments).json
    assert len(deliveries) == document["count"] == document["accepted"] == 5
    assert document["statuses"] == {"200": 5}
    assert document["min_milliseconds"] <= document["median_milliseconds"] <= document["p99_milliseconds"]


@pytest.mark.parametrize("count", ["1", "2"])
@pytest.mark.parametrize("rate", ["0", "nan"])
def test_an_invalid_rate_is_rejected_for_any_count(
    signer: Cli, endpoint: str, deliveries: list[Delivery], count: str, rate: str
) -> None:
    assert signer.run("webhooks", "send", endpoint, "--count", count, "--rate", rate).code == 2
    assert not deliveries


@pytest.mark.parametrize(
    ("count", "message"),
    [
        ("1", "delivery not accepted: returned 403"),
        ("2", "2 of 2 deliveries not accepted: returned 403 (2x)"),
    ],
)
def test_a_response_other_than_2xx_is_exit_6(bare: Cli, endpoint: str, count: str, message: str) -> None:
    environment = {"JEBBIT_WEBHOOK_SECRET": "another"}
    result = bare.run("webhooks", "send", endpoint, "--count", count, env=environment)
    assert result.code == 6
    assert "403" in result.out
    assert f"error: {message}\n" in result.err


def test_a_failed_connection_is_exit_6_with_the_reason(signer: Cli) -> None:
    result = signer.run("webhooks", "send", "http://127.0.0.1:9/")
    assert result.code == 6
    assert "refused" in result.out.lower()
