"""``webhooks sign|verify|send|check|replay``; listen has a file of its own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from jebbitctl.webhooks.receiver import Receiver
from jebbitctl.webhooks.recordings import Recorder
from jebbitctl.webhooks.signature import sign, verify
from tests.test_integrations import stored, webhook

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from jebbitctl.sandbox.server import Sandbox
    from jebbitctl.webhooks.receiver import Delivery
    from tests.support import Cli

SECRET = "Qq6niUmvrO320lYbBGKha6cdy22Bz8BVBd"
VECTOR = "t=1700000000,v1=/Sc06vNwsepKQb9Ks6ltIFPjbrlsNZ33m24sWO4VgPw="
AT = ("--at", "1700000000")


@pytest.fixture
def signer(bare: Cli) -> Cli:
    """A fresh machine with a shared secret in the environment."""
    bare.env["JEBBIT_WEBHOOK_SECRET"] = SECRET
    bare.secrets.append(SECRET)
    return bare


@pytest.fixture
def deliveries() -> list[Delivery]:
    return []


@pytest.fixture
def endpoint(deliveries: list[Delivery]) -> Iterator[str]:
    """A correct receiver's URL."""
    with Receiver(SECRET, deliveries.append) as receiver:
        yield receiver.url


def test_sign_prints_the_header_value_of_the_test_vector(signer: Cli) -> None:
    assert signer.run("webhooks", "sign", *AT, stdin="{}").out == f"{VECTOR}\n"
    at = ("--at", "2023-11-14T22:13:20Z")
    assert signer.run("webhooks", "sign", *at, stdin="{}", env={}).out == f"{VECTOR}\n"
    document = signer.run("webhooks", "sign", *AT, "--json", stdin="{}").json
    assert document == {"header": "x-jebbit-signature", "value": VECTOR}


def test_sign_takes_bytes_as_they_are(signer: Cli, tmp_path: Path) -> None:
    body = b"\xef\xbb\xbf{\r\n\x00\xff\n"
    path = tmp_path / "body"
    path.write_bytes(body)
    for arguments, stdin in ((("--body", str(path)), None), (("--body", "-"), body), ((), body)):
        value = signer.run("webhooks", "sign", *arguments, stdin=stdin).out.strip()
        assert verify(SECRET, body, value)


def test_every_source_of_the_secret_works(bare: Cli, tmp_path: Path) -> None:
    path, body = tmp_path / "secret", tmp_path / "body"
    path.write_text(f"{SECRET}\n")
    body.write_text("{}")
    sign_ = ("webhooks", "sign", *AT, "--body", str(body))
    assert bare.run(*sign_, "--secret-file", str(path)).out == f"{VECTOR}\n"
    assert bare.run(*sign_, "--secret-stdin", stdin=f"{SECRET}\n").out == f"{VECTOR}\n"
    assert bare.run(*sign_, env={"JEBBIT_WEBHOOK_SECRET": SECRET}).out == f"{VECTOR}\n"


def test_the_secret_may_be_asked_of_jebbit(cli: Cli, sandbox: Sandbox) -> None:
    id_ = webhook(sandbox)
    value = cli.run("webhooks", "sign", "--integration", id_, stdin="{}").out.strip()
    assert verify(str(stored(sandbox)[id_]["shared_secret"]), b"{}", value)


@pytest.mark.parametrize(
    ("arguments", "stdin", "code"),
    [
        ((), "{}", 2),
        (("--secret-file", "nowhere"), "{}", 2),
        (("--secret-stdin",), SECRET, 2),
        (("--secret-stdin", "--secret-file", "x"), SECRET, 2),
        (("--secret-stdin", "--body", "pyproject.toml"), "", 4),
        (("--secret-stdin", "--body", "pyproject.toml"), "two\nlines", 4),
        (("--at", "yesterday", "--secret-stdin", "--body", "pyproject.toml"), SECRET, 2),
    ],
)
def test_a_secret_or_body_that_cannot_be_meant_is_refused(
    bare: Cli, arguments: tuple[str, ...], stdin: str, code: int
) -> None:
    result = bare.run("webhooks", "sign", *arguments, stdin=stdin)
    assert (result.code, result.out) == (code, "")
    assert result.err.startswith("error: ")


def test_verify_accepts_a_good_signature(signer: Cli) -> None:
    result = signer.run("webhooks", "verify", "--signature", VECTOR, *AT, "--json", stdin="{}")
    assert result.code == 0
    assert result.json == {"ok": True, "reason": "ok", "timestamp": 1700000000, "age_seconds": 0}


@pytest.mark.parametrize(
    ("signature", "at", "reason"),
    [
        (VECTOR, "1700000301", "stale"),
        (VECTOR, "1699999699", "future"),
        ("t=1700000000,v1=AAAA", "1700000000", "mismatch"),
        ("nonsense", "1700000000", "malformed-header"),
        ("", "1700000000", "malformed-header"),
    ],
)
def test_verify_refuses_with_exit_6_and_the_reason(signer: Cli, signature: str, at: str, reason: str) -> None:
    result = signer.run("webhooks", "verify", "--signature", signature, "--at", at, "--json", stdin="{}")
    assert result.code == 6
    assert result.json["reason"] == reason
    assert result.error["code"] == "check_failed"


