from __future__ import annotations

import itertools
import re
import threading
import time
from random import Random
from typing import TYPE_CHECKING

import pytest

from jebbitctl.webhooks import verify
from jebbitctl.webhooks.diagnosis import bug_search, diagnose
from jebbitctl.webhooks.diagnosis.bodies import rich_body
from jebbitctl.webhooks.diagnosis.body_bugs import body_bugs, rewriting_bugs
from jebbitctl.webhooks.diagnosis.signing_bugs import signing_bugs, time_bugs
from jebbitctl.webhooks.endpoint import EndpointClient
from jebbitctl.webhooks.probe_target import ProbeTarget
from jebbitctl.webhooks.receiving.background_server import BackgroundServer
from jebbitctl.webhooks.sender import SAMPLE_BODY
from tests.representative import first_of_each

from .receiver_bug_table import ODD, ROWS, reads
from .support import SECRET

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from _pytest.mark import ParameterSet
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from jebbitctl.webhooks.diagnosis import Diagnosis

    from .receiver_bug_table import Mistake

UNUSUAL_BODY = (
    b'\r\n {"event": {"event_number": 0},\r\n "data": {"email": "test@example.com", "name":'
    b' "Zo\xc3\xab e\xcc\x88 \xf0\x9f\x8e\x89",\n "text": "</p> & \\"q\\" \\/ it\'s",'
    b' "10": "a", "9": ["b", "c d"]}}\r\n'
)
"""A body that looks like Jebbit's, and that all rewriting changes."""


def long(value: int) -> ParameterSet:
    return pytest.param(value, marks=pytest.mark.long)


class Scripted:
    """An endpoint that answers each request as a function of its signature header and body says."""

    def __init__(self, respond: Callable[[str | None, bytes], tuple[str, dict[str, str], bytes]]) -> None:
        self.respond = respond
        self.count = 0

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        self.count += 1
        assert environ["HTTP_X_JEBBIT_TEST"] == "true"
        body = environ["wsgi.input"].read()
        status, headers, words = self.respond(environ.get("HTTP_X_JEBBIT_SIGNATURE"), body)
        start_response(status, [("Content-Length", str(len(words))), *headers.items()])
        return [words]


def served(accepts: Callable[[str, bytes], bool], refusal: str = "403 Forbidden") -> Scripted:
    """Return an application that accepts or refuses a delivery."""
    return Scripted(
        lambda header, body: ("200 OK" if accepts(header or "", body) else refusal, {}, b"a word of its own")
    )


def always(status: str, headers: dict[str, str] | None = None, words: bytes = b"") -> Scripted:
    return Scripted(lambda *_: (status, headers or {}, words))


TABLES = (rewriting_bugs(UNUSUAL_BODY), body_bugs(), signing_bugs(), time_bugs())


def family(code: str) -> int | None:
    """Return which of the searched tables a code is from; None for two bugs at a time, or the clock."""
    return next((at for at, table in enumerate(TABLES) if any(bug.code == code for bug in table)), None)


def diagnosed(
    app: WSGIApplication, *, secret: str = SECRET, body: bytes = SAMPLE_BODY, accepted: tuple[bytes, ...] = ()
) -> Diagnosis:
    with BackgroundServer(app) as server, EndpointClient(server.url) as client:
        target = ProbeTarget(client, secret)
        assert all(target.send_signed(one).accepted for one in accepted)
        response = target.send_signed(body)
        assert not response.accepted
        return diagnose(target, response, body, accepted=accepted)


@pytest.mark.parametrize(
    "receiver", first_of_each({row.name: row for row in ROWS}, lambda row: (family(row.code), row.compact))
)
def test_the_bug_of_a_receiver_is_named_with_its_fix(receiver: Mistake) -> None:
    body, accepted = (UNUSUAL_BODY, (SAMPLE_BODY,)) if receiver.compact else (SAMPLE_BODY, ())
    found = diagnosed(served(receiver.accepts), secret=receiver.secret, body=body, accepted=accepted)
    assert (found.code, found.proven) == (receiver.code, True), found
    for part in receiver.mentions:
        assert part in f"{found.finding} {found.fix}"


