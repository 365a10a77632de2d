"""What is not ready yet after an installation on a busy database."""

from odoo import api, fields, models


class InventoryReadiness(models.Model):
    """One row per part of the system that is built in the background; screens and ``doctor`` show it."""

    _name = "inventory.readiness"
    _description = "Readiness of a Part"
    _order = "state_sequence, component"
    _rec_name = "component"

    component = fields.Char(required=True, readonly=True)
    name = fields.Char("Part", required=True, readonly=True, translate=True)
    state = fields.Selection(
        [("failed", "Failed"), ("pending", "Waiting"), ("running", "Being built"), ("ready", "Ready")],
        required=True,
        default="pending",
        readonly=True,
    )
    state_sequence = fields.Integer(compute="_compute_state_sequence", store=True)
    progress = fields.Float("Progress (%)", readonly=True)
    message = fields.Char(readonly=True)
    data = fields.Json(readonly=True, help="Where the work stands, so that it goes on after an interruption.")
    updated_at = fields.Datetime("Last Sign of Life", readonly=True)

    _component_unique = models.UniqueIndex("(component)", "A part is listed once.")

    @api.depends("state")
    def _compute_state_sequence(self):
        order = {"failed": 0, "running": 1, "pending": 2, "ready": 9}
        for part in self:
            part.state_sequence = order[part.state]

    @api.model
    def _of(self, component, name=None):
        """Return the row of ``component``, made on first use with the label ``name``."""
        part = self.sudo().search([("component", "=", component)])
        return part or self.sudo().create({"component": component, "name": name or component})

    def _report(self, state, progress=None, message=None, data=None):
        """Note where the work stands. ``progress`` in percent; None leaves a value as it is."""
        values = {"state": state, "updated_at": fields.Datetime.now()}
        if progress is not None:
            values["progress"] = progress
        if message is not None:
            values["message"] = message
        if data is not None:
            values["data"] = data
        self.sudo().write(values)

    @api.model
    def _unready(self):
        """Parts that screens must warn about, as ``[{"component", "name", "state", "progress", "message"}]``."""
        return self.sudo().search_read(
            [("state", "!=", "ready")], ["component", "name", "state", "progress", "message"], order="id"
        )
