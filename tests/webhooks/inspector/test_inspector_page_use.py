"""How the inspector's page is used: by keyboard, on a phone, dark and light."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.webhooks.inspector.pages import several, shown, visiting
from tests.webhooks.inspector.support import inspecting, stored
from tests.webhooks.recorded import delivered, outcome

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
