"""Two buyers click at the same moment, in two processes: one request, with the quantity of one."""

import pytest

pytestmark = pytest.mark.slow


def _env(cr):
    from odoo import SUPERUSER_ID, api

    return api.Environment(cr, SUPERUSER_ID, {"tracking_disable": True})


def prepare(registry):
    """A product sold ten a day with a vendor and nothing in stock; returns its item."""
    with registry.cursor() as cr:
        env = _env(cr)
        warehouse = env["stock.warehouse"].search([], limit=1)
        vendor = env["res.partner"].create({"name": "Vendor"})
        product = env["product.product"].create(
            {"name": "Raced", "is_storable": True, "seller_ids": [(0, 0, {"partner_id": vendor.id, "delay": 5})]}
        )
        env.flush_all()
        cr.execute(
            """INSERT INTO inventory_daily_flow (product_id, warehouse_id, company_id, date, source, sold, revenue)
               SELECT %s, %s, %s, current_date - day, 'moves', 10, 100 FROM generate_series(1, 300) day""",
            [product.id, warehouse.id, warehouse.company_id.id],
        )
        env["inventory.item"]._plan()
        return env["inventory.item"].search([("product_id", "=", product.id)]).id


def click(registry, item_id):
    """Press the button as a request would, with Odoo's retry."""
    from odoo.service.model import retrying

    with registry.cursor() as cr:
        env = _env(cr)
        return retrying(lambda: env["inventory.item"].browse(item_id).action_make_rfq()["type"], env)


def requested(registry, item_id):
    with registry.cursor() as cr:
        item = _env(cr)["inventory.item"].browse(item_id)
        lines = item.env["purchase.order.line"].search([("product_id", "=", item.product_id.id)])
        return {
            "lines": lines.mapped("product_qty"),
            "orders": len(lines.order_id),
            "requested": item.requested,
            "suggested": item.suggested_order,
        }


@pytest.mark.parametrize("clicks", [2, 4])
def test_two_clicks_one_request(clone, registry_process, together, clicks):
    db = clone()
    here = "tests.planning.test_two_buyers"
    item = registry_process(db, f"{here}:prepare").go().result()
    answers = together(db, [(f"{here}:click", [item])] * clicks)
    assert len(answers) == clicks
    assert sorted(answers)[0] == "ir.actions.act_window"
    assert answers.count("ir.actions.act_window") == 1, "one makes the request, the others are told that it is there"
    found = registry_process(db, f"{here}:requested", [item]).go().result()
    assert found == {"lines": [200.0], "orders": 1, "requested": 200.0, "suggested": 0.0}
