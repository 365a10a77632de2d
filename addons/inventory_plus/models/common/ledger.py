"""Care of the ledger: the reaper and the fold of quiet items."""

from odoo import api, models
from odoo.tools import SQL

#: Items that the scheduled action works on in one call, so that no item stays locked for long.
BATCH = 200


class InventoryLedger(models.AbstractModel):
    """Keeps the ledger short."""

    _name = "inventory.ledger"
    _description = "Ledger of Grants and Promises"

    @api.model
    def _cron_tidy(self):
        """Free what killed owners held and count what quiet items still have to count.

        A reservation that runs short does the same for its own items at once; this is for the others.
        """
        # A call a batch of items, each an own transaction that locks its items for its length only.
        last = (0, 0)
        while True:
            items = self._open_items(last)
            if not items:
                break
            self.env["inventory.lock"]._call(
                SQL(
                    "SELECT inventory_tidy(%s::integer[], %s::integer[])",
                    [product for product, _warehouse in items],
                    [warehouse for _product, warehouse in items],
                )
            )
            last = items[-1]

    @api.model
    def _open_items(self, after):
        return self.env["inventory.lock"]._call(
            SQL(
                "SELECT DISTINCT product_id, warehouse_id FROM inventory_ledger"
                " WHERE (NOT folded OR kind = 'native') AND (product_id, warehouse_id) > (%s, %s)"
                " ORDER BY product_id, warehouse_id LIMIT %s",
                *after,
                BATCH,
            )
        )
