"""The inspector's page in a real Chromium: what it shows and sends."""

from __future__ import annotations

import json
import statistics
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from jebbitctl.webhooks.endpoint import EndpointClient
from jebbitctl.webhooks.inspector.store import InspectorStore
from jebbitctl.webhooks.receiving.background_server import BackgroundServer
from jebbitctl.webhooks.receiving.webhook_server import WebhookServer
from jebbitctl.webhooks.signature import Reason, Verification
from tests.webhooks.inspector.pages import explain, several, shown, visiting
from tests.webhooks.inspector.support import inspecting, stored
from tests.webhooks.recorded import START, delivered, outcome
from tests.webhooks.support import SECRET, UNREACHABLE, Endpoint

if TYPE_CHECKING:
    from jebbitctl.webhooks.delivery import Delivery
    from tests.webhooks.inspector.chromium import Browser

pytestmark = pytest.mark.browser
MANY = 10_000


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


def test_the_outcome_of_a_delivery_follows_in_its_row_and_in_the_opened_panel(browser: Browser) -> None:
    store = stored(delivered(), forwards=1)
    with visiting(browser, store):
        browser.wait(lambda: "→ …" in browser.text("#row-1"))
        browser.click("#row-1")
        browser.wait(lambda: "Being forwarded." in browser.text("#detail"))
        store.add_outcome(1, outcome(500, response="KeyError: 'email'"))
        browser.wait(lambda: "→ 500" in browser.text("#row-1"))
        browser.wait(lambda: "KeyError: 'email'" in browser.text("#detail"))


def test_an_outcome_that_follows_leaves_alone_what_is_done_in_the_panel(browser: Browser) -> None:
    app = Endpoint("503 Service Unavailable", body=b"busy")
    store = stored(delivered(json.dumps(list(range(500))).encode()), forwards=1)
    with (
        BackgroundServer(app) as target,
        EndpointClient(target.url) as client,
        visiting(browser, store, client),
    ):
        browser.click("#row-1")
        browser.wait(lambda: "Being forwarded." in browser.text("#detail"))
        browser.press_button("Replay")
        browser.wait(lambda: "busy" in browser.text(".result"))
        browser.run("document.querySelector('.curl').open = true; document.querySelector('.body').focus()")
        store.add_outcome(1, outcome(500, response="KeyError: 'email'"))
        browser.wait(lambda: "KeyError: 'email'" in browser.text(".forwards"))
        assert "busy" in browser.text(".result")
        assert browser.run("return document.activeElement.className") == "body"
        assert browser.run("return document.querySelector('.curl').open && detail.scrollTop > 0")
        browser.press_button("Edit and re-sign")
        browser.keys("x")
        store.add_outcome(1, outcome(502, response="Bad gateway"))
        browser.wait(lambda: "Bad gateway" in browser.text(".forwards"))
        assert browser.run("return document.activeElement.value").startswith("x[")


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
        assert not browser.all("#newer")[0].is_displayed()
        store.add(201, delivered())
        browser.wait(lambda: "201 deliveries" in browser.text("#count"))
        assert browser.run(position) == before
        browser.run("list.scrollTop = 2800")
        browser.wait(lambda: 160 in shown(browser))
        rows = browser.run("return [...document.querySelectorAll('[role=option]')].map((one) => one.id)")
        assert rows == [f"row-{number}" for number in shown(browser)]
        browser.press_button("↑ 1 new delivery")
        browser.wait(lambda: 201 in shown(browser))
        browser.wait(lambda: not browser.all("#newer")[0].is_displayed())


def test_a_click_opens_what_was_pressed_even_if_new_deliveries_move_it(browser: Browser) -> None:
    store = several()
    with visiting(browser, store):
        browser.wait(lambda: shown(browser) == [4, 3, 2, 1])
        with browser.holding("#row-1"):
            store.add(5, delivered())
            browser.wait(lambda: 5 in shown(browser))
        browser.wait(lambda: "ann@" in browser.text("#detail"))


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
        WebhookServer(SECRET, received.append) as receiver,
        EndpointClient(receiver.url) as client,
        visiting(browser, several(), client),
    ):
        browser.click("#row-1")
        browser.wait(lambda: "ann@" in browser.text("#detail .body"))
        browser.press_button("Replay")
        browser.wait(lambda: "400" in browser.text(".result"))
        assert "Endpoints refuse old signatures" in browser.text(".result")
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


def test_the_editor_says_which_secret_signs(browser: Browser) -> None:
    store = stored(delivered(secret="integration b"), delivered(secret="integration gone"), delivered())
    secrets = {"file a": SECRET, "integration b": f"{SECRET}2"}
    with EndpointClient(UNREACHABLE) as client, visiting(browser, store, client, secrets=secrets):
        for number, label in ((1, "integration b"), (2, "file a"), (3, "file a")):
            browser.run("location.hash = arguments[0]", number)
            browser.wait(lambda n=number: browser.text("#detail dd") == str(n))  # type: ignore[misc]
            browser.press_button("Edit and re-sign")
            assert f"The signature is new, with the secret from {label}." in browser.text(".editor")


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
        browser.wait(lambda: "mismatch" in browser.text(".verdict-box"))
        assert "None of the usual causes explains this signature." in browser.text(".verdict-box")
        assert "→ 500" in browser.text("#row-4")


