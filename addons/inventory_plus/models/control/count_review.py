"""What comes of a count: a second one, figures, and an adjustment for somebody else to approve."""

from odoo import fields, models
from odoo.exceptions import UserError

from .adjustment_line import KEY


class InventoryCountTask(models.Model):
    _inherit = "inventory.count.task"

    def _results(self):
        """The counted lines that stand: of each the last count."""
        self.invalidate_recordset(["result_ids"])
        return self.result_ids

    def _close_round(self):
        """After a round: have counted again what differs too much, or hand it to who reviews."""
        now = fields.Datetime.now()
        self.invalidate_recordset(["result_ids"])
        doubtful = self.result_ids.filtered(lambda result: result.round == self.round and not result.is_within)
        if self.round == 1 and self.second_count and doubtful:
            self._count_again(doubtful)
            return
        results = self._results()
        differs = any(not result.uom_id.is_zero(result.difference) for result in results)
        self._set({"state": "review" if differs else "done", "finished_at": now, **self._figures(results)})

    def _count_again(self, results):
        """Put these on a new sheet for another person; nothing on it tells what the first one found."""
        number = self.round + 1
        self._set({"state": "second", "round": number})
        self.env["inventory.count.line"]._make(
            [
                {
                    **{name: result[name].id for name in KEY},
                    "task_id": self.id,
                    "round": number,
                    "user_id": self.second_user_id.id,
                    "product_uom_id": result.uom_id.id,
                }
                for result in results
            ]
        )
        self.invalidate_recordset(["line_ids"])
        self._remind("second_user_id")

    def _figures(self, results):
        """The stored figures of accuracy; sound with an empty sheet and with books of zero."""
        places = results.location_id
        wrong = results.filtered(lambda result: not result.is_within).location_id
        book = sum(results.mapped("book_value"))
        absolute = sum(results.mapped("absolute_value"))
        within = len(results.filtered("is_within"))

        def percent(part, whole):
            return 100.0 * part / whole if whole else 100.0

        return {
            "line_total": len(results),
            "line_accurate": within,
            "accuracy": percent(within, len(results)),
            "quantity_accuracy": percent(sum(results.mapped("quantity_accuracy")) / 100, len(results)),
            "value_accuracy": 100 * max(0.0, 1 - absolute / book) if book > 0 else (0.0 if absolute else 100.0),
            "location_total": len(places),
            "location_accurate": len(places - wrong),
            "location_accuracy": percent(len(places - wrong), len(places)),
            "book_value": book,
            "net_value": sum(results.mapped("value_difference")),
            "absolute_value": absolute,
        }

    def action_recount(self):
        """Have what differs counted once more, by a person who has not counted it."""
        self._check_plans()
        self._lock()
        for task in self.sudo():
            task._expect("review")
            task._set({"second_user_id": False})
            results = task._results()
            task._count_again(results.filtered(lambda result: not result.uom_id.is_zero(result.difference)))
        self.env["inventory.count.watch"]._wake()
        return True

    def action_adjust(self):
        """Ask for the approval of what differs; another person than the counters decides."""
        self._check_plans()
        self._check_not_own_blind()
        self._lock()
        adjustments = self.env["inventory.adjustment"]
        for task in self:
            task._expect("review")
            adjustment = task._make_adjustment()
            task._set({"state": "done", "adjustment_id": adjustment.id})
            # Planning counts includes asking; the request is in the name of who asks all the same.
            adjustment.sudo().action_request_approval()
            adjustments |= adjustment
        if not adjustments.has_access("read"):
            return True
        return {
            "type": "ir.actions.act_window",
            "res_model": "inventory.adjustment",
            "view_mode": "form" if len(adjustments) == 1 else "list,form",
            "views": [(False, "form")] if len(adjustments) == 1 else [(False, "list"), (False, "form")],
            "res_id": adjustments.id if len(adjustments) == 1 else False,
            "domain": [("id", "in", adjustments.ids)],
        }

    def action_accept(self):
        """Close without a correction: the differences are allowed ones and stay."""
        self._check_plans()
        self._check_not_own_blind()
        self._lock()
        for task in self.sudo():
            task._expect("review")
            if task._results().filtered(lambda result: not result.is_within):
                raise UserError(
                    self.env._("%s differs by more than its plan allows: ask for an adjustment.", task.name)
                )
        self._set({"state": "done"})
        return True
