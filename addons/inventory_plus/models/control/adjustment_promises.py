"""What an adjustment would take from promises and reservations, shown before anybody decides."""

from markupsafe import Markup
from odoo import api, fields, models
from odoo.tools import SQL

from ..channels.shortage import Effect


class InventoryAdjustment(models.Model):
    _inherit = "inventory.adjustment"

    promise_conflicts = fields.Html(
        "Promises That Would Become Short",
        compute="_compute_promise_conflicts",
        groups="inventory_plus.group_approver,inventory_plus.group_auditor",
        help="Who would lose goods if the adjustment were applied now.",
    )

    reservation_conflicts = fields.Html(
        "Reservations That Would Be Given Up",
        compute="_compute_reservation_conflicts",
        compute_sudo=True,
        groups="inventory_plus.group_approver,inventory_plus.group_auditor",
        help="Goods reserved for transfers that would no longer be there; the latest transfers lose first.",
    )
    effects_note = fields.Html(
        "What Fell Short",
        readonly=True,
        copy=False,
        groups="inventory_plus.group_approver,inventory_plus.group_auditor",
        help="Who lost promised or reserved goods by the decision.",
    )

    @api.depends("line_ids.difference", "approval_state")
    def _compute_reservation_conflicts(self):
        for adjustment in self:
            rows = adjustment._lost_reservations() if adjustment.approval_state == "pending" else []
            adjustment.reservation_conflicts = adjustment._told_reservations(rows) if rows else False

    def _lost_reservations(self):
        """Reserved goods that the differences would take; one query.

        Of each stock (product, location, lot, package, owner) the transfers with the latest date lose first, as Odoo
        frees them; lines that a picker has picked already keep theirs.

        :return: rows ``(move line id, quantity lost in the product's unit)``, of the first who loses to the last
        """
        lines = self.sudo().line_ids.filtered(lambda line: line.difference < 0)
        if not lines:
            return []
        self.env["stock.move.line"].flush_model()
        self.env["stock.quant"].flush_model()
        return self.env.execute_query(
            SQL(
                """
                WITH counted AS (
                    SELECT line.product_id p, line.location_id l, COALESCE(line.lot_id, 0) lot,
                           COALESCE(line.package_id, 0) pack, COALESCE(line.owner_id, 0) own, line.difference
                      FROM inventory_adjustment_line line WHERE line.id = ANY(%s)
                ), short AS (
                    SELECT counted.p, counted.l, counted.lot, counted.pack, counted.own,
                           -(SUM(COALESCE(quant.quantity, 0) - COALESCE(quant.reserved_quantity, 0))
                             + MIN(counted.difference)) AS lost
                      FROM counted
                      JOIN stock_quant quant
                        ON quant.product_id = counted.p AND quant.location_id = counted.l
                       AND COALESCE(quant.lot_id, 0) = counted.lot AND COALESCE(quant.package_id, 0) = counted.pack
                       AND COALESCE(quant.owner_id, 0) = counted.own
                     GROUP BY counted.p, counted.l, counted.lot, counted.pack, counted.own
                    HAVING SUM(COALESCE(quant.quantity, 0) - COALESCE(quant.reserved_quantity, 0))
                           + MIN(counted.difference) < 0
                ), losing AS (
                    SELECT taken.id, taken.quantity_product_uom q, short.lost, picking.scheduled_date,
                           SUM(taken.quantity_product_uom) OVER (
                               PARTITION BY short.p, short.l, short.lot, short.pack, short.own
                               ORDER BY COALESCE(picking.scheduled_date, move.date) DESC, taken.id DESC) running
                      FROM short
                      JOIN stock_move_line taken
                        ON taken.product_id = short.p AND taken.location_id = short.l
                       AND COALESCE(taken.lot_id, 0) = short.lot AND COALESCE(taken.package_id, 0) = short.pack
                       AND COALESCE(taken.owner_id, 0) = short.own
                       AND taken.state NOT IN ('done', 'cancel') AND taken.quantity_product_uom > 0
                       AND NOT COALESCE(taken.picked, FALSE)
                      JOIN stock_move move ON move.id = taken.move_id
                      LEFT JOIN stock_picking picking ON picking.id = taken.picking_id
                )
                SELECT id, LEAST(q, lost - (running - q))::double precision
                  FROM losing WHERE running - q < lost
                 ORDER BY scheduled_date DESC NULLS LAST, id DESC
                """,
                lines.ids,
            )
        )

    def _told_reservations(self, rows):
        taken = self.env["stock.move.line"].sudo().browse([number for number, _lost in rows])
        texts = [
            self.env._(
                "%(reference)s (%(partner)s, %(date)s): %(quantity)s %(unit)s of %(product)s",
                reference=line.picking_id.name or line.move_id.reference or line.move_id.display_name,
                partner=line.picking_id.partner_id.display_name or self.env._("no partner"),
                date=fields.Date.to_string(line.picking_id.scheduled_date or line.move_id.date),
                quantity=line.product_id.uom_id.round(lost),
                unit=line.product_id.uom_id.name,
                product=line.product_id.display_name,
            )
            for line, (_number, lost) in zip(taken, rows, strict=True)
        ]
        return Markup("<ul>%s</ul>") % Markup().join(Markup("<li>%s</li>") % text for text in texts)

    def _note_effects(self):
        """Keep with the decision who loses by it; asked before anything is applied."""
        own = self.sudo()
        lost = own._preview_losses()
        reserved = own._lost_reservations()
        texts = [own._told_conflicts(lost)] if lost else []
        texts += [own._told_reservations(reserved)] if reserved else []
        self._approval_set({"effects_note": Markup().join(texts) or False})

    @api.depends("line_ids.difference", "approval_state")
    def _compute_promise_conflicts(self):
        for adjustment in self:
            lost = adjustment._preview_losses() if adjustment.approval_state == "pending" else []
            adjustment.promise_conflicts = self._told_conflicts(lost) if lost else False

    def _preview_losses(self):
        """Promises that would become short, as :meth:`inventory.shortage._preview` has them."""
        scope = self.env["inventory.scope"]
        life = self.env["inventory.life"]
        terms = life._terms(self.env["inventory.grant"]._state())
        places = scope._warehouse_places()
        changes = {}
        for line in self.sudo().line_ids:
            place = scope._usable_warehouse(places, line.location_id)
            if place and scope._is_usable(place[1], line.lot_id, line.owner_id):
                item = (line.product_id.id, place[0])
                before = changes.get(item, Effect(short={}))
                for days in terms:
                    if not life._lasts(line.lot_id, days):
                        before.short[days] = before.short.get(days, 0.0) + line.difference
                changes[item] = before._replace(base=before.base + line.difference)
        return self.env["inventory.shortage"]._preview(changes)

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
