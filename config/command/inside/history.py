"""Import a sales history from a file of this machine, set the planning date, make the opening stock if asked for."""

import datetime
import sys

from odoo import fields
from odoo.exceptions import UserError

MARK = "inventory-progress:"


def main(env, path, as_of, opening):
    """Import ``path``; the same file again changes nothing.

    :param as_of: planning date, or None for the day after the history's last one
    :param opening: "seeded" to make stock and vendors for the imported products
    :return: what the import says of itself, with the planning date as ``as_of``
    """
    result = env["inventory.history.import"]._import_file(path, progress=_show)
    day = fields.Date.to_date(as_of) or fields.Date.to_date(result["last_date"]) + datetime.timedelta(days=1)
    env.company.inventory_as_of = day
    if opening:
        if not hasattr(env["inventory.history.import"], "_seed_opening"):
            raise UserError("Opening stock for an imported history cannot be made by this version.")
        env["inventory.history.import"].browse(result["import_id"])._seed_opening(progress=_show)
    return {**result, "as_of": str(day)}


def _show(fraction, text):
    print(f"{MARK} {fraction:.0%} {text}", file=sys.stderr, flush=True)
