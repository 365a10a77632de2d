"""One planning of the items of a warehouse: who, when, what came of it."""

import logging
import time
from datetime import timedelta

from odoo import SUPERUSER_ID, Command, api, fields, models
from odoo.addons.queue_job.exception import RetryableJobError
from odoo.exceptions import UserError
from odoo.modules import module
from odoo.tools import SQL, format_datetime
from psycopg2 import OperationalError

_logger = logging.getLogger(__name__)

#: Decided proposals and ended runs are kept for this long, so that last year's can be looked up and rolled back.
KEPT_DAYS = 400
#: Superseded proposals decided nothing; they go after this.
SUPERSEDED_DAYS = 30
#: Failures listed a run; beyond this only their number grows.
LISTED_FAILURES = 1000


class InventoryPlanRun(models.Model):
    """A run plans warehouses of one company as of one day and leaves proposals.

    Nobody writes runs over RPC: they come from the nightly schedule, from the planner's button, and from our own code
    that calls :meth:`inventory.item._plan`.
    """

    _name = "inventory.plan.run"
    _description = "Planning Run"
    _order = "id desc"

    name = fields.Char("Warehouses", readonly=True, required=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    warehouse_ids = fields.Many2many("stock.warehouse", string="Planned Warehouses", readonly=True)
    origin = fields.Selection(
        [("schedule", "Nightly"), ("button", "By hand"), ("call", "After a change")],
        "Started",
        required=True,
        readonly=True,
        default="call",
    )
    user_id = fields.Many2one("res.users", "Asked for by", readonly=True, help="Empty: the schedule.")
    as_of = fields.Date("Planned as of", readonly=True)
    started_at = fields.Datetime("Started at", readonly=True)
    duration = fields.Float("Duration (s)", readonly=True, aggregator="max")
    state = fields.Selection(
        [("waiting", "Waiting"), ("done", "Done"), ("failed", "Failed")],
        required=True,
        default="waiting",
        readonly=True,
        index=True,
    )
    progress = fields.Float("Progress (%)", compute="_compute_progress")
    is_running = fields.Boolean("Running", compute="_compute_progress")

    planned_count = fields.Integer("Planned", readonly=True, help="Items that this run planned.")
    first_count = fields.Integer("First Values", readonly=True, help="Items that got their first parameters at once.")
    automatic_count = fields.Integer(
        "Applied by Themselves", readonly=True, help="Changes within the limits; first values are counted apart."
    )
    proposed_count = fields.Integer(
        "For Approval",
        readonly=True,
        help="Changes beyond the limits when the run ended, unchanged older ones included.",
    )
    failed_count = fields.Integer("Failures", readonly=True, help="What could not be planned; the others were.")
    failure_ids = fields.One2many("inventory.plan.run.failure", "run_id", readonly=True)
    proposal_ids = fields.One2many("inventory.proposal", "run_id", readonly=True)
    waiting_count = fields.Integer("Waiting", compute="_compute_decisions")
    applied_count = fields.Integer("Applied", compute="_compute_decisions")
    rejected_count = fields.Integer("Rejected", compute="_compute_decisions")
    rolled_back_count = fields.Integer("Rolled Back", compute="_compute_decisions")
    superseded_count = fields.Integer("Superseded", compute="_compute_decisions")
    waiting_cost = fields.Monetary(
        "Stock Value Waiting", compute="_compute_decisions", help="What the average stock's value would change by."
    )
    can_decide = fields.Boolean(compute="_compute_can_decide")

    # ---------------------------------------------------------------- display

    @api.depends("name", "started_at", "create_date")
    @api.depends_context("tz", "lang")
    def _compute_display_name(self):
        for run in self:
            moment = run.started_at or run.create_date
            run.display_name = (
                f"{run.name}, {format_datetime(self.env, moment, dt_format='short')}" if moment else run.name
            )

    def _compute_progress(self):
        self.env.cr.execute(
            SQL("SELECT run_ref, percent FROM inventory_plan_progress WHERE run_ref = ANY(%s)", self.ids)
        )
        noted = dict(self.env.cr.fetchall())
        for run in self:
            run.is_running = run.state == "waiting" and run.id in noted
            run.progress = noted.get(run.id, 0.0) if run.state == "waiting" else 100.0

    def _compute_decisions(self):
        groups = self.env["inventory.proposal"]._read_group(
            [("run_id", "in", self.ids)], ["run_id", "state"], ["__count", "cost_difference:sum"]
        )
        found = {(run.id, state): (count, cost) for run, state, count, cost in groups}
        for run in self:
            for state in ("waiting", "applied", "rejected", "rolled_back", "superseded"):
                run[f"{state}_count"] = found.get((run.id, state), (0, 0.0))[0]
            run.waiting_cost = found.get((run.id, "waiting"), (0, 0.0))[1]

    @api.depends("user_id", "state")
    @api.depends_context("uid")
    def _compute_can_decide(self):
        for run in self:
            run.can_decide = run.state == "done" and not run._decision_refusal()

    # ------------------------------------------------------------------ start

    @api.model
    def _open(self, company, warehouse_ids, origin="call"):
        """A run of these warehouses that has not been worked on yet.

        :return: the record, as superuser
        """
        warehouses = self.env["stock.warehouse"].sudo().with_context(active_test=False).browse(warehouse_ids)
        user = self.env.user
        return self.sudo().create(
            {
                "name": ", ".join(warehouses.mapped("name")) or company.name,
                "company_id": company.id,
                "warehouse_ids": [Command.set(warehouses.ids)],
                "origin": origin,
                "user_id": user.id if user.id != SUPERUSER_ID else False,
            }
        )

    @api.model
    def _start(self, warehouses, origin):
        """Have each warehouse planned in a job of its own; one that still waits for its turn is not asked for twice.

        :return: the runs, one a warehouse
        """
        waiting = self.sudo().search([("state", "=", "waiting"), ("warehouse_ids", "in", warehouses.ids)])
        running = {run.id for run in waiting if run.is_running}
        runs = self.sudo()
        for warehouse in warehouses:
            same = waiting.filtered(lambda run, own=warehouse: run.warehouse_ids == own and run.id not in running)[:1]
            run = same or self._open(warehouse.company_id, warehouse.ids, origin)
            runs |= run
            # A job that was lost with its queue is made anew; one that waits is left alone.
            self.env["inventory.job"]._enqueue(
                run,
                "_work",
                description=self.env._("Plan the items of %s", warehouse.name),
                identity_key=f"inventory_plan_run_{run.id}",
            )
        return runs

    def _work(self):
        """The job: plan, in one transaction. A run that is done is not planned again when its job is repeated."""
        self.ensure_one()
        self = self.sudo()
        if self.state != "waiting":
            return
        try:
            self.env["inventory.item"]._plan(warehouse_ids=self.warehouse_ids.ids, run=self)
        except (OperationalError, RetryableJobError):
            raise  # the queue runs the job again
        except Exception as error:
            _logger.exception("Planning run %s ended unexpectedly", self.id)
            if not module.current_test:
                # The run's row is ours until then, and the note below would wait for it for ever.
                self.env.cr.rollback()
            self._end_failed(str(error))
            raise
        if self.state == "waiting":
            # Nothing to plan: the warehouse was archived since it was asked for.
            self._close("done", 0, 0.0)

    def _end_failed(self, reason):
        """Note beside the transaction that is about to be rolled back that the run failed."""

        def work(env):
            run = env["inventory.plan.run"].sudo().browse(self.id)
            run.write(
                {"state": "failed", "failed_count": 1, "failure_ids": [(0, 0, {"name": run.name, "sentence": reason})]}
            )
            env["inventory.plan.progress"]._forget(run.ids)

        if not module.current_test:
            self.env["inventory.job"]._retrying(work)

    # ------------------------------------------------------------------- plan

    def _plan_warehouses(self, as_of, warehouse_ids):
        """Plan these warehouses of the run's company; what cannot be planned is listed and the rest goes on.

        :return: number of items planned
        """
        self.ensure_one()
        started = time.monotonic()
        self.write({"started_at": self.started_at or fields.Datetime.now(), "as_of": as_of})
        self._note_reading()
        item = self.env["inventory.item"].with_context(inventory_plan_run=self.id)
        state = "done"
        planned = 0
        try:
            with self.env.cr.savepoint():
                planned = item._plan_group(self.company_id, as_of, warehouse_ids)
        except OperationalError:
            raise  # a lost race is no property of the company: the job is repeated
        except UserError as error:
            state = "failed"
            self._note_failure(self.company_id, str(error))
        except Exception as error:
            _logger.exception("The planning of %s failed", self.name)
            state = "failed"
            self._note_failure(self.company_id, self.env._("It ended unexpectedly: %s", error))
        self.invalidate_recordset(["failed_count"])
        self._close(state, planned, time.monotonic() - started)
        return planned

    def _close(self, state, planned, duration):
        """Note what came of it."""
        self.flush_recordset()
        self.env.cr.execute(
            SQL(
                """
                UPDATE inventory_plan_run run
                   SET state = %(state)s, planned_count = COALESCE(planned_count, 0) + %(planned)s,
                       duration = COALESCE(duration, 0) + %(duration)s,
                       first_count = counted.first, automatic_count = counted.automatic,
                       proposed_count = counted.waiting
                  FROM (SELECT count(*) FILTER (
                                   WHERE run_id = %(run)s AND state = 'applied' AND reason = 'first') AS first,
                               count(*) FILTER (
                                   WHERE run_id = %(run)s AND state = 'applied' AND reason <> 'first') AS automatic,
                               count(*) FILTER (WHERE state = 'waiting' AND warehouse_id = ANY(%(places)s)) AS waiting
                          FROM inventory_proposal
                         WHERE run_id = %(run)s OR (state = 'waiting' AND warehouse_id = ANY(%(places)s))) counted
                 WHERE run.id = %(run)s
                """,
                state=state,
                planned=planned,
                duration=duration,
                run=self.id,
                places=self.warehouse_ids.ids,
            )
        )
        self.invalidate_recordset()
        self.env["inventory.proposal"]._log_automatic(self)
        if not module.current_test:
            run_ids = self.ids
            self.env.cr.postcommit.add(lambda: self._forget_progress(run_ids))

    def _forget_progress(self, run_ids):
        with self.env.registry.cursor() as cr:
            self.env(cr=cr)["inventory.plan.progress"]._forget(run_ids)

    @api.model
    def _current(self):
        """The run that the present code works for, or none."""
        run_id = self.env.context.get("inventory_plan_run")
        return self.sudo().browse(run_id if isinstance(run_id, int) else ())

    @api.model
    def _note_failure(self, about, sentence):
        """List what could not be planned, on this run or else the current one.

        :param about: the record (company, policy, item, ...) or a name
        :param str sentence: why, for a planner to read
        """
        run = (self or self._current()).sudo()
        if not run:
            _logger.warning("Planning: %s: %s", getattr(about, "display_name", about), sentence)
            return
        known = isinstance(about, models.BaseModel)
        if run.failed_count < LISTED_FAILURES:
            self.env["inventory.plan.run.failure"].sudo().create(
                {
                    "run_id": run.id,
                    "name": about.sudo().display_name if known else about,
                    "res_model": about._name if known else False,
                    "res_id": about.id if known else 0,
                    "sentence": sentence,
                }
            )
        run.failed_count += 1

    def _note_progress(self, fraction):
        """Show how far the run is; does nothing for no run."""
        if self:
            self.env["inventory.plan.progress"]._note(self.id, percent=100.0 * fraction)

    # ---------------------------------------------------------------- actions

    def action_plan_now(self):
        """Plan the warehouses of the user's companies; for planners."""
        return self.env["inventory.item"].action_plan()

    def action_open_proposals(self):
        """The proposals of these runs."""
        action = self.env["ir.actions.act_window"]._for_xml_id("inventory_plus.action_inventory_proposal")
        action["domain"] = [("run_id", "in", self.ids)]
        action["context"] = {"search_default_waiting": len(self) == 1 and bool(self.waiting_count)}
        return action

    def action_apply_waiting(self):
        """Apply everything of these runs that still waits."""
        waiting = self.env["inventory.proposal"].search([("run_id", "in", self.ids), ("state", "=", "waiting")])
        return waiting.action_apply()

    def action_roll_back(self, comment=None):
        """Put back everything that came into force by these runs: all of it or nothing.

        :raise UserError: names the items whose values changed since
        """
        applied = self.env["inventory.proposal"].search([("run_id", "in", self.ids), ("state", "=", "applied")])
        if not applied:
            raise UserError(self.env._("Nothing of this run is in force."))
        return applied.action_roll_back(comment)

    def action_open_roll_back(self):
        """The dialog that asks for a comment before everything of the run is put back."""
        self.ensure_one()
        applied = self.env["inventory.proposal"].search([("run_id", "in", self.ids), ("state", "=", "applied")])
        if not applied:
            raise UserError(self.env._("Nothing of this run is in force."))
        return applied.action_open_roll_back()

    def _decision_refusal(self):
        """Why the present user may not decide on this run's proposals, as a sentence, or None."""
        return self.env["inventory.proposal"]._refusal(started=self.sudo().user_id == self.env.user)

    # ---------------------------------------------------------------- cleanup

    @api.autovacuum
    def _gc(self):
        """Remove old proposals and runs. What waits stays; so does what is younger than :data:`KEPT_DAYS`."""
        now = fields.Datetime.now()
        self.env.cr.execute(
            SQL(
                """
                DELETE FROM inventory_proposal
                 WHERE (state = 'superseded' AND decided_at < %s) OR (state <> 'waiting' AND decided_at < %s)
                """,
                now - timedelta(days=SUPERSEDED_DAYS),
                now - timedelta(days=KEPT_DAYS),
            )
        )
        self.env.cr.execute(
            SQL(
                """
                DELETE FROM inventory_plan_run run
                 WHERE create_date < %s AND state <> 'waiting'
                   AND NOT EXISTS (SELECT FROM inventory_proposal WHERE run_id = run.id)
                """,
                now - timedelta(days=KEPT_DAYS),
            )
        )
        self.env.cr.execute(
            "DELETE FROM inventory_plan_progress WHERE NOT EXISTS (SELECT FROM inventory_plan_run run "
            "WHERE run.id = run_ref AND run.state = 'waiting')"
        )
        self.env.invalidate_all()
