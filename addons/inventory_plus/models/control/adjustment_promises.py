"""What an adjustment would take from promises, shown before anybody decides."""

from markupsafe import Markup
from odoo import api, fields, models

from ..channels.shortage import Effect


class InventoryAdjustment(models.Model):
    _inherit = "inventory.adjustment"

    promise_conflicts = fields.Html(
        "Promises That Would Become Short",
        compute="_compute_promise_conflicts",
        groups="inventory_plus.group_approver,inventory_plus.group_auditor",
        help="Who would lose goods if the adjustment were applied now.",
    )

    @api.depends("line_ids.difference", "approval_state")
    def _compute_promise_conflicts(self):
        scope = self.env["inventory.scope"]
        life = self.env["inventory.life"]
        terms = life._terms(self.env["inventory.grant"]._state())
        places = scope._warehouse_places()
        for adjustment in self:
            changes = {}
            lines = adjustment.sudo().line_ids if adjustment.approval_state in ("draft", "pending") else []
            for line in lines:
                place = scope._usable_warehouse(places, line.location_id)
                if place and scope._is_usable(place[1], line.lot_id, line.owner_id):
                    item = (line.product_id.id, place[0])
                    before = changes.get(item, Effect(short={}))
                    for days in terms:
                        if not life._lasts(line.lot_id, days):
                            before.short[days] = before.short.get(days, 0.0) + line.difference
                    changes[item] = before._replace(base=before.base + line.difference)
            lost = self.env["inventory.shortage"]._preview(changes)
            adjustment.promise_conflicts = self._told_conflicts(lost) if lost else False

    @api.model
    def _told_conflicts(self, lost):
        texts = [
            self.env._(
                "%(name)s (%(channel)s): %(quantity)s %(unit)s of %(product)s",
                name=reservation.reference or reservation.key,
                channel=reservation.channel_id.name,
                quantity=product.uom_id.round(quantity),
                unit=product.uom_id.name,
                product=product.display_name,
            )
            for reservation, product, quantity in lost
        ]
        return Markup("<ul>%s</ul>") % Markup().join(Markup("<li>%s</li>") % text for text in texts)
