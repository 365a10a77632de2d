"""How far a running import is, readable while it runs."""

from odoo import api, fields, models
from odoo.modules import module
from odoo.tools import SQL


class InventoryHistoryProgress(models.Model):
    """One row a running import, without a foreign key: it is written beside the import's own transaction."""

    _name = "inventory.history.progress"
    _description = "Progress of an Import of Sales History"
    _log_access = False

    import_ref = fields.Integer(required=True)
    percent = fields.Float()
    text = fields.Char()

    _once = models.UniqueIndex("(import_ref)")

    @api.model
    def _note(self, import_id, percent, text):
        """Write ``percent`` and ``text`` at once, in a short transaction of its own."""
        query = SQL(
            """
            INSERT INTO inventory_history_progress (import_ref, percent, text) VALUES (%s, %s, %s)
            ON CONFLICT (import_ref) DO UPDATE SET percent = EXCLUDED.percent, text = EXCLUDED.text
            """,
            import_id,
            percent,
            text,
        )
        if module.current_test:
            # A test's data are not committed: a second connection would not see the document.
            self.env.cr.execute(query)
            return
        with self.env.registry.cursor() as cr:
            cr.execute(query)
