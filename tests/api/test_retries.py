from __future__ import annotations

import ssl

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from urllib3 import exceptions as urllib3_errors

from jebbitctl.api import retries
from jebbitctl.api.retries import may_retry_error, may_retry_status, retry_delay
from jebbitctl.util.http_session import was_not_sent

DATES = st.datetimes().map(lambda when: when.strftime("%a, %d %b %Y %H:%M:%S GMT"))
VALUES = (
    st.text() | st.floats().map(str) | st.integers().map(str) | DATES | st.from_regex(r"[\d\s+:.-]{0,40}")
)

REFUSED = urllib3_errors.NewConnectionError(None, "x")  # type: ignore[arg-type]
UNKNOWN_HOST = urllib3_errors.NameResolutionError("h", None, OSError())  # type: ignore[arg-type]
CONNECT_TIMEOUT = urllib3_errors.ConnectTimeoutError(None, "x")
CERTIFICATE = urllib3_errors.SSLError(ssl.SSLCertVerificationError("x"))
NO_TUNNEL = OSError("Tunnel connection failed: 407 Proxy Authentication Required")


BACKOFF_SECONDS = retries.BACKOFF_SECONDS
"""As the product has it: a fixture shortens it for each test."""


def test_the_first_backoff_is_a_fifth_of_a_second() -> None:
    assert BACKOFF_SECONDS == 0.2


@given(VALUES, st.floats(0, 1000))
def test_any_retry_after_gives_a_delay_within_bounds(value: str, time_left: float) -> None:
    assert 0 <= retry_delay(0, value, time_left) <= time_left / 4


@pytest.mark.parametrize("value", [None, "", "abc", "-5", "nan", "Thu, 01 Jan 1970 00:00:00 GMT"])
def test_the_delay_without_a_usable_retry_after_is_exponential(
    monkeypatch: pytest.MonkeyPatch, value: str | None
) -> None:
    monkeypatch.setattr(retries, "BACKOFF_SECONDS", 0.2)
    assert [retry_delay(count, value, 60) for count in range(3)] == [0, 0.4, 0.8]


@pytest.mark.parametrize(
    ("method", "retried"),
    [
        ("GET", [429, 502, 503, 504]),
        ("DELETE", [429, 502, 503, 504]),
        ("POST", [429]),
        ("PATCH", [429]),
    ],
)
def test_only_transient_statuses_are_retried(method: str, retried: list[int]) -> None:
    assert [status for status in range(100, 600) if may_retry_status(method, status)] == retried


@pytest.mark.parametrize(
    ("cause", "get", "post", "not_sent"),
    [
        (REFUSED, True, True, True),
        (UNKNOWN_HOST, True, True, True),
        (CONNECT_TIMEOUT, False, False, True),
        (CERTIFICATE, False, False, False),
        (urllib3_errors.SSLError("x"), True, False, False),
        (urllib3_errors.ProtocolError("x", ConnectionResetError()), True, False, False),
        (urllib3_errors.ProxyError("x", NO_TUNNEL), True, False, True),
        (urllib3_errors.ProxyError("x", REFUSED), True, True, True),
        (urllib3_errors.ProxyError("x", CONNECT_TIMEOUT), False, False, True),
        (urllib3_errors.ProxyError("x", CERTIFICATE), False, False, True),
    ],
    ids=repr,
)
def test_only_errors_that_are_safe_to_repeat_are_retried(
    cause: Exception, get: bool, post: bool, not_sent: bool
) -> None:
    for wrapped in (cause, urllib3_errors.MaxRetryError(None, "/", cause)):  # type: ignore[arg-type]
        error = requests.ConnectionError(wrapped)
        assert (may_retry_error("GET", error), may_retry_error("DELETE", error)) == (get, get)
        assert (may_retry_error("POST", error), may_retry_error("PATCH", error)) == (post, post)
        assert was_not_sent(error) == not_sent
