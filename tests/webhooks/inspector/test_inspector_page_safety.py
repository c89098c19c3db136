"""What hostile deliveries do to the inspector's page in a real Chromium: nothing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from jebbitctl.webhooks.endpoint import EndpointClient
from jebbitctl.webhooks.inspector.store import InspectorStore
from jebbitctl.webhooks.receiving.background_server import BackgroundServer
from tests.strategies import BIDI
from tests.webhooks.inspector.pages import explain, several, visiting
from tests.webhooks.inspector.support import inspecting, stored
from tests.webhooks.recorded import delivered, outcome
from tests.webhooks.support import Endpoint

if TYPE_CHECKING:
    from tests.webhooks.inspector.chromium import Browser

pytestmark = pytest.mark.browser
MARKUP = [
    "<script>window.pwned = 1</script>",
    "<img src=x onerror='window.pwned = 1'>",
    "<svg onload='window.pwned = 1'></svg>",
    "\"'><iframe srcdoc='<script>parent.pwned = 1</script>'></iframe>",
    "javascript:window.pwned=1",
    "</pre></textarea><a href='javascript:window.pwned=1'>click</a>",
    "{{constructor.constructor('window.pwned = 1')()}}",
]


ATTACKS = """
    const url = arguments[0];
    const replay = `${url}deliveries/1/replay`, body = '{"target": 0, "re_sign": false}';
    const json = { "Content-Type": "application/json" };
    Promise.allSettled([
      fetch(`${url}deliveries/1`),
      fetch(`${url}deliveries/1`, { mode: "no-cors" }),
      fetch(replay, { method: "POST", body, headers: json }),
      fetch(replay, { method: "POST", body, mode: "no-cors" }),
      import(`${url}main.js`),
    ]).then((answers) => {
      const frame = document.createElement("iframe");
      const form = document.createElement("form");
      const input = document.createElement("input");
      frame.name = "frame";
      Object.assign(form, { action: replay, method: "post", enctype: "text/plain", target: "frame" });
      Object.assign(input, { name: '{"target": 0, "re_sign": false, "x": "', value: '"}' });
      form.append(input);
      document.body.append(frame, form);
      frame.onload = () => done(answers.map(({ reason }) => reason?.name));
      form.submit();
    });
"""


def test_a_page_from_elsewhere_that_knows_the_url_can_neither_read_nor_replay(browser: Browser) -> None:
    app, elsewhere = Endpoint(), Endpoint(body=b"<!doctype html><body></body>")
    with (
        BackgroundServer(app) as target,
        BackgroundServer(elsewhere) as other,
        EndpointClient(target.url) as client,
        inspecting(several(), client) as url,
    ):
        browser.visit(other.url)
        assert browser.run_async(ATTACKS, url) == ["TypeError"] * 5
        browser.leave()
    assert app.requests == []
    assert browser.console() != []


def test_hostile_payloads_are_only_text(browser: Browser) -> None:
    body: dict[str, Any] = {"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 1}}}
    body |= {markup: markup for markup in MARKUP}
    body |= {"bidi": BIDI, "controls": "\x00\x1b[2J\x9b\u2028", "huge": "\u202e" + "W" * 200_000}
    store = InspectorStore()
    for number, markup in enumerate(MARKUP, start=1):
        headers = {"x-a": markup, markup: markup, "__proto__": markup}
        raw = json.dumps(body).encode() if number % 2 else markup.encode()
        store.add(number, delivered(raw, path=f"/{markup}{BIDI}", headers=headers, secret=markup), forwards=1)
        store.add_outcome(number, outcome(500, response=markup, error=markup))
    before = "return document.querySelectorAll('script, img, iframe, a, object, embed, form, style').length"
    with visiting(browser, store, explain=explain):
        elements = browser.run(before)
        for number, markup in enumerate(MARKUP, start=1):
            browser.run("location.hash = arguments[0]", number)
            browser.wait(lambda m=markup: m in browser.text("#detail-title"))  # type: ignore[misc]
            browser.wait(lambda m=markup: m in browser.text("#detail .headers"))  # type: ignore[misc]
            assert markup in browser.text("#detail .outcome")
        text = browser.run("return document.body.innerText")
        assert not set(text) & set(f"{BIDI}\x00\x1b\x9b\u2028")
        assert browser.run(before) == elements
        assert browser.run("return [window.pwned, ({}).polluted]") == [None, None]
        handlers = "return [...document.querySelectorAll('*')].flatMap((one) => [...one.attributes])"
        assert browser.run(f"{handlers}.filter((one) => one.name.startsWith('on')).length") == 0


def test_the_browser_itself_refuses_markup_and_inline_scripts(browser: Browser) -> None:
    with visiting(browser, stored()):
        refused = browser.run(
            "try { document.body.innerHTML = '<b>x</b>'; return ''; } catch (error) { return error.name; }"
        )
        assert refused == "TypeError"
        browser.run("document.body.append(Object.assign(new Image(), { src: 'http://127.0.0.1:9/' }))")
        browser.wait(lambda: any("img-src" in line for line in browser.console()))
