from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.commands.webhooks.support import AT, VECTOR

if TYPE_CHECKING:
    from tests.support import Cli


def test_a_valid_signature_is_accepted(signer: Cli) -> None:
    result = signer.run("webhooks", "verify", "--signature", VECTOR, *AT, "--json", stdin="{}")
    assert result.code == 0
    assert result.json == {"ok": True, "reason": "ok", "timestamp": 1700000000, "age_seconds": 0}


@pytest.mark.parametrize(
    ("signature", "at", "reason"),
    [
        (VECTOR, "1700000301", "stale"),
        (VECTOR, "1699999699", "future"),
        ("t=1700000000,v1=AAAA", "1700000000", "mismatch"),
        ("nonsense", "1700000000", "malformed_header"),
        ("", "1700000000", "malformed_header"),
    ],
)
def test_an_invalid_signature_is_exit_6_with_the_reason(
    signer: Cli, signature: str, at: str, reason: str
) -> None:
    result = signer.run("webhooks", "verify", "--signature", signature, "--at", at, "--json", stdin="{}")
    assert result.code == 6
    assert result.json["reason"] == reason
    assert result.error["code"] == "check_failed"


def test_tolerance_accepts_older_timestamps(signer: Cli) -> None:
    old = ("webhooks", "verify", "--signature", VECTOR, "--at", "1700000400")
    assert signer.run(*old, stdin="{}").code == 6
    assert signer.run(*old, "--tolerance", "400", stdin="{}").code == 0


def test_explain_names_the_cause_and_the_fix(signer: Cli) -> None:
    arguments = ("webhooks", "verify", "--signature", VECTOR, *AT, "--explain")
    result = signer.run(*arguments, "--json", stdin="{}\n")
    assert result.code == 6
    assert result.json["cause"] == "newline_added"
    out = signer.run(*arguments, stdin="{}\n").out
    assert "ends with a newline" in out
    assert "printf" in out


def test_explain_of_a_valid_signature_says_what_to_check_at_the_endpoint(signer: Cli) -> None:
    arguments = ("webhooks", "verify", "--signature", VECTOR, *AT, "--explain")
    assert "request.body.read" in signer.run(*arguments, stdin="{}").out


def test_explain_of_an_old_delivery_blames_the_age(signer: Cli) -> None:
    arguments = ("webhooks", "verify", "--signature", VECTOR, "--at", "1700000400", "--explain")
    result = signer.run(*arguments, "--json", stdin="{}")
    assert (result.code, result.json["cause"]) == (6, "stale")
    assert "--at" in result.error["hint"]
