from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest
import requests
from urllib3 import exceptions as urllib3_errors

from jebbitctl.api.ambiguous_writes import noun, recovery_hint
from jebbitctl.api.network_errors import raise_network_error
from jebbitctl.errors import AmbiguousWriteError, UnavailableError, UsageError
from tests.api.faults import drop, http, last, reset

if TYPE_CHECKING:
    from jebbitctl.api.client import Client
    from jebbitctl.api.transport import Transport
    from jebbitctl.errors import JebbitctlError
    from tests.api.faults import FaultServer, ScriptedResponse

BROKEN_RESPONSES: dict[str, tuple[ScriptedResponse, str]] = {
    "drop": (drop, "the connection was closed without a response"),
    "reset": (reset, "connection reset by peer"),
    "short": (last(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{}"), "the response was cut off"),
    "huge length": (last(b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 18 + b"\r\n\r\n{}"), "was cut off"),
    "short chunk": (
        last(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{}"),
        "the response was cut off",
    ),
    "no last chunk": (
        last(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n"),
        "the response was cut off",
    ),
    "no chunk": (
        last(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n"),
        "the response was cut off",
    ),
    "not http": (last(b"SSH-2.0-OpenSSH_9.2\r\n"), "the response is not HTTP"),
    "long header": (last(b"HTTP/1.1 200 OK\r\nX: " + b"a" * 70_000 + b"\r\n\r\n"), "a header is invalid"),
    "many headers": (last(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 101 + b"\r\n"), "has too many headers"),
    "two lengths": (
        last(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}"),
        "a header is invalid",
    ),
    "half of gzip": (
        http(200, gzip.compress(b'[{"id": "a"}]')[:-9], Content_Encoding="gzip"),
        "the response could not be decompressed",
    ),
    "gzip with another checksum": (
        http(200, gzip.compress(b"[1]")[:-8] + bytes(8), Content_Encoding="gzip"),
        "the response could not be decompressed",
    ),
    "bad gzip": (http(200, b"plain", Content_Encoding="gzip"), "the response could not be decompressed"),
}


@pytest.mark.parametrize(
    ("collection", "name"),
    [
        ("businesses", "business"),
        ("integrations", "integration"),
        ("integration_mappings", "mapping"),
        ("launch_links", "launch link"),
        ("campaign_stats", "campaign"),
        ("properties", "property"),
        ("self", "self"),
    ],
)
def test_a_resource_is_named_in_the_singular(collection: str, name: str) -> None:
    assert noun(collection) == name


@pytest.mark.parametrize("fault", BROKEN_RESPONSES)
def test_a_post_with_a_broken_response_is_ambiguous_and_sent_once(
    server: FaultServer, client: Client, fault: str
) -> None:
    response, message = BROKEN_RESPONSES[fault]
    server.script = [response, http(201, "{}")]
    with pytest.raises(AmbiguousWriteError, match=message) as caught:
        client.post("/integrations", {})
    assert "may have been carried out" in caught.value.message
    assert "jebbitctl integrations list" in (caught.value.hint or "")
    assert "\n" not in caught.value.message
    assert len(server.seen) == 1


@pytest.mark.parametrize("fault", BROKEN_RESPONSES)
def test_a_get_with_broken_responses_is_unavailable(server: FaultServer, client: Client, fault: str) -> None:
    response, message = BROKEN_RESPONSES[fault]
    server.script = [response] * 4
    with pytest.raises(UnavailableError, match=message) as caught:
        client.get("/integrations")
    assert caught.value.code == "unavailable"


@pytest.mark.parametrize("fault", ["drop", "reset", "not http"])
def test_a_get_is_retried_after_a_broken_connection(server: FaultServer, client: Client, fault: str) -> None:
    server.script = [BROKEN_RESPONSES[fault][0], http(200, "[1]")]
    assert client.get("/integrations") == [1]
    assert len(server.seen) == 2


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_a_refused_connection_is_unavailable_for_any_method(transport: Transport, method: str) -> None:
    with pytest.raises(UnavailableError, match=r"could not connect to .*: connection refused") as caught:
        transport.send(method, "http://127.0.0.1:9/api/v1/integrations", headers={})
    assert caught.value.code == "unavailable"


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_unknown_host_is_unavailable_for_any_method(transport: Transport, method: str) -> None:
    with pytest.raises(UnavailableError, match=r"could not connect to nowhere.invalid: the host") as caught:
        transport.send(method, "https://nowhere.invalid/api/v1/integrations", headers={})
    assert caught.value.code == "unavailable"
    assert caught.value.hint == "check the address and the network, or try again later"


@pytest.mark.parametrize("url", ["http://a..b/", f"https://{'a' * 64}.com/", "https://\xad.com/"])
def test_an_invalid_url_is_a_usage_error(transport: Transport, url: str) -> None:
    with pytest.raises(UsageError, match="not valid"):
        transport.send("GET", url, headers={})


def test_an_invalid_header_is_not_shown(transport: Transport, log: list[str]) -> None:
    with pytest.raises(UsageError, match="a header is invalid") as caught:
        transport.send("GET", "http://127.0.0.1:9/", headers={"Authorization": "Bearer s3cr3t\nX: y"})
    assert "s3cr3t" not in "".join([*log, str(caught.value), str(caught.value.hint)])
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


@pytest.mark.parametrize(
    ("error", "kind", "message"),
    [
        (TimeoutError(), AmbiguousWriteError, "no response within 7 s"),
        (ConnectionResetError(104, "Connection reset by peer"), AmbiguousWriteError, "connection reset"),
        (ValueError("read length must be non-negative"), AmbiguousWriteError, "is not valid HTTP"),
        (MemoryError(), AmbiguousWriteError, "not enough memory for the response"),
        (UnicodeError("label too long"), UsageError, "URL"),
        (requests.exceptions.SSLError(), UnavailableError, "trusted TLS connection"),
        (urllib3_errors.ConnectTimeoutError(None, "x"), UnavailableError, "could not connect"),
        (requests.exceptions.ConnectionError("something new"), AmbiguousWriteError, "ConnectionError"),
    ],
    ids=repr,
)
def test_each_exception_becomes_an_error(error: Exception, kind: type[JebbitctlError], message: str) -> None:
    with pytest.raises(kind, match=message) as caught:
        raise_network_error(error, "POST", "https://h/api/v1/integrations", timeout=7)
    assert type(caught.value) is kind


def test_an_exception_chain_with_a_loop_is_handled() -> None:
    error, inner = requests.exceptions.ConnectionError(), requests.exceptions.ConnectionError()
    error.__cause__, inner.__cause__ = inner, error
    with pytest.raises(UnavailableError):
        raise_network_error(error, "GET", "https://h/", timeout=7)


@pytest.mark.parametrize(
    ("method", "path", "hint"),
    [
        ("GET", "/api/v1/integrations", None),
        ("POST", "/oauth/token", None),
        ("POST", "/api/v1/integrations", "jebbitctl integrations list"),
        ("PATCH", "/api/v1/integrations/L5m24mjs", "jebbitctl integrations list"),
        ("POST", "/api/v1/integrations/L5m24mjs/test", "check the endpoint"),
        ("POST", "/api/v1/integration_mappings", "jebbitctl mappings list"),
        ("POST", "/api/v1/integration_historic_backfills", "jebbitctl backfills list"),
        ("POST", "/api/v1/things?x=1", "jebbitctl api /things"),
        ("DELETE", "/api/v1/integrations/L5m24mjs", "delete it again"),
    ],
)
def test_the_recovery_hint_names_a_command(method: str, path: str, hint: str | None) -> None:
    for url in (path, f"https://api2.jebbit.com{path}"):
        found = recovery_hint(method, url)
        assert found == hint if hint is None else hint in (found or "")