def test_the_tolerance_can_be_widened(signer: Cli) -> None:
    late = ("webhooks", "verify", "--signature", VECTOR, "--at", "1700000400")
    assert signer.run(*late, stdin="{}").code == 6
    assert signer.run(*late, "--tolerance", "400", stdin="{}").code == 0


def test_explain_names_the_culprit_and_the_remedy(signer: Cli) -> None:
    arguments = ("webhooks", "verify", "--signature", VECTOR, *AT, "--explain")
    result = signer.run(*arguments, "--json", stdin="{}\n")
    assert result.code == 6
    assert result.json["explanation"]["culprit"] == "newline-added"
    told = signer.run(*arguments, stdin="{}\n").out
    assert "newline at its end" in told
    assert "printf" in told


def test_explain_says_where_to_look_when_it_verifies_here(signer: Cli) -> None:
    arguments = ("webhooks", "verify", "--signature", VECTOR, *AT, "--explain")
    assert "request.body.read" in signer.run(*arguments, stdin="{}").out


def test_explain_of_an_old_delivery_names_its_age(signer: Cli) -> None:
    arguments = ("webhooks", "verify", "--signature", VECTOR, "--at", "1700000400", "--explain")
    result = signer.run(*arguments, "--json", stdin="{}")
    assert (result.code, result.json["explanation"]["culprit"]) == (6, "stale")
    assert "--at" in result.error["hint"]


def test_send_delivers_a_signed_test(signer: Cli, endpoint: str, deliveries: list[Delivery]) -> None:
    document = signer.run("webhooks", "send", endpoint, "--json").json
    assert (document["status"], document["accepted"], document["error"]) == (200, True, None)
    (delivery,) = deliveries
    assert delivery.verification.valid
    assert delivery.test
    assert json.loads(delivery.body)["data"]["email"] == "test@example.com"


def test_send_live_carries_no_test_header_and_these_bytes(
    signer: Cli, endpoint: str, deliveries: list[Delivery]
) -> None:
    assert signer.run("webhooks", "send", endpoint, "--live", "--data", "-", stdin=b"\xff\n").code == 0
    (delivery,) = deliveries
    assert not delivery.test
    assert delivery.body == b"\xff\n"


def test_send_in_a_series_sums_up(signer: Cli, endpoint: str, deliveries: list[Delivery]) -> None:
    arguments = ("webhooks", "send", endpoint, "--count", "5", "--rate", "50", "--json")
    document = signer.run(*arguments).json
    assert len(deliveries) == document["count"] == document["accepted"] == 5
    assert document["statuses"] == {"200": 5}
    assert document["min_milliseconds"] <= document["median_milliseconds"] <= document["p99_milliseconds"]


@pytest.mark.parametrize("count", ["1", "2"])
@pytest.mark.parametrize("rate", ["0", "nan"])
def test_a_rate_that_is_none_is_refused_whatever_the_count(
    signer: Cli, endpoint: str, deliveries: list[Delivery], count: str, rate: str
) -> None:
    assert signer.run("webhooks", "send", endpoint, "--count", count, "--rate", rate).code == 2
    assert not deliveries


@pytest.mark.parametrize("count", ["1", "2"])
def test_send_fails_unless_the_answer_is_2xx(bare: Cli, endpoint: str, count: str) -> None:
    wrong = {"JEBBIT_WEBHOOK_SECRET": "another"}
    result = bare.run("webhooks", "send", endpoint, "--count", count, env=wrong)
    assert result.code == 6
    assert "403" in result.out
    assert "not accepted" in result.err


def test_send_to_nobody_says_why(signer: Cli) -> None:
    result = signer.run("webhooks", "send", "http://127.0.0.1:9/")
    assert result.code == 6
    assert "refused" in result.out.lower()


def test_check_passes_a_correct_receiver_and_writes_junit(
    signer: Cli, endpoint: str, deliveries: list[Delivery], tmp_path: Path
) -> None:
    path = tmp_path / "check.xml"
    result = signer.run("webhooks", "check", endpoint, "--junit", str(path), "--json")
    assert result.code == 0
    assert result.json["ok"] is True
    assert len(result.json["probes"]) >= 12
    assert all(delivery.test for delivery in deliveries)
    suite = ET.parse(path).getroot()  # noqa: S314 - our own file
    assert suite.get("failures") == "0"
    assert suite.get("tests") == str(len(result.json["probes"]))


