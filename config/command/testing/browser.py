"""Whether a browser can start here: found out before the tests, because Odoo would skip what needs one."""

import shutil
import tempfile

from ..console import Trouble
from . import child

LIMIT = 60
# The names that Odoo looks for.
_NAMES = ("google-chrome", "chromium", "chromium-browser", "google-chrome-stable")
_PACKAGES = ("chromium", "fonts-roboto-unhinted")
# What the driver of the browser tests is linked to and a minimal system lacks.
DRIVER_PACKAGES = ("libatomic1",)
_PAGE = "data:text/html,<p>browser%20works</p>"


def run(home, report, selection):
    """Install a browser when it is missing and we may; report whether it can show a page and speak to Odoo."""
    if not selection.matches("a browser can start") and not selection.everything:
        return
    problems = _problems(home)
    report.check("browser", "a browser can start", problems)
    if not problems:
        report.check("browser", "the driver of the browser tests can start", _driver_problems(home))


def find():
    """The browser that Odoo will use, or None."""
    return next(filter(None, map(shutil.which, _NAMES)), None)


def _problems(home):
    reason = ""
    if not find():
        reason = _install(_PACKAGES)
    browser = find()
    if not browser:
        return [f"There is no browser for the tests: {reason or 'apt installed none'}. Install chromium and try again."]
    log = home.log_dir / "browser.log"
    with tempfile.TemporaryDirectory(prefix="browser", dir=home.settings.work_dir) as profile:
        options = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            f"--user-data-dir={profile}",
        ]
        done = child.run([browser, *options, "--dump-dom", _PAGE], log, LIMIT)
    if done.code or "browser works" not in log.read_text(encoding="utf-8", errors="replace"):
        return [f"{browser} could not show a page (exit status {done.code}, see {log}).", child.tail(log, 5)]
    socket = child.run([home.python, "-c", "import websocket"], home.log_dir / "websocket.log", LIMIT)
    if socket.code:
        return ["The Python package websocket-client is missing, by which Odoo speaks to the browser."]
    return []


def _driver_problems(home):
    log = home.log_dir / "driver.log"
    command = [home.python, "-m", "playwright", "--version"]
    if not child.run(command, log, LIMIT).code:
        return []
    reason = _install(DRIVER_PACKAGES)
    if not child.run(command, log, LIMIT).code:
        return []
    names = " ".join(DRIVER_PACKAGES)
    return [
        f"The driver of the browser tests does not start: install {names} and try again.",
        reason,
        child.tail(log, 5),
    ]


def _install(packages):
    """Install packages through apt; returns why not, or an empty string."""
    from .. import apt

    if not (apt.available() and apt.is_root()):
        return "only root may install it"
    try:
        apt.install(list(packages), "a browser for the tests")
    except Trouble as trouble:
        return str(trouble)
    return ""
