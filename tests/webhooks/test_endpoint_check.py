from __future__ import annotations

import itertools
import time
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from jebbitctl.util.redaction import forget_registered_secrets, register_secret
from jebbitctl.webhooks import probe_target
from jebbitctl.webhooks.endpoint import EndpointClient
from jebbitctl.webhooks.endpoint_check import EndpointCheck
from jebbitctl.webhooks.probe_target import ProbeTarget
from jebbitctl.webhooks.probes import MAX_RESPONSE_SECONDS, NAMES, PROBES
from jebbitctl.webhooks.receiving.background_server import BackgroundServer
from jebbitctl.webhooks.receiving.webhook_server import WebhookServer
from jebbitctl.webhooks.sender import SAMPLE_BODY
from tests.representative import first_of_each

from . import receivers
from .checking import not_passed, result, run, run_against
from .receiver_table import FAILED, FORGERIES, RECEIVERS, UNKNOWN, marks
from .receivers import (
    ReceiverAnswer,
    correct,
    except_if,
    genuine,
    in_turn,
    raw_endpoint,
    read_request,
    serving,
    signed_by,
)
from .support import SECRET, UNREACHABLE, Endpoint

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from jebbitctl.webhooks.delivery import Delivery

    from .receivers import Handler, Incoming


@pytest.mark.parametrize("receiver", first_of_each(RECEIVERS, lambda row: next(iter(row[1]), None)))
def test_a_check_says_of_each_receiver_what_is_true(
    receiver: tuple[Callable[[], Handler], dict[str, str]],
) -> None:
    make, expected = receiver
    check = run_against(make())
    assert not_passed(check) == expected
    assert check.ok == (FAILED not in expected.values() and not check.untested and "valid" not in expected)


def test_our_own_receiver_passes_every_probe_and_all_that_it_accepts_are_test_deliveries() -> None:
    deliveries: list[Delivery] = []
    with WebhookServer(SECRET, deliveries.append) as receiver:
        check = run(receiver.url)
    assert check.ok
    assert [one.name for one in check.results] == [name for name in NAMES if name != "live"]
    assert not [one for one in deliveries if one.verification.valid and not one.test]


class TestLive:
    def test_a_live_delivery_is_sent_once_and_only_if_asked_for(self) -> None:
        live: list[Incoming] = []

        def record(request: Incoming) -> int:
            if genuine(request) and not request.test:
                live.append(request)
            return correct(request)

        assert run_against(record).ok
        assert not live
        assert run_against(record, live=True).ok
        assert len(live) == 1

    def test_a_live_path_that_crashes_is_found(self) -> None:
        crashes = except_if(lambda request: genuine(request) and not request.test, 500)
        assert run_against(crashes).ok
        check = run_against(crashes, live=True)
        assert not_passed(check) == {"live": FAILED} | marks(
            UNKNOWN, "no-signature-live", "tampered-body-live"
        )

    def test_a_live_delivery_that_is_refused_is_not_sent_again(self) -> None:
        live: list[Incoming] = []

        def crash(request: Incoming) -> int:
            if genuine(request) and not request.test:
                live.append(request)
                return 500
            return correct(request)

        assert run_against(crash, live=True).failed == ["live"]
        assert len(live) == 1

    def test_an_accepted_live_forgery_is_said_to_have_left_a_record(self) -> None:
        check = run_against(except_if(lambda request: not request.test, 200), "no-signature-live")
        assert "remove the record of test@example.com" in str(result(check, "no-signature-live").consequence)


def test_a_content_type_is_not_blamed_for_what_the_content_causes() -> None:
    def handle(request: Incoming) -> int:
        is_sample = request.body == SAMPLE_BODY
        if request.content_type == "text/plain":  # not verified
            return 200 if is_sample else 422
        return correct(request) if is_sample or not genuine(request) else 422

    check = run_against(handle, "no-signature-text")
    assert not_passed(check) == {"no-signature-text": UNKNOWN}


class TestVaryingAnswers:
    @pytest.mark.parametrize(
        "servers",
        [
            "+-",
            "+--+-",
            *(pytest.param(one, marks=pytest.mark.long) for one in ("++-", "+--", "+---", "++++-")),
        ],
    )
    def test_servers_that_differ_are_said_to_vary_and_nothing_else_is_blamed(self, servers: str) -> None:
        handlers = {"+": correct, "-": signed_by("another")}
        check = run_against(in_turn(*(handlers[server] for server in servers)))
        assert check.failed == ["steady"]
        assert "not accepted" in str(result(check, "steady").reason)

    def test_a_body_that_is_accepted_when_sent_again_is_not_said_to_be_changed(self) -> None:
        number = itertools.count()

        def fails_once(request: Incoming) -> int:
            return 502 if b"spacing" in request.body and not next(number) else correct(request)

        assert not_passed(run_against(fails_once)) == {"spacing": UNKNOWN, "steady": FAILED}

    def test_one_failure_among_many_deliveries_is_found(self) -> None:
        number = itertools.count()
        check = run_against(lambda request: 502 if next(number) == 10 else correct(request))
        assert check.failed == ["steady"]


