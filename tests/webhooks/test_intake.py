"""Deliveries on their way through receiver, recording and forwards, over real connections."""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import pytest

from jebbitctl.webhooks import sign, verify
from jebbitctl.webhooks.delivery import NOT_ANSWERED
from jebbitctl.webhooks.endpoint import EndpointClient
from jebbitctl.webhooks.receiving.background_server import BackgroundServer
from jebbitctl.webhooks.receiving.events import Arrived, Event, Feed, Forwarded
from jebbitctl.webhooks.receiving.forwarding import Forwarder, append_target, is_forwarded
from jebbitctl.webhooks.receiving.intake import MAX_FORWARDS, Intake
from jebbitctl.webhooks.receiving.webhook_server import WebhookServer, new_hop
from jebbitctl.webhooks.recordings.reading import read
from jebbitctl.webhooks.recordings.recorder import Recorder

from .support import SECRET, UNREACHABLE, Endpoint, PausingEndpoint, RecoveringEndpoint, post, talk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    import requests
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from jebbitctl.errors import JebbitctlError


@dataclass
class Reached:
    url: str
    receiver: WebhookServer
    intake: Intake
    events: list[Event]
    failures: list[JebbitctlError] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)

    @property
    def arrived(self) -> list[Arrived]:
        return [event for event in self.events if isinstance(event, Arrived)]

    @property
    def forwarded(self) -> list[Forwarded]:
        return [event for event in self.events if isinstance(event, Forwarded)]


@contextmanager
def receiving(
    *urls: str,
    ack: bool = False,
    retries: int = 0,
    timeout: float = 10,
    recording: Path | None = None,
    hop: str = "",
) -> Iterator[Reached]:
    """Receive, forward to ``urls`` and record; at the end, wait for what is under way."""
    feed, events, stopping = Feed(), list[Event](), threading.Event()
    feed.subscribe(events.append)
    hop = hop or new_hop()
    failures: list[JebbitctlError] = []
    with ExitStack() as stack:
        clients = [stack.enter_context(EndpointClient(url, timeout)) for url in urls]
        intake = Intake(
            feed,
            recorder=stack.enter_context(Recorder(recording)) if recording else None,
            forwarders=[Forwarder(client, hop, retries, stopping) for client in clients],
            ack=ack,
            on_failure=failures.append,
        )
        receiver = WebhookServer({"one": "other secret", "two": SECRET}, intake.handle, threads=MAX_FORWARDS)
        receiver.hop = hop
        with receiver:
            yield Reached(receiver.url, receiver, intake, events, failures, stopping)
        intake.wait(10)
        intake.abandon()


@contextmanager
def serving(endpoint: WSGIApplication) -> Iterator[str]:
    with BackgroundServer(endpoint, threads=MAX_FORWARDS) as server:
        yield server.url


