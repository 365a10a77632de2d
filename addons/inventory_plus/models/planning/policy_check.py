"""What a policy cannot be planned with: a sentence for each mistake (law 11)."""

from odoo import models

from .policy import SHARES

#: Shares that a target may ask for, in percent. Below, no safety stock is needed; no stock is large enough for 100.
LEAST_SHARE, MOST_SHARE = 50.0, 99.9
LONGEST_REVIEW, LONGEST_ORDER, LONGEST_COVER = 90, 365, 365
LARGEST_FACTOR = 20


class InventoryPolicy(models.Model):
    _inherit = "inventory.policy"

    def _value_error(self):
        """A sentence about the first value that the planning cannot work with, or None.

        Comparisons are written so that "not a number" fails them.
        """
        return self._target_error() or self._rhythm_error() or self._bounds_error() or self._approval_error()

    def _target_error(self):
        value = self._target_value()
        if self.target in SHARES and not LEAST_SHARE <= value <= MOST_SHARE:
            return self.env._(
                "The target must lie between %(least)s and %(most)s %%, not %(value)s: below, no safety stock is "
                "needed, and no stock is large enough for 100.",
                least=LEAST_SHARE,
                most=MOST_SHARE,
                value=value,
            )
        if self.target == "cost" and not 0 < value < 1e12:
            return self.env._("The cost of a missing unit must be more than zero, not %s.", value)
        if self.target == "days" and not 0 <= value <= LONGEST_COVER:
            return self.env._(
                "The days of safety stock must lie between 0 and %(most)s, not %(value)s.",
                most=LONGEST_COVER,
                value=value,
            )
        if self.target == "fixed" and not 0 <= value < 1e12:
            return self.env._("The fixed safety stock cannot be negative (%s).", value)
        if self.target == "maximum" and not 0 < value <= LARGEST_FACTOR:
            return self.env._(
                "The factor on the largest month must be more than 0 and at most %(most)s, not %(value)s.",
                most=LARGEST_FACTOR,
                value=value,
            )
        return None

    def _rhythm_error(self):
        if not 1 <= self.review_days <= LONGEST_REVIEW:
            return self.env._("The review period must be between 1 and %s days.", LONGEST_REVIEW)
        if not 1 <= self.cycle_days <= LONGEST_ORDER:
            return self.env._("An order must last between 1 and %s days.", LONGEST_ORDER)
        return None

    def _bounds_error(self):
        for least, most in ((self.least_units, self.most_units), (self.least_days, self.most_days)):
            if not (0 <= least < 1e12 and 0 <= most < 1e12):
                return self.env._("Bounds of the safety stock cannot be negative.")
            if most and least > most:
                return self.env._(
                    "The lower bound of the safety stock (%(least)s) is above the upper one (%(most)s): exchange them.",
                    least=least,
                    most=most,
                )
        return None

    def _approval_error(self):
        policy = self.sudo()
        if not (0 <= policy.auto_percent < 1e12 and 0 <= policy.auto_value < 1e12):
            return self.env._("The limits up to which changes apply by themselves cannot be negative.")
        strangers = policy.approver_ids.filtered(lambda user: not user.has_group("inventory_plus.group_approver"))
        if strangers:
            return self.env._(
                "%s cannot decide on changes: give them the approver's role first.",
                ", ".join(strangers.mapped("name")),
            )
        return None
