from __future__ import annotations

import base64
import json
import os
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jebbitctl.api.resources import Resource
from jebbitctl.diagnose import arrival
from jebbitctl.diagnose.findings import State
from jebbitctl.diagnose.own_deliveries import SentTest
from jebbitctl.diagnose.receipts import Receipts
from jebbitctl.errors import UsageError
from jebbitctl.webhooks.delivery import Delivery
from jebbitctl.webhooks.recordings.lines import to_line
from jebbitctl.webhooks.sender import delivery_headers
from jebbitctl.webhooks.signature import sign, verify
from tests.recording_line import RECORDED
from tests.webhooks.support import SECRET

from .endpoints import ID, a_case

if TYPE_CHECKING:
    from jebbitctl.diagnose.findings import Finding

BODY = b'{"data":{"email":"test@example.com"}}'
OTHER = "another secret of 34 characters!!!"


def recorded(
    signer: str = SECRET, *, ago: int = 60, test: bool = True, body: bytes = BODY, **changes: Any
) -> bytes:
    """Return a line of a recording of a delivery that was signed some seconds ago."""
    at = int(time.time()) - ago
    header = sign(signer, body, timestamp=at)
    headers = {"x-jebbit-signature": header}
    verification = verify(SECRET, body, header, now=at)
    return to_line(
        Delivery(float(at), body, headers, verification, test=test, repeat=False, status=200, **changes)
    )


def logged(secret: str = SECRET, **changes: Any) -> bytes:
    """Return a line of another program's log."""
    at = int(time.time()) - 60
    headers = {"X-Jebbit-Signature": sign(secret, BODY, timestamp=at), "X-Jebbit-Test": "true"}
    return json.dumps({"headers": headers, "body": BODY.decode(), **changes}).encode() + b"\n"


EARLIER = recorded(ago=10)


def receipts(path: Path, *lines: bytes) -> Receipts:
    (path / "receipts").write_bytes(b"".join(lines))
    return Receipts(path / "receipts")


def seen(found: Receipts, test: SentTest | None = None, **others: str) -> Finding:
    """Return what the line says of an integration with SECRET, beside others with secrets."""
    known = tuple(Resource("integrations", id_, {"shared_secret": one}) for id_, one in others.items())
    case = a_case("https://acme.io", receipts=found, shared_secret=SECRET, others=known)
    case.own.test = test
    return arrival.arrived(case)


def test_without_a_file_nothing_is_known() -> None:
    found = arrival.arrived(a_case("https://acme.io"))
    assert (found.state, "--receipts FILE" in found.seen) == (State.UNKNOWN, True)


@pytest.mark.parametrize(
    "line",
    [
        recorded(),
        logged(),
        logged(body=base64.b64encode(BODY).decode(), isBase64Encoded=True),
        logged(requestContext={"timeEpoch": 4_000_000_000_000}),
        logged(time="2096-01-01T00:00:00Z"),
        logged().rstrip(b"\n"),
        b"\xef" * 10 + b"\nGET /health 200\n" + logged(),
        b'{"time": "2026-01-31T12:00:0' + recorded(),
    ],
    ids=["recording", "log", "base64", "lambda", "time", "no line end", "among other lines", "after a crash"],
)
def test_a_delivery_with_the_right_signature_has_arrived(tmp_path: Path, line: bytes) -> None:
    found = seen(receipts(tmp_path, line))
    assert (found.state, found.seen.startswith("the newest is a test of 20")) == (State.OK, True)


def test_the_newest_right_one_counts_and_an_old_one_is_warned_of(tmp_path: Path) -> None:
    old, new = recorded(ago=30 * 86400), recorded(ago=60, test=False)
    assert seen(receipts(tmp_path, old, new, recorded(OTHER))).state is State.OK
    found = seen(receipts(tmp_path, old, recorded(OTHER)))
    assert (found.state, "but it is old" in found.seen) == (State.WARNING, True)


def test_an_old_delivery_that_arrives_once_more_is_still_old(tmp_path: Path) -> None:
    again = json.loads(recorded(ago=30 * 86400))
    again["time"] = datetime.now(UTC).isoformat()
    found = seen(receipts(tmp_path, json.dumps(again).encode()))
    assert (found.state, "but it is old" in found.seen) == (State.WARNING, True)


