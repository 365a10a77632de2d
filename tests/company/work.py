"""What the tests run in a process of its own, with committed data: imports, undo, the demonstration company."""

import time

from odoo import SUPERUSER_ID, api


def import_file(registry, path, options=None):
    """Import ``path`` and commit; returns the result with the seconds it took."""
    with registry.cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, {})
        started = time.monotonic()
        result = env["inventory.history.import"]._import_file(path, options or {})
        cr.commit()
        cr.execute(
            "SELECT COUNT(*), COUNT(DISTINCT product_id), SUM(sold), SUM(returned) FROM inventory_daily_flow"
            " WHERE source = 'import'"
        )
        facts, products, sold, returned = cr.fetchone()
        return {
            "seconds": time.monotonic() - started,
            "already": result["already"],
            "import_id": result["import_id"],
            "summary": result["summary"],
            "facts": facts,
            "products": products,
            "sold": float(sold or 0),
            "returned": float(returned or 0),
            "moves": env["stock.move"].search_count([]),
        }


def undo(registry, import_id):
    """Undo an import and commit; returns what is left."""
    with registry.cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, {})
        doc = env["inventory.history.import"].browse(import_id)
        created = doc.created_product_ids.ids
        started = time.monotonic()
        doc.action_undo()
        env.flush_all()
        cr.commit()
        cr.execute("SELECT COUNT(*) FROM inventory_daily_flow")
        facts = cr.fetchone()[0]
        left = env["product.product"].with_context(active_test=False).search_count([("id", "in", created)])
        return {"seconds": time.monotonic() - started, "facts": facts, "products": left}


def import_slowly(registry, path):
    """Import ``path``, tell when the figures are written, and wait to be killed before the commit."""
    from tests.support.registry_main import tell

    with registry.cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, {})
        env["inventory.history.import"]._import_file(path, {})
        tell("written")
        time.sleep(60)
        return


def generate(registry, products, days):
    """Load the demonstration company; returns its counts."""
    with registry.cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, {})
        result = env["inventory.demo"]._generate(seed=3, products=products, days=days)
        cr.commit()
        return result


def import_or_error(registry, path):
    """Import beside others: the loser of the race may be told that the file is there already."""
    from psycopg2 import Error

    try:
        return import_file(registry, path)
    except Error as error:
        return {"error": str(error)}


def people(registry):
    """The demonstration's users."""
    from config.command.inside import users

    with registry.cursor() as cr:
        users.main(api.Environment(cr, SUPERUSER_ID, {}))
        cr.commit()
