"""Planning a batch so that what cannot be planned is listed and the rest goes on."""

import logging
from datetime import timedelta

import numpy as np
import psycopg2
from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ...planning_engine import cumulative
from .proposal import PARAMETERS

_logger = logging.getLogger(__name__)


class InventoryItem(models.Model):
    _inherit = "inventory.item"

    @api.model
    def _plan_batch(self, company, as_of, batch, history=None):
        """Compute and store the plans of a batch.

        A batch that fails as a whole is planned in halves, down to the items that it fails for: one rotten item costs
        a few repetitions, not the plan of the others.

        :param batch: dict of arrays of :meth:`_read_profiles`
        :param history: see :meth:`_prepare_batch`; halves read their own
        :return: number of items planned
        """
        count = batch["id"].size
        if not count:
            return 0
        try:
            with self.env.cr.savepoint(flush=False):
                found = self._sound(self._compute_plan(company, as_of, dict(batch), history))
                if found["id"].size:
                    self._write_plan(company, as_of, found)
                    self._write_paths(as_of, found)
                return found["id"].size
        except (psycopg2.OperationalError, psycopg2.ProgrammingError):
            raise  # a lost race, a full disk or a mistake of ours is no property of an item
        except Exception as error:
            if count == 1:
                _logger.warning("Item %s could not be planned", batch["id"][0], exc_info=True)
                reason = str(error) if isinstance(error, UserError) else self._reason_of(error)
                self._note_item(int(batch["id"][0]), reason)
                return 0
        half = count // 2
        return sum(
            self._plan_batch(company, as_of, {name: values[part] for name, values in batch.items()})
            for part in (slice(None, half), slice(half, None))
        )

    @api.model
    def _read_histories(self, as_of, batches):
        """Daily demand of several batches by one scan of the facts.

        :param batches: list of dicts of arrays of :meth:`_read_profiles`
        :return: what :meth:`_read_history` says of each; None for all where a fact cannot be read: each batch then
            reads its own, and fails for the item that it is about
        """
        sizes = [batch["id"].size for batch in batches]
        if not any(sizes):
            return [None] * len(batches)
        everyone = {name: np.concatenate([batch[name] for batch in batches]) for name in ("id", "product", "warehouse")}
        try:
            with self.env.cr.savepoint(flush=False):
                first = as_of - timedelta(days=cumulative.HISTORY_DAYS)
                # Workers make floats of the numerics while this process takes them over: a planner that thinks of
                # large results as slow would leave it all to one.
                self.env.cr.execute(SQL("SET LOCAL parallel_tuple_cost = 0.01"))
                row, *values = self._read_history(everyone, first, as_of)
                self.env.cr.execute(SQL("SET LOCAL parallel_tuple_cost TO DEFAULT"))
        except (psycopg2.DataError, ValueError):
            return [None] * len(batches)
        owner = np.repeat(np.arange(len(batches), dtype=np.int16), sizes)[row]
        # Stable: rows of one day are added up in the order in which they came.
        order = np.argsort(owner, kind="stable")
        ends = np.cumsum(np.bincount(owner, minlength=len(batches)))[:-1]
        parts = zip(*(np.split(column[order], ends) for column in (row, *values)), strict=True)
        starts = np.cumsum([0, *sizes[:-1]])
        return [(own - start, *others) for start, (own, *others) in zip(starts, parts, strict=True)]

    @api.model
    def _reason_of(self, error):
        """A sentence about an unexpected error."""
        return self.env._(
            "Its figures could not be computed (%s). Look at its history, vendor and lead times.", type(error).__name__
        )

    @api.model
    def _plannable(self, batch):
        """The items whose inputs the engine can work with; the others are listed as failures."""
        negative = batch["lead_mean"] < 0
        for item_id, lead in zip(batch["id"][negative].tolist(), batch["lead_mean"][negative].tolist(), strict=True):
            self._note_item(
                item_id,
                self.env._("Its lead time is negative (%s days). Correct the vendor's lead time.", round(lead, 2)),
            )
        return _rows(batch, ~negative)

    @api.model
    def _sound(self, found):
        """The plans whose figures are finite; the others are listed as failures."""
        sound = np.logical_and.reduce([np.isfinite(found[name]) for name in (*PARAMETERS, "demand_daily", "cost")])
        for item_id in found["id"][~sound].tolist():
            self._note_item(
                item_id,
                self.env._("Its figures are not finite numbers. Look at its history, vendor and lead times."),
            )
        return _rows(found, sound)

    @api.model
    def _note_item(self, item_id, reason):
        self.env["inventory.plan.run"]._note_failure(self.browse(item_id), reason)


def _rows(arrays, chosen):
    """A dict of arrays cut down to the chosen items; what is no array of items stays."""
    if chosen.all():
        return arrays
    return {name: values[chosen] if np.shape(values)[:1] == chosen.shape else values for name, values in arrays.items()}
