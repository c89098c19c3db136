from __future__ import annotations

import itertools
import json
import os
import random
import signal
import socket
import threading
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from jebbitctl.sandbox.server import Sandbox, SandboxOptions
from jebbitctl.webhooks.receiving.background_server import BackgroundServer
from jebbitctl.webhooks.receiving.webhook_server import WebhookServer
from jebbitctl.webhooks.recordings.reading import read
from jebbitctl.webhooks.recordings.recorder import LOOK_INTERVAL
from tests.commands.integrations.support import stored, webhook
from tests.commands.webhooks.support import events_of, listening, receive, wait_for_end
from tests.interruptions import Stage
from tests.support import cli_for
from tests.webhooks.support import SECRET, Endpoint, Sender, connected, talk

if TYPE_CHECKING:
    from pathlib import Path

    from jebbitctl.webhooks.delivery import Delivery
    from tests.support import Cli


def test_each_delivery_is_printed_as_it_arrives(bare: Cli) -> None:
    with listening(bare, "--count", "2", "--timeout", "20") as (process, url):
        assert process.stdout is not None
        assert Sender(url, SECRET).send().status == 200
        first = process.stdout.readline().split("\t")
        assert first[1:4] == ["✓", "200", "ok"]
        assert Sender(url, "another").send().status == 403
        assert process.stdout.readline().split("\t")[1:4] == ["✗", "403", "mismatch"]
        assert Sender(url, SECRET, b"{}", live=True).send().status == 200
        code, _, err = wait_for_end(process)
    assert code == 0
    assert "2 ok, 1 mismatch" in err


def test_expected_deliveries_are_received_after_stdout_is_closed(bare: Cli) -> None:
    with listening(bare, "--count", "3", "--timeout", "30") as (process, url):
        assert process.stdout is not None
        Sender(url, SECRET).send()
        process.stdout.readline()
        process.stdout.close()
        for body in (b"{}", b"[]"):
            assert Sender(url, SECRET, body).send().status == 200
        assert process.wait(30) == 0
        assert process.stderr is not None
        assert "Received: 3 ok." in process.stderr.read()


def test_json_prints_one_line_per_delivery(bare: Cli) -> None:
    def deliver(url: str) -> None:
        Sender(url, SECRET).send()
        Sender(url, SECRET, b"not json \xff").send()

    result = receive(bare, deliver, "--count", "2", "--timeout", "20", "--json")
    first, second = events_of(result.out)
    assert result.code == 0
    assert first["event"] == "delivery"
    assert (first["ok"], first["test"], first["repeat"], first["status"]) == (True, True, False, 200)
    assert first["body"]["data"]["email"] == "test@example.com"
    assert second["body"] == "not json \ufffd"


def test_too_few_deliveries_in_time_are_exit_6(bare: Cli) -> None:
    def refused(url: str) -> None:
        assert Sender(url, "another").send().status == 403

    result = receive(bare, refused, "--count", "1", "--timeout", "0.5")
    assert result.code == 6
    assert "0 of 1 valid deliveries" in result.err
    assert "hint: another shared secret signed" in result.err


@pytest.mark.parametrize("timeout", ["nan", "-1"])
def test_an_invalid_timeout_is_rejected(bare: Cli, timeout: str) -> None:
    environment = {"JEBBIT_WEBHOOK_SECRET": SECRET}
    assert bare.run("webhooks", "listen", "--port", "0", "--timeout", timeout, env=environment).code == 2


def test_the_timeout_is_exit_0_without_a_count(bare: Cli) -> None:
    environment = {"JEBBIT_WEBHOOK_SECRET": SECRET}
    assert bare.run("webhooks", "listen", "--port", "0", "--timeout", "0.1", env=environment).code == 0


@pytest.mark.skipif(os.name != "posix", reason="POSIX signals")
@pytest.mark.parametrize(("options", "code"), [((), 0), (("--count", "5"), 130)])
def test_ctrl_c_prints_the_summary_and_is_130_only_if_expected_deliveries_are_missing(
    bare: Cli, options: tuple[str, ...], code: int
) -> None:
    with listening(bare, *options) as (process, url):
        Sender(url, SECRET).send()
        assert process.stdout is not None
        assert process.stdout.readline()
        process.send_signal(signal.SIGINT)
        exit_code, _, err = wait_for_end(process)
    assert exit_code == code
    assert "Received: 1 ok." in err


