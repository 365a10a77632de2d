"""What is said until the items have been planned for the first time."""

from odoo import api, models

COMPONENT = "planning"


class InventoryReadiness(models.Model):
    _inherit = "inventory.readiness"

    @api.model
    def _names(self):
        return {**super()._names(), COMPONENT: self.env._("Planning")}

    def _explain(self):
        if self.component != COMPONENT or self.state == "failed":
            return super()._explain()
        if self.state == "ready":
            return self.env._("Every warehouse has been planned.")
        data = self.data or {}
        return self.env._(
            "Items get their reorder points and colours with the first planning in the background: "
            "%(done)s of %(all)s warehouses are planned.",
            done=data.get("all", 0) - len(data.get("waiting", ())),
            all=data.get("all", 0),
        )

    @api.model
    def _await_plan(self):
        """Say that planning is pending until each warehouse that nobody has planned yet has been planned once."""
        part = self._of(COMPONENT)
        if part.state == "ready":
            return
        warehouses = self.env["stock.warehouse"].sudo().search([])
        planned = self.env["inventory.item"].sudo()._read_group([("planned_at", "!=", False)], ["warehouse_id"])
        waiting = warehouses - self.env["stock.warehouse"].concat(*(warehouse for (warehouse,) in planned))
        part._report_waiting(waiting, len(waiting))

    @api.model
    def _note_planned(self, warehouse_ids=None):
        """Take warehouses (ids; None: all) off the list of those that wait for their first plan.

        Two jobs that plan at the same time meet at this row; the second one is tried again and sees the first.
        """
        part = self.sudo().search([("component", "=", COMPONENT), ("state", "!=", "ready")])
        if not part:
            return
        data = part.data or {}
        warehouses = self.env["stock.warehouse"].sudo().search([("id", "in", data.get("waiting", []))])
        planned = warehouses if warehouse_ids is None else warehouses.browse(warehouse_ids)
        part._report_waiting(warehouses - planned, data.get("all", 0))

    def _report_waiting(self, warehouses, number):
        """Store which warehouses wait, of how many; ready when none does."""
        if not warehouses:
            self._report("ready", 100, {})
        else:
            progress = 100.0 * (number - len(warehouses)) / number
            self._report("pending", progress, {"waiting": warehouses.ids, "all": number})
