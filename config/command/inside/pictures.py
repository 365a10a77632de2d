"""Takes the pictures: a program of its own, given a request as JSON, run by the environment's Python."""

import io
import json
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import Error, sync_playwright

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
DEVICES = {
    "desktop": {"viewport": {"width": 1440, "height": 860}},
    "phone": {
        "viewport": {"width": 390, "height": 844},
        "device_scale_factor": 2,
        "is_mobile": True,
        "has_touch": True,
        "user_agent": "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/130.0 Mobile Safari/537.36",
    },
}
LANGUAGES = {"en": "en_US", "zh": "zh_CN"}
# A navigation ends the download of the bus worker; nothing is wrong then.
BENIGN = ("websocket_worker_bundle",)
RECORDS = ".o_list_view .o_data_row, .o_kanban_record:not(.o_kanban_ghost), .o_view_nocontent"
# The demonstration's buyer, whose inbox gets the alerts; the password is the login.
BUYER = "buyer"
TIMEOUT = 60_000  # milliseconds
# What is done before the picture: (what, where, with which value). Items by product show every colour on one page; a
# simulation is seen once a target has been typed and asked about.
DONE = {
    "colours": [("click", ".o_list_view th[data-name=product_id]", "")],
    "chart": [("show", ".o_inventory_item_chart", "")],
    "simulation": [
        ("fill", ".o_field_widget[name=name] input, .o_field_widget[name=name] textarea", "98 %"),
        ("fill", ".o_field_widget[name=target_cycle] input", "98"),
        ("click", ".o_inventory_simulate", ""),
        ("show", ".o_inventory_headline", ""),
    ],
}
# Name: (address, what must be seen before the picture, seconds for charts and colours to settle).
PAGES = {
    "items": ("action-inventory_plus.action_inventory_item", RECORDS, 1.0),
    "colours": ("action-inventory_plus.action_inventory_item", RECORDS, 1.0),
    "item": ("action-inventory_plus.action_inventory_item/{item}", ".o_form_view .o_form_sheet", 1.0),
    "chart": ("action-inventory_plus.action_inventory_item/{chart}", ".o_inventory_item_chart canvas", 2.0),
    "work": ("action-inventory_plus.action_item_work", RECORDS, 1.0),
    "simulation": ("action-inventory_plus.action_inventory_policy/new", ".o_inventory_simulate", 1.0),
    "request": ("action-purchase.purchase_rfq/{request}", ".o_form_view .o_form_sheet", 1.0),
    "inbox": ("action-mail.action_discuss?active_id=mail.box_inbox", ".o-mail-Message, .o-mail-Thread-empty", 1.5),
    "alerts": ("action-inventory_alerts.action_alert", RECORDS, 1.0),
    "dashboard": ("action-inventory_reports.action_dashboard", ".o_action_manager canvas, .o_inventory_empty", 2.5),
    "devices": ("action-inventory_devices.action_device_station", RECORDS, 1.0),
}


class Visitor:
    """Somebody logged in, who looks at pages and notes what goes wrong on them; ``login`` None is who was asked for."""

    def __init__(self, browser, request, device, login=None):
        self.request = request
        self.context = browser.new_context(locale="en-GB", timezone_id="UTC", **DEVICES[device])
        self.page = self.context.new_page()
        self.errors = []
        self.page.on("console", lambda message: message.type == "error" and self._note(message.text))
        self.page.on("pageerror", lambda error: self._note(str(error)))
        self.page.on("response", lambda answer: answer.status >= 400 and self._note(f"{answer.status} {answer.url}"))
        self.login = login
        login, password = (login, login) if login else (request["login"], request["password"])
        params = {"db": request["database"], "login": login, "password": password}
        self.uid = (self._post("/web/session/authenticate", params) or {}).get("uid")
        if not self.uid:
            raise SystemExit(f"{login} cannot log in with this password: say --login and --password.")

    def _note(self, text):
        if not any(word in text for word in BENIGN):
            self.errors.append(text)

    def _post(self, path, params):
        body = {"jsonrpc": "2.0", "method": "call", "params": params}
        answer = self.context.request.post(self.request["url"] + path, data=body, timeout=TIMEOUT).json()
        if "error" in answer:
            raise SystemExit(answer["error"].get("data", {}).get("message") or answer["error"]["message"])
        return answer["result"]

    def call(self, model, method, *args, **kwargs):
        """A method of a model, as the web client calls it."""
        params = {"model": model, "method": method, "args": args, "kwargs": kwargs}
        return self._post(f"/web/dataset/call_kw/{model}/{method}", params)

    def enter_app(self, menu):
        """Show the menus of an app around every page, as somebody sees them who came by the menu."""
        self.context.add_init_script(f"sessionStorage.setItem('menu_id', '{menu}')")

    def take(self, address, selector, seconds, done=()):
        """Open a page, wait until it shows something, do what is to be done there, return its picture as PNG."""
        self.page.goto(f"{self.request['url']}/odoo/{address}", wait_until="commit", timeout=TIMEOUT)
        self.page.wait_for_selector(selector, timeout=TIMEOUT)
        for what, where, value in done:
            place = self.page.locator(where).first
            if what == "show":
                place.wait_for(timeout=TIMEOUT)
                place.evaluate("node => node.scrollIntoView({block: 'center'})")
            elif not place.count():
                continue
            elif what == "fill":
                place.fill(value)
            else:
                place.click()
        self.page.wait_for_timeout(seconds * 1000)
        png = self.page.screenshot()
        # A form that is left with changes saves them: looking must change nothing.
        if any(what == "fill" for what, _where, _value in done):
            self.page.locator(".o_form_button_cancel").first.click()
            self.page.wait_for_timeout(500)
        return png


