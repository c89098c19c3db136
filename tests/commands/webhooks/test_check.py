from __future__ import annotations

import os
import signal
import subprocess
import threading
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from jebbitctl.sandbox.server import Sandbox, SandboxOptions
from jebbitctl.util.text import as_reason
from jebbitctl.webhooks.probes import LIVE_FORGERY, NAMES
from tests.support import JEBBITCTL, cli_for
from tests.terminal import COLOUR, screen
from tests.webhooks.receivers import ReceiverAnswer, correct, except_if, genuine, serving
from tests.webhooks.support import SECRET, UNREACHABLE

if TYPE_CHECKING:
    from pathlib import Path

    from jebbitctl.webhooks.delivery import Delivery
    from tests.support import Cli
    from tests.webhooks.receivers import Incoming

NOT_LIVE = [name for name in NAMES if name != "live"]
ANSWER = ReceiverAnswer(200, b"thanks")
ACCEPTS_UNSIGNED = except_if(lambda request: request.header is None, ANSWER)


def cases(path: Path) -> dict[str, str]:
    """Return the test cases of a JUnit file, each with the tag of its result."""
    suite = ET.parse(path).getroot()  # noqa: S314 - our own file
    return {str(case.get("name")): case[0].tag if len(case) else "passed" for case in suite.iter("testcase")}


def test_a_correct_receiver_passes(signer: Cli, endpoint: str, deliveries: list[Delivery]) -> None:
    result = signer.run("webhooks", "check", endpoint)
    assert result.code == 0
    assert [line.split()[:2] for line in result.out.splitlines()] == [["✓", name] for name in NOT_LIVE]
    assert result.err == "25 ok.\n"
    assert all(delivery.test for delivery in deliveries if delivery.verification)


def test_json_is_one_document(signer: Cli, endpoint: str) -> None:
    result = signer.run("webhooks", "check", f"{endpoint}/hook?token=0123456789", "--json")
    assert (result.json["ok"], result.json["url"]) == (True, f"{endpoint}/hook")
    assert (result.json["diagnosis"], result.json["clock_offset_seconds"]) == (None, 0)
    stale = next(probe for probe in result.json["probes"] if probe["name"] == "stale")
    assert stale.pop("milliseconds") > 0
    assert stale == {
        "name": "stale",
        "state": "ok",
        "expectation": "a timestamp 330 seconds old is refused",
        "outcome": "returned 400",
        "status": 400,
        "response": "stale",
        "reason": None,
        "consequence": None,
    }


def test_plain_results_are_tab_separated(signer: Cli, endpoint: str) -> None:
    result = signer.run("webhooks", "check", endpoint, "--plain", "--only", "stale")
    rows = [line.split("\t") for line in result.out.splitlines()]
    assert [row[:4] for row in rows] == [
        ["ok", "valid", "200", "returned 200"],
        ["ok", "stale", "400", "returned 400"],
    ]


def test_a_failure_is_shown_with_the_answer_the_expectation_and_the_consequence(signer: Cli) -> None:
    with serving(ACCEPTS_UNSIGNED) as url:
        result = signer.run("webhooks", "check", url, "--only", "no-signature,stale")
    assert result.code == 6
    assert result.out.splitlines() == [
        "✓ valid               returned 200",
        "✗ no-signature        returned 200",
        "    response: thanks",
        "    expected: a delivery without x-jebbit-signature is refused",
        "    Anyone who finds the URL can send you forged leads.",
        "✓ stale               returned 400",
    ]
    assert "2 ok, 1 failed." in result.err
    assert "error: 1 of 3 probes failed: no-signature" in result.err


def test_a_consequence_of_several_results_is_printed_once(signer: Cli) -> None:
    with serving(except_if(lambda request: request.method == "POST", ANSWER)) as url:
        result = signer.run("webhooks", "check", url, "--only", "no-signature,wrong-secret")
    assert result.out.splitlines()[2:] == [
        "    response: thanks",
        "    expected: a delivery without x-jebbit-signature is refused",
        "    Anyone who finds the URL can send you forged leads.",
        "✗ wrong-secret        returned 200",
        "    expected: a signature with another secret is refused",
    ]


