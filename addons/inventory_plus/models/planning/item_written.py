"""What a person may write on an item: nothing that the planning computes (laws 4 and 6)."""

from odoo import api, models
from odoo.exceptions import AccessError

from ..common.sound_numbers import refuse_odd_numbers
from .item_pin import PIN_FIELDS, PINS

#: Fields that people write; each has its own checks. Parameters in force change by proposals alone.
WRITTEN = {"user_id", "like_item_id", "like_factor", "successor_id", "end_of_life_date", *PIN_FIELDS}
#: Who makes an item by hand says what of; the rest is planned.
MADE = {*WRITTEN, "product_id", "warehouse_id"}
#: Which of these others plan with as well: what an item says about its history.
LINKS = {"like_item_id", "like_factor", "successor_id", "end_of_life_date"}
#: What is pinned; until when and why changes no plan.
PINNED = {name for pair in PINS.values() for name in pair}
#: Followers, notes and activities are Odoo's own.
_MAIL = ("message_", "activity_", "rating_", "website_message_")


class InventoryItem(models.Model):
    _inherit = "inventory.item"

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._refuse_computed(vals, MADE)
            refuse_odd_numbers(self, vals)
        items = super().create(vals_list)
        items._note_inputs({name for vals in vals_list for name in vals})
        return items

    def write(self, vals):
        self._refuse_computed(vals, WRITTEN)
        if not self.env.su:
            refuse_odd_numbers(self, vals)
        fed_before = [] if LINKS.isdisjoint(vals) else self._fed_by()
        result = super().write(vals)
        self._note_inputs(vals, fed_before)
        return result

    def _note_inputs(self, names, fed_before=()):
        """Remember who changed what these items are planned with (law 4).

        :param names: fields that were written
        :param fed_before: ids of items that were planned with the history of these until then
        """
        changes = self.env["inventory.plan.change"]
        if not PINNED.isdisjoint(names):
            changes._note_items("pin", self.ids)
        if not LINKS.isdisjoint(names):
            changes._note_items("link", {*fed_before, *self._fed_by()})

    @api.model
    def _refuse_computed(self, vals, allowed):
        """Refuse figures from a person, whatever the path: form, import or RPC.

        :raise AccessError: names the fields
        """
        if self.env.su:
            return
        # An import by database id repeats it among the values; the ORM drops it.
        computed = sorted(name for name in vals.keys() - allowed - {"id"} if not name.startswith(_MAIL))
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
