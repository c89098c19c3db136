from __future__ import annotations

import re
from typing import Any

import pytest

from jebbitctl.errors import UsageError
from jebbitctl.util.certificates import SYSTEM_CERTIFICATES
from jebbitctl.util.http_session import PlainSession


def settings(url: str = "https://api.example/") -> Any:
    session = PlainSession(SYSTEM_CERTIFICATES)
    return session.merge_environment_settings(url, {}, None, None, None)


def test_this_machine_is_reached_without_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example")
    assert settings()["proxies"]["https"] == "http://proxy.example"
    for host in ("127.0.0.1:8080", "localhost", "[::1]"):
        assert "https" not in settings(f"https://{host}/")["proxies"]


@pytest.mark.parametrize(
    "url",
    ["http://", "http://bob:sesame@", "http://bob:se/s#ame@p", "http://bob:sesame@p:port", "bob:1/sesame@p"],
)
def test_an_invalid_proxy_is_a_usage_error_that_hides_its_password(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    for name, request in (("HTTPS_PROXY", "https://api.example/"), ("ALL_PROXY", "http://api.example/")):
        monkeypatch.delenv("HTTPS_PROXY", raising=False)
        monkeypatch.setenv(name, url)
        with pytest.raises(UsageError, match=f"{name} is not a proxy's URL") as caught:
            settings(request)
        assert not re.search("bob|ame", caught.value.message)
