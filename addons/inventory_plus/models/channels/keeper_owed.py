"""What documents wait for: neither reserved nor promised. It has the first claim on what comes in."""

from odoo import api, models
from odoo.tools import SQL

from . import dated_sql


class InventoryKeeper(models.AbstractModel):
    _inherit = "inventory.keeper"

    def init(self):
        """Make ``inventory_owed``, again at each update: a room that knows more documents changes it."""
        super().init()
        self._make_owed(self._kinds())

    @api.model
    def _make_owed(self, kinds):
        """:param kinds: as :meth:`_kinds` has them"""
        narrow = SQL(
            "move.product_id = ANY(p_product)"
            " AND move.state IN ('waiting', 'confirmed', 'partially_available', 'assigned')"
        )
        demand = SQL(" UNION ALL ").join(
            self._demand_of_kind_sql(model, kind, narrow) for model, kind in sorted(kinds.items())
        )
        self.env.cr.execute(SQL(dated_sql.OWED, demand))
