"""What a person may write on an item: nothing that the planning computes (laws 4 and 6)."""

from odoo import api, models
from odoo.exceptions import AccessError

from .item_pin import PIN_FIELDS

#: Fields that people write; each has its own checks. Parameters in force change by proposals alone.
WRITTEN = {"user_id", "like_item_id", "like_factor", "successor_id", "end_of_life_date", *PIN_FIELDS}
#: Who makes an item by hand says what of; the rest is planned.
MADE = {*WRITTEN, "product_id", "warehouse_id"}
#: Followers, notes and activities are Odoo's own.
_MAIL = ("message_", "activity_", "rating_", "website_message_")


class InventoryItem(models.Model):
    _inherit = "inventory.item"

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._refuse_computed(vals, MADE)
        return super().create(vals_list)

    def write(self, vals):
        self._refuse_computed(vals, WRITTEN)
        return super().write(vals)

    @api.model
    def _refuse_computed(self, vals, allowed):
        """Refuse figures from a person, whatever the path: form, import or RPC.

        :raise AccessError: names the fields
        """
        if self.env.su:
            return
        computed = sorted(name for name in vals.keys() - allowed if not name.startswith(_MAIL))
        if computed:
            labels = [
                self._fields[name]._description_string(self.env) if name in self._fields else name for name in computed
            ]
            raise AccessError(
                self.env._(
                    "%s: computed by the planning, not written by hand. Pin a value, or change the item's policy.",
                    ", ".join(labels),
                )
            )
