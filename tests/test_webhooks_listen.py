"""``webhooks listen``: what it prints, records and passes on, and how it ends."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

import pytest

from jebbitctl.sandbox.server import Options, Sandbox
from jebbitctl.webhooks.receiver import Receiver
from jebbitctl.webhooks.recordings import read
from jebbitctl.webhooks.sender import Sender
from jebbitctl.webhooks.server import BackgroundServer
from tests.conftest import cli_for
from tests.support import JEBBITCTL
from tests.test_integrations import stored, webhook
from tests.test_interruptions import Stage
from tests.webhooks.support import Endpoint, connected, talk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jebbitctl.webhooks.receiver import Delivery
    from tests.support import Cli

SECRET = "Qq6niUmvrO320lYbBGKha6cdy22Bz8BVBd"


@contextmanager
def listening(
    cli: Cli, *options: str, stdout: int | IO[str] = subprocess.PIPE, secret: str | None = SECRET
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run ``webhooks listen`` on a free port; yield the process and where it listens."""
    with subprocess.Popen(
        [JEBBITCTL, "webhooks", "listen", "--port", "0", *options],
        env=cli.environment({"JEBBIT_WEBHOOK_SECRET": secret}),
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        try:
            words = process.stderr.readline().split()
            yield process, words[2].rstrip(";")
        finally:
            process.kill()


def ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=20)
    out = out or ""  # None when it went to a file
    assert "Traceback" not in err
    assert SECRET not in out + err
    return process.returncode, out, err


def test_it_prints_a_line_for_each_delivery_as_it_comes(bare: Cli) -> None:
    with listening(bare, "--count", "2", "--timeout", "20") as (process, url):
        assert process.stdout is not None
        assert Sender(url, SECRET).send().status == 200
        first = process.stdout.readline().split("\t")
        assert first[1:4] == ["✓", "200", "ok"]
        assert Sender(url, "another").send().status == 403
        assert process.stdout.readline().split("\t")[1:4] == ["✗", "403", "mismatch"]
        assert Sender(url, SECRET, b"{}", live=True).send().status == 200
        code, _, err = ended(process)
    assert code == 0
    assert "2 ok, 1 mismatch" in err


def test_deliveries_that_are_owed_are_waited_for_also_when_nobody_reads_on(bare: Cli) -> None:
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


def test_json_is_one_line_each(bare: Cli) -> None:
    with listening(bare, "--count", "2", "--timeout", "20", "--json") as (process, url):
        Sender(url, SECRET).send()
        Sender(url, SECRET, b"not json \xff").send()
        code, out, _ = ended(process)
    first, second = map(json.loads, out.splitlines())
    assert code == 0
    assert first["event"] == "delivery"
    assert (first["ok"], first["test"], first["repeat"], first["status"]) == (True, True, False, 200)
    assert first["body"]["data"]["email"] == "test@example.com"
    assert second["body"] == "not json \ufffd"


def test_too_few_in_time_is_exit_6(bare: Cli) -> None:
    with listening(bare, "--count", "1", "--timeout", "0.5") as (process, url):
        Sender(url, "another").send()
        code, _, err = ended(process)
    assert code == 6
    assert "0 of 1 valid deliveries" in err


@pytest.mark.parametrize("timeout", ["nan", "-1"])
def test_a_timeout_that_is_none_is_refused(bare: Cli, timeout: str) -> None:
    environment = {"JEBBIT_WEBHOOK_SECRET": SECRET}
    assert bare.run("webhooks", "listen", "--port", "0", "--timeout", timeout, env=environment).code == 2


def test_without_a_count_the_end_of_the_time_is_a_success(bare: Cli) -> None:
    with listening(bare, "--timeout", "0.3") as (process, _):
        assert ended(process)[0] == 0


@pytest.mark.skipif(os.name != "posix", reason="POSIX signals")
@pytest.mark.parametrize(("options", "code"), [((), 0), (("--count", "5"), 130)])
def test_ctrl_c_sums_up_and_is_130_only_while_a_count_is_owed(
    bare: Cli, options: tuple[str, ...], code: int
) -> None:
    with listening(bare, *options) as (process, url):
        Sender(url, SECRET).send()
        assert process.stdout is not None
        assert process.stdout.readline()
        process.send_signal(signal.SIGINT)
        ended_with, _, err = ended(process)
    assert ended_with == code
    assert "Received: 1 ok." in err


def test_a_recording_is_complete_before_the_answer_and_private(bare: Cli, tmp_path: Path) -> None:
    path = tmp_path / "recording.jsonl"
    with listening(bare, "--record", str(path), "--count", "3", "--timeout", "20") as (process, url):
        for number in (1, 2):
            Sender(url, SECRET, b'{"n":%d}' % number).send()
            assert len(path.read_text().splitlines()) == number
        process.kill()
    assert [one.delivery.body for one in read(path)] == [b'{"n":1}', b'{"n":2}']
    assert path.stat().st_mode & 0o777 == 0o600


def test_forwarding_passes_on_the_same_bytes_and_headers_of_valid_deliveries(bare: Cli) -> None:
    passed_on: list[Delivery] = []
    with (
        Receiver(SECRET, passed_on.append) as behind,
        listening(bare, "--forward-to", f"{behind.url}/app", "--count", "1", "--json") as (process, url),
    ):
        Sender(url, "another").send()
        Sender(url, SECRET, b'{ "odd" :\t1}\n').send()
        code, out, _ = ended(process)
    assert code == 0
    (delivery,) = passed_on
    assert delivery.body == b'{ "odd" :\t1}\n'
    assert delivery.verification.valid
    assert delivery.test
    assert [json.loads(line)["event"] for line in out.splitlines()] == ["delivery", "delivery", "forwarded"]


