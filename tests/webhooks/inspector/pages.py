"""Helpers for the tests of the page in Chromium."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from jebbitctl.webhooks.explain import explain as find_cause
from jebbitctl.webhooks.signature import SIGNATURE_HEADER
from tests.webhooks.inspector.support import inspecting, stored
from tests.webhooks.recorded import START, delivered, outcome
from tests.webhooks.support import SECRET

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jebbitctl.webhooks.delivery import Delivery
    from jebbitctl.webhooks.endpoint import EndpointClient
    from jebbitctl.webhooks.inspector.store import InspectorStore
    from tests.webhooks.inspector.chromium import Browser


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
