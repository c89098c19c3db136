"""The curl command sends what was recorded; real shells and curl run it."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from jebbitctl.errors import UsageError
from jebbitctl.util.curl import MAX_ARGUMENT_BYTES
from jebbitctl.webhooks.curl_command import curl_command
from jebbitctl.webhooks.receiving.background_server import BackgroundServer
from jebbitctl.webhooks.receiving.forwarding import end_to_end

from .recorded import delivered
from .support import Endpoint

if TYPE_CHECKING:
    from jebbitctl.webhooks.delivery import Delivery
    from tests.api.faults import ReceivedRequest


def executed(delivery: Delivery, shell: str = "sh") -> ReceivedRequest:
    """Run the command for a delivery in a shell; return the request that arrives at its host."""
    endpoint = Endpoint()
    with BackgroundServer(endpoint) as server:
        host = urlsplit(server.url).netloc
        command = curl_command(replace(delivery, headers={**delivery.headers, "host": host}))
        shown = subprocess.run([shell, "-c", command], capture_output=True, timeout=20, check=False)
        assert shown.returncode == 0, shown.stderr
    (request,) = endpoint.requests
    return request


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
@pytest.mark.parametrize(
    "body",
    [
        b'{"data":{"a":"b"}}',
        b"",
        b"@/etc/passwd",
        b'it\'s $HOME `id` \\n "x" !! %s\n  second line\n',
        "caf\u00e9 \u4f60\u597d".encode(),
        b"\x00\xff\x1b[2J\r\n\t",
        "\u202e\u2028".encode(),
        b"-x",
        b"x" * (MAX_ARGUMENT_BYTES + 1),
    ],
    ids=["json", "empty", "at", "quotes", "unicode", "binary", "controls", "dash", "long"],
)
def test_curl_sends_the_same_bytes_and_headers(body: bytes) -> None:
    headers = {
        "content-type": "application/json",
        "user-agent": "Jebbit's $(id)",
        "x-empty": "",
        "x-jebbit-test": "1",
        "x-utf-8": "caf\u00e9".encode().decode("latin-1"),
    }
    delivery = delivered(body, headers=headers, path="/a/../b'[1-2]{x}", query="c=$d&e=%27")
    request = executed(delivery)
    assert request.body == body
    assert (request.method, request.path) == ("POST", "/a/../b'[1-2]{x}?c=$d&e=%27")
    sent = {name: value for name, value in request.headers.items() if name not in {"host", "content-length"}}
    assert sent == end_to_end(delivery.headers)


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
def test_curl_adds_no_header_that_was_not_recorded() -> None:
    request = executed(delivered(b"{}"))
    assert request.headers.keys() == {"host", "content-length", "x-jebbit-signature"}


def test_credentials_are_masked() -> None:
    command = curl_command(delivered(headers={"authorization": "Bearer hush-hush"}))
    assert "hush" not in command
    assert "authorization: ********" in command


def test_the_url_is_the_one_that_was_requested() -> None:
    command = curl_command(
        delivered(headers={"host": "hooks.example", "x-forwarded-proto": "https"}, path="/a")
    )
    assert command.startswith("curl --globoff --path-as-is https://hooks.example/a ")


@pytest.mark.parametrize(
    "delivery",
    [
        delivered(omitted_bytes=1),
        delivered(path="/\x1b[2J"),
        delivered(path="@evil.example/x"),
        delivered(path="x"),
        delivered(path=""),
        delivered(path="/a#b"),
        delivered(query="a#b"),
        delivered(headers={"host": "localhost@evil.example"}),
        delivered(headers={"host": "localhost/a"}),
        delivered(headers={"x": "a\nb"}),
        delivered(headers={"x": "caf\u00e9"}),
        delivered(headers={"x": "\u4f60"}),
        delivered(headers={"@/etc/passwd": "a"}),
    ],
)
def test_a_delivery_that_curl_would_send_differently_is_an_error(delivery: Delivery) -> None:
    with pytest.raises(UsageError):
        curl_command(delivery)