def test_a_failed_forward_is_an_event_of_its_own_and_the_sender_is_answered(bare: Cli) -> None:
    options = ("--forward-to", "http://127.0.0.1:9/", "--count", "1", "--json")
    with listening(bare, *options) as (process, url):
        assert Sender(url, SECRET).send().status == 200
        code, out, _ = ended(process)
    assert code == 0
    event = json.loads(out.splitlines()[1])
    assert event["event"] == "forward-failed"
    assert event["error"]


def test_trigger_makes_a_ci_step_of_one_command(tmp_path: Path) -> None:
    test = Stage("")  # Jebbit learns the endpoint when the receiver has a port
    with Sandbox(Options(integrations=2), wrap=test.wrap) as sandbox:
        id_ = webhook(sandbox)
        test.request = f"POST /api/v1/integrations/{id_}/test"
        options = ("--trigger", id_, "--count", "1", "--timeout", "20", "--json")
        with listening(cli_for(tmp_path, sandbox), *options, secret=None) as (process, url):
            stored(sandbox)[id_]["endpoint"] = f"{url}/jebbit"
            test.over.set()
            code, out, _ = ended(process)
    event = json.loads(out)
    assert (code, event["test"], event["ok"]) == (0, True, True)


def test_a_trigger_that_fails_ends_at_once(cli: Cli) -> None:
    started = time.monotonic()
    options = ("--trigger", "nowhere1", "--port", "0", "--count", "1", "--timeout", "30")
    result = cli.run("webhooks", "listen", *options, env={"JEBBIT_WEBHOOK_SECRET": SECRET})
    assert result.code == 3
    assert time.monotonic() - started < 10


def test_what_clients_do_wrong_is_no_noise(bare: Cli) -> None:
    with listening(bare, "--count", "1") as (process, url), ExitStack() as stack:
        talk(url, b"POST /\x1b]0;owned\x07 HTTP/1.1\r\nConnection: close\r\nX\x1b[31m: y\r\n\r\n")
        for _ in range(310):  # more than are served at once, which waitress would warn about
            stack.enter_context(connected(url))
        time.sleep(0.2)
        stack.close()
        assert Sender(url, SECRET).send().status == 200
        code, out, err = ended(process)
    assert code == 0
    assert err.startswith("Received: 1 ok")
    assert len(err.splitlines()) == 1
    assert "\x1b" not in out


@pytest.mark.parametrize("timeout", ["inf", "1e12"])
def test_a_timeout_may_be_as_long_as_anybody_likes(bare: Cli, timeout: str) -> None:
    with listening(bare, "--count", "1", "--timeout", timeout) as (process, url):
        Sender(url, SECRET).send()
        assert ended(process)[0] == 0


def test_another_host_than_loopback_is_warned_about(bare: Cli) -> None:
    options = ("--host", "0.0.0.0", "--port", "0", "--timeout", "0.2")  # noqa: S104 - what is tested
    result = bare.run("webhooks", "listen", *options, env={"JEBBIT_WEBHOOK_SECRET": SECRET})
    assert result.code == 0
    assert "warning: 0.0.0.0 is open to other machines" in result.err


def test_a_port_in_use_is_a_clear_error(bare: Cli) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        result = bare.run("webhooks", "listen", "--port", port, env={"JEBBIT_WEBHOOK_SECRET": SECRET})
    assert result.code == 2
    assert port in result.err


@pytest.mark.parametrize("body", [b"NaN", b"[1e999]", b"[" * 400 + b"]" * 400, b"[" * 980 + b"]" * 980])
def test_json_is_json_whatever_a_sender_takes_for_json(bare: Cli, body: bytes) -> None:
    with listening(bare, "--count", "1", "--json") as (process, url):
        assert Sender(url, SECRET, body).send().status == 200
        code, out, _ = ended(process)
    assert code == 0

    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    assert json.loads(out, parse_constant=refuse)["body"] == body.decode()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is full")
def test_what_cannot_be_recorded_ends_it_at_once(bare: Cli) -> None:
    with listening(bare, "--record", "/dev/full", "--count", "1") as (process, url):
        assert Sender(url, SECRET).send().status == 500
        code, out, err = ended(process)
    assert (code, out) == (1, "")
    assert "error: cannot record to /dev/full: No space left on device" in err


@pytest.mark.parametrize("ending", ["--timeout", "ctrl-c"])
def test_the_end_waits_for_no_slow_endpoint_behind_it_and_tells_all_that_came(bare: Cli, ending: str) -> None:
    behind = Endpoint(delay=1)
    options = ["--timeout", "4"] if ending == "--timeout" else []
    with (
        BackgroundServer(behind) as server,
        listening(bare, "--forward-to", server.url, "--json", *options) as (process, url),
    ):
        for number in range(20):
            assert Sender(url, SECRET, b"%d" % number).send().status == 200
        if ending == "ctrl-c":
            process.send_signal(signal.SIGINT)
        code, out, err = ended(process)
    assert code == 0
    told = [event["body"] for event in map(json.loads, out.splitlines()) if event["event"] == "delivery"]
    assert told == list(range(20))
    assert "Received: 20 ok." in err
    assert len(behind.seen) < 20


@pytest.mark.parametrize(
    "option", ["--forward-to", "--trigger", "--record", "--integration", "--secret-file"]
)
def test_an_empty_value_is_never_taken_for_none(cli: Cli, option: str) -> None:
    environment = {"JEBBIT_WEBHOOK_SECRET": SECRET}
    result = cli.run("webhooks", "listen", "--port", "0", "--timeout", "0", option, "", env=environment)
    assert (result.code, result.out) == (2, "")
    assert "error: " in result.err