def test_csv_results_have_one_header(signer: Cli, endpoint: str) -> None:
    result = signer.run("webhooks", "check", endpoint, "--csv", "--only", "stale")
    rows = [line.split(",") for line in result.out.splitlines()]
    assert [row[:3] for row in rows] == [
        ["state", "name", "status"],
        ["ok", "valid", "200"],
        ["ok", "stale", "400"],
    ]


def test_probes_that_sent_nothing_are_told_together(signer: Cli) -> None:
    result = signer.run("webhooks", "check", UNREACHABLE)
    assert result.out.splitlines() == [
        "– valid               connection refused: the endpoint cannot be reached",  # noqa: RUF001
        "– 24 probes           the endpoint cannot be reached",  # noqa: RUF001
    ]
    rows = signer.run("webhooks", "check", UNREACHABLE, "--plain").out.splitlines()
    assert [row.split("\t")[1] for row in rows] == NOT_LIVE
    with serving(lambda _: 404) as url:
        lines = signer.run("webhooks", "check", url, "--only", "stale,get,repeat").out.splitlines()
    assert lines[-1] == "– 2 probes            a valid delivery was not accepted"  # noqa: RUF001


def test_a_warning_alone_is_exit_0(signer: Cli) -> None:
    with serving(except_if(lambda request: request.method == "GET", 200)) as url:
        result = signer.run("webhooks", "check", url)
    assert result.code == 0
    assert "! get                 returned 200" in result.out
    assert "24 ok, 1 warning." in result.err


@pytest.mark.default_cases(1)
@pytest.mark.parametrize("columns", [40, 80, 120])
def test_results_fit_a_terminal_and_have_colours(signer: Cli, columns: int) -> None:
    with serving(except_if(lambda request: request.method == "POST" and not genuine(request), ANSWER)) as url:
        shown = screen(signer, "webhooks", "check", url, "--only", "tampered-body-live,get", columns=columns)
    assert "\x1b[31m✗ tampered-body-live" in shown
    results = COLOUR.sub("", shown).partition("2 ok")[0]
    assert max(map(len, results.splitlines())) <= columns
    assert " ".join(results.split()).endswith(
        "without x-jebbit-test is refused " + LIVE_FORGERY + " ✓ get returned 405"
    )


def test_refusals_that_cannot_be_tested_are_exit_6(signer: Cli) -> None:
    with serving(except_if(lambda request: request.method == "POST" and not genuine(request), 500)) as url:
        result = signer.run("webhooks", "check", url)
    assert result.code == 6
    assert (
        "could not test whether the endpoint refuses forged deliveries, forged deliveries without"
        in result.err
    )


def test_if_no_valid_delivery_is_accepted_only_the_cause_is_said(bare: Cli, endpoint: str) -> None:
    result = bare.run("webhooks", "check", endpoint, "--json", env={"JEBBIT_WEBHOOK_SECRET": "another"})
    assert result.code == 6
    reason, hint = (as_reason(result.json["diagnosis"][key]) for key in ("finding", "fix"))
    assert result.error["message"] == f"a valid delivery was not accepted: {reason}"
    assert result.error["hint"] == hint
    assert [one["name"] for one in result.json["probes"] if one["consequence"]] == ["valid"]


def test_an_endpoint_that_cannot_be_reached_is_exit_5_and_an_error_in_junit(
    signer: Cli, tmp_path: Path
) -> None:
    path = tmp_path / "check.xml"
    result = signer.run("webhooks", "check", UNREACHABLE, "--junit", str(path))
    assert result.code == 5
    assert cases(path) == dict.fromkeys(NOT_LIVE, "error")


