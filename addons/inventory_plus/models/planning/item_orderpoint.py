"""Keeping Odoo's reordering rules in step with the parameters in force, in sets; other people's rules are listed."""

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

STATES = [
    ("none", "No rule"),
    ("planned", "Kept by the plan"),
    ("edited", "Edited by hand"),
    ("foreign", "Made by somebody"),
    ("removed", "Removed by somebody"),
]
#: Columns of a new rule that are written here; others get their defaults.
OWN_COLUMNS = {
    "name",
    "inventory_item_id",
    "product_id",
    "warehouse_id",
    "location_id",
    "company_id",
    "product_min_qty",
    "product_max_qty",
    "replenishment_uom_id",
    "trigger",
    "inventory_trigger",
    "inventory_by_hand",
    "active",
    "qty_to_order_computed",
    "qty_to_order_manual",
    "deadline_date",
    "snoozed_until",
}


class InventoryItem(models.Model):
    _inherit = "inventory.item"

    orderpoint_ids = fields.One2many(
        "stock.warehouse.orderpoint",
        "inventory_item_id",
        "Managed Rule",
        readonly=True,
        # Those who may read the rules themselves.
        groups="stock.group_stock_user,purchase.group_purchase_user,sales_team.group_sale_salesman",
    )
    rule_state = fields.Selection(
        STATES,
        "Reordering Rule",
        compute="_compute_rule_state",
        search="_search_rule_state",
        help="Kept by the plan: Odoo's rule has the values in force. Edited by hand: somebody changed them on Odoo's "
        "screen. Made by somebody: the planning does not touch it until a planner takes it over. Removed by somebody: "
        "the planning makes none until a planner wants one again.",
    )
    rule_text = fields.Char("About the Rule", compute="_compute_rule_state")

    # ---------------------------------------------------------------- display

    @api.model
    def _rule_states_sql(self):
        """Rows ``(item_id, state, minimum, maximum, rule_id)``: the rule at the stock location of each item."""
        return SQL(
            """
            SELECT item.id AS item_id,
                   CASE WHEN rule.inventory_item_id IS NULL AND rule.id IS NOT NULL AND NOT %(placeholder)s
                        THEN 'foreign'
                        WHEN %(removed)s THEN 'removed'
                        WHEN rule.id IS NULL OR %(placeholder)s THEN 'none'
                        WHEN NOT item.active THEN 'none'
                        WHEN rule.active AND rule.trigger = rule.inventory_trigger
                             AND (rule.product_min_qty, rule.product_max_qty)
                             = (item.reorder_point, item.order_up_to) THEN 'planned'
                        ELSE 'edited' END AS state,
                   rule.product_min_qty AS minimum, rule.product_max_qty AS maximum, rule.id AS rule_id,
                   rule.active AND rule.trigger = 'auto' AS automatic, rule.active
              FROM inventory_item item
              JOIN stock_warehouse warehouse ON warehouse.id = item.warehouse_id
              LEFT JOIN stock_warehouse_orderpoint rule
                     ON rule.product_id = item.product_id AND rule.location_id = warehouse.lot_stock_id
                    AND rule.company_id = item.company_id
            """,
            placeholder=_placeholder(),
            removed=self._without_rule_sql(),
        )

    @api.depends(
        "reorder_point",
        "order_up_to",
        "without_rule",
        "orderpoint_ids.product_min_qty",
        "orderpoint_ids.product_max_qty",
    )
    @api.depends_context("lang")
    def _compute_rule_state(self):
        self.env["stock.warehouse.orderpoint"].flush_model()
        rows = self.env.execute_query(
            SQL("SELECT * FROM (%s) rule WHERE item_id = ANY(%s)", self._rule_states_sql(), self.ids)
        )
        found = {row[0]: row[1:] for row in rows}
        for item in self:
            state, minimum, maximum, _rule, automatic, active = found.get(item.id, ("none", 0, 0, None, False, True))
            item.rule_state = state
            words = {"minimum": self._number(minimum), "maximum": self._number(maximum)}
            text = {
                "foreign": self.env._("Somebody made a rule with min %(minimum)s and max %(maximum)s.", **words),
                "edited": self.env._("The rule was changed by hand: min %(minimum)s, max %(maximum)s.", **words),
                "removed": self.env._(
                    "Somebody removed the reordering rule: the planning makes none, and buys nothing by itself."
                ),
            }.get(state, "")
            if state == "removed":
                item.rule_text = text
                continue
            if text and automatic:
                text = self.env._("%s It orders by itself.", text)
            if text and not active:
                text = self.env._("%s It is archived.", text)
            item.rule_text = text

    @api.model
    def _search_rule_state(self, operator, value):
        if operator != "in":
            return NotImplemented
        self.env["stock.warehouse.orderpoint"].flush_model()
        return [
            (
                "id",
                "in",
                SQL("(SELECT item_id FROM (%s) rule WHERE state = ANY(%s))", self._rule_states_sql(), [*value]),
            )
        ]

    # ---------------------------------------------------------------- actions

    def action_take_over_rule(self):
        """Put rules that somebody made at these items' stock locations under the planning, with the values in force."""
        self._check_planner()
        rows = self._rules_in("foreign")
        if not rows:
            raise UserError(self.env._("There is no rule of somebody to take over."))
        items = self.browse(rows)
        if empty := items.filtered(lambda item: not item.explanation_data or item.order_up_to <= 0):
            raise UserError(self.env._("Nothing is to be kept of %s: plan it first.", empty[0].product_id.display_name))
        self.env.cr.execute(
            SQL(
                """
                UPDATE stock_warehouse_orderpoint rule
                   SET inventory_item_id = state.item_id, create_uid = NULLIF(create_uid, %s)
                  FROM (%s) state
                 WHERE state.rule_id = rule.id AND state.item_id = ANY(%s)
                """,
                SUPERUSER_ID,
                self._rule_states_sql(),
                items.ids,
            )
        )
        items.sudo().without_rule = False
        items._log_rules("rule.taken_over", self.env._("Reordering rule taken over"), rows)
        items.sudo()._in_force_changed(items.ids)
        return True

    def action_restore_rule(self):
        """Put the values in force back on rules that were edited by hand."""
        self._check_planner()
        rows = self._rules_in("edited")
        if not rows:
            raise UserError(self.env._("No rule of these items was edited by hand."))
        items = self.browse(rows)
        items._log_rules("rule.restored", self.env._("Reordering rule put back to the plan"), rows)
        items.sudo()._in_force_changed(items.ids)
        return True

    def _check_planner(self):
        self.check_access("read")
        if not self.env.user.has_group("inventory_plus.group_planner"):
            raise UserError(self.env._("Only planners decide whose rule holds. Ask one of them."))

    def _rules_in(self, state):
        """``{item id: [minimum, maximum]}`` of these items whose rule is in this state; rules are locked (law 3)."""
        self.env["stock.warehouse.orderpoint"].flush_model()
        rows = self.env.execute_query(
            SQL(
                "SELECT item_id, minimum::float8, maximum::float8, rule_id FROM (%s) rule "
                "WHERE state = %s AND item_id = ANY(%s)",
                self._rule_states_sql(),
                state,
                self.ids,
            )
        )
        self.env.cr.execute(
            SQL(
                "SELECT id FROM stock_warehouse_orderpoint WHERE id = ANY(%s) ORDER BY id FOR UPDATE",
                [row[3] for row in rows],
            )
        )
        return {row[0]: [row[1], row[2]] for row in rows}

    def _log_rules(self, event, text, before):
        self.env["inventory.audit.entry"]._log_many(
            [
                (
                    event,
                    f"{text}: {item.product_id.display_name} ({item.warehouse_id.sudo().name})",
                    item,
                    {"before": before[item.id], "after": [item.reorder_point, item.order_up_to]},
                )
                for item in self
            ]
        )

    # ------------------------------------------------------------------- sync

    @api.model
    def _in_force_changed(self, item_ids):
        """Parameters of these items came into force: Odoo's rules and the snapshot follow.

        :param list item_ids: ids of items
        """
        if item_ids:
            self._refresh(item_ids)
            self._sync_rules(SQL("item.id = ANY(%s)", item_ids), SQL("TRUE"))

    @api.model
    def _sync_run(self, run, warehouse_ids):
        """Bring the rules in step with what a run put in force, and make those that are missing."""
        applied = SQL(
            "item.id IN (SELECT item_id FROM inventory_proposal WHERE run_id = %s AND state = 'applied')", run.id
        )
        self._sync_rules(SQL("item.warehouse_id = ANY(%s)", list(warehouse_ids)), applied)

    @api.model
    def _sync_rules(self, where, follow):
        """Make, change and remove managed rules, in a fixed number of statements.

        :param SQL where: condition on ``item``: which items
        :param SQL follow: condition on ``item``: whose rules take min and max from the item; of the others only what
            no one edits is kept up (trigger, pack, archived with the item)
        """
        rules = self.env["stock.warehouse.orderpoint"]
        self.env.flush_all()
        self.env.cr.execute("DROP TABLE IF EXISTS inventory_rule_stage")
        self.env.cr.execute(
            SQL(
                """
                CREATE TEMPORARY TABLE inventory_rule_stage ON COMMIT DROP AS
                SELECT item.id, item.product_id, item.warehouse_id, item.company_id, item.active, item.suggested_order,
                       item.best_order_date, warehouse.lot_stock_id,
                       COALESCE(item.reorder_point, 0) AS minimum, COALESCE(item.order_up_to, 0) AS maximum,
                       CASE WHEN item.own_trigger AND item.replenish_trigger = 'auto' THEN 'auto' ELSE 'manual' END
                           AS trigger,
                       vendor.unit_id, %(follow)s AS follows,
                       item.active AND warehouse.active AND item.explanation_data IS NOT NULL AND %(allowed)s
                           AND (item.order_up_to > 0 OR item.suggested_order > 0) AND NOT %(removed)s AS kept,
                       %(removed)s AS removed
                  FROM inventory_item item
                  JOIN stock_warehouse warehouse ON warehouse.id = item.warehouse_id
                  LEFT JOIN LATERAL (%(vendor)s) vendor ON TRUE
                 WHERE %(where)s
                """,
                follow=follow,
                allowed=self._may_have_rule_sql(),
                vendor=self._pack_unit_sql(),
                removed=self._without_rule_sql(),
                where=where,
            )
        )
        self.env.cr.execute("ANALYZE inventory_rule_stage")
        self._change_rules()
        self._adopt_placeholders()
        self._make_rules(rules)
        self._remove_rules()
        rules.invalidate_model()
        self.invalidate_model(["orderpoint_ids", "rule_state"])

    @api.model
    def _may_have_rule_sql(self):
        """Condition on ``item``: whether Odoo lets its product have a reordering rule."""
        return SQL("TRUE")

    @api.model
    def _pack_unit_sql(self):
        """The main vendor's unit for ``item``, where it is another than the product's: ``unit_id``, at most a row."""
        return SQL(
            """
            SELECT line.product_uom_id AS unit_id
              FROM product_product product
              JOIN product_template template ON template.id = product.product_tmpl_id
              JOIN product_supplierinfo line ON line.product_tmpl_id = template.id
               AND (line.product_id IS NULL OR line.product_id = product.id)
               AND (line.company_id IS NULL OR line.company_id = item.company_id)
             WHERE product.id = item.product_id AND line.partner_id = item.vendor_id
               AND line.product_uom_id <> template.uom_id
             ORDER BY line.sequence, line.min_qty, line.price, line.id
             LIMIT 1
            """
        )

    @api.model
    def _change_rules(self):
        """Rules that are there: values where they follow, trigger and pack of all, archived with their item."""
        self.env.cr.execute(
            SQL(
                """
                UPDATE stock_warehouse_orderpoint rule
                   SET product_min_qty = fresh.minimum, product_max_qty = fresh.maximum, active = fresh.active,
                       trigger = fresh.trigger, inventory_trigger = fresh.planned_trigger,
                       replenishment_uom_id = fresh.unit_id, snoozed_until = fresh.snoozed_until,
                       qty_to_order_computed = fresh.suggested, deadline_date = fresh.deadline,
                       inventory_by_hand = fresh.by_hand,
                       write_uid = %(uid)s, write_date = now() AT TIME ZONE 'UTC'
                  FROM (SELECT rule.id,
                               CASE WHEN follows THEN minimum ELSE rule.product_min_qty END AS minimum,
                               CASE WHEN follows THEN maximum ELSE rule.product_max_qty END AS maximum,
                               CASE WHEN follows THEN COALESCE(stage.suggested_order, 0)
                                    ELSE rule.qty_to_order_computed END AS suggested,
                               CASE WHEN follows THEN stage.best_order_date ELSE rule.deadline_date END AS deadline,
                               stage.active AND NOT removed AND (follows OR rule.active) AS active,
                               NOT follows AND COALESCE(rule.inventory_by_hand, FALSE) AS by_hand,
                               CASE WHEN theirs THEN rule.trigger ELSE stage.trigger END AS trigger,
                               CASE WHEN theirs THEN rule.inventory_trigger ELSE stage.trigger END AS planned_trigger,
                               CASE WHEN follows OR rule.replenishment_uom_id IS NULL
                                    THEN COALESCE(stage.unit_id, rule.replenishment_uom_id)
                                    ELSE rule.replenishment_uom_id END AS unit_id,
                               CASE WHEN theirs OR stage.trigger = 'manual' THEN rule.snoozed_until END AS snoozed_until
                          FROM inventory_rule_stage stage
                          JOIN stock_warehouse_orderpoint rule ON rule.inventory_item_id = stage.id
                         CROSS JOIN LATERAL (
                               SELECT NOT stage.follows AND rule.trigger <> rule.inventory_trigger AS theirs) hand
                       ) fresh
                 WHERE rule.id = fresh.id
                   AND (rule.product_min_qty, rule.product_max_qty, rule.active, rule.trigger, rule.inventory_trigger,
                        rule.replenishment_uom_id, rule.snoozed_until, rule.qty_to_order_computed, rule.deadline_date,
                        COALESCE(rule.inventory_by_hand, FALSE))
                       IS DISTINCT FROM (fresh.minimum, fresh.maximum, fresh.active, fresh.trigger,
                                         fresh.planned_trigger, fresh.unit_id, fresh.snoozed_until, fresh.suggested,
                                         fresh.deadline, fresh.by_hand)
                """,
                uid=self.env.uid,
            )
        )

    @api.model
    def _adopt_placeholders(self):
        """Take the empty rules that Odoo's screen made for a shortage: they are nobody's, and in the way of ours.

        Without an author they survive Odoo's cleaning, which removes what the system created and has nothing to order.
        """
        self.env.cr.execute(
            SQL(
                """
                UPDATE stock_warehouse_orderpoint rule
                   SET inventory_item_id = stage.id, product_min_qty = stage.minimum, product_max_qty = stage.maximum,
                       trigger = stage.trigger, inventory_trigger = stage.trigger, active = TRUE, create_uid = NULL,
                       write_uid = %(uid)s, write_date = now() AT TIME ZONE 'UTC'
                  FROM inventory_rule_stage stage
                 WHERE stage.kept AND rule.product_id = stage.product_id AND rule.location_id = stage.lot_stock_id
                   AND rule.company_id = stage.company_id AND %(placeholder)s
                """,
                uid=self.env.uid,
                placeholder=_placeholder(),
            )
        )

    @api.model
    def _make_rules(self, rules):
        """Rules for items that have none; another one at the same place, archived or not, is left to a planner."""
        others = self._rule_defaults(rules)
        number, prefix, padding, suffix = self._rule_number_sql()
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO stock_warehouse_orderpoint (
                    name, inventory_item_id, product_id, warehouse_id, location_id, company_id, product_min_qty,
                    product_max_qty, replenishment_uom_id, trigger, inventory_trigger, active, qty_to_order_computed,
                    qty_to_order_manual, deadline_date, create_date, write_uid, write_date %(names)s)
                SELECT %(prefix)s || lpad(fresh.number, GREATEST(%(padding)s, length(fresh.number)), '0') || %(suffix)s,
                       fresh.id, fresh.product_id, fresh.warehouse_id, fresh.lot_stock_id, fresh.company_id,
                       fresh.minimum, fresh.maximum, fresh.unit_id, fresh.trigger, fresh.trigger, TRUE,
                       COALESCE(fresh.suggested_order, 0), 0, fresh.best_order_date,
                       now() AT TIME ZONE 'UTC', %(uid)s, now() AT TIME ZONE 'UTC' %(values)s
                  FROM (SELECT stage.*, %(number)s AS number
                          FROM inventory_rule_stage stage
                         WHERE stage.kept
                           AND NOT EXISTS (SELECT FROM stock_warehouse_orderpoint rule
                                            WHERE rule.product_id = stage.product_id
                                              AND rule.location_id = stage.lot_stock_id
                                              AND rule.company_id = stage.company_id)
                         ORDER BY stage.id) fresh
                ON CONFLICT DO NOTHING
                """,
                names=SQL("").join(SQL(", %s", SQL.identifier(name)) for name in others),
                values=SQL("").join(SQL(", %s", value) for value in others.values()),
                number=number,
                prefix=prefix,
                padding=padding,
                suffix=suffix,
                uid=self.env.uid,
            )
        )

    @api.model
    def _rule_defaults(self, rules):
        """Defaults of columns that other addons gave to rules: ``{column: value}``."""
        names = [
            name
            for name, field in rules._fields.items()
            if field.store and field.column_type and field.default and name not in OWN_COLUMNS
        ]
        defaults = rules.default_get(names)
        return {
            name: rules._fields[name].convert_to_column_insert(defaults[name], rules)
            for name in names
            if name in defaults
        }

    @api.model
    def _rule_number_sql(self):
        """How rules are named: the number over the alias ``stage``, then prefix, padding and suffix.

        Numbers come from Odoo's sequence of rules, drawn in the statement itself. A sequence without gaps, or one
        that begins anew each year, cannot be drawn from there: the item gives the number then.
        """
        sequences = self.env["ir.sequence"].sudo()
        sequence = sequences.search([("code", "=", "stock.orderpoint")], order="company_id", limit=1)
        if sequence.implementation != "standard" or sequence.use_date_range:
            return SQL("stage.id::text"), "PLAN/", 5, ""
        prefix, suffix = sequence._get_prefix_suffix()
        return SQL("nextval(%s)::text", f"ir_sequence_{sequence.id:03d}"), prefix, sequence.padding, suffix

    @api.model
    def _remove_rules(self):
        """Nothing to keep: rules that the planning made go, those it took over are archived; edited ones stay."""
        idle = SQL(
            "rule.inventory_item_id = stage.id AND stage.active AND NOT stage.kept "
            "AND rule.product_min_qty = 0 AND rule.product_max_qty = 0 AND rule.trigger = rule.inventory_trigger"
        )
        self.env.cr.execute(
            SQL(
                "DELETE FROM stock_warehouse_orderpoint rule USING inventory_rule_stage stage "
                "WHERE %s AND rule.create_uid IS NULL",
                idle,
            )
        )
        self.env.cr.execute(
            SQL(
                "UPDATE stock_warehouse_orderpoint rule SET active = FALSE FROM inventory_rule_stage stage "
                "WHERE %s AND rule.active",
                idle,
            )
        )

    @api.model
    def _untouched_sql(self):
        """Condition on ``told.id``: nobody edited the rule, so that a change hits no one's work."""
        return SQL(
            """
            NOT EXISTS (SELECT FROM stock_warehouse_orderpoint rule
                         WHERE rule.inventory_item_id = told.id
                           AND (rule.product_min_qty, rule.product_max_qty)
                               IS DISTINCT FROM (told.old_reorder_point, told.old_order_up_to))
            """
        )

    @api.model
    def _archive_rules(self):
        """Rules are archived with their item, and come back with it."""
        self.env["stock.warehouse.orderpoint"].flush_model(["active"])
        self.env.cr.execute(
            """
            UPDATE stock_warehouse_orderpoint rule SET active = item.active, inventory_archived = NOT item.active
              FROM inventory_item item
             WHERE rule.inventory_item_id = item.id
               AND ((rule.active AND NOT item.active)
                    OR (item.active AND NOT rule.active AND rule.inventory_archived))
            """
        )
        if self.env.cr.rowcount:
            self.env["stock.warehouse.orderpoint"].invalidate_model(["active"])


def _placeholder():
    """Condition on ``rule``: an empty one that Odoo's replenishment screen made, nobody's work."""
    return SQL(
        "COALESCE(rule.inventory_item_id IS NULL AND rule.create_uid = %s AND rule.trigger = 'manual' "
        "AND rule.product_min_qty = 0 AND rule.product_max_qty = 0, FALSE)",
        SUPERUSER_ID,
    )
