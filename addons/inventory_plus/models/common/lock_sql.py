"""The text of the item lock in the database: two tables and the functions that work on them.

Everything that must be decided under the lock is decided here, in one round trip, because an Odoo transaction
cannot do it: it reads a snapshot that is older than the lock it waited for. The functions are volatile plpgsql,
so that each of their statements reads afresh, and are called in autocommit on a READ COMMITTED connection, so
that the lock is held for the length of the call.

``free = SUM(quantity - reserved) of usable quants - SUM(qty) of the ledger``; the folded part of the second sum is
kept in ``inventory_item_lock.promised``.

Plans are generic and kept for the length of a session: a plan for each call would take several times as long as its
execution, while the item is locked. They go by indexes, whatever the tables looked like at a session's first call.
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
"""

#: ``inventory_base(products)``: what is usable and not reserved per item, made of the fragments of ``inventory.scope``.
BASE = """
CREATE OR REPLACE FUNCTION inventory_base(p_product integer[])
RETURNS TABLE (product_id integer, warehouse_id integer, base numeric)
LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY SELECT item.product_id, item.warehouse_id, item.unreserved FROM (%s) item;
END $$
"""

FUNCTIONS = """
-- Locks the items, in the order of their keys so that no two callers wait for each other in a ring (law 1).
-- An item that is seen for the first time gets its row here.
CREATE OR REPLACE FUNCTION inventory_lock_items(p_product integer[], p_warehouse integer[], p_lock boolean)
RETURNS void LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    v_items integer := 1;
    v_locked integer;
BEGIN
    IF array_length(p_product, 1) > 1 THEN
        SELECT count(*) INTO v_items FROM (SELECT DISTINCT r.p, r.w FROM unnest(p_product, p_warehouse) r(p, w)) item;
    END IF;
    FOR attempt IN 1 .. 2 LOOP
        IF p_lock THEN
            PERFORM 1
               FROM inventory_item_lock l
              WHERE (l.product_id, l.warehouse_id) IN (SELECT r.p, r.w FROM unnest(p_product, p_warehouse) r(p, w))
              ORDER BY l.product_id, l.warehouse_id
                FOR NO KEY UPDATE;
        ELSE
            PERFORM 1
               FROM inventory_item_lock l
              WHERE (l.product_id, l.warehouse_id) IN (SELECT r.p, r.w FROM unnest(p_product, p_warehouse) r(p, w));
        END IF;
        GET DIAGNOSTICS v_locked = ROW_COUNT;
        EXIT WHEN v_locked = v_items OR attempt = 2;
        INSERT INTO inventory_item_lock (product_id, warehouse_id)
        SELECT DISTINCT r.p, r.w FROM unnest(p_product, p_warehouse) r(p, w)
         ORDER BY 1, 2
            ON CONFLICT DO NOTHING;
    END LOOP;
END $$;

-- Counts what committed transactions booked since the last call, and drops owners whose account is closed.
-- The items are locked.
CREATE OR REPLACE FUNCTION inventory_fold(p_product integer[], p_warehouse integer[])
RETURNS void LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    v_keys text[];
BEGIN
    PERFORM 1 FROM inventory_ledger g WHERE NOT g.folded AND g.product_id = ANY(p_product) LIMIT 1;
    IF NOT FOUND THEN
        RETURN;
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
-- Returns per line what was granted, what is free after the call, and, for a line cut short, what other keys hold.
CREATE OR REPLACE FUNCTION inventory_reserve(
    p_key text[], p_kind text[], p_product integer[], p_warehouse integer[], p_quantity numeric[],
    p_partial boolean[], p_keep numeric[], p_own numeric[], p_lock boolean)
RETURNS TABLE (line integer, granted numeric, free numeric, others numeric)
LANGUAGE plpgsql VOLATILE SET lock_timeout = '5s' SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
    c_dust CONSTANT numeric := 0.00001;
    v_count integer := COALESCE(array_length(p_key, 1), 0);
    v_item integer[];
    v_free numeric[];
    v_left numeric[];
    v_before numeric[];
    v_granted numeric[];
    v_fits boolean;
    v_short boolean;
    v_reaped boolean := FALSE;
    v_first integer;
    v_line integer;
    v_room numeric;
BEGIN
    IF v_count = 0 THEN
        RETURN;
    END IF;
    PERFORM inventory_lock_items(p_product, p_warehouse, p_lock);
    PERFORM inventory_fold(p_product, p_warehouse);
    LOOP
        -- v_item: number of the item of each line; v_free: free of each item, read under the lock.
        IF v_count = 1 THEN
            v_item := ARRAY[1];
            SELECT ARRAY[COALESCE((SELECT b.base FROM inventory_base(p_product) b
                                    WHERE b.warehouse_id = l.warehouse_id), 0) - l.promised - p_own[1]]
              INTO v_free
              FROM inventory_item_lock l
             WHERE l.product_id = p_product[1] AND l.warehouse_id = p_warehouse[1];
        ELSE
            WITH wanted AS (
                SELECT r.p, r.w, r.o, r.ord, dense_rank() OVER (ORDER BY r.p, r.w) AS rank
                  FROM unnest(p_product, p_warehouse, p_own) WITH ORDINALITY r(p, w, o, ord)
            ), item AS (
                SELECT wanted.rank, wanted.p, wanted.w, MAX(wanted.o) AS own FROM wanted
                 GROUP BY wanted.rank, wanted.p, wanted.w
            ), state AS (
                SELECT item.rank, COALESCE(b.base, 0) - l.promised - item.own AS free
                  FROM item
                  JOIN inventory_item_lock l ON l.product_id = item.p AND l.warehouse_id = item.w
                  LEFT JOIN inventory_base(p_product) b ON b.product_id = item.p AND b.warehouse_id = item.w
            )
            SELECT (SELECT array_agg(wanted.rank::integer ORDER BY wanted.ord) FROM wanted),
                   (SELECT array_agg(state.free ORDER BY state.rank) FROM state)
              INTO v_item, v_free;
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
        EXIT WHEN inventory_reap(p_product, p_warehouse, p_key) = 0;
    END LOOP;

    IF v_count = 1 THEN
        IF v_granted[1] > 0 THEN
            INSERT INTO inventory_ledger (key, product_id, warehouse_id, qty, kind, folded)
            VALUES (p_key[1], p_product[1], p_warehouse[1], v_granted[1], p_kind[1], TRUE);
            UPDATE inventory_item_lock l
               SET promised = l.promised + v_granted[1], version = l.version + 1
             WHERE l.product_id = p_product[1] AND l.warehouse_id = p_warehouse[1];
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
          FROM unnest(p_key, p_product, p_warehouse, v_granted, p_kind) WITH ORDINALITY r(k, p, w, g, n, ord)
         WHERE r.g > 0
         ORDER BY r.ord;
        UPDATE inventory_item_lock l
           SET promised = l.promised + total.qty, version = l.version + 1
          FROM (SELECT r.p, r.w, SUM(r.g) AS qty FROM unnest(p_product, p_warehouse, v_granted) r(p, w, g)
                 WHERE r.g > 0 GROUP BY r.p, r.w) total
         WHERE l.product_id = total.p AND l.warehouse_id = total.w;
    END IF;

    IF v_short THEN
        RETURN QUERY
        SELECT r.ord::integer, r.g, v_left[v_item[r.ord]],
               CASE WHEN r.g >= r.q THEN NULL
                    ELSE (SELECT l.promised FROM inventory_item_lock l
                           WHERE l.product_id = r.p AND l.warehouse_id = r.w)
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
SET enable_seqscan = off AS $$
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
SET enable_seqscan = off AS $$
BEGIN
    PERFORM inventory_lock_items(p_product, p_warehouse, TRUE);
    PERFORM inventory_fold(p_product, p_warehouse);
    RETURN inventory_reap(p_product, p_warehouse, ARRAY[]::text[]);
END $$;
"""
