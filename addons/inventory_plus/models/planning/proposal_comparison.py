"""Two runs side by side: what each wanted to keep of an item, and the difference."""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from .proposal import PARAMETERS


class InventoryPlanRun(models.Model):
    _inherit = "inventory.plan.run"

    def action_compare(self):
        """Compare two runs of a company, item by item.

        Listed are the items that either run proposed to change. Where one of the two proposed nothing, it found what
        was in force right: the value before the other's change, or after it where that came into force earlier.
        """
        if len(self) != 2 or len(self.company_id) != 1:
            raise UserError(self.env._("Select two runs of one company to compare them."))
        self.check_access("read")
        if "waiting" in self.mapped("state"):
            raise UserError(self.env._("Both runs must have ended."))
        first, second = self.sorted("id")
        self.env["inventory.plan.comparison"]._fill(first, second)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("%(first)s — %(second)s", first=first.display_name, second=second.display_name),
            "res_model": "inventory.plan.comparison",
            "view_mode": "list",
            "domain": [("first_run_id", "=", first.id), ("second_run_id", "=", second.id)],
            "help": self.env["ir.ui.view"]._render_template("inventory_plus.plan_comparison_help"),
        }


class InventoryPlanComparison(models.TransientModel):
    """One item in two runs. Rows are the user's own and go away by themselves."""

    _name = "inventory.plan.comparison"
    _description = "Comparison of Planning Runs"
    _order = "cost_size desc, id"
    _rec_name = "product_id"

    first_run_id = fields.Many2one("inventory.plan.run", readonly=True, ondelete="cascade", index=True)
    second_run_id = fields.Many2one("inventory.plan.run", readonly=True, ondelete="cascade")
    item_id = fields.Many2one("inventory.item", readonly=True, ondelete="cascade")
    product_id = fields.Many2one("product.product", readonly=True, ondelete="cascade")
    warehouse_id = fields.Many2one("stock.warehouse", readonly=True, ondelete="cascade")
    company_id = fields.Many2one("res.company", readonly=True, ondelete="cascade")
    currency_id = fields.Many2one(related="company_id.currency_id")
    first_reorder_point = fields.Float("Min, First", digits="Product Unit", readonly=True, aggregator=None)
    second_reorder_point = fields.Float("Min, Second", digits="Product Unit", readonly=True, aggregator=None)
    reorder_difference = fields.Float("Min, Difference", digits="Product Unit", readonly=True, aggregator=None)
    first_order_up_to = fields.Float("Max, First", digits="Product Unit", readonly=True, aggregator=None)
    second_order_up_to = fields.Float("Max, Second", digits="Product Unit", readonly=True, aggregator=None)
    order_difference = fields.Float("Max, Difference", digits="Product Unit", readonly=True, aggregator=None)
    first_safety_stock = fields.Float("Safety Stock, First", digits="Product Unit", readonly=True, aggregator=None)
    second_safety_stock = fields.Float("Safety Stock, Second", digits="Product Unit", readonly=True, aggregator=None)
    cost_difference = fields.Monetary(
        "Stock Value, Difference", readonly=True, help="(Safety stock + half an order) x unit cost, second less first."
    )
    cost_size = fields.Float(readonly=True)
    changed = fields.Selection(
        [("first", "Only by the first"), ("second", "Only by the second"), ("both", "By both")],
        "Proposed",
        readonly=True,
    )

    @api.model
    def _fill(self, first, second):
        """Write the rows of two runs, in one statement."""
        self.sudo().search(
            [
                ("create_uid", "=", self.env.uid),
                ("first_run_id", "=", first.id),
                ("second_run_id", "=", second.id),
            ]
        ).unlink()
        self.env["inventory.proposal"].flush_model()
        before = {name: SQL("COALESCE(a.%s, b.%s)", *_pair(name)) for name in PARAMETERS}
        after = {
            name: SQL(
                "COALESCE(b.%s, CASE WHEN a.state = 'applied' THEN a.%s ELSE a.%s END)",
                SQL.identifier(f"new_{name}"),
                *_pair(name),
            )
            for name in PARAMETERS
        }
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO inventory_plan_comparison (
                    first_run_id, second_run_id, item_id, product_id, warehouse_id, company_id, first_reorder_point,
                    second_reorder_point, reorder_difference, first_order_up_to, second_order_up_to, order_difference,
                    first_safety_stock, second_safety_stock, cost_difference, cost_size, changed,
                    create_uid, create_date, write_uid, write_date)
                SELECT %(first)s, %(second)s, item.id, item.product_id, item.warehouse_id, item.company_id,
                       %(point_a)s, %(point_b)s, %(point_b)s - %(point_a)s, %(up_a)s, %(up_b)s, %(up_b)s - %(up_a)s,
                       %(safety_a)s, %(safety_b)s, worth.difference, abs(worth.difference),
                       CASE WHEN b.id IS NULL THEN 'first' WHEN a.id IS NULL THEN 'second' ELSE 'both' END,
                       %(uid)s, now() AT TIME ZONE 'UTC', %(uid)s, now() AT TIME ZONE 'UTC'
                  FROM (SELECT * FROM inventory_proposal WHERE run_id = %(first)s) a
                  FULL JOIN (SELECT * FROM inventory_proposal WHERE run_id = %(second)s) b ON b.item_id = a.item_id
                  JOIN inventory_item item ON item.id = COALESCE(a.item_id, b.item_id)
                  JOIN product_product product ON product.id = item.product_id
                 CROSS JOIN LATERAL (
                       SELECT round((%(safety_b)s - %(safety_a)s + (%(order_b)s - %(order_a)s) / 2)
                              * COALESCE((product.standard_price ->> item.company_id::text)::numeric, 0), %(money)s)
                              AS difference) worth
                """,
                first=first.id,
                second=second.id,
                point_a=before["reorder_point"],
                point_b=after["reorder_point"],
                up_a=before["order_up_to"],
                up_b=after["order_up_to"],
                safety_a=before["safety_stock"],
                safety_b=after["safety_stock"],
                order_a=before["order_quantity"],
                order_b=after["order_quantity"],
                money=first.company_id.currency_id.decimal_places,
                uid=self.env.uid,
            )
        )
        self.invalidate_model()

    def action_open_item(self):
        self.ensure_one()
        return self.item_id._form_action()


def _pair(name):
    return SQL.identifier(f"new_{name}"), SQL.identifier(f"old_{name}")
