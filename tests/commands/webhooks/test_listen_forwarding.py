from __future__ import annotations

import os
import signal
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from jebbitctl.util.signals import REPEAT_SECONDS
from jebbitctl.webhooks.receiving.background_server import BackgroundServer
from jebbitctl.webhooks.recordings.reading import read
from tests.commands.webhooks.support import events_of, listening, receive, wait_for_end
from tests.webhooks.support import SECRET, UNREACHABLE, Endpoint, RecoveringEndpoint, Sender, post

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support import Cli


def test_an_app_that_answers_500_is_seen_by_the_sender_and_is_exit_6(signer: Cli, tmp_path: Path) -> None:
    app = Endpoint("500 Internal Server Error", body=b"no such table")
    recording = tmp_path / "recording"

    def deliver(url: str) -> None:
        for body in (b"{}", b"[]"):
            response = post(url, body)
            assert (response.status_code, response.text) == (500, "no such table")

    with BackgroundServer(app) as server:
        options = ("--forward-to", server.url, "--count", "2", "--record", str(recording))
        result = receive(signer, deliver, *options, "--header", "X-Key: k")
    assert result.code == 6
    lines = [line.split("\t") for line in result.out.splitlines()]
    assert [line[1:4] for line in lines if line[1] != "→"] == [["✓", "-", "ok"]] * 2
    assert sorted(line[:4] for line in lines if line[1] == "→") == [
        [number, "→", "500", "forward_failed"] for number in ("#1", "#2")
    ]
    assert "Received: 2 ok.\nForwarded: 0 ok, 2 returned 500.\n" in result.err
    assert "error: 2 of 2 forwards failed: 2 returned 500\nhint: look at the app's own log" in result.err
    assert [record.delivery.status for record in read(recording)] == [500, 500]
    assert app.requests[0].headers["x-key"] == "k"


def test_an_app_that_refuses_valid_deliveries_is_one_to_check(signer: Cli) -> None:
    def deliver(url: str) -> None:
        assert post(url, b"{}").status_code == 401

    with BackgroundServer(Endpoint("401 Unauthorized")) as server:
        target = f"{server.url}/hook"
        result = receive(signer, deliver, "--forward-to", f"{target}?key=k", "--count", "1")
    assert result.err.endswith(
        "error: 1 of 1 forward failed: 1 returned 401\nhint: the signatures are valid; "
        f"to find out why the app refuses them: jebbitctl webhooks check {target}\n"
    )


@pytest.mark.long
@pytest.mark.keeps("shared")
def test_300_deliveries_to_an_app_of_200_ms_are_all_forwarded_within_a_timeout_of_10_s(bare: Cli) -> None:
    app = Endpoint(delay=0.2)
    with (
        BackgroundServer(app, threads=50) as server,
        listening(bare, "--forward-to", server.url, "--ack", "--timeout", "10", "--json") as (process, url),
    ):
        for number in range(300):
            assert Sender(url, SECRET, b"%d" % number).send().status == 200
        code, out, err = wait_for_end(process)
    assert code == 0
    assert Counter(event["event"] for event in events_of(out)) == {"delivery": 300, "forwarded": 300}
    assert len(app.requests) == 300
    assert "Received: 300 ok.\nForwarded: 300 ok.\n" in err


@pytest.mark.skipif(os.name != "posix", reason="POSIX signals")
@pytest.mark.parametrize(
    ("ending", "exit_code"),
    [
        (None, 0),
        (signal.SIGTERM, 143),
        pytest.param(signal.SIGINT, 0, marks=pytest.mark.long),
        pytest.param(getattr(signal, "SIGHUP", signal.SIGTERM), 129, marks=pytest.mark.long),
    ],
)
def test_accepted_deliveries_are_forwarded_before_the_end(
    bare: Cli, ending: signal.Signals | None, exit_code: int
) -> None:
    app = Endpoint(delay=0.3)
    options = [] if ending else ["--count", "25"]
    with (
        BackgroundServer(app, threads=20) as server,
        listening(bare, "--forward-to", server.url, "--ack", "--json", *options) as (process, url),
    ):
        for number in range(25):
            assert post(url, b"%d" % number).status_code == 200
        if ending:
            process.send_signal(ending)
        code, out, err = wait_for_end(process)
    assert code == exit_code
    assert Counter(event["event"] for event in events_of(out)) == {"delivery": 25, "forwarded": 25}
    assert "Received: 25 ok.\nForwarded: 25 ok.\n" in err


@pytest.mark.parametrize("ack", [pytest.param(True, marks=pytest.mark.long), False])
def test_deliveries_not_forwarded_in_time_are_counted_recorded_and_exit_6(
    bare: Cli, tmp_path: Path, *, ack: bool
) -> None:
    recording = tmp_path / "recording"
    options = ("--forward-timeout", "0.2", "--timeout", "1", "--record", str(recording), "--json")

    def deliver(url: str) -> None:
        assert post(url, b"{}").status_code == (200 if ack else 504)

    with BackgroundServer(Endpoint(delay=0.5), threads=20) as server:
        result = receive(bare, deliver, "--forward-to", server.url, *options, *(["--ack"] if ack else []))
    assert result.code == 6
    failed = events_of(result.out)[1]
    assert (failed["event"], failed["error"], failed["answer"]) == (
        "forward_failed",
        "no response within 0.2 s",
        None if ack else 504,
    )
    assert "Forwarded: 0 ok, 1 no response within 0.2 s.\n" in result.err
    assert "or set a longer timeout" in result.err
    (record,) = read(recording, join=True)
    assert [outcome.error for outcome in record.forwards or ()] == ["no response within 0.2 s"]


