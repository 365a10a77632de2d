"""Values that a planner pins: the planning keeps them, says so, and reminds of them once their time is over."""

from datetime import timedelta

import numpy as np
from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tools import SQL, format_date

from ...planning_engine import pins
from . import bulk

#: What can be pinned: parameter -> (flag, value).
PINS = {
    "safety_stock": ("pin_safety_stock", "pinned_safety_stock"),
    "reorder_point": ("pin_reorder_point", "pinned_reorder_point"),
    "order_up_to": ("pin_order_up_to", "pinned_order_up_to"),
}
FLAGS = tuple(flag for flag, _value in PINS.values())
PIN_FIELDS = {name for pair in PINS.values() for name in pair} | {"pinned_until", "pinned_reason"}
#: Written by the system alone.
STAMPS = {"pinned_by_id", "pinned_on", "pin_reminded"}
#: Nobody keeps more of anything.
MOST_UNITS = 1e12


class InventoryItem(models.Model):
    _name = "inventory.item"
    _inherit = ["inventory.item", "mail.thread", "mail.activity.mixin"]

    pinned = fields.Boolean(compute="_compute_pinned", store=True, help="A person decided on values that stay.")
    pin_safety_stock = fields.Boolean("Pin the Safety Stock")
    pinned_safety_stock = fields.Float(digits="Product Unit", aggregator=None)
    pin_reorder_point = fields.Boolean("Pin the Reorder Point")
    pinned_reorder_point = fields.Float(digits="Product Unit", aggregator=None)
    pin_order_up_to = fields.Boolean("Pin the Order-up-to Level")
    pinned_order_up_to = fields.Float("Pinned Order-up-to Level", digits="Product Unit", aggregator=None)
    pinned_until = fields.Date(
        "Pinned until", help="Review date. After it a planner is reminded; the values stay until a person decides."
    )
    pinned_reason = fields.Char("Why Pinned")
    pinned_by_id = fields.Many2one("res.users", "Pinned by", readonly=True, copy=False)
    pinned_on = fields.Date("Pinned on", readonly=True, copy=False)
    pin_reminded = fields.Boolean("Reminded of the Pin", readonly=True, copy=False)
    pinned_text = fields.Char("Pinned Values", compute="_compute_pinned_text")

    @api.depends(*FLAGS)
    def _compute_pinned(self):
        for item in self:
            item.pinned = any(item[flag] for flag in FLAGS)

    @api.depends("pinned", *PIN_FIELDS, "pinned_by_id")
    @api.depends_context("lang")
    def _compute_pinned_text(self):
        for item in self:
            item.pinned_text = item.pinned and self.env._(
                "%(values)s; pinned by %(user)s until %(day)s",
                values=", ".join(item._pinned_parts()),
                user=item.pinned_by_id.sudo().name,
                day=format_date(self.env, item.pinned_until),
            )

    def _pinned_parts(self):
        """The pinned values as words: ``["Safety Stock 12.00", ...]``."""
        labels = {name: self._fields[name]._description_string(self.env) for name in PINS}
        return [f"{labels[name]} {self._number(self[value])}" for name, (flag, value) in PINS.items() if self[flag]]

    # ------------------------------------------------------------------ write

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._judge_pin(vals)
        return super().create([{**vals, **self._stamps(vals)} for vals in vals_list])

    def write(self, vals):
        """Whoever pins, by whatever path, is named, checked and logged."""
        self._judge_pin(vals)
        stamps = self._stamps(vals)
        if not stamps:
            return super().write(vals)
        before = {item.id: item._pin_record() for item in self}
        result = super().write({**vals, **stamps})
        self._finish_reminders()
        self._log_pins(before)
        return result

    @api.model
    def _stamps(self, vals):
        """Who pins and when, for values that pin or release something."""
        if vals.keys().isdisjoint(PIN_FIELDS):
            return {}
        return {"pinned_by_id": self.env.uid, "pinned_on": fields.Date.context_today(self), "pin_reminded": False}

    @api.model
    def _judge_pin(self, vals):
        """Refuse forged stamps and what is no number."""
        if not self.env.su and not vals.keys().isdisjoint(STAMPS):
            raise AccessError(self.env._("Who pinned a value, and when, is written by the system alone."))
        for _flag, value in PINS.values():
            if value in vals and not 0 <= float(vals[value] or 0) < MOST_UNITS:
                raise ValidationError(self.env._("A pinned value must be a number of units, zero or more."))

    @api.constrains(*PIN_FIELDS)
    def _check_pins(self):
        for item in self.filtered("pinned"):
            if not item.pinned_until:
                raise ValidationError(
                    self.env._("Say until when the values of %s stay: a review date.", item.display_name)
                )
            if item.pin_reorder_point and item.pin_order_up_to and item.pinned_order_up_to < item.pinned_reorder_point:
                raise ValidationError(
                    self.env._("The order-up-to level of %s cannot be below its reorder point.", item.display_name)
                )
            if item.pin_safety_stock and item.pin_order_up_to and item.pinned_order_up_to < item.pinned_safety_stock:
                raise ValidationError(
                    self.env._("The order-up-to level of %s cannot be below its safety stock.", item.display_name)
                )

    def _pin_record(self):
        """The pins as the audit trail holds them."""
        kept = {name: self[value] for name, (flag, value) in PINS.items() if self[flag]}
        return {**kept, "until": str(self.pinned_until or ""), "reason": self.pinned_reason or ""} if kept else {}

    def _log_pins(self, before):
        """Write what was pinned or released to the audit trail."""
        entries = []
        for item in self:
            after = item._pin_record()
            if after == before[item.id]:
                continue
            summary = (
                self.env._(
                    "%(item)s pinned: %(values)s.", item=item._pin_name(), values=", ".join(item._pinned_parts())
                )
                if after
                else self.env._("%s released: it is planned like the others again.", item._pin_name())
            )
            event = "item.pinned" if after else "item.released"
            entries.append((event, summary, item, {"before": before[item.id], "after": after}))
        self.env["inventory.audit.entry"]._log_many(entries)

    def _pin_name(self):
        return f"{self.product_id.display_name} ({self.warehouse_id.sudo().name})"

    # ---------------------------------------------------------------- actions

    def action_pin(self):
        """Open the dialog in which a planner pins values of this item."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Pin values of %s", self.product_id.display_name),
            "res_model": "inventory.item.pin",
            "view_mode": "form",
            "target": "new",
            "context": {"default_item_id": self.id},
        }

    def action_release(self):
        """Let the planning decide on these items again, from its next run on."""
        pinned = self.filtered("pinned")
        if not pinned:
            raise UserError(self.env._("Nothing is pinned here."))
        pinned.write({**dict.fromkeys(FLAGS, False), "pinned_until": False, "pinned_reason": False})
        return True

    # ------------------------------------------------------------------- plan

    @api.model
    def _keep_pinned(self, batch):
        """Put pinned values in the place of computed ones.

        :param batch: dict of arrays of :meth:`_compute_plan`, parameters included
        :return: dict of arrays (n,): the parameters as they shall be; ``pin_<parameter>`` pinned units, nan where
            not; ``computed_<parameter>`` what the engine found; ``pinned_by`` (user, 0 for none), ``pinned_until``
            (days since 1970, nan)
        """
        count = batch["id"].size
        query = SQL(
            """
            SELECT item.position - 1,
                   CASE WHEN pin_safety_stock THEN COALESCE(pinned_safety_stock, 0) ELSE 'NaN' END,
                   CASE WHEN pin_reorder_point THEN COALESCE(pinned_reorder_point, 0) ELSE 'NaN' END,
                   CASE WHEN pin_order_up_to THEN COALESCE(pinned_order_up_to, 0) ELSE 'NaN' END,
                   COALESCE(pinned_by_id, 0),
                   COALESCE((pinned_until - DATE '1970-01-01')::float8, 'NaN')
              FROM unnest(%s) WITH ORDINALITY AS item(id, position)
              JOIN inventory_item pinned ON pinned.id = item.id
             WHERE pinned.pinned
            """,
            batch["id"].tolist(),
        )
        row, *values, by, until = bulk.read(self.env.cr, query, "ifffif")
        kept = np.full((len(PINS), count), np.nan)
        kept[:, row] = values
        columns = {"pinned_by": np.zeros(count, np.int32), "pinned_until": np.full(count, np.nan)}
        columns["pinned_by"][row], columns["pinned_until"][row] = by, until
        for name, pin in zip(PINS, kept, strict=True):
            columns |= {f"pin_{name}": pin, f"computed_{name}": batch[name]}
        return columns | (pins.keep(batch, *kept, batch["whole_units"]) if row.size else {})

    @api.model
    def _pins_sql(self, digits):
        """What is pinned and what was computed instead, as jsonb over the alias ``plan``; NULL for nothing."""
        parts = SQL(", ").join(
            SQL(
                "%s, round(NULLIF(plan.%s, 'NaN')::numeric, %s), %s, round(plan.%s::numeric, %s)",
                name,
                SQL.identifier(f"pin_{name}"),
                digits,
                f"computed_{name}",
                SQL.identifier(f"computed_{name}"),
                digits,
            )
            for name in PINS
        )
        return SQL(
            """
            CASE WHEN plan.pinned_by > 0 THEN jsonb_strip_nulls(jsonb_build_object(
                %s, 'until', DATE '1970-01-01' + NULLIF(plan.pinned_until, 'NaN')::int,
                'by', (SELECT partner.name FROM res_users pinner
                         JOIN res_partner partner ON partner.id = pinner.partner_id
                        WHERE pinner.id = plan.pinned_by))) END
            """,
            parts,
        )

    def _explain_pins(self, data):
        """What a person pinned, and what the planning would have done."""
        kept = data.get("pins") or {}
        labels = {name: self._fields[name]._description_string(self.env) for name in PINS}
        return [
            self.env._(
                "%(label)s %(value)s: pinned by %(user)s until %(day)s. The planning would have set %(computed)s.",
                label=labels[name],
                value=self._number(kept[name]),
                user=kept.get("by", ""),
                day=self._day(kept.get("until")),
                computed=self._number(kept[f"computed_{name}"]),
            )
            for name in PINS
            if name in kept
        ]

    # ----------------------------------------------------------------- review

    @api.model
    def _cron_remind_of_pins(self):
        """Daily: an activity for each pin whose review date has passed, once; the pin itself stays.

        For who pinned it, while he plans; else for the item's responsible, else for one of the planners.
        """
        self.env["inventory.job"]._retrying(lambda env: env["inventory.item"]._remind_of_pins())

    @api.model
    def _remind_of_pins(self):
        """:meth:`_cron_remind_of_pins` in the present transaction. :return: the items"""
        due = self.sudo().search([("pinned", "=", True), ("pin_reminded", "=", False), ("pinned_until", "!=", False)])
        days = {company: self._planning_date(company) for company in due.company_id}
        due = due.filtered(lambda item: item.pinned_until < days[item.company_id])
        kind = self.env.ref("inventory_plus.activity_pin_review")
        model = self.env["ir.model"]._get_id(self._name)
        planners = self.env.ref("inventory_plus.group_planner").sudo().all_user_ids.filtered("active").sorted("id")
        reviewers = {item: item._pin_reviewer(planners) for item in due}
        due = due.filtered(lambda item: reviewers[item])
        self.env["mail.activity"].sudo().with_context(mail_activity_quick_update=True).create(
            [
                {
                    "activity_type_id": kind.id,
                    "res_model_id": model,
                    "res_id": item.id,
                    "user_id": reviewers[item].id,
                    "summary": self.env._("Pinned until %s", format_date(self.env, item.pinned_until)),
                    "note": item.pinned_reason or False,
                    "date_deadline": fields.Date.context_today(item) + timedelta(days=7),
                }
                for item in due
            ]
        )
        due.write({"pin_reminded": True})
        return due

    def _pin_reviewer(self, planners):
        """The planner who is to look at this item's pin; none where its company has no planner."""
        local = planners.filtered(lambda user: self.company_id in user.company_ids)
        named = (self.pinned_by_id | self.user_id) & local
        return named[:1] or local.filtered(lambda user: not user._is_superuser())[:1]

    def _finish_reminders(self):
        """A person decided: what reminded of the pins is done with."""
        kind = self.env.ref("inventory_plus.activity_pin_review", raise_if_not_found=False)
        if kind:
            self.env["mail.activity"].sudo().search(
                [("res_model", "=", self._name), ("res_id", "in", self.ids), ("activity_type_id", "=", kind.id)]
            ).unlink()
