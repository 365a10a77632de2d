"""Receipts of products or from vendors marked "inspect" start on hold."""

from collections import defaultdict

from odoo import fields, models
from odoo.tools import clean_context

from ..common.guard_state import DUST

HELP = "What is received is on hold from the receipt on until it was inspected."


class ProductTemplate(models.Model):
    _inherit = "product.template"

    inventory_inspect = fields.Boolean("Inspect at Receipt", help=HELP)
    inventory_point_ids = fields.One2many("inventory.inspection.point", "product_tmpl_id", "Inspection List")


class ResPartner(models.Model):
    _inherit = "res.partner"

    inventory_inspect = fields.Boolean("Inspect what we receive", help=HELP)


class StockMoveLine(models.Model):
    _inherit = "stock.move.line"

    def _inventory_hold_received(self):
        """Hold what these lines have just brought and what is to be inspected, before any next move takes it."""
        to_inspect = defaultdict(lambda: self.browse())
        for line in self.exists():
            move = line.move_id
            if (
                line.location_id.usage == "supplier"
                and line.location_dest_id.usage == "internal"
                and line.product_id.is_storable
                and line.quantity_product_uom > DUST
                and move._inventory_is_inspected()
            ):
                to_inspect[move, line.location_dest_id] |= line
        if to_inspect:
            holds = self.env["inventory.hold"].with_context(clean_context(self.env.context)).sudo()
            holds._hold_for_inspection(to_inspect)


class StockMove(models.Model):
    _inherit = "stock.move"

    def _inventory_is_inspected(self):
        """Whether what this receipt brings is to be inspected."""
        move = self.sudo()
        partner = move.picking_id.partner_id or move.partner_id
        return bool(
            move.product_id.inventory_inspect
            or partner.inventory_inspect
            or partner.commercial_partner_id.inventory_inspect
        )


class InventoryHold(models.Model):
    _inherit = "inventory.hold"

    inspection_ids = fields.One2many("inventory.inspection", "hold_id", "Inspections", readonly=True)

    def _hold_for_inspection(self, to_inspect):
        """Hold received lines and make an inspection for each move and place.

        :param to_inspect: ``{(move, place): lines}`` of goods that have just arrived
        """
        guard = self.env["inventory.hold.guard"]
        held = guard._held({line.product_id.id for lines in to_inspect.values() for line in lines})
        stock = guard._stock({line.product_id.id for lines in to_inspect.values() for line in lines})
        reason = self.env.ref("inventory_plus.reason_inspection", raise_if_not_found=False)
        for (move, place), lines in to_inspect.items():
            parts = defaultdict(float)
            for line in lines:
                key = guard._key(line.product_id, place, line.lot_id, line.result_package_id, line.owner_id)
                parts[key] += line.quantity_product_uom
            for key, quantity in parts.items():
                # What a whole lot or place holds already, or what fills a hole in the books, is not held twice.
                parts[key] = min(quantity, stock.get(key, (0.0, 0.0))[0] - held.get(key, 0.0))
                held[key] = held.get(key, 0.0) + max(0.0, parts[key])
            parts = {key: quantity for key, quantity in parts.items() if quantity > DUST}
            if parts:
                self._begin_inspection(move, place, lines, parts, reason)

    def _begin_inspection(self, move, place, lines, parts, reason):
        company = place.company_id or move.company_id
        hold = self.with_context(tracking_disable=True).create(
            {
                "kind": "quantity",
                "company_id": company.id,
                "product_id": move.product_id.id,
                "location_id": place.id,
                "quantity": sum(parts.values()),
                "reason_id": reason.id if reason and reason.active and reason.for_hold else False,
                "user_id": False,
                "is_inspection": True,
            }
        )
        hold._set({"state": "active", "held_by_id": self.env.uid, "held_at": fields.Datetime.now()})
        hold._reserve(parts)
        points = self.env["inventory.inspection.point"]._of(move.product_id, company)
        self.env["inventory.inspection"].create(
            {
                "hold_id": hold.id,
                "picking_id": move.picking_id.id,
                "lot_ids": [(6, 0, lines.lot_id.ids)],
                "quantity": sum(parts.values()),
                "check_ids": [
                    (
                        0,
                        0,
                        {
                            **{name: point[name] for name in ("name", "kind", "unit", "minimum", "maximum")},
                            "required": point.required,
                            "sequence": point.sequence,
                        },
                    )
                    for point in points
                ],
            }
        )

    def _split_off(self, quantity, note):
        """Hold a part of what this hold has by a hold of its own; nobody can come in between."""
        freed = self._free(self.line_ids, quantity)
        hold = self.create(
            {
                "kind": "quantity",
                "company_id": self.company_id.id,
                "product_id": self.product_id.id,
                "location_id": self.location_id.id,
                "quantity": quantity,
                "reason_id": self.reason_id.id,
                "note": note,
                "user_id": self.env.uid,
            }
        )
        hold._set({"state": "active", "held_by_id": self.env.uid, "held_at": fields.Datetime.now()})
        hold._reserve(dict(freed))
        return hold


class InventoryHoldOutcome(models.Model):
    _inherit = "inventory.hold.outcome"

    def _pass_inspection(self, hold, quantity):
        """Release what passed: by the inspector, if another person received it; else an approver is asked."""
        outcome = self.create({"hold_id": hold.id, "outcome": "release", "quantity": quantity})
        if self.env.user not in outcome._holders() and not outcome._approval_is_ruled():
            outcome._decide_alone()
        else:
            outcome.action_request_approval()
        return outcome
