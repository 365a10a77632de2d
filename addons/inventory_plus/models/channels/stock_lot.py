"""Lots: a date that is brought forward takes goods away from whoever was promised them."""

from odoo import models

from ..common.guard_state import DUST


class StockLot(models.Model):
    _inherit = "stock.lot"

    def write(self, vals):
        if not {"expiration_date", "removal_date"} & vals.keys() or not self.env["inventory.lock"]._is_on():
            return super().write(vals)
        grant = self.env["inventory.grant"]
        state = grant._state()
        products = set(self.sudo().product_id.ids)
        grant._touch(state, products)
        grant._refresh(state)
        before = dict(state.delta)
        result = super().write(vals)
        self.flush_recordset(["expiration_date", "removal_date"])
        state.stale = state.changed = True
        grant._refresh(state)
        # It is so, whoever was promised the goods: nobody is asked, and who loses is decided before the commit.
        touched = {item for item in state.delta if item[0] in products}
        touched |= {item for item, _days in state.short_delta if item[0] in products}
        state.life_gone |= touched
        for item in touched:
            lost = before.get(item, 0.0) - state.delta[item]
            if lost > DUST:
                state.allowance[item] += lost
        return result
