"""Where the gate stands: by company, by location, and for the whole database. Every switch is told to the audit."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

MODES = [("on", "On"), ("observe", "Only observe"), ("open", "Open")]
COMPANY_FIELDS = ("inventory_gate", "inventory_gate_observe_until", "inventory_gate_sourceless")
PARAMETER = "inventory_plus.gate"


class ResCompany(models.Model):
    _inherit = "res.company"

    inventory_gate = fields.Selection(
        MODES,
        "Gate of Stock",
        default="on",
        required=True,
        help="On: corrections of stock need the approval of another person. Only observe: they pass and are reported. "
        "Open: as in Odoo.",
    )
    inventory_gate_observe_until = fields.Date(
        "Observe Until",
        help="Last day on which the gate only observes; from the next day on it is on. Empty: for good.",
    )
    inventory_gate_sourceless = fields.Boolean(
        "Receipts and Deliveries Need a Source",
        default=True,
        help="Goods come in and leave by an order, a manufacturing order or a return of such; other transfers to and "
        "from partners and production are refused.",
    )

    def _inventory_gate_mode(self):
        """``on``, ``observe`` or ``open``, today."""
        self.ensure_one()
        if self.inventory_gate == "observe":
            until = self.inventory_gate_observe_until
            return "observe" if not until or fields.Date.context_today(self) <= until else "on"
        return self.inventory_gate or "on"

    def write(self, vals):
        names = [name for name in COMPANY_FIELDS if name in vals]
        before = {company: {name: company[name] for name in names} for company in self} if names else {}
        result = super().write(vals)
        for company, values in before.items():
            changed = {name: [str(old), str(company[name])] for name, old in values.items() if old != company[name]}
            if changed:
                self.env["inventory.audit.entry"]._log(
                    "gate.switched", self.env._("Gate of stock of %s changed", company.name), company, changed
                )
        return result


class StockLocation(models.Model):
    _inherit = "stock.location"

    inventory_gate = fields.Selection(
        [("follow", "As above it"), ("open", "Open")],
        "Gate of Stock",
        default="follow",
        required=True,
        help="Open: stock in this location and below it is corrected without approval. As above it: as the location "
        "above says, at last the company.",
    )

    def _inventory_note_open_gates(self):
        """A location that is open from birth is opened by somebody, too."""
        self.filtered(lambda place: place.inventory_gate == "open")._inventory_tell_gate("follow", "open")

    def _inventory_note_gate(self, values):
        """Before the flag is written."""
        after = values["inventory_gate"] or "follow"
        changed = self.filtered(lambda place: place.inventory_gate != after)
        changed._inventory_tell_gate("open" if after == "follow" else "follow", after)

    def _inventory_tell_gate(self, before, after):
        """Only who is responsible opens the gate of a location, and the audit says who."""
        if not self:
            return
        user = self.env.user
        if not (self.env.su or user.has_group("inventory_plus.group_manager") or user.has_group("base.group_system")):
            raise AccessError(self.env._("Only a manager of Inventory Plus opens or shuts the gate of a location."))
        self.env["inventory.audit.entry"]._log_many(
            [
                (
                    "gate.switched",
                    self.env._("Gate of stock in %(place)s: %(mode)s", place=place.complete_name, mode=after),
                    place,
                    {"inventory_gate": [before, after]},
                )
                for place in self
            ]
        )


class IrConfigParameter(models.Model):
    _inherit = "ir.config_parameter"

    @api.model_create_multi
    def create(self, vals_list):
        parameters = super().create(vals_list)
        parameters._inventory_log_gate("on", None)
        return parameters

    def write(self, vals):
        gates = self.filtered(lambda parameter: PARAMETER in (parameter.key, vals.get("key")))
        before = {parameter: (parameter.key, parameter.value) for parameter in gates}
        result = super().write(vals)
        for parameter, (key, value) in before.items():
            parameter._inventory_log_gate(value if key == PARAMETER else "on", key)
        return result

    def unlink(self):
        if self.filtered(lambda one: one.key == PARAMETER and one.value == "off"):
            summary = self.env._("Gate of stock of the whole database: %s", "on")
            self.env["inventory.audit.entry"]._log("gate.switched", summary, None, {"before": "off"})
        return super().unlink()

    def _inventory_log_gate(self, before, old_key):
        """Tell the audit when the switch of the whole database was turned."""
        for parameter in self:
            after = parameter.value if parameter.key == PARAMETER else "on"
            if PARAMETER in (parameter.key, old_key) and before != after:
                self.env["inventory.audit.entry"]._log(
                    "gate.switched",
                    self.env._("Gate of stock of the whole database: %s", after),
                    None,
                    {"before": before},
                )


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    inventory_gate = fields.Selection(related="company_id.inventory_gate", readonly=False, required=True)
    inventory_gate_sourceless = fields.Boolean(related="company_id.inventory_gate_sourceless", readonly=False)
    inventory_gate_days = fields.Integer(
        "Days to Observe",
        compute="_compute_inventory_gate_days",
        inverse="_inverse_inventory_gate_days",
        help="From today on; afterwards the gate is on. 0: until it is switched on by hand.",
    )

    @api.depends("company_id")
    def _compute_inventory_gate_days(self):
        today = fields.Date.context_today(self)
        for settings in self:
            until = settings.company_id.inventory_gate_observe_until
            settings.inventory_gate_days = max(0, (until - today).days + 1) if until else 0

    def _inverse_inventory_gate_days(self):
        today = fields.Date.context_today(self)
        for settings in self:
            days = settings.inventory_gate_days
            if not 0 <= days <= 3650:
                raise UserError(self.env._("The gate observes for 0 to 3650 days, not %s.", days))
            settings.company_id.inventory_gate_observe_until = today + timedelta(days=days - 1) if days else False
