"""Blind counting: computed quantities leave the server empty for who counts, in whatever way they are asked for."""

from odoo import api, models
from odoo.addons.stock.models.product import PY_OPERATORS

#: Computed figures by model; what a model of another addon adds is found by its name, see :func:`masked`.
FIGURES = {
    "qty_available",
    "virtual_available",
    "free_qty",
    "incoming_qty",
    "outgoing_qty",
    "total_value",
    "nbr_moves_in",
    "nbr_moves_out",
    "suggested_qty",
    "suggest_estimated_price",
    "qty_available_today",
    "free_qty_today",
    "virtual_available_at_date",
    "forecast_availability",
    "availability",
    "products_availability",
    "products_availability_state",
    "forecast_expected_date",
    "components_availability",
    "components_availability_state",
    "qty_on_hand",
    "qty_forecast",
    "quantity_on_hand",
    "available_quantity",
    "net_weight",
    "forecast_weight",
    "is_empty",
    "content_description",
    "on_hand_qty",
    "stock_value",
    "current_value",
    "potential_manufacturing_qty",
    "buildable_quantity",
}
#: Figures whose names mean something else elsewhere.
OF_MODEL = {
    "stock.lot": {"product_qty", "total_value"},
    "stock.package": {"shipping_weight", "weight"},
}
SEARCHES = ("qty_available", "virtual_available", "incoming_qty", "outgoing_qty", "free_qty")


def masked(model):
    """Names of the figures of a model that tell about stock: never stored, so that no write ever lacks them."""
    names = FIGURES | OF_MODEL.get(model._name, set())
    return {name for name in names if (field := model._fields.get(name)) is not None and not field.store}


class Base(models.AbstractModel):
    _inherit = "base"

    @api.model
    def _inventory_blind(self):
        """Scopes that the present user counts blind; None for nearly everybody, and for the system."""
        return None if self.env.su else self.env["inventory.count.watch"]._blind()

    def _read_format(self, fnames, load="_classic_read"):
        rows = super()._read_format(fnames, load=load)
        if not self.env.su and (scopes := self._inventory_blind()):
            names = masked(self) & set(fnames)
            if names:
                blind = self._inventory_blind_records(scopes)
                for record, row in zip(self, rows, strict=True):
                    if row and record.id in blind:
                        row.update({name: self._inventory_empty(name) for name in names})
        return rows

    def _inventory_empty(self, name):
        kind = self._fields[name].type
        return 0 if kind == "integer" else 0.0 if kind in ("float", "monetary") else False

    def _inventory_blind_records(self, scopes):
        """Ids of these records that tell about products under count; of records without a product all."""
        products = self.env["inventory.count.blind"]._products(scopes)
        if products is None:
            return set(self.ids)
        if self._name == "product.product":
            return products & set(self.ids)
        if self._name == "product.template":
            return {record.id for record in self.sudo() if products & set(record.product_variant_ids.ids)}
        if "product_id" in self._fields and self._fields["product_id"].comodel_name == "product.product":
            return {record.id for record in self.sudo() if record.product_id.id in products}
        return set(self.ids)

    def _export_rows(self, fields, *, _is_toplevel_call=True):
        """Columns of figures are empty for a blind counter, by whatever path they are reached."""
        if not _is_toplevel_call or not self._inventory_blind():
            return super()._export_rows(fields, _is_toplevel_call=_is_toplevel_call)
        hidden = [index for index, path in enumerate(fields) if self._inventory_path_is_masked(path)]
        rows = super()._export_rows([["id"] if index in hidden else path for index, path in enumerate(fields)])
        for row in rows:
            for index in hidden:
                row[index] = ""
        return rows

    def _inventory_path_is_masked(self, path):
        model = self
        for name in path:
            if name in masked(model):
                return True
            field = model._fields.get(name)
            if field is None or not field.relational:
                return False
            model = self.env[field.comodel_name]
        return False

    def onchange(self, values, field_names, fields_spec):
        result = super().onchange(values, field_names, fields_spec)
        if self._inventory_blind():
            self._inventory_mask_values(result.get("value") or {})
        return result

    def _inventory_mask_values(self, values):
        """Empty the figures in what an onchange answers, lines included."""
        for name, value in list(values.items()):
            field = self._fields.get(name)
            if field is None:
                continue
            if name in masked(self):
                values[name] = self._inventory_empty(name)
            elif field.type == "many2one" and isinstance(value, dict):
                self.env[field.comodel_name]._inventory_mask_values(value)
            elif field.type in ("one2many", "many2many") and isinstance(value, (list, tuple)):
                for command in value:
                    if len(command) == 3 and isinstance(command[2], dict):
                        self.env[field.comodel_name]._inventory_mask_values(command[2])


