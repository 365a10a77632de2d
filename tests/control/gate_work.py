"""What the gate's test prepares: people of few rights, and stock that each way of changing it could start from."""

from odoo import SUPERUSER_ID, api

PEOPLE = {
    "clerk": "stock.group_stock_user",
    "keeper": "stock.group_stock_manager",
    "seller": "sales_team.group_sale_salesman",
    "anybody": "base.group_user",
    "merchant": "stock.group_stock_user,product.group_product_manager",
    "judge": "inventory_plus.group_approver",
}


def prepare(registry):
    """Users, a product with 10 on hand (2 of them once counted), a lot, a package; return the ids."""
    with registry.cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, {})
        for login, groups in PEOPLE.items():
            env["res.users"].with_context(no_reset_password=True).create(
                {
                    "name": login.title(),
                    "login": login,
                    "password": login,
                    "group_ids": [(6, 0, [env.ref(group).id for group in groups.split(",")])],
                }
            )
        warehouse = env["stock.warehouse"].search([("company_id", "=", env.company.id)], limit=1)
        other = env["stock.warehouse"].create({"name": "Other", "code": "OTHER"})
        stock = warehouse.lot_stock_id
        shelf = env["stock.location"].create({"name": "Shelf", "location_id": stock.id})
        product = env["product.product"].create({"name": "Bolt", "is_storable": True})
        milk = env["product.product"].create({"name": "Milk", "is_storable": True, "tracking": "lot"})
        lot = env["stock.lot"].create({"name": "L1", "product_id": milk.id})
        package = env["stock.package"].create({"name": "P1"})
        quants = env["stock.quant"]
        quants._update_available_quantity(product, stock, 8)
        quants._update_available_quantity(milk, stock, 10, lot_id=lot)
        cheese = env["product.product"].create({"name": "Cheese", "is_storable": True})
        quants._update_available_quantity(cheese, stock, 10, package_id=package)
        parameters = env["ir.config_parameter"]
        parameters.set_param("inventory_plus.gate", "off")
        quant = quants.search([("product_id", "=", product.id), ("location_id", "=", stock.id)])
        quant.with_context(inventory_mode=True).inventory_quantity = 10
        quant.action_apply_inventory()
        parameters.set_param("inventory_plus.gate", "on")
        action = env["ir.actions.server"].create(
            {
                "name": "Change stock",
                "model_id": env["ir.model"]._get("stock.quant").id,
                "state": "code",
                "code": "q = records.sudo()[0]\nq._update_available_quantity(q.product_id, q.location_id, 89)",
                "group_ids": [(6, 0, env.ref("stock.group_stock_user").ids)],
            }
        )
        return {
            "products": [product.id, milk.id, cheese.id],
            "template": product.product_tmpl_id.id,
            "quant": quant.id,
            "counted": env["stock.move.line"].search([("product_id", "=", product.id), ("is_inventory", "=", True)]).id,
            "stock": stock.id,
            "shelf": shelf.id,
            "other": other.lot_stock_id.id,
            "loss": product.property_stock_inventory.id,
            "production": product.property_stock_production.id,
            "customers": env.ref("stock.stock_location_customers").id,
            "suppliers": env.ref("stock.stock_location_suppliers").id,
            "between": env.ref("stock.stock_location_inter_company").id,
            "lot": lot.id,
            "package": package.id,
            "type": warehouse.int_type_id.id,
            "action": action.id,
        }
