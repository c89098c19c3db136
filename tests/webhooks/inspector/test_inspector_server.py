"""The inspector's server: who may ask it, and what it says."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from jebbitctl.util.redaction import forget_registered_secrets, register_secret
from jebbitctl.webhooks.endpoint import EndpointClient
from jebbitctl.webhooks.inspector.guard import HEADERS
from jebbitctl.webhooks.inspector.store import InspectorStore
from jebbitctl.webhooks.receiving.background_server import BackgroundServer
from tests.webhooks.inspector.support import ask, inspecting, stored
from tests.webhooks.recorded import delivered, outcome
from tests.webhooks.support import SECRET, UNREACHABLE, Endpoint, talk

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = files("jebbitctl.webhooks.inspector") / "page"
AS_RECORDED = {"target": 0, "re_sign": False}


@pytest.fixture
def app() -> Endpoint:
    return Endpoint("202 Accepted", body=b"taken\x1b[2J")


@pytest.fixture
def page(app: Endpoint) -> Iterator[str]:
    """The URL of a page with one delivery, and ``app`` as target."""
    with (
        BackgroundServer(app) as target,
        EndpointClient(target.url) as client,
        inspecting(stored(delivered({"a": 1})), client) as url,
    ):
        yield url


@pytest.fixture
def _secret_in_use() -> Iterator[None]:
    register_secret(SECRET)
    yield
    forget_registered_secrets()


def details(url: str, number: int = 1) -> dict[str, Any]:
    found: dict[str, Any] = ask(f"{url}deliveries/{number}").json()
    return found


def origin_of(url: str) -> str:
    return f"http://{urlsplit(url).netloc}"


@pytest.mark.parametrize("path", ["", "main.js", "about", "deliveries", "deliveries/1", "search?text=a"])
def test_nothing_is_found_without_the_token(page: str, path: str) -> None:
    origin, token = origin_of(page), urlsplit(page).path.strip("/")
    assert len(token) >= 32
    assert ask(f"{page}{path}").status_code == 200
    for wrong in ("", "x", token[:-1], f"{token}x", token.swapcase(), "\u00e9"):
        response = ask(f"{origin}/{wrong}/{path}")
        assert (response.status_code, response.text) == (404, "not found\n")
    assert ask(f"{origin}/{token}").status_code == 404


def test_each_page_has_another_token(page: str) -> None:
    with inspecting(stored()) as other:
        assert urlsplit(other).path != urlsplit(page).path


@pytest.mark.parametrize("host", ["example.com", "localhost:{port}", "127.0.0.1", "127.0.0.1:1", ""])
def test_another_host_is_refused(page: str, app: Endpoint, host: str) -> None:
    named = host.format(port=urlsplit(page).port)
    assert ask(page, headers={"Host": named}).status_code == 403
    response = ask(f"{page}deliveries/1/replay", "POST", json=AS_RECORDED, headers={"Host": named})
    assert (response.status_code, app.requests) == (403, [])


def test_a_request_without_a_host_is_refused(page: str) -> None:
    assert talk(page, f"GET {urlsplit(page).path} HTTP/1.0\r\n\r\n".encode()).startswith(b"HTTP/1.0 403")


@pytest.mark.parametrize(
    "origin", ["http://example.com", "null", "https://127.0.0.1:{port}", "http://127.0.0.1"]
)
def test_another_origin_is_refused(page: str, app: Endpoint, origin: str) -> None:
    named = {"Origin": origin.format(port=urlsplit(page).port)}
    assert ask(f"{page}deliveries", headers=named).status_code == 403
    response = ask(f"{page}deliveries/1/replay", "POST", json=AS_RECORDED, headers=named)
    assert (response.status_code, app.requests) == (403, [])


@pytest.mark.parametrize(
    "type_", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""]
)
def test_requests_that_a_form_could_send_are_refused(page: str, app: Endpoint, type_: str) -> None:
    response = ask(
        f"{page}deliveries/1/replay", "POST", data=json.dumps(AS_RECORDED), headers={"Content-Type": type_}
    )
    assert (response.status_code, app.requests) == (415, [])


def test_other_methods_and_paths_are_refused(page: str, app: Endpoint) -> None:
    assert [ask(page, method).status_code for method in ("PUT", "DELETE", "OPTIONS", "HEAD")] == [405] * 4
    assert ask(f"{page}deliveries/1/replay").status_code == 404
    for path in ("", "deliveries", "deliveries/1", "deliveries/x/replay", "../server.py", "%2e%2e/server.py"):
        assert ask(f"{page}{path}", "POST", json=AS_RECORDED).status_code == 404
    for path in ("nothing", "deliveries/2", "deliveries/-1", "page/main.js", "..%2fserver.py", "main.js/"):
        assert ask(f"{page}{path}").status_code == 404
    assert ask(f"{page}deliveries?after=x").status_code == 400
    assert app.requests == []


def test_every_response_has_the_headers_that_protect_it(page: str) -> None:
    for response in (
        ask(page),
        ask(f"{page}main.js"),
        ask(f"{page}deliveries"),
        ask(f"{page}nothing"),
        ask(page, "PUT"),
        ask(page, headers={"Host": "example.com"}),
        ask(f"{page}deliveries/1/replay", "POST", json=AS_RECORDED),
    ):
        assert {name: response.headers[name] for name, _ in HEADERS} == dict(HEADERS)
        assert "Access-Control-Allow-Origin" not in response.headers
    assert dict(HEADERS).keys() >= {"X-Frame-Options", "Cross-Origin-Resource-Policy"}
    assert dict(HEADERS)["X-Content-Type-Options"] == "nosniff"
    assert dict(HEADERS)["Referrer-Policy"] == "no-referrer"
    assert dict(HEADERS)["Cache-Control"] == "no-store"
    policy = dict(HEADERS)["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'" in policy
    assert "base-uri 'none'; form-action 'none'; frame-ancestors 'none'" in policy


def test_the_page_has_nothing_from_elsewhere_and_nothing_inline() -> None:
    for file in PAGE.iterdir():
        text = file.read_text("utf-8")
        assert set(re.findall(r"https?://[^\s\"']*", text)) <= {"http://www.w3.org/2000/svg"}
        assert len(text.splitlines()) < 400
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|srcdoc|\beval\b|new Function"
            r"|@import|url\(|\bstyle=|<style|javascript:",
            text,
        )
    html = (PAGE / "index.html").read_text("utf-8")
    assert re.findall(r"<script[^>]*>[^<]*", html) == ['<script type="module" src="main.js">']
    assert not re.search(r"\son\w+\s*=", html)
    assert set(re.findall(r'(?:src|href)="([^"]*)"', html)) == {"main.js", "style.css", "icon.svg"}


def test_a_replay_goes_to_the_target_and_shows_its_answer(page: str, app: Endpoint) -> None:
    response = ask(
        f"{page}deliveries/1/replay", "POST", json=AS_RECORDED, headers={"Origin": origin_of(page)}
    )
    assert response.status_code == 200
    shown = response.json()
    assert (shown["status"], shown["ok"], shown["response"]) == (202, True, r"taken\x1b[2J")
    assert shown["milliseconds"] > 0
    (request,) = app.requests
    assert request.body == b'{"a": 1}'


def test_a_page_cannot_name_another_target(page: str, app: Endpoint) -> None:
    other = Endpoint()
    with BackgroundServer(other) as server:
        wishes: list[dict[str, Any]] = [
            {"target": server.url},
            {"target": 1},
            {"target": True},
            {"target": -1},
        ]
        for wish in wishes:
            response = ask(f"{page}deliveries/1/replay", "POST", json={**AS_RECORDED, **wish})
            assert response.status_code in {400, 409}
        ask(f"{page}deliveries/1/replay", "POST", json={**AS_RECORDED, "url": server.url, "to": server.url})
    assert (other.requests, len(app.requests)) == ([], 1)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        "1",
        '{"target": 0}',
        '{"target": 0, "re_sign": 1}',
        '{"target": 0, "re_sign": true, "body": 1}',
        '{"target": 0, "re_sign": true, "body": "\\ud800"}',
        "[" * 10_000,
    ],
)
def test_a_replay_that_is_not_one_is_refused(page: str, app: Endpoint, content: str) -> None:
    response = ask(
        f"{page}deliveries/1/replay", "POST", data=content, headers={"Content-Type": "application/json"}
    )
    assert (response.status_code, app.requests) == (400, [])


def test_a_target_that_does_not_answer_is_a_result() -> None:
    with EndpointClient(UNREACHABLE) as client, inspecting(stored(delivered()), client) as url:
        shown = ask(f"{url}deliveries/1/replay", "POST", json=AS_RECORDED).json()
    assert (shown["status"], shown["ok"], bool(shown["error"])) == (None, False, True)


@pytest.mark.usefixtures("_secret_in_use")
def test_neither_secrets_nor_credentials_are_in_the_page() -> None:
    credentials = {
        "authorization": "Bearer 123-456",
        "cookie": "id=123-456",
        "proxy-authorization": "x123-456",
    }
    hostile = delivered(
        {"data": {"note": f"the secret is {SECRET}"}}, headers={**credentials, "x-a": SECRET}, query=SECRET
    )
    store = stored(hostile, forwards=1)
    store.add_outcome(1, outcome(500, response=f"{SECRET} 5"))
    with inspecting(store) as url:
        answers = [
            ask(f"{url}{path}").text for path in ("", "about", "deliveries", "deliveries/1", "search?text=a")
        ]
        shown = details(url)
    for answer in answers:
        assert SECRET not in answer
        assert "123-456" not in answer
    headers = dict(shown["headers"])
    assert {headers[name] for name in credentials} == {"********"}
    assert "authorization: ********" in shown["curl"]
    assert not shown["editable"], "the mask would be sent"


def test_the_status_that_the_sender_got_is_shown_once_it_is_known() -> None:
    store = InspectorStore()
    store.add(1, delivered(), forwards=2, answered=False)
    with inspecting(store) as url:
        assert details(url)["status"] is None
        store.add_outcome(1, outcome(404))
        assert details(url)["status"] is None
        store.add_outcome(1, outcome(500), answer=502)
        assert details(url)["status"] == 502


def test_the_page_is_told_which_secret_would_sign() -> None:
    store = stored(delivered(secret="b\x1b"))
    with inspecting(store, secrets={"a": SECRET, "b\x1b": f"{SECRET}2"}) as url:
        assert details(url)["signs_with"] == r"b\x1b"
    with inspecting(store, secrets={}) as url:
        assert details(url)["signs_with"] is None


def test_a_refused_delivery_is_explained_if_a_secret_is_known() -> None:
    asked = []

    def explain(delivery: Any) -> dict[str, str | None]:
        asked.append(delivery)
        return {"cause": "x", "explanation": "The body was changed.", "fix": None}

    store = stored(delivered(key="another key"), delivered())
    with inspecting(store, explain=explain) as url:
        assert details(url)["explanation"] == {"explanation": "The body was changed.", "fix": None}
        assert details(url, 2)["explanation"] is None
    assert len(asked) == 1
    with inspecting(store) as url:
        assert details(url)["explanation"] is None


def test_control_characters_are_shown_as_escape_sequences() -> None:
    evil = "\x1b[2J\u202e\u2066\x00"
    store = stored(
        delivered({"__proto__": {evil: evil}}, path=f"/{evil}", headers={"x-a": evil}),
        delivered(f"first\r\n{evil}".encode()),
    )
    with inspecting(store) as url:
        texts = json.dumps(
            [details(url), details(url, 2), ask(f"{url}deliveries").json()], ensure_ascii=False
        )
        assert details(url, 2)["body"].startswith("first\n\\x1b[2J\\u202e")
        assert "__proto__" in details(url)["body"]
    assert not re.search("[\x00-\x1f\u202e\u2066]", texts)
    assert not re.search(r"\\u00(1b|00)(?!\w)", texts.replace("\\\\", "")), "an escape that becomes a control"


def test_a_body_is_shown_with_what_a_parser_would_lose() -> None:
    with inspecting(stored(delivered(b'{"price":1.10,"price":2}'))) as url:
        assert details(url)["body"] == '{\n  "price": 1.10,\n  "price": 2\n}'


def test_only_what_is_shown_as_it_is_can_be_edited() -> None:
    bodies = [
        b'{"a":1}',
        b"plain\ttext",
        b"plain",
        b"\xff",
        b'["' + b"x" * 300_000 + b'"]',
        b"[" + b"[],[]," * 9000,
    ]
    with inspecting(stored(*map(delivered, bodies))) as url:
        shown = [details(url, number) for number in range(1, len(bodies) + 1)]
    assert [one["editable"] for one in shown] == [True, False, True, False, False, True]
    assert [one["is_cut"] for one in shown] == [False, False, False, False, True, False]
    assert max(len(one["body"]) for one in shown) == 256 * 1024
