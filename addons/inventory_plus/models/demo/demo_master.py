"""Master data of the demonstration company: warehouses, partners, units, categories, products."""

import json
from datetime import datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

from odoo import api, models
from odoo.fields import Command
from odoo.tools import SQL

SETTINGS_GROUPS = (
    "stock.group_stock_multi_locations",
    "stock.group_stock_multi_warehouses",
    "stock.group_production_lot",
    "stock.group_adv_location",
    "uom.group_uom",
)
UNITS = {"unit": "uom.product_uom_unit", "kg": "uom.product_uom_kgm", "m": "uom.product_uom_meter"}


class InventoryDemo(models.AbstractModel):
    _inherit = "inventory.demo"

    @api.model
    def _create_master(self, catalogue, start):
        """Create what the history refers to.

        :param start: day before the history, from which standard costs are valid
        :return: dict of records and ids by position in the catalogue
        """
        user_group = self.env.ref("base.group_user")
        user_group.write({"implied_ids": [Command.link(self.env.ref(name).id) for name in SETTINGS_GROUPS]})
        self.env.ref("uom.product_uom_dozen").active = True
        warehouses = self._create_warehouses(catalogue)
        suppliers = self.env["res.partner"].create(
            [{"name": name, "is_company": True, "supplier_rank": 1} for name, *_rest in catalogue.suppliers]
        )
        customers = self.env["res.partner"].create(
            [{"name": name, "is_company": True, "customer_rank": 1} for name in catalogue.customers]
        )
        categories = self._create_categories(catalogue)
        products = self._create_products(catalogue, categories, suppliers, warehouses)
        self._backdate_costs(catalogue, products, start)
        return {
            "warehouses": warehouses,
            "suppliers": suppliers.ids,
            "customers": customers.ids,
            "products": products.ids,
            "categories": categories.ids,
            "units": [self.env.ref(UNITS[product.unit]).id for product in catalogue.products],
            "dozen": self.env.ref("uom.product_uom_dozen").id,
        }

    @api.model
    def _create_warehouses(self, catalogue):
        """Main with three-step delivery, a branch resupplied from it, a shop that buys for itself."""
        (main_code, main_name, *_main), *others = catalogue.warehouses
        company = self.env.company
        main = self.env["stock.warehouse"].search([("company_id", "=", company.id)], limit=1)
        main.write({"name": main_name, "delivery_steps": "pick_pack_ship"})
        if main.code != main_code and len(self.env["stock.warehouse"].search([])) == 1:
            main.code = main_code
        branch, shop = self.env["stock.warehouse"].create(
            [
                {"name": name, "code": code, "company_id": company.id, "partner_id": company.partner_id.id}
                for code, name, *_rest in others
            ]
        )
        branch.write({"resupply_wh_ids": [Command.link(main.id)]})
        # Odoo switches them on for whoever has several locations, which a program has not.
        (main + branch + shop).int_type_id.active = True
        return main + branch + shop

    @api.model
    def _create_categories(self, catalogue):
        Category = self.env["product.category"]
        root = Category.create({"name": "Demonstration"})
        categories = Category.create(
            [
                {"name": name, "parent_id": root.id, "property_cost_method": method, "property_valuation": "periodic"}
                for name, _zh, method, *_rest in catalogue.categories
            ]
        )
        # In XML the removal strategy would be a reference too; tracked goods leave first expired first out.
        fefo = self.env.ref("product_expiry.removal_fefo", raise_if_not_found=False)
        if fefo:
            expiring = [index for index, row in enumerate(catalogue.categories) if row[4] == "expiry"]
            Category.browse([categories.ids[index] for index in expiring]).removal_strategy_id = fefo
        # Names of categories are not translatable in Odoo 19 alone; another addon may make them so.
        self._translate(root, ["演示"])
        self._translate(categories, [row[1] for row in catalogue.categories])
        return categories

    @api.model
    def _translate(self, records, names):
        """Chinese names beside the English ones, whether the language is installed yet or not."""
        if not records._fields["name"].translate:
            return
        self.env.flush_all()
        pairs = SQL(", ").join(SQL("(%s, %s)", row_id, name) for row_id, name in zip(records.ids, names, strict=True))
        self.env.cr.execute(
            SQL(
                "UPDATE %(table)s SET name = %(table)s.name || jsonb_build_object('zh_CN', chinese.text::text)"
                " FROM (VALUES %(pairs)s) AS chinese (id, text) WHERE chinese.id = %(table)s.id",
                table=SQL.identifier(records._table),
                pairs=pairs,
            )
        )
        self.env.invalidate_all()

    @api.model
    def _create_products(self, catalogue, categories, suppliers, warehouses):
        route = warehouses[1].resupply_route_ids[:1]
        dozen = self.env.ref("uom.product_uom_dozen").id
        values = []
        for product in catalogue.products:
            _name, promised, *_rest = catalogue.suppliers[product.supplier]
            vals = {
                "name": product.name,
                "default_code": product.code,
                "barcode": product.barcode,
                "categ_id": categories.ids[product.category],
                "type": "consu",
                "is_storable": True,
                "uom_id": self.env.ref(UNITS[product.unit]).id,
                "list_price": product.price,
                "taxes_id": [Command.clear()],
                "supplier_taxes_id": [Command.clear()],
                "tracking": product.tracking,
                "seller_ids": [
                    Command.create(
                        {
                            "partner_id": suppliers.ids[product.supplier],
                            "delay": promised,
                            "min_qty": 1.0 if product.buy_in_dozens else product.lot_size,
                            "price": round(product.cost * (12 if product.buy_in_dozens else 1), 2),
                            **({"product_uom_id": dozen} if product.buy_in_dozens else {}),
                        }
                    )
                ],
            }
            if product.ranges[1] and route:
                vals["route_ids"] = [Command.link(route.id)]
            if product.shelf_life:
                vals.update(
                    use_expiration_date=True,
                    expiration_time=product.shelf_life,
                    use_time=14,
                    removal_time=7,
                    alert_time=30,
                )
            values.append(vals)
        products = self.env["product.product"].create(values)
        self._translate(products.product_tmpl_id, [row.name_zh for row in catalogue.products])
        return products

    @api.model
    def _backdate_costs(self, catalogue, products, start):
        """Standard costs with a history that begins before the first move; set after the creation, as creating a
        product with a cost dates it today and would override the average of the moves."""
        rows = SQL(", ").join(
            SQL("(%s, %s)", row_id, product.cost)
            for row_id, product in zip(products.ids, catalogue.products, strict=True)
        )
        # Creating a product dates a cost of nothing today, which would be the last word on its average.
        self.env["product.value"].search([("product_id", "in", products.ids), ("move_id", "=", False)]).unlink()
        self._write_standard_prices(rows)
        standard = {index for index, row in enumerate(catalogue.categories) if row[2] == "standard"}
        self.env["product.value"].create(
            [
                {
                    "product_id": row_id,
                    "value": product.cost,
                    "company_id": self.env.company.id,
                    "date": datetime.combine(start, time(0)),
                    "description": self.env._("Standard cost of the demonstration company"),
                }
                for row_id, product in zip(products.ids, catalogue.products, strict=True)
                if product.category in standard
            ]
        )

    @api.model
    def _write_standard_prices(self, rows):
        """``standard_price`` of ``rows`` (SQL pairs of product id and cost), without a revaluation dated today."""
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                UPDATE product_product
                   SET standard_price = COALESCE(standard_price, '{}'::jsonb)
                                        || jsonb_build_object(%(company)s::text, cost.value::float8)
                  FROM (VALUES %(rows)s) AS cost (id, value) WHERE cost.id = product_product.id
                """,
                company=str(self.env.company.id),
                rows=rows,
            )
        )
        self.env["product.product"].invalidate_model(["standard_price"])

    @api.model
    def _write_costs(self, master, costs):
        """Final average costs, as Odoo would have left them after the last move."""
        rows = [SQL("(%s, %s)", master["products"][index], cost) for index, cost in costs.items() if cost is not None]
        if rows:
            self._write_standard_prices(SQL(", ").join(rows))

    # Time and samples ------------------------------------------------------------------------------------------------

    @api.model
    def _clock(self, company, as_of, master):
        """Moments of the events in UTC, ascending, within the working hours of the warehouse.

        :return: dict ``moments`` (a datetime an event), ``step`` (a third of the time to the next event of the day),
            ``day`` (function: day number -> datetime of its morning in UTC)
        """
        zone = ZoneInfo(master["warehouses"][0].inventory_tz or "UTC")
        first = as_of - timedelta(days=company.days)

        def morning(day):
            local = datetime.combine(first + timedelta(days=int(day)), time(8), zone)
            return local.astimezone(timezone.utc).replace(tzinfo=None)

        per_day = {}
        for event in company.events:
            per_day[event.day] = per_day.get(event.day, 0) + 1
        moments, position, current = [], 0, None
        for event in company.events:
            if event.day != current:
                current, position = event.day, 0
                start, step = morning(event.day), 9 * 3600 // max(per_day[event.day], 1)
            moments.append(start + timedelta(seconds=step * position))
            position += 1
        shortest = 9 * 3600 // max(per_day.values(), default=1)
        return {"moments": moments, "step": timedelta(seconds=max(1, shortest // 3)), "day": morning}

    @api.model
    def _samples(self, master):
        """Column values of a draft sales order, purchase order, transfer and their lines made by the ORM.

        They are made in a savepoint and rolled back: only the defaults of the installed modules are wanted.
        """
        samples = {}
        product = self.env["product.product"].browse(master["products"][0])
        main = master["warehouses"][0]
        with self.env.cr.savepoint() as savepoint:
            sale = self.env["sale.order"].create(
                {
                    "partner_id": master["customers"][0],
                    "order_line": [Command.create({"product_id": product.id, "product_uom_qty": 1})],
                }
            )
            purchase = self.env["purchase.order"].create(
                {
                    "partner_id": master["suppliers"][0],
                    "order_line": [Command.create({"product_id": product.id, "product_qty": 1, "price_unit": 1})],
                }
            )
            picking = self.env["stock.picking"].create(
                {
                    "picking_type_id": main.int_type_id.id,
                    "location_id": main.lot_stock_id.id,
                    "location_dest_id": main.wh_output_stock_loc_id.id,
                    "move_ids": [
                        Command.create(
                            {
                                "product_id": product.id,
                                "product_uom_qty": 1,
                                "product_uom": product.uom_id.id,
                                "location_id": main.lot_stock_id.id,
                                "location_dest_id": main.wh_output_stock_loc_id.id,
                            }
                        )
                    ],
                }
            )
            self.env.flush_all()
            for table, row_id in (
                ("sale_order", sale.id),
                ("sale_order_line", sale.order_line.id),
                ("purchase_order", purchase.id),
                ("purchase_order_line", purchase.order_line.id),
                ("stock_picking", picking.id),
                ("stock_move", picking.move_ids.id),
            ):
                samples[table] = self._row(table, row_id)
            savepoint.rollback()
        self.env.invalidate_all()
        return samples

    @api.model
    def _row(self, table, row_id):
        """Stored values of a row, computed columns of the database left out."""
        self.env.cr.execute(
            SQL(
                "SELECT column_name FROM information_schema.columns"
                " WHERE table_schema = 'public' AND table_name = %s AND is_generated = 'NEVER'",
                table,
            )
        )
        names = [row[0] for row in self.env.cr.fetchall()]
        self.env.cr.execute(
            SQL(
                "SELECT %s FROM %s WHERE id = %s",
                SQL(", ").join(SQL.identifier(name) for name in names),
                SQL.identifier(table),
                row_id,
            )
        )
        return json_safe(dict(zip(names, self.env.cr.fetchone(), strict=True)))


def json_safe(row):
    """Row without values that make no sense on another record (access tokens)."""
    return {name: value for name, value in row.items() if name != "access_token" and json.dumps(value, default=str)}
