"""The text of dated promises in the database: what is promised against goods that are on their way.

A line of a reservation may stand on incoming goods (``incoming_quantity``, due on ``due_date``). That part is in no
ledger and takes nothing from what is at hand. It is made, moved and turned into an ordinary promise under the lock of
its item only, by these functions.

**The invariant.** For each item and day d: what is promised for days up to d is no more than what comes in up to d and
what is free at hand. When it is made it stands on incoming goods alone, behind all open demand that is short (it has
the first claim on what comes), behind what the channel keeps back and what is ring-fenced for others. A day counts in
the warehouse's time zone; what should have come already counts as due today.

**The claim.** Goods that come in are no longer incoming, so that what stands on them lacks them in that sum; exactly
that much of the goods at hand is theirs (``inventory_claims``). Whoever decides under the lock takes it off what is
free, from the moment at which the receipt is committed: there is no time in which somebody else could take it. Turning
it into an ordinary promise (``inventory_dated_settle``) is what the next one does who has the time.
A receipt that is late, smaller or cancelled shows in the same sum; then goods that are free at hand serve first, the
earliest due dates first; what is left moves to the next day that holds, by priority; what nothing covers is short.

**Receipts that are being changed** are left out of what can be promised: their rows are locked by their transaction
(``FOR SHARE SKIP LOCKED``). So the transaction that receives knows, once it has its rows, all that stands on them.

Order of locks: as in ``promise_sql.py``. Settling holds items, so it takes rows of reservations only as far as nobody
has them, and leaves the others alone; their claim stands meanwhile.
"""

DROP = """
DROP FUNCTION IF EXISTS inventory_allocate_dated(integer, integer, integer[], numeric[], date[], integer[], integer[],
                                                 boolean, boolean, integer, boolean, integer[], numeric[]);
DROP FUNCTION IF EXISTS inventory_dated_keep(integer[]);
DROP FUNCTION IF EXISTS inventory_dated_settle(integer[], integer[]);
DROP FUNCTION IF EXISTS inventory_dated_hand(integer, integer, integer[], numeric[], date[], date[], numeric[]);
DROP FUNCTION IF EXISTS inventory_dated_may(integer, integer, integer);
DROP FUNCTION IF EXISTS inventory_dated_rooms(integer, integer[], integer[], integer[], boolean);
DROP FUNCTION IF EXISTS inventory_with_claims(integer[], integer[], numeric[]);
DROP FUNCTION IF EXISTS inventory_claims(integer[], integer[], integer[], numeric[]);
DROP FUNCTION IF EXISTS inventory_outlook(integer[], integer[], integer[], numeric[], boolean);
DROP FUNCTION IF EXISTS inventory_owed(integer[]);
DROP FUNCTION IF EXISTS inventory_incoming(integer[]);
DROP FUNCTION IF EXISTS inventory_today(integer);
"""

#: Functions with the arguments of earlier versions: they would stay beside the new ones.
OUTDATED = """
DROP FUNCTION IF EXISTS inventory_outlook(integer[], integer[], integer[], numeric[]);
"""

