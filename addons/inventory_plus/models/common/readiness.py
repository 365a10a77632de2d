"""What is not ready yet after an installation on a busy database."""

from odoo import api, fields, models


class InventoryReadiness(models.Model):
    """One row per part of the system that is built in the background; screens and ``doctor`` show it.

    Rooms extend :meth:`_names` and :meth:`_explain`, so that whoever looks reads it in his own language, whoever built.
    """

    _name = "inventory.readiness"
    _description = "Readiness of a Part"
    _order = "state_sequence, component"
    _rec_name = "component"

    component = fields.Char(required=True, readonly=True)
    label = fields.Char("Name without Translation", readonly=True)
    name = fields.Char("Part", compute="_compute_texts")
    state = fields.Selection(
        [("failed", "Failed"), ("pending", "Waiting"), ("running", "Being built"), ("ready", "Ready")],
        required=True,
        default="pending",
        readonly=True,
    )
    state_sequence = fields.Integer(compute="_compute_state_sequence", store=True)
    progress = fields.Float("Progress (%)", readonly=True)
    message = fields.Char(compute="_compute_texts")
    data = fields.Json(readonly=True, help="Where the work stands, so that it goes on after an interruption.")
    updated_at = fields.Datetime("Last Sign of Life", readonly=True)

    _component_unique = models.UniqueIndex("(component)", "A part is listed once.")

    @api.depends("state")
    def _compute_state_sequence(self):
        order = {"failed": 0, "running": 1, "pending": 2, "ready": 9}
        for part in self:
            part.state_sequence = order[part.state]

    @api.depends("component", "label", "state", "data")
    @api.depends_context("lang")
    def _compute_texts(self):
        names = self._names()
        for part in self:
            part.name = names.get(part.component) or part.label or part.component
            part.message = part._explain()

    @api.model
    def _names(self):
        """``{component: name for people}`` of the parts that the rooms know."""
        return {}

    def _explain(self):
        """One sentence on where this part stands, or an empty string."""
        if self.state == "failed":
            return self.env._("The computation stopped; the server log says why. It is tried again.")
        return ""

    @api.model
    def _of(self, component, name=None):
        """Return the row of ``component``, made on first use; ``name`` is for parts that :meth:`_names` lacks."""
        part = self.sudo().search([("component", "=", component)])
        return part or self.sudo().create({"component": component, "label": name})

    def _report(self, state, progress=None, data=None):
        """Note where the work stands. ``progress`` in percent; None leaves a value as it is."""
        values = {"state": state, "updated_at": fields.Datetime.now()}
        if progress is not None:
            values["progress"] = progress
        if data is not None:
            values["data"] = data
        self.sudo().write(values)

    @api.model
    def unready(self):
        """Parts that screens warn about, as ``[{"id", "component", "name", "state", "progress", "message"}]``.

        Readable by whoever may read this model (viewers and above).
        """
        return self.search_read(
            [("state", "!=", "ready")], ["component", "name", "state", "progress", "message"], order="id"
        )

    @api.model
    def _unready(self):
        """The same for code that runs for whomever."""
        return self.sudo().unready()
