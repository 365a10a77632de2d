"""From a count to an adjustment: its counted differences, decided on by somebody who did not count."""

from odoo import fields, models

from .adjustment_line import KEY
from .count_task import SEES_FIGURES


class InventoryAdjustment(models.Model):
    _inherit = "inventory.adjustment"

    count_task_ids = fields.One2many("inventory.count.task", "adjustment_id", "Counts", groups=SEES_FIGURES)

    def _approval_parties(self):
        """A counter never decides on his own counts, whatever the rules of approval say."""
        return super()._approval_parties() | self.sudo().count_task_ids._counters()


class InventoryCountTask(models.Model):
    _inherit = "inventory.count.task"

    def _make_adjustment(self):
        """A draft of the counted differences.

        What counts is the difference at the moment of counting: goods that moved since then moved on the books too.
        """
        task = self.sudo()
        results = task._results().filtered(lambda result: not result.uom_id.is_zero(result.difference))
        lines = [
            {
                **{name: result[name].id for name in KEY},
                "book_quantity": result.book_quantity,
                "counted_quantity": result.counted_quantity,
                "book_at": result.counted_at,
                "root_cause": result.cause,
                "reason": result.note,
            }
            for result in results
        ]
        vals = {
            "company_id": task.company_id.id,
            "reason": self.env._("Count %(name)s, %(where)s", name=task.name, where=task._where()),
            "counted_at": max(results.mapped("counted_at")),
            "counter_ids": task._counters(),
            "origin": task.name,
        }
        return self.env["inventory.adjustment"].sudo()._from_count(vals, lines).sudo(False)
