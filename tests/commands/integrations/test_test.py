"""``integrations test``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jebbitctl.webhooks.receiver import Receiver
from tests.commands.integrations.support import stored, webhook

if TYPE_CHECKING:
    from collections.abc import Callable

    from jebbitctl.sandbox.server import Sandbox
    from jebbitctl.webhooks.receiver import Delivery
    from tests.support import Result


def test_test_makes_jebbit_deliver_and_prints_each_decoded_body(
    jebbitctl: Callable[..., Result], sandbox: Sandbox
) -> None:
    id_ = webhook(sandbox)
    attributes = stored(sandbox)[id_]
    deliveries: list[Delivery] = []
    with Receiver(str(attributes["shared_secret"]), deliveries.append) as receiver:
        attributes["endpoint"] = receiver.url
        document = jebbitctl("integrations", "test", id_, "--json").json
    assert document["id"] == id_
    assert document["deliveries"][0]["data"]["email"] == "test@example.com"
    (delivery,) = deliveries
    assert delivery.verification.valid
    assert delivery.test
