"""``integrations test``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from werkzeug.wrappers import Response

from jebbitctl.sandbox.server import Sandbox, SandboxOptions
from jebbitctl.webhooks.receiver import Receiver
from tests.commands.integrations.support import stored, webhook
from tests.interruptions import Stage
from tests.support import cli_for

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from jebbitctl.webhooks.receiver import Delivery
    from tests.support import Result


def test_the_test_command_sends_a_delivery_and_prints_each_decoded_body(
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


@pytest.mark.parametrize("response", ["[]", '{"sent": false}'])
def test_test_exits_6_when_jebbit_reports_no_delivery(tmp_path: Path, response: str) -> None:
    with Sandbox(SandboxOptions(integrations=1)) as sandbox:
        id_ = webhook(sandbox)
    stage = Stage(
        f"POST /api/v1/integrations/{id_}/test", Response(response, content_type="application/json")
    )
    with Sandbox(SandboxOptions(integrations=1), wrap=stage.wrap) as sandbox:
        result = cli_for(tmp_path, sandbox).run("integrations", "test", id_, "--json")
    assert (result.code, result.error["message"]) == (6, "Jebbit did not report a delivery")
