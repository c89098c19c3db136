"""``integrations test``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from jebbitctl.webhooks.receiving.webhook_server import WebhookServer
from tests.commands.integrations.support import stored, webhook

if TYPE_CHECKING:
    from collections.abc import Callable

    from jebbitctl.sandbox.server import Sandbox
    from jebbitctl.webhooks.delivery import Delivery
    from tests.support import Result


def test_the_test_command_sends_a_delivery_and_prints_each_decoded_body(
    jebbitctl: Callable[..., Result], sandbox: Sandbox
) -> None:
    id_ = webhook(sandbox)
    attributes = stored(sandbox)[id_]
    deliveries: list[Delivery] = []
    with WebhookServer(str(attributes["shared_secret"]), deliveries.append) as receiver:
        attributes["endpoint"] = receiver.url
        document = jebbitctl("integrations", "test", id_, "--json").json
    assert (document["id"], document["ok"]) == (id_, True)
    assert document["deliveries"][0]["data"]["email"] == "test@example.com"
    (delivery,) = deliveries
    assert delivery.verification.valid
    assert delivery.test


def test_the_test_command_says_that_sent_is_not_arrived(
    jebbitctl: Callable[..., Result], sandbox: Sandbox
) -> None:
    id_ = webhook(sandbox)
    result = jebbitctl("integrations", "test", id_)
    assert result.code == 0
    assert result.err.splitlines() == [
        "Jebbit says it sent 1 test delivery",
        f"To see whether it arrives: jebbitctl webhooks listen --trigger {id_}",
    ]


@pytest.mark.parametrize(
    ("response", "said", "members"),
    [
        (b"", "empty", {"response": None}),
        (b"null", "empty", {"response": None}),
        (b"[]", "an empty list", {}),
        (b'{"sent": false}', '{"sent": false}', {"response": {"sent": False}}),
        (b"Queued", '"Queued"', {"response": "Queued"}),
        (b'["connection refused"]', '["connection refused"]', {"response": ["connection refused"]}),
        (
            b'{"shared_secret": "abc"}',
            '{"shared_secret": "********"}',
            {"response": {"shared_secret": "********"}},
        ),
        (b'"' + b"x" * 5000 + b'"', f'"{"x" * 199}…', {"response": "x" * 5000}),
    ],
    ids=["no-body", "null", "empty-list", "object", "text", "list-of-words", "secret", "long"],
)
def test_a_response_without_a_delivery_is_shown_as_it_is_and_exits_6(
    sandbox: Sandbox, jebbitctl: Callable[..., Result], response: bytes, said: str, members: dict[str, Any]
) -> None:
    sandbox.state.behaviour.test_response = response
    id_ = webhook(sandbox)
    result = jebbitctl("integrations", "test", id_, "--json")
    assert (result.code, result.json) == (6, {"id": id_, "ok": False, "deliveries": [], **members})
    assert result.error["message"] == f"Jebbit did not report a delivery: its response is {said}"
    assert result.error["hint"].endswith(f"jebbitctl webhooks listen --trigger {id_}")
    assert jebbitctl("integrations", "test", id_).out == ""


def test_deliveries_beside_something_else_are_counted_and_the_whole_response_is_shown(
    sandbox: Sandbox, jebbitctl: Callable[..., Result]
) -> None:
    sandbox.state.behaviour.test_response = b'["{\\"data\\": {}}", "timeout"]'
    id_ = webhook(sandbox)
    result = jebbitctl("integrations", "test", id_, "--json")
    response = ['{"data": {}}', "timeout"]
    expected = {"id": id_, "ok": True, "deliveries": [{"data": {}}], "response": response}
    assert (result.code, result.json) == (0, expected)
    shown = jebbitctl("integrations", "test", id_).err
    assert "Jebbit says it sent 1 test delivery; its whole response is [" in shown


@pytest.mark.parametrize(
    "response", [b"<html>Welcome</html>", b'["{', b'{"errors": [{"title": "no"}]}', b"\xff"]
)
def test_an_unreadable_response_is_ambiguous(
    sandbox: Sandbox, jebbitctl: Callable[..., Result], response: bytes
) -> None:
    sandbox.state.behaviour.test_response = response
    result = jebbitctl("integrations", "test", webhook(sandbox), "--json")
    assert (result.code, result.out, result.error["code"]) == (5, "", "ambiguous")