def post_all(url: str, count: int) -> list[requests.Response]:
    """Post deliveries side by side."""
    responses: list[requests.Response] = []
    send = partial(post, url)
    threads = [
        threading.Thread(target=lambda body=b"%d" % number: responses.append(send(body)))
        for number in range(count)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return responses


def test_the_answer_of_the_app_is_that_of_the_sender() -> None:
    app = Endpoint("422 Unprocessable Entity", body=b"<p>no</p>", headers={"Content-Type": "text/html"})
    with serving(app) as url, receiving(url) as reception:
        response = post(reception.url, b"{}")
    assert (response.status_code, response.content) == (422, b"<p>no</p>")
    assert response.headers["content-type"] == "text/html"
    assert "allow" not in response.headers


def test_path_and_query_are_appended_and_the_delivery_still_verifies() -> None:
    app = Endpoint()
    with serving(app) as url, receiving(f"{url}/hook/?k=1") as reception:
        post(f"{reception.url}/a%20b?x=%C3%A9&y", b'{"a" :\t1}')
        post(f"{reception.url}/", b"{}")
    first, second = app.requests
    assert (first.path, second.path) == ("/hook/a%20b?k=1&x=%C3%A9&y", "/hook/?k=1")
    assert verify(SECRET, first.body, first.headers["x-jebbit-signature"])


def test_a_path_that_would_leave_the_target_is_not_forwarded() -> None:
    app = Endpoint()
    with serving(app) as url, receiving(f"{url}/hook") as reception:
        signature = sign(SECRET, b"{}")
        for path in ("/../admin", "/a/%2e%2E/../..", "/.", "/a/..%2f..", "/a%5C..%5cb", "/..;/admin"):
            response = talk(
                reception.url,
                f"POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 2\r\n"
                f"x-jebbit-signature: {signature}\r\n\r\n{{}}".encode(),
            )
            assert response.startswith(b"HTTP/1.1 400 ")
    assert app.requests == []
    assert all(event.outcome.attempts == 0 for event in reception.forwarded)


@pytest.mark.parametrize(
    ("target", "expected"),
    [("-admin", "/hook/-admin"), ("*", "/hook/*"), ("http://x/a?b", "/hook/a?b"), ("http://x", "/hook")],
)
def test_a_target_without_a_path_does_not_leave_the_url(target: str, expected: str) -> None:
    path, _, query = target.partition("?")
    assert append_target("http://app/hook", path, query) == f"http://app{expected}"


def test_an_app_that_is_down_is_502_and_a_slow_one_504() -> None:
    with receiving(UNREACHABLE) as reception:
        response = post(reception.url, b"{}")
    assert (response.status_code, response.text) == (502, "not forwarded: connection refused\n")
    with serving(Endpoint(delay=0.4)) as url, receiving(url, timeout=0.1) as reception:
        response = post(reception.url, b"{}")
    assert (response.status_code, response.text) == (504, "not forwarded: no response within 0.1 s\n")
    assert [event.answer for event in reception.forwarded] == [504]


def test_only_valid_deliveries_are_forwarded() -> None:
    app = Endpoint()
    with serving(app) as url, receiving(url) as reception:
        assert post(reception.url, b"{}", sign("wrong", b"{}")).status_code == 403
        assert post(reception.url, b"{}", "nonsense").status_code == 400
    assert app.requests == []
    assert len(reception.arrived) == 2
    assert reception.forwarded == []


def test_the_label_of_the_secret_that_signed_it_is_in_the_delivery() -> None:
    with receiving() as reception:
        post(reception.url, b"{}", sign("other secret", b"{}"))
        post(reception.url, b"{}")
        post(reception.url, b"{}", sign("wrong", b"{}"))
    assert [event.delivery.secret for event in reception.arrived] == ["one", "two", None]


def test_deliveries_are_forwarded_side_by_side(tmp_path: Path) -> None:
    together = threading.Barrier(8, timeout=10)  # all must be there at a time

    def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        together.wait()
        return Endpoint()(environ, start_response)

    recording = tmp_path / "recording"
    with serving(app) as url, receiving(url, recording=recording) as reception:
        assert [response.status_code for response in post_all(reception.url, 8)] == [200] * 8
    assert sorted(event.number for event in reception.arrived) == list(range(1, 9))
    assert len({record.delivery.body for record in read(recording)}) == 8


def test_with_ack_the_sender_has_200_before_the_app_answers(tmp_path: Path) -> None:
    release = threading.Event()

    def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        release.wait(10)
        return Endpoint("500 Oh No")(environ, start_response)

    recording = tmp_path / "recording"
    with serving(app) as url, receiving(url, ack=True, recording=recording) as reception:
        assert post(reception.url, b"{}").status_code == 200
        assert reception.forwarded == []
        (record,) = read(recording, join=True)
        assert record.forwards is None
        release.set()
    (record,) = read(recording, join=True)
    assert record.delivery.status == 200
    assert [outcome.status for outcome in record.forwards or ()] == [500]


def test_the_recording_holds_the_answer_of_the_app(tmp_path: Path) -> None:
    recording = tmp_path / "recording"
    app = Endpoint("503 Busy", body=b"x" * 1000)
    with serving(app) as url, receiving(url, recording=recording) as reception:
        post(reception.url, b"{}")
    assert len(recording.read_bytes().splitlines()) == 1
    (record,) = read(recording)
    (outcome,) = record.forwards or ()
    assert (record.delivery.status, outcome.status, outcome.url) == (503, 503, url)
    assert (outcome.response, outcome.attempts) == ("x" * 300, 1)


@pytest.mark.parametrize("ack", [False, True])
def test_of_several_urls_the_first_one_decides_and_all_outcomes_are_recorded(
    tmp_path: Path, *, ack: bool
) -> None:
    recording = tmp_path / "recording"
    first, second = Endpoint("201 Created", delay=0.1), Endpoint("500 Oh No")
    with serving(first) as one, serving(second) as two:
        urls = (one, two, UNREACHABLE)
        with receiving(*urls, ack=ack, recording=recording) as reception:
            assert post(f"{reception.url}/p", b"{}").status_code == (200 if ack else 201)
    assert [endpoint.requests[0].path for endpoint in (first, second)] == ["/p", "/p"]
    (record,) = read(recording, join=True)
    outcomes = {outcome.url: outcome.status for outcome in record.forwards or ()}
    assert outcomes == {one: 201, two: 500, UNREACHABLE: None}
    assert len(reception.forwarded) == 3


@pytest.fixture
def _short_backoff(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jebbitctl.webhooks.receiving.forwarding.BACKOFF_SECONDS", 0.01)


@pytest.mark.usefixtures("_short_backoff")
@pytest.mark.parametrize(
    ("status", "expected", "attempts"),
    [
        ("503 Busy", 200, 3),
        ("429 Slow Down", 200, 3),
        ("502 Bad", 200, 3),
        ("504 Slow", 200, 3),
        ("500 Bug", 500, 1),
        ("404 Not Found", 404, 1),
    ],
)
def test_only_passing_failures_are_retried(status: str, expected: int, attempts: int) -> None:
    app = RecoveringEndpoint(status, 2)
    with serving(app) as url, receiving(url, retries=3) as reception:
        assert post(reception.url, b"{}").status_code == expected
    assert len(app.requests) == attempts
    assert [event.outcome.attempts for event in reception.forwarded] == [attempts]


@pytest.mark.usefixtures("_short_backoff")
def test_no_connection_is_retried_and_no_response_in_time_is_not() -> None:
    with receiving(UNREACHABLE, retries=2) as reception:
        assert post(reception.url, b"{}").status_code == 502
    assert [event.outcome.attempts for event in reception.forwarded] == [3]
    app = Endpoint(delay=0.3)
    with serving(app) as url, receiving(url, retries=2, timeout=0.1) as reception:
        assert post(reception.url, b"{}").status_code == 504
    assert len(app.requests) == 1


def test_no_retry_follows_once_it_is_stopping() -> None:
    app = Endpoint("503 Busy")
    with serving(app) as url, receiving(url, retries=100, ack=True) as reception:
        post(reception.url, b"{}")
        started = time.monotonic()
        reception.stopping.set()
    assert time.monotonic() - started < 5
    assert len(app.requests) <= 2


def test_a_loop_through_a_second_receiver_ends_with_508() -> None:
    """One forwards to the other, and that back to the first."""
    with ExitStack() as stack:
        urls: list[str] = []

        def back(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            headers = {"x-jebbit-signature": str(environ["HTTP_X_JEBBIT_SIGNATURE"])}
            headers["x-jebbitctl-forwarded"] = str(environ["HTTP_X_JEBBITCTL_FORWARDED"]) + ", another"
            response = post(urls[0], b"{}", headers=headers)
            start_response(f"{response.status_code} x", [])
            return [response.content]

        reception = stack.enter_context(receiving(stack.enter_context(serving(back))))
        urls.append(reception.url)
        response = post(reception.url, b"{}")
    assert response.status_code == 508
    assert "forwarded the delivery already" in response.text
    assert len(reception.arrived) == 1


def test_a_chain_of_two_receivers_is_no_loop() -> None:
    app = Endpoint()
    with serving(app) as url, receiving(url, hop="b") as second, receiving(second.url, hop="a") as first:
        assert post(first.url, b"{}").status_code == 200
    assert app.requests[0].headers["x-jebbitctl-forwarded"] == "a, b"


def test_deliveries_not_forwarded_in_time_are_reported_and_recorded_with_the_reason(tmp_path: Path) -> None:
    release = threading.Event()

    def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        release.wait(10)
        return Endpoint()(environ, start_response)

    recording = tmp_path / "recording"
    with serving(app) as url, receiving(url, ack=True, recording=recording) as reception:
        for number in range(MAX_FORWARDS + 5):
            assert post(reception.url, b"%d" % number).status_code == 200
        assert reception.intake.outstanding == MAX_FORWARDS + 5
        reception.intake.wait(0.1)
        reception.intake.abandon()
        release.set()
    assert reception.intake.outstanding == 0
    records = list(read(recording, join=True))
    assert [record.delivery.status for record in records] == [200] * (MAX_FORWARDS + 5)
    outcomes = [record.forwards[0] for record in records if record.forwards]
    errors = [outcome.error for outcome in outcomes]
    assert errors.count("no response before listen ended") == MAX_FORWARDS
    assert all((outcome.milliseconds > 0) == (outcome.attempts == 1) for outcome in outcomes)
    assert errors.count("not sent before listen ended") == 5
    assert sorted(event.number for event in reception.forwarded) == list(range(1, MAX_FORWARDS + 6))
    assert not any(is_forwarded(event.outcome) for event in reception.forwarded)


def test_a_delivery_that_cannot_be_recorded_is_500_and_not_forwarded_later(tmp_path: Path) -> None:
    recording = tmp_path / "recording"
    app = Endpoint()
    with serving(app) as url, receiving(url, ack=True, recording=recording) as reception:
        recording.unlink()
        assert post(reception.url, b"{}").status_code == 500
    assert app.requests == []
    assert reception.events == []
    assert [error.message for error in reception.failures] == [
        f"cannot record to {recording}: the file was deleted or replaced"
    ]


def test_an_answer_of_the_app_that_the_sender_does_not_get_is_not_told_as_its_answer(tmp_path: Path) -> None:
    recording = tmp_path / "recording"
    with serving(Endpoint()) as url, receiving(url, recording=recording) as reception:
        recording.unlink()
        assert post(reception.url, b"{}").status_code == 500
    assert [(event.outcome.status, event.answer) for event in reception.forwarded] == [(200, 500)]


@pytest.mark.parametrize("urls", [1, 2])
def test_deliveries_that_wait_for_the_app_at_the_end_are_recorded(tmp_path: Path, urls: int) -> None:
    recording = tmp_path / "recording"
    app = PausingEndpoint()
    with serving(app) as url, receiving(*[url] * urls, recording=recording) as reception:
        statuses: list[int] = []
        sender = threading.Thread(target=lambda: statuses.append(post(reception.url, b"{}").status_code))
        sender.start()
        assert app.reached.wait(10)
        reception.intake.abandon()
        app.may_answer.set()
        sender.join()
    assert statuses == [502]
    (record,) = read(recording, join=True)
    assert (record.delivery.body, record.delivery.status) == (b"{}", NOT_ANSWERED)
    assert len(record.forwards or ()) == urls
    assert {outcome.error for outcome in record.forwards or ()} <= {
        "no response before listen ended",
        "not sent before listen ended",
    }


def test_no_more_valid_deliveries_than_the_limit_are_taken_side_by_side() -> None:
    app = Endpoint(delay=0.1)
    with serving(app) as url, receiving(url) as reception:
        reception.receiver.limit = 3
        statuses = [response.status_code for response in post_all(reception.url, 8)]
    assert sorted(statuses) == [200] * 3 + [503] * 5
    assert len(reception.arrived) == len(app.requests) == 3