@pytest.mark.long
def test_a_backlog_that_takes_longer_than_one_forward_is_forwarded_after_the_timeout(bare: Cli) -> None:
    """One forward may take 3 s until listen gives up on it: 1 s and a margin. All take 4 s from then on."""
    options = ("--ack", "--forward-timeout", "1", "--timeout", "3", "--json")
    with (
        BackgroundServer(Endpoint(delay=0.8), threads=40) as server,
        listening(bare, "--forward-to", server.url, *options) as (process, url),
    ):
        with ThreadPoolExecutor(8) as senders:
            accepted = list(senders.map(lambda number: post(url, b"%d" % number).status_code, range(180)))
        code, out, err = wait_for_end(process)
    assert accepted == [200] * 180
    assert code == 0
    assert Counter(event["event"] for event in events_of(out)) == {"delivery": 180, "forwarded": 180}
    assert "Finishing " in err


@pytest.mark.skipif(os.name != "posix", reason="POSIX signals")
def test_a_second_ctrl_c_ends_it_at_once_and_names_what_was_not_forwarded(bare: Cli) -> None:
    release, received = threading.Event(), threading.Semaphore(0)

    class Stuck(Endpoint):
        def __call__(self, *request: object) -> object:  # type: ignore[override]
            received.release()
            release.wait(20)
            return super().__call__(*request)  # type: ignore[arg-type]

    with (
        BackgroundServer(Stuck()) as server,  # type: ignore[arg-type]
        listening(bare, *["--forward-to", server.url] * 2, "--ack") as (process, url),
    ):
        post(url, b"{}")
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        assert all(received.acquire(timeout=10) for _ in range(2))
        process.send_signal(signal.SIGINT)
        assert process.stderr.readline() == "Finishing 2 forwards. Press Ctrl-C again to stop at once.\n"
        time.sleep(REPEAT_SECONDS)  # nobody presses it again sooner
        started = time.monotonic()
        process.send_signal(signal.SIGINT)
        code, out, err = wait_for_end(process)
        assert time.monotonic() - started < 5
        release.set()
    assert code == 0
    assert "no response before listen ended" in out
    named = f"2 no response before listen ended at {server.url}"
    assert f"Forwarded: 0 ok, {named}.\nhint: look at the app's own log; webhooks replay sends" in err


@pytest.mark.parametrize(
    "url", ["http://localhost:8787/x", "http://127.0.0.1:8787", "http://[::1]:8787/", "http://0.0.0.0:8787"]
)
def test_the_receiver_itself_is_no_target(signer: Cli, url: str) -> None:
    result = signer.run("webhooks", "listen", "--timeout", "0", "--forward-to", url)
    assert result.code == 2
    assert "that is this receiver itself\nhint: use the URL of your app" in result.err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--ack",), "require --forward-to URL"),
        (("--retry", "1"), "require --forward-to URL"),
        (("--header", "A: b"), "require --forward-to URL"),
        (("--forward-to", UNREACHABLE, "--forward-timeout", "0"), "--forward-timeout must be more than 0"),
        (("--forward-to", UNREACHABLE, "--forward-timeout", "nan"), "--forward-timeout must be more than 0"),
        (("--forward-to", UNREACHABLE, "--client-key", "key"), "--client-key requires --client-cert"),
        (("--forward-to", UNREACHABLE, "--header", "no"), "is not a header"),
        (("--forward-to", "localhost:3000"), "put http:// in front of it"),
    ],
)
def test_invalid_options_of_forwarding_are_rejected(
    signer: Cli, options: tuple[str, ...], message: str
) -> None:
    result = signer.run("webhooks", "listen", "--port", "0", "--timeout", "0", *options)
    assert result.code == 2
    assert message in result.err


def test_a_closed_stdout_ends_it_with_the_summary_of_all_that_was_accepted(bare: Cli) -> None:
    with listening(bare, "--forward-to", UNREACHABLE) as (process, url):
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert post(url, b"{}").status_code == 502
        process.wait(10)
        err = process.stderr.read()
    assert "Received: 1 ok.\nForwarded: 0 ok, 1 connection refused.\nhint: " in err


def test_the_summary_names_the_url_that_failed_of_several(bare: Cli) -> None:
    def deliver(url: str) -> None:
        assert post(url, b"{}").status_code == 200

    with BackgroundServer(Endpoint()) as server:
        options = ("--forward-to", server.url, "--forward-to", UNREACHABLE, "--count", "1")
        result = receive(bare, deliver, *options)
    assert result.code == 6
    assert f"Forwarded: 1 ok, 1 connection refused at {UNREACHABLE}.\n" in result.err
    assert f"error: 1 of 2 forwards failed: 1 connection refused at {UNREACHABLE}\n" in result.err


def test_the_hint_for_deliveries_that_were_not_sent_is_not_the_log_of_the_app(bare: Cli) -> None:
    def deliver(url: str) -> None:
        assert post(f"{url}/..;/x", b"{}").status_code == 400

    with BackgroundServer(Endpoint()) as server:
        result = receive(bare, deliver, "--forward-to", server.url, "--count", "1")
    assert result.code == 6
    assert result.err.endswith(
        "error: 1 of 1 forward failed: 1 not sent: its path has a segment .. or .\n"
        "hint: the app got none of them; webhooks replay sends recorded deliveries again\n"
    )


def test_retries_go_on_until_the_app_is_back(bare: Cli) -> None:
    app = RecoveringEndpoint("503 Busy", 1)
    options = ("--retry", "5", "--count", "1", "--json")

    def deliver(url: str) -> None:
        assert post(url, b"{}").status_code == 200

    with BackgroundServer(app) as server:
        result = receive(bare, deliver, "--forward-to", server.url, *options)
    assert result.code == 0
    assert events_of(result.out)[1]["attempts"] == 2
