"""What the processes of the control tests do; run with a registry of their own."""

from odoo import SUPERUSER_ID, api

from tests.support.registry_main import tell


def enqueue(registry, count, seconds=0):
    """Enqueue ``count`` jobs that each write one line of the audit trail, and sleep if asked."""
    with registry.cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, {})
        job = env["inventory.job"]
        for number in range(count):
            job._enqueue(env["inventory.audit.entry"], "_log", "test.tally", f"job {number}")
        if seconds:
            job._enqueue(env["queue.job"], "_test_job", job_duration=seconds, priority=1)


def silence(registry):
    """Make the runner look silent for an hour."""
    with registry.cursor() as cr:
        cr.execute("UPDATE inventory_heartbeat SET beat_at = NULL, since = now() AT TIME ZONE 'UTC' - INTERVAL '1 h'")


def run_jobs(registry):
    """Run the jobs as the scheduled action does; return how many."""
    tell({"running": True})
    with registry.cursor() as cr:
        return api.Environment(cr, SUPERUSER_ID, {})["inventory.job"]._cron_run_jobs()


def heartbeat_age(registry):
    with registry.cursor() as cr:
        return api.Environment(cr, SUPERUSER_ID, {})["inventory.job"]._heartbeat_age()


def prepare_adjustment(registry):
    """Users, a product and a pending adjustment; return the ids and logins that the test needs."""
    with registry.cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, {})
        logins = {"requester": "operator", "first": "approver", "second": "approver", "clerk": "operator"}
        users = {
            login: env["res.users"]
            .with_context(no_reset_password=True)
            .create(
                {
                    "name": login.title(),
                    "login": login,
                    "password": login,
                    "group_ids": [(6, 0, env.ref(f"inventory_plus.group_{role}").ids)],
                }
            )
            for login, role in logins.items()
        }
        product = env["product.product"].create({"name": "Raced", "is_storable": True})
        stock = env["stock.warehouse"].search([("company_id", "=", env.company.id)], limit=1).lot_stock_id
        adjustment = (
            env["inventory.adjustment"]
            .with_user(users["requester"])
            .create(
                {
                    "reason": "race",
                    "line_ids": [(0, 0, {"product_id": product.id, "location_id": stock.id, "quantity": 5})],
                }
            )
        )
        adjustment.action_request_approval()
        return {"adjustment": adjustment.id, "product": product.id, "location": stock.id}


def prepare_rule(registry, mode="one"):
    """The users of :func:`prepare_adjustment`, a rule that asks both approvers, and a request that waits for them."""
    ids = prepare_adjustment(registry)
    with registry.cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, {})
        approvers = env["res.users"].search([("login", "in", ("first", "second"))])
        step = {"name": "Both", "mode": mode, "user_ids": [(6, 0, approvers.ids)], "limit_hours": 1}
        env["inventory.approval.rule"].create({"name": "Raced", "step_ids": [(0, 0, step)]})
        old = env["inventory.adjustment"].browse(ids["adjustment"])
        adjustment = old.with_user(old.requester_id).copy()
        adjustment.line_ids.quantity = 5
        adjustment.action_request_approval()
        return {**ids, "adjustment": adjustment.id}


def escalate(registry):
    """Run the watch as if the time limit had passed."""
    with registry.cursor() as cr:
        cr.execute("UPDATE inventory_approval_turn SET deadline = now() AT TIME ZONE 'UTC' - INTERVAL '1 h'")
    with registry.cursor() as cr:
        api.Environment(cr, SUPERUSER_ID, {})["inventory.approval.turn"]._cron_watch()
