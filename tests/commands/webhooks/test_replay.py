from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import requests

from jebbitctl.webhooks.forwarding import forward
from jebbitctl.webhooks.receiver import Receiver
from jebbitctl.webhooks.recorder import Recorder
from jebbitctl.webhooks.signature import sign
from tests.webhooks.support import SECRET

if TYPE_CHECKING:
    from pathlib import Path

    from jebbitctl.webhooks.endpoint import EndpointClient, EndpointResponse
    from jebbitctl.webhooks.receiver import Delivery
    from tests.support import Cli


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """A recording of three old deliveries."""
    received: list[Delivery] = []
    path = tmp_path / "recording.jsonl"
    with Receiver(SECRET, received.append, tolerance=10**9) as receiver, Recorder(path) as recorder:
        for number in range(3):
            body = b'{"n":%d}\n' % number
            header = {"x-jebbit-signature": sign(SECRET, body, timestamp=1700000000)}
            requests.post(receiver.url, data=body, headers=header, timeout=5).raise_for_status()
        for delivery in received:
            recorder.append(delivery)
    return path


def test_the_same_bytes_are_sent_with_the_original_signature(
    signer: Cli, recording: Path, endpoint: str, deliveries: list[Delivery]
) -> None:
    result = signer.run("webhooks", "replay", str(recording), "--to", endpoint, "--only", "1,3", "--json")
    assert result.code == 6
    assert [(row["number"], row["status"]) for row in result.json] == [(1, 400), (3, 400)]
    assert [delivery.body for delivery in deliveries] == [b'{"n":0}\n', b'{"n":2}\n']
    assert {str(delivery.verification.reason) for delivery in deliveries} == {"stale"}


def test_an_interrupted_replay_prints_the_results_so_far(
    signer: Cli, recording: Path, endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[Delivery] = []

    def interrupt_the_second(client: EndpointClient, delivery: Delivery) -> EndpointResponse:
        sent.append(delivery)
        if len(sent) > 1:
            raise KeyboardInterrupt
        return forward(client, delivery)

    monkeypatch.setattr("jebbitctl.webhooks.replay.forward", interrupt_the_second)
    result = signer.run("webhooks", "replay", str(recording), "--to", endpoint, "--json")
    assert (result.code, [row["number"] for row in result.json]) == (130, [1])


@pytest.mark.parametrize(
    ("added", "skipped"),
    [
        (b'{"time": "torn', "line 4, which is not a complete delivery"),
        (b"\n\0\0\n", "lines 4, 5, which are not complete deliveries"),
    ],
)
def test_lines_that_are_not_deliveries_are_skipped_with_a_warning(
    signer: Cli, recording: Path, endpoint: str, added: bytes, skipped: str
) -> None:
    recording.write_bytes(recording.read_bytes() + added)
    result = signer.run("webhooks", "replay", str(recording), "--to", endpoint, "--re-sign", "--json")
    assert (result.code, [row["number"] for row in result.json]) == (0, [1, 2, 3])
    assert result.err == f"warning: {recording}: skipped {skipped}\n"


def test_rejected_deliveries_are_listed_by_number_with_a_hint_to_re_sign(
    signer: Cli, recording: Path, endpoint: str
) -> None:
    result = signer.run("webhooks", "replay", str(recording), "--to", endpoint, "--only", "1,3")
    assert "2 of 2 deliveries not accepted: numbers 1, 3" in result.err
    assert "hint: use --re-sign" in result.err


def test_a_failed_connection_gets_no_hint_to_re_sign(signer: Cli, recording: Path) -> None:
    result = signer.run("webhooks", "replay", str(recording), "--to", "http://127.0.0.1:9/")
    assert result.code == 6
    assert "refused" in result.out
    assert "hint" not in result.err


def test_re_signed_deliveries_are_accepted(
    signer: Cli, recording: Path, endpoint: str, deliveries: list[Delivery]
) -> None:
    result = signer.run("webhooks", "replay", str(recording), "--to", endpoint, "--re-sign")
    assert result.code == 0
    assert len(deliveries) == 3


@pytest.mark.parametrize(
    "source", [("--secret-file", "secret"), ("--secret-stdin",), ("--integration", "L5m24mjs")]
)
def test_a_source_of_the_secret_without_re_sign_is_rejected(
    signer: Cli, recording: Path, endpoint: str, source: tuple[str, ...], deliveries: list[Delivery]
) -> None:
    result = signer.run("webhooks", "replay", str(recording), "--to", endpoint, *source)
    assert (result.code, deliveries) == (2, [])
    assert "--secret-file, --secret-stdin and --integration require --re-sign" in result.err


def test_re_signing_a_forged_delivery_prints_a_warning(signer: Cli, endpoint: str, tmp_path: Path) -> None:
    path = tmp_path / "recording.jsonl"
    with Recorder(path) as recorder, Receiver(SECRET, recorder.append) as receiver:
        for secret in (SECRET, "forger", SECRET, "forger"):
            requests.post(
                receiver.url, data=b"{}", headers={"x-jebbit-signature": sign(secret, b"{}")}, timeout=5
            )
    replay = ("webhooks", "replay", str(path), "--to", endpoint)
    assert "warning" not in signer.run(*replay).err
    result = signer.run(*replay, "--re-sign")
    assert result.code == 0
    warning = "warning: re-signing deliveries 2, 4, whose signatures were invalid when received"
    assert warning in result.err
    one = signer.run(*replay, "--re-sign", "--only", "1,2").err
    assert "warning: re-signing delivery 2, whose signature was invalid when received" in one
    assert "warning" not in signer.run(*replay, "--re-sign", "--only", "1,3").err


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--only", "9"), 2),
        (("--only", "x"), 2),
        (("--since", "soon"), 2),
        (("--since", "2100-01-01T00:00:00Z"), 0),
    ],
)
def test_an_invalid_selection_is_rejected_and_an_empty_one_is_not(
    signer: Cli, recording: Path, endpoint: str, arguments: tuple[str, ...], code: int
) -> None:
    result = signer.run("webhooks", "replay", str(recording), "--to", endpoint, *arguments)
    assert (result.code, result.out) == (code, "")


def test_a_file_that_is_not_a_recording_is_rejected_with_the_line(
    signer: Cli, endpoint: str, tmp_path: Path
) -> None:
    path = tmp_path / "other.jsonl"
    path.write_text("{}\n")
    result = signer.run("webhooks", "replay", str(path), "--to", endpoint)
    assert result.code == 2
    assert "line 1" in result.err