#: ``inventory_incoming(products)``: confirmed goods on their way into the stock of a warehouse, each unit once: by the
#: move that enters the stock, or, while that does not exist yet, by the step before it that is bound for it. What a
#: delivery waits for that was procured for it is left out, and what belongs to somebody else.
INCOMING = """
CREATE OR REPLACE FUNCTION inventory_incoming(p_product integer[])
RETURNS TABLE (move_id integer, product_id integer, warehouse_id integer, day date, quantity numeric)
LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET jit = off AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH open AS MATERIALIZED (
        SELECT move.id, move.product_id, move.date, COALESCE(move.product_qty, 0)::numeric AS quantity,
               move.location_id, move.location_dest_id, move.location_final_id, move.picking_id
          FROM stock_move move
         WHERE move.product_id = ANY(p_product) AND move.location_id <> move.location_dest_id
           AND move.state IN ('waiting', 'confirmed', 'partially_available', 'assigned')
    ), scope AS MATERIALIZED (%(scope)s),
    placed AS (
        SELECT open.id, open.product_id, open.date, open.quantity, open.picking_id,
               source.warehouse_id AS source_id, COALESCE(source.in_stock, FALSE) AS from_stock,
               target.warehouse_id AS target_id, COALESCE(target.in_stock, FALSE) AS to_stock,
               final.warehouse_id AS final_id, COALESCE(final.in_stock, FALSE) AS final_stock
          FROM open
          LEFT JOIN scope source ON source.location_id = open.location_id
          LEFT JOIN scope target ON target.location_id = open.location_dest_id
          LEFT JOIN scope final ON final.location_id = open.location_final_id
    ), coming AS (
        SELECT placed.*, placed.target_id AS w
          FROM placed
         WHERE placed.to_stock AND NOT (placed.from_stock AND placed.source_id = placed.target_id)
         UNION ALL
        SELECT placed.*, placed.final_id
          FROM placed
         WHERE NOT placed.to_stock AND placed.final_stock AND placed.target_id = placed.final_id
           AND NOT (placed.from_stock AND placed.source_id = placed.final_id)
           AND NOT EXISTS (SELECT FROM stock_move_move_rel link JOIN open next ON next.id = link.move_dest_id
                            WHERE link.move_orig_id = placed.id)
    )
    SELECT found.id, found.product_id, found.w,
           (found.due AT TIME ZONE 'UTC' AT TIME ZONE COALESCE(NULLIF(place.inventory_tz, ''), 'UTC'))::date,
           found.quantity
      FROM (SELECT coming.id, coming.product_id, coming.w, coming.picking_id,
                   -- A step is no earlier than the one before it.
                   GREATEST(coming.date, (SELECT MAX(step.date) FROM stock_move_move_rel link
                                            JOIN open step ON step.id = link.move_orig_id
                                           WHERE link.move_dest_id = coming.id)) AS due,
                   coming.quantity - COALESCE((
                       SELECT SUM(next.quantity)
                         FROM stock_move_move_rel link
                         JOIN placed next ON next.id = link.move_dest_id
                        WHERE link.move_orig_id = coming.id AND next.from_stock AND next.source_id = coming.w
                          AND NOT (next.to_stock AND next.target_id = coming.w)), 0) AS quantity
              FROM coming) found
      JOIN stock_warehouse place ON place.id = found.w
      JOIN res_company company ON company.id = place.company_id
      LEFT JOIN stock_picking picking ON picking.id = found.picking_id
     WHERE found.quantity > 0 AND (picking.owner_id IS NULL OR picking.owner_id = company.partner_id);
END $$;
"""

#: ``inventory_owed(products)``: open demand that is neither reserved nor promised, and what clients have lost.
OWED = """
CREATE OR REPLACE FUNCTION inventory_owed(p_product integer[])
RETURNS TABLE (product_id integer, warehouse_id integer, quantity numeric)
LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET jit = off AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT owed.product_id, owed.warehouse_id, SUM(owed.quantity)
      FROM (SELECT demand.product_id, demand.warehouse_id,
                   GREATEST(0, demand.unreserved::numeric - COALESCE((
                       SELECT SUM(line.open_quantity + COALESCE(line.incoming_quantity, 0))
                         FROM inventory_reservation r
                         JOIN inventory_reservation_line line ON line.reservation_id = r.id
                        WHERE r.res_model = demand.model AND r.res_id = demand.id AND r.state IN ('soft', 'firm')
                          AND line.product_id = demand.product_id
                          AND line.warehouse_id = demand.warehouse_id), 0)) AS quantity
              FROM (%s) demand
             WHERE demand.unreserved > 0
             UNION ALL
            SELECT line.product_id, line.warehouse_id, line.short
              FROM inventory_reservation_line line
              JOIN inventory_reservation r ON r.id = line.reservation_id
             WHERE line.product_id = ANY(p_product) AND line.short > 0 AND r.res_id IS NULL
               AND r.state IN ('soft', 'firm')) owed
     GROUP BY owed.product_id, owed.warehouse_id;
END $$;
"""

