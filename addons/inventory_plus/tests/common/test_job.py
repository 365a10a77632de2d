"""The job helper: enqueueing, retrying, the heartbeat, and who runs a job when the runner is silent."""

import threading
from contextlib import contextmanager
from unittest.mock import patch

from odoo import SUPERUSER_ID, api
from odoo.addons.inventory_plus import uninstall_hook
from odoo.addons.inventory_plus.exceptions import NetError
from odoo.addons.inventory_plus.models.common.job import CHANNEL
from odoo.addons.queue_job.controllers.main import RunJobController
from odoo.exceptions import ConcurrencyError, UserError
from odoo.modules.registry import DummyRLock, Registry
from odoo.tests import BaseCase, TransactionCase, get_db_name, new_test_user, tagged
from odoo.tests.common import release_test_lock
from odoo.tools import mute_logger
from psycopg2 import errors


@tagged("post_install", "-at_install")
class TestJob(TransactionCase):
    def _enqueue(self, **kwargs):
        return self.env["inventory.job"]._enqueue(self.env["inventory.heartbeat"], "_beat", **kwargs)

    def test_enqueue_uses_our_channel(self):
        job = self._enqueue(description="What a person reads", priority=3)
        self.assertEqual(job._name, "queue.job")
        self.assertEqual(
            (job.channel, job.name, job.priority, job.state), (CHANNEL, "What a person reads", 3, "pending")
        )
        self.assertTrue(self.env["queue.job.channel"].search([("complete_name", "=", CHANNEL)]))

    def test_identity_key_makes_one_waiting_job(self):
        first = self._enqueue(identity_key="once")
        self.assertEqual(self._enqueue(identity_key="once"), first)
        first.sudo().state = "started"
        self.assertNotEqual(self._enqueue(identity_key="once"), first, "what became dirty since the start needs a job")

    def test_uninstalling_leaves_no_jobs_that_nobody_can_do(self):
        waiting, failed, done = (self._enqueue(description=name) for name in ("waiting", "failed", "done"))
        failed.sudo().state, done.sudo().state = "failed", "done"
        foreign = self.env["res.partner"].with_delay().name_create("not ours").db_record()
        # The test's end takes the uninstallation back, which Odoo's test case tells no one.
        self.addCleanup(setattr, self.registry, "inventory_lock_dropped", False)
        with patch.object(type(self.env["inventory.audit.chain"]), "_export"):
            uninstall_hook(self.env)
        self.assertFalse((waiting | failed).exists())
        self.assertEqual((done | foreign).exists(), done | foreign)

    def test_retrying_in_a_test_uses_the_given_environment(self):
        marker = self.env["res.partner"].create({"name": "only in this transaction"})
        found = self.env["inventory.job"]._retrying(lambda env: env["res.partner"].browse(marker.id).name)
        self.assertEqual(found, "only in this transaction")

    def test_age_counts_from_the_last_beat(self):
        beat = self.env["inventory.heartbeat"]
        self.env.cr.execute("UPDATE inventory_heartbeat SET beat_at = now() AT TIME ZONE 'UTC' - INTERVAL '1 hour'")
        self.assertAlmostEqual(beat._age(), 3600, delta=60)
        beat._beat()
        self.assertLess(beat._age(), 5)

    def test_age_of_a_heart_that_never_beat(self):
        self.env.cr.execute(
            "UPDATE inventory_heartbeat SET beat_at = NULL, since = now() AT TIME ZONE 'UTC' - INTERVAL '3 min'"
        )
        self.assertAlmostEqual(self.env["inventory.job"]._heartbeat_age(), 180, delta=30)

    def test_heartbeats_do_not_pile_up(self):
        beat = self.env["inventory.heartbeat"]
        beat._cron_ask()
        beat._cron_ask()
        self.assertEqual(
            self.env["queue.job"].search_count(
                [("identity_key", "=", "inventory.heartbeat"), ("state", "=", "pending")]
            ),
            1,
        )

    def test_status_says_what_to_do_to_those_whom_it_concerns(self):
        self.env.cr.execute(
            """
            UPDATE inventory_heartbeat
               SET beat_at = now() AT TIME ZONE 'UTC' - INTERVAL '10 min', asked_at = now() AT TIME ZONE 'UTC'
            """
        )
        planner = new_test_user(self.env, "job_planner", groups="inventory_plus.group_planner")
        viewer = new_test_user(self.env, "job_viewer", groups="inventory_plus.group_viewer")
        status = self.env["inventory.job"].with_user(planner).runner_status()
        self.assertTrue(status["stale"])
        self.assertEqual(status["minutes"], 10)
        self.assertIn("server_wide_modules", status["message"])
        self.assertEqual(self.env["inventory.job"].with_user(viewer).runner_status(), {"stale": False})
        self.env.cr.execute("UPDATE inventory_heartbeat SET asked_at = now() AT TIME ZONE 'UTC' - INTERVAL '1 hour'")
        self.assertIn("max-cron-threads", self.env["inventory.job"].with_user(planner).runner_status()["message"])

    def test_fallback_rests_while_the_runner_lives(self):
        job = self._enqueue()
        self.env["inventory.heartbeat"]._beat()
        self.assertEqual(self.env["inventory.job"]._cron_run_jobs(), 0)
        self.assertEqual(job.state, "pending")


