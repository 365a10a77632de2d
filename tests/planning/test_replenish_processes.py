"""The nightly replenishment killed, repeated, and beside buyers, in processes of their own: nothing is asked twice."""

import os
import signal

import pytest

pytestmark = pytest.mark.slow

HERE = "tests.planning.test_replenish_processes"
PRODUCTS = 12


def _env(cr):
    from odoo import SUPERUSER_ID, api

    return api.Environment(cr, SUPERUSER_ID, {"tracking_disable": True})


def prepare(registry):
    """Products sold ten a day, each from a vendor of its own, with nothing here and 50 too many of each elsewhere."""
    with registry.cursor() as cr:
        env = _env(cr)
        company = env.ref("base.main_company")
        here = env["stock.warehouse"].search([("company_id", "=", company.id)], limit=1)
        there = env["stock.warehouse"].create({"name": "There", "code": "THR", "company_id": company.id})
        there.int_type_id.active = True
        products = env["product.product"]
        for number in range(PRODUCTS):
            vendor = env["res.partner"].create({"name": f"Vendor {number}"})
            products |= env["product.product"].create(
                {
                    "name": f"Nightly {number}",
                    "is_storable": True,
                    "standard_price": 10,
                    "seller_ids": [(0, 0, {"partner_id": vendor.id, "delay": 5, "price": 1})],
                }
            )
        for product in products:
            env["stock.quant"]._update_available_quantity(product, there.lot_stock_id, 70)
        env.flush_all()
        cr.execute(
            """INSERT INTO inventory_daily_flow (product_id, warehouse_id, company_id, date, source, sold, revenue)
               SELECT product, warehouse, %s, current_date - day, 'moves', sold, 100
                 FROM generate_series(1, 300) day, unnest(%s) product,
                      unnest(%s, %s) AS place(warehouse, sold)""",
            [company.id, products.ids, [here.id, there.id], [10, 1]],
        )
        company.inventory_replenish_trigger = "auto"
        env["inventory.item"]._plan()
        items = env["inventory.item"].search(
            [("product_id", "in", products.ids), ("warehouse_id", "=", here.id)], order="id"
        )
        return {"company": company.id, "warehouse": here.id, "items": items.ids}


def rebalance(registry, company_id):
    with registry.cursor() as cr:
        return _env(cr)["inventory.item"]._rebalance_company(company_id)


def request(registry, warehouse_id):
    with registry.cursor() as cr:
        return _env(cr)["inventory.item"]._replenish_warehouse(warehouse_id)


def click(registry, item_ids):
    from odoo.service.model import retrying

    with registry.cursor() as cr:
        env = _env(cr)
        return retrying(lambda: env["inventory.item"].browse(item_ids).action_make_rfq()["type"], env)


def automatic(registry, company_id):
    """A policy puts the reordering rules on automatic: Odoo's scheduler looks at them from now on."""
    with registry.cursor() as cr:
        env = _env(cr)
        env["inventory.policy"].create(
            {"name": "All", "company_id": company_id, "trigger": "auto", "auto_percent": 999}
        )
        env["inventory.item"]._plan()
        rules = env["stock.warehouse.orderpoint"].search([("inventory_item_id", "!=", False)])
        return sorted(set(rules.mapped("trigger")))


def schedule(registry):
    """Odoo's own scheduler, as its scheduled action runs it."""
    with registry.cursor() as cr:
        _env(cr)["stock.rule"].run_scheduler(use_new_cursor=True)
        return 0


def request_and_die(registry, warehouse_id, parts):
    """Like :func:`request`, in parts of one vendor, killed when ``parts`` of them are done and one more is made."""
    from odoo.addons.inventory_plus.models.planning import item_replenish

    item_replenish.PART = 1
    item = registry["inventory.item"]
    real = item._request_each
    seen = []

    def request_each(self, offers):
        made = real(self, offers)
        self.env.flush_all()
        seen.append(1)
        if len(seen) > parts:
            os.kill(os.getpid(), signal.SIGKILL)
        return made

    item._request_each = request_each
    return request(registry, warehouse_id)


