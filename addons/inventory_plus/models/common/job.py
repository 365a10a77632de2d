"""Background work: one way to enqueue it, one way to retry it, and somebody who runs it when the runner does not."""

import logging
import random
import time

from odoo import SUPERUSER_ID, api, models
from odoo.addons.queue_job.controllers.main import RunJobController
from odoo.addons.queue_job.jobrunner.runner import Database
from odoo.exceptions import ConcurrencyError
from odoo.modules import module
from odoo.tools import SQL
from psycopg2 import OperationalError, errorcodes

_logger = logging.getLogger(__name__)

CHANNEL = "root.inventory"
STALE_AFTER = 120  # seconds without a heartbeat after which we run our jobs ourselves
FALLBACK_LOCK = 7305112900421001  # advisory lock held while the scheduled action runs a job
RETRIED_CODES = (errorcodes.SERIALIZATION_FAILURE, errorcodes.DEADLOCK_DETECTED, errorcodes.LOCK_NOT_AVAILABLE)
MAX_TRIES = 10
LONGEST_WAIT = 2.0  # seconds


class InventoryJob(models.AbstractModel):
    """Helper of all rooms for work outside the request."""

    _name = "inventory.job"
    _description = "Background work"

    # ------------------------------------------------------------------ enqueue

    @api.model
    def _enqueue(
        self, recordset, method_name, *args, description=None, identity_key=None, priority=None, eta=None, **kw
    ):
        """Enqueue ``recordset.method_name(*args, **kw)`` on our channel; it runs after the caller's commit.

        The job runs as the caller's user (and as superuser where the recordset is). It must end in one
        transaction; what is long enqueues its next part.

        :param recordset: records or a model; records are stored by id and may be gone when the job runs
        :param str identity_key: while a job with this key waits, no second one is made and the waiting one is
            returned. A job that has already started does not count: what became dirty since needs a new one.
        :param int priority: smaller runs first (queue_job's default: 10)
        :param eta: not before this datetime or number of seconds from now
        :return: the ``queue.job`` record
        """
        delayed = recordset.with_delay(
            channel=CHANNEL, description=description, identity_key=identity_key, priority=priority, eta=eta
        )
        job = getattr(delayed, method_name)(*args, **kw)
        if isinstance(job, models.BaseModel):  # the waiting job with the same identity
            return job
        if job is None:  # queue_job ran it at once (QUEUE_JOB__NO_DELAY)
            return self.env["queue.job"].sudo().browse()
        return job.db_record()

    # -------------------------------------------------------------------- retry

    @api.model
    def _retrying(self, func, tries=MAX_TRIES):
        """Run ``func(env)`` in a transaction of its own, commit it, and repeat it on a lost race.

        Odoo repeats requests only; jobs and scheduled actions wrap each unit of their work in this. Repeated are
        serialization failures, deadlocks, refused locks and :class:`~odoo.exceptions.ConcurrencyError`, after a
        short random wait. ``func`` sees only committed data (not what the caller has not committed yet), must not
        commit itself, may run several times, and returns plain values: its records die with their cursor.

        In tests it runs once on the caller's environment, whose transaction is the test's.

        :raise: the error of the last try; whatever else ``func`` raises, after a rollback
        """
        if not self._owns_transactions():
            result = func(self.env)
            self.env.flush_all()
            return result
        for attempt in range(1, tries + 1):
            try:
                return self._run_once(func)
            except (OperationalError, ConcurrencyError) as error:
                code = getattr(error, "pgcode", None)
                if isinstance(error, OperationalError) and code not in RETRIED_CODES:
                    raise
                if attempt == tries:
                    _logger.info("%s lost the race %d times and gives up: %s", func, tries, error)
                    raise
                wait = random.uniform(0, min(LONGEST_WAIT, 0.02 * 2**attempt))
                _logger.debug("%s lost a race (%s), again in %.3f s", func, code or error, wait)
                time.sleep(wait)
        raise ValueError("tries must be at least 1")

    def _run_once(self, func):
        """One transaction of :meth:`_retrying`."""
        registry = self.env.registry
        try:
            with registry.cursor() as cr:  # commits at the end, rolls back on an error
                result = func(api.Environment(cr, self.env.uid, self.env.context, self.env.su))
        except Exception:
            registry.reset_changes()
            raise
        if registry.ready:
            registry.signal_changes()
        return result

    @api.model
    def _owns_transactions(self):
        """False inside an Odoo test, whose one cursor must see everything."""
        return not module.current_test

    # ----------------------------------------------------------------- liveness

    @api.model
    def _heartbeat_age(self):
        """Seconds since the job runner last gave a sign of life; see :meth:`inventory.heartbeat._age`."""
        return self.env["inventory.heartbeat"]._age()

    @api.model
    def runner_status(self):
        """What planners and managers are told about the job runner (for the warning in the top bar).

        :return: ``{"stale": bool, "minutes": int, "message": sentence that says what to do}``; never stale for
            other users, whom it does not concern
        """
        user = self.env.user
        if not (user.has_group("inventory_plus.group_planner") or user.has_group("inventory_plus.group_manager")):
            return {"stale": False}
        return self.env["inventory.heartbeat"].sudo()._status()

    # ----------------------------------------------------------------- fallback

    @api.model
    def _cron_run_jobs(self):
        """Run our waiting jobs here, when the job runner has been silent for :data:`STALE_AFTER` seconds.

        A job is claimed by moving its row from pending to enqueued under ``SKIP LOCKED`` and then handled by
        queue_job's own controller code: the same states, retries and recorded failures. A runner that comes back
        in the middle finds the row started and its lock taken (see :meth:`inventory.heartbeat.init`), so each job
        runs once.

        :return: number of jobs run
        """
        if self._heartbeat_age() <= STALE_AFTER:
            return 0
        self._retrying(lambda env: env["inventory.job"]._requeue_dead_jobs())
        done = 0
        while uuid := self._retrying(lambda env: env["inventory.job"]._claim_job()):
            done += self._run_claimed_job(uuid)
            waiting = self.env["queue.job"].sudo().search_count([("channel", "=", CHANNEL), ("state", "=", "pending")])
            if self._owns_transactions() and not self.env["ir.cron"]._commit_progress(1, remaining=waiting):
                break
        if done:
            _logger.warning("The job runner is silent: the scheduled action ran %d of our jobs itself", done)
        return done

    def _requeue_dead_jobs(self):
        """Put jobs whose process was killed back in the queue, by the runner's own statement."""
        self.env.cr.execute(Database._query_requeue_dead_jobs(None))
        for (uuid,) in self.env.cr.fetchall():
            _logger.warning("Job %s was found dead and is queued again", uuid)
        self.env["queue.job"].invalidate_model()

    def _claim_job(self):
        """Claim our next due job and return its uuid, or None.

        Taken are pending jobs and those that a runner announced but could not deliver (enqueued for more than ten
        seconds and never started: it does not reach the server).
        """
        self.env["queue.job"].flush_model()
        self.env.cr.execute(
            SQL(
                """
                UPDATE queue_job
                   SET state = 'enqueued', date_enqueued = clock_timestamp() AT TIME ZONE 'UTC'
                 WHERE id = (
                    SELECT job.id
                      FROM queue_job job
                     WHERE job.channel = %(channel)s
                       AND (job.eta IS NULL OR job.eta <= clock_timestamp() AT TIME ZONE 'UTC')
                       AND (job.state = 'pending' OR (
                            job.state = 'enqueued'
                            AND job.date_enqueued < clock_timestamp() AT TIME ZONE 'UTC' - INTERVAL '10 s'))
                     ORDER BY job.priority, job.date_created, job.id
                     LIMIT 1
                       FOR NO KEY UPDATE SKIP LOCKED)
             RETURNING uuid
                """,
                channel=CHANNEL,
            )
        )
        row = self.env.cr.fetchone()
        self.env["queue.job"].invalidate_model()
        return row and row[0]

    def _run_claimed_job(self, uuid):
        """Run one claimed job to its end (done, failed, postponed); return 1 if it was ours to run, else 0."""
        if not self._owns_transactions():
            return self._perform(self.env(user=SUPERUSER_ID), uuid)
        with self.env.registry.cursor() as cr:
            done = self._perform(api.Environment(cr, SUPERUSER_ID, {}), uuid)
        self.env.registry.signal_changes()
        return done

    def _perform(self, env, uuid):
        """Acquire and run the job as queue_job's controller does; a failure is recorded there and ends here."""
        try:
            job = RunJobController._acquire_job(env, uuid)
        except OperationalError as error:
            if error.pgcode not in RETRIED_CODES:
                raise
            env.cr.rollback()
            job = None
        if not job:
            return 0
        # Marks this transaction as the fallback's, so that its work is not taken for the runner's sign of life.
        env.cr.execute("SELECT pg_advisory_xact_lock_shared(%s)", [FALLBACK_LOCK])
        try:
            RunJobController._runjob(env, job)
        except Exception:  # recorded on the job by _runjob, which raises it for the web server's log
            _logger.info("Job %s failed; its reason is on the job", uuid)
            if self._owns_transactions():
                env.cr.rollback()
                env.registry.reset_changes()
        return 1
