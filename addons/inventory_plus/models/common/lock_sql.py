"""The text of the item lock in the database: two tables and the functions that work on them.

Everything that must be decided under the lock is decided here, in one round trip, because an Odoo transaction
cannot do it: it reads a snapshot that is older than the lock it waited for. The functions are volatile plpgsql,
so that each of their statements reads afresh, and are called in autocommit on a READ COMMITTED connection, so
that the lock is held for the length of the call.

``free = SUM(quantity - reserved) of usable quants - SUM(qty) of the ledger``; the folded part of the second sum is
kept in ``inventory_item_lock.promised``.

Plans are generic and kept for the length of a session: a plan for each call would take several times as long as its
execution, while the item is locked. They go by indexes, whatever the tables looked like at a session's first call.
What is forbidden to them looks so dear that PostgreSQL would compile each plan to machine code, 0.2 s for what takes
0.4 ms; hence ``jit = off``.
"""

import re

TABLES = """
CREATE TABLE IF NOT EXISTS inventory_item_lock (
    product_id integer NOT NULL,
    warehouse_id integer NOT NULL,
    promised numeric NOT NULL DEFAULT 0,
    version bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (product_id, warehouse_id)
) WITH (fillfactor = 50);

CREATE TABLE IF NOT EXISTS inventory_ledger (
    id bigserial PRIMARY KEY,
    key text NOT NULL,
    product_id integer NOT NULL,
    warehouse_id integer NOT NULL,
    qty numeric NOT NULL,
    kind text NOT NULL,
    folded boolean NOT NULL DEFAULT FALSE,
    create_date timestamp NOT NULL DEFAULT (clock_timestamp() AT TIME ZONE 'UTC')
);
CREATE INDEX IF NOT EXISTS inventory_ledger_unfolded ON inventory_ledger (product_id, warehouse_id) WHERE NOT folded;
CREATE INDEX IF NOT EXISTS inventory_ledger_native ON inventory_ledger (product_id, warehouse_id)
    WHERE kind = 'native';
CREATE INDEX IF NOT EXISTS inventory_ledger_key ON inventory_ledger (key);
CREATE INDEX IF NOT EXISTS inventory_stock_quant_item ON stock_quant (product_id, location_id);
CREATE INDEX IF NOT EXISTS inventory_stock_lot_removal ON stock_lot (id) WHERE removal_date IS NOT NULL;
CREATE INDEX IF NOT EXISTS inventory_stock_lot_expiration ON stock_lot (expiration_date)
    WHERE expiration_date IS NOT NULL;
"""

#: Names of the tables and indexes of :data:`TABLES`.
RELATIONS = re.findall(r"IF NOT EXISTS (\w+)", TABLES)

DROP = """
DROP FUNCTION IF EXISTS inventory_reserve(text[], text[], integer[], integer[], numeric[], boolean[], numeric[],
                                          numeric[], boolean);
DROP FUNCTION IF EXISTS inventory_release(text[]);
DROP FUNCTION IF EXISTS inventory_tidy(integer[], integer[]);
DROP FUNCTION IF EXISTS inventory_lock_items(integer[], integer[], boolean);
DROP FUNCTION IF EXISTS inventory_fold(integer[], integer[]);
DROP FUNCTION IF EXISTS inventory_reap(integer[], integer[], text[]);
DROP FUNCTION IF EXISTS inventory_base(integer[]);
DROP TABLE IF EXISTS inventory_ledger;
DROP TABLE IF EXISTS inventory_item_lock;
DROP INDEX IF EXISTS inventory_stock_quant_item;
DROP INDEX IF EXISTS inventory_stock_lot_removal;
DROP INDEX IF EXISTS inventory_stock_lot_expiration;
"""

#: ``inventory_base(products)``: what is usable and not reserved per item, made of the fragments of ``inventory.scope``.
BASE = """
CREATE OR REPLACE FUNCTION inventory_base(p_product integer[])
RETURNS TABLE (product_id integer, warehouse_id integer, base numeric)
LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET jit = off AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY SELECT item.product_id, item.warehouse_id, item.unreserved FROM (%s) item;
END $$
"""