def rebalance_and_die(registry, company_id):
    """Like :func:`rebalance`, killed when the transfers are made and not committed."""
    item = registry["inventory.item"]
    real = item._propose_transfers

    def propose(self):
        real(self)
        self.env.flush_all()
        os.kill(os.getpid(), signal.SIGKILL)

    item._propose_transfers = propose
    return rebalance(registry, company_id)


def found(registry):
    """What was asked for and what moves, of the products of :func:`prepare`."""
    with registry.cursor() as cr:
        env = _env(cr)
        products = env["product.product"].search([("name", "like", "Nightly")])
        lines = env["purchase.order.line"].search([("product_id", "in", products.ids)])
        moves = env["stock.move"].search([("product_id", "in", products.ids), ("state", "=", "draft")])
        items = env["inventory.item"].search([("product_id", "in", products.ids)])
        return {
            "lines": sorted(lines.mapped("product_qty")),
            "orders": len(lines.order_id),
            "moves": sorted(moves.mapped("product_uom_qty")),
            "transfers": len(moves.picking_id),
            "suggested": sum(items.mapped("suggested_order")),
        }


@pytest.fixture
def run(registry_process):
    def call(db, name, *args):
        return registry_process(db, f"{HERE}:{name}", list(args)).go().result()

    return call


@pytest.fixture
def die(registry_process):
    def call(db, name, *args):
        process = registry_process(db, f"{HERE}:{name}", list(args)).go()
        assert process.process.wait(120) == -signal.SIGKILL

    return call


def test_killed_and_repeated_requests_once(clone, run, die):
    db = clone()
    made = run(db, "prepare")
    die(db, "request_and_die", made["warehouse"], 3)
    after = run(db, "found")
    assert after["lines"] == [200.0] * 3, "what was whole is kept, what was half done is not there"
    assert run(db, "request", made["warehouse"]) == PRODUCTS - 3
    expected = {"lines": [200.0] * PRODUCTS, "orders": PRODUCTS, "moves": [], "transfers": 0, "suggested": 0.0}
    assert run(db, "found") == expected
    assert run(db, "request", made["warehouse"]) == 0
    assert run(db, "found") == expected


def test_two_nights_and_two_buyers_at_once(clone, run, together):
    db = clone()
    made = run(db, "prepare")
    answers = together(
        db,
        [(f"{HERE}:request", [made["warehouse"]])] * 2
        + [(f"{HERE}:click", [made["items"]]), (f"{HERE}:click", [list(reversed(made["items"]))])],
    )
    assert len(answers) == 4
    after = run(db, "found")
    assert after["lines"] == [200.0] * PRODUCTS
    assert after["orders"] == PRODUCTS
    assert after["suggested"] == 0


def test_two_nights_and_odoos_scheduler_at_once(clone, run, die, together):
    """Killed, repeated, and beside Odoo's scheduler before, meanwhile and after: one line for each need."""
    db = clone()
    made = run(db, "prepare")
    assert run(db, "automatic", made["company"]) == ["auto"]
    run(db, "schedule")
    assert run(db, "found")["lines"] == [], "Odoo's scheduler leaves them to us"
    die(db, "request_and_die", made["warehouse"], 3)
    together(db, [(f"{HERE}:request", [made["warehouse"]])] * 2 + [(f"{HERE}:schedule", [])] * 2)
    run(db, "schedule")
    after = run(db, "found")
    assert after["lines"] == [200.0] * PRODUCTS
    assert after["orders"] == PRODUCTS
    assert after["suggested"] == 0


def test_transfers_killed_repeated_and_at_once(clone, run, die, together):
    db = clone()
    made = run(db, "prepare")
    die(db, "rebalance_and_die", made["company"])
    assert run(db, "found")["moves"] == [], "nothing is half done"
    together(db, [(f"{HERE}:rebalance", [made["company"]])] * 3)
    after = run(db, "found")
    # The giver has 70, sells one a day and keeps 20.
    assert after["moves"] == [50.0] * PRODUCTS
    assert after["transfers"] == 1
    assert run(db, "rebalance", made["company"]) == 0
    assert run(db, "request", made["warehouse"]) == PRODUCTS
    assert run(db, "found") == {
        "lines": [150.0] * PRODUCTS,
        "orders": PRODUCTS,
        "moves": [50.0] * PRODUCTS,
        "transfers": 1,
        "suggested": 0.0,
    }
