"""Who starts the replenishment of an item: a buyer, or the nightly run."""

import numpy as np
from odoo import api, fields, models
from odoo.tools import SQL

from . import bulk

TRIGGERS = [("manual", "A buyer decides"), ("auto", "Draft requests by themselves")]
CODES = tuple(code for code, _label in TRIGGERS)


class InventoryItem(models.Model):
    _inherit = "inventory.item"

    replenish_trigger = fields.Selection(
        TRIGGERS,
        "Replenishment",
        default="manual",
        readonly=True,
        index=True,
        help="From the item's policy, or the company's setting where it has none.",
    )
    own_trigger = fields.Boolean(
        "Replenishment by Policy", readonly=True, help="A policy, not the company's setting, says who starts it."
    )

    @api.model
    def _write_plan(self, company, as_of, found):
        super()._write_plan(company, as_of, found)
        self._write_triggers(company, found)

    @api.model
    def _write_triggers(self, company, found):
        """Store who starts the replenishment of a batch of items; rows that stay as they are are not written.

        :param found: dict of arrays; ``trigger`` names (manual, auto, or empty for the company's setting), where the
            policies gave any, and ``policy`` (0: the item has none)
        """
        count = found["id"].size
        codes = bulk.codes(CODES, found["trigger"]) if "trigger" in found else np.zeros(count, np.int32)
        if "policy" in found:
            codes = np.where(np.asarray(found["policy"]) > 0, codes, 0)
        bulk.stage(self.env.cr, "inventory_trigger_stage", {"id": found["id"], "code": codes.astype(np.int32)})
        self.env.cr.execute(
            SQL(
                """
                UPDATE inventory_item item SET replenish_trigger = fresh.code, own_trigger = fresh.own
                  FROM (SELECT id, COALESCE((%(codes)s::text[])[code], %(default)s) AS code, code > 0 AS own
                          FROM inventory_trigger_stage) fresh
                 WHERE item.id = fresh.id
                   AND (item.replenish_trigger, item.own_trigger) IS DISTINCT FROM (fresh.code, fresh.own)
                """,
                codes=list(CODES),
                default=company.inventory_replenish_trigger or CODES[0],
            )
        )
