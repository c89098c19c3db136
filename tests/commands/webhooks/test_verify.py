from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.commands.webhooks.support import AT, VECTOR
from tests.webhooks.captures import BODY, CAPTURES, EVENT_V2, RAW, har, har_entry, har_request, recorded

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

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


def test_explain_names_the_age_beside_another_cause(signer: Cli) -> None:
    arguments = ("webhooks", "verify", "--signature", VECTOR, "--at", "1700000400", "--explain", "--json")
    assert signer.run(*arguments, stdin="{}\n").json["causes"] == ["newline_added", "stale"]
    tolerant = signer.run(*arguments, "--tolerance", "400", stdin="{}\n").json
    assert (tolerant["causes"], tolerant["proven"]) == (["newline_added"], True)


VERIFY = ("webhooks", "verify", "--request")
CAPTURED_AT = "2023-11-14T22:13:21Z"


@pytest.fixture
def capture(tmp_path: Path) -> Callable[[bytes], str]:
    """Save a capture; return its path."""

    def save(content: bytes) -> str:
        path = tmp_path / "capture"
        path.write_bytes(content)
        return str(path)

    return save


@pytest.mark.parametrize("name", CAPTURES)
def test_a_captured_request_is_verified(signer: Cli, capture: Callable[[bytes], str], name: str) -> None:
    format_, content = CAPTURES[name]
    result = signer.run(*VERIFY, capture(content), "--at", "1700000060", "--json")
    assert result.code == 0
    expected = {
        "ok": True,
        "reason": "ok",
        "timestamp": 1700000000,
        "age_seconds": 60,
        "format": format_,
        "body_bytes": 51,
        "verified_at": "2023-11-14T22:14:20Z",
        "verified_at_source": "option",
        "notes": [],
    }
    assert result.json.pop("content_length") in (51, None)
    assert {key: value for key, value in result.json.items() if key != "content_length"} == expected


def test_a_request_is_read_from_standard_input(signer: Cli) -> None:
    result = signer.run(*VERIFY, "-", *AT, stdin=RAW)
    assert result.code == 0
    assert "format\thttp\n" in result.out
    assert "no x-jebbit-signature in standard input" in signer.run(*VERIFY, "-", stdin=b"Host: a\n\n").err


@pytest.mark.parametrize("content", [recorded(), har(har_entry()), json.dumps(EVENT_V2).encode()])
def test_the_time_of_arrival_is_used_if_the_capture_has_it(
    signer: Cli, capture: Callable[[bytes], str], content: bytes
) -> None:
    document = signer.run(*VERIFY, capture(content), "--json").json
    assert (document["reason"], document["age_seconds"]) == ("ok", 1)
    assert (document["verified_at"], document["verified_at_source"]) == (CAPTURED_AT, "capture")
    later = signer.run(*VERIFY, capture(content), "--at", "1700000301", "--json")
    assert (later.json["reason"], later.json["verified_at_source"]) == ("stale", "option")


def test_a_capture_without_a_time_is_verified_now(signer: Cli, capture: Callable[[bytes], str]) -> None:
    result = signer.run(*VERIFY, capture(RAW), "--json")
    assert (result.code, result.json["reason"], result.json["verified_at_source"]) == (6, "stale", "clock")
    assert result.error["hint"] == "use --at TIME to verify a past delivery"


def test_a_delivery_that_was_stale_on_arrival_is_stale(signer: Cli, capture: Callable[[bytes], str]) -> None:
    result = signer.run(*VERIFY, capture(recorded(time=1_700_000_301)), "--json")
    assert (result.code, result.json["reason"], result.json["age_seconds"]) == (6, "stale", 301)
    assert "when it was captured" in result.error["hint"]


@pytest.mark.parametrize(
    ("content", "notes"),
    [
        (RAW[:-10], ["Content-Length is 51, but the body has 41 bytes: the capture may be truncated"]),
        (
            RAW + b"}",
            ["Content-Length is 51, but the body has 52 bytes: something may have changed the body"],
        ),
        (RAW.replace(b"event", b"eveny"), []),
        (
            recorded(BODY[:-10], omitted_bytes=10),
            [
                "the recording leaves out 10 bytes of the body",
                "Content-Length is 51, but the body has 41 bytes: the capture may be truncated",
            ],
        ),
        (
            har(har_entry(har_request(text="caf\ufffd"))),
            [
                "the capture holds the body as text: bytes that are not UTF-8 are lost",
                "Content-Length is 51, but the body has 6 bytes: the capture may be truncated",
            ],
        ),
    ],
)
def test_a_mismatch_names_the_doubts_about_the_capture(
    signer: Cli, capture: Callable[[bytes], str], content: bytes, notes: list[str]
) -> None:
    result = signer.run(*VERIFY, capture(content), *AT, "--json")
    assert (result.code, result.json["reason"], result.json["notes"]) == (6, "mismatch", notes)
    lines = signer.run(*VERIFY, capture(content), *AT).out.splitlines()
    assert [line for line in lines if line.startswith("note")] == [f"note\t{note}" for note in notes]


def test_a_signature_that_matches_leaves_no_doubt_about_the_capture(
    signer: Cli, capture: Callable[[bytes], str]
) -> None:
    wrong_length = RAW.replace(b"Length: 51", b"Length: 52")
    document = signer.run(*VERIFY, capture(wrong_length), *AT, "--json").json
    assert (document["ok"], document["content_length"], document["notes"]) == (True, 52, [])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "no signature given"),
        (("--body", "pyproject.toml"), "no signature given"),
        (("--request", "-", "--signature", VECTOR), "--request and --signature are mutually exclusive"),
        (("--request", "-", "--body", "pyproject.toml"), "--request and --body are mutually exclusive"),
        (("--request", "pyproject.toml"), "pyproject.toml is not a captured request"),
        (("--request", "nowhere"), "--request nowhere: No such file or directory"),
        (("--request", "-", "--secret-stdin"), "standard input cannot be both"),
    ],
)
def test_contradictory_or_unusable_requests_are_usage_errors(
    signer: Cli, arguments: tuple[str, ...], message: str
) -> None:
    result = signer.run("webhooks", "verify", *arguments, stdin=RAW)
    assert (result.code, result.out) == (2, "")
    assert f"error: {message}" in result.err
