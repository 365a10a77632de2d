"""Checks of an existing Odoo 19 database, read-only and in SQL: they need none of our addons.

A check is a name, what to do about it, and a statement whose first column counts the findings and whose further columns
describe one: ``(count, sentence)``. Quantities are compared beyond rounding noise: half of the "Product Unit" digits.
"""

from dataclasses import dataclass

_NAME = """COALESCE('[' || p.default_code || '] ', '') || COALESCE(t.name ->> 'en_US', (
    SELECT value FROM jsonb_each_text(t.name) LIMIT 1), 'product ' || p.id)"""

_PRODUCT = "JOIN product_product p ON p.id = found.product_id JOIN product_template t ON t.id = p.product_tmpl_id"

_DIGITS = """(SELECT power(10, -COALESCE((SELECT digits FROM decimal_precision
    WHERE name IN ('Product Unit', 'Product Unit of Measure') ORDER BY name LIMIT 1), 2)) / 2)"""


@dataclass(frozen=True)
class DataCheck:
    """``title`` names what is wrong, ``advice`` what to do, ``statement`` yields one sentence a row, worst first."""

    title: str
    advice: str
    statement: str


_QUANT_TOTALS = """
    SELECT q.product_id, q.location_id, q.lot_id, q.package_id, q.owner_id,
           sum(COALESCE(q.quantity, 0)) AS quantity, sum(COALESCE(q.reserved_quantity, 0)) AS reserved
      FROM stock_quant q JOIN stock_location l ON l.id = q.location_id
     WHERE l.usage IN ('internal', 'transit')
     GROUP BY 1, 2, 3, 4, 5"""

_LINE_TOTALS = """
    SELECT ml.product_id, ml.location_id, ml.lot_id, ml.package_id, ml.owner_id,
           sum(ml.quantity_product_uom) AS reserved
      FROM stock_move_line ml
      JOIN stock_location l ON l.id = ml.location_id
      JOIN product_product p ON p.id = ml.product_id
      JOIN product_template t ON t.id = p.product_tmpl_id
     WHERE ml.state IN ('assigned', 'partially_available', 'waiting', 'confirmed')
       AND COALESCE(ml.quantity_product_uom, 0) <> 0 AND t.is_storable
       AND l.usage IN ('internal', 'transit')
     GROUP BY 1, 2, 3, 4, 5"""


def _duplicates(column, folded):
    """Products that share a code; with ``folded`` those whose codes differ only by case or spaces at the ends."""
    key = f"lower(btrim(p.{column}))" if folded else f"p.{column}"
    having = f"count(*) > 1 AND count(DISTINCT p.{column}) > 1" if folded else "count(*) > 1"
    listed = f"string_agg(quote_literal(p.{column}) || ' (id ' || p.id || ')', ', ' ORDER BY p.id)"
    return f"""
        SELECT {listed} FROM product_product p
         WHERE p.active AND btrim(COALESCE(p.{column}, '')) <> ''
         GROUP BY {key} HAVING {having} ORDER BY count(*) DESC, 1"""