def test_check_shows_its_results_even_where_junit_cannot_be_written(signer: Cli, endpoint: str) -> None:
    result = signer.run("webhooks", "check", endpoint, "--junit", "/nowhere/check.xml")
    assert result.code == 2
    assert result.out.count("✓") >= 12
    assert "cannot write /nowhere/check.xml" in result.err


def test_check_names_each_failure_and_what_it_means(bare: Cli, endpoint: str) -> None:
    result = bare.run("webhooks", "check", endpoint, env={"JEBBIT_WEBHOOK_SECRET": "another"})
    assert result.code == 6
    marks = {line.split("\t")[1]: line.split("\t")[0] for line in result.out.splitlines()}
    assert marks["valid"] == "✗"
    assert marks["get"] == "✓"
    assert "✗ valid: " in result.err
    assert "probes failed" in result.err


def test_check_with_another_secret_than_the_endpoint_s_says_so_first(bare: Cli, endpoint: str) -> None:
    result = bare.run("webhooks", "check", endpoint, env={"JEBBIT_WEBHOOK_SECRET": "another"})
    assert "hint: is its secret this one?" in result.err


def test_check_of_nobody_is_unavailable(signer: Cli) -> None:
    assert signer.run("webhooks", "check", "http://127.0.0.1:9/").code == 5


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """Three deliveries of long ago, recorded."""
    received: list[Delivery] = []
    path = tmp_path / "recording.jsonl"
    with Receiver(SECRET, received.append, tolerance=10**9) as receiver, Recorder(path) as recorder:
        import requests

        for number in range(3):
            body = b'{"n":%d}\n' % number
            header = {"x-jebbit-signature": sign(SECRET, body, timestamp=1700000000)}
            requests.post(receiver.url, data=body, headers=header, timeout=5).raise_for_status()
        for delivery in received:
            recorder.append(delivery)
    return path


def test_replay_sends_the_same_bytes_with_the_original_signature(
    signer: Cli, recording: Path, endpoint: str, deliveries: list[Delivery]
) -> None:
    result = signer.run("webhooks", "replay", str(recording), "--to", endpoint, "--only", "1,3", "--json")
    assert result.code == 6
    assert [(row["number"], row["status"]) for row in result.json] == [(1, 400), (3, 400)]
    assert [delivery.body for delivery in deliveries] == [b'{"n":0}\n', b'{"n":2}\n']
    assert {str(delivery.verification.reason) for delivery in deliveries} == {"stale"}


def test_replay_that_is_refused_names_the_numbers_and_the_way_out(
    signer: Cli, recording: Path, endpoint: str
) -> None:
    result = signer.run("webhooks", "replay", str(recording), "--to", endpoint, "--only", "1,3")
    assert "2 of 2 deliveries not accepted: number 1, 3" in result.err
    assert "hint: --resign" in result.err


def test_replay_to_nobody_is_not_put_down_to_old_timestamps(signer: Cli, recording: Path) -> None:
    result = signer.run("webhooks", "replay", str(recording), "--to", "http://127.0.0.1:9/")
    assert result.code == 6
    assert "refused" in result.out
    assert "hint" not in result.err


def test_replay_resigned_is_accepted(
    signer: Cli, recording: Path, endpoint: str, deliveries: list[Delivery]
) -> None:
    result = signer.run("webhooks", "replay", str(recording), "--to", endpoint, "--resign")
    assert result.code == 0
    assert len(deliveries) == 3


def test_replay_says_for_what_it_vouches_when_it_signs_a_forgery(
    signer: Cli, endpoint: str, tmp_path: Path
) -> None:
    import requests

    path = tmp_path / "recording.jsonl"
    with Recorder(path) as recorder, Receiver(SECRET, recorder.append) as receiver:
        for secret in (SECRET, "forger's", SECRET):
            requests.post(
                receiver.url, data=b"{}", headers={"x-jebbit-signature": sign(secret, b"{}")}, timeout=5
            )
    again = ("webhooks", "replay", str(path), "--to", endpoint)
    assert "warning" not in signer.run(*again).err
    result = signer.run(*again, "--resign")
    assert result.code == 0
    assert "warning: number 2 did not verify when it came, and is signed all the same" in result.err
    assert "warning" not in signer.run(*again, "--resign", "--only", "1,3").err


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--only", "9"), 2),
        (("--only", "x"), 2),
        (("--since", "soon"), 2),
        (("--since", "2100-01-01T00:00:00Z"), 0),
    ],
)
def test_replay_selects_carefully(
    signer: Cli, recording: Path, endpoint: str, arguments: tuple[str, ...], code: int
) -> None:
    result = signer.run("webhooks", "replay", str(recording), "--to", endpoint, *arguments)
    assert (result.code, result.out) == (code, "")


def test_replay_of_something_else_names_the_line(signer: Cli, endpoint: str, tmp_path: Path) -> None:
    path = tmp_path / "other.jsonl"
    path.write_text("{}\n")
    result = signer.run("webhooks", "replay", str(path), "--to", endpoint)
    assert result.code == 2
    assert "line 1" in result.err