def test_a_button_that_cannot_work_says_why(browser: Browser) -> None:
    store = stored(delivered(b"\xff", omitted_bytes=9), delivered(b"\xff"), delivered(masked=True))
    with EndpointClient(UNREACHABLE) as client, visiting(browser, store, client):
        for number in (1, 2):
            browser.run("location.hash = arguments[0]", number)
            browser.wait(lambda n=number: browser.text("#detail dd") == str(n))  # type: ignore[misc]
            assert "The body cannot be edited as text." in browser.text(".actions")
            assert ("No curl command: " in browser.text(".actions")) == (number == 1)
            assert ("not recorded in full" in browser.text(".actions")) == (number == 1)
        browser.run("location.hash = 3")
        browser.wait(lambda: "The body is masked" in browser.text(".actions"))
        assert [one.is_enabled() for one in browser.all(".actions button")[:2]] == [False, True]


def test_a_timestamp_that_is_no_date_is_shown_as_it_is(browser: Browser) -> None:
    verification = Verification(Reason.FUTURE, timestamp=10**16, age_seconds=-(10**16))
    with visiting(browser, stored(replace(delivered(), verification=verification))):
        browser.wait(lambda: shown(browser) == [1])
        browser.click("#row-1")
        browser.wait(
            lambda: "10000000000000000, 10,000,000,000,000,000 seconds after" in browser.text("#detail")
        )


def test_while_a_delivery_is_loaded_no_other_one_is_shown(browser: Browser) -> None:
    may_go_on = threading.Event()

    def explain_late(delivery: Delivery) -> dict[str, str | None]:
        may_go_on.wait(10)
        return explain(delivery)

    with visiting(browser, several(), explain=explain_late):
        browser.click("#row-1")
        browser.wait(lambda: "ann@" in browser.text("#detail"))
        browser.click("#row-3")
        browser.wait(lambda: "Loading." in browser.text("#detail"))
        assert "ann@" not in browser.text("#detail")
        assert browser.all("#detail .actions") == []
        may_go_on.set()
        browser.wait(lambda: "mismatch" in browser.text("#detail"))


def test_copy_as_curl_puts_the_command_on_the_clipboard(browser: Browser) -> None:
    browser.allow_clipboard()
    with visiting(browser, several()):
        browser.click("#row-1")
        browser.wait(lambda: "Copy as curl" in browser.text("#detail"))
        browser.press_button("Copy as curl")
        browser.wait(lambda: "Copied" in browser.text(".actions"))
        copied = browser.run_async(
            "navigator.clipboard.readText().then(done, (error) => done(String(error)))"
        )
    assert copied.startswith("curl --globoff --path-as-is http://localhost:8787/first \\\n")
    assert "ann@example.com" in copied


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


def test_the_page_says_that_the_server_does_not_answer_and_recovers(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = several()
    may_go_on = threading.Event()
    changes = store.changes

    def stalled(after: int) -> dict[str, Any]:
        may_go_on.wait(20)
        return changes(after)

    with visiting(browser, store):
        browser.wait(lambda: shown(browser) == [4, 3, 2, 1])
        monkeypatch.setattr(store, "changes", stalled)
        browser.wait(lambda: browser.text("#connection") == "Disconnected: jebbitctl does not answer")
        store.add(5, delivered())
        may_go_on.set()
        browser.wait(lambda: browser.text("#connection") == "Live" and 5 in shown(browser))


def test_a_search_and_an_opened_delivery_that_were_cut_off_come_when_the_server_answers_again(
    browser: Browser,
) -> None:
    with visiting(browser, several()):
        browser.wait(lambda: shown(browser) == [4, 3, 2, 1])
        browser.run(
            "window.isCutOff = true; const real = window.fetch; window.fetch = (path, options) =>"
            " isCutOff ? Promise.reject(new TypeError('cut off')) : real(path, options)"
        )
        browser.all("#search")[0].send_keys("bea@")
        browser.wait(lambda: "Disconnected" in browser.text("#connection"))
        assert browser.text("#empty") == "Searching."
        browser.run("location.hash = 1")
        browser.wait(lambda: "Not shown" in browser.text("#detail"))
        browser.run("isCutOff = false")
        browser.wait(lambda: "ann@" in browser.text("#detail"))
        browser.wait(lambda: shown(browser) == [2])
        assert browser.text("#count") == "1 delivery."


def test_the_page_says_why_no_more_deliveries_come(browser: Browser) -> None:
    store = several()
    with visiting(browser, store):
        store.problem = "The recording was deleted."
        store.invalid_lines = 2
        browser.wait(lambda: browser.text("#problem") == "The recording was deleted.")
        assert "2 lines are not a complete delivery." in browser.text("#count")
