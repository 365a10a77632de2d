"""The work of who counts: start, sheet, scan, count, finish; the same for a screen, a phone and a program."""

import hashlib
import json

from odoo import api, fields, models
from odoo.tools import SQL

from .adjustment_line import KEY
from .count_error import CountError
from .count_line import number

MODELS = {
    "product": "product.product",
    "location": "stock.location",
    "lot": "stock.lot",
    "package": "stock.package",
    "owner": "res.partner",
    "uom": "uom.uom",
}
MOST_LINES = 2000
LONGEST_KEY = 128


class InventoryScope(models.AbstractModel):
    _inherit = "inventory.scope"

    @api.model
    def _count_items_sql(self, product_ids, location_ids):
        """Rows ``(product_id, location_id, warehouse_id, abc)`` of these products in these places."""
        return SQL(
            """
            SELECT product.id, scope.location_id, scope.warehouse_id, item.abc
              FROM (%s) scope
        CROSS JOIN unnest(%s) product(id)
         LEFT JOIN inventory_item item ON item.product_id = product.id AND item.warehouse_id = scope.warehouse_id
            """,
            self._location_warehouse_sql(SQL("SELECT unnest(%s)", list(location_ids))),
            list(product_ids),
        )


class InventoryCountTask(models.Model):
    _inherit = "inventory.count.task"

    # ------------------------------------------------------------------- public

    def start(self):
        """Begin to count, or go on: the task is the caller's from now on.

        :return: the sheet, see :meth:`sheet`
        :raise CountError: ``no_right``, ``not_yours``, ``same_person``, ``wrong_state``; over RPC the code stands in
            ``data.context.code``, the sentence in ``data.message``
        """
        self._may_count("open", "counting", "second")
        task = self.sudo()
        if task.state == "open":
            task._set(
                {
                    "state": "counting",
                    "user_id": self.env.uid,
                    "first_user_id": self.env.uid,
                    "started_at": fields.Datetime.now(),
                }
            )
            task._make_sheet()
        elif task.state == "second" and task.second_user_id != self.env.user:
            task._set({"second_user_id": self.env.uid})
        mine = task._round_lines().filtered(lambda line: line.user_id.id != self.env.uid)
        mine._set({"user_id": self.env.uid})
        return self.sheet()

    def sheet(self):
        """What is to be counted and what was entered; of a blind count without anything that the books say.

        :return: ``{"task": {id, name, state, round, blind, where, due, counted, total}, "locations": [{id, name,
            barcode}], "lines": [{id, product {id, name, code, barcode, tracking, uom}, location, lot, package, owner,
            uom, quantity (None until counted), found}]}``
        :raise CountError: as :meth:`start`
        """
        self._may_count("open", "counting", "second")
        task = self.sudo()
        lines = task._round_lines()
        return {
            "task": {
                "id": task.id,
                "name": task.name,
                "state": task.state,
                "round": task.round,
                "blind": task.blind,
                "where": task._where(),
                "due": str(task.due_date) if task.due_date else False,
                "counted": len(lines.filtered("is_counted")),
                "total": len(lines),
            },
            "locations": [self._told(place, "barcode") for place in task.location_ids],
            "lines": [self._told_line(line) for line in lines],
        }

    def count(self, lines, key):
        """Enter counted quantities; all of these lines or none of them.

        :param list lines: ``{"line": id, "quantity"}`` for a line of the sheet, or ``{"product", "location", "lot" or
            "lot_name", "package", "owner", "quantity"}`` with ids for goods that are not on it; ``uom`` where it is
            not the product's. Counted again, a line has the new quantity.
        :param str key: the user's own key of this message: sent again, it gets the first answer and does nothing
        :return: ``{"lines": [{"id", "quantity"}], "counted", "total"}``
        :raise CountError: as :meth:`start`, and ``bad_key``, ``key_reused``, ``bad_line``, ``bad_quantity``,
            ``bad_unit``, ``unknown_lot``, ``lot_needed``, ``serial_once``, ``outside_scope``, ``other_company``
        """
        if not (isinstance(key, str) and 0 < len(key) <= LONGEST_KEY and key.isprintable()):
            raise CountError("bad_key", self.env._("A message needs a key of up to %s characters.", LONGEST_KEY))
        self.ensure_one()
        self.check_access("read")
        self._lock()
        requests = self.env["inventory.count.request"].sudo()
        digest = hashlib.sha256(json.dumps(lines, sort_keys=True, default=str).encode()).hexdigest()
        known = requests.search([("task_id", "=", self.id), ("user_id", "=", self.env.uid), ("key", "=", key)])
        if known:
            if known.digest != digest:
                raise CountError("key_reused", self.env._("The key %s was used for another message.", key))
            return known.answer
        made = self._count_lines(lines)
        sheet = self.sudo()._round_lines()
        answer = {
            "lines": [{"id": line.id, "quantity": line.quantity} for line in made],
            "counted": len(sheet.filtered("is_counted")),
            "total": len(sheet),
        }
        requests.create({"task_id": self.id, "user_id": self.env.uid, "key": key, "digest": digest, "answer": answer})
        return answer

    def finish(self, missing="refuse"):
        """Hand the sheet in. What differs by more than allowed is counted again by another person.

        :param str missing: what to do with lines that were not counted: ``refuse``, or ``zero``: nothing was there
        :return: ``{"state": "second" | "review" | "done"}``
        :raise CountError: as :meth:`start`, and ``not_counted``
        """
        self._may_count()
        task = self.sudo()
        left = task._round_lines().filtered(lambda line: not line.is_counted)
        if left and missing != "zero":
            raise CountError(
                "not_counted",
                self.env._(
                    "%(count)s lines are not counted yet, the first is %(line)s. Enter 0 where nothing is.",
                    count=len(left),
                    line=left[0].display_name,
                ),
            )
        if left:
            self._count_lines([{"line": line.id, "quantity": 0} for line in left])
        task.activity_feedback(["inventory_plus.mail_activity_count"], user_id=self.env.uid)
        task._close_round()
        return {"state": task.state}

    def action_start(self):
        self.start()
        return True

    def action_finish(self):
        self.finish()
        return True

    def action_finish_zero(self):
        """Hand the sheet in; what was not counted is not there."""
        self.finish(missing="zero")
        return True

    # -------------------------------------------------------------------- sheet

    def _all_lines(self):
        """The lines of all rounds, as the system.

        Searched for, not taken from ``line_ids``: that would stay in the cache and be shown to who may see a part.
        """
        return self.env["inventory.count.line"].sudo().search([("task_id", "in", self.ids)])

    def _round_lines(self):
        return self._all_lines().filtered(lambda line: line.round == self.round)

    def _make_sheet(self):
        """A line for everything that is booked in the scope, counted or not; two statements."""
        self.env["stock.quant"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT quant.product_id, quant.location_id, quant.lot_id, quant.package_id, quant.owner_id,
                       template.uom_id
                  FROM stock_quant quant
                  JOIN stock_location here ON here.id = quant.location_id
                  JOIN product_product product ON product.id = quant.product_id
                  JOIN product_template template ON template.id = product.product_tmpl_id
                 WHERE EXISTS (SELECT 1 FROM inventory_count_task_location_rel rel
                                 JOIN stock_location above ON above.id = rel.location_id
                                WHERE rel.task_id = %(task)s AND here.parent_path LIKE above.parent_path || '%%')
                   AND here.usage IN ('internal', 'transit')
                   AND (quant.product_id IN (SELECT product_id FROM inventory_count_task_product_rel
                                              WHERE task_id = %(task)s)
                        OR NOT EXISTS (SELECT 1 FROM inventory_count_task_product_rel WHERE task_id = %(task)s))
                 GROUP BY 1, 2, 3, 4, 5, 6
                HAVING SUM(COALESCE(quant.quantity, 0)) <> 0
                 ORDER BY MIN(here.complete_name), 1, 3
                """,
                task=self.id,
            )
        )
        names = (*KEY, "product_uom_id")
        self.env["inventory.count.line"]._make(
            [
                {"task_id": self.id, "round": self.round, "user_id": self.env.uid, **dict(zip(names, row, strict=True))}
                for row in rows
            ]
        )
        self.invalidate_recordset(["line_ids"])

    def _told(self, record, *names):
        if not record:
            return False
        return {"id": record.id, "name": record.display_name, **{name: record[name] or False for name in names}}

    def _told_line(self, line):
        product = line.product_id
        return {
            "id": line.id,
            "product": {
                "id": product.id,
                "name": product.display_name,
                "code": product.default_code or False,
                "barcode": product.barcode or False,
                "tracking": product.tracking,
                "uom": self._told(product.uom_id),
            },
            "location": self._told(line.location_id, "barcode"),
            "lot": self._told(line.lot_id),
            "package": self._told(line.package_id),
            "owner": self._told(line.owner_id),
            "uom": self._told(line.product_uom_id),
            "quantity": line.quantity if line.is_counted else None,
            "found": line.is_found,
        }

    # ----------------------------------------------------------------- counting

    def _count_lines(self, requests):
        """Check all, then enter all, and note what the books say at this moment.

        :return: the lines, as the system
        """
        self._may_count()
        task = self.sudo()
        if not isinstance(requests, (list, tuple)) or not all(isinstance(one, dict) for one in requests):
            raise CountError("bad_line", self.env._("Lines are a list of what was counted."))
        if len(requests) > MOST_LINES:
            raise CountError("bad_line", self.env._("Send up to %s lines at once.", MOST_LINES))
        lines = task._round_lines()
        by_id = {line.id: line for line in lines}
        by_key = {line._key(): line for line in lines}
        wanted, found = {}, {}
        for request in requests:
            quantity = number(self.env, request.get("quantity"))
            if request.get("line"):
                line = by_id.get(request["line"]) if isinstance(request["line"], int) else None
                if not line:
                    raise CountError("bad_line", self.env._("This line is not on the sheet of %s.", task.name))
                key = line._key()
            else:
                key = task._key_of(request)
            if key in wanted:
                raise CountError("bad_line", self.env._("One line is there twice: send the sum."))
            product = self.env["product.product"].sudo().browse(key[0])
            uom = task._unit_of(request, product)
            task._check_serial(product, key, uom._compute_quantity(quantity, product.uom_id), by_key, wanted)
            wanted[key] = (quantity, uom)
            if key not in by_key:
                found[key] = {
                    **dict(zip(KEY, key, strict=True)),
                    "task_id": task.id,
                    "round": task.round,
                    "user_id": self.env.uid,
                    "product_uom_id": uom.id,
                    "is_found": True,
                }
        made = lines._make(list(found.values()))
        by_key.update({line._key(): line for line in made})
        now = fields.Datetime.now()
        for key, (quantity, uom) in wanted.items():
            by_key[key]._set(
                {
                    "quantity": quantity,
                    "product_uom_id": uom.id,
                    "is_counted": True,
                    "counted_at": now,
                    "user_id": self.env.uid,
                }
            )
        counted = lines.browse([by_key[key].id for key in wanted])
        task.invalidate_recordset(["line_ids"])
        self.env["inventory.count.result"].sudo()._note(counted, task._book_now(counted))
        return counted

    def _book_now(self, lines):
        """On hand by key of these lines, product's unit; one query."""
        groups = (
            self.env["stock.quant"]
            .sudo()
            ._read_group(
                [("product_id", "in", lines.product_id.ids), ("location_id", "in", lines.location_id.ids)],
                KEY,
                ["quantity:sum"],
            )
        )
        return {tuple(record.id for record in key): quantity or 0.0 for *key, quantity in groups}

    def _record_of(self, request, name, required=False):
        value = request.get(name)
        if not value and not required:
            return self.env[MODELS[name]].sudo()
        record = self.env[MODELS[name]].sudo()
        if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**31:
            record = record.browse(value).exists()
        if not record:
            raise CountError(
                "bad_line",
                self.env._("The %(kind)s of a line is not known: %(value)s.", kind=name, value=str(value)[:40]),
            )
        if "company_id" in record._fields and record.company_id and record.company_id != self.company_id:
            raise CountError(
                "other_company",
                self.env._(
                    "%(record)s belongs to %(other)s; this count is made for %(company)s.",
                    record=record.display_name,
                    other=record.company_id.name,
                    company=self.company_id.name,
                ),
            )
        return record

    def _key_of(self, request):
        """The key of goods that are not on the sheet, checked."""
        product = self._record_of(request, "product", required=True)
        location = self._record_of(request, "location", required=True)
        if not product.is_storable:
            raise CountError(
                "bad_line",
                self.env._("%s is not kept in stock: nothing of it can be counted.", product.display_name),
            )
        if not self._covers(product, location):
            raise CountError(
                "outside_scope",
                self.env._(
                    "%(product)s in %(location)s is not part of %(name)s.",
                    product=product.display_name,
                    location=location.display_name,
                    name=self.name,
                ),
            )
        lot = self._lot_of(request, product)
        package, owner = self._record_of(request, "package"), self._record_of(request, "owner")
        return (product.id, location.id, lot.id, package.id, owner.id)

    def _covers(self, product, location):
        if self.product_ids and product not in self.product_ids:
            return False
        if location.usage not in ("internal", "transit"):
            return False
        return any(location.parent_path.startswith(place.parent_path) for place in self.location_ids)

    def _lot_of(self, request, product):
        lot = self._record_of(request, "lot")
        name = (request.get("lot_name") or "").strip() if isinstance(request.get("lot_name"), str) else ""
        if not lot and name and product.tracking != "none":
            lot = lot.search(
                [
                    ("name", "=", name),
                    ("product_id", "=", product.id),
                    ("company_id", "in", (self.company_id.id, False)),
                ],
                limit=1,
            )
            if not lot:
                if not self.create_lots:
                    raise CountError(
                        "unknown_lot",
                        self.env._("%(lot)s is not known of %(product)s.", lot=name, product=product.display_name),
                    )
                lot = lot.create({"name": name, "product_id": product.id, "company_id": self.company_id.id})
        if lot and lot.product_id != product:
            raise CountError(
                "unknown_lot",
                self.env._(
                    "%(lot)s is a lot of %(other)s, not of %(product)s.",
                    lot=lot.name,
                    other=lot.product_id.display_name,
                    product=product.display_name,
                ),
            )
        if lot and product.tracking == "none":
            raise CountError(
                "unknown_lot",
                self.env._("%s is not tracked by lots: leave the lot empty.", product.display_name),
            )
        if not lot and product.tracking != "none":
            raise CountError(
                "lot_needed",
                self.env._("%s is tracked: say which lot or serial number was counted.", product.display_name),
            )
        return lot

    def _unit_of(self, request, product):
        uom = self._record_of(request, "uom") or product.uom_id
        if not uom._has_common_reference(product.uom_id):
            raise CountError(
                "bad_unit",
                self.env._(
                    "%(product)s is measured in %(unit)s and cannot be counted in %(other)s.",
                    product=product.display_name,
                    unit=product.uom_id.name,
                    other=uom.name,
                ),
            )
        return uom

    def _check_serial(self, product, key, counted, by_key, wanted):
        """A serial number exists once, in one place."""
        if product.tracking != "serial" or product.uom_id.is_zero(counted):
            return
        lot = self.env["stock.lot"].sudo().browse(key[2])
        if not lot:
            raise CountError(
                "lot_needed",
                self.env._("%s is tracked: say which lot or serial number was counted.", product.display_name),
            )
        if product.uom_id.compare(counted, 1) != 0:
            raise CountError("serial_once", self.env._("Serial number %s exists once: count 1 or 0.", lot.name))
        elsewhere = [
            other for other, line in by_key.items() if other not in wanted and line.is_counted and line.quantity
        ] + [other for other, (quantity, _uom) in wanted.items() if quantity]
        if any(other[2] == lot.id and other != key for other in elsewhere):
            raise CountError(
                "serial_once", self.env._("Serial number %s was counted in another place already.", lot.name)
            )
