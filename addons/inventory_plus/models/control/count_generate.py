"""Making the tasks of a count plan: set-based, and never twice."""

import logging
from datetime import timedelta

from odoo import Command, api, fields, models
from odoo.tools import SQL

_logger = logging.getLogger(__name__)


class InventoryCountPlan(models.Model):
    _inherit = "inventory.count.plan"

    @api.model
    def _cron_generate(self):
        """Every plan in a transaction of its own: one that fails takes no other with it."""
        for plan_id in self.search([]).ids:
            try:
                self.env["inventory.job"]._retrying(
                    lambda env, plan_id=plan_id: len(env[self._name].browse(plan_id)._generate())
                )
            except Exception:
                _logger.exception("The count plan %d made no tasks", plan_id)

    def _generate(self, day=None):
        """Make the tasks that are due.

        The plan's row is locked, so that of two runs the second sees what the first made. Whoever dies in the middle
        leaves nothing. What is in an open task, or was in one made that day by the plan, is not taken again.

        :param date day: default today in the user's time zone
        :return: the new tasks, open and assigned
        """
        tasks = self.env["inventory.count.task"]
        for plan in self.sudo().filtered("active").sorted("id"):
            today = day or fields.Date.context_today(plan)
            self.env.flush_all()
            self.env.cr.execute(
                SQL("SELECT last_run FROM inventory_count_plan WHERE id = %s FOR NO KEY UPDATE", plan.id)
            )
            plan.invalidate_recordset(["last_run", "last_run_at"])
            if plan._is_due(today):
                tasks |= plan._make_tasks(today, plan._candidates(today))
                # An occasion may come at any hour; all other plans run once a day.
                super(InventoryCountPlan, plan).write({"last_run": today, "last_run_at": fields.Datetime.now()})
        return tasks.sudo(False)

    def _is_due(self, today):
        if self.basis == "opportunity":
            return True
        if self.last_run and self.last_run >= today:
            return False
        if self.basis == "calendar":
            if self.calendar == "month":
                return today.day == self.month_day
            return today.weekday() == int(self.weekday)
        if self.basis == "interval":
            return not self.last_run or (today - self.last_run).days >= self.interval_days
        return True

    def _candidates(self, today):
        """``[(location_id, product_id)]`` to count, those counted longest ago first; one query.

        Looked at are stored goods of the plan's places and categories, with the day they were last counted: by a
        task of ours, or before it by Odoo's own inventory moves of that location.
        """
        # An hour more: what was committed after the last run may have begun before it.
        since = (self.last_run_at or fields.Datetime.now() - timedelta(days=1)) - timedelta(hours=1)
        query = SQL(
            """
            WITH place AS (
                SELECT DISTINCT below.id
                  FROM inventory_count_plan_location_rel rel
                  JOIN stock_location above ON above.id = rel.location_id
                  JOIN stock_location below ON below.parent_path LIKE above.parent_path || '%%'
                 WHERE rel.plan_id = %(plan)s AND below.usage IN ('internal', 'transit') AND below.active
            ), scope AS (
                %(warehouses)s
            ), stored AS (
                SELECT quant.location_id, quant.product_id, SUM(COALESCE(quant.quantity, 0)) AS quantity
                  FROM stock_quant quant
                  JOIN place ON place.id = quant.location_id
                 GROUP BY quant.location_id, quant.product_id
                 UNION ALL
                SELECT gone.location_id, gone.product_id, 0
                  FROM (SELECT DISTINCT line.location_id, line.product_id
                          FROM stock_move_line line
                          JOIN place ON place.id = line.location_id
                         WHERE line.state = 'done' AND line.date >= %(since)s AND %(empties)s) gone
                 WHERE NOT EXISTS (SELECT 1 FROM stock_quant quant
                                    WHERE quant.location_id = gone.location_id
                                      AND quant.product_id = gone.product_id)
            ), known AS (
                SELECT stored.*, item.abc,
                       (SELECT MAX(result.counted_at)::date FROM inventory_count_result result
                         WHERE result.product_id = stored.product_id
                           AND result.location_id = stored.location_id) AS counted_on
                  FROM stored
                  JOIN product_product product ON product.id = stored.product_id
                  JOIN product_template template ON template.id = product.product_tmpl_id
                  LEFT JOIN scope ON scope.location_id = stored.location_id
                  LEFT JOIN inventory_item item ON item.product_id = stored.product_id
                                               AND item.warehouse_id = scope.warehouse_id
                 WHERE template.is_storable AND %(categories)s
            )
            SELECT known.location_id, known.product_id
              FROM known
             WHERE %(due)s
               AND NOT EXISTS (
                    SELECT 1
                      FROM inventory_count_task task
                      JOIN inventory_count_task_location_rel at ON at.task_id = task.id
                      JOIN stock_location above ON above.id = at.location_id
                      JOIN stock_location here ON here.id = known.location_id
                     WHERE (task.state IN ('draft', 'open', 'counting', 'second', 'review')
                            OR (task.plan_id = %(plan)s AND task.planned_on = %(today)s))
                       AND here.parent_path LIKE above.parent_path || '%%'
                       AND (EXISTS (SELECT 1 FROM inventory_count_task_product_rel of
                                     WHERE of.task_id = task.id AND of.product_id = known.product_id)
                            OR NOT EXISTS (SELECT 1 FROM inventory_count_task_product_rel of
                                            WHERE of.task_id = task.id)))
             ORDER BY %(order)s
             LIMIT %(limit)s
            """,
            plan=self.id,
            today=today,
            since=since,
            warehouses=self.env["inventory.scope"]._location_warehouse_sql(SQL("SELECT id FROM place")),
            empties=self.basis == "opportunity" and self.on_empty,
            categories=self._category_sql(),
            due=self._due_sql(today, since),
            order=self._order_sql(today),
            limit=self.sample_size if self.basis == "random" else self.daily_limit,
        )
        return self.env.execute_query(query)

    def _category_sql(self):
        if not self.categ_ids:
            return SQL("TRUE")
        below = self.env["product.category"].search([("id", "child_of", self.categ_ids.ids)])
        return SQL("template.categ_id = ANY(%s)", below.ids)

    def _due_sql(self, today, since):
        """Which of ``known`` this plan wants counted today."""
        if self.basis == "abc":
            return SQL(
                """(known.counted_on IS NULL OR known.counted_on + CASE known.abc WHEN 'A' THEN %s WHEN 'B' THEN %s
                    ELSE %s END <= %s)""",
                self.days_a,
                self.days_b,
                self.days_c,
                today,
            )
        if self.basis != "opportunity":
            return SQL("TRUE")
        occasions = []
        if self.on_empty:
            occasions.append(
                SQL(
                    """(known.quantity <= 0 AND EXISTS (
                        SELECT 1 FROM stock_move_line line
                         WHERE line.location_id = known.location_id AND line.product_id = known.product_id
                           AND line.state = 'done' AND line.date >= %s))""",
                    since,
                )
            )
        if self.on_negative:
            occasions.append(
                SQL(
                    """EXISTS (SELECT 1 FROM stock_quant quant
                                WHERE quant.location_id = known.location_id
                                  AND quant.product_id = known.product_id AND quant.quantity < 0)"""
                )
            )
        if self.on_shortage:
            occasions.append(
                SQL(
                    """(known.quantity > 0 AND EXISTS (
                        SELECT 1 FROM stock_move move
                          JOIN stock_picking picking ON picking.id = move.picking_id
                          JOIN stock_location source ON source.id = move.location_id
                          JOIN stock_location here ON here.id = known.location_id
                         WHERE move.product_id = known.product_id AND picking.backorder_id IS NOT NULL
                           AND picking.create_date >= %s AND here.parent_path LIKE source.parent_path || '%%'))""",
                    since,
                )
            )
        if self.on_long:
            occasions.append(SQL("(known.counted_on IS NULL OR known.counted_on + %s <= %s)", self.long_days, today))
        return SQL("(%s)", SQL(" OR ").join(occasions))

    def _order_sql(self, today):
        if self.basis == "random":
            # Drawn by a digest of seed, day and place: no state, and the same wherever it is drawn again.
            return SQL(
                "md5(concat_ws('/', %s::text, %s::text, known.location_id, known.product_id))", self.seed or "", today
            )
        return SQL("known.counted_on NULLS FIRST, known.location_id, known.product_id")

    def _make_tasks(self, today, candidates):
        """One task a location, or several where it holds more than a task should."""
        by_location = {}
        for location_id, product_id in candidates:
            by_location.setdefault(location_id, []).append(product_id)
        vals_list = []
        users = self.user_ids.filtered("active").ids
        for location_id, product_ids in by_location.items():
            for start in range(0, len(product_ids), self.task_size):
                part = product_ids[start : start + self.task_size]
                vals_list.append(
                    {
                        "plan_id": self.id,
                        "company_id": self.company_id.id,
                        "planned_on": today,
                        "plan_key": f"{self.id}/{today}/{location_id}/{min(part)}",
                        "location_ids": [Command.set([location_id])],
                        "product_ids": [Command.set(part)],
                        "due_date": today + timedelta(days=self.due_days),
                        "user_id": users[len(vals_list) % len(users)] if users else False,
                    }
                )
        tasks = self.env["inventory.count.task"]._create_planned(vals_list)
        tasks._open()
        return tasks
