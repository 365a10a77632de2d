"""What becomes of held goods, decided by another person than the one who held them."""

import math
from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.http import request

from ..common.grant import TRUTH
from ..common.guard_state import DUST
from ..common.sound_numbers import refuse_odd_numbers

OUTCOMES = [
    ("release", "Release"),
    ("quarantine", "Move to Quarantine"),
    ("rework", "Rework"),
    ("return", "Return to Vendor"),
    ("scrap", "Scrap"),
]


class InventoryHoldOutcome(models.Model):
    """A part of a hold and its end. Being approved means being done."""

    _name = "inventory.hold.outcome"
    _description = "End of a Hold"
    _inherit = ["inventory.approval.mixin"]
    _order = "id desc"
    _rec_name = "hold_id"

    hold_id = fields.Many2one("inventory.hold", required=True, index=True, ondelete="restrict")
    company_id = fields.Many2one(related="hold_id.company_id", store=True, index=True)
    kind = fields.Selection(related="hold_id.kind")
    outcome = fields.Selection(OUTCOMES, "What becomes of it", required=True, default="release")
    product_id = fields.Many2one("product.product", help="Only goods of this product. Empty: all.", ondelete="restrict")
    lot_id = fields.Many2one("stock.lot", "Lot/Serial Number", help="Only this lot. Empty: all.", ondelete="restrict")
    quantity = fields.Float(
        digits="Product Unit", help="In the product's unit; 0 stands for all that is held and fits the choice above."
    )
    applied_quantity = fields.Float(
        "Let go", digits="Product Unit", readonly=True, copy=False, help="In the products' units, once decided."
    )
    location_dest_id = fields.Many2one(
        "stock.location",
        "Where to",
        ondelete="restrict",
        domain="[('usage', '=', 'internal'), ('company_id', '=', company_id)]",
        help="For rework: where it is done. For quarantine: another place than the warehouse's own.",
    )
    partner_id = fields.Many2one("res.partner", "Vendor", ondelete="restrict")
    note = fields.Text()
    move_ids = fields.One2many("stock.move", "inventory_outcome_id", "Movements", readonly=True)

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            refuse_odd_numbers(self, vals)
        return super().create([{**vals, "applied_quantity": 0.0} for vals in vals_list])

    def write(self, vals):
        refuse_odd_numbers(self, vals)
        if "applied_quantity" in vals:
            raise AccessError(self.env._("The quantity that was let go is noted by the system."))
        return super().write(vals)

    @api.constrains("hold_id", "outcome", "quantity", "product_id", "lot_id", "location_dest_id", "partner_id")
    def _check_content(self):
        for record in self.sudo():
            if problem := record._problem():
                raise UserError(problem)

    def _problem(self):
        _ = self.env._
        hold = self.hold_id
        if hold.state != "active":
            return _("%s holds nothing any more.", hold.name) if self.approval_state != "approved" else None
        if not math.isfinite(self.quantity) or self.quantity < 0:
            return _("%s is no quantity to be let go.", self.quantity)
        lines = self._lines()
        there = sum(lines.mapped("quantity_product_uom"))
        if self.quantity and len(lines.product_id) > 1:
            return _("%s holds several products: say of which one you mean the quantity.", hold.name)
        if self.quantity - there > DUST:
            return _(
                "%(quantity)s can not be let go: %(hold)s holds %(held)s of that.",
                quantity=f"{self.quantity:g}",
                hold=hold.name,
                held=f"{there:g}",
            )
        if not lines and (hold.kind == "quantity" or self.outcome != "release"):
            return _("%s holds nothing of that.", hold.name)
        if (
            self.outcome == "release"
            and hold.kind != "quantity"
            and (self.product_id or self.lot_id or 0 < self.quantity < there - DUST)
        ):
            return _("%s holds it as a whole: release it whole, or take a part elsewhere.", hold.name)
        if self.outcome in ("quarantine", "rework") and hold.kind == "lot" and 0 < self.quantity < there - DUST:
            return _("%s holds the lot as a whole: all of it goes there, or nothing.", hold.name)
        if self.outcome == "rework" and not self.location_dest_id:
            return _("Say where it is reworked.")
        if self.outcome == "return" and not self.partner_id:
            return _("Say to which vendor it goes back.")
        if self.location_dest_id and (
            self.location_dest_id.usage != "internal" or self.location_dest_id.company_id != hold.company_id
        ):
            return _("%s is no place of ours to put it.", self.location_dest_id.display_name)
        return None

    def _lines(self):
        """The held lines that are meant."""
        return self.hold_id.sudo().line_ids.filtered(
            lambda line: (
                (not self.product_id or line.product_id == self.product_id)
                and (not self.lot_id or line.lot_id == self.lot_id)
            )
        )

    # ----------------------------------------------------------------- deciding

    def action_decide(self):
        """Do it at once if the present user may decide alone; ask for approval otherwise."""
        for record in self:
            if record._may_decide_alone():
                record._decide_alone()
            else:
                record.action_request_approval()
        return {"type": "ir.actions.act_window_close"}

    def _may_decide_alone(self):
        """An approver may let go of what somebody else held, unless a rule wants more."""
        user = self.env.user
        if self.env.su or (request and request.session and (request.session.uid or user.id) != user.id):
            return False
        return (
            user.has_group(self._approval_group)
            and user not in self._holders()
            and self.company_id in user.company_ids
            and not self._approval_is_ruled()
        )

    def _approval_is_ruled(self):
        """Whether a rule of the company asks for approval of this."""
        rules = self.env.get("inventory.approval.rule")
        if rules is None or not hasattr(self, "_approval_rule"):
            return False
        return bool(self._approval_rule())

    def _holders(self):
        hold = self.hold_id.sudo()
        return (hold.held_by_id | hold.create_uid).sudo(False)

    def _decide_alone(self):
        """Two persons all the same: the one who held and the one who lets go."""
        self._approval_lock()
        self._approval_expect("draft")
        self._approval_prepare()
        with self.env.cr.savepoint():
            self._approval_set(
                {"approval_state": "approved", "approver_id": self.env.uid, "decided_at": fields.Datetime.now()}
            )
            self._approval_apply()
            self._approval_log("approved", self.env._("%s decided", self.env.user.name))

    def _approval_parties(self):
        """Whoever held the goods does not let them go; who asks does not decide."""
        return super()._approval_parties() | self._holders()

    def _approval_summary(self):
        outcome = dict(self._fields["outcome"]._description_selection(self.env))[self.outcome]
        return f"{outcome}: {self.hold_id._told()}"

    def _approval_measures(self):
        """What rules of approval may ask about."""
        lines = self._lines()
        share = self.quantity or sum(lines.mapped("quantity_product_uom"))
        products = lines.product_id
        value = sum(
            line.quantity_product_uom * line.product_id.with_company(self.company_id).standard_price for line in lines
        )
        there = sum(lines.mapped("quantity_product_uom"))
        return {
            "value": abs(value * share / there) if there else 0.0,
            "quantity": abs(share),
            "percentage": 100.0 * share / there if there else 0.0,
            "categories": products.categ_id,
            "products": products,
            "warehouses": lines.location_id.warehouse_id,
            "locations": lines.location_id,
            "reasons": self.hold_id.reason_id,
            "direction": "in" if self.outcome == "release" else "out",
        }

    def _approval_prepare(self):
        if self.hold_id.company_id not in self.env.companies:
            raise AccessError(self.env._("%s belongs to a company that is not yours.", self.hold_id.name))
        self._check_content()

    # ----------------------------------------------------------------- applying

    def _approval_apply(self):
        """Let the goods go and, where they do not stay, move them, in one transaction."""
        hold = self.hold_id.sudo()
        hold._lock("active")
        self._check_content()
        record = self.sudo()
        everything = not self.quantity
        freed = hold._free(record._lines(), self.quantity or None)
        self._approval_set({"applied_quantity": sum(quantity for _key, quantity in freed)})
        if self.outcome == "release":
            record._let_go(hold, freed)
        else:
            record._move(hold, freed)
            if hold._is_empty() and (hold.kind == "quantity" or (everything and not (self.product_id or self.lot_id))):
                hold._end()
        outcome = dict(self._fields["outcome"]._description_selection(self.env))[self.outcome]
        hold.message_post(
            body=self.env._(
                "%(outcome)s: %(quantity)s, decided by %(user)s.",
                outcome=outcome,
                quantity=self.env._("all") if everything else f"{self.quantity:g}",
                user=self.env.user.name,
            ),
            author_id=self.env.user.partner_id.id,
        )
        self.env["inventory.audit.entry"]._log(
            f"hold.{self.outcome}",
            f"{outcome}: {hold._told()}",
            self,
            {"quantity": sum(quantity for _key, quantity in freed)},
        )

    def _let_go(self, hold, freed):
        if hold.kind != "quantity" or hold._is_empty():
            hold._end()
        hold._keep_in_other_holds(freed)
        hold._assign_waiting(freed)

    def _destination(self, hold, location_id):
        if self.outcome == "return":
            return self.partner_id.with_company(self.company_id).property_stock_supplier
        return self.location_dest_id or hold._quarantines(self.env["stock.location"].browse(location_id))[location_id]

    def _move(self, hold, freed):
        """Take ``[(key, quantity)]`` to where the outcome says, past the guard of this hold alone."""
        permit = self.env.get("inventory.permit")
        work = hold._working()
        if self.outcome == "scrap":
            with _permitted(permit, self, {key: -quantity for key, quantity in freed}) as context:
                self._scrap(work, freed, context)
            return
        allowed = defaultdict(float)
        moves = []
        for key, quantity in freed:
            product, location, lot, package, owner = key
            destination = self._destination(hold, location)
            allowed[key] -= quantity
            if destination.usage in ("internal", "transit"):
                allowed[product, destination.id, lot, None, owner] += quantity
            line = {
                "product_id": product,
                "quantity": quantity,
                "product_uom_id": self.env["product.product"].browse(product).uom_id.id,
                "location_id": location,
                "location_dest_id": destination.id,
                "lot_id": lot,
                "package_id": package,
                "result_package_id": False,
                "owner_id": owner,
                "picked": True,
            }
            moves.append(
                {
                    "product_id": product,
                    "product_uom": line["product_uom_id"],
                    "product_uom_qty": quantity,
                    "location_id": location,
                    "location_dest_id": destination.id,
                    "company_id": self.company_id.id,
                    "origin": hold.name,
                    "inventory_name": hold.name,
                    "partner_id": self.partner_id.id,
                    "inventory_outcome_id": self.id,
                    "to_refund": self.outcome == "return",
                    "move_line_ids": [(0, 0, {**line, "company_id": self.company_id.id})],
                }
            )
        with _permitted(permit, self, allowed) as context:
            done = work.env["stock.move"].with_context(**context, inventory_stated=TRUTH).create(moves)
            done.picked = True
            done._action_done()

    def _scrap(self, work, freed, context):
        scraps = (
            work.env["stock.scrap"]
            .with_context(**context)
            .create(
                [
                    {
                        "product_id": product,
                        "scrap_qty": quantity,
                        "product_uom_id": self.env["product.product"].browse(product).uom_id.id,
                        "location_id": location,
                        "lot_id": lot,
                        "package_id": package,
                        "owner_id": owner,
                        "origin": work.name,
                        "company_id": self.company_id.id,
                    }
                    for (product, location, lot, package, owner), quantity in freed
                ]
            )
        )
        scraps.do_scrap()
        scraps.move_ids.write({"inventory_outcome_id": self.id})


class _permitted:
    """The permit of the gate where there is one; yields what is to be added to the context."""

    def __init__(self, permit, document, allowed):
        self._inner = permit._granted(document, allowed) if permit is not None else None

    def __enter__(self):
        if self._inner is None:
            return {}
        entered = self._inner.__enter__()
        return dict(entered.context) if hasattr(entered, "context") else dict(entered or {})

    def __exit__(self, *error):
        return self._inner.__exit__(*error) if self._inner is not None else None
