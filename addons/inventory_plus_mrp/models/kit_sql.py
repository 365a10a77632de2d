"""The text of kits in the database: what is published of a kit follows from its bill and from its components."""

KITS = """
-- The bill by which a product is a kit in a company, as Odoo chooses it; NULL where there is none.
CREATE OR REPLACE FUNCTION inventory_kit_bom(p_company integer, p_product integer)
RETURNS integer LANGUAGE sql STABLE AS $$
    SELECT bom.id
      FROM product_product product
      JOIN product_template template ON template.id = product.product_tmpl_id AND template.type <> 'service'
      JOIN mrp_bom bom ON bom.product_tmpl_id = template.id
                      AND (bom.product_id IS NULL OR bom.product_id = product.id)
     WHERE product.id = p_product AND bom.active AND bom.type = 'phantom'
       AND (bom.company_id IS NULL OR bom.company_id = p_company)
     ORDER BY bom.sequence, bom.product_id IS NULL, bom.id LIMIT 1
$$;

CREATE OR REPLACE FUNCTION inventory_kit_parts(p_company integer, p_product integer[])
RETURNS TABLE (kit integer, part integer, need numeric)
LANGUAGE plpgsql STABLE SET jit = off AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH RECURSIVE tree AS (
        SELECT product.id AS kit, product.id AS p, inventory_kit_bom(p_company, product.id) AS bom, 1::numeric AS need,
               0 AS level
          FROM unnest(p_product) asked(p)
          JOIN product_product product ON product.id = asked.p
         WHERE EXISTS (SELECT FROM mrp_bom b
                        WHERE b.product_tmpl_id = product.product_tmpl_id AND b.type = 'phantom' AND b.active)
         UNION ALL
        SELECT tree.kit, line.product_id, inventory_kit_bom(p_company, line.product_id),
               tree.need * unit.factor / bom_unit.factor / bom.product_qty::numeric
               * line.product_qty::numeric * line_unit.factor / part_unit.factor,
               tree.level + 1
          FROM tree
          JOIN product_product product ON product.id = tree.p
          JOIN product_template template ON template.id = product.product_tmpl_id
          JOIN uom_uom unit ON unit.id = template.uom_id
          JOIN mrp_bom bom ON bom.id = tree.bom AND bom.product_qty > 0
          JOIN uom_uom bom_unit ON bom_unit.id = bom.product_uom_id
          JOIN mrp_bom_line line ON line.bom_id = bom.id
          JOIN uom_uom line_unit ON line_unit.id = line.product_uom_id
          JOIN product_product part ON part.id = line.product_id
          JOIN product_template part_template ON part_template.id = part.product_tmpl_id
          JOIN uom_uom part_unit ON part_unit.id = part_template.uom_id
         -- Deeper than any bill: nothing goes round for ever.
         WHERE tree.level < 20
           -- Of each attribute that the line names, the variant has one value; what no variant has, none has.
           AND NOT EXISTS (
               SELECT FROM mrp_bom_line_product_template_attribute_value_rel rel
                 JOIN product_template_attribute_value value ON value.id = rel.product_template_attribute_value_id
                 JOIN product_attribute attribute ON attribute.id = value.attribute_id
                 LEFT JOIN product_variant_combination own
                   ON own.product_product_id = tree.p AND own.product_template_attribute_value_id = value.id
                WHERE rel.mrp_bom_line_id = line.id
                GROUP BY value.attribute_line_id
               HAVING bool_or(attribute.create_variant = 'no_variant')
                   OR count(own.product_product_id) = 0)
    )
    SELECT tree.kit, tree.p, SUM(tree.need)
      FROM tree
      JOIN product_product product ON product.id = tree.p
      JOIN product_template template ON template.id = product.product_tmpl_id
     WHERE tree.level > 0 AND tree.bom IS NULL AND template.is_storable
     GROUP BY tree.kit, tree.p HAVING SUM(tree.need) > 0;
END $$;

CREATE OR REPLACE FUNCTION inventory_kits_with(p_product integer[])
RETURNS SETOF integer LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN QUERY
    WITH RECURSIVE above AS (
        SELECT unnest(p_product) AS p
         UNION
        SELECT product.id
          FROM above
          JOIN mrp_bom_line line ON line.product_id = above.p
          JOIN mrp_bom bom ON bom.id = line.bom_id AND bom.active AND bom.type = 'phantom'
          JOIN product_product product ON product.product_tmpl_id = bom.product_tmpl_id
                                      AND (bom.product_id IS NULL OR bom.product_id = product.id)
    )
    SELECT above.p FROM above;
END $$;

-- What a bill says has changed: the numbers of its product, and of what that is in, are looked at again.
CREATE OR REPLACE FUNCTION inventory_feed_note_bom() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO inventory_feed_note (product_id)
    SELECT product.id FROM product_product product
     WHERE product.product_tmpl_id IN (NEW.product_tmpl_id, OLD.product_tmpl_id);
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION inventory_feed_note_bom_line() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO inventory_feed_note (product_id)
    SELECT product.id
      FROM mrp_bom bom JOIN product_product product ON product.product_tmpl_id = bom.product_tmpl_id
     WHERE bom.id IN (NEW.bom_id, OLD.bom_id);
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION inventory_feed_note_bom_value() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO inventory_feed_note (product_id)
    SELECT product.id
      FROM mrp_bom_line line
      JOIN mrp_bom bom ON bom.id = line.bom_id
      JOIN product_product product ON product.product_tmpl_id = bom.product_tmpl_id
     WHERE line.id = COALESCE(NEW.mrp_bom_line_id, OLD.mrp_bom_line_id);
    RETURN NULL;
END $$;
"""

#: Trigger -> its definition.
TRIGGERS = {
    "inventory_feed_bom": "AFTER INSERT OR UPDATE OR DELETE ON mrp_bom FOR EACH ROW"
    " EXECUTE FUNCTION inventory_feed_note_bom()",
    "inventory_feed_bom_line": "AFTER INSERT OR UPDATE OR DELETE ON mrp_bom_line FOR EACH ROW"
    " EXECUTE FUNCTION inventory_feed_note_bom_line()",
    "inventory_feed_bom_value": "AFTER INSERT OR DELETE ON mrp_bom_line_product_template_attribute_value_rel"
    " FOR EACH ROW EXECUTE FUNCTION inventory_feed_note_bom_value()",
}

DROP = """
DROP FUNCTION IF EXISTS inventory_feed_note_bom() CASCADE;
DROP FUNCTION IF EXISTS inventory_feed_note_bom_line() CASCADE;
DROP FUNCTION IF EXISTS inventory_feed_note_bom_value() CASCADE;
DROP FUNCTION IF EXISTS inventory_kit_bom(integer, integer);
"""

#: Kits that were unknown until now, or are no longer known.
NOTE_ALL = "INSERT INTO inventory_feed_note (is_bulk) VALUES (TRUE)"
