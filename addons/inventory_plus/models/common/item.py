"""The item: product x warehouse, the key of planning, promises, status and reports."""

from odoo import fields, models
from odoo.tools import SQL

# Who sees which figures, over RPC as on the screen (law 10). Managers are in all of these groups; a viewer sees the
# status and why it is so, a counter sees nothing.
_PLANNERS = "inventory_plus.group_planner,inventory_plus.group_auditor"
SEES_STOCK = f"{_PLANNERS},inventory_plus.group_operator,inventory_plus.group_approver"
SEES_AVAILABLE = f"{_PLANNERS},inventory_plus.group_sales"
SEES_NEED = f"{_PLANNERS},inventory_plus.group_buyer"
SEES_MONEY = f"{SEES_NEED},inventory_plus.group_approver"
SEES_SUPPLY = f"{SEES_NEED},inventory_plus.group_operator"
# The day on which stock ends tells, with the demand per day, how much there is.
SEES_STOCKOUT = f"{SEES_SUPPLY},inventory_plus.group_approver,inventory_plus.group_sales"


class InventoryItem(models.Model):
    """Parameters of an item (planned) and a dated snapshot of its quantities and status (law 2)."""

    _name = "inventory.item"
    _description = "Inventory Item"
    _order = "status_sequence, stockout_date, abc, id"
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
    demand_daily = fields.Float("Demand per Day", digits=(16, 6))
    demand_std = fields.Float("Standard Deviation of Daily Demand", digits=(16, 6))
    lead_time_mean = fields.Float("Lead Time (days)")
    lead_time_std = fields.Float("Lead Time Deviation (days)")
    forecast_30 = fields.Float("Forecast, 30 Days", digits="Product Unit")
    safety_stock = fields.Float(digits="Product Unit")
    reorder_point = fields.Float(digits="Product Unit")
    order_up_to = fields.Float("Order up to", digits="Product Unit")
    order_quantity = fields.Float(digits="Product Unit")
    method = fields.Char()
    planned_at = fields.Datetime("Planned at")

    # Snapshot, refreshed from the dirty queue; never decides anything
    on_hand = fields.Float(
        digits="Product Unit",
        groups=SEES_STOCK,
        readonly=True,
        help="All stock in the internal locations of the warehouse.",
    )
    usable = fields.Float(
        digits="Product Unit",
        groups=SEES_STOCK,
        readonly=True,
        help="What a picking may take: under the stock location, owned by nobody else, not past its removal date.",
    )
    reserved = fields.Float(
        digits="Product Unit", groups=SEES_STOCK, readonly=True, help="Reserved by transfers, within usable."
    )
    held = fields.Float(
        digits="Product Unit", groups=SEES_STOCK, readonly=True, help="Frozen by holds, within reserved."
    )
    promised = fields.Float(
        digits="Product Unit",
        groups=SEES_AVAILABLE,
        readonly=True,
        help="Open demand promised to channels and not yet reserved.",
    )
    free = fields.Float(
        digits="Product Unit", groups=SEES_AVAILABLE, readonly=True, help="Usable - reserved - promised."
    )
    available = fields.Float(
        "Available to Channels",
        digits="Product Unit",
        groups=SEES_AVAILABLE,
        readonly=True,
        help="Free - safety stock, never below zero.",
    )
    incoming = fields.Float(
        digits="Product Unit",
        groups=SEES_SUPPLY,
        readonly=True,
        help="Confirmed supply on its way into the stock location, goods in Input or inspection included, and draft "
        "transfers from other warehouses that the planning proposed.",
    )
    need_to_buy = fields.Float(
        digits="Product Unit",
        groups=SEES_NEED,
        readonly=True,
        help="max(0, max(forecast, open demand) over lead time and review + safety stock - (usable - held) - incoming "
        "in that time).",
    )
    stockout_date = fields.Date(
        "Stock-out Date",
        groups=SEES_STOCKOUT,
        readonly=True,
        help="Day on which usable stock and receipts no longer cover demand, within a year.",
    )
    best_order_date = fields.Date(
        groups=SEES_NEED,
        readonly=True,
        help="Last day to order so that the goods arrive before the stock eats into the safety stock.",
    )
    cover_days = fields.Float(
        "Days of Cover",
        groups=SEES_SUPPLY,
        readonly=True,
        help="(Usable - held) / demand per day; 999 stands for more than that or no demand.",
    )
    idle_days = fields.Integer("Days without Demand", readonly=True)
    status = fields.Selection(
        [("red", "Short"), ("yellow", "Soon short"), ("green", "Healthy"), ("blue", "Excess"), ("grey", "Slow")],
        index=True,
    )
    status_sequence = fields.Integer(default=99, readonly=True)
    computed_at = fields.Datetime(
        "Computed at", readonly=True, help="When these figures were taken; they decide nothing."
    )

    def _order_field_to_sql(self, alias, field_name, direction, nulls, query):
        """Who may not see the stock-out date gets the list without it, in no order that tells it either."""
        if field_name == "stockout_date" and not self._has_field_access(self._fields[field_name], "read"):
            return SQL()
        return super()._order_field_to_sql(alias, field_name, direction, nulls, query)