class TestTimeouts:
    def test_an_endpoint_that_hangs_is_given_up_after_two_timeouts(self) -> None:
        connections = []

        def hang(connection: socket.socket) -> None:
            connections.append(connection)
            _read_to_end(connection)

        with raw_endpoint(hang) as url:
            check = run(url, timeout=0.3)
        assert {one.result for one in check.results} == {UNKNOWN}
        assert check.target.timeouts == len(connections) <= 2

    def test_an_endpoint_that_hangs_on_forgeries_is_given_up_after_two_timeouts(self) -> None:
        def respond(connection: socket.socket) -> None:
            if genuine(read_request(connection)):
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            else:
                _read_to_end(connection)

        with raw_endpoint(respond) as url:
            check = run(url, timeout=0.3)
        assert {one.name for one in check.results if one.result == "ok"} == {"valid"}
        assert result(check, "no-signature").outcome == "no response within 0.3 s"
        assert result(check, "stale").reason == "no request is sent after 2 timeouts"
        assert check.untested == [
            "forged deliveries",
            "forged deliveries without x-jebbit-test",
            "old deliveries",
        ]

    def test_one_timeout_fails_one_probe(self) -> None:
        def respond(connection: socket.socket) -> None:
            request = read_request(connection)
            if b"spacing" in request.body:
                _read_to_end(connection)
            else:
                connection.sendall(b"HTTP/1.1 %d Whatever\r\nContent-Length: 0\r\n\r\n" % correct(request))

        with raw_endpoint(respond) as url:
            check = run(url, timeout=0.5)
        assert not_passed(check) == {"spacing": FAILED}
        assert "does not respond" in str(result(check, "spacing").consequence)

    def test_a_slow_endpoint_fails_only_one_probe(self) -> None:
        (probe,) = (one for one in PROBES if one.name == "response-time")

        def slow(request: Incoming) -> int:
            time.sleep(0.05 if b"response-time" in request.body else 0)
            return correct(request)

        with serving(slow) as url, EndpointClient(url) as client:
            check = EndpointCheck(
                ProbeTarget(client, SECRET), (PROBES[0], replace(probe, max_seconds=0.04), PROBES[-1])
            )
            list(check.run())
        assert not_passed(check) == {"response-time": FAILED}
        assert str(result(check, "response-time").reason).startswith("it took ")

    def test_five_seconds_are_acceptable(self) -> None:
        (probe,) = (one for one in PROBES if one.name == "response-time")
        assert probe.max_seconds == MAX_RESPONSE_SECONDS == 5


def _read_to_end(connection: socket.socket) -> None:
    while connection.recv(65536):
        pass


class TestNoResponse:
    def test_nothing_is_tested_if_nothing_can_be_reached(self) -> None:
        check = run(UNREACHABLE)
        assert check.diagnosis
        assert check.diagnosis.unreachable
        assert {one.result for one in check.results} == {UNKNOWN}

    def test_a_closed_connection_is_no_refusal(self) -> None:
        def respond(connection: socket.socket) -> None:
            if genuine(read_request(connection)):
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

        with raw_endpoint(respond) as url:
            check = run(url)
        assert not_passed(check) == marks(UNKNOWN, *FORGERIES, "stale", "day-old", "future", "get")
        assert not check.ok

    def test_interim_responses_are_skipped(self) -> None:
        def respond(connection: socket.socket) -> None:
            status = correct(read_request(connection))
            for interim in (100, 102, 103, 103, 110, 199):
                connection.sendall(b"HTTP/1.1 %d Interim\r\nLink: </style.css>\r\n\r\n" % interim)
            connection.sendall(b"HTTP/1.1 %d Whatever\r\nContent-Length: 0\r\n\r\n" % status)

        with raw_endpoint(respond) as url:
            assert run(url).ok


