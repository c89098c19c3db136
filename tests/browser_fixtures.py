"""A real Chromium for the tests of the inspector's page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.webhooks.inspector.chromium import Browser


@pytest.fixture(scope="session")
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
