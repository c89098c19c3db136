"""Drives a real Chromium. Imported by the browser tests only: it needs selenium."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from selenium.webdriver.remote.webelement import WebElement

CHROMIUM = "/usr/bin/chromium"
CHROMEDRIVER = "/usr/bin/chromedriver"
OPTIONS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--no-proxy-server", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--lang=en-US"),
)
NAMED_KEYS = {"Escape": Keys.ESCAPE, "Enter": Keys.ENTER, "Down": Keys.ARROW_DOWN, "Tab": Keys.TAB}


class Browser:
    """A window on one page at a time."""

    def __init__(self, driver: webdriver.Chrome) -> None:
        self._driver = driver

    def open(self, url: str) -> None:
        """Open a page and wait until it is live."""
        self.leave()
        self.visit(url)
        self.wait(lambda: self.text("#connection") == "Live")

    def visit(self, url: str) -> None:
        """Open any page."""
        self._driver.get(url)

    def leave(self) -> None:
        """Close the page."""
        self._driver.get("about:blank")

    def resize(self, width: int, height: int = 800) -> None:
        self._driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False},
        )

    def prefer(self, scheme: str) -> None:
        """Set ``prefers-color-scheme``."""
        self._driver.execute_cdp_cmd(
            "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
        )

    def force_colours(self) -> None:
        """Set ``forced-colors``, as the contrast themes of Windows do, until :meth:`prefer`."""
        self._driver.execute_cdp_cmd(
            "Emulation.setEmulatedMedia", {"features": [{"name": "forced-colors", "value": "active"}]}
        )

    def allow_clipboard(self) -> None:
        permissions = ["clipboardReadWrite", "clipboardSanitizedWrite"]
        self._driver.execute_cdp_cmd("Browser.grantPermissions", {"permissions": permissions})

    def all(self, selector: str) -> list[WebElement]:
        return self._driver.find_elements(By.CSS_SELECTOR, selector)

    def text(self, selector: str) -> str:
        """Return the text of the first such element as it is shown; empty if there is none."""
        found: str = self.run("return document.querySelector(arguments[0])?.innerText ?? ''", selector)
        return found

    def click(self, selector: str) -> None:
        self.all(selector)[0].click()

    @contextmanager
    def holding(self, selector: str) -> Iterator[None]:
        """Press the mouse button on an element before the block, and release it there after it."""
        ActionChains(self._driver).click_and_hold(self.all(selector)[0]).perform()
        yield
        ActionChains(self._driver).release().perform()

    def press_button(self, label: str) -> None:
        (button,) = [one for one in self.all("button") if one.text.startswith(label)]
        button.click()

    def keys(self, *keys: str) -> None:
        """Press keys, wherever the focus is."""
        for key in keys:
            ActionChains(self._driver).send_keys(NAMED_KEYS.get(key, key)).perform()

    def run(self, script: str, *arguments: Any) -> Any:
        """Run JavaScript in the page and return its result."""
        return self._driver.execute_script(script, *arguments)

    def run_async(self, script: str, *arguments: Any) -> Any:
        """Run JavaScript that calls ``done`` with its result."""
        self._driver.set_script_timeout(20)
        with_done = f"const done = arguments[arguments.length - 1]; {script}"
        return self._driver.execute_async_script(with_done, *arguments)

    def console(self) -> list[str]:
        """Return what the console has shown since the last call, such as violations of the policy."""
        return [str(entry["message"]) for entry in self._driver.get_log("browser")]  # type: ignore[no-untyped-call]

    def wait(self, condition: Callable[[], object], seconds: float = 10) -> None:
        """Wait until a condition holds."""
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, self.text("body")
            time.sleep(0.02)


@contextmanager
def chromium(profile: Path) -> Iterator[Browser]:
    """Start Chromium with a new profile in this directory."""
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    for option in (*OPTIONS, f"--user-data-dir={profile}"):
        options.add_argument(option)
    driver = webdriver.Chrome(options=options, service=Service(executable_path=CHROMEDRIVER))
    try:
        yield Browser(driver)
    finally:
        driver.quit()
