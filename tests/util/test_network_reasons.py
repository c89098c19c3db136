from __future__ import annotations

import pytest

from jebbitctl.util.network_reasons import network_reason


@pytest.mark.parametrize(
    ("root", "reason"),
    [
        (UnicodeEncodeError("idna", "a..b", 2, 3, "label empty"), "its URL or the proxy's is not valid"),
        (
            UnicodeError("label empty or too long"),
            "its URL or the proxy's is not valid",
        ),  # before Python 3.13
        (UnicodeEncodeError("latin-1", "\u20ac", 0, 1, "ordinal not in range(256)"), "a header is invalid"),
    ],
)
def test_an_invalid_host_is_not_called_an_invalid_header(root: UnicodeError, reason: str) -> None:
    error = ValueError("in the place of urllib3's LocationParseError")
    error.__context__ = root
    assert network_reason(error) == reason
