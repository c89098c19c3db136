from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jebbitctl.diagnose import response
from jebbitctl.diagnose.findings import Finding, State
from jebbitctl.diagnose.network import Network
from tests.api.faults import drop, http, silence
from tests.http_fixtures import own_environment
from tests.webhooks.support import SECRET

from .endpoints import ID, SANDBOX, SteadyServer, a_case

if TYPE_CHECKING:
    from tests.api.faults import ReceivedRequest, ScriptedResponse

__all__ = ["own_environment"]

NEW = "https://www.acme.io"


class OnlyForPosts(SteadyServer):
    """Answers nothing but deliveries."""

    def choose(self, request: ReceivedRequest) -> ScriptedResponse:
        return http(200) if request.method == "POST" else drop


class MovedForPosts(SteadyServer):
    """Redirects only deliveries."""

    def choose(self, request: ReceivedRequest) -> ScriptedResponse:
        return http(307, Location=f"{NEW}/new") if request.method == "POST" else http(200)


def seen(server: SteadyServer, path: str = "/hook", *, probe: bool = False) -> Finding:
    with server:
        case = a_case(f"{server.url}{path}", Network(api_url=SANDBOX), shared_secret=SECRET)
        case.probe = probe
        return response.response(case)


def answering(answer: ScriptedResponse) -> SteadyServer:
    server = SteadyServer()
    server.answer = answer
    return server


@pytest.mark.parametrize("status", [200, 204, 304, 401, 403, 404, 500])
def test_an_endpoint_that_answers_itself_is_fine(status: int) -> None:
    assert seen(answering(http(status))) == Finding(State.OK, f"no redirect: HEAD returned {status}")


@pytest.mark.parametrize("status", [405, 501])
def test_an_endpoint_that_refuses_head_may_redirect_a_post(status: int) -> None:
    found = seen(answering(http(status)))
    assert (found.state, found.fix) == (State.UNKNOWN, "see what a delivery gets: --probe")
    assert seen(answering(http(status)), probe=True).state is State.OK


@pytest.mark.parametrize("status", [300, 301, 302, 307, 308])
@pytest.mark.parametrize(
    ("path", "target"),
    [("/hook", f"{NEW}/hook"), ("/hook", "/hook/"), ("/", NEW), ("/a?b=1", f"{NEW}/a/?b=1")],
)
def test_a_redirect_of_everything_loses_deliveries_and_the_new_url_is_named(
    status: int, path: str, target: str
) -> None:
    server = answering(http(status, Location=target))
    found = seen(server, path)
    whole = (target if target.startswith("http") else server.url + target).partition("?")[0]
    assert found.state is State.FAILED
    assert f"to {whole} ({status})" in found.seen
    assert found.fix
    assert f"jebbitctl integrations update {ID} --endpoint {whole}" in found.fix
    assert ("with its query" in found.fix) == ("?" in target)


def test_a_redirect_to_http_is_not_advised() -> None:
    found = seen(answering(http(301, Location="http://www.acme.io/hook")))
    assert found.state is State.FAILED
    assert "--endpoint" not in (found.fix or "")


@pytest.mark.parametrize("target", [f"{NEW}/login", "/login?next=/hook", "", "https://${HOST}/"])
def test_a_redirect_elsewhere_may_be_of_head_alone(target: str) -> None:
    found = seen(answering(http(302, Location=target)))
    assert (found.state, "a POST may not be" in found.seen) == (State.WARNING, True)


@given(target=st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=255)))
def test_any_target_of_a_redirect_is_shown_or_called_invalid(target: str) -> None:
    found = seen(answering(http(302, Location=target)))
    assert found.state in {State.WARNING, State.FAILED, State.UNKNOWN}


def test_with_probe_only_the_answer_to_a_delivery_counts() -> None:
    assert seen(OnlyForPosts(), probe=True) == Finding(State.OK, "no redirect: POST returned 200")


def test_with_probe_a_delivery_shows_whether_it_is_redirected() -> None:
    server = MovedForPosts()
    assert seen(server).state is State.OK
    found = seen(MovedForPosts(), probe=True)
    assert (found.state, found.seen.startswith("POST is redirected to")) == (State.FAILED, True)


def test_nothing_but_one_head_without_credentials_is_sent_and_nothing_followed() -> None:
    server = answering(http(301, Location="/hook/"))
    seen(server)
    assert server.calls == ["HEAD /hook"]
    assert server.seen[0].headers.keys() == {"host", "user-agent", "accept", "connection"}


def test_a_proxy_in_front_that_does_not_reach_the_endpoint_is_warned_of() -> None:
    assert seen(answering(http(502))).state is State.WARNING


def test_an_endpoint_that_does_not_answer_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jebbitctl.diagnose.network.LOOK_TIMEOUT", 0.1)
    found = seen(answering(silence))
    assert (found.state, "no response within 0.1 s" in found.seen) == (State.FAILED, True)


def test_a_response_of_a_proxy_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with answering(http(200)) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        found = response.response(a_case("http://8.8.8.8/hook"))
    assert (found.state, "proxy" in found.seen, proxy.seen) == (State.UNKNOWN, True, [])


def test_a_proxy_that_does_not_connect_is_no_fault_of_the_endpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    found = response.response(a_case("https://8.8.8.8/hook"))
    assert (found.state, "through this machine's proxy" in found.seen) == (State.UNKNOWN, True)


def test_a_host_without_a_url_is_not_asked() -> None:
    found = response.response(a_case(None, host="acme.io"))
    assert (found.state, found.fix) == (State.UNKNOWN, "give the URL: --endpoint URL")
