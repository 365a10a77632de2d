"""Reading and checking a file: rows into a staging table, problems into a report; nothing is imported here."""

import base64
import csv
import io

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ...history_files import REQUIRED, FileProblem, Problem, ValueReader
from ...history_files.values import MAX_AMOUNT, MAX_QUANTITY
from .history_import import PREVIEW_ROWS

COPY_ROWS = 50_000
SAMPLE_ROWS = 20_000
MAX_REPORTED = 100_000
MAX_CODE = 128
STAGED = (
    "line", "code", "day", "sold", "returned", "revenue", "lines", "warehouse", "channel", "unit", "name", "category",
    "row_hash",
)  # fmt: skip


class InventoryHistoryImport(models.Model):
    _inherit = "inventory.history.import"

    # Check -----------------------------------------------------------------------------------------------------------

    def _check(self):
        """Stage and check the whole file and write what was found on the document."""
        self.ensure_one()
        self._refuse_same_file()
        problems, preview = self._stage()
        self._resolve(problems)
        self._find_identical(problems)
        self._find_overlaps(problems)
        self._write_findings(problems, preview)

    def _same_done(self):
        """The import that brought the same file into the same warehouse and channel, if any."""
        self.ensure_one()
        if not self.file_hash:
            return self.browse()
        return self.search(
            [
                ("company_id", "=", self.company_id.id),
                ("file_hash", "=", self.file_hash),
                ("warehouse_id", "=", self.warehouse_id.id),
                ("channel", "in", [self.channel] if self.channel else [False, ""]),
                ("state", "in", ["done", "running"]),
                ("id", "!=", self.id),
            ],
            limit=1,
        )

    def _refuse_same_file(self):
        """The same file into the same warehouse changes nothing: say so before any work."""
        same = self._same_done()
        if same:
            raise UserError(
                self.env._(
                    "This file has been imported already (%(name)s, %(day)s); importing it again would change nothing.",
                    name=same.name,
                    day=same.create_date.date(),
                )
            )

    def _mapping(self):
        """``{meaning: position}`` of the mapped columns; missing or doubled ones raise a sentence."""
        self.ensure_one()
        labels = dict(self.env["inventory.history.column"]._fields["meaning"]._description_selection(self.env))
        mapping = {}
        for column in self.column_ids:
            if not column.meaning:
                continue
            if column.meaning in mapping:
                raise UserError(self.env._("Two columns are said to be the %s; choose one.", labels[column.meaning]))
            mapping[column.meaning] = column.position
        missing = [labels[meaning] for meaning in REQUIRED if meaning not in mapping]
        if missing:
            raise UserError(
                self.env._(
                    "No column is said to be: %(missing)s. The file has: %(columns)s.",
                    missing=", ".join(missing),
                    columns=", ".join(self.column_ids.mapped("name")),
                )
            )
        return mapping

    def _today(self):
        """Last day that is not in the future: today where the warehouse is."""
        zone = self.warehouse_id.inventory_tz or "UTC"
        today = fields.Date.context_today(self.with_context(tz=zone))
        return max(today, fields.Date.today())

    # Staging ---------------------------------------------------------------------------------------------------------

    def _stage(self, progress=None):
        """Read the file into the temporary table ``inventory_history_stage``.

        :return: list of ``(line, code, params, values)``: the lines that cannot be read, ``values`` by meaning; and
            the header with the first lines for the preview
        """
        self.ensure_one()
        table = self._open()
        mapping = self._mapping()
        reader = ValueReader(self._today(), self.date_order or None, self.decimal_sign or None)
        self._learn_formats(table, mapping, reader)
        self._create_stage()
        problems, buffer, count, preview = [], [], 0, []
        parse = self._row_parser(mapping, reader)
        for line, values, problem in self._rows(table):
            count += 1
            parsed = problem or parse(line, values)
            if isinstance(parsed, Problem):
                problems.append((line, parsed.code, parsed.params, self._raw(values, mapping)))
            else:
                buffer.append(parsed)
            if len(preview) < PREVIEW_ROWS:
                preview.append((line, [_shown(value) for value in values]))
            if len(buffer) >= COPY_ROWS:
                self._copy_stage(buffer)
                buffer = []
                if progress:
                    progress(min(0.3, count / 2_000_000), self.env._("%s lines read", count))
        self._copy_stage(buffer)
        self.env.cr.execute("ANALYZE inventory_history_stage")
        if not count:
            raise UserError(self.env._("The file has column names and no lines. Nothing was imported."))
        self._note_results({"line_count": count})
        return problems, (table.header, preview)

    def _learn_formats(self, table, mapping, reader):
        dates, numbers = [], []
        for position, (_line, values, _problem) in enumerate(self._rows(table)):
            if position >= SAMPLE_ROWS:
                break
            dates.append(values[mapping["date"]])
            numbers += [values[mapping[meaning]] for meaning in ("sold", "revenue", "price") if meaning in mapping]
        try:
            reader.learn(dates, numbers)
        except FileProblem as problem:
            raise UserError(self._file_sentence(problem)) from problem

    def _create_stage(self):
        self.env.cr.execute(
            """
            DROP TABLE IF EXISTS pg_temp.inventory_history_stage;
            CREATE TEMPORARY TABLE inventory_history_stage (
                line integer NOT NULL, code text NOT NULL, day date NOT NULL, sold numeric NOT NULL,
                returned numeric NOT NULL, revenue numeric, lines integer NOT NULL, warehouse text, channel text,
                unit text, name text, category text, row_hash bigint NOT NULL
            ) ON COMMIT DROP
            """
        )

    def _copy_stage(self, rows):
        """COPY rows (tuples in the order of ``STAGED``) into the staging table."""
        if not rows:
            return
        text = "\n".join(["\t".join([_copy_text(value) for value in row]) for row in rows])
        self.env.cr._obj.copy_expert(
            "COPY inventory_history_stage ({}) FROM STDIN".format(", ".join(STAGED)), io.StringIO(text)
        )

    def _row_parser(self, mapping, reader):
        """A function ``(line, values) -> tuple of STAGED | Problem`` for this file."""
        at = {meaning: mapping.get(meaning) for meaning in mapping}
        product, day_at, sold_at = at["product"], at["date"], at["sold"]
        returned_at, revenue_at, price_at, lines_at = (at.get(m) for m in ("returned", "revenue", "price", "lines"))
        texts_at = [at.get(meaning) for meaning in ("warehouse", "channel", "unit", "name", "category")]
        negative_is_return = returned_at is None and self.negative_quantity == "return"

        def parse(line, values):
            code = _code_of(values[product])
            if not code.strip():
                return Problem("product_missing", {})
            if len(code) > MAX_CODE:
                return Problem("product_long", {})
            day, problem = reader.date(values[day_at])
            if problem:
                return problem
            sold, problem = reader.number(values[sold_at])
            if problem:
                return problem
            returned, problem = reader.number(values[returned_at]) if returned_at is not None else (0.0, None)
            if problem:
                return problem
            if sold is None and (returned_at is None or returned is None):
                return Problem("quantity_missing", {})
            sold, returned = sold or 0.0, returned or 0.0
            if abs(sold) > MAX_QUANTITY or abs(returned) > MAX_QUANTITY:
                return Problem("quantity_absurd", {"value": max(abs(sold), abs(returned)), "limit": MAX_QUANTITY})
            if sold < 0:
                if not negative_is_return:
                    return Problem("sold_negative", {"value": sold})
                sold, returned = 0.0, -sold
            if returned < 0:
                return Problem("returned_negative", {"value": returned})
            revenue = _revenue(values, sold, returned)
            if isinstance(revenue, Problem):
                return revenue
            lines = 1
            if lines_at is not None:
                number, problem = reader.number(values[lines_at])
                if problem:
                    return problem
                lines = 0 if number is None else number
                if lines < 0 or lines != int(lines) or lines > MAX_QUANTITY:
                    return Problem("lines_bad", {"value": lines})
                lines = int(lines)
            texts = [
                None if position is None or values[position] is None else str(values[position]).strip()[:256] or None
                for position in texts_at
            ]
            return (line, code, day, sold, returned, revenue, lines, *texts, _row_hash(values))

        def _revenue(values, sold, returned):
            if revenue_at is not None:
                revenue, problem = reader.number(values[revenue_at])
            elif price_at is not None:
                revenue, problem = reader.number(values[price_at])
                if revenue is not None and revenue < 0:
                    return Problem("price_negative", {"value": revenue})
                revenue = None if revenue is None else revenue * (sold - returned)
            else:
                return None
            if problem:
                return problem
            if revenue is not None and abs(revenue) > MAX_AMOUNT:
                return Problem("amount_absurd", {"value": revenue})
            return revenue

        return parse

    # Problems that need the database ---------------------------------------------------------------------------------

    def _resolve(self, problems):
        """Find products, units and warehouses of the staged lines; what has none becomes a problem.

        Fills the temporary tables ``inventory_history_code`` (code, unit -> product, factor) and
        ``inventory_history_place`` (warehouse text -> warehouse) for the lines that are left.
        """
        self._resolve_places(problems)
        self._resolve_codes(problems)

    def _resolve_places(self, problems):
        self.env.cr.execute(
            """
            DROP TABLE IF EXISTS pg_temp.inventory_history_place;
            CREATE TEMPORARY TABLE inventory_history_place (warehouse text, warehouse_id integer) ON COMMIT DROP;
            SELECT DISTINCT warehouse FROM inventory_history_stage
            """
        )
        wanted = [row[0] for row in self.env.cr.fetchall()]
        places = {}
        warehouses = self.env["stock.warehouse"].search([("company_id", "=", self.company_id.id)], order="id desc")
        for field in ("name", "code"):
            places.update({warehouse[field].strip().lower(): warehouse.id for warehouse in warehouses})
        for text in wanted:
            found = places.get(text.lower()) if text else self.warehouse_id.id
            if found:
                self.env.cr.execute(SQL("INSERT INTO inventory_history_place VALUES (%s, %s)", text, found))
            else:
                where = SQL("warehouse IS NOT DISTINCT FROM %s", text)
                code = "warehouse_unknown" if text else "warehouse_missing"
                self._reject(problems, where, code, {"value": text} if text else {})

    def _resolve_codes(self, problems):
        self.env.cr.execute(
            """
            SELECT code, unit, MIN(line) FROM inventory_history_stage GROUP BY code, unit ORDER BY MIN(line)
            """
        )
        wanted = self.env.cr.fetchall()
        products = self._match_products([code for code, _unit, _line in wanted])
        units = self._units_by_name()
        new_units = self._units_of_new(units, [row for row in wanted if products[row[0]] is None])
        rows = []
        for code, unit, _line in wanted:
            found = products[code]
            if isinstance(found, Problem):
                self._reject_code(problems, code, unit, found)
                continue
            product_id, uom = (found[0], self.env["uom.uom"].browse(found[1])) if found else (None, new_units.get(code))
            factor, problem = self._unit_factor(units, unit, uom)
            if problem:
                self._reject_code(problems, code, unit, problem)
                continue
            rows.append((code, unit, product_id, factor, None if found or not uom else uom.id))
        self.env.cr.execute(
            """
            DROP TABLE IF EXISTS pg_temp.inventory_history_code;
            CREATE TEMPORARY TABLE inventory_history_code (
                code text NOT NULL, unit text, product_id integer, factor numeric NOT NULL, new_uom_id integer
            ) ON COMMIT DROP
            """
        )
        text = "\n".join(["\t".join([_copy_text(value) for value in row]) for row in rows])
        self.env.cr._obj.copy_expert("COPY inventory_history_code FROM STDIN", io.StringIO(text))

    def _units_by_name(self):
        """``{name in lower case (any language): unit}``."""
        units = {}
        # Archived ones too: what a dozen is does not depend on whether it is offered.
        for unit in self.env["uom.uom"].with_context(active_test=False).search([], order="active, id desc"):
            for name in (unit._fields["name"]._get_stored_translations(unit) or {}).values():
                units[name.strip().lower()] = unit
        return units

    def _units_of_new(self, units, wanted):
        """Unit that each product to be created gets, when its lines name any: the smallest of them.

        Lines without a unit count in the product's unit, as they do for a product that is there, so next to a named
        unit they bring in the unit that new products have by default. Only units that convert to the first named one
        are looked at; lines in others become problems.

        :param wanted: ``[(code, unit, line)]`` in the order of lines
        :return: ``{code: unit}``; codes whose lines name no unit are left out
        """
        plain = self.env["product.template"]._get_default_uom_id()
        named, blank = {}, set()
        for code, unit, _line in wanted:
            if unit and unit.lower() in units:
                named.setdefault(code, []).append(units[unit.lower()])
            elif not unit:
                blank.add(code)
        result = {}
        for code, found in named.items():
            candidates = [*found, plain] if code in blank else found
            result[code] = min(
                (uom for uom in candidates if uom._has_common_reference(found[0])), key=lambda uom: uom.factor
            )
        return result

    def _unit_factor(self, units, name, target):
        """``(factor from the file's unit to the product's unit ``target``, Problem or None)``."""
        if not name:
            return 1.0, None
        unit = units.get(name.lower())
        if not unit:
            return None, Problem("unit_unknown", {"value": name})
        if not unit._has_common_reference(target):
            return None, Problem("unit_foreign", {"value": name, "other": target.name})
        return unit.factor / target.factor, None

    def _reject_code(self, problems, code, unit, problem):
        where = SQL("code = %s AND unit IS NOT DISTINCT FROM %s", code, unit)
        self._reject(problems, where, problem.code, problem.params)

    def _reject(self, problems, where, code, params):
        """Take the staged lines that match ``where`` out and report them."""
        self.env.cr.execute(
            SQL(
                """
                DELETE FROM inventory_history_stage WHERE %s
                RETURNING line, code, day::text, sold, returned, revenue, warehouse, channel, unit
                """,
                where,
            )
        )
        problems += [(row[0], code, params, _staged_values(row)) for row in self.env.cr.fetchall()]

    def _find_identical(self, problems):
        """Lines that repeat an earlier line word for word: exports that overlap."""
        if self.identical_lines != "report":
            return
        self.env.cr.execute(
            """
            WITH repeated AS (
                SELECT line, FIRST_VALUE(line) OVER same AS first
                  FROM inventory_history_stage
                 WHERE row_hash IN (SELECT row_hash FROM inventory_history_stage GROUP BY row_hash HAVING COUNT(*) > 1)
                WINDOW same AS (PARTITION BY row_hash, code, day ORDER BY line)
            )
            DELETE FROM inventory_history_stage stage USING repeated
             WHERE repeated.line = stage.line AND repeated.first < stage.line
            RETURNING stage.line, code, day::text, sold, returned, revenue, warehouse, channel, unit, repeated.first
            """
        )
        problems += [
            (row[0], "identical", {"first": row[-1]}, _staged_values(row[:-1])) for row in self.env.cr.fetchall()
        ]

    # Report ----------------------------------------------------------------------------------------------------------

    def _write_findings(self, problems, preview):
        """Counts, sentences and the file of problems onto the document, which becomes ``previewed``."""
        self.env.cr.execute(
            """
            SELECT COUNT(DISTINCT code), MIN(day), MAX(day), COALESCE(SUM(sold), 0), COALESCE(SUM(returned), 0),
                   (SELECT COUNT(DISTINCT code) FROM inventory_history_code WHERE product_id IS NULL)
              FROM inventory_history_stage
            """
        )
        products, first, last, sold, returned, missing = self.env.cr.fetchone()
        self._note_results(
            {
                "state": "previewed",
                "bad_count": len(problems),
                "product_count": products,
                "new_product_count": missing,
                "first_date": first,
                "last_date": last,
                "sold_total": sold,
                "returned_total": returned,
                "preview_html": self._render_preview(*preview, problems),
                **self._problem_file(problems),
            }
        )
        self._note_results({"summary": "\n".join(self._findings(problems))})

    def _findings(self, problems):
        """Sentences a planner reads before he decides."""
        _ = self.env._
        sentences = [
            _(
                "%(lines)s lines, %(products)s products, %(first)s to %(last)s.",
                lines=self.line_count,
                products=self.product_count,
                first=self.first_date or "-",
                last=self.last_date or "-",
            )
        ]
        if self.new_product_count:
            sentences.append(_("%s products are missing and will be created.", self.new_product_count))
        if self.unchanged_count:
            sentences.append(_("%s daily figures are there already and stay as they are.", self.unchanged_count))
        if problems:
            sentences.append(
                _("%s lines have problems; the file below names each with its number and reason.", len(problems))
            )
            sentences += [
                _("Line %(line)s: %(reason)s", line=line, reason=self._line_sentence(code, params))
                for line, code, params, _values in sorted(problems, key=lambda row: row[0])[:5]
            ]
        sentences += self._cutover_warnings()
        return sentences

    def _problem_file(self, problems):
        """Values for the CSV file of problems: the line's number, the reason, and what the line held."""
        if not problems:
            return {"error_file": False, "error_filename": False}
        columns = ("product", "date", "sold", "returned", "revenue", "warehouse", "channel", "unit")
        labels = dict(self.env["inventory.history.column"]._fields["meaning"]._description_selection(self.env))
        stream = io.StringIO()
        writer = csv.writer(stream)
        writer.writerow([self.env._("Line"), self.env._("Reason"), *(labels[column] for column in columns)])
        for line, code, params, values in sorted(problems, key=lambda row: row[0])[:MAX_REPORTED]:
            cells = [self._line_sentence(code, params), *(values.get(column) for column in columns)]
            writer.writerow([line, *(_safe_cell(cell) for cell in cells)])
        stem = (self.filename or self.name or "history").rsplit(".", 1)[0]
        # The byte order mark makes Excel read Chinese rightly.
        content = stream.getvalue().encode("utf-8-sig", "replace")
        return {
            "error_file": base64.b64encode(content),
            "error_filename": self.env._("%s - lines with problems.csv", stem),
        }

    @api.model
    def _raw(self, values, mapping):
        return {meaning: values[position] for meaning, position in mapping.items()}

    def _render_preview(self, header, preview, problems):
        reasons = {line: self._line_sentence(code, params) for line, code, params, _values in problems}
        return self.env["ir.qweb"]._render(
            "inventory_plus.history_preview",
            {
                "header": header,
                "rows": [{"line": line, "cells": cells, "reason": reasons.get(line)} for line, cells in preview],
            },
        )


def _code_of(value):
    """Product code as text; a whole number from a spreadsheet loses its ``.0``. Blanks are kept: codes are exact."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value)


def _row_hash(values):
    """64-bit fingerprint of a whole line; two different lines of a million collide once in 40 million files."""
    try:
        return hash(tuple(values))
    except TypeError:
        return hash(repr(values))


def _copy_text(value):
    """Value in the text format of COPY."""
    if value is None:
        return "\\N"
    if isinstance(value, str):
        if "\\" in value or "\t" in value or "\n" in value or "\r" in value:
            value = value.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
        return value
    return str(value)


def _staged_values(row):
    keys = ("product", "date", "sold", "returned", "revenue", "warehouse", "channel", "unit")
    return dict(zip(keys, row[1:], strict=True))


def _shown(value):
    text = "" if value is None else str(value)
    return text.encode("utf-8", "replace").decode()[:60]


def _safe_cell(value):
    """Cell that no spreadsheet takes for a formula: what begins like one gets an apostrophe, numbers stay."""
    if value is None:
        return ""
    text = str(value)
    try:
        float(text)
        return text
    except ValueError:
        pass
    return "'" + text if text.lstrip()[:1] in ("=", "+", "-", "@") or text[:1] in ("\t", "\r") else text
