"""What a scanned code stands for in a count."""

from odoo import models
from odoo.fields import Domain

from .count_error import CountError


class InventoryCountTask(models.Model):
    _inherit = "inventory.count.task"

    def scan(self, code):
        """Find what a scanned code means here: product, unit of a product, lot or serial number, place, package.

        :param str code: barcode as scanned
        :return: ``{"kind": "product" | "lot" | "location" | "package", kind: {id, name}, "product": {..} for a lot,
            "uom": {..} for a packaging, "lines": ids of the lines of the sheet that it fits}``
        :raise CountError: ``unknown_code``, ``ambiguous_code``, ``outside_scope``, and as :meth:`start`
        """
        self._may_count()
        task = self.sudo()
        code = code.strip() if isinstance(code, str) else ""
        if not code or len(code) > 256 or "\x00" in code:
            raise CountError("unknown_code", self.env._("Nothing was scanned."))
        for find in (task._scan_product, task._scan_place, task._scan_package, task._scan_lot):
            if found := find(code):
                return found
        raise CountError("unknown_code", self.env._("Nothing here has the code %s.", code[:40]))

    def _company_domain(self):
        return Domain("company_id", "in", (self.company_id.id, False))

    def _scan_product(self, code):
        products = self.env["product.product"].sudo().search(Domain("barcode", "=", code) & self._company_domain())
        uom = self.env["uom.uom"]
        if not products:
            packaging = self.env["product.uom"].sudo().search([("barcode", "=", code)], limit=1)
            products, uom = packaging.product_id, packaging.uom_id
        if not products:
            return None
        product = self._the_one(products, code)
        if self.product_ids and product not in self.product_ids:
            raise CountError(
                "outside_scope",
                self.env._("%(product)s is not part of %(name)s.", product=product.display_name, name=self.name),
            )
        lines = self._round_lines().filtered(lambda line: line.product_id == product)
        answer = {"kind": "product", "product": self._told(product, "tracking"), "lines": lines.ids}
        return {**answer, "uom": self._told(uom)} if uom else answer

    def _scan_place(self, code):
        place = self.env["stock.location"].sudo().search(Domain("barcode", "=", code) & self._company_domain())
        if not place:
            return None
        place = self._the_one(place, code)
        if not any(place.parent_path.startswith(above.parent_path) for above in self.location_ids):
            raise CountError(
                "outside_scope",
                self.env._("%(place)s is not part of %(name)s.", place=place.display_name, name=self.name),
            )
        lines = self._round_lines().filtered(lambda line: line.location_id == place)
        return {"kind": "location", "location": self._told(place), "lines": lines.ids}

    def _scan_package(self, code):
        packages = self.env["stock.package"].sudo().search(Domain("name", "=", code) & self._company_domain())
        if not packages:
            return None
        package = self._the_one(packages, code)
        lines = self._round_lines().filtered(lambda line: line.package_id == package)
        return {"kind": "package", "package": self._told(package), "lines": lines.ids}

    def _scan_lot(self, code):
        lots = self.env["stock.lot"].sudo().search(Domain("name", "=", code) & self._company_domain())
        if self.product_ids:
            lots = lots.filtered(lambda lot: lot.product_id in self.product_ids)
        if not lots:
            return None
        lines = self._round_lines()
        lot = self._the_one(lots & lines.lot_id or lots, code)
        return {
            "kind": "lot",
            "lot": self._told(lot),
            "product": self._told(lot.product_id, "tracking"),
            "lines": lines.filtered(lambda line: line.lot_id == lot).ids,
        }

    def _the_one(self, records, code):
        if len(records) > 1:
            raise CountError(
                "ambiguous_code",
                self.env._(
                    "%(code)s may be %(first)s or %(second)s: choose by hand.",
                    code=code[:40],
                    first=records[0].display_name,
                    second=records[1].display_name,
                ),
            )
        return records