def subjects(visitor):
    """Ids of what the pages show: an item that must be ordered, a draft request for quotation, the apps' menus."""
    wanted = [["suggested_order", ">", 0], ["status", "=", "red"]]
    order = visitor.call("inventory.item", "search", wanted, limit=1, order="suggested_order desc, id")
    item = order or visitor.call("inventory.item", "search", [], limit=1)
    requests = visitor.call("purchase.order", "search", [["state", "=", "draft"]], limit=1, order="id desc")
    if not requests and order:
        visitor.call("inventory.item", "action_make_rfq", order)
        requests = visitor.call("purchase.order", "search", [["state", "=", "draft"]], limit=1, order="id desc")
    named = {"menu": ("inventory_plus", "menu_root"), "discuss": ("mail", "menu_root_discuss")}
    # Weeks of stock before it runs out say more in a chart than an empty shelf.
    lasting = [["cover_days", ">=", 25], ["cover_days", "<=", 120]]
    chart = visitor.call("inventory.item", "search", lasting, limit=1, order="stock_value desc, id") or item
    found = {
        "item": item[0] if item else None,
        "chart": chart[0] if chart else None,
        "request": requests[0] if requests else None,
    }
    for key, (module, name) in named.items():
        domain = [["module", "=", module], ["name", "=", name]]
        (data,) = visitor.call("ir.model.data", "search_read", domain, ["res_id"])
        found[key] = data["res_id"]
    return found


def people(visitor):
    """Who looks at which page: the demonstration's buyer at his inbox, if there is one; else the same for all."""
    known = visitor.call("res.users", "search_count", [["login", "=", BUYER]])
    return {"inbox": BUYER} if known else {}


def small(png):
    """The picture with a palette: a third of the bytes, and the same to the eye."""
    image = Image.open(io.BytesIO(png)).convert("RGB")
    if image.width > 1440:
        image = image.resize((1440, image.height * 1440 // image.width), Image.Resampling.LANCZOS)
    elif image.width == 780:
        image = image.resize((390, image.height // 2), Image.Resampling.LANCZOS)
    stream = io.BytesIO()
    image.quantize(128, dither=Image.Dither.NONE).save(stream, "PNG", optimize=True)
    return stream.getvalue()


def album(browser, request, device, language, wanted):
    """Pictures of one device and language: ``(names and sizes, errors)``."""
    visitor = Visitor(browser, request, device)
    ids, others = subjects(visitor), people(visitor)
    pictures, errors = [], []
    for login in (None, *sorted(set(others.values()))):
        looking = Visitor(browser, request, device, login) if login else visitor
        pages = [name for name in wanted if others.get(name) == login]
        if pages:
            taken, wrong = look(looking, request, (device, language), pages, ids)
            pictures, errors = pictures + taken, errors + wrong
        looking.context.close()
    return pictures, errors


def look(visitor, request, kind, pages, ids):
    """What one person sees on these pages in one language: ``(names and sizes, errors)``."""
    device, language = kind
    pictures = []
    (before,) = visitor.call("res.users", "read", [visitor.uid], ["lang"])
    visitor.call("res.users", "write", [visitor.uid], {"lang": LANGUAGES[language]})
    try:
        visitor.enter_app(ids["menu" if visitor.login is None else "discuss"])
        for name in pages:
            address, selector, seconds = PAGES[name]
            if name in ids and ids[name] is None:
                continue  # an empty database has no item and no request to show
            mark = len(visitor.errors)
            try:
                png = small(visitor.take(address.format(**ids), selector, seconds, DONE.get(name, ())))
            except Error as error:
                visitor.errors.append(f"{name}: {str(error).splitlines()[0]}")
                continue
            file = f"{name}-{device}-{language}.png"
            (Path(request["folder"]) / file).write_bytes(png)
            pictures.append((file, len(png)))
            visitor.errors[mark:] = [f"{file}: {text}" for text in visitor.errors[mark:]]
    finally:
        visitor.call("res.users", "write", [visitor.uid], {"lang": before["lang"]})
    return pictures, visitor.errors


def main():
    """Read the request, print the answer; exit status 1 when a page had an error."""
    request = json.load(sys.stdin)
    unknown = sorted(set(request["only"]) - set(PAGES))
    if unknown:
        raise SystemExit(f"There is no page {unknown[0]}; there are: {', '.join(PAGES)}.")
    wanted = request["only"] or list(PAGES)
    answer = {"pictures": [], "errors": []}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=request["chromium"], args=ARGUMENTS)
        for device in DEVICES:
            for language in LANGUAGES:
                pictures, errors = album(browser, request, device, language, wanted)
                answer["pictures"] += pictures
                answer["errors"] += errors
        browser.close()
    json.dump(answer, sys.stdout)
    return 1 if answer["errors"] else 0


if __name__ == "__main__":
    sys.exit(main())
