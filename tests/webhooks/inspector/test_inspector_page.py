"""The inspector's page in a real Chromium."""

from __future__ import annotations

import json
import statistics
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from jebbitctl.webhooks.background_server import BackgroundServer
from jebbitctl.webhooks.endpoint import EndpointClient
from jebbitctl.webhooks.explain import explain as find_cause
from jebbitctl.webhooks.inspector.store import InspectorStore
from jebbitctl.webhooks.receiver import Receiver
from jebbitctl.webhooks.signature import SIGNATURE_HEADER
from tests.strategies import BIDI
from tests.webhooks.inspector.support import inspecting, stored
from tests.webhooks.recorded import START, delivered, outcome
from tests.webhooks.support import SECRET, UNREACHABLE, Endpoint

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jebbitctl.webhooks.receiver import Delivery
    from tests.webhooks.inspector.chromium import Browser

pytestmark = pytest.mark.browser
MANY = 10_000
MARKUP = [
    "<script>window.pwned = 1</script>",
    "<img src=x onerror='window.pwned = 1'>",
    "<svg onload='window.pwned = 1'></svg>",
    "\"'><iframe srcdoc='<script>parent.pwned = 1</script>'></iframe>",
    "javascript:window.pwned=1",
    "</pre></textarea><a href='javascript:window.pwned=1'>click</a>",
    "{{constructor.constructor('window.pwned = 1')()}}",
]


@pytest.fixture(scope="module")
def chromium_browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    from tests.webhooks.inspector.chromium import chromium

    with chromium(tmp_path_factory.mktemp("chromium")) as browser:
        yield browser


@pytest.fixture
def browser(chromium_browser: Browser) -> Iterator[Browser]:
    """Chromium, 1,200 pixels wide; the test fails if its console shows anything."""
    chromium_browser.resize(1200)
    chromium_browser.prefer("light")
    yield chromium_browser
    assert chromium_browser.console() == []


@contextmanager
def visiting(
    browser: Browser, store: InspectorStore, *clients: EndpointClient, **options: Any
) -> Iterator[None]:
    """Open the page of a store; leave it before its server stops."""
    with inspecting(store, *clients, **options) as url:
        browser.open(url)
        try:
            yield
        finally:
            browser.leave()


def explain(delivery: Delivery) -> dict[str, str | None]:
    header = delivery.headers[SIGNATURE_HEADER]
    found = find_cause(SECRET, delivery.body, header, reason=delivery.verification.reason)
    return {"explanation": found.explanation, "fix": found.fix}


def several() -> InspectorStore:
    """Return a store: 1 valid, 2 test, 3 refused, 4 valid but not forwarded."""
    store = stored(
        delivered({"data": {"email": "ann@example.com"}}, path="/first"),
        delivered({"data": {"email": "bea@example.com"}}, time=START + 60, test=True),
        delivered(b"{}\n", time=START + 120, key="another key"),
    )
    store.add(4, delivered({"d": 4}, time=START + 180), forwards=1)
    store.add_outcome(4, outcome(500, response="KeyError: 'email'"))
    return store


def shown(browser: Browser) -> list[int]:
    """Return the numbers of the rows that are elements, from the top."""
    script = (
        "return [...document.querySelectorAll('[role=option]')]"
        ".sort((a, b) => a.ariaPosInSet - b.ariaPosInSet).map((row) => Number(row.dataset.number))"
    )
    found: list[int] = browser.run(script)
    return found


def selected(browser: Browser) -> int | None:
    found: int | None = browser.run(
        "const row = document.querySelector('[aria-selected=true]'); return row && Number(row.dataset.number)"
    )
    return found


def overflow(browser: Browser) -> int:
    """Return by how many pixels the page or a part of it scrolls sideways, except for code."""
    found: int = browser.run(
        "return Math.max(...[...document.querySelectorAll('html, body, main, #list, #detail, #tools, pre')]"
        ".filter((one) => one.clientWidth > 0).map((one) => one.scrollWidth - one.clientWidth))"
    )
    return found


