from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import requests

from jebbitctl.webhooks.receiving.forwarding import forward
from jebbitctl.webhooks.receiving.webhook_server import WebhookServer
from jebbitctl.webhooks.recordings.lines import to_line
from jebbitctl.webhooks.recordings.masking import mask_delivery
from jebbitctl.webhooks.recordings.reading import read
from jebbitctl.webhooks.recordings.recorder import Recorder
from jebbitctl.webhooks.signature import sign
from tests.support import JEBBITCTL
from tests.webhooks.recorded import delivered, save
from tests.webhooks.support import SECRET

if TYPE_CHECKING:
    from pathlib import Path

    from jebbitctl.webhooks.delivery import Delivery
    from jebbitctl.webhooks.endpoint import EndpointClient, EndpointResponse
    from tests.support import Cli


MEASURE = """\
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
print(code, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""
"""Runs a command and prints its exit code and the most memory that it used."""


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """A recording of three old deliveries."""
    received: list[Delivery] = []
    path = tmp_path / "recording.jsonl"
    with WebhookServer(SECRET, received.append, tolerance=10**9) as receiver, Recorder(path) as recorder:
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
    csv = signer.run("webhooks", "replay", str(recording), "--to", endpoint, "--only", "1", "--csv").out
    assert [line.split(",")[:2] for line in csv.splitlines()] == [["number", "status"], ["1", "400"]]


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
    replay = ("webhooks", "replay", str(recording), "--to", endpoint, "--json")
    result = signer.run(*replay)
    assert (result.code, [row["number"] for row in result.json]) == (130, [1])
    without_results = signer.run(*replay)
    assert (without_results.code, without_results.json) == (130, [])
    assert "Nothing to replay" not in without_results.err


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
    assert result.code == 5
    assert "refused" in result.out
    assert "3 of 3 deliveries without a response: numbers 1, 2, 3" in result.err
    assert "re-sign" not in result.err


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
    with Recorder(path) as recorder, WebhookServer(SECRET, recorder.append) as receiver:
        for secret in (SECRET, "forger", SECRET, "forger"):
            requests.post(
                receiver.url, data=b"{}", headers={"x-jebbit-signature": sign(secret, b"{}")}, timeout=5
            )
    replay = ("webhooks", "replay", str(path), "--to", endpoint)
    assert "warning" not in signer.run(*replay).err
    result = signer.run(*replay, "--re-sign")
    assert result.code == 0
    warning = "warning: re-signed deliveries 2, 4, whose signatures were invalid when received"
    assert warning in result.err
    one = signer.run(*replay, "--re-sign", "--only", "1,2").err
    assert "warning: re-signed delivery 2, whose signature was invalid when received" in one
    assert "warning" not in signer.run(*replay, "--re-sign", "--only", "1,3").err
    assert "warning" not in signer.run(*replay, "--re-sign", "--unset", "data.missing").err  # none was sent


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--only", "9"), 2),
        (("--only", "1-3,9"), 2),
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


def test_ranges_reasons_and_several_at_a_time_are_sent(
    signer: Cli, recording: Path, endpoint: str, deliveries: list[Delivery]
) -> None:
    replay = (
        "webhooks",
        "replay",
        str(recording),
        "--to",
        endpoint,
        "--re-sign",
        "--concurrency",
        "3",
        "--json",
    )
    result = signer.run(*replay, "--only", "2-9,1")
    assert (result.code, [row["number"] for row in result.json]) == (0, [1, 2, 3])
    assert len(deliveries) == 3
    assert signer.run(*replay, "--reason", "refused").json == []


def test_a_recording_is_read_from_standard_input(
    signer: Cli, recording: Path, endpoint: str, deliveries: list[Delivery]
) -> None:
    replay = ("webhooks", "replay", "-", "--to", endpoint, "--re-sign")
    result = signer.run(*replay, "--only", "2", stdin=recording.read_bytes())
    assert (result.code, [one.body for one in deliveries]) == (0, [b'{"n":1}\n'])
    late = signer.run(*replay, "--only", "3,9", "--json", stdin=recording.read_bytes())
    assert (late.code, [row["number"] for row in json.loads(late.out)]) == (2, [3])
    assert late.error["message"] == "the recording has no delivery 9"
    both = signer.run(*replay, "--secret-stdin", stdin=recording.read_bytes())
    assert (both.code, len(deliveries)) == (2, 2)


def test_a_recording_can_be_replayed_to_the_receiver_that_records_to_it(signer: Cli, recording: Path) -> None:
    with Recorder(recording) as recorder, WebhookServer(SECRET, recorder.append) as receiver:
        replay = ("webhooks", "replay", str(recording), "--to", receiver.url, "--re-sign", "--json")
        result = signer.run(*replay)
    assert (result.code, [row["number"] for row in result.json]) == (0, [1, 2, 3])
    assert len(list(read(recording))) == 6


def test_edited_deliveries_are_signed_again(
    signer: Cli, recording: Path, endpoint: str, deliveries: list[Delivery]
) -> None:
    replay = ("webhooks", "replay", str(recording), "--to", endpoint, "--as-test")
    edits = ("--set", "data.email=b@c.example", "--unset", "n")
    assert signer.run(*replay, "--re-sign", *edits).code == 0
    assert {one.body for one in deliveries} == {b'{"data":{"email":"b@c.example"}}'}
    assert all(one.test for one in deliveries)
    for wrong in (edits, ("--re-sign", "--set", "nothing"), ("--re-sign", "--unset", "a..b")):
        assert signer.run(*replay, *wrong).code == 2
    assert len(deliveries) == 3


def test_a_delivery_that_cannot_be_edited_is_named_and_the_others_are_sent(
    signer: Cli, recording: Path, endpoint: str, deliveries: list[Delivery]
) -> None:
    odd = to_line(replace(deliver_one(recording), body=b"not JSON"))
    recording.write_bytes(recording.read_bytes() + odd)
    result = signer.run("webhooks", "replay", str(recording), "--to", endpoint, "--re-sign", "--set", "n=7")
    assert result.code == 6
    assert "not sent: --set and --unset require a JSON body" in result.out
    assert "1 of 4 deliveries not accepted: number 4" in result.err
    assert len(deliveries) == 3


def deliver_one(recording: Path) -> Delivery:
    return next(read(recording)).delivery


def test_a_masked_recording_is_not_sent_with_signatures_that_do_not_fit(
    signer: Cli, tmp_path: Path, endpoint: str, deliveries: list[Delivery]
) -> None:
    path = save(tmp_path / "masked.jsonl", mask_delivery(delivered({"data": {"email": "a@b.example"}})))
    result = signer.run("webhooks", "replay", path, "--to", endpoint)
    assert (result.code, deliveries) == (6, [])
    assert "not sent: the body is masked" in result.out
    assert "hint: use --re-sign: masking changed the bodies" in result.err
    assert signer.run("webhooks", "replay", path, "--to", endpoint, "--re-sign").code == 0


def test_a_header_that_cannot_be_sent_is_named_and_the_others_are_sent(
    signer: Cli, tmp_path: Path, endpoint: str, deliveries: list[Delivery]
) -> None:
    path = save(
        tmp_path / "a.jsonl",
        delivered(headers={"x": "\u4f60"}),
        delivered(headers={"x": "a\nb"}),
        delivered(),
    )
    result = signer.run("webhooks", "replay", path, "--to", endpoint, "--re-sign", "--json")
    reasons = [row["error"] for row in result.json]
    assert (result.code, reasons) == (
        6,
        ["not sent: a header is invalid", "not sent: a header is invalid", None],
    )
    assert len(deliveries) == 1


def test_headers_for_the_endpoint_are_added(
    signer: Cli, recording: Path, endpoint: str, deliveries: list[Delivery]
) -> None:
    signer.run("webhooks", "replay", str(recording), "--to", endpoint, "--only", "1", "-H", "x-a: b")
    assert deliveries[0].headers["x-a"] == "b"


@pytest.mark.long
@pytest.mark.skipif(os.name != "posix", reason="POSIX signals")
def test_sigterm_ends_a_replay_that_waits_for_its_input_with_the_results(
    signer: Cli, recording: Path, endpoint: str, deliveries: list[Delivery]
) -> None:
    with subprocess.Popen(
        [JEBBITCTL, "webhooks", "replay", "-", "--to", endpoint, "--re-sign"],
        env=signer.environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        process.stdin.write(recording.read_text())
        process.stdin.flush()
        received = time.monotonic()
        while len(deliveries) < 3:
            assert time.monotonic() < received + 20
            time.sleep(0.01)
        process.terminate()
        out = process.stdout.read() if process.stdout else ""
        err = process.stderr.read() if process.stderr else ""
        assert process.wait(20) == 143
    assert [line.split("\t")[:2] for line in out.splitlines()] == [["1", "200"], ["2", "200"], ["3", "200"]]
    assert err == "Stopped: 3 deliveries sent.\n"


@pytest.mark.long
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="ru_maxrss is in KiB there")
def test_two_deliveries_of_a_large_recording_are_replayed_in_60_mib(
    signer: Cli, endpoint: str, tmp_path: Path
) -> None:
    line = to_line(delivered({"data": {"a": "x" * 10_000}}))
    large = tmp_path / "large.jsonl"
    last = 200 * 2**20 // len(line)
    with large.open("wb") as file:
        for _ in range(last):
            file.write(line)
    command = f"webhooks replay {large} --to {endpoint} --only 1,{last} --re-sign"
    measured = subprocess.run(
        [sys.executable, "-c", MEASURE, JEBBITCTL, *command.split()],
        env=signer.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    large.unlink()
    code, kibibytes = measured.stdout.split()
    assert (int(code), measured.stderr) == (0, "")
    assert int(kibibytes) < 60 * 1024


def test_a_file_that_is_not_a_recording_is_rejected_with_the_line(
    signer: Cli, endpoint: str, tmp_path: Path
) -> None:
    path = tmp_path / "other.jsonl"
    path.write_text("{}\n")
    result = signer.run("webhooks", "replay", str(path), "--to", endpoint)
    assert result.code == 2
    assert "line 1" in result.err
