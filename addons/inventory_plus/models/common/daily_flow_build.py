"""Building all facts: at once on a small database, in the background and in parts on a busy one."""

from datetime import timedelta

from dateutil.relativedelta import relativedelta
from odoo import api, fields, models
from odoo.tools import SQL
from psycopg2.extensions import ISOLATION_LEVEL_READ_COMMITTED

from .daily_flow_refresh import COMPONENT

#: Up to so many done moves everything is built while the module installs; above, in the background.
BUSY_MOVES = 20_000
#: Moves that one part of a build works on at most, but never less than a month.
MOVES_PER_PART = 400_000


class InventoryDailyFlow(models.Model):
    _inherit = "inventory.daily.flow"

    # -- the whole --------------------------------------------------------------------------------------------------

    @api.model
    def _rebuild(self, warehouses=None, date_from=None, date_to=None):
        """Compute facts anew from done moves, in the current transaction.

        :param warehouses: ``stock.warehouse`` records; None means all
        :param date_from: first local day; None means the first move's
        :param date_to: last local day; None means the last move's
        """
        self.env.flush_all()
        self._take_turn()
        warehouse_ids = None if warehouses is None else warehouses.ids
        whole = warehouses is None and date_from is None and date_to is None
        if whole:
            self.env.cr.execute("DELETE FROM inventory_daily_flow_dirty")
            self._remember_places()
        parts = self._parts(date_from, date_to)
        if whole:
            self._delete_outside(parts)
        for first, last in parts:
            self._recompute_days(first, last, warehouse_ids)
        self.invalidate_model()
        if whole:
            self._report_built()

    @api.model
    def _recompute_everything(self):
        """Compute all days anew, part by part, in the current transaction."""
        parts = self._parts()
        self._delete_outside(parts)
        for first, last in parts:
            self._recompute_days(first, last)

    @api.model
    def _parts(self, date_from=None, date_to=None):
        """Cut the days of all done moves into parts of whole months.

        :return: list of ``(first local day, last local day)`` in order, without gaps; empty without moves
        """
        rows = self.env.execute_query(
            SQL(
                """
                SELECT date_trunc('month', date)::date, MIN(date)::date, MAX(date)::date, COUNT(*)
                  FROM stock_move WHERE state = 'done' GROUP BY 1 ORDER BY 1
                """
            )
        )
        first = fields.Date.to_date(date_from) or (rows and rows[0][1] - timedelta(days=1))
        last = fields.Date.to_date(date_to) or (rows and rows[-1][2] + timedelta(days=1))
        if not first or not last or first > last:
            return []
        parts, start, moves = [], first, 0
        for month, _low, _high, count in rows:
            if month > start and moves + count > MOVES_PER_PART and month <= last:
                parts.append((start, month - timedelta(days=1)))
                start, moves = month, 0
            if month + relativedelta(months=1) > start:
                moves += count
        return [*parts, (start, last)]

    @api.model
    def _delete_outside(self, parts):
        """Delete facts of days on which there are no moves any more."""
        where = SQL("TRUE") if not parts else SQL("date < %s OR date > %s", parts[0][0], parts[-1][1])
        self.env.cr.execute(SQL("DELETE FROM inventory_daily_flow WHERE source = 'moves' AND (%s)", where))

    # -- in the background --------------------------------------------------------------------------------------------

    @api.model
    def _install(self):
        """Called when the module is installed or updated: build, or have it built, when the rules changed."""
        part = self.env["inventory.readiness"]._of(COMPONENT)
        if part.state == "ready" and (part.data or {}).get("formula") == self._formula() and self._is_tracking():
            return
        self.env.cr.execute(
            SQL("SELECT COUNT(*) FROM (SELECT 1 FROM stock_move WHERE state = 'done' LIMIT %s) moves", BUSY_MOVES + 1)
        )
        if self.env.cr.fetchone()[0] <= BUSY_MOVES and self._track():
            self._rebuild()
            return
        part._report("pending", 0, {})
        self.env["inventory.readiness"]._await_plan()
        self.env.ref("inventory_plus.cron_daily_flow")._trigger()

    @api.model
    def _report_built(self):
        part = self.env["inventory.readiness"]._of(COMPONENT)
        part._report("ready", 100, {"formula": self._formula()})
        self.env["inventory.item"]._plan_soon()

    @api.model
    def _cron_refresh(self):
        """Scheduled: finish a build, part by part, then bring the facts up to date.

        A killed build goes on with the part at which it stood. An error is shown in ``inventory.readiness`` and
        raised, so that the scheduler's own log has it; the next run tries again.
        """
        cron, job = self.env["ir.cron"], self.env["inventory.job"]
        try:
            while remaining := self._in_own_transaction("_build_next"):
                if job._owns_transactions() and not cron._commit_progress(1, remaining=remaining):
                    return
            self._in_own_transaction("_refresh")
        except Exception:
            self._in_own_transaction("_report_failed")
            raise

    @api.model
    def _report_failed(self):
        part = self.env["inventory.readiness"]._of(COMPONENT)
        part._report("failed")

    @api.model
    def _build_next(self):
        """Do the next step of a pending build.

        :return: number of steps that remain; 0 when there is nothing (more) to build
        """
        part = self.env["inventory.readiness"]._of(COMPONENT)
        formula = self._formula()
        data = part.data or {}
        if part.state == "ready" and data.get("formula") == formula and self._is_tracking():
            return 0
        if (data.get("formula") != formula or not self._is_tracking()) and not self._track():
            part._report("pending", 0, {"locked": True})
            return 0
        self._take_turn()
        if data.get("formula") != formula or "next" not in data:
            self._remember_places()
            parts = self._parts()
            self._delete_outside(parts)
            data = {"formula": formula, "next": 0, "parts": [[str(first), str(last)] for first, last in parts]}
        elif data["next"] < len(data["parts"]):
            first, last = data["parts"][data["next"]]
            self._recompute_days(fields.Date.to_date(first), fields.Date.to_date(last))
            data = {**data, "next": data["next"] + 1}
        remaining = len(data["parts"]) - data["next"]
        if not remaining:
            self._report_built()
            return 0
        part._report("running", 100.0 * data["next"] / len(data["parts"]), data)
        return remaining

    @api.model
    def _in_own_transaction(self, method):
        """Run ``method`` of this model in a READ COMMITTED transaction of its own, tried again on conflicts.

        READ COMMITTED lets a step that waited for its turn see what the one before it committed. Inside tests, where
        there is one connection only, it runs in the current transaction.

        :return: what the method returned
        """
        job = self.env["inventory.job"]

        def work(env):
            if job._owns_transactions():
                env.cr.connection.set_isolation_level(ISOLATION_LEVEL_READ_COMMITTED)  # nothing has been read yet
            return getattr(env[self._name].sudo(), method)()

        return job._retrying(work)