def test_a_delivery_appears_within_a_second(browser: Browser) -> None:
    store = InspectorStore()
    seconds = []
    with visiting(browser, store):
        assert browser.text("#empty") == "No deliveries yet. They appear here as they come."
        for number in range(1, 6):
            store.add(number, delivered(path=f"/new/{number}"))
            started = time.monotonic()
            browser.wait(lambda n=number: f"/new/{n}" in browser.text("#list"))  # type: ignore[misc]
            seconds.append(time.monotonic() - started)
        assert shown(browser) == [5, 4, 3, 2, 1]
        browser.wait(lambda: "new deliver" in browser.run("return announcer.textContent"))
    assert statistics.median(seconds) < 1, seconds


def test_what_became_of_a_delivery_follows_in_its_row_and_in_the_opened_panel(browser: Browser) -> None:
    store = stored(delivered(), forwards=1)
    with visiting(browser, store):
        browser.wait(lambda: "→ …" in browser.text("#row-1"))
        browser.click("#row-1")
        browser.wait(lambda: "Being forwarded." in browser.text("#detail"))
        store.add_outcome(1, outcome(500, response="KeyError: 'email'"))
        browser.wait(lambda: "→ 500" in browser.text("#row-1"))
        browser.wait(lambda: "KeyError: 'email'" in browser.text("#detail"))


def test_ten_thousand_deliveries_scroll_with_few_elements(browser: Browser) -> None:
    store = InspectorStore()
    for number in range(1, MANY + 1):
        store.add(number, delivered(json.dumps({"n": f"x{number}y"}).encode(), time=START + number))
    with visiting(browser, store):
        browser.wait(lambda: "10,000 deliveries" in browser.text("#count"))
        frames = browser.run_async(
            """
            const list = document.getElementById("list"), times = [], blanks = [];
            let last = performance.now(), step = 0;
            const next = (now) => {
              times.push(now - last);
              last = now;
              const { top, left, height } = list.getBoundingClientRect();
              for (const y of [5, height / 2, height - 5]) {
                const element = document.elementFromPoint(left + 50, top + y);
                if (!element.closest("[role=option]")) blanks.push(step);
              }
              step += 1;
              list.scrollTop = step * (list.scrollHeight / 120);
              list.dispatchEvent(new Event("scroll"));
              if (step <= 120) requestAnimationFrame(next);
              else done({ times, blanks, elements: document.querySelectorAll("*").length });
            };
            requestAnimationFrame(next);
            """
        )
        assert frames["blanks"] == []
        assert frames["elements"] < 500
        assert statistics.median(frames["times"]) < 34, frames["times"]
        browser.wait(lambda: 1 in shown(browser))
        assert len(shown(browser)) < 60
        browser.all("#search")[0].send_keys("x77")
        browser.wait(lambda: browser.text("#count") == "111 deliveries.")  # 77, 770 to 779, 7700 to 7799
        assert shown(browser)[0] == 7799
        store.add(MANY + 1, delivered(b"x77"))
        browser.wait(lambda: browser.text("#count") == "112 deliveries.")


def test_new_deliveries_do_not_move_what_is_being_read(browser: Browser) -> None:
    store = stored(*[delivered()] * 200)
    with visiting(browser, store):
        browser.wait(lambda: "200 deliveries" in browser.text("#count"))
        browser.run("list.scrollTop = 3000")
        position = "return document.getElementById('row-140').getBoundingClientRect().top"
        browser.wait(lambda: 140 in shown(browser))
        before = browser.run(position)
        store.add(201, delivered())
        browser.wait(lambda: "201 deliveries" in browser.text("#count"))
        assert browser.run(position) == before


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
            assert markup in browser.text("#detail .headers")
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


def test_a_replay_shows_the_answer_of_the_app(browser: Browser) -> None:
    app = Endpoint("503 Service Unavailable", body=b"<b>busy</b>")
    with (
        BackgroundServer(app) as target,
        EndpointClient(target.url) as client,
        visiting(browser, several(), client),
    ):
        browser.click("#row-1")
        browser.wait(lambda: target.url in browser.text("#detail .to"))
        browser.press_button("Replay")
        browser.wait(lambda: "503" in browser.text(".result"))
        assert "<b>busy</b>" in browser.text(".result")
    assert [request.body for request in app.requests] == [b'{"data": {"email": "ann@example.com"}}']


