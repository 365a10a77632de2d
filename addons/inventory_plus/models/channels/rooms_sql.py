"""The text of the numbers in the database: which rule applies to an item in a channel, and what it leaves to it."""

#: ``inventory_usable(products)``: usable quantity per item, made of the fragments of ``inventory.scope``.
USABLE = """
CREATE OR REPLACE FUNCTION inventory_usable(p_product integer[])
RETURNS TABLE (product_id integer, warehouse_id integer, usable numeric)
LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET jit = off AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY SELECT item.product_id, item.warehouse_id, item.usable FROM (%s) item;
END $$
"""

ROOMS = """
-- The rules that apply to items in channels: for each channel and item the most exact one, where there is any.
CREATE OR REPLACE FUNCTION inventory_rules(p_channel integer[], p_product integer[], p_warehouse integer[])
RETURNS TABLE (channel_id integer, product_id integer, warehouse_id integer, rule_id integer)
LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET jit = off AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH item AS MATERIALIZED (
        SELECT r.p, r.w, product.product_tmpl_id AS t, template.categ_id AS c
          FROM unnest(p_product, p_warehouse) r(p, w)
          JOIN product_product product ON product.id = r.p
          JOIN product_template template ON template.id = product.product_tmpl_id
    ), ruled AS MATERIALIZED (
        -- Nearest category first: a rule for each category that has something above it.
        SELECT own.c, above.id AS above, length(above.parent_path) AS depth
          FROM (SELECT DISTINCT item.c FROM item
                 WHERE EXISTS (SELECT FROM inventory_channel_rule r WHERE r.channel_id = ANY(p_channel)
                                  AND r.applied_on = 'category' AND r.active)) own
          JOIN product_category category ON category.id = own.c
          JOIN product_category above
            ON above.id = ANY(string_to_array(rtrim(category.parent_path, '/'), '/')::integer[])
    )
    SELECT DISTINCT ON (found.channel, found.p, found.w) found.channel, found.p, found.w, found.id
      FROM (
            SELECT item.p, item.w, r.channel_id AS channel, r.id, 3 AS rank, 0 AS depth, r.warehouse_id, r.sequence
              FROM item JOIN inventory_channel_rule r ON r.product_id = item.p
             WHERE r.channel_id = ANY(p_channel) AND r.applied_on = 'product' AND r.active
             UNION ALL
            SELECT item.p, item.w, r.channel_id, r.id, 2, 0, r.warehouse_id, r.sequence
              FROM item JOIN inventory_channel_rule r ON r.product_tmpl_id = item.t
             WHERE r.channel_id = ANY(p_channel) AND r.applied_on = 'template' AND r.active
             UNION ALL
            SELECT item.p, item.w, r.channel_id, r.id, 1, ruled.depth, r.warehouse_id, r.sequence
              FROM item JOIN ruled ON ruled.c = item.c JOIN inventory_channel_rule r ON r.categ_id = ruled.above
             WHERE r.channel_id = ANY(p_channel) AND r.applied_on = 'category' AND r.active
             UNION ALL
            SELECT item.p, item.w, r.channel_id, r.id, 0, 0, r.warehouse_id, r.sequence
              FROM item CROSS JOIN inventory_channel_rule r
             WHERE r.channel_id = ANY(p_channel) AND r.applied_on = 'all' AND r.active
           ) found
     WHERE found.warehouse_id IS NULL OR found.warehouse_id = found.w
     ORDER BY found.channel, found.p, found.w, found.rank DESC, found.depth DESC, found.warehouse_id IS NULL,
              found.sequence, found.id;
END $$;

-- What a channel may have of each item, and how that comes about. Pairs (product, warehouse), each once.
--   free      usable - reserved - promised
--   fenced    what is kept for other channels that do not lend to this one: of each item in a warehouse from which
--             they sell, the ring-fenced quantity less what they have promised of that item since
--   dated     free goods that do not last as long as the channel asks for, or are promised to others that ask for as
--             much: free - dated is the least, over all shelf lives up to its own, of the goods that last so long less
--             what channels that ask for so much have promised
--   keep      what the channel keeps back
--   room      free - dated - fenced - keep + oversell, none once the channel has ended; may be below zero
--   maximum   NULL, or the most that is shown and promised at a time
--   usable    only if p_whole or where a percentage of it is kept back
-- p_channel NULL: for work of the house that sells in no channel. It leaves alone what is ring-fenced; nothing is kept
-- back from it, and it oversells nothing.
-- p_shown: soft promises whose time is over no longer count. Only for what is shown: one that somebody holds - it is
-- being confirmed, extended, moved - may still be kept, so whoever decides has to count it until it is closed.
CREATE OR REPLACE FUNCTION inventory_rooms(p_channel integer, p_product integer[], p_warehouse integer[],
                                           p_whole boolean, p_shown boolean)
RETURNS TABLE (product_id integer, warehouse_id integer, usable numeric, base numeric, promised numeric, free numeric,
               dated numeric, fenced numeric, keep_back text, keep numeric, oversell numeric, end_when numeric,
               maximum numeric, room numeric, rule_id integer)
LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET jit = off AS $$
#variable_conflict use_column
DECLARE
    v_now timestamp := clock_timestamp() AT TIME ZONE 'UTC';
    v_products integer[] := ARRAY(SELECT DISTINCT p FROM unnest(p_product) p);
    v_channel record;
    v_rules boolean;
    v_percent boolean;
    v_fencers integer[];
    v_lapsed boolean;
    v_life integer;
BEGIN
    SELECT c.* INTO v_channel FROM inventory_channel c WHERE c.id = p_channel;
    SELECT count(*) > 0, COALESCE(bool_or(r.keep_back = 'percent'), FALSE) INTO v_rules, v_percent
      FROM inventory_channel_rule r WHERE r.channel_id = p_channel AND r.active;
    v_life := COALESCE(v_channel.shelf_life, 0);
    v_percent := p_whole OR v_percent OR COALESCE(v_channel.keep_back, '') = 'percent';
    SELECT array_agg(DISTINCT other.id) INTO v_fencers
      FROM inventory_channel other
      JOIN inventory_channel_rule r ON r.channel_id = other.id AND r.active AND r.pool_quantity > 0
     WHERE other.active
       AND (p_channel IS NULL OR other.id <> p_channel AND other.company_id = v_channel.company_id)
       AND NOT EXISTS (SELECT FROM inventory_channel_lend_rel lend
                        WHERE lend.lender_id = other.id AND lend.borrower_id = p_channel);
    v_lapsed := p_shown
                AND EXISTS (SELECT FROM inventory_reservation r WHERE r.state = 'soft' AND r.expires_at <= v_now);
    RETURN QUERY
    WITH part AS (
        SELECT r.p, r.w, 0::numeric AS base, 0::numeric AS usable, TRUE AS wanted, r.ord
          FROM unnest(p_product, p_warehouse) WITH ORDINALITY r(p, w, ord)
         UNION ALL
        SELECT b.product_id, b.warehouse_id, b.base, 0, FALSE, NULL FROM inventory_base(v_products) b
         UNION ALL
        SELECT u.product_id, u.warehouse_id, 0, u.usable, FALSE, NULL
          FROM inventory_usable(CASE WHEN v_percent THEN v_products ELSE ARRAY[]::integer[] END) u
    ), item AS (
        SELECT part.p, part.w, SUM(part.base) AS base, SUM(part.usable) AS usable, MIN(part.ord) AS ord
          FROM part GROUP BY part.p, part.w HAVING bool_or(part.wanted)
    ), own AS (
        SELECT found.product_id AS p, found.warehouse_id AS w, found.rule_id
          FROM inventory_rules(ARRAY[p_channel], CASE WHEN v_rules THEN p_product ELSE ARRAY[]::integer[] END,
                               CASE WHEN v_rules THEN p_warehouse ELSE ARRAY[]::integer[] END) found
         WHERE v_rules
    ), fence AS (
        SELECT found.product_id AS p, found.warehouse_id AS w,
               SUM(GREATEST(0, r.pool_quantity - COALESCE((
                   SELECT SUM(line.open_quantity + COALESCE(line.incoming_quantity, 0) + line.fulfilled)
                     FROM inventory_reservation_line line
                    WHERE line.product_id = found.product_id AND line.warehouse_id = found.warehouse_id
                      AND line.channel_id = found.channel_id AND line.create_date >= r.pool_since), 0))) AS quantity
          FROM inventory_rules(v_fencers, p_product, p_warehouse) found
          JOIN inventory_channel_rule r ON r.id = found.rule_id
          JOIN inventory_channel other ON other.id = found.channel_id
          JOIN stock_warehouse place ON place.id = found.warehouse_id AND place.company_id = other.company_id
         WHERE v_fencers IS NOT NULL AND r.pool_quantity > 0
           -- Only where the channel sells from; without a list that is everywhere.
           AND (EXISTS (SELECT FROM inventory_channel_warehouse sells
                         WHERE sells.channel_id = other.id AND sells.warehouse_id = place.id)
                OR NOT EXISTS (SELECT FROM inventory_channel_warehouse sells WHERE sells.channel_id = other.id))
         GROUP BY found.product_id, found.warehouse_id
    ), claim AS MATERIALIZED (
        SELECT c.product_id AS p, c.warehouse_id AS w, c.claimed
          FROM inventory_claims(p_product, p_warehouse, NULL, NULL) c
    ), held AS (
        SELECT item.p, item.w, item.ord, item.usable, item.base,
               COALESCE(l.promised, 0)
               + COALESCE((SELECT SUM(g.qty) FROM inventory_ledger g
                            WHERE NOT g.folded AND g.product_id = item.p AND g.warehouse_id = item.w), 0)
               - CASE WHEN v_lapsed THEN COALESCE((
                     SELECT SUM(line.open_quantity)
                       FROM inventory_reservation_line line
                       JOIN inventory_reservation r ON r.id = line.reservation_id
                      WHERE line.product_id = item.p AND line.warehouse_id = item.w AND line.open_quantity > 0
                        AND r.state = 'soft' AND r.expires_at <= v_now), 0)
                 ELSE 0 END AS promised,
               own.rule_id, COALESCE(fence.quantity, 0) AS fenced
          FROM item
          LEFT JOIN inventory_item_lock l ON l.product_id = item.p AND l.warehouse_id = item.w
          LEFT JOIN own ON own.p = item.p AND own.w = item.w
          LEFT JOIN fence ON fence.p = item.p AND fence.w = item.w
    ), lasting AS (
        -- Of each shelf life up to the channel's own; parts are added rather than joined.
        SELECT class.p, class.w, MIN(class.free) AS free
          FROM (SELECT part.p, part.w, SUM(part.q) AS free
                  FROM (SELECT item.p, item.w, life.days, TRUE AS wanted, item.base - COALESCE((
                               SELECT SUM(line.open_quantity)
                                 FROM inventory_reservation_line line
                                 JOIN inventory_reservation r ON r.id = line.reservation_id
                                 JOIN inventory_channel other ON other.id = line.channel_id
                                WHERE line.product_id = item.p AND line.warehouse_id = item.w
                                  AND line.open_quantity > 0 AND other.shelf_life >= life.days
                                  AND COALESCE(r.res_model, 'sale.order') = 'sale.order'
                                  AND NOT (v_lapsed AND r.state = 'soft' AND r.expires_at <= v_now)), 0)
                               -- Of what came for promises with a day, as much as such channels wait for.
                               - LEAST(COALESCE(claim.claimed, 0), COALESCE((
                               SELECT SUM(line.incoming_quantity)
                                 FROM inventory_reservation_line line
                                 JOIN inventory_channel other ON other.id = line.channel_id
                                WHERE line.product_id = item.p AND line.warehouse_id = item.w
                                  AND line.incoming_quantity > 0 AND other.shelf_life >= life.days), 0)) AS q
                          FROM item
                          LEFT JOIN claim ON claim.p = item.p AND claim.w = item.w
                         CROSS JOIN (SELECT DISTINCT c.shelf_life AS days FROM inventory_channel c
                                      WHERE c.shelf_life > 0 AND c.shelf_life <= v_life) life
                         UNION ALL
                        SELECT s.product_id, s.warehouse_id, s.life, FALSE, -s.short
                          FROM inventory_short_dated(CASE WHEN v_life > 0 THEN v_products
                                                          ELSE ARRAY[]::integer[] END) s
                         WHERE s.life <= v_life) part
                 GROUP BY part.p, part.w, part.days HAVING bool_or(part.wanted)) class
         GROUP BY class.p, class.w
    ), stand AS (
        -- Goods that came for promises with a day are promised, as far as they are there; see dated_sql.py.
        SELECT held.p, held.w, held.ord, held.usable, held.base,
               held.promised + LEAST(COALESCE(claim.claimed, 0), GREATEST(0, held.base - held.promised)) AS promised,
               held.rule_id, held.fenced
          FROM held LEFT JOIN claim ON claim.p = held.p AND claim.w = held.w
    ), term AS (
        SELECT stand.*, stand.base - stand.promised AS free,
               GREATEST(0, stand.base - stand.promised - lasting.free) AS dated, rule.maximum, rule.has_maximum,
               rule.has_end, rule.end_when,
               COALESCE(rule.keep_back, v_channel.keep_back) AS keep_back,
               CASE COALESCE(rule.keep_back, v_channel.keep_back)
                   WHEN 'fixed' THEN CASE WHEN rule.id IS NULL THEN v_channel.keep_quantity ELSE rule.keep_quantity END
                   WHEN 'percent' THEN ceil(GREATEST(0, stand.usable)
                        * (CASE WHEN rule.id IS NULL THEN v_channel.keep_percent ELSE rule.keep_percent END)::numeric
                        / 100)
                   WHEN 'safety' THEN COALESCE((
                        SELECT GREATEST(0, planned.safety_stock) FROM inventory_item planned
                         WHERE planned.product_id = stand.p AND planned.warehouse_id = stand.w AND planned.active), 0)
                   ELSE 0
               END AS keep
          FROM stand
          LEFT JOIN inventory_channel_rule rule ON rule.id = stand.rule_id
          LEFT JOIN lasting ON lasting.p = stand.p AND lasting.w = stand.w
    )
    SELECT term.p, term.w, CASE WHEN v_percent THEN term.usable END, term.base, term.promised, term.free, term.dated,
           term.fenced, term.keep_back::text, term.keep, COALESCE(v_channel.oversell_limit, 0),
           CASE WHEN term.has_end THEN term.end_when END,
           CASE WHEN term.has_maximum THEN term.maximum END,
           CASE WHEN term.has_end AND term.free - term.dated - term.fenced <= term.end_when
                THEN LEAST(0, term.free - term.dated - term.fenced - term.keep + COALESCE(v_channel.oversell_limit, 0))
                ELSE term.free - term.dated - term.fenced - term.keep + COALESCE(v_channel.oversell_limit, 0) END,
           term.rule_id
      FROM term
     ORDER BY term.ord;
END $$;
"""
