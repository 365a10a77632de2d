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
        number = self.env["ir.model.data"]._xmlid_to_res_id("inventory_plus.cron_relay", raise_if_not_found=False)
        # None while the module is being uninstalled; its tables may be gone then.
        if not number:
            return
        if not self.env.execute_query(SQL("SELECT EXISTS (SELECT FROM inventory_channel_webhook WHERE active)"))[0][0]:
            return
        cron = self.env["ir.cron"].sudo().browse(number)
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