def test_an_edited_delivery_is_signed_again_and_verifies_at_the_target(browser: Browser) -> None:
    received: list[Delivery] = []
    with (
        Receiver(SECRET, received.append) as receiver,
        EndpointClient(receiver.url) as client,
        visiting(browser, several(), client),
    ):
        browser.click("#row-1")
        browser.wait(lambda: "ann@" in browser.text("#detail .body"))
        browser.press_button("Replay")
        browser.wait(lambda: "400" in browser.text(".result"))
        assert "Endpoints reject old signatures" in browser.text(".result")
        browser.press_button("Edit and re-sign")
        browser.press_button("Sign and send")
        browser.wait(lambda: "200" in browser.text(".result"))
        area = "document.querySelector('textarea')"
        browser.run(f"{area}.value = {area}.value.replace('ann@', 'zoë@')")
        browser.press_button("Sign and send")
        browser.wait(lambda: len(received) == 3 and "200" in browser.text(".result"))
    stale, unchanged, edited = received
    assert [one.verification.reason for one in received] == ["stale", "ok", "ok"]
    assert unchanged.body == stale.body == b'{"data": {"email": "ann@example.com"}}'
    assert json.loads(edited.body) == {"data": {"email": "zo\u00eb@example.com"}}


def test_buttons_that_cannot_work_are_disabled(browser: Browser) -> None:
    with visiting(browser, several(), secrets={}):
        browser.click("#row-1")
        browser.wait(lambda: "Replay" in browser.text("#detail"))
        enabled = {one.text: one.is_enabled() for one in browser.all(".actions button")}
        assert enabled == {"Replay": False, "Edit and re-sign": False, "Copy as curl": True}
        assert "--to or --forward-to" in browser.text("#detail")
    with EndpointClient(UNREACHABLE) as client, visiting(browser, several(), client, secrets={}):
        browser.click("#row-1")
        browser.wait(lambda: "Start jebbitctl with the shared secret to sign." in browser.text("#detail"))
        assert [one.is_enabled() for one in browser.all(".actions button")] == [True, False, True]


def test_a_refused_delivery_says_why_in_words(browser: Browser) -> None:
    with visiting(browser, several(), explain=explain):
        browser.click("#row-3")
        browser.wait(lambda: "wrong signature" in browser.text(".verdict-box"))
        assert "None of the usual causes explains this signature." in browser.text(".verdict-box")
        assert "→ 500" in browser.text("#row-4")


def test_copy_as_curl_puts_the_command_on_the_clipboard(browser: Browser) -> None:
    browser.allow_clipboard()
    with visiting(browser, several()):
        browser.click("#row-1")
        browser.wait(lambda: "Copy as curl" in browser.text("#detail"))
        browser.press_button("Copy as curl")
        browser.wait(lambda: "copied" in browser.text("summary"))
        copied = browser.run_async(
            "navigator.clipboard.readText().then(done, (error) => done(String(error)))"
        )
    assert copied.startswith("curl --globoff --path-as-is http://localhost:8787/first \\\n")
    assert "ann@example.com" in copied


def test_filters_and_search_select_deliveries(browser: Browser) -> None:
    with visiting(browser, several()):
        browser.wait(lambda: shown(browser) == [4, 3, 2, 1])
        for label, numbers in {
            "Test": [2],
            "Live": [4, 1],
            "Refused": [3],
            "Failed forward": [4],
            "All": [4, 3, 2, 1],
        }.items():
            browser.press_button(label)
            assert shown(browser) == numbers
        for text, numbers in {"BEA@": [2], "/first": [1], "nothing like it": []}.items():
            browser.run("search.value = ''")
            browser.all("#search")[0].send_keys(text)
            browser.wait(lambda n=numbers: shown(browser) == n)  # type: ignore[misc]
        browser.wait(lambda: browser.text("#empty") == "No delivery matches.")
        bars = browser.run("return document.querySelectorAll('#chart rect.ok').length")
        assert (bars, len(browser.all("#chart rect.refused"))) == (3, 1)
        assert "4 deliveries, 1 refused" in str(browser.all("#chart svg")[0].get_attribute("aria-label"))


