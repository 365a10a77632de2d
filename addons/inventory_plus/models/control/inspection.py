"""Inspection: received goods are on hold until somebody has looked at them."""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..common.guard_state import DUST
from ..common.sound_numbers import refuse_odd_numbers

#: What the inspector enters; everything else is the system's.
ENTERED = {"passed_now", "failed_now", "note", "evidence_ids", "check_ids", "user_id"}
FREE_PREFIXES = ("message_", "activity_", "rating_")


class InventoryInspection(models.Model):
    """What was received on one line of a receipt, what was found, and how much passed and failed.

    What passed is released at once if the inspector is not the person who received it; otherwise an approver is asked.
    What failed goes to a hold of its own, where somebody decides what becomes of it.
    """

    _name = "inventory.inspection"
    _description = "Inspection"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "state desc, id desc"
    _check_company_auto = True
    _rec_name = "name"

    name = fields.Char("Reference", related="hold_id.name", store=True)
    state = fields.Selection(
        [("open", "To Inspect"), ("done", "Inspected")],
        string="Status",
        default="open",
        required=True,
        readonly=True,
        index=True,
        tracking=True,
    )
    hold_id = fields.Many2one("inventory.hold", required=True, readonly=True, index=True, ondelete="restrict")
    company_id = fields.Many2one(related="hold_id.company_id", store=True, index=True)
    product_id = fields.Many2one(related="hold_id.product_id", store=True, index=True)
    product_uom_id = fields.Many2one(related="product_id.uom_id", string="Unit")
    lot_ids = fields.Many2many("stock.lot", string="Lots", readonly=True)
    location_id = fields.Many2one(related="hold_id.location_id")
    picking_id = fields.Many2one("stock.picking", "Receipt", readonly=True, index="btree_not_null", ondelete="restrict")
    partner_id = fields.Many2one(related="picking_id.partner_id", string="Vendor", store=True)
    quantity = fields.Float("Received", digits="Product Unit", readonly=True)
    open_quantity = fields.Float("To Inspect", compute="_compute_open_quantity", digits="Product Unit")
    passed = fields.Float(digits="Product Unit", readonly=True)
    failed = fields.Float(digits="Product Unit", readonly=True)
    passed_now = fields.Float("Passes", digits="Product Unit")
    failed_now = fields.Float("Fails", digits="Product Unit")
    check_ids = fields.One2many("inventory.inspection.check", "inspection_id", "Checks")
    note = fields.Text()
    evidence_ids = fields.Many2many("ir.attachment", string="Photos")
    user_id = fields.Many2one("res.users", "Inspector", tracking=True, domain="[('share', '=', False)]")
    inspected_at = fields.Datetime("Inspected on", readonly=True)
    failed_hold_ids = fields.Many2many("inventory.hold", string="Holds of what failed", readonly=True)

    @api.depends("quantity", "passed", "failed")
    def _compute_open_quantity(self):
        for inspection in self:
            inspection.open_quantity = max(0.0, inspection.quantity - inspection.passed - inspection.failed)

    def write(self, vals):
        refuse_odd_numbers(self, vals)
        if not self.env.su and (
            other := {name for name in vals if name not in ENTERED and not name.startswith(FREE_PREFIXES)}
        ):
            raise AccessError(self.env._("An inspection changes by its buttons, not by writing %s.", ", ".join(other)))
        if any(inspection.state == "done" for inspection in self) and not vals.keys().isdisjoint(ENTERED):
            raise UserError(self.env._("%s was inspected and stays on record.", self[:1].name))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Inspections stay on record."))

    # ------------------------------------------------------------------ actions

    def action_pass(self):
        """All that is left passes."""
        return self._finish_all("passed_now", "failed_now")

    def action_fail(self):
        """All that is left fails."""
        return self._finish_all("failed_now", "passed_now")

    def _finish_all(self, name, other):
        self.check_access("write")
        for inspection in self:
            inspection.write({name: inspection.open_quantity, other: 0.0})
        return self.action_finish()

    def action_finish(self):
        """Enter what passes and fails now; the inspection is done when nothing is left."""
        self.check_access("write")
        self.hold_id.sudo()._lock("active")
        self.invalidate_recordset(["state", "passed", "failed", "passed_now", "failed_now"])
        for inspection in self:
            if problem := inspection._problem():
                raise UserError(problem)
            inspection._apply()
        return True

    def _problem(self):
        _ = self.env._
        if self.state == "done":
            return _("%s was inspected and stays on record.", self.name)
        passes, fails = self.passed_now, self.failed_now
        if passes < 0 or fails < 0 or passes + fails <= DUST:
            return _("Say how much of %s passes and how much fails.", self.product_id.display_name)
        if passes + fails > self.open_quantity + DUST:
            return _(
                "%(passes)s pass and %(fails)s fail, but only %(open)s are to be inspected.",
                passes=f"{passes:g}",
                fails=f"{fails:g}",
                open=f"{self.open_quantity:g}",
            )
        if unanswered := self.check_ids.filtered(lambda check: check.required and not check.result):
            return _("Not answered yet: %s.", ", ".join(unanswered.mapped("name")))
        failed = self.check_ids.filtered(lambda check: check.result == "fail")
        if failed and fails + self.failed <= DUST:
            return _("%s failed: say how much of it fails.", ", ".join(failed.mapped("name")))
        return None

    def _apply(self):
        inspection = self.sudo()
        hold = inspection.hold_id
        passes, fails = inspection.passed_now, inspection.failed_now
        inspection.write(
            {
                "passed_now": 0.0,
                "failed_now": 0.0,
                "passed": inspection.passed + passes,
                "failed": inspection.failed + fails,
                "user_id": inspection.user_id.id or self.env.uid,
            }
        )
        if fails > DUST:
            failed_hold = hold._split_off(fails, self.env._("Failed the inspection. %s", inspection.note or ""))
            failed_hold.evidence_ids = inspection.evidence_ids
            inspection.failed_hold_ids |= failed_hold
        if passes > DUST:
            self.env["inventory.hold.outcome"]._pass_inspection(hold.sudo(False).with_env(self.env), passes)
        if inspection.open_quantity <= DUST:
            inspection.write({"state": "done", "inspected_at": fields.Datetime.now()})
            if hold._is_empty() and hold.state == "active":
                hold._end()
        self.env["inventory.audit.entry"]._log(
            "inspection.entered",
            self.env._(
                "%(user)s inspected %(hold)s: %(passes)s pass, %(fails)s fail",
                user=self.env.user.name,
                hold=hold.name,
                passes=f"{passes:g}",
                fails=f"{fails:g}",
            ),
            inspection,
        )

    def action_open_hold(self):
        return {
            "type": "ir.actions.act_window",
            "res_model": "inventory.hold",
            "res_id": self.hold_id.id,
            "views": [(False, "form")],
        }
