"""Several people look for a way out of the same slow stock at the same moment: one note an item."""

import pytest

pytestmark = pytest.mark.slow

HERE = "tests.planning.test_slow_stock_processes"


def _env(cr):
    from odoo import SUPERUSER_ID, api

    return api.Environment(cr, SUPERUSER_ID, {"tracking_disable": True})


def prepare(registry):
    """Two products in stock that were last sold 300 days ago; returns their items."""
    with registry.cursor() as cr:
        env = _env(cr)
        warehouse = env["stock.warehouse"].search([("company_id", "=", env.ref("base.main_company").id)], limit=1)
        products = env["product.product"].create([{"name": f"Idle {n}", "is_storable": True} for n in range(2)])
        for product in products:
            env["stock.quant"]._update_available_quantity(product, warehouse.lot_stock_id, 7)
        env.flush_all()
        cr.execute(
            """INSERT INTO inventory_daily_flow (product_id, warehouse_id, company_id, date, source, sold, revenue)
               SELECT product, %s, %s, current_date - 300, 'moves', 5, 50 FROM unnest(%s) product""",
            [warehouse.id, warehouse.company_id.id, products.ids],
        )
        env["inventory.item"]._plan()
        return env["inventory.item"].search([("slow_stock", "=", True), ("product_id", "in", products.ids)]).ids


def click(registry, item_ids):
    from odoo.service.model import retrying

    with registry.cursor() as cr:
        env = _env(cr)
        return retrying(lambda: env["inventory.item"].browse(item_ids).action_way_out()["params"]["message"], env)


def notes(registry, item_ids):
    with registry.cursor() as cr:
        found = _env(cr)["mail.activity"].search([("inventory_item_id", "in", item_ids)])
        return sorted(note.inventory_item_id.id for note in found)


def test_one_note_an_item(clone, registry_process, together):
    db = clone()
    items = registry_process(db, f"{HERE}:prepare").go().result()
    assert len(items) == 2
    answers = together(db, [(f"{HERE}:click", [items])] * 4)
    assert sum("Notes written: 2" in answer for answer in answers) == 1
    assert sum("Already with somebody: 2" in answer for answer in answers) == 3
    assert registry_process(db, f"{HERE}:notes", [items]).go().result() == sorted(items)
