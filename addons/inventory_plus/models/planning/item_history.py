"""What a planner says about an item's history: which item it is like, which one follows it, when it ends."""

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL

#: Most times that an item can be asked for as often as the one it is like; more is a slip of the pen.
MOST_FACTOR = 1000


class InventoryItem(models.Model):
    _inherit = "inventory.item"

    like_item_id = fields.Many2one(
        "inventory.item",
        "Plan like",
        index="btree_not_null",
        ondelete="set null",
        check_company=True,
        help="An item whose history stands in for this one's until it has half a year of its own.",
    )
    like_factor = fields.Float(
        "Times", default=1.0, digits=(16, 3), help="Expected demand of this item, as a multiple of the other's."
    )
    successor_id = fields.Many2one(
        "product.product",
        "Replaced by",
        index="btree_not_null",
        ondelete="set null",
        help="The product that takes over this one's demand in the same warehouse: from the last day on, at once "
        "where none is given. This item then plans to end.",
    )
    end_of_life_date = fields.Date(
        "Last Day of Sale",
        help="Demand falls to nothing at this day, and no stock is planned beyond it. With a successor: the day from "
        "which that one has the demand.",
    )

    predecessor_ids = fields.Many2many(
        "inventory.item", string="Takes over from", compute="_compute_predecessor_ids", compute_sudo=True
    )
    is_planner = fields.Boolean(compute="_compute_is_planner")

    @api.depends_context("uid")
    def _compute_is_planner(self):
        """Whether the reader may change what is planned with."""
        self.is_planner = self.env.user.has_group("inventory_plus.group_planner")

    @api.depends("product_id", "warehouse_id")
    def _compute_predecessor_ids(self):
        found = self.with_context(active_test=False).search(
            [("successor_id", "in", self.product_id.ids), ("warehouse_id", "in", self.warehouse_id.ids)]
        )
        for item in self:
            item.predecessor_ids = found.filtered(
                lambda other, item=item: (
                    other.successor_id == item.product_id and other.warehouse_id == item.warehouse_id
                )
            )

    def init(self):
        """Items are made by SQL, which knows no defaults of the ORM."""
        super().init()
        self.env.cr.execute(
            SQL(
                "ALTER TABLE %s ALTER COLUMN like_factor SET DEFAULT 1",
                SQL.identifier(self._table),
            )
        )

    @api.constrains("like_item_id", "like_factor")
    def _check_like_item(self):
        for item in self:
            if item.like_item_id and item.like_item_id == item:
                raise ValidationError(
                    self.env._("%s cannot be planned like itself. Choose another item.", item.display_name)
                )
            if item.like_item_id and item.like_factor <= 0:
                raise ValidationError(
                    self.env._(
                        "%s cannot be planned like another item times zero or less. Enter 1 for the same demand.",
                        item.display_name,
                    )
                )
            # Written so that "not a number" is refused too.
            if item.like_item_id and not item.like_factor <= MOST_FACTOR:
                raise ValidationError(
                    self.env._(
                        "%(item)s cannot be planned like another item times more than %(most)s.",
                        item=item.display_name,
                        most=MOST_FACTOR,
                    )
                )

    @api.constrains("successor_id", "warehouse_id", "product_id")
    def _check_successor(self):
        """Follow all chains of the warehouses at once, so that a circle is refused whoever closes it."""
        changed = self.filtered("successor_id")
        if not changed:
            return
        for item in changed:
            if item.successor_id == item.product_id:
                raise ValidationError(
                    self.env._("%s cannot be replaced by itself. Choose another product.", item.display_name)
                )
            company = item.successor_id.company_id
            if company and company != item.company_id:
                raise ValidationError(
                    self.env._(
                        "%(product)s belongs to %(company)s and cannot replace an item of another company.",
                        product=item.successor_id.display_name,
                        company=company.name,
                    )
                )
            if not item.successor_id.is_storable:
                raise ValidationError(
                    self.env._(
                        "%s is not kept in stock and cannot take over demand on it.", item.successor_id.display_name
                    )
                )
        follows = {
            (item.warehouse_id.id, item.product_id.id): item.successor_id.id
            for item in self.sudo()
            .with_context(active_test=False)
            .search([("successor_id", "!=", False), ("warehouse_id", "in", changed.warehouse_id.ids)])
        }
        for item in changed:
            seen, product = {item.product_id.id}, item.successor_id.id
            while product and product not in seen:
                seen.add(product)
                product = follows.get((item.warehouse_id.id, product))
            if product:
                raise ValidationError(
                    self.env._(
                        "%(item)s and %(successor)s would replace each other in a circle. A chain of successors must "
                        "have an end.",
                        item=item.display_name,
                        successor=item.successor_id.display_name,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        """A successor may have no item yet: the next plan makes it, of all products that something speaks of."""
        items = super().create(vals_list)
        if any(vals.get("successor_id") for vals in vals_list):
            items._make_successors()
        return items

    def write(self, vals):
        result = super().write(vals)
        if vals.get("successor_id"):
            self._make_successors()
        return result

    def _make_successors(self):
        """Have items of the successors' products made, so that they are there to be planned and linked to."""
        self.env.flush_all()
        self.sudo()._create_missing(self.warehouse_id.ids)

    def _fed_by(self):
        """Ids of these items and of all that are planned with their history: like them, or as their successors."""
        if not self.ids:
            return []
        self.env["inventory.item"].flush_model(["like_item_id", "successor_id"])
        rows = self.env.execute_query(
            SQL(
                """
                WITH RECURSIVE step AS MATERIALIZED (
                    SELECT like_item_id AS source, id AS fed FROM inventory_item WHERE like_item_id IS NOT NULL
                     UNION ALL
                    SELECT item.id, follower.id
                      FROM inventory_item item
                      JOIN inventory_item follower ON follower.product_id = item.successor_id
                                                  AND follower.warehouse_id = item.warehouse_id
                ), reached AS (
                    SELECT unnest(%s) AS id
                     UNION
                    SELECT step.fed FROM reached JOIN step ON step.source = reached.id
                )
                SELECT id FROM reached
                """,
                self.ids,
            )
        )
        return [row[0] for row in rows]

    @api.model
    def _requested_by_planners_sql(self):
        """Rows ``(product_id, warehouse_id)`` of products that take over an item's demand."""
        return SQL("SELECT successor_id AS product_id, warehouse_id FROM inventory_item WHERE successor_id IS NOT NULL")