def test_a_delivery_that_this_program_sent_is_not_jebbits(tmp_path: Path) -> None:
    headers = {**delivery_headers(SECRET, BODY, live=False)}
    logged_ = json.dumps({"headers": headers, "body": BODY.decode()}).encode() + b"\n"
    recorded_ = json.loads(recorded())
    recorded_["headers"]["user-agent"] = headers["user-agent"]
    found = seen(receipts(tmp_path, logged_, json.dumps(recorded_).encode() + b"\n"))
    assert (found.state, "no deliveries of Jebbit" in found.seen) == (State.WARNING, True)
    assert seen(receipts(tmp_path, logged_, recorded())).state is State.OK


def test_another_secret_is_found_out_about_with_the_newest_line(tmp_path: Path) -> None:
    found = seen(receipts(tmp_path, b"started\n", recorded(OTHER, ago=90), logged(OTHER)))
    assert (found.state, found.seen) == (
        State.FAILED,
        "none of 2 deliveries is signed with this integration's secret",
    )
    assert found.fix == (
        f"find out why: sed -n 3p {tmp_path}/receipts"
        f" | jebbitctl webhooks verify --explain --request - --integration {ID}"
    )


def test_deliveries_of_other_integrations_prove_nothing_about_this_one(tmp_path: Path) -> None:
    theirs = receipts(tmp_path, recorded(OTHER), logged(OTHER))
    found = seen(theirs, theirid1=OTHER)
    assert (found.state, "all are of others" in found.seen) == (State.WARNING, True)
    assert (
        seen(receipts(tmp_path, recorded(OTHER), recorded("a third one")), theirid1=OTHER).state
        is State.FAILED
    )


def test_deliveries_may_be_of_another_webhook_whose_secret_is_hidden(tmp_path: Path) -> None:
    found = seen(receipts(tmp_path, recorded(OTHER)), theirid1="")
    assert (found.state, "of 1 other webhook, which may" in found.seen) == (State.WARNING, True)


def test_a_masked_recording_says_itself_who_signed(tmp_path: Path) -> None:
    masked = recorded(masked=True, secret=f"integration {ID}", body=b'{"email":"***"}')
    assert seen(receipts(tmp_path, masked)).state is State.OK
    found = seen(receipts(tmp_path, recorded(masked=True, body=b"{}")))
    assert (found.state, "exact bodies" in found.seen) == (State.UNKNOWN, True)


def test_a_parsed_or_missing_body_proves_nothing(tmp_path: Path) -> None:
    parsed = logged(body={"data": {}})
    without = json.dumps({"headers": {"x-jebbit-signature": "t=1,v1=x"}}).encode() + b"\n"
    assert seen(receipts(tmp_path, parsed, without)).state is State.UNKNOWN


def test_a_file_without_deliveries_is_warned_of(tmp_path: Path) -> None:
    for lines in (b"", b'{"time": "2026-01-31T12:00:0', RECORDED.encode()):
        assert seen(receipts(tmp_path, lines)).state is State.WARNING


@pytest.mark.parametrize(
    "content", [b"hello\n", b"hello", b"{}\n", b"[1]\n", b"\x00\xff\x01\n", b"line\n" * 2000]
)
def test_a_foreign_file_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(UsageError, match="no deliveries that can be read"):
        receipts(tmp_path, content)


def test_a_device_without_an_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jebbitctl.diagnose.receipts.MAX_LINE_BYTES", 1000)
    monkeypatch.setattr("jebbitctl.diagnose.receipts.MAX_DAMAGE_BYTES", 5000)
    with pytest.raises(UsageError, match="no deliveries that can be read"):
        Receipts(Path("/dev/zero"))


@given(content=st.binary() | st.lists(st.binary()).map(b"\n".join).map(lambda rest: logged() + rest))
def test_any_file_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    try:
        found = receipts(tmp_path_factory.getbasetemp(), content)
    except UsageError:
        return
    assert seen(found).state in State


@pytest.mark.parametrize("member", ["headers", "body", "time", "requestContext", "multiValueHeaders"])
@given(value=st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=3))
def test_any_value_in_a_log_is_read_or_ignored(
    tmp_path_factory: pytest.TempPathFactory, member: str, value: Any
) -> None:
    found = receipts(tmp_path_factory.getbasetemp(), logged(), logged(**{member: value}))
    assert seen(found).state is State.OK


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "missing", tmp_path):
        with pytest.raises(UsageError, match="cannot read"):
            Receipts(path)


def test_a_pipe_is_read_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=lambda: (tmp_path / "pipe").write_bytes(logged()))
    writer.start()
    found = Receipts(tmp_path / "pipe")
    writer.join()
    assert seen(found).state is State.OK


