from __future__ import annotations

from typing import Any

import pytest

from jebbitctl.util.http_session import PlainSession


@pytest.fixture
def bundle_of_the_process(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/process.pem")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example")
    return "/process.pem"


def settings(session: PlainSession, url: str = "https://api.example/") -> Any:
    return session.merge_environment_settings(url, {}, None, None, None)


@pytest.mark.parametrize(
    ("given", "trusted"), [("/given.pem", "/given.pem"), ("", True), (None, "/process.pem")]
)
def test_a_given_bundle_replaces_the_one_of_the_process(
    bundle_of_the_process: str, given: str | None, trusted: str | bool
) -> None:
    assert bundle_of_the_process
    assert settings(PlainSession(given))["verify"] == trusted


def test_this_machine_is_reached_without_a_proxy(bundle_of_the_process: str) -> None:
    assert bundle_of_the_process
    assert settings(PlainSession())["proxies"]["https"] == "http://proxy.example"
    for host in ("127.0.0.1:8080", "localhost", "[::1]"):
        assert "https" not in settings(PlainSession(), f"https://{host}/")["proxies"]
