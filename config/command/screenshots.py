"""Take pictures of the main screens of the running server: desktop and phone, English and Chinese.

Serve a database first with ./inventory run. If it holds no draft request for quotation yet, one is made from an item
that must be ordered: the picture needs it. An empty database has no pages of one record; they are left out. Fails
when a page logs an error.
"""

import json
import os
from pathlib import Path

from . import apt, doctor, house, paths, process, server
from .console import Trouble, note, say, step
from .testing.browser import DRIVER_PACKAGES

_SCRIPT = Path(__file__).resolve().parent / "inside" / "pictures.py"
_FONTS = ("fonts-roboto-unhinted", "fonts-noto-cjk")


def arguments(parser):
    """Options of ``screenshots``."""
    parser.add_argument("folder", metavar="DIR", help="folder to write PNG files into")
    parser.add_argument("--only", nargs="+", metavar="NAME", default=[], help="pages to take (default all)")
    parser.add_argument("--login", default="admin", help="who looks (default admin)")
    parser.add_argument("--password", default="admin", help="his password (default admin)")


def execute(chosen):
    """Take the pictures; exit status 1 when a page had an error."""
    folder = Path(chosen.folder)
    state = server.current()
    if not state or server.http_status(state["port"], "/web/health") != 200:
        raise Trouble("No server runs: start it with ./inventory run and try again.")
    home = house.prepare(packages=("requirements.txt", "requirements-test.txt"))
    chromium = provide_browser()
    folder.mkdir(parents=True, exist_ok=True)
    request = {
        "url": f"http://127.0.0.1:{state['port']}",
        "database": state["database"],
        "login": chosen.login,
        "password": chosen.password,
        "folder": str(folder.resolve()),
        "chromium": chromium,
        "only": chosen.only,
    }
    with step("Taking pictures"):
        code, out, err = process.capture(
            [home.python, "-B", _SCRIPT], env={**os.environ, "PYTHONPATH": ""}, text_in=json.dumps(request), timeout=900
        )
    if code not in (0, 1) or not out:
        paths.write_text(process.log_path("screenshots"), err)
        last = err.strip().splitlines()[-1] if err.strip() else f"exit status {code}"
        raise Trouble(f"The pictures could not be taken: {last[:300]} (log: {process.log_path('screenshots')}).")
    answer = json.loads(out)
    for name, size in answer["pictures"]:
        say(f"{folder / name}  {size // 1024} kB")
    for error in answer["errors"]:
        note(f"  {error}")
    say(f"{len(answer['pictures'])} pictures, {len(answer['errors'])} errors.")
    return 1 if answer["errors"] or not answer["pictures"] else 0


def provide_browser():
    """Path of Chromium, installed together with the fonts of a user's screen where we may."""
    if apt.available() and apt.is_root():
        needed = (*_FONTS, *DRIVER_PACKAGES)
        apt.install(needed if doctor.browser() else ("chromium", *needed), "Pictures")
    found = doctor.browser()
    if found is None:
        raise Trouble(
            "A browser is missing: run `sudo apt-get install chromium "
            f"{' '.join((*_FONTS, *DRIVER_PACKAGES))}` and then this again."
        )
    return found