def test_a_growing_file_is_read_on_even_in_the_middle_of_a_line(tmp_path: Path) -> None:
    found = receipts(tmp_path, recorded(OTHER))
    line = recorded()
    with found.path.open("ab") as file:
        file.write(line[:50])
    assert found.read_on() == 1
    with found.path.open("ab") as file:
        file.write(line[50:])
    assert found.read_on() == 2
    assert seen(found).state is State.OK


@pytest.mark.parametrize("is_moved", [True, False])
def test_a_log_that_is_rotated_is_read_on(tmp_path: Path, is_moved: bool) -> None:
    found = receipts(tmp_path, recorded(OTHER), recorded(OTHER), b'{"time": "2026-01-31T12:00:0')
    if is_moved:
        found.path.rename(tmp_path / "receipts.1")
    found.path.write_bytes(recorded(OTHER) + recorded()[:50])
    assert found.read_on() == 3
    found.path.write_bytes(recorded(OTHER) + recorded())
    assert found.read_on() == 4
    assert [one.line for one in found.of_others()][:2] == [2, 1]
    assert seen(found).state is State.OK


def test_only_the_newest_receipts_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jebbitctl.diagnose.receipts.MAX_RECEIPTS", 2)
    found = receipts(tmp_path, *(recorded(ago=ago) for ago in (5, 4, 3)))
    assert [one.number for one in found.of_others()] == [3, 2]
    monkeypatch.setattr("jebbitctl.diagnose.receipts.MAX_BYTES", len(BODY))
    assert len(receipts(tmp_path, recorded(), recorded()).of_others()) == 1


def test_own_deliveries_are_not_taken_for_jebbits(tmp_path: Path) -> None:
    line = recorded()
    found = receipts(tmp_path, line)
    found.expect_own(json.loads(line)["headers"]["x-jebbit-signature"])
    assert "has no deliveries of Jebbit" in seen(found).seen
    with found.path.open("ab") as file:
        file.write(line)  # Jebbit sent the same in the same second
    assert seen(found).state is State.OK


@pytest.fixture
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrival, "ARRIVAL_TIMEOUT", 0.05)
    monkeypatch.setattr(arrival, "_POLL_SECONDS", 0.01)


def test_jebbits_test_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrival, "_POLL_SECONDS", 0.01)
    found = receipts(tmp_path, recorded(ago=3600))
    line = recorded(ago=0)

    def arrive() -> None:
        with found.path.open("ab") as file:
            file.write(line)

    later = threading.Timer(0.05, arrive)
    later.start()
    answer = seen(found, SentTest(time.time(), found.read_on()))
    later.join()
    assert (answer.state, "Jebbit's test arrived" in answer.seen) == (State.OK, True)


@pytest.mark.usefixtures("_impatient")
@pytest.mark.parametrize(
    "new", [b"", recorded(OTHER, ago=0), recorded(ago=3600), EARLIER], ids=["none", "other", "old", "repeat"]
)
def test_a_test_that_did_not_arrive_has_failed_whatever_arrived_before(tmp_path: Path, new: bytes) -> None:
    found = receipts(tmp_path, EARLIER)
    test = SentTest(time.time(), found.read_on())
    with found.path.open("ab") as file:
        file.write(new)
    answer = seen(found, test)
    assert (answer.state, "did not arrive within" in answer.seen) == (State.FAILED, True)


@pytest.mark.usefixtures("_impatient")
@pytest.mark.parametrize("theirs", [OTHER, ""], ids=["known", "hidden"])
def test_a_test_is_missing_even_if_deliveries_of_others_arrive(tmp_path: Path, theirs: str) -> None:
    found = receipts(tmp_path)
    test = SentTest(time.time(), 0)
    found.path.write_bytes(recorded(OTHER, ago=0))
    answer = seen(found, test, theirid1=theirs)
    assert (answer.state, "did not arrive within" in answer.seen) == (State.FAILED, True)


@pytest.mark.usefixtures("_impatient")
def test_a_test_that_arrived_with_another_secret_has_failed_with_what_to_do(tmp_path: Path) -> None:
    found = receipts(tmp_path)
    test = SentTest(time.time(), 0)
    found.path.write_bytes(recorded(OTHER, ago=0))
    answer = seen(found, test)
    assert (answer.state, "this integration's secret" in answer.seen) == (State.FAILED, True)