@tagged("post_install", "-at_install")
class TestJobCommitted(BaseCase):
    """Real cursors and committed rows: what a rollback at the end of a test would hide."""

    def setUp(self):
        super().setUp()
        self.registry = Registry(get_db_name())
        # The main thread of a test run holds this lock from beginning to end; threads of a test would wait for ever.
        self.startPatcher(patch.object(Registry, "_lock", DummyRLock()))
        with self.registry.cursor() as cr:
            cr.execute("CREATE TABLE inventory_test_tally (job text, n int)")
            cr.execute("INSERT INTO inventory_test_tally VALUES ('counter', 0)")
            cr.execute("DELETE FROM queue_job WHERE channel = %s", [CHANNEL])
            cr.execute("UPDATE inventory_heartbeat SET beat_at = now() AT TIME ZONE 'UTC' - INTERVAL '1 hour'")
        self.addCleanup(self._clean)
        helper = self.registry["inventory.job"]
        self.startPatcher(patch.object(helper, "_owns_transactions", lambda model: True))

        def _beat(model):
            model.env.cr.execute("INSERT INTO inventory_test_tally VALUES (%s, 1)", [model.env.context["job_uuid"]])

        self.startPatcher(patch.object(self.registry["inventory.heartbeat"], "_beat", _beat))

    def _clean(self):
        with self.registry.cursor() as cr:
            cr.execute("DROP TABLE inventory_test_tally")
            cr.execute("DELETE FROM queue_job WHERE channel = %s", [CHANNEL])
            cr.execute("UPDATE inventory_heartbeat SET beat_at = now() AT TIME ZONE 'UTC'")

    @contextmanager
    def _env(self):
        with self.registry.cursor() as cr:
            yield api.Environment(cr, SUPERUSER_ID, {})

    def _enqueue(self, count=1, method="_beat", model="inventory.heartbeat", **kwargs):
        with self._env() as env:
            return [env["inventory.job"]._enqueue(env[model], method, **kwargs).uuid for _n in range(count)]

    def _fetch(self, query, *args):
        with self.registry.cursor() as cr:
            cr.execute(query, args)
            return cr.fetchall()

    def _states(self):
        return {row[0] for row in self._fetch("SELECT state FROM queue_job WHERE channel = %s", CHANNEL)}

    # ---------------------------------------------------------------- retrying

    def test_retrying_repeats_a_lost_race_on_fresh_data(self):
        seen = []

        def increment(env):
            env.cr.execute("SELECT n FROM inventory_test_tally WHERE job = 'counter'")
            seen.append(env.cr.fetchone()[0])
            if len(seen) == 1:
                with self.registry.cursor() as other:
                    other.execute("UPDATE inventory_test_tally SET n = 10 WHERE job = 'counter'")
            env.cr.execute("UPDATE inventory_test_tally SET n = %s WHERE job = 'counter'", [seen[-1] + 1])
            return seen[-1] + 1

        with self._env() as env, mute_logger("odoo.sql_db"):
            self.assertEqual(env["inventory.job"]._retrying(increment), 11)
        self.assertEqual(seen, [0, 10])
        self.assertEqual(self._fetch("SELECT n FROM inventory_test_tally WHERE job = 'counter'"), [(11,)])

    def test_retrying_knows_which_errors_are_lost_races(self):
        for error, tries in (
            (errors.SerializationFailure, 1),  # without a code of the server: not known to be a lost race
            (ConcurrencyError("again"), 3),
            (NetError("again"), 3),
            (UserError("no"), 1),
            (ZeroDivisionError(), 1),
        ):
            calls = []

            def fail(env, error=error, calls=calls):
                calls.append(1)
                env.cr.execute("UPDATE inventory_test_tally SET n = 99 WHERE job = 'counter'")
                raise error

            with self.subTest(error=error), self._env() as env:
                with self.assertRaises(error if isinstance(error, type) else type(error)):
                    env["inventory.job"]._retrying(fail, tries=3)
                self.assertEqual(len(calls), tries)
        self.assertEqual(self._fetch("SELECT n FROM inventory_test_tally WHERE job = 'counter'"), [(0,)])

    def test_retrying_a_deadlock_and_a_refused_lock(self):
        tries = []

        def refused(env):
            tries.append(1)
            if len(tries) == 1:
                env.cr.execute("DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '40P01'; END $$")
            if len(tries) == 2:
                with self.registry.cursor() as other:
                    other.execute("SELECT * FROM inventory_test_tally FOR UPDATE")
                    env.cr.execute("SELECT * FROM inventory_test_tally FOR UPDATE NOWAIT")
            return len(tries)

        with self._env() as env, mute_logger("odoo.sql_db"):
            self.assertEqual(env["inventory.job"]._retrying(refused), 3)

    # ---------------------------------------------------------------- fallback

    def test_fallback_runs_waiting_jobs(self):
        self._enqueue(3)
        with self._env() as env:
            self.assertEqual(env["inventory.job"]._cron_run_jobs(), 3)
        self.assertEqual(self._states(), {"done"})
        self.assertEqual(len(self._fetch("SELECT FROM inventory_test_tally WHERE job != 'counter'")), 3)

    def test_fallback_leaves_what_is_not_due_and_not_ours(self):
        self._enqueue(eta=3600)
        with self._env() as env:
            other = env["inventory.heartbeat"].with_delay(channel="root")._beat().uuid
        with self._env() as env:
            self.assertEqual(env["inventory.job"]._cron_run_jobs(), 0)
        self.assertEqual(self._states(), {"pending"})
        self.assertEqual(self._fetch("SELECT state FROM queue_job WHERE uuid = %s", other), [("pending",)])
        self._fetch("DELETE FROM queue_job WHERE uuid = %s RETURNING id", other)

    def test_fallback_records_a_failure_and_goes_on(self):
        self._enqueue(model="queue.job", method="_test_job", failure_rate=1, priority=1)
        self._enqueue(priority=2)
        with self._env() as env, mute_logger("odoo.addons.queue_job.controllers.main"):
            self.assertEqual(env["inventory.job"]._cron_run_jobs(), 2)
        rows = dict(self._fetch("SELECT state, exc_message FROM queue_job WHERE channel = %s", CHANNEL))
        self.assertEqual(rows, {"failed": "Job failed", "done": None})

    def test_fallback_keeps_retries(self):
        (uuid,) = self._enqueue(model="queue.job", method="_test_job", failure_rate=1, failure_retry_seconds=60)
        with self._env() as env:
            self.assertEqual(env["inventory.job"]._cron_run_jobs(), 1)
        [(state, retry, later)] = self._fetch(
            "SELECT state, retry, eta > now() AT TIME ZONE 'UTC' + INTERVAL '30 s' FROM queue_job WHERE uuid = %s", uuid
        )
        self.assertEqual((state, retry, later), ("pending", 1, True))

    def test_fallback_takes_up_what_a_runner_could_not_deliver(self):
        (uuid,) = self._enqueue()
        stale = """
            UPDATE queue_job SET state = 'enqueued', date_enqueued = now() AT TIME ZONE 'UTC' - %s::interval RETURNING 1
        """
        self._fetch(stale, "2 s")
        with self._env() as env:
            self.assertEqual(env["inventory.job"]._cron_run_jobs(), 0, "the runner's call may be on its way")
        self._fetch(stale, "20 s")
        with self._env() as env:
            self.assertEqual(env["inventory.job"]._cron_run_jobs(), 1)
        self.assertEqual(self._fetch("SELECT state FROM queue_job WHERE uuid = %s", uuid), [("done",)])

    def test_fallback_takes_up_the_job_of_a_killed_process(self):
        (uuid,) = self._enqueue()
        with self._env() as env:
            env["inventory.job"]._claim_job()
        with self._env() as env:
            RunJobController._acquire_job(env, uuid)  # started and committed; the lock goes with the cursor
        self._fetch("UPDATE queue_job SET date_enqueued = date_enqueued - INTERVAL '20 s' RETURNING 1")
        with self._env() as env, mute_logger("odoo.addons.inventory_plus.models.common.job"):
            self.assertEqual(env["inventory.job"]._cron_run_jobs(), 1)
        self.assertEqual(self._states(), {"done"})

    def test_the_runner_cannot_restart_what_is_done(self):
        (uuid,) = self._enqueue()
        with self._env() as env:
            env["inventory.job"]._cron_run_jobs()
        # What the runner executes for a job that it still believes to be waiting.
        self._fetch("UPDATE queue_job SET state = 'enqueued' WHERE uuid = %s RETURNING 1", uuid)
        with self._env() as env, mute_logger("odoo.addons.queue_job.controllers.main"):
            self.assertIsNone(RunJobController._acquire_job(env, uuid))
        self.assertEqual(self._states(), {"done"})

    def test_runner_and_fallback_compete_and_each_job_runs_once(self):
        jobs, problems = self._enqueue(40), []

        def fallback():
            with self._env() as env:
                env["inventory.job"]._cron_run_jobs()

        def runner():
            for uuid in jobs:  # announce and deliver, knowing nothing of the others
                with self.registry.cursor() as cr:
                    cr.execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")
                    cr.execute("UPDATE queue_job SET state = 'enqueued' WHERE uuid = %s", [uuid])
                with self.registry.cursor() as cr:
                    env = api.Environment(cr, SUPERUSER_ID, {})
                    try:
                        job = RunJobController._acquire_job(env, uuid)
                        if job:
                            RunJobController._runjob(env, job)
                    except errors.SerializationFailure:
                        cr.rollback()

        def guarded(work):
            try:
                work()
            except Exception as error:
                problems.append(error)

        threads = [threading.Thread(target=guarded, args=(work,)) for work in (fallback, runner, fallback, runner)]
        with release_test_lock(), mute_logger("odoo.sql_db", "odoo.addons.queue_job.controllers.main"):
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        self.assertFalse(problems)
        with self._env() as env, mute_logger("odoo.addons.queue_job.controllers.main"):
            env.cr.execute("UPDATE queue_job SET eta = NULL WHERE channel = %s", [CHANNEL])
            env.cr.commit()
            env["inventory.job"]._cron_run_jobs()  # what was postponed after a lost race
        self.assertEqual(self._states(), {"done"})
        runs = self._fetch("SELECT job, count(*) FROM inventory_test_tally WHERE job != 'counter' GROUP BY job")
        self.assertEqual(sorted(runs), sorted((uuid, 1) for uuid in jobs))

    def test_a_running_job_is_a_sign_of_life_but_our_own_is_not(self):
        (uuid,) = self._enqueue()
        with self._env() as env:
            env["inventory.job"]._claim_job()
        with self._env() as running:
            self.assertTrue(RunJobController._acquire_job(running, uuid))
            with self._env() as env:
                self.assertEqual(env["inventory.job"]._heartbeat_age(), 0)
            running.cr.execute("SELECT pg_advisory_xact_lock_shared(7305112900421001)")
            with self._env() as env:
                self.assertGreater(env["inventory.job"]._heartbeat_age(), 3000)
