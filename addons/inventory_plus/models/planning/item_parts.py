"""Night work in parts: each whole in a transaction of its own, and what fails stops nobody else."""

import logging

from odoo import api, models
from odoo.exceptions import ConcurrencyError, UserError
from psycopg2 import OperationalError

from ..common.job import RETRIED_CODES

_logger = logging.getLogger(__name__)


class InventoryItem(models.Model):
    _inherit = "inventory.item"

    @api.model
    def _do_part(self, ids, work):
        """Do a part of the night's work; where it fails, halves of it, until the item to blame stands alone.

        That item is listed with a sentence (``buy_problem``), the trace is in the log, the others are done. A part that
        loses the race against others again and again is left to the next night.

        :param list ids: items of the part
        :param work: called with the items in a savepoint, possibly several times; returns a number
        :return: sum of what ``work`` returned
        :raise psycopg2.OperationalError: the database is gone
        """
        job = self.env["inventory.job"]
        try:
            return job._retrying(lambda env: env["inventory.item"].sudo().browse(ids)._whole(work))
        except (OperationalError, ConcurrencyError) as error:
            if isinstance(error, OperationalError) and error.pgcode not in RETRIED_CODES:
                raise
            _logger.warning("Items %s: others write them all the time; left to the next night", ids)
            return 0
        except Exception as error:
            if len(ids) == 1:
                problem = self._problem_of(error, f"item {ids[0]}")
                job._retrying(
                    lambda env: (items := env["inventory.item"].sudo().browse(ids).exists())._note_buying(
                        dict.fromkeys(items, problem)
                    )
                )
                return 0
        half = len(ids) // 2
        return self._do_part(ids[:half], work) + self._do_part(ids[half:], work)

    def _whole(self, work):
        with self.env.cr.savepoint():
            return work(self)

    @api.model
    def _problem_of(self, error, what):
        """``(code, figures)`` of what stopped an item; what nobody expected goes to the log with its trace.

        Called where the error is being handled.
        """
        if isinstance(error, UserError):
            return "refused", {"message": str(error)}
        _logger.error("The replenishment of %s failed", what, exc_info=True)
        return "failed", {"error": type(error).__name__}