#: Functions whose result has changed since an earlier version cannot be replaced. Dropped only where they are still of
#: that kind, for somebody may be reserving.
OUTDATED = """
DO $$ BEGIN
    IF EXISTS (SELECT 1 FROM pg_proc WHERE proname = 'inventory_lock_items' AND prorettype = 'void'::regtype) THEN
        DROP FUNCTION inventory_lock_items(integer[], integer[], boolean);
        DROP FUNCTION inventory_fold(integer[], integer[]);
    END IF;
END $$
"""

FUNCTIONS = """
-- Locks the items, in the order of their keys so that no two callers wait for each other in a ring (law 1).
-- An item that is seen for the first time gets its row here. No item stands there twice. Returns, in that order, what
-- is promised of each and where its row is: the row of a hot item has many dead versions, which an index leads through
-- one by one, so it is looked for once; it stays where it is while it is locked, until it is updated.
CREATE OR REPLACE FUNCTION inventory_lock_items(p_product integer[], p_warehouse integer[], p_lock boolean,
                                                OUT tids tid[], OUT promised numeric[])
LANGUAGE plpgsql VOLATILE AS $$
#variable_conflict use_column
DECLARE
    v_items integer := array_length(p_product, 1);
    v_tid tid;
    v_promised numeric;
BEGIN
    FOR attempt IN 1 .. 2 LOOP
        IF NOT p_lock THEN
            SELECT array_agg(item.ctid ORDER BY item.product_id, item.warehouse_id),
                   array_agg(item.promised ORDER BY item.product_id, item.warehouse_id)
              INTO tids, promised
              FROM unnest(p_product, p_warehouse) r(p, w)
              JOIN inventory_item_lock item ON item.product_id = r.p AND item.warehouse_id = r.w;
        ELSIF v_items = 1 THEN
            SELECT l.ctid, l.promised
              INTO v_tid, v_promised
              FROM inventory_item_lock l
             WHERE l.product_id = p_product[1] AND l.warehouse_id = p_warehouse[1]
               FOR NO KEY UPDATE;
            IF FOUND THEN
                tids := ARRAY[v_tid];
                promised := ARRAY[v_promised];
            END IF;
        ELSE
            SELECT array_agg(item.ctid), array_agg(item.promised)
              INTO tids, promised
              FROM (SELECT l.ctid, l.promised
                      FROM unnest(p_product, p_warehouse) r(p, w)
                      JOIN inventory_item_lock l ON l.product_id = r.p AND l.warehouse_id = r.w
                     ORDER BY l.product_id, l.warehouse_id
                       FOR NO KEY UPDATE OF l) item;
        END IF;
        EXIT WHEN array_length(tids, 1) = v_items OR attempt = 2;
        INSERT INTO inventory_item_lock (product_id, warehouse_id)
        SELECT r.p, r.w FROM unnest(p_product, p_warehouse) r(p, w)
         ORDER BY 1, 2
            ON CONFLICT DO NOTHING;
    END LOOP;
END $$;

-- Counts what committed transactions booked since the last call, and drops owners whose account is closed.
-- The items are locked. Returns whether their rows may have changed.
CREATE OR REPLACE FUNCTION inventory_fold(p_product integer[], p_warehouse integer[])
RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    v_keys text[];
BEGIN
    PERFORM 1 FROM inventory_ledger g WHERE NOT g.folded AND g.product_id = ANY(p_product) LIMIT 1;
    IF NOT FOUND THEN
        RETURN FALSE;
    END IF;
    WITH item AS (
        SELECT DISTINCT r.p, r.w FROM unnest(p_product, p_warehouse) r(p, w)
    ), fold AS (
        UPDATE inventory_ledger g
           SET folded = TRUE
          FROM item
         WHERE NOT g.folded AND g.product_id = item.p AND g.warehouse_id = item.w
     RETURNING g.product_id, g.warehouse_id, g.qty, g.key
    ), total AS (
        SELECT fold.product_id, fold.warehouse_id, SUM(fold.qty) AS qty
          FROM fold GROUP BY fold.product_id, fold.warehouse_id
    ), counted AS (
        UPDATE inventory_item_lock l
           SET promised = l.promised + total.qty, version = l.version + 1
          FROM total
         WHERE l.product_id = total.product_id AND l.warehouse_id = total.warehouse_id
    )
    SELECT array_agg(DISTINCT fold.key) INTO v_keys FROM fold;
    IF v_keys IS NOT NULL THEN
        WITH item AS (
            SELECT DISTINCT r.p, r.w FROM unnest(p_product, p_warehouse) r(p, w)
        ), closed AS (
            SELECT g.key, g.product_id, g.warehouse_id
              FROM inventory_ledger g
              JOIN item ON item.p = g.product_id AND item.w = g.warehouse_id
             WHERE g.key = ANY(v_keys) AND g.kind = 'native'
             GROUP BY g.key, g.product_id, g.warehouse_id
            HAVING ABS(SUM(g.qty)) < 0.00001 AND bool_and(g.folded)
        ), gone AS (
            DELETE FROM inventory_ledger g
             USING closed
             WHERE g.key = closed.key AND g.product_id = closed.product_id AND g.warehouse_id = closed.warehouse_id
         RETURNING g.product_id, g.warehouse_id, g.qty
        ), dust AS (
            SELECT gone.product_id, gone.warehouse_id, SUM(gone.qty) AS qty
              FROM gone GROUP BY gone.product_id, gone.warehouse_id HAVING SUM(gone.qty) <> 0
        )
        UPDATE inventory_item_lock l
           SET promised = l.promised - dust.qty
          FROM dust
         WHERE l.product_id = dust.product_id AND l.warehouse_id = dust.warehouse_id;
    END IF;
    RETURN TRUE;
END $$;

-- Frees what owners hold that are no more. A native owner holds a transaction advisory lock on its key from before
-- its grant until its end, so a killed process is known at once and a slow one is never robbed. The items are
-- locked and folded. Returns how many accounts were closed.
CREATE OR REPLACE FUNCTION inventory_reap(p_product integer[], p_warehouse integer[], p_except text[])
RETURNS integer LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    v_owner record;
    v_count integer := 0;
BEGIN
    FOR v_owner IN
        SELECT g.key, g.product_id, g.warehouse_id
          FROM inventory_ledger g
         WHERE (g.product_id, g.warehouse_id) IN (SELECT r.p, r.w FROM unnest(p_product, p_warehouse) r(p, w))
           AND g.kind = 'native' AND NOT g.key = ANY(p_except)
         GROUP BY g.key, g.product_id, g.warehouse_id
        HAVING SUM(g.qty) <> 0
         ORDER BY g.key, g.product_id, g.warehouse_id
    LOOP
        IF pg_try_advisory_xact_lock(hashtextextended(v_owner.key, 0)) THEN
            -- The owner ended. The statements below read afresh: what it booked in its last moment is seen.
            WITH gone AS (
                DELETE FROM inventory_ledger g
                 WHERE g.key = v_owner.key AND g.product_id = v_owner.product_id
                   AND g.warehouse_id = v_owner.warehouse_id
             RETURNING g.qty, g.folded
            )
            UPDATE inventory_item_lock l
               SET promised = l.promised - (SELECT COALESCE(SUM(gone.qty), 0) FROM gone WHERE gone.folded),
                   version = l.version + 1
             WHERE l.product_id = v_owner.product_id AND l.warehouse_id = v_owner.warehouse_id;
            INSERT INTO inventory_feed_note (product_id) VALUES (v_owner.product_id);
            v_count := v_count + 1;
        END IF;
    END LOOP;
    RETURN v_count;
END $$;

-- Grants the lines as far as the items are free.
--   p_key        owner of the line; lines of one key stand next to each other
--   p_kind       'native' for a running transaction (freed when it ends), else the kind of promise
--   p_quantity   wanted, in the unit of the product
--   p_partial    TRUE: take what there is. FALSE: the lines of the key are granted all or none
--   p_keep       what must stay free after the line; below zero it allows so much overselling
--   p_own        what the caller's own transaction adds to the free quantity that this connection sees; not zero
--                only where the caller shares the connection
--   p_lock       FALSE only in the test that shows what the lock is good for
-- Returns per line what was granted, what is free after the call, and, for a line cut short, what other keys hold or
-- claim of goods that came for promises with a day.
CREATE OR REPLACE FUNCTION inventory_reserve(
    p_key text[], p_kind text[], p_product integer[], p_warehouse integer[], p_quantity numeric[],
    p_partial boolean[], p_keep numeric[], p_own numeric[], p_lock boolean)
RETURNS TABLE (line integer, granted numeric, free numeric, others numeric)
LANGUAGE plpgsql VOLATILE SET lock_timeout = '5s' SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET jit = off AS $$
#variable_conflict use_column
DECLARE
    c_dust CONSTANT numeric := 0.00001;
    v_count integer := COALESCE(array_length(p_key, 1), 0);
    v_products integer[];
    v_warehouses integer[];
    v_own numeric[];
    v_wanted numeric[];
    v_keep numeric[];
    v_tid tid[];
    v_promised numeric[];
    v_item integer[];
    v_free numeric[];
    v_left numeric[];
    v_before numeric[];
    v_granted numeric[];
    v_fits boolean;
    v_short boolean := FALSE;
    v_reaped boolean := FALSE;
    v_first integer;
    v_line integer;
    v_room numeric;
    v_updated integer;
BEGIN
    IF v_count = 0 THEN
        RETURN;
    END IF;
    -- The items, each once and in the order of their keys: v_products, v_warehouses and what is asked of each.
    -- v_item: number of the item of each line.
    IF v_count = 1 THEN
        v_products := p_product;
        v_warehouses := p_warehouse;
        v_own := p_own;
        v_wanted := p_quantity;
        v_keep := p_keep;
        v_item := ARRAY[1];
    ELSE
        SELECT array_agg(item.p ORDER BY item.p, item.w), array_agg(item.w ORDER BY item.p, item.w),
               array_agg(item.o ORDER BY item.p, item.w), array_agg(item.q ORDER BY item.p, item.w),
               array_agg(item.k ORDER BY item.p, item.w)
          INTO v_products, v_warehouses, v_own, v_wanted, v_keep
          FROM (SELECT r.p, r.w, MAX(r.o) AS o, SUM(r.q) AS q, MAX(r.k) AS k
                  FROM unnest(p_product, p_warehouse, p_own, p_quantity, p_keep) r(p, w, o, q, k)
                 GROUP BY r.p, r.w) item;
        SELECT array_agg(line.rank ORDER BY line.ord)
          INTO v_item
          FROM (SELECT dense_rank() OVER (ORDER BY r.p, r.w)::integer AS rank, r.ord
                  FROM unnest(p_product, p_warehouse) WITH ORDINALITY r(p, w, ord)) line;
    END IF;
    SELECT tids, promised INTO v_tid, v_promised FROM inventory_lock_items(v_products, v_warehouses, p_lock);
    IF inventory_fold(v_products, v_warehouses) THEN
        SELECT tids, promised INTO v_tid, v_promised FROM inventory_lock_items(v_products, v_warehouses, p_lock);
    END IF;
    LOOP
        -- Goods that came for promises with a day are theirs, see dated_sql.py.
        v_promised := inventory_with_claims(v_products, v_warehouses, v_promised);
        -- Free of each item, read under the lock. The parts are added rather than joined: a plan that is made before
        -- anybody knows how many items there are would look for each item's part in the parts of all.
        IF v_count = 1 THEN
            SELECT ARRAY[COALESCE(SUM(b.base), 0) - v_promised[1] - p_own[1]]
              INTO v_free
              FROM inventory_base(p_product) b
             WHERE b.warehouse_id = p_warehouse[1];
            v_fits := v_free[1] - p_keep[1] >= p_quantity[1];
            v_left := ARRAY[v_free[1] - p_quantity[1]];
        ELSE
            SELECT array_agg(item.free ORDER BY item.p, item.w),
                   array_agg(item.free - item.wanted ORDER BY item.p, item.w),
                   bool_and(item.free - item.wanted >= item.keep)
              INTO v_free, v_left, v_fits
              FROM (SELECT part.p, part.w, SUM(part.free) AS free, MAX(part.q) AS wanted, MAX(part.k) AS keep
                      FROM (SELECT b.product_id AS p, b.warehouse_id AS w, b.base AS free, NULL AS q, NULL AS k
                              FROM inventory_base(v_products) b
                             UNION ALL
                            SELECT r.p, r.w, -r.l - r.o, r.q, r.k
                              FROM unnest(v_products, v_warehouses, v_promised, v_own, v_wanted, v_keep)
                                   r(p, w, l, o, q, k)
                           ) part
                     GROUP BY part.p, part.w
                    HAVING MAX(part.q) IS NOT NULL) item;
        END IF;
        IF v_fits THEN
            -- There is enough for all lines, in whatever order.
            v_granted := p_quantity;
            EXIT;
        END IF;
        v_left := v_free;
        v_granted := array_fill(0::numeric, ARRAY[v_count]);
        v_short := FALSE;
        v_line := 1;
        WHILE v_line <= v_count LOOP
            v_first := v_line;
            v_fits := TRUE;
            IF v_line < v_count AND p_key[v_line + 1] = p_key[v_line] THEN
                v_before := v_left;
            ELSE
                v_before := NULL;
            END IF;
            WHILE v_line <= v_count AND p_key[v_line] = p_key[v_first] LOOP
                v_room := v_left[v_item[v_line]] - p_keep[v_line];
                IF v_room >= p_quantity[v_line] - c_dust THEN
                    v_granted[v_line] := p_quantity[v_line];
                ELSIF p_partial[v_line] THEN
                    v_short := TRUE;
                    v_granted[v_line] := GREATEST(0, trunc(v_room, 6));
                    IF v_granted[v_line] < c_dust THEN
                        v_granted[v_line] := 0;
                    END IF;
                ELSE
                    v_short := TRUE;
                    v_fits := FALSE;
                END IF;
                v_left[v_item[v_line]] := v_left[v_item[v_line]] - v_granted[v_line];
                v_line := v_line + 1;
            END LOOP;
            IF NOT v_fits THEN
                IF v_before IS NULL THEN
                    v_granted[v_first] := 0;
                ELSE
                    v_left := v_before;
                    FOR i IN v_first .. v_line - 1 LOOP
                        v_granted[i] := 0;
                    END LOOP;
                END IF;
            END IF;
        END LOOP;
        EXIT WHEN NOT v_short OR v_reaped;
        v_reaped := TRUE;
        EXIT WHEN inventory_reap(v_products, v_warehouses, p_key) = 0;
        SELECT tids, promised INTO v_tid, v_promised FROM inventory_lock_items(v_products, v_warehouses, p_lock);
    END LOOP;

    IF v_count = 1 THEN
        IF v_granted[1] > 0 THEN
            INSERT INTO inventory_ledger (key, product_id, warehouse_id, qty, kind, folded)
            VALUES (p_key[1], p_product[1], p_warehouse[1], v_granted[1], p_kind[1], TRUE);
            UPDATE inventory_item_lock l
               SET promised = l.promised + v_granted[1], version = l.version + 1
             WHERE l.ctid = v_tid[1];
            IF NOT FOUND THEN
                -- Without the lock (p_lock) somebody may have changed the row since.
                UPDATE inventory_item_lock l
                   SET promised = l.promised + v_granted[1], version = l.version + 1
                 WHERE l.product_id = p_product[1] AND l.warehouse_id = p_warehouse[1];
            END IF;
        END IF;
        IF NOT v_short THEN
            line := 1;
            granted := v_granted[1];
            free := v_left[1];
            others := NULL;
            RETURN NEXT;
            RETURN;
        END IF;
    ELSE
        INSERT INTO inventory_ledger (key, product_id, warehouse_id, qty, kind, folded)
        SELECT r.k, r.p, r.w, r.g, r.n, TRUE
          FROM unnest(p_key, p_product, p_warehouse, v_granted, p_kind) r(k, p, w, g, n)
         WHERE r.g > 0;
        UPDATE inventory_item_lock l
           SET promised = l.promised + item.f - item.l, version = l.version + 1
          FROM unnest(v_tid, v_free, v_left) item(tid, f, l)
         WHERE l.ctid = item.tid;
        GET DIAGNOSTICS v_updated = ROW_COUNT;
        IF v_updated <> array_length(v_tid, 1) THEN
            -- Never seen under the lock; a count that does not tally must not be committed in any case.
            RAISE EXCEPTION 'the rows of % items moved', array_length(v_tid, 1) - v_updated
                USING ERRCODE = 'serialization_failure';
        END IF;
    END IF;

    IF v_short THEN
        RETURN QUERY
        SELECT r.ord::integer, r.g, v_left[v_item[r.ord]],
               CASE WHEN r.g >= r.q THEN NULL
                    ELSE (SELECT l.promised FROM inventory_item_lock l
                           WHERE l.product_id = r.p AND l.warehouse_id = r.w)
                       + COALESCE((SELECT c.claimed FROM inventory_claims(ARRAY[r.p], ARRAY[r.w], NULL, NULL) c), 0)
                       - COALESCE((SELECT SUM(g.qty) FROM inventory_ledger g
                                    WHERE g.key = r.k AND g.product_id = r.p AND g.warehouse_id = r.w AND g.folded), 0)
               END
          FROM unnest(p_key, p_product, p_warehouse, p_quantity, v_granted) WITH ORDINALITY r(k, p, w, q, g, ord)
         ORDER BY r.ord;
    ELSE
        RETURN QUERY
        SELECT r.ord::integer, r.g, v_left[v_item[r.ord]], NULL::numeric
          FROM unnest(v_granted) WITH ORDINALITY r(g, ord)
         ORDER BY r.ord;
    END IF;
END $$;

-- Closes the accounts of these keys: what they were granted and did not use is free again. What they booked and
-- committed is counted against it first. Returns what came back per item.
CREATE OR REPLACE FUNCTION inventory_release(p_key text[])
RETURNS TABLE (product_id integer, warehouse_id integer, released numeric)
LANGUAGE plpgsql VOLATILE SET lock_timeout = '5s' SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET jit = off AS $$
#variable_conflict use_column
DECLARE
    v_product integer[];
    v_warehouse integer[];
BEGIN
    SELECT array_agg(item.product_id), array_agg(item.warehouse_id)
      INTO v_product, v_warehouse
      FROM (SELECT DISTINCT g.product_id, g.warehouse_id FROM inventory_ledger g WHERE g.key = ANY(p_key)) item;
    IF v_product IS NULL THEN
        RETURN;
    END IF;
    PERFORM inventory_lock_items(v_product, v_warehouse, TRUE);
    -- A channel may have been told less while this was held, and no stock changes now that it comes back.
    INSERT INTO inventory_feed_note (product_id) SELECT DISTINCT p FROM unnest(v_product) p;
    RETURN QUERY
    WITH gone AS (
        DELETE FROM inventory_ledger g WHERE g.key = ANY(p_key)
     RETURNING g.product_id, g.warehouse_id, g.qty, g.folded
    ), total AS (
        SELECT gone.product_id, gone.warehouse_id, SUM(gone.qty) AS qty,
               COALESCE(SUM(gone.qty) FILTER (WHERE gone.folded), 0) AS counted
          FROM gone GROUP BY gone.product_id, gone.warehouse_id
    ), updated AS (
        UPDATE inventory_item_lock l
           SET promised = l.promised - total.counted, version = l.version + 1
          FROM total
         WHERE l.product_id = total.product_id AND l.warehouse_id = total.warehouse_id
    )
    SELECT total.product_id, total.warehouse_id, total.qty FROM total;
END $$;

-- What the scheduled action does: everything above except granting.
CREATE OR REPLACE FUNCTION inventory_tidy(p_product integer[], p_warehouse integer[])
RETURNS integer LANGUAGE plpgsql VOLATILE SET lock_timeout = '5s' SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET jit = off AS $$
BEGIN
    PERFORM inventory_lock_items(p_product, p_warehouse, TRUE);
    PERFORM inventory_fold(p_product, p_warehouse);
    RETURN inventory_reap(p_product, p_warehouse, ARRAY[]::text[]);
END $$;
"""
