"""What a model must say about itself so that rules can watch it."""

from odoo import api, models
from odoo.tools import SQL
from odoo.tools.misc import format_date, formatLang


class InventoryAlertSubject(models.AbstractModel):
    """Mixin of the models that alert rules may watch; override the methods whose default does not fit.

    The ``_sql`` methods return fragments for one set-based query a rule; ``alias`` names the model's table in it.
    """

    _name = "inventory.alert.subject"
    _description = "Subject of alerts"

    @api.model
    def _alert_snapshot_fields(self):
        """Names of stored, non-relational fields that are written down when an alert opens."""
        return []

    @api.model
    def _alert_summary(self, values):
        """One sentence fragment about a snapshot, in the language of the environment.

        :param values: dict of those :meth:`_alert_snapshot_fields` that the reader may see, as stored in JSON
        """
        return ""

    @api.model
    def _alert_snapshot_sql(self, alias):
        """JSON object of the snapshot fields."""
        pairs = [SQL("%s::text, %s", name, SQL.identifier(alias, name)) for name in self._alert_snapshot_fields()]
        return SQL("jsonb_build_object(%s)", SQL(", ").join(pairs))

    @api.model
    def _alert_name_sql(self, alias):
        """Name kept with the alert, for the time when the record is gone."""
        return SQL("concat(%s::text, ' ', %s)", self._description, SQL.identifier(alias, "id"))

    @api.model
    def _alert_column_sql(self, alias, name):
        """Stored column ``name`` of the subject, NULL where the model has none."""
        field = self._fields.get(name)
        return SQL.identifier(alias, name) if field is not None and field.store else SQL("NULL::int")

    @api.model
    def _alert_responsible_sql(self, ids_sql):
        """Candidates for the responsible user of the subjects in ``ids_sql`` (a query of ids).

        :return: query of (subject_id, priority, user_id); the lowest priority who may see the alert is taken
        """
        if "user_id" not in self._fields or not self._fields["user_id"].store:
            return SQL("SELECT NULL::int AS subject_id, 0 AS priority, NULL::int AS user_id WHERE false")
        return SQL(
            "SELECT id AS subject_id, 0 AS priority, user_id FROM %s WHERE user_id IS NOT NULL AND id IN (%s)",
            SQL.identifier(self._table),
            ids_sql,
        )

    @api.model
    def _alert_visible(self, values):
        """Those of the snapshot values that the environment's user may read (law 10)."""
        return {
            name: value
            for name, value in (values or {}).items()
            if name in self._fields and self._has_field_access(self._fields[name], "read")
        }

    @api.model
    def _alert_format(self, name, value):
        """A snapshot value as the environment's user reads it: local number and date formats, translated labels."""
        field = self._fields[name]
        if value is None or value is False:
            return ""
        if field.type == "date":
            return format_date(self.env, value)
        if field.type == "selection":
            return dict(field._description_selection(self.env)).get(value, value)
        if field.type == "float":
            digits = field.get_digits(self.env)
            text = formatLang(self.env, value, digits=digits[1] if digits else 2)
            # Trailing zeros say nothing about pieces; the separator is the language's.
            separator = self.env["res.lang"]._get_data(code=self.env.lang or "en_US").decimal_point or "."
            return text.rstrip("0").rstrip(separator) if separator in text else text
        return str(value)