def test_a_wrong_clock_of_the_endpoint_is_a_warning(signer: Cli) -> None:
    date = {"Date": "Thu, 26 Nov 2020 10:00:00 GMT"}
    with serving(lambda request: ReceiverAnswer(correct(request), headers=date)) as url:
        result = signer.run("webhooks", "check", url, "--only", "get")
    assert "warning: the endpoint's clock is " in result.err
    assert " days behind this machine's" in result.err


def test_a_wait_for_a_limit_of_requests_is_said(signer: Cli) -> None:
    limited = iter([ReceiverAnswer(429, headers={"Retry-After": "0"})])
    with serving(lambda request: next(limited, None) or correct(request)) as url:
        result = signer.run("webhooks", "check", url, "--only", "get")
    assert result.code == 0
    assert "Waiting 0 s: the endpoint limits requests.\n" in result.err


class TestOptions:
    def test_probes_can_be_chosen_and_skipped(self, signer: Cli, endpoint: str) -> None:
        options = ["--only", "stale, get", "--only", "repeat", "--skip", "get"]
        result = signer.run("webhooks", "check", endpoint, *options, "--json", "-q", "probes[].name")
        assert result.json == ["valid", "stale", "repeat"]

    def test_an_unknown_probe_is_exit_2_with_the_names(self, signer: Cli, endpoint: str) -> None:
        result = signer.run("webhooks", "check", endpoint, "--skip", "nothing")
        assert result.code == 2
        assert "hint: use valid, live, no-signature" in result.err

    def test_the_probe_valid_cannot_be_skipped(
        self, signer: Cli, endpoint: str, deliveries: list[Delivery]
    ) -> None:
        result = signer.run("webhooks", "check", endpoint, "--skip", "get,valid")
        assert (result.code, result.out, deliveries) == (2, "", [])
        assert "the probe valid cannot be skipped" in result.err

    def test_live_sends_one_real_delivery(
        self, signer: Cli, endpoint: str, deliveries: list[Delivery]
    ) -> None:
        assert signer.run("webhooks", "check", endpoint, "--live").code == 0
        assert len([one for one in deliveries if one.verification and not one.test]) == 1

    @pytest.mark.parametrize("header", ["Content-Type: application/json", "x-jebbit-test:1"])
    def test_a_header_that_probes_set_is_exit_2(self, signer: Cli, endpoint: str, header: str) -> None:
        result = signer.run("webhooks", "check", endpoint, "--header", header)
        assert result.code == 2
        assert "probes set it" in result.err

    def test_headers_are_sent_with_each_request(self, signer: Cli) -> None:
        def guarded(request: Incoming) -> int:
            return correct(request) if request.authorization == "Bearer 1" else 401

        with serving(guarded) as url:
            assert signer.run("webhooks", "check", url, "-H", "Authorization: Bearer 1").code == 0
            assert signer.run("webhooks", "check", url, "--only", "stale").code == 6

    def test_a_rate_of_zero_is_exit_2(self, signer: Cli, endpoint: str) -> None:
        assert signer.run("webhooks", "check", endpoint, "--rate", "0").code == 2


class TestIntegration:
    def test_without_a_url_the_integrations_own_endpoint_is_checked(self, cli: Cli) -> None:
        secret = ""
        with serving(lambda request: correct(request, secret)) as url:
            created = cli.run("integrations", "create", "--endpoint", url, "--json").json
            secret = created["shared_secret"]
            result = cli.run("webhooks", "check", "--integration", created["id"])
        assert (result.code, result.err) == (0, "25 ok.\n")

    def test_an_endpoint_that_jebbit_does_not_show_has_to_be_given(self, tmp_path: Path) -> None:
        with Sandbox(SandboxOptions(integrations=1, dialect="host")) as sandbox:
            behaviour = sandbox.state.behaviour
            behaviour.dialect = behaviour.dialect.without("webhook_integrations", "endpoint")
            cli = cli_for(tmp_path, sandbox)
            id_ = cli.run("integrations", "list", "-q", "[0].id").out.strip()
            result = cli.run("webhooks", "check", "--integration", id_)
        assert result.code == 2
        assert f"Jebbit does not say the endpoint of integration {id_}" in result.err
        assert f"hint: give it: jebbitctl webhooks check URL --integration {id_}" in result.err

    def test_without_a_url_and_an_integration_nothing_can_be_checked(self, signer: Cli) -> None:
        result = signer.run("webhooks", "check")
        assert result.code == 2
        assert "no endpoint given" in result.err


