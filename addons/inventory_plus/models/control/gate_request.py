"""Where Odoo has a button that corrects stock, it leads to an adjustment that is filled in for the user."""

from odoo import api, models

from .adjustment_line import KEY


class InventoryAdjustment(models.Model):
    _inherit = "inventory.adjustment"

    @api.model
    def _inventory_open_requests(self, rows, text):
        """Enter adjustments, one a company, and return the action that opens them.

        :param rows: ``[(company, {key: counted quantity})]`` with the key of a quant in ids, quantities in the
            products' units
        :param str text: why; the user completes it
        """
        requests = self.browse()
        for company, counted in rows:
            lines = [
                (0, 0, {**dict(zip(KEY, key, strict=True)), "quantity": quantity}) for key, quantity in counted.items()
            ]
            requests |= self.create({"company_id": company.id, "reason": text, "line_ids": lines})
        return requests._inventory_action(self.env._("Correction of Stock: Ask for Approval"))

    def _inventory_action(self, title):
        """The action that opens these documents."""
        one = len(self) == 1
        return {
            "type": "ir.actions.act_window",
            "name": title,
            "res_model": self._name,
            "view_mode": "form" if one else "list,form",
            "views": [[False, "form"]] if one else [[False, "list"], [False, "form"]],
            "res_id": self.id if one else False,
            "domain": [("id", "in", self.ids)],
            "target": "current",
        }


class StockQuant(models.Model):
    _inherit = "stock.quant"

    def _inventory_counted(self, quantities):
        """Counted quantities by company and key; further quants of the same key count as they are.

        :param dict quantities: counted quantity of each of these quants
        """
        by_company = {}
        others = self._inventory_twins() - self
        for quant in self | others:
            company = quant.company_id or self.env.company
            key = tuple(quant[name].id for name in KEY)
            counted = by_company.setdefault(company, {})
            counted[key] = counted.get(key, 0.0) + quantities.get(quant, quant.quantity)
        return list(by_company.items())

    def _inventory_twins(self):
        """All quants of the same products, places, lots, packages and owners."""
        keys = {tuple(quant[name].id for name in KEY) for quant in self}
        found = self.search([("product_id", "in", self.product_id.ids), ("location_id", "in", self.location_id.ids)])
        return found.filtered(lambda quant: tuple(quant[name].id for name in KEY) in keys)

    def _inventory_request_count(self, date=None):
        """Have counted quantities asked for; the count moves from the quants to the request."""
        counted = self._inventory_counted({quant: quant.inventory_quantity for quant in self})
        text = self.env.context.get("inventory_name") or self.env._("Counted quantity")
        action = self.env["inventory.adjustment"]._inventory_open_requests(counted, text)
        self.action_clear_inventory_quantity()
        return action

    def _inventory_request_zero(self):
        """Have it asked for that nothing of these is there."""
        counted = self._inventory_counted(dict.fromkeys(self, 0.0))
        return self.env["inventory.adjustment"]._inventory_open_requests(counted, self.env._("Nothing was found"))


class StockMoveLine(models.Model):
    _inherit = "stock.move.line"

    def _inventory_request_revert(self):
        """Have it asked for that these corrections are taken back: what is there now, less what each brought."""
        gate = self.env["inventory.gate"]
        by_company = {}
        for line in self:
            changes = by_company.setdefault(line.company_id, {})
            for key, quantity in gate._effect(line).items():
                changes[key] = changes.get(key, 0.0) - quantity
        places = self.location_id | self.location_dest_id
        groups = self.env["stock.quant"]._read_group(
            [("product_id", "in", self.product_id.ids), ("location_id", "in", places.ids)], KEY, ["quantity:sum"]
        )
        book = {tuple(record.id for record in key): quantity or 0.0 for *key, quantity in groups}
        rows = [
            (company, {key: book.get(key, 0.0) + change for key, change in changes.items()})
            for company, changes in by_company.items()
        ]
        text = self.env._("Taken back: %s", ", ".join(sorted({line.reference or line.display_name for line in self})))
        return self.env["inventory.adjustment"]._inventory_open_requests(rows, text[:200])
