"""The check behind ``./inventory verify``: each managed reordering rule has its item's values, and is the only one."""

from odoo import api, models
from odoo.tools import SQL, float_compare

from .verify_item import SAMPLE


class InventoryVerify(models.AbstractModel):
    _inherit = "inventory.verify"

    @api.model
    def _checks(self):
        return [*super()._checks(), ("reordering rules", self._check_reordering_rules)]

    @api.model
    def _check_reordering_rules(self):
        """Compare rules and items as records; the planning writes them in sets.

        What a person decided is no difference: values edited by hand, a rule that was removed or that somebody made
        himself, a product for which Odoo allows none.
        """
        self = self.sudo()
        self.env.flush_all()
        everything = self.with_context(active_test=False)
        rules = everything.env["stock.warehouse.orderpoint"].search([("inventory_item_id", "!=", False)])
        kept = rules.grouped("inventory_item_id")
        told = []
        for item, own in kept.items():
            if len(own) > 1:
                told.append(self._told_rule(item, self.env._("%s rules are kept for it", len(own))))
            told += [self._told_rule(item, sentence) for rule in own for sentence in self._rule_differences(item, rule)]
        missing = self._items_that_want_a_rule() - rules.inventory_item_id
        told += [self._told_rule(item, self.env._("it has no rule")) for item in missing]
        return {"compared": len(rules) + len(missing), "differences": len(told), "sample": told[:SAMPLE]}

    @api.model
    def _told_rule(self, item, sentence):
        return self.env._(
            "%(item)s in %(warehouse)s: %(what)s",
            item=item.product_id.display_name,
            warehouse=item.warehouse_id.name,
            what=sentence,
        )

    @api.model
    def _rule_differences(self, item, rule):
        """Sentences about one rule."""
        place = item.warehouse_id.lot_stock_id
        if (rule.product_id, rule.location_id, rule.company_id) != (item.product_id, place, item.company_id):
            return [
                self.env._(
                    "%(rule)s is for %(product)s at %(location)s",
                    rule=rule.name,
                    product=rule.product_id.display_name,
                    location=rule.location_id.display_name,
                )
            ]
        if rule.active and not item.active:
            return [self.env._("%s is in use, the item is archived", rule.name)]
        if rule.inventory_by_hand or not item.active:
            return []
        digits = self.env["decimal.precision"].precision_get("Product Unit")
        pairs = (
            (self.env._("min"), rule.product_min_qty, item.reorder_point),
            (self.env._("max"), rule.product_max_qty, item.order_up_to),
        )
        return [
            self.env._(
                "%(what)s of %(rule)s is %(stored)s, in force is %(value)s",
                what=what,
                rule=rule.name,
                stored=stored,
                value=value,
            )
            for what, stored, value in pairs
            if float_compare(stored, value, precision_digits=digits)
        ]

    @api.model
    def _items_that_want_a_rule(self):
        """Planned items with something to keep, where nobody decided against a rule or made one himself."""
        item_model = self.env["inventory.item"]
        items = item_model.search(
            [
                ("without_rule", "=", False),
                ("explanation_data", "!=", False),
                ("order_up_to", ">", 0),
                ("warehouse_id.active", "=", True),
            ]
        )
        allowed = self.env.execute_query(
            SQL(
                "SELECT item.id FROM inventory_item item WHERE item.id = ANY(%s) AND %s",
                items.ids,
                item_model._may_have_rule_sql(),
            )
        )
        items = item_model.browse([row[0] for row in allowed])
        places = (
            self.env["stock.warehouse.orderpoint"]
            .with_context(active_test=False)
            ._read_group(
                [("product_id", "in", items.product_id.ids), ("inventory_item_id", "=", False)],
                ["product_id", "location_id", "company_id"],
            )
        )
        taken = set(places)
        return items.filtered(
            lambda item: (item.product_id, item.warehouse_id.lot_stock_id, item.company_id) not in taken
        )
