"""Items on the dashboard: how many are short, where, which ones first."""

from odoo import api, fields, models
from odoo.tools import SQL

SHORT_ITEMS = 8
SHORT_FIELDS = ("usable", "safety_stock", "stockout_date", "best_order_date", "need_to_buy", "requested", "cover_days")
# As the list of items does it, so that both begin with the same ones.
URGENCY = ("stockout_date", "abc")
STATUSES = ("red", "yellow", "green", "blue", "grey")


class InventoryDashboard(models.AbstractModel):
    """Sections read from the item snapshots, under the user's own access rights and record rules."""

    _inherit = "inventory.dashboard"

    @api.model
    def _item_domain(self, scope):
        return [("warehouse_id", "in", scope["warehouses"].ids)]

    @api.model
    def _section_items(self, scope):
        """Number of items per status and warehouse, and what excess, slow stock and need to buy are worth."""
        groups = self.env["inventory.item"]._read_group(
            self._item_domain(scope), ["warehouse_id", "status"], ["__count", "computed_at:max"]
        )
        total = dict.fromkeys(STATUSES, 0)
        warehouses = {warehouse.id: dict.fromkeys(STATUSES, 0) for warehouse in scope["warehouses"]}
        for warehouse, status, count, _computed_at in groups:
            if status in total:
                total[status] += count
                warehouses[warehouse.id][status] += count
        computed_at = max((group[3] for group in groups if group[3]), default=None)
        return {
            "count": sum(count for _warehouse, _status, count, _computed_at in groups),
            "unplanned": self.env["inventory.item"].search_count(
                [*self._item_domain(scope), ("planned_at", "=", False)]
            ),
            "status": total,
            "by_warehouse": [
                {"id": warehouse.id, "name": warehouse.name, "status": warehouses[warehouse.id]}
                for warehouse in scope["warehouses"]
                if any(warehouses[warehouse.id].values())
            ],
            "computed_at": computed_at and fields.Datetime.to_string(computed_at),
            **self._item_amounts(scope),
        }

    @api.model
    def _item_amounts(self, scope):
        """Items to buy, excess and slow stock: counts for all, amounts for roles that see money.

        Excess is what a blue item has above its order-up-to level; slow is the whole stock of a grey item; requested
        is what draft requests for quotation ask for. All are valued at the current unit cost. Figures whose field the
        user may not read are left out.
        """
        items = self.env["inventory.item"]
        query = items._search(self._item_domain(scope))
        row = self.env.execute_query(
            SQL(
                """
                SELECT count(*) FILTER (WHERE item.need_to_buy > 0),
                       SUM(item.need_to_buy * %(cost)s) FILTER (WHERE item.need_to_buy > 0),
                       SUM(GREATEST(item.usable - COALESCE(item.order_up_to, 0), 0) * %(cost)s)
                           FILTER (WHERE item.status = 'blue'),
                       SUM(GREATEST(item.on_hand, 0) * %(cost)s) FILTER (WHERE item.status = 'grey'),
                       count(*) FILTER (WHERE item.requested > 0),
                       SUM(item.requested * %(cost)s) FILTER (WHERE item.requested > 0)
                  FROM inventory_item item
                  JOIN product_product product ON product.id = item.product_id
                  JOIN res_company company ON company.id = item.company_id
                 WHERE item.id IN %(ids)s
                """,
                cost=self._unit_cost_sql(),
                ids=query.subselect(),
            )
        )[0]
        readable = {
            name: items._has_field_access(items._fields[name], "read")
            for name in ("need_to_buy", "requested", "usable", "on_hand", "order_up_to")
        }
        answer = {}
        if readable["need_to_buy"]:
            answer["to_buy_count"] = row[0]
            if scope["money"]:
                answer["to_buy_value"] = float(row[1] or 0)
        if readable["requested"]:
            answer["requested_count"] = row[4]
            if scope["money"]:
                answer["requested_value"] = float(row[5] or 0)
        if scope["money"] and readable["usable"] and readable["order_up_to"]:
            answer["excess_value"] = float(row[2] or 0)
        if scope["money"] and readable["on_hand"]:
            answer["slow_value"] = float(row[3] or 0)
        return answer

    @api.model
    def _section_short_items(self, scope):
        """The first items to act on: short ones, then soon short, by stock-out date and class."""
        items = self.env["inventory.item"]
        allowed, urgency = (
            [name for name in names if items._has_field_access(items._fields[name], "read")]
            for names in (SHORT_FIELDS, URGENCY)
        )
        records = items.search_fetch(
            [*self._item_domain(scope), ("status", "in", ("red", "yellow"))],
            ["product_id", "warehouse_id", "status", *allowed],
            order=", ".join(["status_sequence", *urgency, "id"]),
            limit=SHORT_ITEMS,
        )
        # One fetch for all names; the loop below only reads the cache.
        records.product_id.mapped("display_name")
        records.product_id.uom_id.mapped("name")
        rows = []
        for item in records:
            row = {
                "id": item.id,
                "product": item.product_id.display_name,
                "uom": item.product_id.uom_id.name,
                "warehouse": item.warehouse_id.name,
                "status": item.status,
            }
            for name in allowed:
                value = item[name]
                row[name] = fields.Date.to_string(value) if items._fields[name].type == "date" else value
            rows.append(row)
        return {"columns": allowed, "rows": rows}
