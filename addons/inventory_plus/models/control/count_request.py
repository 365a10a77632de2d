"""Which messages of a counting device were carried out, and what was answered (law 3)."""

from odoo import fields, models


class InventoryCountRequest(models.Model):
    _name = "inventory.count.request"
    _description = "Message of a Counting Device"

    task_id = fields.Many2one("inventory.count.task", required=True, ondelete="cascade")
    user_id = fields.Many2one("res.users", required=True, ondelete="cascade")
    key = fields.Char(required=True)
    digest = fields.Char(required=True)
    answer = fields.Json()

    _key_once = models.UniqueIndex("(task_id, user_id, key)", "This message was sent before.")
