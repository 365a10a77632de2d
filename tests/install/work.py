"""What the tests of this folder run inside Odoo, in processes of their own."""

from odoo import SUPERUSER_ID, api

OURS = (
    *("inventory_plus", "inventory_alerts", "inventory_devices", "inventory_reports"),
    *("inventory_plus_mrp", "inventory_plus_website", "inventory_plus_pos"),
)


def _environment(cr):
    return api.Environment(cr, SUPERUSER_ID, {})


def _modules(cr, names):
    """Modules by name. The buttons do not wait for the database's own housekeeping on their table; this does."""
    cr.execute("LOCK ir_module_module IN EXCLUSIVE MODE")
    return _environment(cr)["ir.module.module"].search([("name", "in", names)])


def installed(registry):
    """Which of our addons are installed."""
    with registry.cursor() as cr:
        modules = _environment(cr)["ir.module.module"].search([("name", "in", OURS), ("state", "=", "installed")])
        return sorted(modules.mapped("name"))


def uninstall(registry, name):
    """Uninstall an addon, and with it those that depend on it, as the button on the Apps page does."""
    with registry.cursor() as cr:
        _modules(cr, [name]).button_immediate_uninstall()
    return True


def install(registry, names):
    """Install addons as the button on the Apps page does."""
    with registry.cursor() as cr:
        _modules(cr, names).button_immediate_install()
    return True


def deliver(registry):
    """Receive 10, deliver 4, and tell what is left and how the delivery stands."""
    with registry.cursor() as cr:
        env = _environment(cr)
        warehouse = env["stock.warehouse"].search([], limit=1)
        product = env["product.product"].create({"name": "Delivered after all", "is_storable": True})
        supplier, customer = env.ref("stock.stock_location_suppliers"), env.ref("stock.stock_location_customers")
        _transfer(env, warehouse.in_type_id, product, 10, supplier, warehouse.lot_stock_id)
        delivery = _transfer(env, warehouse.out_type_id, product, 4, warehouse.lot_stock_id, customer)
        left = sum(
            env["stock.quant"]
            .search([("product_id", "=", product.id), ("location_id", "child_of", warehouse.lot_stock_id.id)])
            .mapped("quantity")
        )
        return {"state": delivery.state, "left": left}


def plan(registry):
    """Plan a product that sells, and tell min and max of the reordering rule that it gets."""
    with registry.cursor() as cr:
        env = _environment(cr)
        warehouse = env["stock.warehouse"].search([], limit=1)
        product = env["product.product"].create({"name": "Planned and left", "is_storable": True})
        env.flush_all()
        cr.execute(
            """INSERT INTO inventory_daily_flow (product_id, warehouse_id, company_id, date, source, sold, revenue)
               SELECT %s, %s, %s, current_date - day, 'moves', 10, 100 FROM generate_series(1, 300) day""",
            [product.id, warehouse.id, warehouse.company_id.id],
        )
        env["inventory.item"]._plan()
    return rule(registry)


def rule(registry):
    """Min, max and trigger of the rule of the planned product; Odoo computes what to order."""
    with registry.cursor() as cr:
        found = _environment(cr)["stock.warehouse.orderpoint"].search([("product_id.name", "=", "Planned and left")])
        found._compute_qty_to_order_computed()
        return [found.product_min_qty, found.product_max_qty, found.trigger, found.qty_to_order > 0]


def _transfer(env, kind, product, quantity, source, target):
    picking = env["stock.picking"].create(
        {"picking_type_id": kind.id, "location_id": source.id, "location_dest_id": target.id}
    )
    env["stock.move"].create(
        {
            "picking_id": picking.id,
            "product_id": product.id,
            "product_uom_qty": quantity,
            "product_uom": product.uom_id.id,
            "location_id": source.id,
            "location_dest_id": target.id,
        }
    )
    picking.action_confirm()
    picking.action_assign()
    picking.move_ids.picked = True
    picking.button_validate()
    return picking


def kits(registry, known):
    """What a channel shows of a kit of two parts, of a product, and what an order of the product is promised.

    :param known: whether manufacturing is there, so that the kit is made
    """
    with registry.cursor() as cr:
        env = _environment(cr)
        products = env["product.product"]
        if known:
            kit, part = products.create(
                [
                    {"name": "Kit", "default_code": "KIT", "type": "consu"},
                    {"name": "Part", "default_code": "PART", "is_storable": True},
                ]
            )
            env["mrp.bom"].create(
                {
                    "product_tmpl_id": kit.product_tmpl_id.id,
                    "type": "phantom",
                    "bom_line_ids": [(0, 0, {"product_id": part.id, "product_qty": 2})],
                }
            )
            warehouse = env["stock.warehouse"].search([], limit=1)
            env["stock.quant"]._update_available_quantity(part, warehouse.lot_stock_id, 10)
            env["inventory.channel"].create({"name": "Shop", "code": "shop", "keep_back": "nothing"})
    with registry.cursor() as cr:
        env = _environment(cr)
        shown = env["inventory.reservation"].available("shop")
        order = env["sale.order"].create(
            {
                "partner_id": env["res.partner"].create({"name": "Customer"}).id,
                "order_line": [
                    (0, 0, {"product_id": env["product.product"].search([("default_code", "=", "PART")]).id})
                ],
            }
        )
        order.action_confirm()
        env["inventory.feed"]._relay()
        return {sku: answer["available"] for sku, answer in shown.items()}