DATED = """
CREATE OR REPLACE FUNCTION inventory_today(p_warehouse integer)
RETURNS date LANGUAGE sql STABLE AS $$
    SELECT (clock_timestamp() AT TIME ZONE COALESCE(NULLIF(place.inventory_tz, ''), 'UTC'))::date
      FROM stock_warehouse place WHERE place.id = p_warehouse
$$;

-- What comes in and what is promised of it, summed up to each day on which either changes.
--   p_move, p_left   moves of which only so much still comes: those that the caller is about to carry out or that
--                    somebody is changing
--   p_shown          as for inventory_rooms: soft promises whose time is over no longer count
--   rest             what can still be promised for that day without taking it from a later one
CREATE OR REPLACE FUNCTION inventory_outlook(p_product integer[], p_warehouse integer[], p_move integer[],
                                             p_left numeric[], p_shown boolean)
RETURNS TABLE (product_id integer, warehouse_id integer, day date, coming numeric, promised numeric, rest numeric)
LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET jit = off AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH item AS MATERIALIZED (
        SELECT DISTINCT r.p, r.w FROM unnest(p_product, p_warehouse) r(p, w)
    ), today AS MATERIALIZED (
        SELECT place.w, inventory_today(place.w) AS day FROM (SELECT DISTINCT item.w FROM item) place
    ), event AS (
        SELECT c.product_id AS p, c.warehouse_id AS w, c.day, COALESCE(told.q, c.quantity) AS coming,
               0::numeric AS promised
          FROM inventory_incoming(ARRAY(SELECT DISTINCT item.p FROM item)) c
          LEFT JOIN unnest(p_move, p_left) told(m, q) ON told.m = c.move_id
         UNION ALL
        SELECT line.product_id, line.warehouse_id, line.due_date, 0, line.incoming_quantity
          FROM inventory_reservation_line line
         WHERE line.incoming_quantity > 0 AND line.product_id = ANY(p_product)
           AND NOT (p_shown AND EXISTS (SELECT FROM inventory_reservation r
                                         WHERE r.id = line.reservation_id AND r.state = 'soft'
                                           AND r.expires_at <= clock_timestamp() AT TIME ZONE 'UTC'))
    ), daily AS (
        SELECT event.p, event.w, GREATEST(event.day, today.day) AS day, SUM(event.coming) AS coming,
               SUM(event.promised) AS promised
          FROM event
          JOIN item ON item.p = event.p AND item.w = event.w
          JOIN today ON today.w = event.w
         GROUP BY 1, 2, 3
    ), total AS (
        SELECT daily.p, daily.w, daily.day,
               SUM(daily.coming) OVER (PARTITION BY daily.p, daily.w ORDER BY daily.day) AS coming,
               SUM(daily.promised) OVER (PARTITION BY daily.p, daily.w ORDER BY daily.day) AS promised
          FROM daily
    )
    SELECT total.p, total.w, total.day, total.coming, total.promised,
           MIN(total.coming - total.promised) OVER (
               PARTITION BY total.p, total.w ORDER BY total.day DESC ROWS UNBOUNDED PRECEDING)
      FROM total
     ORDER BY 1, 2, 3;
END $$;

-- What of the goods at hand belongs to dated promises, since their goods are no longer incoming.
CREATE OR REPLACE FUNCTION inventory_claims(p_product integer[], p_warehouse integer[], p_move integer[],
                                            p_left numeric[])
RETURNS TABLE (product_id integer, warehouse_id integer, claimed numeric)
LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET jit = off AS $$
#variable_conflict use_column
DECLARE
    v_products integer[];
    v_warehouses integer[];
BEGIN
    PERFORM 1 FROM inventory_reservation_line line
      WHERE line.incoming_quantity > 0 AND line.product_id = ANY(p_product) LIMIT 1;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    SELECT array_agg(item.p), array_agg(item.w) INTO v_products, v_warehouses
      FROM (SELECT r.p, r.w FROM unnest(p_product, p_warehouse) r(p, w)
         INTERSECT
            SELECT line.product_id, line.warehouse_id FROM inventory_reservation_line line
             WHERE line.incoming_quantity > 0) item;
    IF v_products IS NOT NULL THEN
        RETURN QUERY
        SELECT o.product_id, o.warehouse_id, MAX(o.promised - o.coming)
          FROM inventory_outlook(v_products, v_warehouses, p_move, p_left, FALSE) o
         GROUP BY o.product_id, o.warehouse_id
        HAVING MAX(o.promised - o.coming) > 0.00001;
    END IF;
END $$;

-- What is promised of items, with what dated promises claim of the goods at hand; in the order of the items.
CREATE OR REPLACE FUNCTION inventory_with_claims(p_product integer[], p_warehouse integer[], p_promised numeric[])
RETURNS numeric[] LANGUAGE plpgsql STABLE AS $$
BEGIN
    PERFORM 1 FROM inventory_reservation_line line
      WHERE line.incoming_quantity > 0 AND line.product_id = ANY(p_product) LIMIT 1;
    IF NOT FOUND THEN
        RETURN p_promised;
    END IF;
    RETURN (SELECT array_agg(r.q + COALESCE(c.claimed, 0) ORDER BY r.ord)
              FROM unnest(p_product, p_warehouse, p_promised) WITH ORDINALITY r(p, w, q, ord)
              LEFT JOIN inventory_claims(p_product, p_warehouse, NULL, NULL) c
                ON c.product_id = r.p AND c.warehouse_id = r.w);
END $$;

-- What a channel may still be promised of incoming goods up to each day, beyond what is at hand; may be below zero.
--   p_busy      moves that somebody is changing: nothing is promised of them
--   hand        what it may have of the goods at hand now, as it is shown; maximum: of both together, NULL: no limit
CREATE OR REPLACE FUNCTION inventory_dated_rooms(p_channel integer, p_product integer[], p_warehouse integer[],
                                                 p_busy integer[], p_shown boolean)
RETURNS TABLE (product_id integer, warehouse_id integer, day date, room numeric, hand numeric, maximum numeric)
LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET jit = off AS $$
#variable_conflict use_column
DECLARE
    v_product integer[];
    v_warehouse integer[];
    v_day date[];
    v_rest numeric[];
    v_products integer[];
    v_warehouses integer[];
BEGIN
    SELECT array_agg(o.product_id), array_agg(o.warehouse_id), array_agg(o.day), array_agg(o.rest)
      INTO v_product, v_warehouse, v_day, v_rest
      FROM inventory_outlook(p_product, p_warehouse, p_busy,
                             array_fill(0::numeric, ARRAY[COALESCE(array_length(p_busy, 1), 0)]), p_shown) o;
    IF v_product IS NULL THEN
        RETURN;
    END IF;
    SELECT array_agg(item.p ORDER BY item.p, item.w), array_agg(item.w ORDER BY item.p, item.w)
      INTO v_products, v_warehouses
      FROM (SELECT DISTINCT r.p, r.w FROM unnest(v_product, v_warehouse) r(p, w)) item;
    RETURN QUERY
    WITH outlook AS MATERIALIZED (
        SELECT r.p AS product_id, r.w AS warehouse_id, r.day, r.rest
          FROM unnest(v_product, v_warehouse, v_day, v_rest) r(p, w, day, rest)
    ), owed AS MATERIALIZED (
        SELECT o.* FROM inventory_owed(v_products) o
    ), rooms AS MATERIALIZED (
        SELECT r.* FROM inventory_rooms(p_channel, v_products, v_warehouses, FALSE, p_shown) r
    )
    SELECT outlook.product_id, outlook.warehouse_id, outlook.day,
           CASE WHEN rooms.free - rooms.dated - rooms.fenced + outlook.rest - COALESCE(owed.quantity, 0)
                     <= rooms.end_when THEN 0
                ELSE outlook.rest - COALESCE(owed.quantity, 0)
                     - GREATEST(0, rooms.keep + rooms.dated + rooms.fenced - rooms.free) END,
           GREATEST(0, LEAST(rooms.room, rooms.maximum)), rooms.maximum
      FROM outlook
      JOIN rooms ON rooms.product_id = outlook.product_id AND rooms.warehouse_id = outlook.warehouse_id
      LEFT JOIN owed ON owed.product_id = outlook.product_id AND owed.warehouse_id = outlook.warehouse_id
     ORDER BY 1, 2, 3;
END $$;
"""

