"""A buyer's morning: the red item, the alert in the inbox, one click to a draft request, the dashboard shows it."""

import pytest

from tests.support.browser import DESKTOP, PHONE, chromium

pytestmark = pytest.mark.slow

ALL = "inventory_plus,inventory_alerts,inventory_devices,inventory_reports"
WAIT = 60_000  # milliseconds for a page; the job runner delivers messages meanwhile


@pytest.fixture
def house(clone, registry_process, server):
    """A server with all four addons on a small demonstration company, jobs running."""
    db = clone(ALL, assets=True)
    registry_process(db, "tests.main_job.work:prepare", [60, 200]).go().result(timeout=600)
    return server(db, workers=0, load="queue_job", crons=1)


class Buyer:
    """Bea Buyer at one device."""

    def __init__(self, house, watched):
        self.url, self.page = house.url, watched.login(house.url, house.db, "buyer", "buyer").page

    def open(self, address):
        self.page.goto(f"{self.url}/odoo/{address}")

    def see(self, selector):
        """Wait until something is on the page; returns it."""
        found = self.page.locator(selector).first
        found.wait_for(timeout=WAIT)
        return found

    def press(self, name):
        """The first button above a form, which a phone shows too; the others are in a menu there."""
        self.see(f".o_statusbar_buttons button[name={name}]:visible").click()


def red_item(house, position):
    """The short items that can be bought, as the buyer's list shows them: the one at this position."""
    client = house.client("buyer", "buyer")
    fields = ["product_id", "warehouse_id", "suggested_order"]
    domain = [["status", "=", "red"], ["suggested_order", ">", 0], ["vendor_id", "!=", False]]
    rows = client.call("inventory.item", "search_read", domain, fields, limit=position + 1)
    assert len(rows) > position, "the demonstration company has no short item to buy"
    return rows[position]


def requests(house, product):
    """Quantities of the draft lines for a product, in its own unit."""
    client = house.client("admin")
    lines = client.call(
        "purchase.order.line",
        "search_read",
        [["product_id", "=", product], ["state", "=", "draft"]],
        ["product_uom_qty"],
    )
    return [line["product_uom_qty"] for line in lines]


def morning(house, watched, position, phone):
    """The whole way, on one device."""
    item = red_item(house, position)
    product, name = item["product_id"]
    [warehouse] = house.client("buyer", "buyer").call("stock.warehouse", "read", item["warehouse_id"][:1], ["code"])
    title = f"Item short: {name} · {warehouse['code']}"
    before = requests(house, product)
    buyer = Buyer(house, watched)

    # The red item, among the first of the list.
    buyer.open("inventory-plus-items")
    row = buyer.see(f".o_kanban_record:has-text('{name}')" if phone else f".o_list_view .o_data_row:has-text('{name}')")
    assert row.locator(".text-bg-danger").count() == 1

    # The alert, in the buyer's inbox: the buyer answers for this company's stock.
    buyer.open("discuss?active_id=mail.box_inbox")
    link = buyer.see(f".o-mail-Message a[data-oe-model='inventory.alert']:has-text('{title}')")
    link.click()
    buyer.see(f".o_form_view h1:has-text('{name}')")
    assert buyer.see(".o_field_widget[name=severity]").inner_text() == "High"

    # One click.
    buyer.press("action_make_rfq")
    buyer.see(f".o_form_view .o_field_widget[name=order_line] :text('{name}')")
    assert "Request for Quotation" in buyer.see(".o_form_view .o_form_sheet").inner_text()
    after = requests(house, product)
    # Not the suggestion of when the list was read: what is asked for is worked out anew at the click.
    assert sum(after) > sum(before), "nothing was asked for"

    # The dashboard: short, and on its way to the vendor.
    buyer.open("inventory-dashboard")
    buyer.see(".o_inventory_trend canvas")
    panel = ".o_inventory_short_card" if phone else ".o_inventory_short tbody tr"
    shown = buyer.see(f"{panel}:has-text('{name}') >> .o_inventory_requested")
    assert shown.inner_text().strip(), "the dashboard does not show the request"
    assert watched.errors == []


def test_main_job_on_desktop_and_phone(house):
    """Each device has an item of its own; an error on the console of either fails."""
    with chromium() as open_page:
        for position, device in enumerate((DESKTOP, PHONE)):
            morning(house, open_page(device), position, device is PHONE)
    client = house.client("admin")
    done = client.call("inventory.alert", "search_read", [["state", "=", "acknowledged"]], ["acknowledged_by_id"])
    assert [row["acknowledged_by_id"][1].split()[0] for row in done] == ["Bea", "Bea"]
