"""The job runner's sign of life."""

from odoo import api, fields, models
from odoo.addons.queue_job.jobrunner.runner import PG_ADVISORY_LOCK_ID
from odoo.tools import SQL

from .job import FALLBACK_LOCK, STALE_AFTER

CHANNEL = "root.inventory_heartbeat"


class InventoryHeartbeat(models.Model):
    """One row: when the last heartbeat job was asked for, and when one was last executed by the runner.

    A scheduled action asks for a heartbeat job each minute. Who does not load queue_job server-wide gets none
    executed, and everything that we do in the background waits for ever: hence the banner, the line in ``doctor``
    and the scheduled action that runs our jobs instead. Not a system parameter: writing one each minute would make
    every worker drop its caches.
    """

    _name = "inventory.heartbeat"
    _description = "Heartbeat of the job runner"
    _log_access = False

    asked_at = fields.Datetime(help="When the scheduled action last asked for a heartbeat.")
    beat_at = fields.Datetime(help="When the job runner last executed one; empty before the first.")
    since = fields.Datetime(required=True, help="When the watch began, the age of a heart that has never beaten.")

    def init(self):
        """Keep the runner from restarting a job that somebody else has run in the meantime.

        queue_job's runner announces jobs from its memory by an unconditional ``UPDATE .. SET state = 'enqueued'``.
        If the scheduled action started or finished the job just before, that would run it a second time. A job
        becomes enqueued only from pending; any other way there is ignored.

        Made once: making it again at each update would wait for every job that enqueues others.
        """
        self.env.cr.execute("SELECT FROM pg_trigger WHERE tgname = 'inventory_job_state_guard'")
        if not self.env.cr.rowcount:
            self.env.cr.execute(
                """
                CREATE OR REPLACE FUNCTION inventory_job_state_guard() RETURNS trigger LANGUAGE plpgsql AS
                'BEGIN RETURN NULL; END';
                CREATE TRIGGER inventory_job_state_guard
                    BEFORE UPDATE OF state ON queue_job FOR EACH ROW
                    WHEN (NEW.state = 'enqueued' AND OLD.state IN ('started', 'done', 'failed', 'cancelled'))
                    EXECUTE FUNCTION inventory_job_state_guard();
                """
            )
        self.env.cr.execute(
            """
            INSERT INTO inventory_heartbeat (since)
            SELECT clock_timestamp() AT TIME ZONE 'UTC' WHERE NOT EXISTS (SELECT FROM inventory_heartbeat);
            """
        )

    @api.model
    def _uninstall_sql(self):
        """What :meth:`init` put on a table that is not ours."""
        return SQL("DROP FUNCTION IF EXISTS inventory_job_state_guard() CASCADE")

    @api.model
    def _cron_ask(self):
        """Ask for a heartbeat; while one waits, no second is made."""
        self._stamp("asked_at")
        self.sudo().with_delay(
            channel=CHANNEL, priority=0, identity_key="inventory.heartbeat", description="Heartbeat of Inventory Plus"
        )._beat()

    @api.model
    def _beat(self):
        """The heartbeat job: the runner lives."""
        self._stamp("beat_at")

    def _stamp(self, column):
        """Write the database's clock into the one row; a stamp of another process at the same time will do as well."""
        self.env.cr.execute(
            SQL(
                """
                UPDATE inventory_heartbeat SET %s = clock_timestamp() AT TIME ZONE 'UTC'
                 WHERE id = (SELECT id FROM inventory_heartbeat ORDER BY id LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED)
                """,
                SQL.identifier(column),
            )
        )
        self.invalidate_model()

    @api.model
    def _age(self):
        """Seconds since the runner's last sign of life: 0 while it has a job running, else the last heartbeat's age.

        Without the first part a runner of capacity one would be called dead during every long job. A running job
        holds a row lock in ``queue_job_lock``, which shows as a lock on the table; jobs run by our own fallback
        hold an advisory lock besides and do not count.
        """
        self.env.cr.execute(
            SQL(
                """
                SELECT CASE WHEN EXISTS (
                           SELECT FROM pg_locks held
                            WHERE held.relation = 'queue_job_lock'::regclass
                              AND held.database = (SELECT oid FROM pg_database WHERE datname = current_database())
                              AND held.mode = 'RowShareLock' AND held.granted AND held.pid <> pg_backend_pid()
                              AND NOT EXISTS (
                                  SELECT FROM pg_locks ours
                                   WHERE ours.pid = held.pid AND ours.locktype = 'advisory' AND %(fallback)s))
                       THEN 0
                       ELSE COALESCE((SELECT EXTRACT(EPOCH FROM clock_timestamp() AT TIME ZONE 'UTC'
                                                     - COALESCE(beat_at, since))
                                        FROM inventory_heartbeat ORDER BY id LIMIT 1), %(never)s)
                       END
                """,
                fallback=self._advisory_sql("ours", FALLBACK_LOCK),
                never=STALE_AFTER * 1000,
            )
        )
        return float(self.env.cr.fetchone()[0])

    @api.model
    def _status(self):
        """Is the runner silent, for how long, and what is to be done about it."""
        age = self._age()
        if age <= STALE_AFTER:
            return {"stale": False}
        self.env.cr.execute(
            SQL(
                """
                SELECT EXISTS (SELECT FROM pg_locks master
                                WHERE master.locktype = 'advisory' AND %(runner)s
                                  AND master.database = (
                                      SELECT oid FROM pg_database WHERE datname = current_database())),
                       COALESCE(asked_at > clock_timestamp() AT TIME ZONE 'UTC' - INTERVAL '5 min', FALSE)
                  FROM inventory_heartbeat ORDER BY id LIMIT 1
                """,
                runner=self._advisory_sql("master", PG_ADVISORY_LOCK_ID),
            )
        )
        runner_loaded, asked = self.env.cr.fetchone() or (False, False)
        if not asked:
            message = self.env._(
                "Scheduled actions do not run, and nothing runs in the background: start the server with "
                "--max-cron-threads of at least 1."
            )
        elif runner_loaded:
            message = self.env._(
                "The job runner is loaded but its jobs do not reach the server. Set the server's address under "
                "[queue_job] (host, port) in the configuration file. Until then a scheduled action runs our jobs."
            )
        else:
            message = self.env._(
                "The job runner is not loaded. Add queue_job to server_wide_modules (--load=base,rpc,web,queue_job) "
                "and restart the server. Until then a scheduled action runs our jobs."
            )
        return {"stale": True, "minutes": int(age // 60), "message": message}

    @api.model
    def _advisory_sql(self, alias, key):
        """Condition that row ``alias`` of ``pg_locks`` is the advisory lock on the 64-bit ``key``."""
        return SQL(
            "%(alias)s.classid = %(high)s AND %(alias)s.objid = %(low)s AND %(alias)s.objsubid = 1",
            alias=SQL.identifier(alias),
            high=key >> 32,
            low=key & 0xFFFFFFFF,
        )
