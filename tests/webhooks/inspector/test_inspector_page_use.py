"""How the inspector's page is used: by keyboard, on a phone, dark and light."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from jebbitctl.webhooks.endpoint import EndpointClient
from jebbitctl.webhooks.receiving.background_server import BackgroundServer
from tests.webhooks.inspector.pages import several, shown, visiting
from tests.webhooks.inspector.support import inspecting, stored
from tests.webhooks.recorded import delivered, outcome
from tests.webhooks.support import UNREACHABLE, Endpoint

if TYPE_CHECKING:
    from tests.webhooks.inspector.chromium import Browser

pytestmark = pytest.mark.browser


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


def test_filters_and_search_select_deliveries(browser: Browser) -> None:
    with visiting(browser, several()):
        browser.wait(lambda: shown(browser) == [4, 3, 2, 1])
        assert [one.text for one in browser.all("[aria-pressed=true]")] == ["All 4"]
        assert len(browser.all("[aria-pressed=false]")) == 4
        for label, numbers in {
            "Test": [2],
            "Live": [4, 1],
            "Refused": [3],
            "Failed forward": [4],
            "All": [4, 3, 2, 1],
        }.items():
            browser.press_button(label)
            assert shown(browser) == numbers
            if label in {"Test", "Live", "Refused"}:
                assert f" · {label.lower()} · " in browser.text("[role=option]")
        for text, numbers in {"BEA@": [2], "/first": [1], "nothing like it": []}.items():
            browser.run("search.value = ''")
            browser.all("#search")[0].send_keys(text)
            browser.wait(lambda n=numbers: shown(browser) == n)  # type: ignore[misc]
        browser.wait(lambda: browser.text("#empty") == "No delivery matches.")
        bars = browser.run("return document.querySelectorAll('#chart rect.ok').length")
        assert (bars, len(browser.all("#chart rect.refused"))) == (3, 1)
        title = browser.run("return document.querySelector('#chart rect.refused title').textContent")
        assert title.endswith(": 0 ok, 1 mismatch")
        assert "4 deliveries, 3 ok, 1 mismatch" in str(
            browser.all("#chart svg")[0].get_attribute("aria-label")
        )


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
        browser.wait(lambda: "mismatch" in browser.text("#detail"))
        assert browser.run("return document.activeElement.id") == "detail"
        browser.keys("j")
        browser.wait(lambda: "bea@" in browser.text("#detail"))
        browser.keys("Escape")
        browser.wait(lambda: not browser.all("#detail")[0].is_displayed())
        assert browser.run("return document.activeElement.id") == "list"
        browser.keys("/", *"/first")
        browser.wait(lambda: shown(browser) == [1])
        browser.keys("Enter", " ")
        browser.wait(lambda: "ann@" in browser.text("#detail"))
        browser.keys("Escape", "Escape")
        browser.wait(lambda: shown(browser) == [4, 3, 2, 1])


def test_the_keyboard_stays_where_it_was_after_a_replay_and_after_editing(browser: Browser) -> None:
    app = Endpoint("503 Service Unavailable", body=b"busy")
    focused = "return document.activeElement.textContent"
    with (
        BackgroundServer(app) as target,
        EndpointClient(target.url) as client,
        visiting(browser, several(), client),
    ):
        browser.keys("j", "Enter")
        browser.wait(lambda: browser.text("#detail dd") == "4")
        browser.keys("Tab", "Tab")
        for number in (1, 2):
            assert browser.run(focused) == "Replay"
            browser.keys("Enter")
            browser.wait(lambda n=number: len(app.requests) == n and "busy" in browser.text(".result"))  # type: ignore[misc]
        browser.wait(lambda: browser.run("return announcer.textContent") == "Replayed: 503")
        for leaving in (("Escape",), ("Tab", "Tab", "Enter")):
            browser.run("document.querySelectorAll('.actions button')[1].focus()")
            browser.keys("Enter")
            assert browser.run("return document.activeElement.localName") == "textarea"
            browser.keys(*leaving)
            assert browser.run(focused) == "Edit and re-sign"
            assert not browser.all(".editor")[0].is_displayed()


def test_how_many_deliveries_match_is_announced(browser: Browser) -> None:
    with visiting(browser, several()):
        browser.wait(lambda: shown(browser) == [4, 3, 2, 1])
        browser.press_button("Live")
        assert browser.run("return announcer.textContent") == "2 deliveries."
        browser.all("#search")[0].send_keys("/first")
        browser.wait(lambda: browser.run("return announcer.textContent") == "1 delivery.")


def test_a_link_to_a_delivery_that_is_not_there_says_so_until_it_comes(browser: Browser) -> None:
    store = several()
    with visiting(browser, store):
        browser.click("#row-2")
        browser.wait(lambda: "bea@" in browser.text("#detail"))
        browser.run("location.hash = 5")
        browser.wait(lambda: "Not shown: there is no such delivery." in browser.text("#detail"))
        assert "bea@" not in browser.text("#detail")
        store.add(5, delivered({"data": {"email": "eve@example.com"}}))
        browser.wait(lambda: "eve@" in browser.text("#detail"))


def test_back_closes_an_opened_delivery_and_a_reload_keeps_it(browser: Browser) -> None:
    with visiting(browser, several()):
        browser.click("#row-2")
        browser.wait(lambda: "bea@" in browser.text("#detail"))
        browser.run("location.reload()")
        browser.wait(lambda: "bea@" in browser.text("#detail"))
        browser.run("history.back()")
        browser.wait(lambda: not browser.all("#detail")[0].is_displayed())


def test_a_reload_keeps_the_filter_and_the_search(browser: Browser) -> None:
    with visiting(browser, several()):
        browser.wait(lambda: shown(browser) == [4, 3, 2, 1])
        browser.press_button("Live")
        browser.all("#search")[0].send_keys("/first")
        browser.wait(lambda: shown(browser) == [1])
        browser.click("#row-1")
        browser.wait(lambda: "ann@" in browser.text("#detail"))
        browser.run("window.isOld = true; location.reload()")
        browser.wait(lambda: not browser.run("return window.isOld") and shown(browser) == [1])
        assert [one.text for one in browser.all("[aria-pressed=true]")] == ["Live 2"]
        assert browser.run("return search.value") == "/first"
        browser.press_button("All")
        browser.run("search.focus()")
        browser.keys("Escape")
        browser.wait(lambda: shown(browser) == [4, 3, 2, 1])
        browser.run("window.isOld = true; location.reload()")
        browser.wait(lambda: not browser.run("return window.isOld") and shown(browser) == [4, 3, 2, 1])


def test_what_is_edited_is_kept_while_another_delivery_is_opened(browser: Browser) -> None:
    edited = "return document.querySelector('textarea').value"
    with (
        BackgroundServer(Endpoint()) as target,
        EndpointClient(target.url) as client,
        visiting(browser, several(), client),
    ):
        browser.click("#row-1")
        browser.wait(lambda: "ann@" in browser.text(".body"))
        browser.press_button("Edit and re-sign")
        browser.keys("x")
        browser.click("#row-2")
        browser.wait(lambda: "bea@" in browser.text(".body"))
        assert not browser.all(".editor")[0].is_displayed()
        browser.click("#row-1")
        browser.wait(lambda: "ann@" in browser.text(".body"))
        assert browser.all(".editor")[0].is_displayed()
        assert str(browser.run(edited)).startswith("x{")
        browser.press_button("Cancel")
        browser.click("#row-2")
        browser.wait(lambda: "bea@" in browser.text(".body"))
        browser.click("#row-1")
        browser.wait(lambda: "ann@" in browser.text(".body"))
        assert not browser.all(".editor")[0].is_displayed()
        assert str(browser.run(edited)).startswith("{")


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


@pytest.mark.parametrize(("width", "height"), [(320, 256), (844, 390), (1280, 300)])
def test_in_a_low_window_the_page_scrolls_and_the_list_keeps_a_height(
    browser: Browser, width: int, height: int
) -> None:
    browser.resize(width, height)
    with visiting(browser, several()):
        browser.wait(lambda: 4 in shown(browser))
        assert browser.run("return list.clientHeight") > 150
        browser.run("document.scrollingElement.scrollTop = 9999")
        browser.click("#row-3")
        browser.wait(lambda: "mismatch" in browser.text("#detail"))


def test_the_selection_is_visible_without_the_colours_of_the_page(browser: Browser) -> None:
    with visiting(browser, several()):
        browser.force_colours()
        browser.wait(lambda: shown(browser) == [4, 3, 2, 1])
        browser.click("#row-2")
        looks = (
            "return [...document.querySelectorAll(arguments[0])].map((one) => { const style = "
            "getComputedStyle(one); return `${style.outlineStyle} ${style.backgroundColor}`; })"
        )
        browser.wait(lambda: selected(browser) == 2)
        rows = [browser.run(looks, f"#row-{number}")[0] for number in (1, 2, 3)]
        assert rows[0] == rows[2] != rows[1]
        pressed, *others = browser.run(looks, "#filters button")
        assert pressed not in others
        first, second = browser.run(looks, ".key")
        assert first != second


CONTRASTS = """
    const parse = (text) => text.match(/[\\d.]+/g).map(Number);
    const linear = (one) => (one /= 255) <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4;
    const light = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
    const back = (one) => {
      const found = parse(getComputedStyle(one).backgroundColor);
      return found[3] === 0 ? back(one.parentElement) : light(found);
    };
    const contrast = (a, b) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const low = [];
    const check = (one, property, least) => {
      const found = contrast(light(parse(getComputedStyle(one)[property])), back(one.parentElement));
      if (found < least) low.push(`${one.outerHTML.slice(0, 60)} ${property} ${found}`);
    };
    for (const one of document.querySelectorAll("body, body *")) {
      const hasText = [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
      if (!one.checkVisibility() || one.disabled) continue;
      if (hasText) {
        const found = contrast(light(parse(getComputedStyle(one).color)), back(one));
        if (found < 4.5) low.push(`${one.outerHTML.slice(0, 60)} ${found}`);
      }
      if (one.matches("button, input, textarea")) check(one, "borderTopColor", 3);
      if (one.matches("rect")) check(one, "fill", 3);
    }
    return [back(document.body), low];
"""
"""Returns the luminance of the page, and what has too little contrast (WCAG 2.2, 1.4.3 and 1.4.11)."""


def test_dark_and_light_differ_and_both_have_enough_contrast(browser: Browser) -> None:
    backs = {}
    with EndpointClient(UNREACHABLE) as client, inspecting(several(), client) as url:
        for scheme in ("light", "dark"):
            browser.prefer(scheme)
            browser.open(url)
            for number in (1, 3, 4):
                browser.run("location.hash = arguments[0]", number)
                browser.wait(lambda n=number: browser.text("#detail dd") == str(n))  # type: ignore[misc]
                browser.press_button("Edit and re-sign")
                backs[scheme], low = browser.run(CONTRASTS)
                assert low == []
        browser.leave()
    assert backs["light"] > 0.9
    assert backs["dark"] < 0.02
