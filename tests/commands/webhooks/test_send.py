from __future__ import annotations

import json
import os
import signal
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from jebbitctl.webhooks import verify
from jebbitctl.webhooks.receiving.background_server import BackgroundServer
from tests.webhooks.support import SECRET, UNREACHABLE, Endpoint, raw_server, silently_closing_server

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from jebbitctl.webhooks.delivery import Delivery
    from tests.support import Cli

SEND = ("webhooks", "send")


def numbered(respond: Callable[[int], str]) -> tuple[Any, list[int]]:
    """Return a WSGI application that answers request 1, 2, … with a status, and the requests it got."""
    lock = threading.Lock()
    got: list[int] = []

    def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        environ["wsgi.input"].read()
        with lock:
            got.append(number := len(got) + 1)
        start_response(respond(number), [("Content-Length", "0")])
        return []

    return app, got


def test_a_signed_test_delivery_is_sent(signer: Cli, endpoint: str, deliveries: list[Delivery]) -> None:
    document = signer.run(*SEND, endpoint, "--json").json
    assert (document["status"], document["ok"], document["error"]) == (200, True, None)
    (delivery,) = deliveries
    assert delivery.verification.valid
    assert delivery.test
    assert json.loads(delivery.body)["data"]["email"] == "test@example.com"


def test_a_live_delivery_has_no_test_header_and_exactly_the_given_bytes(
    signer: Cli, endpoint: str, deliveries: list[Delivery]
) -> None:
    assert signer.run(*SEND, endpoint, "--live", "--data", "-", stdin=b"\xff\n").code == 0
    (delivery,) = deliveries
    assert not delivery.test
    assert delivery.body == b"\xff\n"


def test_an_edited_sample_is_signed_and_sent(signer: Cli, endpoint: str, deliveries: list[Delivery]) -> None:
    edits = ("--set", "data.email=ann@example.com", "--set", "event.event_number=3", "--unset", "data.opt_in")
    assert signer.run(*SEND, endpoint, *edits).code == 0
    (delivery,) = deliveries
    assert delivery.verification.valid
    assert delivery.body == (
        b'{"data":{"email":"ann@example.com","test_attribute":"attribute_value",'
        b'"test_sata_attribute":["option 1","option 4"],"outcome":"example_outcome"},'
        b'"event":{"event_number":3}}'
    )


def test_a_file_is_edited_before_it_is_sent(
    signer: Cli, endpoint: str, deliveries: list[Delivery], tmp_path: Path
) -> None:
    (tmp_path / "body.json").write_text('{ "a": [1] }\n')
    arguments = ("--data", str(tmp_path / "body.json"), "--set", "a[1]=x")
    assert signer.run(*SEND, endpoint, *arguments).code == 0
    assert deliveries[0].body == b'{"a":[1,"x"]}'


@pytest.mark.parametrize("edit", ["--set=data.email.x=1", "--set=data", "--unset=data.nothing"])
def test_an_edit_that_cannot_be_made_sends_nothing(
    signer: Cli, endpoint: str, deliveries: list[Delivery], edit: str
) -> None:
    assert signer.run(*SEND, endpoint, edit).code == 2
    assert not deliveries


@pytest.mark.parametrize("concurrency", ["1", "4"])
def test_a_series_is_summarized(
    signer: Cli, endpoint: str, deliveries: list[Delivery], concurrency: str
) -> None:
    arguments = (*SEND, endpoint, "--count", "8", "--concurrency", concurrency, "--rate", "200", "--json")
    document = signer.run(*arguments).json
    assert len(deliveries) == document["count"] == document["accepted"] == 8
    assert document["statuses"] == {"200": 8}
    assert (document["errors"], document["unanswered"], document["not_sent"]) == ({}, 0, 0)
    assert document["min_milliseconds"] <= document["median_milliseconds"] <= document["p99_milliseconds"]


def test_each_delivery_of_a_series_is_signed_when_it_is_sent(signer: Cli) -> None:
    endpoint = Endpoint()
    with BackgroundServer(endpoint) as server:
        assert signer.run(*SEND, server.url, "--count", "3", "--rate", "1.5").code == 0
    signatures = [request.headers["x-jebbit-signature"] for request in endpoint.requests]
    assert len(set(signatures)) > 1
    assert all(verify(SECRET, endpoint.requests[0].body, signature) for signature in signatures)


@pytest.mark.parametrize("count", ["1", "2"])
@pytest.mark.parametrize("rate", ["0", "nan"])
def test_an_invalid_rate_is_rejected_for_any_count(
    signer: Cli, endpoint: str, deliveries: list[Delivery], count: str, rate: str
) -> None:
    assert signer.run(*SEND, endpoint, "--count", count, "--rate", rate).code == 2
    assert not deliveries


@pytest.mark.parametrize("concurrency", ["0", "101"])
def test_the_concurrency_is_bounded(
    signer: Cli, endpoint: str, deliveries: list[Delivery], concurrency: str
) -> None:
    assert signer.run(*SEND, endpoint, "--concurrency", concurrency).code == 2
    assert not deliveries