def test_the_page_is_usable_by_keyboard(browser: Browser) -> None:
    with visiting(browser, several()):
        browser.wait(lambda: shown(browser) == [4, 3, 2, 1])
        browser.keys("j", "j", "k")
        assert selected(browser) == 4
        browser.keys("Down")
        assert selected(browser) == 3
        assert browser.run("return document.activeElement.id") == "list"
        assert browser.run("return list.getAttribute('aria-activedescendant')") == "row-3"
        assert browser.run("return getComputedStyle(list).outlineStyle") == "solid"
        browser.keys("Enter")
        browser.wait(lambda: "wrong signature" in browser.text("#detail"))
        assert browser.run("return document.activeElement.id") == "detail"
        browser.keys("j")
        browser.wait(lambda: "bea@" in browser.text("#detail"))
        browser.keys("Escape")
        browser.wait(lambda: not browser.all("#detail")[0].is_displayed())
        assert browser.run("return document.activeElement.id") == "list"
        browser.keys("/", *"/first")
        browser.wait(lambda: shown(browser) == [1])
        browser.keys("Enter", "Enter")
        browser.wait(lambda: "ann@" in browser.text("#detail"))
        browser.keys("Escape", "Escape")
        browser.wait(lambda: shown(browser) == [4, 3, 2, 1])


def test_back_closes_an_opened_delivery_and_a_reload_keeps_it(browser: Browser) -> None:
    with visiting(browser, several()):
        browser.click("#row-2")
        browser.wait(lambda: "bea@" in browser.text("#detail"))
        browser.run("location.reload()")
        browser.wait(lambda: "bea@" in browser.text("#detail"))
        browser.run("history.back()")
        browser.wait(lambda: not browser.all("#detail")[0].is_displayed())


@pytest.mark.parametrize("width", [360, 800, 1400])
def test_nothing_scrolls_sideways(browser: Browser, width: int) -> None:
    long = "W" * 3000
    store = stored(
        delivered({"a": long}, path=f"/{long}", headers={f"x-{long}": long}, secret=long), forwards=1
    )
    store.add_outcome(1, outcome(500, response=long))
    browser.resize(width)
    with visiting(browser, store):
        browser.wait(lambda: shown(browser) == [1])
        assert overflow(browser) <= 0
        browser.click("#row-1")
        browser.wait(lambda: long in browser.text("#detail .body"))
        assert overflow(browser) <= 0
        assert browser.all("#list")[0].is_displayed() == (width > 900)


def test_dark_and_light_differ_and_both_are_readable(browser: Browser) -> None:
    luminance = """
        const rgb = (text) => text.match(/[\\d.]+/g).slice(0, 3).map((one) => {
          const value = one / 255;
          return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
        });
        const light = (text) => { const [r, g, b] = rgb(text); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
        const back = light(getComputedStyle(document.body).backgroundColor);
        const contrast = (one) => {
          const front = light(getComputedStyle(one).color);
          return (Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05);
        };
        const texts = "#source, #connection, .target, .time, .meta, .verdict, .forward, #count, button, kbd";
        return [back, Math.min(...[...document.querySelectorAll(texts)].map(contrast))];
    """
    backs = {}
    with inspecting(several()) as url:
        for scheme in ("light", "dark"):
            browser.prefer(scheme)
            browser.open(url)
            browser.wait(lambda: shown(browser) == [4, 3, 2, 1])
            backs[scheme], contrast = browser.run(luminance)
            assert contrast >= 4.5
        browser.leave()
    assert backs["light"] > 0.9
    assert backs["dark"] < 0.02


def test_the_page_says_that_the_server_is_gone_and_keeps_what_it_has(browser: Browser) -> None:
    with inspecting(several()) as url:
        browser.open(url)
        browser.wait(lambda: shown(browser) == [4, 3, 2, 1])
    browser.wait(lambda: "Disconnected" in browser.text("#connection"))
    browser.click("#row-1")
    browser.wait(lambda: "Not shown: jebbitctl does not answer." in browser.text("#detail"))
    assert shown(browser) == [4, 3, 2, 1]
    browser.leave()
    assert all("ERR_CONNECTION" in line for line in browser.console())


def test_the_page_says_why_no_more_deliveries_come(browser: Browser) -> None:
    store = several()
    with visiting(browser, store):
        store.problem = "The recording was deleted."
        store.invalid_lines = 2
        browser.wait(lambda: browser.text("#problem") == "The recording was deleted.")
        assert "2 lines are not a complete delivery." in browser.text("#count")