HAND = """
-- How much of the goods at hand a line that stood on incoming goods may have now. As in inventory_stands goods go to
-- smaller limits first: what channels have promised beyond what there is takes nothing from it, and of what lasts as
-- long as its channel asks for there is enough. It oversells nothing itself, and leaves what is ring-fenced for others.
CREATE OR REPLACE FUNCTION inventory_dated_may(p_line integer, p_product integer, p_warehouse integer)
RETURNS numeric LANGUAGE plpgsql VOLATILE SET jit = off AS $$
DECLARE
    v_own record;
    v_class numeric;
    v_free numeric;
    v_fenced numeric;
BEGIN
    SELECT CASE WHEN bound.rules THEN COALESCE(channel.oversell_limit, 0)::numeric ELSE 0 END AS oversell,
           CASE WHEN bound.rules THEN COALESCE(channel.shelf_life, 0) ELSE 0 END AS life, channel.id AS channel
      INTO v_own
      FROM inventory_reservation_line line
      JOIN inventory_reservation r ON r.id = line.reservation_id
      JOIN inventory_channel channel ON channel.id = line.channel_id
     CROSS JOIN LATERAL (SELECT COALESCE(r.res_model, 'sale.order') = 'sale.order' AS rules) bound
     WHERE line.id = p_line;
    WITH stand AS MATERIALIZED (
        SELECT s.* FROM inventory_stands(ARRAY[p_product], ARRAY[p_warehouse]) s WHERE s.life <= v_own.life
    ), class AS (
        SELECT MAX(stand.oversell) AS oversell FROM stand WHERE stand.oversell <= v_own.oversell
    )
    SELECT MIN(stand.base - stand.taken + CASE WHEN stand.oversell > v_own.oversell THEN stand.oversell ELSE 0 END)
      INTO v_free
      FROM stand, class
     WHERE stand.oversell >= class.oversell;
    SELECT r.fenced INTO v_fenced
      FROM inventory_rooms(v_own.channel, ARRAY[p_product], ARRAY[p_warehouse], FALSE, FALSE) r;
    RETURN COALESCE(v_free, 0) - COALESCE(v_fenced, 0);
END $$;

-- Turns what is not covered by its day into an ordinary promise, as far as goods are at hand, line by line in the order
-- given; each turn is seen by the next one. Items are locked and folded, reservations locked by the caller.
--   p_quantity, p_due   what stands on incoming goods of each line, and its day
--   p_day, p_left       what comes in up to each day, less all that is promised up to it
-- Returns per line what it was given.
CREATE OR REPLACE FUNCTION inventory_dated_hand(p_product integer, p_warehouse integer, p_line integer[],
                                                p_quantity numeric[], p_due date[], p_day date[], p_left numeric[])
RETURNS numeric[] LANGUAGE plpgsql VOLATILE SET jit = off AS $$
DECLARE
    c_dust CONSTANT numeric := 0.00001;
    v_today date := inventory_today(p_warehouse);
    v_hand numeric[] := array_fill(0::numeric, ARRAY[array_length(p_line, 1)]);
    v_turned numeric := 0;
    v_missing numeric;
    v_part numeric;
BEGIN
    FOR k IN 1 .. array_length(p_day, 1) LOOP
        v_missing := -p_left[k] - v_turned;
        FOR i IN 1 .. array_length(p_line, 1) LOOP
            EXIT WHEN v_missing <= c_dust;
            CONTINUE WHEN GREATEST(p_due[i], v_today) > p_day[k] OR p_quantity[i] - v_hand[i] <= c_dust;
            v_part := trunc(LEAST(v_missing, p_quantity[i] - v_hand[i],
                                  inventory_dated_may(p_line[i], p_product, p_warehouse)), 6);
            CONTINUE WHEN v_part <= c_dust;
            v_hand[i] := v_hand[i] + v_part;
            v_turned := v_turned + v_part;
            v_missing := v_missing - v_part;
            UPDATE inventory_reservation_line line
               SET open_quantity = line.open_quantity + v_part, incoming_quantity = line.incoming_quantity - v_part
             WHERE line.id = p_line[i];
            INSERT INTO inventory_ledger (key, product_id, warehouse_id, qty, kind, folded)
            SELECT 'promise:' || line.reservation_id, p_product, p_warehouse, v_part, 'promise', TRUE
              FROM inventory_reservation_line line WHERE line.id = p_line[i];
            UPDATE inventory_item_lock l
               SET promised = l.promised + v_part, version = l.version + 1
             WHERE l.product_id = p_product AND l.warehouse_id = p_warehouse;
        END LOOP;
    END LOOP;
    RETURN v_hand;
END $$;
"""

