"""What the night could not buy is a to-do of one person, once, and closes itself when it is solved."""

from markupsafe import Markup
from odoo import fields, models

from .item_replenish import STUCK


class InventoryItem(models.Model):
    _inherit = "inventory.item"

    def _tell_buyers(self, before):
        """Tell somebody of what has just become impossible to buy, and close the notes of what has become possible.

        A note that somebody has marked as done is not written again for the same reason.

        :param dict before: ``{item: code of the problem it had}``
        """
        changed = self.filtered(lambda item: item.buy_problem != before[item])
        old = changed.filtered(lambda item: before[item] in STUCK)
        new = changed.filtered(lambda item: item.buy_problem in STUCK)
        kind = self.env.ref("inventory_plus.activity_cannot_be_bought", raise_if_not_found=False)
        if not kind:  # somebody deleted it: the list of what cannot be bought is enough for him
            return
        if old:
            self.env["mail.activity"].sudo().search(
                [("res_model", "=", self._name), ("res_id", "in", old.ids), ("activity_type_id", "=", kind.id)]
            ).unlink()
        if new:
            new._write_buy_notes(kind)

    def _write_buy_notes(self, kind):
        users = self._who_buys()
        model = self.env["ir.model"]._get_id(self._name)
        self.env["mail.activity"].sudo().with_context(mail_activity_quick_update=True).create(
            [
                {
                    "activity_type_id": kind.id,
                    "res_model_id": model,
                    "res_id": item.id,
                    "user_id": user.id,
                    "date_deadline": fields.Date.context_today(self),
                    **item.with_context(lang=user.lang or self.env.lang)._buy_note(),
                }
                for item, user in users.items()
            ]
        )

    def _buy_note(self):
        """Summary and text of the note, in the reader's language."""
        labels = dict(self._fields["buy_problem"]._description_selection(self.env))
        return {
            "summary": self.env._("Cannot be bought: %s", labels[self.buy_problem]),
            "note": Markup("<p>%s</p>") % self._told_problem(),
        }

    def _who_buys(self):
        """``{item: user}``: the item's responsible, the vendor's buyer, the product's responsible, or one buyer.

        Only people who may open the item; an item of which there is none is left out.
        """
        group = self.env.ref("inventory_plus.group_buyer").sudo()
        buyers = group.all_user_ids.filtered(lambda user: user.active and not user._is_superuser()).sorted("id")
        allowed = {}

        def may(user, item):
            key = (user, item.warehouse_id)
            if key not in allowed:  # a few people for a few warehouses
                allowed[key] = user.active and not user.share and item.with_user(user).has_access("read")
            return allowed[key]

        found = {}
        for item in self.sudo():
            product = item.product_id.with_company(item.company_id)
            vendor = item._sellers(product)[:1].partner_id.with_company(item.company_id)
            named = [item.user_id, vendor.buyer_id, product.product_tmpl_id.responsible_id]
            local = [user for user in buyers if item.company_id in user.company_ids]
            user = next((user for user in (*named, *local) if user and may(user, item)), None)
            if user:
                found[item] = user
        return found