def test_deliveries_are_under_way_side_by_side(signer: Cli) -> None:
    together = threading.Barrier(5)

    def respond(_: int) -> str:
        together.wait(20)
        return "200 OK"

    app, _ = numbered(respond)
    with BackgroundServer(app, threads=5) as server:
        assert signer.run(*SEND, server.url, "--count", "10", "--concurrency", "5").code == 0


@pytest.mark.parametrize(
    ("count", "message"),
    [
        ("1", "delivery not accepted: returned 403: mismatch"),
        ("2", "2 of 2 deliveries not accepted: returned 403 (2x): mismatch"),
    ],
)
def test_a_response_other_than_2xx_is_exit_6_with_the_endpoints_words(
    bare: Cli, endpoint: str, count: str, message: str
) -> None:
    environment = {"JEBBIT_WEBHOOK_SECRET": "another"}
    result = bare.run(*SEND, endpoint, "--count", count, env=environment)
    assert result.code == 6
    assert "403" in result.out
    assert result.err.startswith(f"error: {message}\nhint: ")


@pytest.mark.parametrize("status", ["302 Found", "404 Not Found", "429 Too Many Requests", "503 Down"])
def test_any_answer_other_than_2xx_is_exit_6(signer: Cli, status: str) -> None:
    with BackgroundServer(Endpoint(status)) as server:
        result = signer.run(*SEND, server.url)
    assert result.code == 6
    assert result.err.startswith(f"error: delivery not accepted: returned {status[:3]}\nhint: ")


def test_long_words_of_an_endpoint_are_one_line_without_secrets_and_cut(signer: Cli) -> None:
    body = b"not\r\n\tours: " + b"x" * 181 + SECRET.encode() + b"\x1b[31m\xff"
    with BackgroundServer(Endpoint("400 Bad Request", body=body)) as server:
        result = signer.run(*SEND, server.url)
        document = signer.run(*SEND, server.url, "--json").json
    message = f"delivery not accepted: returned 400: not ours: {'x' * 181}********…"
    assert result.err == f"error: {message}\nhint: to find out why: jebbitctl webhooks check {server.url}\n"
    assert document["response"] == f"not\r\n\tours: {'x' * 181}********\x1b[31m\ufffd"


@pytest.mark.parametrize("position", [*range(280, 300, 3)])
def test_a_secret_is_masked_before_a_response_is_cut(signer: Cli, position: int) -> None:
    with BackgroundServer(Endpoint("400 Bad Request", body=b"x" * position + SECRET.encode())) as server:
        result = signer.run(*SEND, server.url)
    assert SECRET[:4] not in result.out + result.err


@pytest.mark.parametrize(
    ("count", "message"),
    [
        ("1", "delivery without a response: connection refused"),
        ("3", "3 of 3 deliveries without a response: connection refused (3x)"),
    ],
)
def test_a_refused_connection_is_exit_5_with_the_reason(signer: Cli, count: str, message: str) -> None:
    result = signer.run(*SEND, UNREACHABLE, "--count", count)
    assert result.code == 5
    assert result.err == f"error: {message}\nhint: start the endpoint, and check host, port and firewall\n"
    assert "connection refused" in result.out


def test_an_unknown_host_is_exit_5(signer: Cli) -> None:
    assert signer.run(*SEND, "http://no.such.host.invalid", env={"no_proxy": "*"}).code == 5


def test_an_endpoint_that_takes_too_long_is_exit_5(signer: Cli) -> None:
    with BackgroundServer(Endpoint(delay=0.3)) as server:
        result = signer.run(*SEND, server.url, "--timeout", "0.1")
    assert result.code == 5
    assert result.err.startswith(
        "error: delivery without a response: no response within 0.1 s\nhint: respond"
    )


