"""The scheduler: what it assigns is assigned in small parts, each tried again until it is done."""

import logging

from odoo import models
from odoo.tools.misc import split_every

_logger = logging.getLogger(__name__)

#: Moves assigned in one transaction: few enough to be repeated and to hold their quants for a moment only.
PART = 50


class Assigning:
    """Whether the scheduler has come to its moves; an object of this process, which no client can send."""

    now = False


class StockRule(models.Model):
    _inherit = "stock.rule"

    def _run_scheduler_tasks(self, use_new_cursor=False, company_id=False):
        """Core assigns 1,000 moves in one transaction and tries nothing again: one lost race ended the whole run."""
        if not (use_new_cursor and self.env["inventory.lock"]._is_on()):
            return super()._run_scheduler_tasks(use_new_cursor=use_new_cursor, company_id=company_id)
        rule = self.with_context(inventory_scheduler=Assigning())
        return super(StockRule, rule)._run_scheduler_tasks(use_new_cursor=use_new_cursor, company_id=company_id)

    def _get_moves_to_assign_domain(self, company_id):
        scheduler = self.env.context.get("inventory_scheduler")
        if isinstance(scheduler, Assigning):
            # All before is committed, and what core assigns from here on is what this domain finds.
            scheduler.now = True
        return super()._get_moves_to_assign_domain(company_id)


def assign_in_parts(moves):
    """Reserve for committed ``moves`` in transactions of their own, in the given order.

    A part that fails is done again move by move, so that one that cannot be assigned takes no other with it; it is
    named in the log and comes again with the next run.
    """
    job = moves.env["inventory.job"]
    moves = moves.with_context(inventory_scheduler=None)

    def assign(ids):
        job.with_env(moves.env)._retrying(lambda env: env["stock.move"].browse(ids).exists()._action_assign())

    for part in split_every(PART, moves.ids):
        try:
            assign(part)
        except Exception:
            _logger.info("A part of %d moves was not assigned; assigning them one by one", len(part), exc_info=True)
            for move_id in part:
                try:
                    assign([move_id])
                except Exception:
                    _logger.exception("The scheduler could not assign the move %d", move_id)
    moves.env.invalidate_all()
