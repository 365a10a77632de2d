"""Items as subjects of alerts, and the refresh of their status as cause of an evaluation."""

from odoo import api, fields, models
from odoo.tools import SQL


class InventoryItem(models.Model):
    """Rules watch items by their status; a refresh of the status wakes the evaluation."""

    _name = "inventory.item"
    _inherit = ["inventory.item", "inventory.alert.subject"]

    @api.model
    def _refresh(self, *args, **kwargs):
        """See ``inventory_plus``; afterwards the alert rules are evaluated, in a transaction of their own."""
        result = super()._refresh(*args, **kwargs)
        self.env["inventory.alert.rule"]._wake_evaluation()
        return result

    @api.model
    def _alert_snapshot_fields(self):
        return [
            "status",
            "usable",
            "incoming",
            "safety_stock",
            "reorder_point",
            "need_to_buy",
            "stockout_date",
            "best_order_date",
            "cover_days",
        ]

    @api.model
    def _alert_name_sql(self, alias):
        return SQL(
            """
            (SELECT concat(CASE WHEN product.default_code > '' THEN concat('[', product.default_code, '] ') END,
                           template.name->>'en_US', ' · ', warehouse.code)
               FROM product_product product
               JOIN product_template template ON template.id = product.product_tmpl_id
               JOIN stock_warehouse warehouse ON warehouse.id = %s
              WHERE product.id = %s)
            """,
            SQL.identifier(alias, "warehouse_id"),
            SQL.identifier(alias, "product_id"),
        )

    @api.model
    def _alert_responsible_sql(self, ids_sql):
        """The item's responsible, else the product's in its company, else the warehouse's, else the company's."""
        return SQL(
            """
            SELECT item.id AS subject_id, candidate.priority, candidate.user_id
              FROM inventory_item item
              JOIN product_product product ON product.id = item.product_id
              JOIN product_template template ON template.id = product.product_tmpl_id
              JOIN stock_warehouse warehouse ON warehouse.id = item.warehouse_id
              JOIN res_company company ON company.id = item.company_id
             CROSS JOIN LATERAL (VALUES
                    (0, item.user_id),
                    (1, (template.responsible_id->>company.id::text)::int),
                    (2, warehouse.inventory_alert_user_id),
                    (3, company.inventory_alert_user_id)
                   ) AS candidate(priority, user_id)
             WHERE candidate.user_id IS NOT NULL AND item.id IN (%s)
            """,
            ids_sql,
        )

    @api.model
    def _alert_summary(self, values):
        parts = []
        if values.get("usable") is not None:
            text = self._alert_format("usable", values["usable"])
            if values.get("safety_stock"):
                safety = self._alert_format("safety_stock", values["safety_stock"])
                parts.append(self.env._("%(usable)s usable (safety stock %(safety)s)", usable=text, safety=safety))
            else:
                parts.append(self.env._("%s usable", text))
        today = fields.Date.to_string(self._alert_today())
        if values.get("stockout_date"):
            day = self._alert_format("stockout_date", values["stockout_date"])
            parts.append(
                self.env._("out of stock since %s", day)
                if values["stockout_date"] < today
                else self.env._("out of stock on %s", day)
            )
        parts += self._alert_order_parts(values, today)
        return ", ".join(parts)

    @api.model
    def _alert_order_parts(self, values, today):
        """What to order and by when: nothing where the figures say that nothing is to be bought."""
        day = values.get("best_order_date")
        if "need_to_buy" in values and not values["need_to_buy"]:
            return []
        quantity = values.get("need_to_buy") and self._alert_format("need_to_buy", values["need_to_buy"])
        if not day:
            return [self.env._("%s to buy", quantity)] if quantity else []
        if day <= today:
            return [self.env._("order %s now", quantity) if quantity else self.env._("order now")]
        text = self._alert_format("best_order_date", day)
        if quantity:
            return [self.env._("order %(quantity)s by %(day)s", quantity=quantity, day=text)]
        return [self.env._("order by %s", text)]

    @api.model
    def _alert_today(self):
        """The planning date of the company."""
        return self._planning_date(self.env.company)
