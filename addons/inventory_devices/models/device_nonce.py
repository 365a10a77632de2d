"""Numbers used once: a signed request that somebody recorded cannot be played back."""

from odoo import api, fields, models
from odoo.tools import SQL

KEPT = "10 minutes"  # longer than the accepted clock difference on both sides


class InventoryDeviceNonce(models.Model):
    """Nonces of the last minutes; nobody has access, only the protocol."""

    _name = "inventory.device.nonce"
    _description = "Device Request Nonce"
    _log_access = False

    agent_id = fields.Many2one("inventory.device.agent", required=True, ondelete="cascade")
    nonce = fields.Char(required=True)
    used_at = fields.Datetime(required=True)

    _nonce_unique = models.UniqueIndex("(agent_id, nonce)")
    _used_at_index = models.Index("(used_at)")

    @api.model
    def _use(self, agent, nonce):
        """Take ``nonce`` for ``agent``; False when it was used before."""
        self.env.cr.execute(
            SQL(
                "INSERT INTO inventory_device_nonce (agent_id, nonce, used_at)"
                " VALUES (%s, %s, now() AT TIME ZONE 'UTC') ON CONFLICT DO NOTHING",
                agent.id,
                nonce,
            )
        )
        return bool(self.env.cr.rowcount)

    @api.autovacuum
    def _gc_nonces(self):
        self.env.cr.execute(
            SQL(
                "DELETE FROM inventory_device_nonce WHERE used_at < now() AT TIME ZONE 'UTC' - %s::interval",
                KEPT,
            )
        )