CHECKS = (
    DataCheck(
        "Negative stock",
        "count these places (Inventory > Physical Inventory): Odoo promises less than is there until then",
        f"""SELECT {_NAME} || ': ' || found.quantity || ' in ' || l.complete_name
              FROM (SELECT q.product_id, q.location_id, q.quantity
                      FROM stock_quant q WHERE q.quantity < -{_DIGITS}) found
              JOIN stock_location l ON l.id = found.location_id AND l.usage IN ('internal', 'transit')
              {_PRODUCT} ORDER BY found.quantity""",
    ),
    DataCheck(
        "Reserved beyond what is on hand",
        "unreserve the youngest of these transfers and check availability again",
        f"""SELECT {_NAME} || ': ' || found.reserved || ' reserved of ' || found.quantity || ' in ' || l.complete_name
              FROM ({_QUANT_TOTALS}) found
              JOIN stock_location l ON l.id = found.location_id
              {_PRODUCT}
             WHERE found.reserved > greatest(found.quantity, 0) + {_DIGITS}
             ORDER BY found.reserved - greatest(found.quantity, 0) DESC""",
    ),
    DataCheck(
        "Reserved quantity differs from the transfers' lines",
        "open Inventory > Reporting > Stock once: Odoo aligns them; if it comes back, look for code that writes quants",
        f"""SELECT {_NAME} || ': quants say ' || found.quants || ', lines say ' || found.lines
                   || ' in ' || l.complete_name
              FROM (SELECT COALESCE(q.product_id, ml.product_id) AS product_id,
                           COALESCE(q.location_id, ml.location_id) AS location_id,
                           COALESCE(q.reserved, 0) AS quants, COALESCE(ml.reserved, 0) AS lines
                      FROM ({_QUANT_TOTALS}) q
                      FULL JOIN ({_LINE_TOTALS}) ml
                        ON ml.product_id = q.product_id AND ml.location_id = q.location_id
                       AND COALESCE(ml.lot_id, 0) = COALESCE(q.lot_id, 0)
                       AND COALESCE(ml.package_id, 0) = COALESCE(q.package_id, 0)
                       AND COALESCE(ml.owner_id, 0) = COALESCE(q.owner_id, 0)) found
              JOIN stock_location l ON l.id = found.location_id
              {_PRODUCT}
             WHERE abs(found.quants - found.lines) > {_DIGITS}
             ORDER BY abs(found.quants - found.lines) DESC""",
    ),
    DataCheck(
        "Several quants for one product, place, lot, package and owner",
        "open Inventory > Reporting > Stock once: Odoo merges them; they come from work at the same moment",
        f"""SELECT {_NAME} || ': ' || found.number || ' rows in ' || l.complete_name
              FROM (SELECT product_id, location_id, count(*) AS number FROM stock_quant
                     GROUP BY product_id, location_id, lot_id, package_id, owner_id HAVING count(*) > 1) found
              JOIN stock_location l ON l.id = found.location_id
              {_PRODUCT} ORDER BY found.number DESC""",
    ),
    DataCheck(
        "The same internal reference on several products",
        "give each product its own reference: imports and scanners cannot tell these apart",
        _duplicates("default_code", folded=False),
    ),
    DataCheck(
        "Internal references that differ only by case or spaces",
        "write them alike or make them differ: people and files mix these up",
        _duplicates("default_code", folded=True),
    ),
    DataCheck(
        "The same barcode on several products",
        "give each product its own barcode: a scan finds the wrong one",
        _duplicates("barcode", folded=False),
    ),
    DataCheck(
        "Barcodes that differ only by case or spaces",
        "scan the article and correct the barcode that was typed",
        _duplicates("barcode", folded=True),
    ),
    DataCheck(
        "A product's barcode that is also a packaging's",
        "remove one of them: a scan counts one or a whole box",
        """SELECT quote_literal(p.barcode) || ' (product id ' || p.id
                  || ', packaging of product id ' || u.product_id || ')'
             FROM product_product p JOIN product_uom u ON u.barcode = p.barcode WHERE p.active ORDER BY 1""",
    ),
    DataCheck(
        "Stock outside any warehouse",
        "move it into a warehouse, or put its location under one: nobody plans or promises it",
        f"""SELECT {_NAME} || ': ' || found.quantity || ' in ' || l.complete_name
              FROM (SELECT product_id, location_id, sum(quantity) AS quantity
                      FROM stock_quant GROUP BY 1, 2 HAVING abs(sum(quantity)) > {_DIGITS}) found
              JOIN stock_location l ON l.id = found.location_id AND l.usage = 'internal'
              {_PRODUCT}
             WHERE NOT EXISTS (
                   SELECT FROM stock_warehouse w JOIN stock_location v ON v.id = w.view_location_id
                    WHERE starts_with(l.parent_path, v.parent_path))
             ORDER BY abs(found.quantity) DESC""",
    ),
)


def counted(check, sample):
    """The check's statement, wrapped: one row ``(number of findings, sentences of the first ones)``."""
    return f"""
        WITH finding (sentence) AS MATERIALIZED ({check.statement})
        SELECT (SELECT count(*) FROM finding),
               ARRAY(SELECT sentence FROM finding LIMIT {int(sample)})"""
