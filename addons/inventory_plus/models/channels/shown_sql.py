"""The text of what is shown in the database: the numbers of channels, of kits too."""

#: Without rooms that know kits there are none.
KITS = """
-- What one unit of each product takes, if it is a kit in a company: parts that are kept in stock, in their units.
CREATE OR REPLACE FUNCTION inventory_kit_parts(p_company integer, p_product integer[])
RETURNS TABLE (kit integer, part integer, need numeric)
LANGUAGE plpgsql STABLE AS $$ BEGIN RETURN; END $$;

-- The kits that products are in, however deep.
CREATE OR REPLACE FUNCTION inventory_kits_with(p_product integer[])
RETURNS SETOF integer LANGUAGE plpgsql STABLE AS $$ BEGIN RETURN; END $$;
"""

SHOWN = """
-- What a channel shows of products in warehouses: never below zero; of a kit as many as its parts make there.
CREATE OR REPLACE FUNCTION inventory_shown(p_channel integer, p_company integer, p_product integer[],
                                           p_warehouse integer[])
RETURNS TABLE (product_id integer, warehouse_id integer, available numeric)
LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan SET jit = off AS $$
#variable_conflict use_column
DECLARE
    v_kit integer[];
    v_part integer[];
    v_need numeric[];
    v_item integer[];
    v_place integer[];
BEGIN
    SELECT array_agg(k.kit), array_agg(k.part), array_agg(k.need) INTO v_kit, v_part, v_need
      FROM inventory_kit_parts(p_company, p_product) k;
    SELECT array_agg(item.p), array_agg(place.w) INTO v_item, v_place
      FROM (SELECT unnest(p_product) AS p UNION SELECT unnest(v_part)) item
     CROSS JOIN unnest(p_warehouse) place(w);
    IF v_item IS NULL THEN
        RETURN;
    END IF;
    RETURN QUERY
    WITH room AS MATERIALIZED (
        SELECT r.product_id AS p, r.warehouse_id AS w, GREATEST(0, LEAST(r.room, r.maximum)) AS shown
          FROM inventory_rooms(p_channel, v_item, v_place, FALSE, TRUE) r
    ), kit AS MATERIALIZED (
        SELECT k.p, k.part, k.need FROM unnest(v_kit, v_part, v_need) k(p, part, need)
    )
    SELECT room.p, room.w, room.shown
      FROM room
      JOIN (SELECT unnest(p_product) AS p) asked ON asked.p = room.p
     WHERE NOT EXISTS (SELECT FROM kit WHERE kit.p = room.p)
     UNION ALL
    SELECT kit.p, room.w, MIN(floor(room.shown / kit.need + 0.00001))
      FROM kit JOIN room ON room.p = kit.part
     GROUP BY kit.p, room.w;
END $$;
"""

DROP = """
DROP FUNCTION IF EXISTS inventory_shown(integer, integer, integer[], integer[]);
DROP FUNCTION IF EXISTS inventory_kit_parts(integer, integer[]);
DROP FUNCTION IF EXISTS inventory_kits_with(integer[]);
"""
