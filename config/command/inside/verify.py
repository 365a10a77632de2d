"""Run the checks of all rooms; see ``inventory.verify``."""

from odoo.exceptions import UserError


def main(env, names):
    model = env["inventory.verify"]
    known = [name for name, _check in model._checks()]
    unknown = sorted(set(names) - set(known))
    if unknown:
        raise UserError(f"There is no check {unknown[0]}; there are: {', '.join(known)}.")
    return model._run(names)
