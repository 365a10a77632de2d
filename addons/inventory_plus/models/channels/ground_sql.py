"""The text of what promises stand on in the database: who has the goods where more is promised than there is.

A channel may be allowed to promise more than there is. What it promises beyond is no goods, and takes none from whoever
was promised what is there: for each limit, what is promised by channels with that limit or a smaller one is no more
than max(0, usable - reserved) + the limit (law 1). Documents of the house are promised only what is there.

A channel may also ask for a minimum shelf life. Goods that last long enough serve everybody, short-dated ones only the
channels that ask for less. So the same is judged for each shelf life that a channel asks for: what is promised by
channels that ask for that or more is no more than the goods that last so long.

Goods go to promises in this order: smaller limits first, then the reverse of the order in which promises lose.

A document that draws on such a promise - reserves goods for it - holds what it draws in the ledger while its
transaction lasts, under the key ``<account>/<model>,<id>`` that lives as long as the transaction: so no other one draws
the same goods. The promise stands for it too; whoever sums up promises leaves these keys out.
"""

DROP = """
DROP FUNCTION IF EXISTS inventory_draw(text, text[], integer[], integer[], numeric[], numeric[], numeric[], boolean);
DROP FUNCTION IF EXISTS inventory_ground(integer[], integer[], integer, numeric, integer);
DROP FUNCTION IF EXISTS inventory_stands(integer[], integer[], integer, numeric, integer);
DROP FUNCTION IF EXISTS inventory_short_dated(integer[], integer);
"""

#: Functions with the arguments of earlier versions: calls would find two of a name.
OUTDATED = """
DROP FUNCTION IF EXISTS inventory_ground(integer[], integer[]);
DROP FUNCTION IF EXISTS inventory_stands(integer[], integer[]);
"""

#: ``inventory_short_dated(products, another life)``: of the fragments of ``inventory.scope``.
SHORT_DATED = """
CREATE OR REPLACE FUNCTION inventory_short_dated(p_product integer[], p_life integer DEFAULT NULL)
RETURNS TABLE (product_id integer, warehouse_id integer, life integer, short numeric)
LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET jit = off AS $$
#variable_conflict use_column
BEGIN
    IF p_life > 0 OR EXISTS (SELECT FROM inventory_channel c WHERE c.shelf_life > 0) THEN
        RETURN QUERY SELECT item.product_id, item.warehouse_id, item.life, item.short FROM (%s) item;
    END IF;
END $$
"""

#: The shelf lives that channels ask for, within :data:`SHORT_DATED`.
TERMS = """
    SELECT DISTINCT c.shelf_life AS life FROM inventory_channel c WHERE c.shelf_life > 0
     UNION SELECT p_life WHERE p_life > 0
"""

