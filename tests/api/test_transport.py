from __future__ import annotations

import gzip
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
import requests
from urllib3 import exceptions as urllib3_errors

from jebbitctl.api import retries
from jebbitctl.api.transport import MAX_RESPONSE_BYTES, Transport
from jebbitctl.errors import JebbitctlError, RejectedError, UnavailableError
from tests.api.faults import FaultServer, api, drip, drop, http, last, silence
from tests.api.support import get

if TYPE_CHECKING:
    from pathlib import Path

    from tests.api.faults import ScriptedResponse


BOMB = gzip.compress(bytes(2**20)) * 200
"""200 KB that unpack to 200 MiB."""


@pytest.mark.parametrize(
    "response",
    [
        silence,
        drip(b"HTTP/1.1 200 OK\r\n", b"X-Slow: 1\r\n"),
        drip(b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n"),
        drip(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", b" "),
        drip(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
        drip(b"HTTP/1.1 200 OK\r\n\r\n", b" "),
    ],
    ids=["silence", "headers", "continues", "body", "chunks", "endless"],
)
def test_a_call_ends_at_its_deadline(
    server: FaultServer, impatient_transport: Transport, response: ScriptedResponse
) -> None:
    server.script = [response]
    started = time.monotonic()
    with pytest.raises(UnavailableError, match=r"no response within 0\.5 s"):
        get(impatient_transport, server)
    assert time.monotonic() - started < 10
    assert len(server.seen) == 1


@pytest.mark.parametrize("status", [429, 503])
def test_the_body_of_a_response_that_is_retried_is_not_read(
    server: FaultServer, transport: Transport, status: int
) -> None:
    endless = drip(b"HTTP/1.1 %d No\r\nContent-Length: 9999\r\n\r\n" % status, b" ")
    server.script = [endless, api([1])]
    started = time.monotonic()
    assert get(transport, server).json() == [1]
    assert time.monotonic() - started < 5
    assert server.connections == 2


def test_nothing_is_sent_after_the_deadline(server: FaultServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retries, "BACKOFF_SECONDS", 0.5)  # the second retry would be after the deadline
    transport = Transport(timeout=0.3)
    server.script = [http(503)] * 4
    with pytest.raises(UnavailableError):
        get(transport, server)
    while any(thread.name == "call_with_timeout" for thread in threading.enumerate()):
        time.sleep(0.01)
    assert len(server.seen) == 2


def test_a_call_that_timed_out_shares_no_connection_with_the_next_call(
    server: FaultServer, impatient_transport: Transport
) -> None:
    sessions = []
    for response in (silence, api([1])):
        server.script = [response]
        sessions.append(impatient_transport._session)  # noqa: SLF001 - the abandoned thread still uses it
        with suppress(UnavailableError):
            get(impatient_transport, server)
    assert sessions[0] is not sessions[1]


def test_a_chunked_response_is_read_completely(server: FaultServer, transport: Transport) -> None:
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n[1,2\r\n3\r\n,3]\r\n0\r\n\r\n"
    server.script = [chunked, chunked]
    assert get(transport, server).json() == [1, 2, 3]
    assert get(transport, server).json() == [1, 2, 3]
    assert server.connections == 1


def test_a_response_without_a_length_ends_with_its_connection(
    server: FaultServer, transport: Transport
) -> None:
    server.script = [last(b"HTTP/1.1 200 OK\r\n\r\n[1]")]
    assert get(transport, server).json() == [1]


def test_a_compressed_response_is_decoded(server: FaultServer, transport: Transport) -> None:
    server.script = [http(200, gzip.compress(b"[1]"), Content_Encoding="gzip")]
    assert get(transport, server).json() == [1]


@pytest.mark.parametrize(
    "response",
    [
        api([1]),
        http(204),
        http(404, "gone"),
        http(307, Location="/elsewhere"),
        http(200, gzip.compress(b"[1]", mtime=0), Content_Encoding="gzip"),
        http(204, Content_Encoding="gzip"),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n[1]\r\n0\r\n\r\n",
    ],
    ids=repr,
)
def test_calls_share_one_connection(server: FaultServer, transport: Transport, response: bytes) -> None:
    server.script = [response] * 3
    statuses = {get(transport, server).status for _ in range(3)}
    assert len(statuses) == 1
    assert (len(server.seen), server.connections) == (3, 1)


def test_a_pooled_connection_that_the_server_closed_is_replaced(
    server: FaultServer, transport: Transport
) -> None:
    server.script = [last(api([1])), api([2])]
    assert get(transport, server).json() == [1]
    assert get(transport, server).json() == [2]
    assert len(server.seen) == 2


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_get_is_retried_after_a_transient_failure(
    server: FaultServer, transport: Transport, status: int
) -> None:
    server.script = [http(status), api([1])]
    response = get(transport, server)
    assert (response.status, response.ambiguous) == (200, status != 429)
    assert len(server.seen) == 2


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422, 500, 501])
def test_a_get_is_not_retried_after_a_permanent_failure(
    server: FaultServer, transport: Transport, status: int
) -> None:
    server.script = [http(status)]
    assert get(transport, server).status == status
    assert len(server.seen) == 1


def test_a_request_is_sent_at_most_four_times(server: FaultServer, transport: Transport) -> None:
    server.script = [http(503)] * 9
    assert get(transport, server).status == 503
    assert len(server.seen) == 4


@pytest.mark.parametrize(
    "value",
    ["abc", "-5", "", "nan", "1_0.5.5", "Thu, 01 Jan 1970 00:00:00 GMT", "9" * 5000 + "x", "\xff", "٣"],
)
def test_an_invalid_retry_after_is_ignored(server: FaultServer, transport: Transport, value: str) -> None:
    server.script = [
        f"HTTP/1.1 503 No\r\nContent-Length: 0\r\nRetry-After: {value}\r\n\r\n".encode(),
        api([1]),
    ]
    started = time.monotonic()
    assert get(transport, server).json() == [1]
    assert time.monotonic() - started < 4


@pytest.mark.parametrize("value", ["999999999", "inf", "1e308", "9" * 5000, "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_a_huge_retry_after_is_capped(server: FaultServer, value: str) -> None:
    transport = Transport(timeout=2)
    server.script = [http(503, Retry_After=value), api([1])]
    started = time.monotonic()
    assert get(transport, server).json() == [1]
    assert 0.4 < time.monotonic() - started < 2


def test_retry_after_is_honoured(server: FaultServer, transport: Transport) -> None:
    server.script = [http(429, Retry_After="0.3"), api([1])]
    started = time.monotonic()
    assert get(transport, server).json() == [1]
    assert 0.3 <= time.monotonic() - started < 5


def test_a_call_is_not_ambiguous_after_a_connection_that_was_refused(
    server: FaultServer, transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = [requests.ConnectionError(urllib3_errors.NewConnectionError(None, "x"))]  # type: ignore[arg-type]
    open_ = transport._open  # noqa: SLF001 - no server can refuse one connection and then none

    def refuse_once(*args: Any) -> requests.Response:
        if refused:
            raise refused.pop()
        return open_(*args)

    monkeypatch.setattr(transport, "_open", refuse_once)
    server.script = [http(404)]
    response = transport.send("DELETE", server.url, headers={})
    assert (response.status, response.ambiguous, refused) == (404, False, [])


def test_connecting_ends_before_the_deadline_and_reading_after_it(
    transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    timeouts = []

    def request(*_: object, timeout: tuple[float, float], **__: object) -> None:
        timeouts.append(timeout)
        raise requests.ConnectTimeout

    monkeypatch.setattr("jebbitctl.api.transport.PlainSession.request", request)
    with pytest.raises(UnavailableError):
        transport.send("POST", "https://api2.jebbit.invalid/", headers={})
    assert timeouts == [(transport.timeout / 3, transport.timeout + 1)]


def test_a_post_is_retried_only_if_it_was_certainly_not_carried_out(
    server: FaultServer, transport: Transport
) -> None:
    server.script = [http(429), http(503)]
    response = transport.send("POST", server.url, headers={}, body=b"{}")
    assert (response.status, response.ambiguous) == (503, False)
    assert len(server.seen) == 2


def test_a_gzip_bomb_is_not_unpacked(server: FaultServer, transport: Transport) -> None:
    server.script = [http(200, BOMB, Content_Encoding="gzip")]
    with pytest.raises(RejectedError, match="larger than 64 MiB") as caught:
        get(transport, server)
    assert caught.value.status == 200


@pytest.mark.parametrize(("status", "code"), [(201, "ambiguous"), (502, "ambiguous"), (422, "rejected")])
def test_a_write_with_a_gzip_bomb_in_the_response_is_ambiguous_unless_rejected(
    server: FaultServer, transport: Transport, status: int, code: str
) -> None:
    server.script = [http(status, BOMB, Content_Encoding="gzip")]
    with pytest.raises(JebbitctlError, match="larger than 64 MiB") as caught:
        transport.send("POST", f"{server.url}/api/v1/integrations", headers={}, body=b"{}")
    assert (caught.value.code, caught.value.status) == (code, status)
    assert len(server.seen) == 1


def test_a_gzip_bomb_in_a_redirect_is_not_unpacked(server: FaultServer, transport: Transport) -> None:
    server.script = [http(302, BOMB, Content_Encoding="gzip", Location="/x")]
    with pytest.raises(RejectedError, match="larger than"):
        get(transport, server)


def test_a_response_of_the_maximum_size_is_read(
    server: FaultServer, transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert MAX_RESPONSE_BYTES > 10 * 2**20
    monkeypatch.setattr("jebbitctl.api.transport.MAX_RESPONSE_BYTES", 100_000)
    server.script = [http(200, bytes(100_000)), http(200, bytes(100_001))]
    assert len(get(transport, server).body) == 100_000
    with pytest.raises(RejectedError, match="larger than"):
        get(transport, server)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_no_redirect_is_followed(server: FaultServer, transport: Transport, status: int, method: str) -> None:
    with FaultServer(api([1])) as elsewhere:
        server.script = [http(status, Location=elsewhere.url)]
        response = transport.send(method, server.url, headers={}, body=b"secret")
        assert response.status == status
        assert (len(server.seen), elsewhere.connections) == (1, 0)


def test_netrc_is_ignored(
    server: FaultServer, transport: Transport, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    server.script = [api([1])]
    get(transport, server)
    assert "authorization" not in server.seen[0].headers


def test_the_log_has_a_line_per_request_and_response(
    server: FaultServer, transport: Transport, log: list[str]
) -> None:
    server.script = [api({"name": "x" * 1000}), http(200, "<html>")]
    transport.send("POST", f"{server.url}/a", headers={}, body=b'{"shared_secret": "s3cr3t", "n": 1}')
    get(transport, server, "/b")
    assert log[0] == f'→ POST {server.url}/a {{"shared_secret": "********", "n": 1}}'
    assert log[1].startswith("← 200 in 0.")
    assert log[1].endswith("…")
    assert len(log[1]) < 600
    assert log[2] == f"→ GET {server.url}/b"
    assert log[3].endswith("6 bytes (not JSON)")


def test_the_log_names_a_failure_only_by_its_type(
    server: FaultServer, transport: Transport, log: list[str]
) -> None:
    server.script = [drop]
    with pytest.raises(UnavailableError):
        transport.send("POST", server.url, headers={}, body=b"{}")
    assert log[1].startswith("✗ ConnectionError after 0.")
