"""Products of an import: finding them by exact code, creating the missing ones, removing those nobody used."""

import re

from odoo import models
from odoo.tools import SQL

from ...history_files import Problem

BATCH = 1000
# Rows of these tables come and go with the product by themselves: they are no use of it.
ATTACHED_TABLES = (
    "inventory_history_import_product_rel",
    "inventory_history_replaced",
    "inventory_item",
    "inventory_item_lock",
    "product_product",
    "product_template",
    "product_value",
)


class InventoryHistoryImport(models.Model):
    _inherit = "inventory.history.import"

    def _match_products(self, codes):
        """Products of the codes of a file.

        A code matches exactly; when no product has it, a code with blanks around it matches the trimmed one unless
        both are in the file. Codes that differ from others only by case or blanks are problems, unless the planner
        said that they are different products.

        :param codes: codes as written in the file
        :return: ``{code: (product id, unit id) | None when it is to be created | Problem}``
        """
        self.ensure_one()
        codes = list(dict.fromkeys(codes))
        known = self._known_products(codes)
        variants = {}
        for code in codes:
            variants.setdefault(_folded(code), []).append(code)
        result = {}
        for code in codes:
            found = self._match_exact(code, known)
            if found is None:
                found = self._match_similar(code, known, variants[_folded(code)])
            result[code] = found
        return result

    def _known_products(self, codes):
        """``{folded code: {exact code: [(product id, unit id, stored?, active?)]}}`` of the company's products."""
        column = SQL.identifier("product", self.product_key)
        self.env.cr.execute(
            SQL(
                """
                SELECT %(column)s, product.id, template.uom_id, template.is_storable, product.active
                  FROM product_product product
                  JOIN product_template template ON template.id = product.product_tmpl_id
                 WHERE lower(regexp_replace(%(column)s, '\\s+', '', 'g')) = ANY(%(folded)s)
                   AND (template.company_id IS NULL OR template.company_id = %(company)s)
                 ORDER BY product.active DESC, product.id
                """,
                column=column,
                folded=list({_folded(code) for code in codes}),
                company=self.company_id.id,
            )
        )
        known = {}
        for code, product_id, uom_id, stored, active in self.env.cr.fetchall():
            known.setdefault(_folded(code), {}).setdefault(code, []).append((product_id, uom_id, stored, active))
        return known

    @staticmethod
    def _match_exact(code, known):
        rows = known.get(_folded(code), {}).get(code, [])
        rows = [row for row in rows if row[3]] or rows
        if not rows:
            return None
        if len(rows) > 1:
            return Problem("product_ambiguous", {"value": code})
        product_id, uom_id, stored, _active = rows[0]
        return (product_id, uom_id) if stored else Problem("product_not_stored", {"value": code})

    def _match_similar(self, code, known, in_file):
        """A code that no product has: trimmed match, new product, or a problem."""
        others = [other for other in [*known.get(_folded(code), {}), *in_file] if other != code]
        trimmed = code.strip()
        if trimmed != code and trimmed not in in_file:
            found = self._match_exact(trimmed, known)
            if found is not None:
                return found
        if others and self.similar_codes == "report":
            return Problem("product_similar", {"value": code, "other": others[0]})
        if not self.create_products:
            return Problem("product_unknown", {"value": code})
        return None

    # Creating --------------------------------------------------------------------------------------------------------

    def _create_missing_products(self, progress=None):
        """Create the products that the file names and nobody has, in batches; fill the code table with them.

        The list price is the average revenue of a unit in the file, 0 where the file has none.
        """
        self.ensure_one()
        self.env.cr.execute(
            """
            SELECT stage.code, MIN(found.new_uom_id), MIN(stage.name), MIN(stage.category),
                   SUM(stage.revenue) / NULLIF(SUM((stage.sold - stage.returned) * found.factor), 0)
              FROM inventory_history_stage stage
              JOIN inventory_history_code found
                ON found.code = stage.code AND found.unit IS NOT DISTINCT FROM stage.unit
             WHERE found.product_id IS NULL
             GROUP BY stage.code
             ORDER BY MIN(stage.line)
            """
        )
        missing = self.env.cr.fetchall()
        categories = self._categories({row[3] for row in missing if row[3]})
        created = []
        for start in range(0, len(missing), BATCH):
            batch = missing[start : start + BATCH]
            values = [self._product_values(row, categories) for row in batch]
            products = self.env["product.product"].with_context(tracking_disable=True).sudo().create(values)
            created += zip((row[0] for row in batch), products.ids, strict=True)
            if progress:
                done = start + len(batch)
                progress(0.35 + 0.35 * done / len(missing), self.env._("%s products created", done))
        for start in range(0, len(created), BATCH):
            pairs = SQL(", ").join(SQL("(%s, %s)", code, product) for code, product in created[start : start + BATCH])
            self.env.cr.execute(
                SQL(
                    """
                    UPDATE inventory_history_code found SET product_id = made.product_id
                      FROM (VALUES %s) AS made (code, product_id) WHERE made.code = found.code
                    """,
                    pairs,
                )
            )
        if created:
            self.env.cr.execute(
                SQL(
                    """
                    INSERT INTO inventory_history_import_product_rel (inventory_history_import_id, product_product_id)
                    SELECT %s, unnest(%s)
                    """,
                    self.id,
                    [product for _code, product in created],
                )
            )
            self.invalidate_recordset(["created_product_ids"])
        return len(created)

    def _product_values(self, row, categories):
        code, uom_id, name, category, price = row
        values = {
            "name": name or code.strip(),
            self.product_key: code,
            "type": "consu",
            "is_storable": True,
            "list_price": max(0.0, round(float(price or 0), 2)),
        }
        category_id = categories.get(category) or self.categ_id.id
        if category_id:
            values["categ_id"] = category_id
        if uom_id:
            values["uom_id"] = uom_id
        return values

    def _categories(self, names):
        """``{name in the file: category id}``; a path written with slashes or a plain name; missing ones are made."""
        if not names:
            return {}
        Category = self.env["product.category"].sudo()
        known = {category.complete_name: category.id for category in Category.search([])}
        by_name = {}
        for category in Category.search([], order="id desc"):
            by_name[category.name] = category.id
        result = {}
        for name in sorted(names):
            path = [part.strip() for part in re.split(r"\s*/\s*", name) if part.strip()]
            found = known.get(" / ".join(path)) or (by_name.get(path[0]) if len(path) == 1 else None)
            if not found:
                parent = False
                # One level after the other, as each needs its parent; categories are few.
                for depth in range(1, len(path) + 1):
                    full = " / ".join(path[:depth])
                    if full not in known:
                        known[full] = Category.create({"name": path[depth - 1], "parent_id": parent}).id
                    parent = known[full]
                found = parent
            result[name] = found
        return result

    # Removing --------------------------------------------------------------------------------------------------------

    def _remove_unused_products(self):
        """Delete the products that this import created and nothing else refers to.

        :return: ``(removed, kept)`` counts
        """
        self.ensure_one()
        products = self.created_product_ids
        if not products:
            return 0, 0
        used = self._used_products(products)
        unused = products.browse([product_id for product_id in products.ids if product_id not in used])
        for start in range(0, len(unused), BATCH):
            unused[start : start + BATCH].sudo().unlink()
        return len(unused), len(used)

    def _attached_tables(self):
        """Tables whose rows say something about a product without using it: its own tags and taxes, open dialogs."""
        attached = set(ATTACHED_TABLES)
        for name in ("product.product", "product.template"):
            attached.update(field.relation for field in self.env[name]._fields.values() if field.type == "many2many")
        attached.update(model._table for model in self.env.values() if model._transient)
        attached.discard(None)
        return sorted(attached)

    def _used_products(self, products):
        """Ids of ``products`` that a row of any other table refers to by a foreign key."""
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                SELECT child.relname, attribute.attname, parent.relname
                  FROM pg_constraint con
                  JOIN pg_class child ON child.oid = con.conrelid
                  JOIN pg_class parent ON parent.oid = con.confrelid
                  JOIN pg_attribute attribute ON attribute.attrelid = con.conrelid AND attribute.attnum = con.conkey[1]
                 WHERE con.contype = 'f' AND cardinality(con.conkey) = 1
                   AND parent.relname IN ('product_product', 'product_template')
                   AND parent.relnamespace = 'public'::regnamespace
                   AND child.relname != ALL(%s)
                """,
                self._attached_tables(),
            )
        )
        parts = []
        for table, column, parent in self.env.cr.fetchall():
            target = SQL("product.id") if parent == "product_product" else SQL("product.product_tmpl_id")
            parts.append(
                SQL(
                    "SELECT product.id FROM product_product product WHERE product.id = ANY(%s)"
                    " AND EXISTS (SELECT 1 FROM %s WHERE %s = %s)",
                    products.ids,
                    SQL.identifier(table),
                    SQL.identifier(table, column),
                    target,
                )
            )
        self.env.cr.execute(SQL(" UNION ").join(parts))
        return {row[0] for row in self.env.cr.fetchall()}


def _folded(code):
    return re.sub(r"\s+", "", code).lower()
