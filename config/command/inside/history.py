"""Import a sales history."""


def main(env, path, as_of, opening):
    from odoo.exceptions import UserError

    raise UserError("The import of sales history is not part of this version.")
