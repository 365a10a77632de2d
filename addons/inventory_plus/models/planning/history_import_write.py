"""Writing the facts of an import, the cut-over date, and taking both back."""

from datetime import timedelta

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL


class InventoryHistoryImport(models.Model):
    _inherit = "inventory.history.import"

    # Import ----------------------------------------------------------------------------------------------------------

    def _run(self, skip_bad=False, progress=None):
        """Check the file anew and write it into the daily facts, in the caller's transaction.

        :param skip_bad: leave lines with problems out; otherwise one such line refuses the whole file
        :param progress: function ``(fraction, sentence)``
        :raise UserError: problems that the planner did not accept; nothing is written then
        """
        self.ensure_one()
        progress = progress or (lambda fraction, text: None)
        self._take_turn()
        self._refuse_same_file()
        problems, preview = self._stage(progress)
        progress(0.3, self.env._("Finding products"))
        self._resolve(problems)
        self._find_identical(problems)
        self._find_overlaps(problems)
        self._write_findings(problems, preview)
        if problems and not skip_bad:
            raise UserError(
                self.env._(
                    "%(count)s lines have problems, so nothing was imported. The first: line %(line)s: %(reason)s",
                    count=len(problems),
                    line=min(problems)[0],
                    reason=self._line_sentence(*min(problems, key=lambda row: row[0])[1:3]),
                )
            )
        created = self._create_missing_products(progress)
        progress(0.7, self.env._("Writing daily figures"))
        self._build_keys()
        self._replace_overlaps()
        facts = self._insert_facts()
        self._note_inputs()
        progress(0.95, self.env._("Setting the cut-over date"))
        self._apply_cutover()
        self._finish(problems, created, facts)
        self.env.flush_all()
        progress(1.0, self.env._("Done"))

    def _take_turn(self):
        """One import of a company at a time: two that overlap would each not see what the other brings.

        Both write the same row, so that the later one, whose snapshot is older than the other's commit, ends in a
        serialization failure and is run again (by the job or by the request).
        """
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO inventory_history_progress (import_ref, percent) VALUES (%s, 0)
                ON CONFLICT (import_ref) DO UPDATE SET percent = inventory_history_progress.percent + 1
                """,
                -self.company_id.id,
            )
        )

    def _build_keys(self):
        """One row a product, warehouse, day and channel in ``inventory_history_key``, in the product's unit."""
        self.env.cr.execute(
            SQL(
                """
                DROP TABLE IF EXISTS pg_temp.inventory_history_key;
                CREATE TEMPORARY TABLE inventory_history_key ON COMMIT DROP AS
                SELECT found.product_id, place.warehouse_id, stage.day AS date,
                       COALESCE(stage.channel, %(channel)s) AS channel,
                       SUM(stage.sold * found.factor) AS sold,
                       SUM(stage.returned * found.factor) AS returned,
                       COALESCE(SUM(stage.revenue), 0) AS revenue,
                       SUM(stage.lines) AS lines,
                       MIN(stage.line) AS line
                  FROM inventory_history_stage stage
                  JOIN inventory_history_code found
                    ON found.code = stage.code AND found.unit IS NOT DISTINCT FROM stage.unit
                  JOIN inventory_history_place place ON place.warehouse IS NOT DISTINCT FROM stage.warehouse
                 GROUP BY 1, 2, 3, 4;
                ANALYZE inventory_history_key
                """,
                channel=self.channel or "",
            )
        )

    def _overlap_sql(self):
        """Join of the keys with the facts of other imports: the same product, warehouse, day and channel."""
        return SQL(
            """
            inventory_history_key key
              JOIN inventory_daily_flow fact
                ON fact.product_id = key.product_id AND fact.warehouse_id = key.warehouse_id
               AND fact.date = key.date AND COALESCE(fact.channel, '') = key.channel AND fact.source = 'import'
            """
        )

    def _same_sql(self):
        return SQL(
            "(round(fact.sold, 6) = round(key.sold, 6) AND round(fact.returned, 6) = round(key.returned, 6)"
            " AND round(fact.revenue, 2) = round(key.revenue, 2))"
        )

    def _find_overlaps(self, problems):
        """Days that an earlier import brought: equal ones are left alone, others reported or replaced."""
        self._build_keys()
        self.env.cr.execute(SQL("SELECT COUNT(*) FROM %s WHERE %s", self._overlap_sql(), self._same_sql()))
        self._note_results({"unchanged_count": self.env.cr.fetchone()[0]})
        if self.overlap == "replace":
            return
        self.env.cr.execute(
            SQL(
                """
                SELECT stage.line, stage.code, stage.day::text, stage.sold, stage.returned, fact.sold, fact.returned,
                       doc.name
                  FROM %s
                  LEFT JOIN inventory_history_import doc ON doc.id = fact.import_id
                  JOIN inventory_history_code found ON found.product_id = key.product_id
                  JOIN inventory_history_stage stage
                    ON stage.code = found.code AND stage.unit IS NOT DISTINCT FROM found.unit AND stage.day = key.date
                   AND COALESCE(stage.channel, %s) = key.channel
                  JOIN inventory_history_place place
                    ON place.warehouse IS NOT DISTINCT FROM stage.warehouse AND place.warehouse_id = key.warehouse_id
                 WHERE NOT %s
                """,
                self._overlap_sql(),
                self.channel or "",
                self._same_sql(),
            )
        )
        rows = self.env.cr.fetchall()
        for line, code, day, sold, returned, old_sold, old_returned, name in rows:
            params = {"sold": float(old_sold), "returned": float(old_returned), "name": name}
            values = {"product": code, "date": day, "sold": sold, "returned": returned}
            problems.append((line, "overlap", params, values))
        if rows:
            self.env.cr.execute(
                SQL("DELETE FROM inventory_history_stage WHERE line = ANY(%s)", list({row[0] for row in rows}))
            )

    def _replace_overlaps(self):
        """Put aside what this import replaces, and drop the keys that are there already with equal figures."""
        self.env.cr.execute(
            SQL(
                """
                DELETE FROM inventory_history_key gone
                 USING (SELECT key.ctid AS at FROM %s WHERE %s) same
                 WHERE gone.ctid = same.at
                """,
                self._overlap_sql(),
                self._same_sql(),
            )
        )
        self.env.cr.execute(
            SQL(
                """
                WITH replaced AS (
                    DELETE FROM inventory_daily_flow old
                     USING (SELECT fact.id FROM %s) hit
                     WHERE old.id = hit.id
                    RETURNING old.*
                )
                INSERT INTO inventory_history_replaced
                       (import_id, owner_import_id, product_id, warehouse_id, date, channel,
                        sold, returned, revenue, lines)
                SELECT %s, import_id, product_id, warehouse_id, date, channel, sold, returned, revenue, lines
                  FROM replaced
                """,
                self._overlap_sql(),
                self.id,
            )
        )

    def _insert_facts(self):
        """Insert the keys as facts of this import; returns their number."""
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO inventory_daily_flow
                       (product_id, warehouse_id, company_id, date, source, channel, import_id,
                        sold, returned, revenue, lines)
                SELECT product_id, warehouse_id, %(company)s, date, 'import', channel, %(doc)s,
                       sold, returned, revenue, lines
                  FROM inventory_history_key
                """,
                company=self.company_id.id,
                doc=self.id,
            )
        )
        count = self.env.cr.rowcount
        self.env["inventory.daily.flow"].invalidate_model()
        return count

    def _note_inputs(self):
        """Remember who changed the history that items with facts of this import are planned from (law 4)."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT item.id
                  FROM (SELECT DISTINCT product_id, warehouse_id FROM inventory_daily_flow WHERE import_id = %s) fact
                  JOIN inventory_item item
                    ON item.product_id = fact.product_id AND item.warehouse_id = fact.warehouse_id
                """,
                self.id,
            )
        )
        items = self.env["inventory.item"].browse(row[0] for row in rows)
        self.env["inventory.plan.change"]._note_items("history", items._fed_by())

    def _finish(self, problems, created, facts):
        _ = self.env._
        sentences = [
            _(
                "%(facts)s daily figures of %(products)s products from %(first)s to %(last)s imported.",
                facts=facts,
                products=self.product_count,
                first=self.first_date or "-",
                last=self.last_date or "-",
            )
        ]
        if created:
            sentences.append(_("%s products created.", created))
        if self.unchanged_count:
            sentences.append(_("%s daily figures were there already and stay as they are.", self.unchanged_count))
        if problems:
            sentences.append(_("%s lines with problems left out; the file below names them.", len(problems)))
        if not facts:
            sentences.append(_("Nothing changed."))
        self._note_results(
            {
                "state": "done",
                "fact_count": facts,
                "new_product_count": created,
                "summary": "\n".join(sentences + self._cutover_sentences()),
            }
        )
        self._audit("history_import", self.summary)

    def _audit(self, event, summary):
        if "inventory.audit.entry" in self.env:
            self.env["inventory.audit.entry"]._log(event, summary, record=self)

    # Cut-over --------------------------------------------------------------------------------------------------------

    def _staged_warehouses(self):
        """``[(warehouse, last day that the file has for it)]``; a branch may have closed before the others' last."""
        self.env.cr.execute(
            """
            SELECT place.warehouse_id, MAX(part.last)
              FROM (SELECT warehouse, MAX(day) AS last FROM inventory_history_stage GROUP BY warehouse) part
              JOIN inventory_history_place place ON place.warehouse IS NOT DISTINCT FROM part.warehouse
             GROUP BY place.warehouse_id
             ORDER BY place.warehouse_id
            """
        )
        rows = self.env.cr.fetchall()
        warehouses = self.env["stock.warehouse"].browse([row[0] for row in rows])
        return list(zip(warehouses, (row[1] for row in rows), strict=True))

    def _wanted_cutover(self, warehouse, last):
        """The date chosen, or the day after ``last``; a found one is never moved back by itself."""
        if self.cutover_date:
            return self.cutover_date
        after = last + timedelta(days=1)
        return max(after, warehouse.inventory_cutover_date or after)

    def _cutover_warnings(self):
        """Say when moves would stop counting as demand because the imported days cover them."""
        if not self.set_cutover:
            return []
        sentences = []
        for warehouse, last in self._staged_warehouses():
            # A query a warehouse: a file names a handful.
            wanted = self._wanted_cutover(warehouse, last)
            covered = self.env["inventory.daily.flow"].search_count(
                [("warehouse_id", "=", warehouse.id), ("source", "=", "moves"), ("date", "<", wanted)]
            )
            if covered:
                sentences.append(
                    self.env._(
                        "In %(warehouse)s %(count)s daily figures of stock moves lie before the cut-over date"
                        " %(date)s: they will no longer count, the imported ones will.",
                        warehouse=warehouse.name,
                        count=covered,
                        date=wanted,
                    )
                )
        return sentences

    def _apply_cutover(self):
        log = {}
        if self.set_cutover:
            for warehouse, last in self._staged_warehouses():
                wanted, before = self._wanted_cutover(warehouse, last), warehouse.inventory_cutover_date
                if wanted != before:
                    warehouse.sudo().inventory_cutover_date = wanted
                    log[str(warehouse.id)] = [fields.Date.to_string(before) or None, fields.Date.to_string(wanted)]
        self._note_results({"cutover_log": log})

    def _cutover_sentences(self):
        """Say from which day on moves count, and that lines after it do not."""
        sentences = []
        for warehouse, last in self._staged_warehouses():
            cutover = warehouse.inventory_cutover_date
            if not cutover:
                sentences.append(
                    self.env._(
                        "%s has no cut-over date, so its stock moves count and the imported figures do not: set one.",
                        warehouse.name,
                    )
                )
            elif last >= cutover:
                sentences.append(
                    self.env._(
                        "In %(warehouse)s stock moves count from %(date)s on; imported days from then on do not.",
                        warehouse=warehouse.name,
                        date=cutover,
                    )
                )
        return sentences

    # Undo ------------------------------------------------------------------------------------------------------------

    def _undo(self):
        """Take back the facts, put back what they replaced, restore the cut-over dates, remove unused products."""
        self.ensure_one()
        self.env.flush_all()
        self._note_inputs()
        self.env.cr.execute(SQL("DELETE FROM inventory_daily_flow WHERE import_id = %s", self.id))
        facts = self.env.cr.rowcount
        self._put_back_replaced()
        self.env["inventory.daily.flow"].invalidate_model()
        self._restore_cutover()
        removed, kept = self._remove_unused_products()
        _ = self.env._
        sentences = [
            _("%(facts)s daily figures taken back, %(removed)s products removed.", facts=facts, removed=removed)
        ]
        if kept:
            sentences.append(_("%s products that the import created are used elsewhere and stay.", kept))
        self._note_results({"state": "undone", "cutover_log": False, "summary": "\n".join(sentences)})
        self._audit("history_undo", self.summary)

    def _restore_cutover(self):
        """Give each warehouse the cut-over date from before.

        Where a later import moved ours on, that import now remembers the date from before ours, so that undoing in
        any order ends where it began. A date that somebody set by hand since stays.
        """
        if not self.cutover_log:
            return
        domain = [("company_id", "=", self.company_id.id), ("state", "=", "done"), ("id", "!=", self.id)]
        others = self.sudo().search(domain, order="id").filtered("cutover_log")
        for warehouse_id, (before, ours) in self.cutover_log.items():
            warehouse = self.env["stock.warehouse"].browse(int(warehouse_id)).exists()
            if warehouse and fields.Date.to_string(warehouse.inventory_cutover_date) == ours:
                warehouse.sudo().inventory_cutover_date = before
                continue
            later = next((doc for doc in others if doc.cutover_log.get(warehouse_id, [None])[0] == ours), None)
            if later:
                moved = [before, later.cutover_log[warehouse_id][1]]
                later._note_results({"cutover_log": {**later.cutover_log, warehouse_id: moved}})

    def _put_back_replaced(self):
        """Figures that this import replaced become facts of their own import again.

        Where a later import replaced ours in turn, its record of what it replaced now names the older figure, so
        that undoing in any order ends where it began.
        """
        self.env.cr.execute(
            SQL(
                """
                UPDATE inventory_history_replaced later
                   SET owner_import_id = mine.owner_import_id, sold = mine.sold, returned = mine.returned,
                       revenue = mine.revenue, lines = mine.lines
                  FROM inventory_history_replaced mine
                 WHERE mine.import_id = %(doc)s AND later.owner_import_id = %(doc)s
                   AND mine.product_id = later.product_id AND mine.warehouse_id = later.warehouse_id
                   AND mine.date = later.date AND mine.channel = later.channel;
                DELETE FROM inventory_history_replaced WHERE owner_import_id = %(doc)s;
                WITH mine AS (
                    DELETE FROM inventory_history_replaced WHERE import_id = %(doc)s RETURNING *
                )
                INSERT INTO inventory_daily_flow
                       (product_id, warehouse_id, company_id, date, source, channel, import_id,
                        sold, returned, revenue, lines)
                SELECT mine.product_id, mine.warehouse_id, %(company)s, mine.date, 'import', mine.channel,
                       mine.owner_import_id, mine.sold, mine.returned, mine.revenue, mine.lines
                  FROM mine
                 WHERE NOT EXISTS (
                       SELECT 1 FROM inventory_daily_flow fact
                        WHERE fact.product_id = mine.product_id AND fact.warehouse_id = mine.warehouse_id
                          AND fact.date = mine.date AND fact.channel = mine.channel AND fact.source = 'import')
                """,
                doc=self.id,
                company=self.company_id.id,
            )
        )
