"""How far a long work is, readable while it runs."""

from odoo import api, fields, models
from odoo.modules import module
from odoo.tools import SQL


class InventoryProgressMixin(models.AbstractModel):
    """One row a running work, without a foreign key: it is written beside the work's own transaction.

    A model of it has the work's id in the column ``_progress_of``, unique.
    """

    _name = "inventory.progress.mixin"
    _description = "Progress of a Long Work"
    _log_access = False

    #: Name of the column with the id of the work.
    _progress_of = None

    percent = fields.Float()

    @api.model
    def _note(self, work_id, **values):
        """Write how far the work is at once, in a short transaction of its own.

        :param values: of the other columns
        """
        query = SQL(
            "INSERT INTO %(table)s (%(work)s, %(names)s) VALUES (%(id)s, %(values)s) "
            "ON CONFLICT (%(work)s) DO UPDATE SET %(updates)s",
            table=SQL.identifier(self._table),
            work=SQL.identifier(self._progress_of),
            id=work_id,
            names=SQL(", ").join(map(SQL.identifier, values)),
            values=SQL(", ").join(SQL("%s", value) for value in values.values()),
            updates=SQL(", ").join(SQL("%s = EXCLUDED.%s", *[SQL.identifier(name)] * 2) for name in values),
        )
        if module.current_test:
            # A test's data are not committed: a second connection would not see the work.
            self.env.cr.execute(query)
            return
        with self.env.registry.cursor() as cr:
            cr.execute(query)

    @api.model
    def _forget(self, work_ids):
        """Take the rows of ended works away."""
        self.env.cr.execute(
            SQL(
                "DELETE FROM %s WHERE %s = ANY(%s)",
                SQL.identifier(self._table),
                SQL.identifier(self._progress_of),
                list(work_ids),
            )
        )
