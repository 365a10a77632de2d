"""Daily work of a person of the floor behind a gate that is on: produce, take apart, repair."""

from odoo import SUPERUSER_ID, api


def work(registry):
    """Do it all as one user without rights to correct anything; return what was on hand after each."""
    with registry.cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, {})
        groups = ("stock.group_stock_user", "mrp.group_mrp_user", "sales_team.group_sale_salesman")
        user = env["res.users"].create(
            {"name": "Floor", "login": "floor", "group_ids": [(6, 0, [env.ref(group).id for group in groups])]}
        )
        warehouse = env["stock.warehouse"].search([("company_id", "=", env.company.id)], limit=1)
        stock = warehouse.lot_stock_id
        table, leg = env["product.product"].create(
            [{"name": "Table", "is_storable": True}, {"name": "Leg", "is_storable": True}]
        )
        env["stock.quant"]._update_available_quantity(leg, stock, 40)
        bom = env["mrp.bom"].create(
            {
                "product_tmpl_id": table.product_tmpl_id.id,
                "bom_line_ids": [(0, 0, {"product_id": leg.id, "product_qty": 4})],
            }
        )
        mine = env(user=user.id)

        def told():
            env.invalidate_all()
            return [table.qty_available, leg.qty_available]

        steps = {}
        production = mine["mrp.production"].create({"product_id": table.id, "bom_id": bom.id, "product_qty": 3})
        production.action_confirm()
        production.qty_producing = 3
        production.move_raw_ids.picked = True
        production.button_mark_done()
        steps["produced"] = told()
        unbuild = mine["mrp.unbuild"].create({"mo_id": production.id, "product_id": table.id, "product_qty": 1})
        unbuild.action_unbuild()
        steps["taken apart"] = told()
        repair = mine["repair.order"].create(
            {
                "product_id": table.id,
                "product_qty": 1,
                "picking_type_id": warehouse.repair_type_id.id,
                "move_ids": [(0, 0, {"product_id": leg.id, "product_uom_qty": 1, "repair_line_type": "add"})],
            }
        )
        repair.action_validate()
        repair.action_repair_start()
        repair.move_ids.quantity = 1
        repair.move_ids.picked = True
        repair.action_repair_end()
        steps["repaired"] = [*told(), repair.state]
        return steps
