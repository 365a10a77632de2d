"""The dashboard's one method: rights, filters, and the sections put together."""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

MONEY_ROLES = (
    "inventory_plus.group_buyer",
    "inventory_plus.group_planner",
    "inventory_plus.group_approver",
    "inventory_plus.group_manager",
    "inventory_plus.group_auditor",
)
"""Roles that see amounts of money; the others get the dashboard without them."""

HISTORY_IMPORT_ACTION = "inventory_plus.history_import_action"


class InventoryDashboard(models.AbstractModel):
    """Aggregates for one screen, from daily facts, items and snapshots, never from moves.

    The method itself keeps rights (law 10): who lacks the role gets an error or a smaller answer over RPC as on
    the screen. Sections are methods named ``_section_<key>(scope)`` returning JSON; see :meth:`_sections`.
    """

    _name = "inventory.dashboard"
    _description = "Inventory Dashboard"

    @api.model
    @api.readonly
    def get_dashboard(self, company_id=None, warehouse_ids=None):
        """Everything that the dashboard shows.

        :param company_id: one of the user's allowed companies; default the current one
        :param warehouse_ids: warehouses of that company; default all that the user may see
        :return: dict of ``as_of``, filters (``companies``, ``warehouses``), ``money`` (may the user see amounts),
            ``currency_id``, ``readiness``, and one key a section. Quantities are in product units, amounts in the
            company's currency, days ISO dates.
        :raises AccessError: without the viewer role, or for a foreign company or warehouse
        """
        scope = self._scope(company_id, warehouse_ids)
        answer = {
            "as_of": fields.Date.to_string(scope["as_of"]),
            "as_of_is_today": scope["as_of"] == fields.Date.context_today(self),
            "company_id": scope["company"].id,
            "currency_id": scope["company"].currency_id.id,
            "companies": [{"id": company.id, "name": company.name} for company in self.env.companies],
            "warehouses": [
                {"id": warehouse.id, "name": warehouse.name, "code": warehouse.code}
                for warehouse in scope["all_warehouses"]
            ],
            "warehouse_ids": scope["warehouses"].ids,
            "money": scope["money"],
            "readiness": self._readiness(),
            "import_action": self._import_action(),
        }
        for key in self._sections():
            answer[key] = getattr(self, f"_section_{key}")(scope)
        return answer

    @api.model
    def _sections(self):
        """Names of the sections in the answer."""
        return ["demand", "trend", "items", "short_items", "stock", "alerts"]

    @api.model
    def _scope(self, company_id, warehouse_ids):
        """Check rights and turn the filters into records.

        :return: dict with ``company``, ``all_warehouses``, ``warehouses``, ``money``, ``as_of``
        """
        if not self.env.user.has_group("inventory_plus.group_viewer"):
            raise AccessError(self.env._("The dashboard is for users with a role that may see stock figures."))
        company = self.env.company
        if company_id and company_id != company.id:
            company = self.env.companies.filtered(lambda candidate: candidate.id == company_id)
            if not company:
                raise AccessError(self.env._("You do not work in that company."))
        self.env.flush_all()  # nothing to flush in a request of its own, but callers in the process may have written
        everything = self.env["stock.warehouse"].search([("company_id", "=", company.id)])
        chosen = everything
        if warehouse_ids:
            if not isinstance(warehouse_ids, list) or not all(isinstance(key, int) for key in warehouse_ids):
                raise UserError(self.env._("Warehouses are given as a list of ids."))
            chosen = everything.filtered(lambda warehouse: warehouse.id in warehouse_ids)
            if len(chosen) != len(set(warehouse_ids)):
                raise AccessError(self.env._("You may not see one of these warehouses."))
        return {
            "company": company,
            "all_warehouses": everything,
            "warehouses": chosen,
            "money": self.env.user.has_groups(",".join(MONEY_ROLES)),
            "as_of": self._as_of(company),
        }

    @api.model
    def _as_of(self, company):
        """The planning date of the company."""
        return self.env["inventory.item"]._planning_date(company)

    @api.model
    def _readiness(self):
        """Parts that are still being built, so that the screen can say so."""
        return [
            {
                "name": part["name"],
                "state": part["state"],
                "progress": part["progress"],
                "message": part["message"] or "",
            }
            for part in self.env["inventory.readiness"]._unready()
        ]

    @api.model
    def _import_action(self):
        """The action that imports sales history, for users who may run it."""
        if not self.env.user.has_group("inventory_plus.group_planner"):
            return False
        return bool(self.env.ref(HISTORY_IMPORT_ACTION, raise_if_not_found=False)) and HISTORY_IMPORT_ACTION

    @api.model
    def _unit_cost_sql(self):
        """Current unit cost of ``product`` (product_product) in ``company``; Odoo keeps averages there as well."""
        return SQL("COALESCE((product.standard_price->>company.id::text)::numeric, 0)")