@pytest.mark.parametrize("answer", [b"", b"\x15\x03\x01\x00\x02\x02\x46", b"SSH-2.0-OpenSSH\r\n"])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_an_answer_that_is_not_http_or_tls_is_exit_5(signer: Cli, scheme: str, answer: bytes) -> None:
    def respond(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(answer)

    with raw_server(respond) as url:
        assert signer.run(*SEND, url.replace("http", scheme, 1)).code == 5


def test_each_status_of_a_series_is_counted(signer: Cli) -> None:
    app, got = numbered(lambda number: {3: "403 No", 4: "403 No", 5: "500 Down"}.get(number, "204 OK"))
    with BackgroundServer(app) as server:
        result = signer.run(*SEND, server.url, "--count", "7", "--json")
    document = result.json
    assert len(got) == document["count"] == 7
    assert (document["ok"], document["accepted"]) == (False, 4)
    assert document["statuses"] == {"204": 4, "403": 2, "500": 1}
    assert result.code == 6
    message = "3 of 7 deliveries not accepted: returned 403 (2x); returned 500 (1x)"
    assert result.error["message"] == message


@pytest.mark.parametrize(
    ("status", "code", "message"),
    [
        ("403", 6, "2 of 2 deliveries not accepted: returned 403 (1x); no response within 0.3 s (1x)"),
        ("204", 5, "1 of 2 deliveries without a response: no response within 0.3 s (1x)"),
    ],
)
def test_a_series_with_a_refusal_and_a_failure_is_exit_6_but_with_a_failure_only_exit_5(
    signer: Cli, status: str, code: int, message: str
) -> None:
    def respond(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(f"HTTP/1.1 {status} X\r\nContent-Length: 0\r\n\r\n".encode())

    with raw_server(respond) as url:  # accepts one connection; another waits
        result = signer.run(*SEND, url, "--count", "2", "--timeout", "0.3", "--json")
    assert (result.code, result.error["message"]) == (code, message)
    assert (result.json["statuses"], result.json["errors"]) == ({status: 1}, {"no response within 0.3 s": 1})


def test_headers_are_added_to_each_delivery(signer: Cli, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("Bearer 0123456789")
    endpoint = Endpoint()
    with BackgroundServer(endpoint) as server:
        options = ("-H", "x-a: 1", "--header", f"Authorization: @{tmp_path}/token", "--count", "2")
        assert signer.run(*SEND, server.url, *options).code == 0
    for request in endpoint.requests:
        assert {"x-a": "1", "authorization": "Bearer 0123456789"}.items() <= request.headers.items()


@pytest.mark.parametrize(
    "option", ["--header=nothing", "--client-key=key.pem", "--timeout=0", "--timeout=nan"]
)
def test_an_invalid_option_for_the_endpoint_sends_nothing(
    signer: Cli, endpoint: str, deliveries: list[Delivery], option: str
) -> None:
    assert signer.run(*SEND, endpoint, option).code == 2
    assert not deliveries


def test_a_certificate_file_that_is_missing_is_exit_2(signer: Cli) -> None:
    assert signer.run(*SEND, "https://127.0.0.1:9", "--ca", "/nowhere.pem").code == 2


@pytest.mark.parametrize("count", [100, pytest.param(500, marks=pytest.mark.long)])
def test_no_delivery_is_lost_at_a_server_that_closes_connections_without_saying_so(
    signer: Cli, count: int
) -> None:
    options = ("--data", "-", "--count", str(count), "--concurrency", "20", "--json")
    with silently_closing_server() as url:
        document = signer.run(*SEND, url, *options, stdin="{}").json
    assert (document["accepted"], document["statuses"]) == (count, {"200": count})


@pytest.mark.skipif(os.name != "posix", reason="POSIX signals")
@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("concurrency", ["1", "4"])
def test_a_series_that_is_interrupted_twice_says_how_much_was_sent(
    signer: Cli, sent: int, code: int, concurrency: str
) -> None:
    def respond(number: int) -> str:
        if number == 9:
            signal.pthread_kill(threading.main_thread().ident or 0, sent)
            time.sleep(0.2)  # until the command waits for this response
            signal.pthread_kill(threading.main_thread().ident or 0, sent)
        return "200 OK"

    app, got = numbered(respond)
    with BackgroundServer(app) as server:
        options = ("--count", "100000", "--concurrency", concurrency, "--json")
        result = signer.run(*SEND, server.url, *options)
    document = result.json
    assert result.code == code
    assert 9 <= len(got) == document["count"] < 100_000
    assert document["statuses"] == {"200": len(got)}
    assert (document["ok"], document["unanswered"]) == (False, 0)
    assert document["not_sent"] == 100_000 - len(got)
    assert result.err == f"Stopped: {len(got)} of 100000 deliveries sent, {100_000 - len(got)} not sent.\n"


@pytest.mark.skipif(os.name != "posix", reason="POSIX signals")
def test_an_interrupted_series_counts_what_is_without_a_response(signer: Cli) -> None:
    ended = threading.Event()

    def respond(number: int) -> str:
        if number == 3:
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
        if number > 2:
            ended.wait(20)
        return "200 OK"

    app, got = numbered(respond)
    with BackgroundServer(app) as server:
        result = signer.run(*SEND, server.url, "--count", "10")
        ended.set()
    assert result.code == 130
    assert result.err == (
        "Stopped: 3 of 10 deliveries sent, 1 of these without a response yet, 7 not sent.\n"
    )
    assert len(got) == 3
    assert "unanswered\t1\n" in result.out
    assert "statuses.200\t2\n" in result.out


@pytest.mark.parametrize(
    ("status", "headers", "hint"),
    [
        (
            "302 Found",
            {"Location": "/hook/"},
            "hint: use the URL with or without a slash at its end, as in http://127.0.0.1:",
        ),
        ("404 Not Found", {}, "hint: check the path of the URL and the route"),
        ("503 Service Unavailable", {}, "hint: start the application"),
        ("403 Forbidden", {}, "hint: to find out why: jebbitctl webhooks check http://127.0.0.1:"),
    ],
)
def test_the_hint_of_send_fits_the_status(
    signer: Cli, status: str, headers: dict[str, str], hint: str
) -> None:
    with BackgroundServer(Endpoint(status, headers=headers)) as server:
        assert hint in signer.run("webhooks", "send", f"{server.url}/hook").err


def test_a_refused_connection_has_a_hint(signer: Cli) -> None:
    assert "hint: start the " in signer.run("webhooks", "send", UNREACHABLE).err
