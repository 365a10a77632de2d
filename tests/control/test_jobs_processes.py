"""Jobs in real processes: with the runner, without it, and with one that is killed; each job runs exactly once."""

import time

import pytest

pytestmark = pytest.mark.slow

WORK = "tests.control.work:"
JOBS = 40


def tally(connection):
    """How often each job wrote its line, and the states of our jobs."""
    with connection.cursor() as cr:
        cr.execute("SELECT summary, count(*) FROM inventory_audit_entry WHERE event = 'test.tally' GROUP BY summary")
        runs = dict(cr.fetchall())
        cr.execute("SELECT state, count(*) FROM queue_job WHERE channel = 'root.inventory' GROUP BY state")
        return runs, dict(cr.fetchall())


def wait_until(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.2)
    return value


def each_once(connection):
    runs, _states = tally(connection)
    return len(runs) == JOBS and set(runs.values()) == {1}


def test_without_a_runner_the_scheduled_action_runs_each_job_once(clone, together, connect):
    db = clone("inventory_plus")
    connection = connect(db)
    together(db, [(WORK + "enqueue", (JOBS,)), (WORK + "silence", ())])
    counts = together(db, [(WORK + "run_jobs", ()), (WORK + "run_jobs", ())])
    assert sum(counts) == JOBS
    assert all(counts), "two processes share the work"
    assert tally(connection) == ({f"job {n}": 1 for n in range(JOBS)}, {"done": JOBS})


def test_a_killed_process_leaves_no_job_behind_and_none_twice(clone, together, registry_process, connect):
    db = clone("inventory_plus")
    connection = connect(db)
    together(db, [(WORK + "enqueue", (JOBS, 30)), (WORK + "silence", ())])
    victim = registry_process(db, WORK + "run_jobs").go()
    assert victim.say() == {"running": True}
    with connection.cursor() as cr:

        def started():
            cr.execute("SELECT 1 FROM queue_job WHERE state = 'started' AND method_name = '_test_job'")
            return cr.fetchone()

        wait_until(started, 60)
        victim.kill()

        def gone():
            cr.execute(
                "SELECT NOT EXISTS (SELECT 1 FROM pg_stat_activity WHERE datname = current_database()"
                " AND state LIKE 'idle in transaction%' AND pid <> pg_backend_pid())"
            )
            return cr.fetchone()[0]

        # The database notices by and by; until then the job's own lock says that it is still at work.
        wait_until(gone)
        # The dead are raised after ten seconds; let them have passed, and the job itself be short.
        cr.execute("UPDATE queue_job SET date_enqueued = date_enqueued - INTERVAL '1 min' WHERE state = 'started'")
        cr.execute(
            """UPDATE queue_job SET kwargs = replace(kwargs::text, '30', '0')::jsonb WHERE method_name = '_test_job'"""
        )
    together(db, [(WORK + "run_jobs", ())])
    runs, states = tally(connection)
    assert runs == {f"job {n}": 1 for n in range(JOBS)}
    assert states == {"done": JOBS + 1}


def test_the_runner_beats_and_competes_with_the_scheduled_action(clone, together, server, connect):
    db = clone("inventory_plus")
    connection = connect(db)
    together(db, [(WORK + "silence", ())])
    server(db, workers=2, load="queue_job", crons=1)
    with connection.cursor() as cr:

        def beaten():
            cr.execute("SELECT beat_at FROM inventory_heartbeat WHERE beat_at IS NOT NULL")
            return cr.fetchone()

        wait_until(beaten, 110)
    [age] = together(db, [(WORK + "heartbeat_age", ())])
    assert age < 120, "older than that it would count as silent"
    # From here the scheduled action is made to believe that the runner is dead, while it is very much alive.
    together(db, [(WORK + "silence", ())])
    with connection.cursor() as cr:
        cr.execute("DELETE FROM queue_job WHERE channel = 'root.inventory_heartbeat'")
    together(db, [(WORK + "enqueue", (JOBS,)), (WORK + "run_jobs", ()), (WORK + "run_jobs", ())])
    wait_until(lambda: tally(connection)[1] == {"done": JOBS}, 60)
    assert each_once(connection)
