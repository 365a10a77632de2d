"""What the processes of the adjustment tests do; run with a registry of their own."""

import time
from datetime import datetime, timedelta

from odoo import SUPERUSER_ID, api
from odoo.addons.inventory_plus.models.control import adjustment_apply
from odoo.exceptions import UserError
from odoo.service.model import retrying

from tests.support.registry_main import tell

ROLES = {"requester": "operator", "first": "approver", "second": "approver"}


def environment(cr, login=None):
    env = api.Environment(cr, SUPERUSER_ID, {})
    return env(user=env["res.users"].search([("login", "=", login)]).id) if login else env


def prepare(registry, count, on_hand=10, counted=7, submit=True):
    """Users, that many products with stock and one adjustment of all of them; what the test has to know."""
    with registry.cursor() as cr:
        env = environment(cr)
        for login, role in ROLES.items():
            groups = env.ref(f"inventory_plus.group_{role}")
            vals = {"name": login.title(), "login": login, "password": login, "group_ids": [(6, 0, groups.ids)]}
            env["res.users"].with_context(no_reset_password=True).create(vals)
        stock = env["stock.warehouse"].search([("company_id", "=", env.company.id)], limit=1).lot_stock_id
        products = env["product.product"].create(
            [{"name": f"Raced {n}", "default_code": f"R{n}", "is_storable": True} for n in range(count)]
        )
        for product in products:
            env["stock.quant"]._update_available_quantity(product, stock, on_hand)
        things = {"products": products.ids, "stock": stock.id, "location": stock.complete_name, "sku": "R0"}
        requester = environment(cr, "requester")
        things["api_key"] = (
            requester["res.users.apikeys"].sudo()._generate(None, "test", datetime.now() + timedelta(days=1))
        )
        if submit:
            lines = [{"product_id": p, "location_id": stock.id, "quantity": counted} for p in products.ids]
            adjustment = requester["inventory.adjustment"].create(
                {"reason": "race", "line_ids": [(0, 0, line) for line in lines]}
            )
            adjustment.action_request_approval()
            things["adjustment"] = adjustment.id
        return things


def _retried(registry, function):
    with registry.cursor() as cr:
        env = environment(cr)
        return retrying(lambda: function(env), env)


def act(registry, login, method, adjustment):
    """Press a button of the adjustment as a user; True, or what he is told."""
    tell({"there": True})
    try:
        with registry.cursor() as cr:
            env = environment(cr, login)
            return retrying(lambda: getattr(env["inventory.adjustment"].browse(adjustment), method)(), env)
    except UserError as error:
        return str(error)


def approve_in_parts(registry, adjustment, whole, part):
    """Decide as with fewer lines in a part."""
    adjustment_apply.WHOLE, adjustment_apply.PART = whole, part
    return act(registry, "first", "action_approve", adjustment)


def apply_parts(registry, part, adjustment, slow=0):
    """Run the jobs of adjustments as the scheduled action does; wait in each part after it was worked on."""
    adjustment_apply.WHOLE, adjustment_apply.PART = part, part
    model = registry["inventory.adjustment"]
    end = model._apply_each

    def slowly(self, lines, now):
        end(self, lines, now)
        self.env.flush_all()
        tell({"applied": len(lines)})
        time.sleep(slow)

    if slow:
        model._apply_each = slowly
    with registry.cursor() as cr:
        # Two workers say so at the same moment: the second one waits.
        cr.execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")
        cr.execute("UPDATE inventory_heartbeat SET beat_at = NULL, since = now() AT TIME ZONE 'UTC' - INTERVAL '1 h'")
    with registry.cursor() as cr:
        return environment(cr)["inventory.job"]._cron_run_jobs()


def pick(registry, product, stock, quantity):
    """Deliver, as a picker does: reserve, pick, validate; how much left."""

    def deliver(env):
        outside = env.ref("stock.stock_location_customers")
        warehouse = env["stock.warehouse"].search([("company_id", "=", env.company.id)], limit=1)
        picking = env["stock.picking"].create(
            {
                "picking_type_id": warehouse.out_type_id.id,
                "location_id": stock,
                "location_dest_id": outside.id,
                "move_ids": [
                    (
                        0,
                        0,
                        {
                            "product_id": product,
                            "product_uom_qty": quantity,
                            "location_id": stock,
                            "location_dest_id": outside.id,
                        },
                    )
                ],
            }
        )
        picking.action_confirm()
        picking.action_assign()
        if not picking.move_ids.quantity:
            return 0
        picking.move_ids.picked = True
        picking._action_done()
        return sum(picking.move_ids.filtered(lambda move: move.state == "done").mapped("quantity"))

    tell({"there": True})
    return _retried(registry, deliver)
