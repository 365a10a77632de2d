"""What a person approved last: the values that automatic changes are measured from."""

from odoo import api, fields, models
from odoo.tools import SQL

from .proposal import PARAMETERS


class InventoryItem(models.Model):
    _inherit = "inventory.item"

    base_data = fields.Json(
        "Approved Values",
        readonly=True,
        copy=False,
        help="The values that an approver decided on last, or the first ones. Changes apply by themselves only within "
        "the limits from here, so that many small ones are not a large one.",
    )

    @api.model
    def _base_sql(self, prefix, alias, policy, run):
        """What an item's :attr:`base_data` becomes when the values of ``alias`` come into force, as jsonb.

        :param str prefix: of their columns
        :param SQL policy: id of the policy that they were planned by, 0 for none
        :param SQL run: alias of the run that planned them, whose reading decides which changes of inputs are in them
        """
        values = SQL(", ").join(SQL("%s, %s", name, SQL.identifier(alias, f"{prefix}{name}")) for name in PARAMETERS)
        return SQL(
            """
            jsonb_build_object(%(values)s, 'policy', %(policy)s, 'as_of', %(run)s.as_of, 'seen', %(run)s.read_change,
                               'running', to_jsonb(string_to_array(%(run)s.read_running, ',')))
            """,
            values=values,
            policy=policy,
            run=run,
        )