@pytest.mark.long
@pytest.mark.skipif(os.name != "posix", reason="POSIX signals")
@pytest.mark.parametrize("size", [1000, 60_000])
def test_a_signal_ends_it_with_the_summary_although_nobody_reads_its_output(bare: Cli, size: int) -> None:
    with listening(bare, "--json") as (process, url):
        for number in range(2 * 65536 // size + 4):  # more than a pipe holds
            assert Sender(url, SECRET, b'"%d%s"' % (number, b"x" * size)).send().status == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 143
        assert process.stderr is not None
        assert f"Received: {number + 1} ok." in process.stderr.read()


def test_a_recording_is_private_and_complete_before_the_response(bare: Cli, tmp_path: Path) -> None:
    path = tmp_path / "recording.jsonl"
    with listening(bare, "--record", str(path), "--count", "3", "--timeout", "20") as (process, url):
        for number in (1, 2):
            Sender(url, SECRET, b'{"n":%d}' % number).send()
            assert len(path.read_text().splitlines()) == number
        process.kill()
    assert [record.delivery.body for record in read(path)] == [b'{"n":1}', b'{"n":2}']
    assert path.stat().st_mode & 0o777 == 0o600


def test_valid_deliveries_are_forwarded_with_the_same_bytes_and_headers(bare: Cli) -> None:
    forwarded: list[Delivery] = []

    def deliver(url: str) -> None:
        Sender(url, "another").send()
        Sender(url, SECRET, b'{ "odd" :\t1}\n').send()

    with WebhookServer(SECRET, forwarded.append) as target:
        result = receive(bare, deliver, "--forward-to", f"{target.url}/app", "--count", "1", "--json")
    assert result.code == 0
    (delivery,) = forwarded
    assert delivery.body == b'{ "odd" :\t1}\n'
    assert delivery.verification.valid
    assert delivery.test
    assert [event["event"] for event in events_of(result.out)] == ["delivery", "delivery", "forwarded"]


@pytest.mark.keeps("shared", "secret")
@pytest.mark.parametrize("source", ["", "--integration", "--secret-file"])
def test_trigger_makes_jebbit_send_a_test_delivery_that_is_verified(tmp_path: Path, source: str) -> None:
    stage = Stage("")  # holds the test back until the receiver has a port
    with Sandbox(SandboxOptions(integrations=4), wrap=stage.wrap) as sandbox:
        id_ = webhook(sandbox)
        stage.request = f"POST /api/v1/integrations/{id_}/test"
        file = tmp_path / "secret"
        file.write_text(stored(sandbox)[id_]["shared_secret"])
        other = [*stored(sandbox)][-1]
        known = {"": (), "--integration": (source, other), "--secret-file": (source, str(file))}[source]
        options = ("--trigger", id_, *known, "--count", "1", "--timeout", "20", "--json")
        with listening(cli_for(tmp_path, sandbox), *options, secret=None) as (process, url):
            stored(sandbox)[id_]["endpoint"] = f"{url}/jebbit"
            stage.over.set()
            code, out, _ = wait_for_end(process)
    (event,) = events_of(out)
    assert (code, event["test"], event["ok"]) == (0, True, True)
    assert event["secret"] == (f"file {file}" if source == "--secret-file" else f"integration {id_}")


@pytest.mark.parametrize(
    ("response", "said"),
    [
        (b"[]", "warning: Jebbit did not report a delivery: its response is an empty list"),
        (b'["{}"]', "Jebbit says it sent 1 test delivery"),
    ],
)
def test_trigger_says_what_jebbit_reports(sandbox: Sandbox, cli: Cli, response: bytes, said: str) -> None:
    sandbox.state.behaviour.test_response = response
    options = ("--trigger", webhook(sandbox), "--port", "0", "--count", "1", "--timeout", "0.1")
    result = cli.run("webhooks", "listen", *options)
    assert (result.code, result.out) == (6, "")
    assert said in result.err.splitlines()


def test_a_failed_trigger_ends_the_command_at_once(cli: Cli) -> None:
    started = time.monotonic()
    options = ("--trigger", "nowhere1", "--port", "0", "--count", "1", "--timeout", "30")
    result = cli.run("webhooks", "listen", *options, env={"JEBBIT_WEBHOOK_SECRET": SECRET})
    assert result.code == 3
    assert time.monotonic() - started < 10


def test_invalid_requests_print_nothing(bare: Cli) -> None:
    with listening(bare, "--count", "1") as (process, url), ExitStack() as stack:
        talk(url, b"POST /\x1b]0;owned\x07 HTTP/1.1\r\nConnection: close\r\nX\x1b[31m: y\r\n\r\n")
        for _ in range(310):  # over the limit, which waitress would log
            stack.enter_context(connected(url))
        time.sleep(0.2)
        stack.close()
        assert Sender(url, SECRET).send().status == 200
        code, out, err = wait_for_end(process)
    assert code == 0
    assert err.startswith("Received: 1 ok")
    assert len(err.splitlines()) == 1
    assert "\x1b" not in out


@pytest.mark.parametrize("timeout", ["inf", "1e12"])
def test_the_timeout_has_no_maximum(bare: Cli, timeout: str) -> None:
    def deliver(url: str) -> None:
        Sender(url, SECRET).send()

    assert receive(bare, deliver, "--count", "1", "--timeout", timeout).code == 0


def test_a_host_other_than_loopback_prints_a_warning(bare: Cli) -> None:
    options = ("--host", "0.0.0.0", "--port", "0", "--timeout", "0.2")  # noqa: S104 - what is tested
    result = bare.run("webhooks", "listen", *options, env={"JEBBIT_WEBHOOK_SECRET": SECRET})
    assert result.code == 0
    warning = (
        "warning: other machines can reach this receiver on 0.0.0.0; on a public address, put a reverse "
    )
    assert warning in result.err


def test_a_port_in_use_is_exit_2(bare: Cli) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
        result = bare.run("webhooks", "listen", "--port", port, env={"JEBBIT_WEBHOOK_SECRET": SECRET})
    assert result.code == 2
    assert port in result.err


def test_json_output_is_valid_even_if_the_body_is_not(bare: Cli) -> None:
    bodies = [b"NaN", b"[1e999]", b"[" * 400 + b"]" * 400, b"[" * 980 + b"]" * 980]
    with listening(bare, "--count", "4", "--json") as (process, url):
        for body in bodies:
            assert Sender(url, SECRET, body).send().status == 200
        code, out, _ = wait_for_end(process)
    assert code == 0

    def reject(constant: str) -> None:
        raise AssertionError(constant)

    events = [json.loads(line, parse_constant=reject) for line in out.splitlines()[1:]]
    assert [event["body"].encode() for event in events] == bodies


@pytest.mark.skipif(os.name != "posix", reason="an open file cannot be deleted elsewhere")
def test_a_delivery_that_cannot_be_recorded_ends_the_command(bare: Cli, tmp_path: Path) -> None:
    path = tmp_path / "recording"
    with listening(bare, "--record", str(path), "--count", "2") as (process, url):
        assert Sender(url, SECRET).send().status == 200
        path.unlink()
        time.sleep(2 * LOOK_INTERVAL)
        assert Sender(url, SECRET, b"{}").send().status == 500
        code, out, err = wait_for_end(process)
    assert (code, len(out.splitlines())) == (1, 1)
    assert f"error: cannot record to {path}: the file was deleted or replaced\nhint: " in err


def test_a_recording_is_said_to_have_numbers_of_its_own(signer: Cli, tmp_path: Path) -> None:
    # Earlier runs and other threads append to it, and refused deliveries may be left out.
    path = tmp_path / "my recording"
    result = signer.run("webhooks", "listen", "--port", "0", "--timeout", "0", "--record", str(path))
    assert f"\nRecording to {path}. For the numbers in it: jebbitctl webhooks list '{path}'\n" in result.err


@pytest.mark.parametrize(("options", "reasons"), [((), ["ok"]), (("--record-refused",), ["mismatch", "ok"])])
def test_refused_deliveries_are_recorded_on_request_only(
    bare: Cli, tmp_path: Path, options: tuple[str, ...], reasons: list[str]
) -> None:
    path = tmp_path / "recording"

    def deliver(url: str) -> None:
        assert Sender(url, "another", b"x" * 100_000).send().status == 403
        assert Sender(url, SECRET, b"x" * 100_000).send().status == 200

    result = receive(bare, deliver, "--record", str(path), *options, "--count", "1", "--json")
    assert result.code == 0
    recorded = [one.delivery for one in read(path)]
    assert [one.verification.reason for one in recorded] == reasons
    assert all(one.verification or len(one.body) == 64 * 1024 for one in recorded)
    refused, accepted = events_of(result.out)
    assert (refused["bytes"], len(refused["body"]), refused["omitted_bytes"]) == (100_000, 65_536, 34_464)
    assert (accepted["bytes"], len(accepted["body"])) == (100_000, 100_000)
    assert "omitted_bytes" not in accepted


@pytest.mark.parametrize("option", ["--record-refused", "--mask"])
def test_options_of_the_recording_require_a_file(signer: Cli, option: str) -> None:
    result = signer.run("webhooks", "listen", "--port", "0", "--timeout", "0", option)
    assert result.code == 2
    assert f"{option} requires --record FILE" in result.err


def test_a_masked_recording_holds_no_personal_data_and_the_app_gets_all_of_it(
    bare: Cli, tmp_path: Path
) -> None:
    path = tmp_path / "recording"
    app = Endpoint("500 Oh No", body=b"no user ann@example.com")

    def deliver(url: str) -> None:
        assert Sender(url, SECRET, b'{"email":"ann@example.com"}').send().status == 500

    with BackgroundServer(app) as server:
        options = ("--record", str(path), "--mask", "--forward-to", server.url, "--count", "1")
        receive(bare, deliver, *options)
    assert app.requests[0].body == b'{"email":"ann@example.com"}'
    assert b"ann@example.com" not in path.read_bytes()
    (one,) = read(path)
    assert one.delivery.masked
    assert b"ann@" not in one.delivery.body


@pytest.mark.long
@pytest.mark.skipif(os.name != "posix", reason="kills processes")
def test_no_delivery_answered_by_one_of_two_listeners_of_a_file_is_lost_when_they_are_killed_100_times(
    bare: Cli, tmp_path: Path
) -> None:
    path = tmp_path / "recording"
    answered: set[bytes] = set()
    kills = itertools.count()

    def restart_often(listener: int) -> None:
        for run in range(50):
            with listening(bare, "--record", str(path)) as (process, url), ExitStack() as stack:
                killing = threading.Timer(random.uniform(0.02, 0.4), process.kill)  # noqa: S311
                senders = [
                    threading.Thread(target=send, args=(url, b"%d.%d.%d" % (listener, run, sender)))
                    for sender in range(3)
                ]
                for thread in (killing, *senders):
                    thread.start()
                    stack.callback(thread.join)
            next(kills)

    def send(url: str, prefix: bytes) -> None:
        for number in range(10_000):
            body = b"%b.%d" % (prefix, number)
            if Sender(url, SECRET, body).send().status != 200:
                return
            answered.add(body)

    listeners = [threading.Thread(target=restart_often, args=(number,)) for number in range(2)]
    for listener in listeners:
        listener.start()
    for listener in listeners:
        listener.join()
    assert next(kills) == 100
    assert len(answered) > 1000
    assert answered - {one.delivery.body for one in read(path)} == set()


def test_deliveries_beyond_the_count_are_neither_accepted_nor_recorded(bare: Cli, tmp_path: Path) -> None:
    recording = tmp_path / "deliveries.jsonl"
    statuses: list[int | None] = []

    def deliver(url: str) -> None:
        statuses.extend(Sender(url, SECRET, b"%d" % number).send().status for number in range(6))

    result = receive(bare, deliver, "--count", "2", "--record", str(recording))
    assert (result.code, len(result.out.splitlines()), len(recording.read_text().splitlines())) == (0, 2, 2)
    assert statuses[:2] == [200, 200]
    assert {*statuses[2:]} <= {503, None}
    assert "Received: 2 ok." in result.err


@pytest.mark.parametrize(
    "option", ["--forward-to", "--trigger", "--record", "--integration", "--secret-file"]
)
def test_an_empty_option_value_is_rejected(cli: Cli, option: str) -> None:
    environment = {"JEBBIT_WEBHOOK_SECRET": SECRET}
    result = cli.run("webhooks", "listen", "--port", "0", "--timeout", "0", option, "", env=environment)
    assert (result.code, result.out) == (2, "")
    assert "error: " in result.err
