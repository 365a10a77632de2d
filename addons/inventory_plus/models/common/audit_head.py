"""The end of the audit chain, kept apart from the chain."""

from odoo import fields, models


class InventoryAuditHead(models.Model):
    """One row: the last number and seal, signed with the audit key, so that a cut tail leaves a gap behind."""

    _name = "inventory.audit.head"
    _description = "Head of the audit trail"
    _log_access = False

    seq = fields.Integer("Number", readonly=True)
    mac = fields.Char("Seal", readonly=True)
    key_id = fields.Char("Key", readonly=True, help="Tells which key was used, without telling the key.")
    signature = fields.Char(readonly=True)
    told_on = fields.Date("Written to the log on", readonly=True)
