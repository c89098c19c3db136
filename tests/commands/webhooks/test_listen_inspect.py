"""``webhooks listen --inspect``: what is received is on the page, and can be replayed from it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from jebbitctl.webhooks.receiving.background_server import BackgroundServer
from tests.commands.webhooks.support import listening, wait_for_end
from tests.webhooks.inspector.support import ask
from tests.webhooks.support import SECRET, Endpoint, Sender

if TYPE_CHECKING:
    from subprocess import Popen

    from tests.support import Cli
    from tests.webhooks.inspector.chromium import Browser


def page_of(process: Popen[str]) -> str:
    """Return the page's URL, which ``--json`` puts into the first event."""
    assert process.stdout is not None
    ready: dict[str, Any] = json.loads(process.stdout.readline())
    assert ready["event"] == "ready"
    return str(ready["inspect"])


def test_the_page_shows_a_delivery_and_what_the_app_answered_and_replays_it(signer: Cli) -> None:
    app = Endpoint("500 Internal Server Error", body=b"KeyError: outcome")
    with (
        BackgroundServer(app) as target,
        listening(signer, "--inspect", "--json", "--forward-to", f"{target.url}/hook") as (process, url),
    ):
        page = page_of(process)
        assert Sender(url, SECRET).send().status == 500
        opened = ask(f"{page}deliveries/1").json()
        replayed = ask(f"{page}deliveries/1/replay", "POST", json={"target": 0, "re_sign": True}).json()
        process.terminate()
        wait_for_end(process)
    assert "KeyError: outcome" in json.dumps(opened["forwards"])
    assert "KeyError: outcome" in json.dumps(replayed)
    assert [request.path for request in app.requests] == ["/hook", "/hook"]


def test_without_json_the_url_of_the_page_is_told_on_stderr(signer: Cli) -> None:
    with listening(signer, "--inspect") as (process, url):
        assert process.stderr is not None
        words = process.stderr.readline().split()
        assert words[:3] == ["Inspect", "deliveries", "at"]
        assert ask(words[3]).status_code == 200
        assert ask(f"{url}/deliveries").status_code == 405
        process.terminate()
        wait_for_end(process)


@pytest.mark.browser
def test_a_delivery_to_listen_appears_in_the_browser(signer: Cli, browser: Browser) -> None:
    with listening(signer, "--inspect", "--json") as (process, url):
        browser.open(page_of(process))
        try:
            assert browser.text("#source") == url
            Sender(f"{url}/quiz", SECRET).send()
            browser.wait(lambda: "/quiz" in browser.text("#list"))
        finally:
            browser.leave()
        process.terminate()
        wait_for_end(process)
