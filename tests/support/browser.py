"""A real Chromium for tests that look at a page of a running server."""

import contextlib
import shutil

from playwright.sync_api import sync_playwright

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]
DESKTOP = {"viewport": {"width": 1440, "height": 900}}
PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "is_mobile": True, "has_touch": True}
# A navigation ends the download of the bus worker; nothing is wrong then.
BENIGN = ("websocket_worker_bundle",)


class BrowserMissing(Exception):
    """There is no Chromium on this machine."""


class Watched:
    """A page together with everything that went wrong on it."""

    def __init__(self, page):
        self.page = page
        self.errors = []
        page.on("console", lambda message: message.type == "error" and self._note(message.text))
        page.on("pageerror", lambda error: self._note(str(error)))
        page.on("response", lambda answer: answer.status >= 400 and self._note(f"{answer.status} {answer.url}"))

    def _note(self, text):
        if not any(word in text for word in BENIGN):
            self.errors.append(text)

    def login(self, url, db, login, password):
        """Open a session without the login form."""
        params = {"db": db, "login": login, "password": password}
        answer = self.page.request.post(f"{url}/web/session/authenticate", data={"jsonrpc": "2.0", "params": params})
        assert answer.json()["result"]["uid"], f"{login} cannot log in"
        return self


@contextlib.contextmanager
def chromium():
    """A running Chromium; yields ``open_page(device) -> Watched``.

    :raise BrowserMissing: it is not installed: that fails a test, it never skips one
    """
    binary = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not binary:
        raise BrowserMissing("Chromium is missing: install the package chromium.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=binary, args=ARGUMENTS)
        try:
            yield lambda device=DESKTOP: Watched(browser.new_context(**device).new_page())
        finally:
            browser.close()