class TestJunitFile:
    def test_results_are_written(self, signer: Cli, tmp_path: Path) -> None:
        path = tmp_path / "check.xml"
        careless = except_if(lambda request: request.header is None or request.method == "GET", ANSWER)
        with serving(careless) as url:
            signer.run(
                "webhooks",
                "check",
                f"{url}/?token=0123456789",
                "--junit",
                str(path),
                "--only",
                "no-signature,get",
            )
        assert cases(path) == {"valid": "passed", "no-signature": "failure", "get": "system-out"}
        assert "response: thanks" in path.read_text()
        assert "0123456789" not in path.read_text()

    def test_an_unwritable_path_is_exit_2_before_the_first_request(
        self, signer: Cli, endpoint: str, deliveries: list[Delivery], tmp_path: Path
    ) -> None:
        for path in ("/nowhere/check.xml", str(tmp_path)):
            result = signer.run("webhooks", "check", endpoint, "--junit", path)
            assert result.code == 2
            assert "--junit" in result.err
        assert not deliveries

    def test_a_file_that_is_no_junit_xml_is_not_overwritten(
        self, signer: Cli, endpoint: str, deliveries: list[Delivery], tmp_path: Path
    ) -> None:
        path = tmp_path / "notes.txt"
        path.write_text("notes")
        result = signer.run("webhooks", "check", endpoint, "--junit", str(path))
        assert result.code == 2
        assert "the file exists and is not JUnit XML" in result.err
        assert path.read_text() == "notes"
        assert not deliveries

    @pytest.mark.parametrize(
        "options", [["--integration", "unknown"], ["URL", "--only", "nothing"], ["ftp://x"]]
    )
    def test_no_older_results_remain_if_the_check_cannot_even_begin(
        self, bare: Cli, tmp_path: Path, options: list[str]
    ) -> None:
        path = tmp_path / "check.xml"
        path.write_text("<testsuite tests='1'><testcase name='valid'/></testsuite>")
        assert bare.run("webhooks", "check", *options, "--junit", str(path)).code in {2, 4}
        assert cases(path) == {"check": "error"}

    def test_a_pipe_gets_one_document(self, signer: Cli, endpoint: str, tmp_path: Path) -> None:
        pipe = tmp_path / "pipe"
        os.mkfifo(pipe)
        read: list[str] = []
        reader = threading.Thread(target=lambda: read.append(pipe.read_text()))
        reader.start()
        assert signer.run("webhooks", "check", endpoint, "--only", "get", "--junit", str(pipe)).code == 0
        reader.join()
        assert read[0].count("<testsuite ") == 1


@pytest.mark.default_cases(1)
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_check_leaves_what_it_found(
    signer: Cli, tmp_path: Path, number: signal.Signals, code: int
) -> None:
    path = tmp_path / "check.xml"
    reached, done = threading.Event(), threading.Event()

    def stuck_at_stale(request: Incoming) -> int:
        if b"stale" in request.body:
            reached.set()
            done.wait(20)
        return correct(request)

    with (
        serving(stuck_at_stale) as url,
        subprocess.Popen(
            [JEBBITCTL, "webhooks", "check", url, "--junit", str(path), "--only", "no-signature,stale,get"],
            env=signer.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process,
    ):
        try:
            assert reached.wait(20)
            process.send_signal(number)
            out, err = process.communicate(timeout=20)
        finally:
            done.set()
            process.kill()
    assert process.returncode == code
    assert [line[0] for line in out.splitlines()] == ["✓", "✓"]
    assert "2 ok, 2 unknown." in err
    assert cases(path) == {"valid": "passed", "no-signature": "passed", "stale": "error", "get": "error"}
    assert SECRET not in out + err