GROUND = """
-- What promises on items stand on, a row per item and limit of overselling: usable - reserved, what channels with this
-- limit or a smaller one and documents have promised, and the same with what transactions hold that are running.
-- The same again, with that life, for each shelf life that a channel asks for: goods that last so long, and what is
-- promised by channels that ask for so much or more. A running transaction that takes such goods is judged before it
-- commits, with the item locked (see shortage.py); so nothing is held for it here.
--   p_channel, p_oversell, p_life   as if that channel had this limit and asked for this shelf life
CREATE OR REPLACE FUNCTION inventory_stands(p_product integer[], p_warehouse integer[], p_channel integer DEFAULT NULL,
                                            p_oversell numeric DEFAULT NULL, p_life integer DEFAULT NULL)
RETURNS TABLE (product_id integer, warehouse_id integer, base numeric, promised numeric, taken numeric,
               oversell numeric, life integer)
LANGUAGE plpgsql STABLE SET jit = off AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH item AS MATERIALIZED (
        SELECT DISTINCT r.p, r.w FROM unnest(p_product, p_warehouse) r(p, w)
    ), base AS MATERIALIZED (
        SELECT b.product_id AS p, b.warehouse_id AS w, b.base
          FROM inventory_base(ARRAY(SELECT DISTINCT item.p FROM item)) b
    ), ledger AS MATERIALIZED (
        SELECT g.product_id AS p, g.warehouse_id AS w, SUM(g.qty) AS taken,
               SUM(g.qty) FILTER (WHERE g.kind = 'promise') AS promised
          FROM inventory_ledger g
         WHERE (g.product_id, g.warehouse_id) IN (SELECT item.p, item.w FROM item) AND g.key NOT LIKE 'native:%/%'
         GROUP BY g.product_id, g.warehouse_id
    ), opened AS MATERIALIZED (
        SELECT line.product_id AS p, line.warehouse_id AS w,
               CASE WHEN COALESCE(r.res_model, 'sale.order') = 'sale.order'
                    THEN COALESCE(CASE WHEN channel.id = p_channel THEN p_oversell
                                       ELSE channel.oversell_limit::numeric END, 0) ELSE 0 END AS oversell,
               CASE WHEN COALESCE(r.res_model, 'sale.order') = 'sale.order'
                    THEN COALESCE(CASE WHEN channel.id = p_channel THEN p_life ELSE channel.shelf_life END, 0)
                    ELSE 0 END AS life,
               SUM(line.open_quantity) AS q
          FROM inventory_reservation_line line
          JOIN inventory_reservation r ON r.id = line.reservation_id
          JOIN inventory_channel channel ON channel.id = line.channel_id
         WHERE line.open_quantity > 0 AND (line.product_id, line.warehouse_id) IN (SELECT item.p, item.w FROM item)
         GROUP BY 1, 2, 3, 4
    ), class AS (
        SELECT opened.p, opened.w, opened.oversell FROM opened UNION SELECT item.p, item.w, 0 FROM item
    ), beyond AS (
        SELECT class.p, class.w, class.oversell, COALESCE(SUM(opened.q), 0) AS q
          FROM class
          LEFT JOIN opened ON opened.p = class.p AND opened.w = class.w AND opened.oversell > class.oversell
         GROUP BY class.p, class.w, class.oversell
    ), term AS (
        SELECT DISTINCT CASE WHEN c.id = p_channel THEN p_life ELSE c.shelf_life END AS life
          FROM inventory_channel c
         WHERE CASE WHEN c.id = p_channel THEN p_life ELSE c.shelf_life END > 0
    ), short_dated AS MATERIALIZED (
        SELECT s.product_id AS p, s.warehouse_id AS w, s.life, s.short
          FROM inventory_short_dated(ARRAY(SELECT DISTINCT item.p FROM item), p_life) s
    ), lasting AS (
        SELECT class.p, class.w, class.oversell, term.life, COALESCE(SUM(opened.q), 0) AS q
          FROM class
         CROSS JOIN term
          LEFT JOIN opened ON opened.p = class.p AND opened.w = class.w AND opened.oversell <= class.oversell
                          AND opened.life >= term.life
         GROUP BY class.p, class.w, class.oversell, term.life
    )
    SELECT beyond.p, beyond.w, COALESCE(base.base, 0), COALESCE(ledger.promised, 0) - beyond.q,
           COALESCE(ledger.taken, 0) - beyond.q, beyond.oversell, 0
      FROM beyond
      LEFT JOIN base ON base.p = beyond.p AND base.w = beyond.w
      LEFT JOIN ledger ON ledger.p = beyond.p AND ledger.w = beyond.w
     UNION ALL
    SELECT lasting.p, lasting.w, COALESCE(base.base, 0) - COALESCE(short_dated.short, 0), lasting.q, lasting.q,
           lasting.oversell, lasting.life
      FROM lasting
      LEFT JOIN base ON base.p = lasting.p AND base.w = lasting.w
      LEFT JOIN short_dated ON short_dated.p = lasting.p AND short_dated.w = lasting.w
                           AND short_dated.life = lasting.life
     ORDER BY 1, 2, 7, 6;
END $$;

-- The same with the items locked. Sorted by item and limit; items stand there once.
CREATE OR REPLACE FUNCTION inventory_ground(p_product integer[], p_warehouse integer[], p_channel integer DEFAULT NULL,
                                            p_oversell numeric DEFAULT NULL, p_life integer DEFAULT NULL)
RETURNS TABLE (product_id integer, warehouse_id integer, base numeric, promised numeric, oversell numeric,
               life integer)
LANGUAGE plpgsql VOLATILE AS $$
#variable_conflict use_column
BEGIN
    PERFORM inventory_lock_items(p_product, p_warehouse, TRUE);
    RETURN QUERY
    SELECT s.product_id, s.warehouse_id, s.base, s.promised, s.oversell, s.life
      FROM inventory_stands(p_product, p_warehouse, p_channel, p_oversell, p_life) s;
END $$;

-- How much documents may draw now of what they were promised with leave to oversell; it is held for them in the ledger.
--   p_key        the account; a document's hold stands under '<account>/<document>'
--   p_document   '<model>,<id>' as in the reservation
--   p_quantity   to be drawn now
--   p_left       what is left of the promise afterwards, in the caller's own view; what it has drawn before is the rest
--   p_own        as in inventory_reserve
-- Returns per line what may be drawn now.
CREATE OR REPLACE FUNCTION inventory_draw(
    p_key text, p_document text[], p_product integer[], p_warehouse integer[], p_quantity numeric[], p_left numeric[],
    p_own numeric[], p_lock boolean)
RETURNS TABLE (line integer, drawn numeric)
LANGUAGE plpgsql VOLATILE SET lock_timeout = '5s' SET jit = off AS $$
#variable_conflict use_column
DECLARE
    v_products integer[];
    v_warehouses integer[];
    v_hold numeric[];
    v_more numeric[];
    v_drawn numeric[];
BEGIN
    SELECT array_agg(item.p ORDER BY item.p, item.w), array_agg(item.w ORDER BY item.p, item.w)
      INTO v_products, v_warehouses
      FROM (SELECT DISTINCT r.p, r.w FROM unnest(p_product, p_warehouse) r(p, w)) item;
    IF v_products IS NULL THEN
        RETURN;
    END IF;
    PERFORM inventory_lock_items(v_products, v_warehouses, p_lock);
    WITH wish AS MATERIALIZED (
        SELECT r.* FROM unnest(p_document, p_product, p_warehouse, p_quantity, p_left, p_own)
                        WITH ORDINALITY r(doc, p, w, q, l, own, ord)
    ), base AS MATERIALIZED (
        SELECT b.product_id AS p, b.warehouse_id AS w, b.base FROM inventory_base(v_products) b
    ), stand AS MATERIALIZED (
        -- The promises in the order in which goods go to them, and what they reach up to.
        SELECT line.product_id AS p, line.warehouse_id AS w, r.res_model || ',' || r.res_id AS doc,
               line.open_quantity AS q,
               SUM(line.open_quantity) OVER (
                   PARTITION BY line.product_id, line.warehouse_id
                   ORDER BY CASE WHEN COALESCE(r.res_model, 'sale.order') = 'sale.order'
                                 THEN COALESCE(channel.oversell_limit, 0) ELSE 0 END,
                            r.state = 'soft', r.priority, r.id, line.id
                   ROWS UNBOUNDED PRECEDING) AS reach
          FROM inventory_reservation_line line
          JOIN inventory_reservation r ON r.id = line.reservation_id
          JOIN inventory_channel channel ON channel.id = line.channel_id
         WHERE line.open_quantity > 0
           AND (line.product_id, line.warehouse_id) IN (SELECT i.p, i.w FROM unnest(v_products, v_warehouses) i(p, w))
    ), held AS MATERIALIZED (
        SELECT g.product_id AS p, g.warehouse_id AS w, g.key, NULLIF(split_part(g.key, '/', 2), '') AS doc,
               SUM(g.qty) AS q
          FROM inventory_ledger g
         WHERE g.kind = 'native'
           AND (g.product_id, g.warehouse_id) IN (SELECT i.p, i.w FROM unnest(v_products, v_warehouses) i(p, w))
         GROUP BY 1, 2, 3
    ), own AS (
        SELECT wish.*, COALESCE(SUM(stand.q), 0) AS opened, COALESCE(MAX(stand.reach), 0) AS reach,
               COALESCE((SELECT base.base FROM base WHERE base.p = wish.p AND base.w = wish.w), 0) - wish.own AS base,
               COALESCE((SELECT SUM(held.q) FROM held
                          WHERE held.p = wish.p AND held.w = wish.w AND held.key = p_key || '/' || wish.doc), 0) AS hold
          FROM wish LEFT JOIN stand ON stand.p = wish.p AND stand.w = wish.w AND stand.doc = wish.doc
         GROUP BY wish.doc, wish.p, wish.w, wish.q, wish.l, wish.own, wish.ord
    ), ground AS (
        -- Behind all promises before it and all that is held. A hold stands for a promise that may be among those.
        SELECT own.*, GREATEST(0, own.opened - own.l) AS total,
               own.base - (own.reach - own.opened) - COALESCE((
                   SELECT SUM(GREATEST(0, held.q - CASE WHEN held.doc = own.doc THEN 0 ELSE COALESCE((
                                  SELECT SUM(stand.q) FROM stand
                                   WHERE stand.p = own.p AND stand.w = own.w AND stand.doc = held.doc
                                     AND stand.reach < own.reach), 0) END))
                     FROM held
                    WHERE held.p = own.p AND held.w = own.w AND held.key <> p_key || '/' || own.doc), 0) AS goods
          FROM own
    ), answer AS (
        SELECT ground.*, GREATEST(ground.hold, LEAST(ground.total, trunc(ground.goods, 6))) AS may FROM ground
    )
    SELECT array_agg(answer.may ORDER BY answer.ord),
           array_agg(answer.may - answer.hold ORDER BY answer.ord),
           array_agg(GREATEST(0, LEAST(answer.q, answer.may - GREATEST(0, answer.total - answer.q)))
                     ORDER BY answer.ord)
      INTO v_hold, v_more, v_drawn
      FROM answer;
    INSERT INTO inventory_ledger (key, product_id, warehouse_id, qty, kind, folded)
    SELECT p_key || '/' || more.doc, more.p, more.w, more.q, 'native', TRUE
      FROM unnest(p_document, p_product, p_warehouse, v_more) more(doc, p, w, q)
     WHERE more.q > 0;
    UPDATE inventory_item_lock lock
       SET promised = lock.promised + item.q, version = lock.version + 1
      FROM (SELECT more.p, more.w, SUM(more.q) AS q FROM unnest(p_product, p_warehouse, v_more) more(p, w, q)
             WHERE more.q > 0 GROUP BY 1, 2) item
     WHERE lock.product_id = item.p AND lock.warehouse_id = item.w;
    RETURN QUERY SELECT r.ord::integer, r.q FROM unnest(v_drawn) WITH ORDINALITY r(q, ord);
END $$;
"""