class ProductProduct(models.Model):
    _inherit = "product.product"

    def _compute_quantities_dict(self, *args, **kwargs):
        """The work of a blind counter goes on with true figures: quants that he may not see count as well."""
        records = self.sudo() if self._inventory_blind() else self
        return super(ProductProduct, records)._compute_quantities_dict(*args, **kwargs)

    def _inventory_search_blind(self, operator, value, found):
        """Searching by value treats products under count as if there were none of them."""
        scopes = self._inventory_blind()
        if not scopes or found is NotImplemented:
            return found
        products = self.env["inventory.count.blind"]._products(scopes)
        if operator in ("in", "not in"):
            matches = (0.0 in {float(one or 0) for one in value}) == (operator == "in")
        else:
            matches = PY_OPERATORS[operator](0.0, float(value or 0))
        if products is None:
            return [(1, "=", 1)] if matches else [(0, "=", 1)]
        found = list(found)
        if matches:
            return ["|", ("id", "in", list(products)), *found]
        return ["&", ("id", "not in", list(products)), *found]

    def _search_qty_available(self, operator, value):
        return self._inventory_search_blind(operator, value, super()._search_qty_available(operator, value))

    def _search_virtual_available(self, operator, value):
        return self._inventory_search_blind(operator, value, super()._search_virtual_available(operator, value))

    def _search_incoming_qty(self, operator, value):
        return self._inventory_search_blind(operator, value, super()._search_incoming_qty(operator, value))

    def _search_outgoing_qty(self, operator, value):
        return self._inventory_search_blind(operator, value, super()._search_outgoing_qty(operator, value))

    def _search_free_qty(self, operator, value):
        return self._inventory_search_blind(operator, value, super()._search_free_qty(operator, value))


class InventoryReservation(models.Model):
    _inherit = "inventory.reservation"

    @api.model
    def available(self, channel, skus=None, warehouses=None):
        """Products that the caller counts blind are left out."""
        answer = super().available(channel, skus=skus, warehouses=warehouses)
        scopes = self._inventory_blind()
        if not scopes:
            return answer
        products = self.env["inventory.count.blind"]._products(scopes)
        if products is None:
            return {}
        counted = set(self.env["product.product"].sudo().browse(products).mapped("default_code"))
        return {sku: figures for sku, figures in answer.items() if sku not in counted}


class StockScrap(models.Model):
    _inherit = "stock.scrap"

    def check_available_qty(self):
        self.env["inventory.count.blind"]._refuse(self.product_id.ids)
        return super().check_available_qty()


class ForecastedProduct(models.AbstractModel):
    _inherit = "stock.forecasted_product_product"

    @api.model
    def get_report_values(self, docids, data=None):
        self.env["inventory.count.blind"]._refuse(docids)
        return super().get_report_values(docids, data=data)


class ForecastedTemplate(models.AbstractModel):
    _inherit = "stock.forecasted_product_template"

    @api.model
    def get_report_values(self, docids, data=None):
        variants = self.env["product.template"].browse(docids).sudo().product_variant_ids
        self.env["inventory.count.blind"]._refuse(variants.ids)
        return super().get_report_values(docids, data=data)


class StockValuationReport(models.AbstractModel):
    _inherit = "stock_account.stock.valuation.report"

    @api.model
    def get_report_values(self, date=False):
        self.env["inventory.count.blind"]._refuse()
        return super().get_report_values(date=date)
