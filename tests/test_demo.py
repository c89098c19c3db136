"""``demo``: the story, told by the code of the real commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from jebbitctl.commands import demo
from jebbitctl.webhooks.signature import Reason, verify

if TYPE_CHECKING:
    from tests.support import Cli


def test_it_tells_the_story_without_credentials_and_leaves_nothing(bare: Cli) -> None:
    result = bare.run("demo")
    assert result.code == 0
    for typed in ("token", "whoami", "integrations create", "integrations test"):
        assert f"$ jebbitctl {typed}" in result.out
    assert "shared_secret\t" in result.out
    assert result.out.splitlines()[-1].startswith("✓")
    assert not bare.config.exists()


def test_its_json_holds_what_proves_the_signature(bare: Cli) -> None:
    document = bare.run("demo", "--json").json
    commands = [step["command"].split()[1:3] for step in document["steps"]]
    assert commands == [["token"], ["whoami"], ["integrations", "create"], ["integrations", "test"]]
    assert document["ok"] is True
    (delivery,) = document["deliveries"]
    assert delivery["verification"] == "ok"
    assert delivery["test"] is True
    secret = document["steps"][2]["result"]["shared_secret"]
    header = delivery["x-jebbit-signature"]
    assert verify(secret, b"another body", header).reason is Reason.MISMATCH


def test_it_ignores_the_account_that_is_in_the_environment(bare: Cli) -> None:
    result = bare.run("demo", env={"JEBBIT_CLIENT_ID": "mine", "JEBBIT_PROFILE": "mine"})
    assert result.code == 0
    assert "mine" not in result.out


@pytest.mark.parametrize(
    ("how", "said"),
    [("lost", "no delivery arrived"), ("forged", "its signature does not verify")],
)
def test_without_a_verified_delivery_it_fails(
    how: str, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import os
    import signal

    from jebbitctl import cli
    from jebbitctl.webhooks.receiver import Receiver

    class Broken(Receiver):
        def __setattr__(self, name: str, value: object) -> None:
            if name == "secret" and value is not None:
                value = None if how == "lost" else "not the secret"
            super().__setattr__(name, value)

    monkeypatch.setattr("jebbitctl.webhooks.receiver.Receiver", Broken)
    monkeypatch.setattr(demo, "PATIENCE", 0.2)
    before, handler = dict(os.environ), signal.getsignal(signal.SIGTERM)
    try:
        assert cli.run(["demo"]) == 6
    finally:
        os.environ.clear()
        os.environ.update(before)
        signal.signal(signal.SIGTERM, handler)
    assert said in capsys.readouterr().err