def test_a_bug_signs_what_a_receiver_with_it_accepts() -> None:
    """Without requests, so that the default run has each receiver."""
    now = int(time.time())
    bugs = list(itertools.chain.from_iterable(TABLES))
    for receiver in (row for row in ROWS if "+" not in row.code):
        found = [bug for bug in bugs if bug.code == receiver.code]
        headers = [bug.header(receiver.secret, now, UNUSUAL_BODY) for bug in found]
        assert any(receiver.accepts(header, UNUSUAL_BODY) for header in headers), receiver.name


def test_bugs_of_an_endpoint_that_crashes_on_wrong_signatures_are_named_too() -> None:
    hexadecimal = next(row for row in ROWS if row.name == "hex")
    assert diagnosed(served(hexadecimal.accepts, "500 Oops")).code == "hex"


def test_a_bug_is_named_although_the_secret_and_other_causes_of_a_status_are_possible() -> None:
    hexadecimal = next(row for row in ROWS if row.name == "hex")
    for status in ("400 Bad Request", "401 Unauthorized", "422 Unprocessable Content"):
        assert diagnosed(served(hexadecimal.accepts, status)).code == "hex"


def test_unknown_rewriting_is_named_as_what_it_is_for_simple_bodies() -> None:
    """A receiver that validates more than Jebbit's documentation says refuses the richer body."""

    def strict(header: str, body: bytes) -> bool:
        return body.isascii() and bugs["json.dumps"](header, body)

    bugs = {row.name: row.accepts for row in ROWS}
    found = diagnosed(served(strict))
    assert found.code == "json_rewritten"
    assert "json.dumps(json.loads(body)) in Python" in found.finding


def test_another_secret_and_a_body_that_is_never_read_both_remain_possible() -> None:
    other = Scripted(
        lambda header, body: (
            "200 OK" if verify("another secret", body, header) else "403 No",
            {},
            b"no match",
        )
    )
    found = diagnosed(other)
    assert found.code == "unknown"
    assert "no match" in found.finding
    assert "Its clock agrees with this machine's." in found.finding
    assert "answers an unsigned delivery in the same way" in found.finding
    assert "Compare the secret" in found.fix
    assert "request.body.read" in found.fix
    assert other.count <= 120


@pytest.mark.parametrize("accepted", [(), (SAMPLE_BODY,)])
def test_the_secret_is_not_doubted_if_a_simpler_body_is_accepted(accepted: tuple[bytes, ...]) -> None:
    def accepts(header: str, body: bytes) -> bool:
        changed = body.replace(b"option ", b"choice ").replace(b"b", b"B") if b" " in body else body
        return not (body == SAMPLE_BODY and not accepted) and bool(
            verify(SECRET, body if body == SAMPLE_BODY else changed, header)
        )

    found = diagnosed(served(accepts), body=UNUSUAL_BODY if accepted else SAMPLE_BODY, accepted=accepted)
    assert (found.code, found.proven) == ("body_changed", False)
    assert "its secret is right" in found.finding
    assert "Compare the secret" not in found.fix
    assert "raw bytes" in found.fix


def test_the_text_of_an_object_with_an_address_is_never_taken_for_another_bug() -> None:
    numbers = itertools.count(0x7F00)
    accepts = reads(lambda _: f"#<StringIO:0x0000{next(numbers):x}>")
    assert diagnosed(served(accepts)).code == "unknown"


@pytest.mark.parametrize("period", [2, 3, *map(long, range(4, 12))])
def test_no_bug_is_named_for_an_endpoint_that_accepts_every_nth_request(period: int) -> None:
    numbers = itertools.count(1)
    found = diagnosed(served(lambda *_: next(numbers) % period == 0))
    assert found.code in {"varies", "forgery_accepted"}


@pytest.mark.parametrize("seed", [0, 4, *map(long, (1, 2, 3, *range(5, 12)))])
def test_no_bug_is_named_for_an_endpoint_that_accepts_at_random(seed: int) -> None:
    random = Random(seed)  # noqa: S311
    share = 0.05 + seed / 20
    started = [False]

    def accepts(*_: object) -> bool:
        first, started[0] = not started[0], True
        return not first and random.random() < share

    assert diagnosed(served(accepts)).code in {"varies", "forgery_accepted", "unknown"}


