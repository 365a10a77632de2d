"""What people do to a managed rule: a moved one becomes theirs, a deleted or archived one is not made anew."""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL
from odoo.tools.sql import column_exists

from .own_links import refuse_links

#: Written by the planning alone, never over RPC, by a form or an import.
LINK_FIELDS = ("inventory_item_id", "inventory_trigger", "inventory_archived", "inventory_by_hand")
#: What says where a rule holds.
PLACE_FIELDS = {"product_id", "location_id", "warehouse_id"}


class StockWarehouseOrderpoint(models.Model):
    """A person's decision about a managed rule stands until a person decides otherwise.

    * Moved to another product, warehouse or location, the rule is the person's own. Its item gets another one with the
      next plan: the planning keeps one at the stock location of each item.
    * Deleted or archived, the item goes on without a rule (``inventory.item.without_rule``): it is planned, and bought
      by hand, but nothing brings the rule back or buys by itself until a planner presses "Keep a rule again" or
      somebody takes the rule out of the archive.

    What Odoo archives together with a product is nobody's decision.
    """

    _inherit = "stock.warehouse.orderpoint"

    _inventory_item_unique = models.UniqueIndex(
        "(inventory_item_id) WHERE inventory_item_id IS NOT NULL", "The planning keeps one reordering rule for an item."
    )

    def _auto_init(self):
        """Untie what earlier versions left tied, before the index that allows one rule an item is made."""
        cr = self.env.cr
        known = column_exists(cr, self._table, "inventory_item_id")
        marked = column_exists(cr, self._table, "inventory_by_hand")
        if known:
            self._inventory_untie_moved()
        result = super()._auto_init()
        if known and not marked:
            self._inventory_mark_edited()
        return result

    @api.model
    def _inventory_mark_edited(self):
        """Mark the rules that were edited before edits were marked."""
        self.env.cr.execute(
            """
            UPDATE stock_warehouse_orderpoint rule SET inventory_by_hand = TRUE
              FROM inventory_item item
             WHERE item.id = rule.inventory_item_id
               AND (rule.product_min_qty, rule.product_max_qty)
                   IS DISTINCT FROM (item.reorder_point, item.order_up_to)
            """
        )

    @api.model
    def _inventory_untie_moved(self):
        """Untie rules that are not at the place of their item; a place has one rule, so an item keeps at most one."""
        self.env.cr.execute(
            """
            UPDATE stock_warehouse_orderpoint rule
               SET inventory_item_id = NULL, inventory_trigger = NULL, inventory_archived = FALSE
              FROM inventory_item item
              JOIN stock_warehouse warehouse ON warehouse.id = item.warehouse_id
             WHERE item.id = rule.inventory_item_id
               AND (rule.product_id, rule.location_id, rule.company_id)
                   IS DISTINCT FROM (item.product_id, warehouse.lot_stock_id, item.company_id)
            """
        )
        if self.env.cr.rowcount:
            self.invalidate_model(LINK_FIELDS)

    # ------------------------------------------------------------------ changes

    @api.model_create_multi
    def create(self, vals_list):
        self._inventory_refuse_link(*vals_list)
        return super().create(vals_list)

    def write(self, vals):
        self._inventory_refuse_link(vals)
        managed = self.sudo().filtered("inventory_item_id")
        with_product = self.env.context.get("inventory_with_product")
        if with_product and vals.get("active"):
            removed = managed.filtered("inventory_item_id.without_rule")
            self, managed = self - removed, managed - removed
        before = {rule: rule.active for rule in managed}
        result = super().write(vals)
        if not vals.keys().isdisjoint(("product_min_qty", "product_max_qty")):
            super(StockWarehouseOrderpoint, managed).write({"inventory_by_hand": True})
        if not vals.keys().isdisjoint(PLACE_FIELDS):
            managed = managed._inventory_moved()
        if "active" in vals and not with_product:
            changed = managed.filtered(lambda rule: rule.active != before[rule])
            if vals["active"]:
                changed.inventory_item_id._rule_is_back()
            else:
                changed._inventory_removed("archived")
        return result

    def unlink(self):
        managed = self.sudo().filtered("inventory_item_id")
        managed._inventory_removed("deleted")
        return super().unlink()

    @api.model
    def _inventory_refuse_link(self, *values):
        """Nobody ties a rule to an item by hand: the item's figures would buy somewhere else."""
        text = self.env._("Which item a reordering rule belongs to is written by the planning alone.")
        refuse_links(self, LINK_FIELDS, values, text)

    def _inventory_moved(self):
        """Untie the rules among these that are no longer at the place of their item.

        :return: the rules that are
        """
        moved = self.filtered(
            lambda rule: (
                rule.product_id != rule.inventory_item_id.product_id
                or rule.location_id != rule.inventory_item_id.warehouse_id.lot_stock_id
            )
        )
        if not moved:
            return self
        told = []
        for rule in moved:
            text = self.env._(
                "%(rule)s is no longer kept by the planning: it was moved to %(product)s at %(location)s. The next "
                "plan makes another rule for this item.",
                rule=rule.name,
                product=rule.product_id.display_name,
                location=rule.location_id.display_name,
            )
            told.append((rule, rule.inventory_item_id, text))
        moved._inventory_tell("rule.moved", told)
        moved.write(dict.fromkeys(LINK_FIELDS, False))
        for name in ("qty_to_order_computed", "deadline_date"):  # Odoo's own calculation holds from now on
            self.env.add_to_compute(self._fields[name], moved)
        return self - moved

    def _inventory_removed(self, how):
        """Somebody deleted or archived these managed rules: their items go on without one.

        :param str how: ``deleted`` or ``archived``
        """
        rules = self.sudo().filtered("inventory_item_id")
        if not rules:
            return
        rules.inventory_item_id.without_rule = True
        told = []
        for rule in rules:
            text = (
                self.env._("%s was archived: this item goes on without a reordering rule.", rule.name)
                if how == "archived"
                else self.env._("%s was deleted: this item goes on without a reordering rule.", rule.name)
            )
            told.append((rule, rule.inventory_item_id, text))
        rules._inventory_tell("rule.removed", told)

    @api.model
    def _inventory_tell(self, event, told):
        """Write sentences to the audit trail and to the items' chatter.

        :param told: list of ``(rule, item, sentence)``
        """
        items = self.env["inventory.item"].sudo().union(*(item for _rule, item, _text in told))
        items.mapped("product_id.display_name")  # the trail names one item after the other
        self.env["inventory.audit.entry"]._log_many(
            [
                (event, text, item, {"rule": rule.name, "min": rule.product_min_qty, "max": rule.product_max_qty})
                for rule, item, text in told
            ]
        )
        items._message_log_batch({item.id: text for _rule, item, text in told})


class InventoryItem(models.Model):
    _inherit = "inventory.item"

    without_rule = fields.Boolean(
        "Goes on without a Rule",
        readonly=True,
        help="Somebody deleted or archived the reordering rule: the planning makes none, and buys nothing by itself.",
    )

    def action_keep_rule_again(self):
        """Let the planning keep a reordering rule of these items again, with the values in force.

        :raise UserError: for others than planners, and where no rule was removed
        """
        self._check_planner()
        items = self.sudo().filtered("without_rule")
        if not items:
            raise UserError(self.env._("These items have their rule, or never had one: nobody removed it."))
        items._rule_is_back()
        items._in_force_changed(items.ids)
        return True

    def _rule_is_back(self):
        """Somebody decided that the planning keeps a rule of these items again."""
        items = self.sudo().filtered("without_rule")
        items.without_rule = False
        text = self.env._("The planning keeps a reordering rule of this item again.")
        self.env["inventory.audit.entry"]._log_many([("rule.kept_again", text, item, None) for item in items])
        items._message_log_batch(dict.fromkeys(items.ids, text))

    @api.model
    def _without_rule_sql(self):
        """Condition on ``item``: somebody removed its rule."""
        return SQL("COALESCE(item.without_rule, FALSE)")
