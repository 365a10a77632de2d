"""The item: product x warehouse, the key of planning, promises, status and reports."""

from odoo import fields, models


class InventoryItem(models.Model):
    """Parameters of an item (planned) and a dated snapshot of its quantities and status (law 2)."""

    _name = "inventory.item"
    _description = "Inventory Item"
    _order = "status_sequence, stockout_date, id"
    _rec_name = "product_id"
    _check_company_auto = True

    product_id = fields.Many2one("product.product", required=True, index=True, ondelete="cascade")
    warehouse_id = fields.Many2one("stock.warehouse", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="warehouse_id.company_id", store=True, index=True)
    categ_id = fields.Many2one(related="product_id.categ_id", store=True, string="Product Category")
    user_id = fields.Many2one("res.users", string="Responsible")
    active = fields.Boolean(default=True)

    _item_unique = models.UniqueIndex("(product_id, warehouse_id)", "An item is a product in a warehouse, once.")

    # Parameters, written by the planning
    abc = fields.Selection([("A", "A"), ("B", "B"), ("C", "C")], string="ABC Class")
    xyz = fields.Selection([("X", "X"), ("Y", "Y"), ("Z", "Z")], string="XYZ Class")
    demand_class = fields.Selection(
        [
            ("smooth", "Smooth"),
            ("erratic", "Erratic"),
            ("intermittent", "Intermittent"),
            ("lumpy", "Lumpy"),
            ("few", "Too few sales"),
        ]
    )
    demand_daily = fields.Float("Demand per Day", digits="Product Unit")
    demand_std = fields.Float("Standard Deviation of Daily Demand", digits="Product Unit")
    lead_time_mean = fields.Float("Lead Time (days)")
    lead_time_std = fields.Float("Lead Time Deviation (days)")
    forecast_30 = fields.Float("Forecast, 30 Days", digits="Product Unit")
    safety_stock = fields.Float(digits="Product Unit")
    reorder_point = fields.Float(digits="Product Unit")
    order_up_to = fields.Float("Order up to", digits="Product Unit")
    order_quantity = fields.Float(digits="Product Unit")
    method = fields.Char()
    explanation = fields.Text()
    planned_at = fields.Datetime("Planned at")

    # Snapshot, refreshed from the dirty queue; never decides anything
    on_hand = fields.Float(digits="Product Unit")
    usable = fields.Float(digits="Product Unit")
    reserved = fields.Float(digits="Product Unit")
    held = fields.Float(digits="Product Unit")
    promised = fields.Float(digits="Product Unit")
    free = fields.Float(digits="Product Unit")
    available = fields.Float(digits="Product Unit")
    incoming = fields.Float(digits="Product Unit")
    need_to_buy = fields.Float(digits="Product Unit")
    stockout_date = fields.Date("Stock-out Date")
    best_order_date = fields.Date()
    cover_days = fields.Float("Days of Cover")
    idle_days = fields.Integer("Days without Demand")
    status = fields.Selection(
        [("red", "Short"), ("yellow", "Soon short"), ("green", "Healthy"), ("blue", "Excess"), ("grey", "Slow")],
        index=True,
    )
    status_sequence = fields.Integer(default=99)
    computed_at = fields.Datetime("Computed at")
