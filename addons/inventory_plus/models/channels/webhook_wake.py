"""Who changes stock or promises has those told who subscribed, right after his commit."""

from odoo import api, models
from odoo.tools import SQL


class InventoryFeed(models.AbstractModel):
    _inherit = "inventory.feed"

    @api.model
    def _cron_relay(self):
        super()._cron_relay()
        self.env["inventory.job"]._retrying(lambda env: env["inventory.channel.webhook"]._announce().ids)

    @api.model
    def _wake(self):
        """Have the scheduled action started right after this transaction's commit, if anybody subscribed."""
        precommit = self.env.cr.precommit
        if not precommit.data.get("inventory_feed_wake"):
            precommit.data["inventory_feed_wake"] = True
            precommit.add(self.sudo()._schedule_relay)

    @api.model
    def _schedule_relay(self):
        rows = self.env.execute_query(
            SQL(
                """
                SELECT (SELECT res_id FROM ir_model_data WHERE module = 'inventory_plus' AND name = 'cron_relay')
                 WHERE EXISTS (SELECT FROM inventory_channel_webhook WHERE active)
                """
            )
        )
        cron = self.env["ir.cron"].sudo().browse(rows[0][0] if rows else False).exists()
        if not cron.active:
            return
        waiting = self.env.execute_query(
            SQL(
                "SELECT 1 FROM ir_cron_trigger WHERE cron_id = %s AND call_at <= clock_timestamp() AT TIME ZONE 'UTC'"
                " LIMIT 1",
                cron.id,
            )
        )
        if not waiting:
            cron._trigger()


class InventoryPromise(models.AbstractModel):
    _inherit = "inventory.promise"

    @api.model
    def _make(self, requests):
        answers = super()._make(requests)
        self.env["inventory.feed"]._wake()
        return answers

    @api.model
    def _change(self, ids, action, reason=None, until=None, code=None):
        answers = super()._change(ids, action, reason, until, code)
        self.env["inventory.feed"]._wake()
        return answers