class TestResults:
    def test_what_is_known_suffices_if_some_probes_could_not_be_tested(self) -> None:
        make, _ = RECEIVERS["malformed signatures crash"]
        check = run_against(make())
        assert check.ok
        assert not check.untested

    def test_a_failure_has_an_outcome_a_response_and_a_consequence(self) -> None:
        check = run_against(
            lambda _: ReceiverAnswer(200, b"thanks\n  a lot\x1b[31m"), "no-signature", "stale"
        )
        found = result(check, "no-signature")
        assert (found.outcome, found.status, found.response) == (
            "returned 200",
            200,
            "thanks a lot\\x1b[31m",
        )
        assert "forged leads" in str(found.consequence)
        assert "again forever" in str(result(check, "stale").consequence)
        assert found.elapsed > 0

    def test_only_failures_and_warnings_have_a_consequence(self) -> None:
        check = run_against(receivers.always(403, b"no"))
        assert {one.result for one in check.results if one.consequence} == {FAILED}
        assert [one.name for one in check.results if one.consequence] == ["valid"]

    def test_a_refusal_that_proves_nothing_has_a_reason(self) -> None:
        check = run_against(receivers.crashes, "stale")
        assert result(check, "stale").reason == "the endpoint or a proxy failed"

    def test_a_refused_content_is_not_said_to_be_rewritten_json(self) -> None:
        make, _ = RECEIVERS["only ASCII is allowed"]
        found = result(run_against(make(), "unicode"), "unicode")
        assert found.reason == "the same content is refused in any form"
        assert "not its signature test" in str(found.consequence)

    @pytest.mark.parametrize(
        ("name", "probe", "finding"),
        [
            ("JSON is rewritten in ASCII", "unicode", "json.dumps"),
            pytest.param("JSON is rewritten in UTF-8", "spacing", "JSON.generate", marks=pytest.mark.long),
            pytest.param("the body is read as Latin-1", "unicode", "Latin-1", marks=pytest.mark.long),
            ("the body is trimmed", "spacing", "trims"),
        ],
    )
    def test_a_body_that_is_changed_before_it_is_verified_is_said_to_be(
        self, name: str, probe: str, finding: str
    ) -> None:
        make, _ = RECEIVERS[name]
        found = result(run_against(make(), probe), probe)
        assert finding in str(found.reason)
        assert str(found.consequence).startswith("Real deliveries get lost. ")

    def test_the_same_cause_is_explained_once(self) -> None:
        make, _ = RECEIVERS["JSON is rewritten in ASCII"]
        check = run_against(make(), "unicode", "spacing")
        assert result(check, "spacing").reason == "for the same reason as unicode"

    def test_a_body_that_is_changed_in_an_unknown_way_is_accepted_in_its_usual_form(self) -> None:
        check = run_against(receivers.verifying(lambda body: body.replace(b"\t", b"  ")), "spacing")
        assert result(check, "spacing").reason == "the same content is accepted in its usual form"
        assert "something else than the raw bytes" in str(result(check, "spacing").consequence)

    def test_a_response_that_repeats_the_secret_is_shown_without_it(self) -> None:
        register_secret(SECRET)
        try:
            check = run_against(lambda _: ReceiverAnswer(200, b"x" * 180 + SECRET.encode()), "stale")
        finally:
            forget_registered_secrets()
        assert SECRET[:10] not in repr(check)

    def test_results_are_yielded_one_by_one_and_those_that_are_missing_are_not_tested(self) -> None:
        endpoint = Endpoint()
        with BackgroundServer(endpoint) as server, EndpointClient(server.url) as client:
            check = EndpointCheck(ProbeTarget(client, SECRET))
            next(check.run())
            assert len(endpoint.requests) == 1
        every = check.all_results("interrupted")
        assert [one.name for one in every] == list(NAMES)
        assert {one.reason for one in every[1:]} == {"interrupted"}
        assert not check.ok


def test_a_repeated_delivery_has_the_same_signature(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = itertools.count(int(time.time()))
    clock = SimpleNamespace(time=lambda: next(seconds), monotonic=time.monotonic, sleep=time.sleep)
    monkeypatch.setattr(probe_target, "time", clock)  # each signature has its own
    endpoint = Endpoint()
    with BackgroundServer(endpoint) as server:
        run(server.url, "repeat")
    repeats = [request for request in endpoint.requests if b": repeat" in request.body]
    assert len(repeats) == 2
    assert len({request.headers["x-jebbit-signature"] for request in repeats}) == 1


def test_headers_get_through_basic_authentication() -> None:
    with serving(receivers.requires_password) as url:
        assert run(url, "no-signature", headers={"authorization": "Basic dXNlcjpwYXNzd29yZA=="}).ok
