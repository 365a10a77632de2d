"""Import a sales history from a file of this machine, set the planning date, make the opening stock if asked for."""

import datetime
import sys

from odoo import fields

MARK = "inventory-progress:"


def main(env, path, as_of, opening):
    """Import ``path``; the same file again changes nothing.

    :param as_of: planning date, or None for the day after the history's last one
    :param opening: "seeded" to make stock and vendors for the imported products
    :return: what the import says of itself, with the planning date as ``as_of``
    """
    imports = env["inventory.history.import"]
    result = imports._import_file(path, progress=_show)
    day = fields.Date.to_date(as_of) or fields.Date.to_date(result["last_date"]) + datetime.timedelta(days=1)
    if env.company.inventory_as_of != day:
        env.company.inventory_as_of = day
    # The import is whole; opening stock is made by approvals, which work on committed records.
    env.cr.commit()
    seeded = None
    if opening:
        seeded = imports.browse(result["import_id"])._seed_opening(as_of=day, progress=_show)
    return {**result, "as_of": str(day), "seeded": seeded}


def _show(fraction, text):
    print(f"{MARK} {fraction:.0%} {text}", file=sys.stderr, flush=True)