SETTLE = """
-- Brings dated promises in step with what comes in: see the top of this file. Items are locked and folded by the
-- caller; promises whose reservation somebody else holds stay as they are. Returns how many lines changed.
CREATE OR REPLACE FUNCTION inventory_dated_settle(p_product integer[], p_warehouse integer[])
RETURNS integer LANGUAGE plpgsql VOLATILE SET jit = off AS $$
DECLARE
    c_dust CONSTANT numeric := 0.00001;
    v_now timestamp := clock_timestamp() AT TIME ZONE 'UTC';
    v_item record;
    v_today date;
    v_line integer[];
    v_head integer[];
    v_quantity numeric[];
    v_asked date[];
    v_due date[];
    v_day date[];
    v_coming numeric[];
    v_left numeric[];
    v_rest numeric[];
    v_hand numeric[];
    v_new date[];
    v_lost numeric[];
    v_missing numeric;
    v_part numeric;
    v_at integer;
    v_count integer := 0;
BEGIN
    PERFORM 1 FROM inventory_reservation_line line
      WHERE line.incoming_quantity > 0 AND line.product_id = ANY(p_product) LIMIT 1;
    IF NOT FOUND THEN
        RETURN 0;
    END IF;
    -- An item at a time: what is decided for one does not depend on another, and there is rarely anything to do.
    FOR v_item IN
        SELECT DISTINCT line.product_id AS p, line.warehouse_id AS w
          FROM inventory_reservation_line line
          LEFT JOIN inventory_claims(p_product, p_warehouse, NULL, NULL) claim
            ON claim.product_id = line.product_id AND claim.warehouse_id = line.warehouse_id
         WHERE line.incoming_quantity > 0 AND (claim.claimed > 0 OR line.due_date > line.asked_date)
           AND (line.product_id, line.warehouse_id) IN (SELECT r.p, r.w FROM unnest(p_product, p_warehouse) r(p, w))
         ORDER BY 1, 2
    LOOP
        v_today := inventory_today(v_item.w);
        -- In the order in which goods go to them: the reverse of the order in which promises lose.
        SELECT array_agg(found.id), array_agg(found.reservation_id), array_agg(found.incoming_quantity),
               array_agg(found.asked_date), array_agg(found.due_date)
          INTO v_line, v_head, v_quantity, v_asked, v_due
          FROM (SELECT line.id, line.reservation_id, line.incoming_quantity::numeric,
                       line.asked_date, line.due_date
                  FROM inventory_reservation_line line
                  JOIN inventory_reservation r ON r.id = line.reservation_id
                 WHERE line.product_id = v_item.p AND line.warehouse_id = v_item.w AND line.incoming_quantity > 0
                 ORDER BY r.state = 'soft', r.priority, r.id, line.id
                   FOR NO KEY UPDATE OF r SKIP LOCKED) found;
        CONTINUE WHEN v_line IS NULL;
        -- v_left: what comes in up to a day, less all dated promises up to it.
        SELECT array_agg(o.day ORDER BY o.day), array_agg(o.coming ORDER BY o.day),
               array_agg(o.coming - o.promised ORDER BY o.day)
          INTO v_day, v_coming, v_left
          FROM inventory_outlook(ARRAY[v_item.p], ARRAY[v_item.w], NULL, NULL, FALSE) o;
        v_lost := array_fill(0::numeric, ARRAY[array_length(v_line, 1)]);
        v_new := v_due;

        -- 1. What is not covered by its day takes what is free at hand.
        v_hand := inventory_dated_hand(v_item.p, v_item.w, v_line, v_quantity, v_due, v_day, v_left);

        -- 2. What is left stands on what comes in: where it stood, else on the first day that holds all of it.
        FOR i IN 1 .. array_length(v_line, 1) LOOP
            FOR k IN 1 .. array_length(v_day, 1) LOOP
                IF GREATEST(v_due[i], v_today) <= v_day[k] THEN
                    v_left[k] := v_left[k] + v_quantity[i];
                END IF;
            END LOOP;
        END LOOP;
        FOR i IN 1 .. array_length(v_line, 1) LOOP
            v_missing := v_quantity[i] - v_hand[i];
            CONTINUE WHEN v_missing <= c_dust;
            v_rest := v_left;
            FOR k IN REVERSE array_length(v_day, 1) - 1 .. 1 LOOP
                v_rest[k] := LEAST(v_rest[k], v_rest[k + 1]);
            END LOOP;
            v_at := array_position(v_day, GREATEST(v_due[i], v_today));
            IF v_due[i] > v_asked[i] OR v_rest[v_at] < v_missing - c_dust THEN
                v_part := LEAST(v_missing, v_rest[array_length(v_day, 1)]);
                IF v_part <= c_dust THEN
                    v_part := 0;
                END IF;
                v_lost[i] := CASE WHEN v_missing - v_part <= c_dust THEN 0 ELSE v_missing - v_part END;
                CONTINUE WHEN v_part = 0;
                v_at := NULL;
                FOR k IN 1 .. array_length(v_day, 1) LOOP
                    IF v_rest[k] >= v_part - c_dust THEN
                        v_at := k;
                        EXIT;
                    END IF;
                END LOOP;
                IF v_day[v_at] <> GREATEST(v_due[i], v_today) THEN
                    v_new[i] := v_day[v_at];
                END IF;
                v_missing := v_part;
            END IF;
            FOR k IN v_at .. array_length(v_day, 1) LOOP
                v_left[k] := v_left[k] - v_missing;
            END LOOP;
        END LOOP;

        WITH change AS (
            SELECT * FROM unnest(v_line, v_head, v_quantity, v_hand, v_lost, v_due, v_new)
                          c(line, head, q, hand, lost, due, new)
             WHERE c.hand > 0 OR c.lost > 0 OR c.new <> c.due
        ), written AS (
            UPDATE inventory_reservation_line line
               SET short = line.short + change.lost,
                   incoming_quantity = CASE WHEN change.q - change.hand - change.lost <= c_dust THEN 0
                                            ELSE change.q - change.hand - change.lost END,
                   due_date = CASE WHEN change.q - change.hand - change.lost > c_dust THEN change.new END
              FROM change WHERE line.id = change.line
        ), touched AS (
            UPDATE inventory_reservation r SET write_date = v_now
             WHERE r.id IN (SELECT change.head FROM change)
        )
        INSERT INTO inventory_reservation_event (reservation_id, at, user_id, event, quantity, reason, to_tell)
        SELECT change.head, v_now, 1, told.event, told.quantity, told.reason, TRUE
          FROM change
         CROSS JOIN LATERAL (VALUES
               ('arrived', change.hand, NULL),
               ('moved', CASE WHEN change.new <> change.due THEN change.q - change.hand - change.lost END,
                change.due || ' > ' || change.new),
               ('short', change.lost, NULL)) told(event, quantity, reason)
         WHERE told.quantity > c_dust
         ORDER BY change.head, told.event;
        v_count := v_count + (
            SELECT count(*) FROM unnest(v_hand, v_lost, v_due, v_new) c(hand, lost, due, new)
             WHERE c.hand > 0 OR c.lost > 0 OR c.new <> c.due);
    END LOOP;
    RETURN v_count;
END $$;

-- Locks the items of these products that have dated promises, and settles them. Returns how many lines changed.
CREATE OR REPLACE FUNCTION inventory_dated_keep(p_product integer[])
RETURNS integer LANGUAGE plpgsql VOLATILE SET lock_timeout = '5s' SET jit = off AS $$
DECLARE
    v_products integer[];
    v_warehouses integer[];
BEGIN
    SELECT array_agg(item.p ORDER BY item.p, item.w), array_agg(item.w ORDER BY item.p, item.w)
      INTO v_products, v_warehouses
      FROM (SELECT DISTINCT line.product_id AS p, line.warehouse_id AS w FROM inventory_reservation_line line
             WHERE line.incoming_quantity > 0 AND line.product_id = ANY(p_product)) item;
    IF v_products IS NULL THEN
        RETURN 0;
    END IF;
    PERFORM inventory_lapse(v_products, v_warehouses, TRUE);
    RETURN inventory_dated_settle(v_products, v_warehouses);
END $$;
"""
