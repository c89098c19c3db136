from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from jebbitctl.commands import demo
from jebbitctl.webhooks.receiving.webhook_server import WebhookServer
from jebbitctl.webhooks.signature import Reason, verify
from tests.shell import shell

if TYPE_CHECKING:
    from tests.support import Cli


def test_every_step_succeeds_without_credentials_and_leaves_no_files(bare: Cli) -> None:
    result = bare.run("demo")
    assert result.code == 0
    for command in ("token", "whoami", "integrations create", "integrations test"):
        assert f"$ jebbitctl {command}" in result.out
    assert "shared_secret\t" in result.out
    assert result.out.splitlines()[-1].startswith("✓")
    assert not bare.config.exists()


def test_a_file_with_both_streams_has_the_steps_in_their_order(bare: Cli) -> None:
    shown = shell(bare, "jebbitctl demo 2>&1").stdout
    sent, verify_step = shown.index("Jebbit says it sent"), shown.index("5. Verify")
    assert shown.index("$ jebbitctl integrations test") < sent < verify_step


def test_json_has_the_steps_and_the_verified_delivery(bare: Cli) -> None:
    document = bare.run("demo", "--json").json
    commands = [step["command"].split()[1:3] for step in document["steps"]]
    assert commands == [["token"], ["whoami"], ["integrations", "create"], ["integrations", "test"]]
    assert document["ok"] is True
    (delivery,) = document["deliveries"]
    assert delivery["reason"] == "ok"
    assert delivery["test"] is True
    secret = document["steps"][2]["result"]["shared_secret"]
    header = delivery["x-jebbit-signature"]
    assert verify(secret, b"another body", header).reason is Reason.MISMATCH


def test_the_account_in_the_environment_is_not_used(bare: Cli) -> None:
    result = bare.run("demo", env={"JEBBIT_CLIENT_ID": "mine", "JEBBIT_PROFILE": "mine"})
    assert result.code == 0
    assert "mine" not in result.out


@pytest.mark.parametrize(
    ("fault", "message"),
    [("lost", "no delivery arrived"), ("forged", "its signature is not valid")],
)
def test_a_lost_or_forged_delivery_is_exit_6(
    fault: str, message: str, bare: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    class BrokenReceiver(WebhookServer):
        def __setattr__(self, name: str, value: object) -> None:
            if name == "secret" and value is not None:
                value = None if fault == "lost" else "not the secret"
            super().__setattr__(name, value)

    monkeypatch.setattr("jebbitctl.webhooks.receiving.webhook_server.WebhookServer", BrokenReceiver)
    monkeypatch.setattr(demo, "ARRIVAL_TIMEOUT", 0.2)
    result = bare.run("demo")
    assert result.code == 6
    assert message in result.err