def test_an_endpoint_that_accepts_anything_in_hex_is_not_said_to_verify_hex() -> None:
    found = diagnosed(served(lambda header, _: bool(re.search("v1=[0-9a-f]{64}$", header))))
    assert (found.code, found.proven) == ("varies", False)


def test_an_endpoint_that_becomes_right_meanwhile_is_not_said_to_verify_hex() -> None:
    numbers = itertools.count(1)
    hexadecimal = next(row for row in ROWS if row.name == "hex")
    found = diagnosed(
        served(
            lambda header, body: (
                next(numbers) > 9
                and (hexadecimal.accepts(header, body) or bool(verify(SECRET, body, header)))
            )
        )
    )
    assert (found.code, found.proven) == ("varies", False)


@pytest.mark.parametrize("request_ids", [False, True])
def test_other_times_are_tried_unless_old_timestamps_get_another_answer(request_ids: bool) -> None:
    numbers = itertools.count(1)
    ages: list[float] = []

    def respond(header: str | None, _: bytes) -> tuple[str, dict[str, str], bytes]:
        timestamp = re.match("t=([0-9]+),", header or "")
        ages.append(abs(time.time() - int(timestamp[1])) if timestamp else 0)
        words = "too old" if ages[-1] > 300 else "bad signature"
        return "403 No", {}, f"{words} {next(numbers) if request_ids else ''}".encode()

    assert diagnosed(Scripted(respond)).code == "unknown"
    assert len([age for age in ages if age > 300]) == (21 if request_ids else 1)


def test_answers_that_vary_are_said_to_vary() -> None:
    statuses = itertools.cycle(["403 Forbidden", "200 OK", "403 Forbidden"])
    found = diagnosed(Scripted(lambda *_: (next(statuses), {}, b"")))
    assert found.code == "varies"
    assert "3 x returned 403, 2 x returned 200" in found.finding
    assert "load balancer" in found.fix


def test_an_endpoint_that_accepts_forgeries_only_is_told_so() -> None:
    found = diagnosed(served(lambda header, body: not verify(SECRET, body, header)))
    assert found.code == "forgery_accepted"
    assert "inverted" in found.fix


def test_a_search_ends_when_the_endpoint_limits_the_rate() -> None:
    numbers = itertools.count(1)
    limited = Scripted(
        lambda *_: ("403 No", {}, b"") if next(numbers) <= 20 else ("429 Slow", {"Retry-After": "90"}, b"")
    )
    found = diagnosed(limited)
    assert found.code == "unknown"
    assert "not all were tried: it limits the rate of requests (429)" in found.finding
    assert limited.count == 21


def test_a_search_ends_when_the_endpoint_no_longer_responds() -> None:
    numbers = itertools.count(1)
    stop = threading.Event()

    def respond(*_: object) -> tuple[str, dict[str, str], bytes]:
        if next(numbers) > 20:
            stop.wait(10)
        return "403 No", {}, b""

    endpoint = Scripted(respond)
    with BackgroundServer(endpoint) as server, EndpointClient(server.url, 0.3) as client:
        target = ProbeTarget(client, SECRET)
        found = diagnose(target, target.send_signed(SAMPLE_BODY))
        stop.set()
    assert "not all were tried: no response within 0.3 s" in found.finding
    assert endpoint.count == 21


def test_a_search_ends_after_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bug_search, "MAX_SECONDS", -1)
    assert "not all were tried: it took too long" in diagnosed(served(lambda *_: False)).finding


def test_all_bugs_can_be_told_apart() -> None:
    """Otherwise the wrong one could be named. Serialisers that write the same bytes are named together."""
    body = rich_body(1)
    others = [*body_bugs(), *signing_bugs(), *time_bugs()]
    headers = [bug.header(ODD, 1_700_000_000, body) for bug in others]
    # a secret that is neither Base64 nor hex is not decoded
    undecoded = [bug for bug in others if bug.code == "secret_decoded" and "%" not in bug.finding]
    assert len(set(headers)) == len(headers) - len(undecoded) + 1
    rewritten = {bug.header(ODD, 1_700_000_000, body) for bug in rewriting_bugs(body)}
    assert rewritten.isdisjoint(headers)
    assert len(rewritten) > 40
