"""Whatever a server answers to a write, nobody is told that the write was never sent."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from jebbitctl.api.client import Client
from jebbitctl.api.transport import Transport
from jebbitctl.errors import AmbiguousWriteError, JebbitctlError, UsageError
from tests.api.faults import FaultServer, last
from tests.api.support import Tokens
from tests.http_fixtures import own_environment

__all__ = ["own_environment"]

SIZES = [
    "0",
    "2",
    "-5",
    "-1",
    "+2",
    " 2 ",
    "0x2",
    "1_0",
    "zz",
    "",
    "f" * 40,
    "2;x=y",
    "\u0662",
    "9" * 5000,
    "2\x00",
]
HEADERS = [
    "Transfer-Encoding: chunked",
    "Transfer-Encoding: gzip, chunked",
    "Content-Encoding: gzip",
    "Content-Length: 2",
    "Content-Length: -2",
    "Content-Length: 1_0",
    f"Content-Length: {'9' * 5000}",
    "Connection: keep-alive",
    "Location: http://[",
    "Set-Cookie: a=b; expires=\x00",
    ": nothing",
    "\x00",
]
STATUS_LINES = [
    "HTTP/1.1 201 Created",
    "HTTP/1.1 103 Early Hints",
    "HTTP/1.0 200",
    "HTTP/1.1 -1 X",
    "HTTP/9 200 X",
]


def chunk(size: str) -> bytes:
    return f"{size}\r\n".encode() + b"{}\r\n"


@settings(max_examples=60)
@given(
    st.lists(st.sampled_from(STATUS_LINES), min_size=1, max_size=3),
    # urllib3 leaves the socket of a response with contradicting lengths to the garbage collector
    st.lists(st.sampled_from(HEADERS), max_size=3, unique_by=lambda header: header.partition(":")[0]),
    st.lists(st.sampled_from(SIZES).map(chunk) | st.binary(max_size=20), max_size=3),
)
def test_any_response_to_a_post_is_a_result_or_says_that_it_may_have_been_carried_out(
    lines: list[str], headers: list[str], body: list[bytes]
) -> None:
    interim = "".join(f"{line}\r\n\r\n" for line in lines[:-1])
    head = "\r\n".join([f"{interim}{lines[-1]}", *headers, "", ""]).encode("latin-1")
    transport = Transport(timeout=20)
    with FaultServer(last(head + b"".join(body))) as server:
        error = failure(Client(transport, server.url, Tokens()))
        assert len(server.seen) == 1
    assert not isinstance(error, UsageError)
    if error and error.status is None:
        assert isinstance(error, AmbiguousWriteError)
        assert "carried out" in error.message


def failure(client: Client) -> JebbitctlError | None:
    """Create an integration and return the error, None if it succeeds."""
    try:
        client.post("/integrations", {})
    except JebbitctlError as error:
        return error
    return None
