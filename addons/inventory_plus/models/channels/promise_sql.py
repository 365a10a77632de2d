"""The text of the promises in the database: what a channel may have, and how it gets it under the item lock.

They stand on the functions of ``common/lock_sql.py`` and follow the same rules: volatile plpgsql, called in autocommit
on a READ COMMITTED connection, each statement reads afresh. Order of locks: rows of reservations by number, then items
by (product, warehouse). Nobody who holds items waits for a reservation.

A promise stands in the ledger under the key ``promise:<id of the reservation>``. Whoever changes it holds the row of
the reservation until his end: these functions, and the transaction of an Odoo document that turns its promise into
reserved goods (see ``keeper.py``). So nobody releases or expires what is being used.
"""

DROP = """
DROP FUNCTION IF EXISTS inventory_promise(jsonb, integer, boolean);
DROP FUNCTION IF EXISTS inventory_transition(integer[], text, timestamp, integer, text, text);
DROP FUNCTION IF EXISTS inventory_expire(integer);
DROP FUNCTION IF EXISTS inventory_close(integer[], text, integer, text, text);
DROP FUNCTION IF EXISTS inventory_allocate(text, text, integer, integer[], numeric[], integer[], integer[], numeric[],
                                           boolean, boolean, boolean, boolean, boolean, integer[], numeric[]);
DROP FUNCTION IF EXISTS inventory_lapse(integer[], integer[], boolean);
DROP FUNCTION IF EXISTS inventory_rooms(integer, integer[], integer[], boolean, boolean);
DROP FUNCTION IF EXISTS inventory_rules(integer[], integer[], integer[]);
DROP FUNCTION IF EXISTS inventory_rule_of(integer, integer, integer);
DROP FUNCTION IF EXISTS inventory_usable(integer[]);
"""

#: Functions with the arguments or the result of earlier versions: they would stay beside the new ones, or could not be
#: replaced. They are dropped only where they are still of that kind, for somebody may be reserving.
OUTDATED = """
DO $$
DECLARE
    v_function text;
BEGIN
    FOR v_function IN
        SELECT p.oid::regprocedure::text FROM pg_proc p
         WHERE p.pronamespace = current_schema()::regnamespace
           AND (p.proname = 'inventory_rooms' AND (p.pronargs <> 5 OR NOT 'dated' = ANY(p.proargnames))
                OR p.proname = 'inventory_allocate' AND p.pronargs <> 15)
    LOOP
        EXECUTE 'DROP FUNCTION ' || v_function;
    END LOOP;
END $$;
"""

ALLOCATE = """
-- Closes promises: what is open of them is free again. Reservations and items are locked and folded by the caller.
CREATE OR REPLACE FUNCTION inventory_close(p_id integer[], p_state text, p_user integer, p_code text, p_reason text)
RETURNS void LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    v_now timestamp := clock_timestamp() AT TIME ZONE 'UTC';
    v_keys text[] := ARRAY(SELECT 'promise:' || id FROM unnest(p_id) id);
BEGIN
    WITH gone AS (
        DELETE FROM inventory_ledger g WHERE g.key = ANY(v_keys)
     RETURNING g.product_id, g.warehouse_id, g.qty, g.folded
    ), total AS (
        SELECT gone.product_id, gone.warehouse_id, COALESCE(SUM(gone.qty) FILTER (WHERE gone.folded), 0) AS counted
          FROM gone GROUP BY gone.product_id, gone.warehouse_id
    )
    UPDATE inventory_item_lock l
       SET promised = l.promised - total.counted, version = l.version + 1
      FROM total
     WHERE l.product_id = total.product_id AND l.warehouse_id = total.warehouse_id;
    INSERT INTO inventory_reservation_event (reservation_id, at, user_id, event, quantity, reason)
    SELECT r.id, v_now, p_user, p_state,
           (SELECT COALESCE(SUM(line.open_quantity + COALESCE(line.incoming_quantity, 0)), 0)
              FROM inventory_reservation_line line
             WHERE line.reservation_id = r.id),
           p_reason
      FROM inventory_reservation r WHERE r.id = ANY(p_id);
    UPDATE inventory_reservation_line line
       SET released = line.released + line.open_quantity + line.short + COALESCE(line.incoming_quantity, 0),
           open_quantity = 0, short = 0, incoming_quantity = 0, due_date = NULL
     WHERE line.reservation_id = ANY(p_id)
       AND (line.open_quantity <> 0 OR line.short <> 0 OR line.incoming_quantity <> 0);
    UPDATE inventory_reservation r
       SET state = CASE WHEN p_state = 'released' AND EXISTS (
                        SELECT FROM inventory_reservation_line line
                         WHERE line.reservation_id = r.id AND line.fulfilled > 0) THEN 'fulfilled' ELSE p_state END,
           reason_code = COALESCE(p_code, r.reason_code), reason = COALESCE(p_reason, r.reason),
           expires_at = CASE WHEN p_state = 'released' THEN NULL ELSE r.expires_at END,
           write_date = v_now, write_uid = p_user
     WHERE r.id = ANY(p_id);
END $$;

-- Locks the items and closes all soft promises on them whose time is over: rows of reservations first, then
-- all items that it takes (order of locks). What is being used is left alone, and goes on counting as promised: whoever
-- holds it may keep it. Returns how many were closed.
CREATE OR REPLACE FUNCTION inventory_lapse(p_product integer[], p_warehouse integer[], p_lock boolean)
RETURNS integer LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    v_now timestamp := clock_timestamp() AT TIME ZONE 'UTC';
    v_lapsed integer[];
    v_products integer[];
    v_warehouses integer[];
BEGIN
    v_lapsed := ARRAY(
        SELECT r.id FROM inventory_reservation r
         WHERE r.state = 'soft' AND r.expires_at <= v_now
           AND EXISTS (SELECT FROM inventory_reservation_line line
                        WHERE line.reservation_id = r.id AND (line.open_quantity > 0 OR line.incoming_quantity > 0)
                          AND line.product_id = ANY(p_product) AND line.warehouse_id = ANY(p_warehouse))
         ORDER BY r.id FOR NO KEY UPDATE SKIP LOCKED);
    SELECT array_agg(item.p ORDER BY item.p, item.w), array_agg(item.w ORDER BY item.p, item.w)
      INTO v_products, v_warehouses
      FROM (SELECT r.p, r.w FROM unnest(p_product, p_warehouse) r(p, w)
             UNION
            SELECT g.product_id, g.warehouse_id FROM inventory_ledger g
             WHERE g.key = ANY(ARRAY(SELECT 'promise:' || id FROM unnest(v_lapsed) id))) item;
    PERFORM inventory_lock_items(v_products, v_warehouses, p_lock);
    PERFORM inventory_fold(v_products, v_warehouses);
    IF array_length(v_lapsed, 1) > 0 THEN
        PERFORM inventory_close(v_lapsed, 'expired', 1, 'expired', NULL);
    END IF;
    RETURN COALESCE(array_length(v_lapsed, 1), 0);
END $$;

-- Takes what it can get of the lines for one owner and enters it in the ledger.
--   p_product, p_quantity        the lines
--   p_line, p_warehouse, p_own   candidates: number of the line and a warehouse, in order of preference within the
--                                line; p_own as in inventory_reserve
--   p_split     a line may come from several warehouses; otherwise all lines that have more than one candidate come
--               from the same one
--   p_partial   take what there is; otherwise all lines or none
--   p_prepared  the caller has called inventory_lapse for these items in this transaction
--   p_oversell  up to the channel's limit, for promises; goods that are to be reserved cannot be oversold
--   p_kit       per line, NULL or the number of the kit that it is a component of. Lines of a kit stand next to each
--               other and have the same candidates. Each kit comes from one warehouse, and only whole ones are taken
--   p_kits      per line, how many of that kit are wanted
-- Returns a row per line and warehouse that was granted, with what of all that was granted of the item is not there;
-- and for each line that was cut short one without warehouse, with what the channel could have had of it in all.
CREATE OR REPLACE FUNCTION inventory_allocate(
    p_key text, p_kind text, p_channel integer, p_product integer[], p_quantity numeric[],
    p_line integer[], p_warehouse integer[], p_own numeric[],
    p_split boolean, p_partial boolean, p_prepared boolean, p_lock boolean, p_oversell boolean,
    p_kit integer[], p_kits numeric[])
RETURNS TABLE (line integer, warehouse_id integer, granted numeric, oversold numeric)
LANGUAGE plpgsql VOLATILE SET lock_timeout = '5s' SET jit = off AS $$
#variable_conflict use_column
DECLARE
    c_dust CONSTANT numeric := 0.00001;
    v_item integer[];          -- number of the item of each candidate
    v_products integer[];
    v_warehouses integer[];
    v_room numeric[];
    v_cap numeric[];
    v_free numeric[];
    v_before numeric[];
    v_granted numeric[];
    v_try numeric[];
    v_best numeric := -1;
    v_total numeric;
    v_choice integer;
    v_choices integer[];
    v_need numeric;
    v_part numeric;
    v_asked boolean[];
    v_reaped boolean := FALSE;
    v_whole boolean;
    v_sum numeric[];
    v_next integer;            -- the first candidate behind a kit's
    v_places integer;          -- how many warehouses a kit may come from
    v_left numeric;
    v_make numeric;
BEGIN
    IF array_length(p_line, 1) IS NULL THEN
        RETURN;
    END IF;
    SELECT array_agg(item.p ORDER BY item.p, item.w), array_agg(item.w ORDER BY item.p, item.w)
      INTO v_products, v_warehouses
      FROM (SELECT DISTINCT p_product[c.l] AS p, c.w FROM unnest(p_line, p_warehouse) c(l, w)) item;
    SELECT array_agg(c.rank ORDER BY c.ord) INTO v_item
      FROM (SELECT dense_rank() OVER (ORDER BY p_product[r.l], r.w)::integer AS rank, r.ord
              FROM unnest(p_line, p_warehouse) WITH ORDINALITY r(l, w, ord)) c;
    IF NOT p_prepared THEN
        PERFORM inventory_lapse(v_products, v_warehouses, p_lock);
    END IF;
    LOOP
        SELECT array_agg(rooms.room - own.o - CASE WHEN p_oversell THEN 0 ELSE rooms.oversell END
                         ORDER BY rooms.product_id, rooms.warehouse_id),
               array_agg(LEAST(rooms.maximum, 1e15) ORDER BY rooms.product_id, rooms.warehouse_id),
               array_agg(GREATEST(0, rooms.free - rooms.dated - own.o) ORDER BY rooms.product_id, rooms.warehouse_id)
          INTO v_room, v_cap, v_free
          FROM inventory_rooms(p_channel, v_products, v_warehouses, FALSE, FALSE) rooms
          JOIN (SELECT p_product[c.l] AS p, c.w, MAX(c.o) AS o FROM unnest(p_line, p_warehouse, p_own) c(l, w, o)
                 GROUP BY 1, 2) own ON own.p = rooms.product_id AND own.w = rooms.warehouse_id;
        -- No more at a time than is shown.
        FOR i IN 1 .. array_length(v_room, 1) LOOP
            v_room[i] := trunc(LEAST(v_room[i], COALESCE(v_cap[i], v_room[i])), 6);
        END LOOP;
        IF p_split THEN
            v_choices := ARRAY[NULL::integer];
        ELSE
            -- The lines that have a choice come from one warehouse, tried in their order of preference.
            SELECT COALESCE(array_agg(choice.w ORDER BY choice.rank, choice.w), ARRAY[NULL::integer]) INTO v_choices
              FROM (SELECT c.w, MIN(c.rank) AS rank
                      FROM (SELECT r.w, row_number() OVER (PARTITION BY r.l ORDER BY r.ord) AS rank,
                                   count(*) OVER (PARTITION BY r.l) AS candidates
                              FROM unnest(p_line, p_warehouse) WITH ORDINALITY r(l, w, ord)) c
                     WHERE c.candidates > 1 GROUP BY c.w) choice;
        END IF;
        v_best := -1;
        v_before := v_room;
        FOREACH v_choice IN ARRAY v_choices LOOP
            v_room := v_before;
            v_try := array_fill(0::numeric, ARRAY[array_length(p_line, 1)]);
            v_sum := array_fill(0::numeric, ARRAY[array_length(p_product, 1)]);
            v_total := 0;
            v_next := 1;
            -- A line with one candidate was asked for in that warehouse, whatever the others do.
            FOR i IN 1 .. array_length(p_line, 1) LOOP
                CONTINUE WHEN i < v_next;
                IF p_kit[p_line[i]] IS NOT NULL THEN
                    v_next := i;
                    WHILE p_kit[p_line[v_next]] = p_kit[p_line[i]] LOOP
                        v_next := v_next + 1;
                    END LOOP;
                    v_places := 1;
                    WHILE p_line[i + v_places] = p_line[i] LOOP
                        v_places := v_places + 1;
                    END LOOP;
                    v_left := p_kits[p_line[i]];
                    -- All from the first warehouse that makes all; else whole kits from one after the other.
                    FOR v_pass IN 1 .. 2 LOOP
                        FOR w IN i .. i + v_places - 1 LOOP
                            CONTINUE WHEN v_left < c_dust OR v_places > 1 AND p_warehouse[w] <> v_choice;
                            v_make := v_left;
                            FOR c IN w .. v_next - 1 BY v_places LOOP
                                v_need := p_quantity[p_line[c]] / p_kits[p_line[i]];
                                IF v_room[v_item[c]] < v_need * v_left - c_dust THEN
                                    v_make := LEAST(v_make, floor(v_room[v_item[c]] / v_need + c_dust));
                                END IF;
                            END LOOP;
                            CONTINUE WHEN v_make <= 0 OR v_pass = 1 AND v_make < v_left;
                            v_left := v_left - v_make;
                            FOR c IN w .. v_next - 1 BY v_places LOOP
                                v_part := CASE WHEN v_left < c_dust THEN p_quantity[p_line[c]] - v_sum[p_line[c]]
                                               ELSE round(p_quantity[p_line[c]] * v_make / p_kits[p_line[i]], 6) END;
                                v_try[c] := v_try[c] + v_part;
                                v_sum[p_line[c]] := v_sum[p_line[c]] + v_part;
                                v_room[v_item[c]] := v_room[v_item[c]] - v_part;
                                v_total := v_total + v_part;
                            END LOOP;
                        END LOOP;
                    END LOOP;
                    CONTINUE;
                END IF;
                CONTINUE WHEN v_choice IS NOT NULL AND p_warehouse[i] <> v_choice
                     AND (p_line[i] = COALESCE(p_line[i - 1], 0) OR p_line[i] = COALESCE(p_line[i + 1], 0));
                v_need := p_quantity[p_line[i]] - v_sum[p_line[i]];
                CONTINUE WHEN v_need <= 0;
                v_part := GREATEST(0, LEAST(v_need, v_room[v_item[i]]));
                IF v_need - v_part < c_dust THEN
                    v_part := v_need;
                ELSIF v_part < c_dust THEN
                    CONTINUE;
                END IF;
                v_try[i] := v_part;
                v_sum[p_line[i]] := v_sum[p_line[i]] + v_part;
                v_room[v_item[i]] := v_room[v_item[i]] - v_part;
                v_total := v_total + v_part;
            END LOOP;
            v_whole := TRUE;
            FOR i IN 1 .. array_length(p_quantity, 1) LOOP
                v_whole := v_whole AND p_quantity[i] - v_sum[i] < c_dust;
            END LOOP;
            IF v_whole OR v_total > v_best THEN
                v_best := v_total;
                v_granted := v_try;
            END IF;
            EXIT WHEN v_whole;
        END LOOP;
        EXIT WHEN v_whole OR v_reaped;
        v_reaped := TRUE;
        EXIT WHEN inventory_reap(v_products, v_warehouses, ARRAY[p_key]) = 0;
    END LOOP;

    IF v_whole OR p_partial THEN
        INSERT INTO inventory_ledger (key, product_id, warehouse_id, qty, kind, folded)
        SELECT p_key, p_product[c.l], c.w, SUM(c.g), p_kind, TRUE
          FROM unnest(p_line, p_warehouse, v_granted) c(l, w, g)
         WHERE c.g > 0
         GROUP BY 2, 3;
        UPDATE inventory_item_lock lock
           SET promised = lock.promised + item.g, version = lock.version + 1
          FROM (SELECT p_product[c.l] AS p, c.w, SUM(c.g) AS g
                  FROM unnest(p_line, p_warehouse, v_granted) c(l, w, g)
                 WHERE c.g > 0 GROUP BY 1, 2) item
         WHERE lock.product_id = item.p AND lock.warehouse_id = item.w;
        RETURN QUERY
        SELECT c.l, c.w, c.g, GREATEST(0, SUM(c.g) OVER (PARTITION BY c.item) - v_free[c.item])
          FROM unnest(p_line, p_warehouse, v_granted, v_item) WITH ORDINALITY c(l, w, g, item, ord)
         WHERE c.g > 0 ORDER BY c.ord;
    END IF;
    IF NOT v_whole THEN
        RETURN QUERY
        WITH candidate AS MATERIALIZED (
            SELECT c.l, c.w, c.g, GREATEST(0, v_before[c.item]) AS room, p_kit[c.l] AS kit,
                   p_quantity[c.l] / p_kits[c.l] AS need
              FROM unnest(p_line, p_warehouse, v_granted, v_item) c(l, w, g, item)
        ), made AS (
            SELECT place.kit, CASE WHEN p_split THEN SUM(place.kits) ELSE MAX(place.kits) END AS kits
              FROM (SELECT c.kit, c.w, floor(MIN(c.room / c.need) + c_dust) AS kits
                      FROM candidate c WHERE c.kit IS NOT NULL GROUP BY c.kit, c.w) place
             GROUP BY place.kit
        )
        SELECT short.l, NULL::integer, COALESCE(made.kits * short.need, short.room), NULL::numeric
          FROM (SELECT c.l, c.kit, c.need, SUM(c.g) AS g, SUM(c.room) AS room
                  FROM candidate c GROUP BY c.l, c.kit, c.need) short
          LEFT JOIN made ON made.kit = short.kit
         WHERE p_quantity[short.l] - short.g >= c_dust
         ORDER BY short.l;
    END IF;
END $$;
"""

PROMISE = """
-- Carries out requests of channels, each once. Returns the answers in the order of the requests.
-- A request: {"channel", "company", "priority", "key", "hash", "partial", "split", "firm", "ttl", "reference",
-- "lines": [{"product", "quantity", "warehouses": [in order of preference], "date"?: the last day on which it may come,
-- "kit"?, "kits"?: as in inventory_allocate, ...}]}; ids and the product's units.
-- An answer: {"id", "state", "expires_at", "grants": [[line, warehouse, quantity]], "dated": [[line, warehouse,
-- quantity, day]], "short": [[line, room]]}, or {"conflict": true} where the key was used for something else. What
-- else stands in the lines is kept with the answer.
CREATE OR REPLACE FUNCTION inventory_promise(p_requests jsonb, p_user integer, p_lock boolean)
RETURNS jsonb LANGUAGE plpgsql VOLATILE SET lock_timeout = '5s' SET jit = off AS $$
DECLARE
    v_now timestamp;
    v_request record;
    v_known record;
    v_id integer;
    v_new integer[] := ARRAY[]::integer[];
    v_new_at integer[] := ARRAY[]::integer[];
    v_answers jsonb[];
    v_answer jsonb;
    v_state text;
    v_expires timestamp;
    v_line integer[];
    v_warehouse integer[];
    v_product integer[];
    v_quantity numeric[];
    v_limit date[];
    v_kit integer[];
    v_kits numeric[];
    v_grants jsonb;
    v_dated jsonb;
    v_short jsonb;
    v_products integer[];
    v_warehouses integer[];
BEGIN
    v_answers := array_fill(NULL::jsonb, ARRAY[jsonb_array_length(p_requests)]);
    -- Keys first and in one order, so that two calls with the same keys do not wait for each other in a ring.
    FOR v_request IN
        SELECT r.value AS request, r.ordinality::integer AS place
          FROM jsonb_array_elements(p_requests) WITH ORDINALITY r
         ORDER BY (r.value->>'channel')::integer, r.value->>'key' COLLATE "C", r.ordinality
    LOOP
        v_now := clock_timestamp() AT TIME ZONE 'UTC';
        INSERT INTO inventory_reservation (channel_id, company_id, key, state, priority, reference, request_hash,
                                           user_id, create_uid, create_date, write_uid, write_date)
        VALUES ((v_request.request->>'channel')::integer, (v_request.request->>'company')::integer,
                v_request.request->>'key', 'rejected', (v_request.request->>'priority')::integer,
                v_request.request->>'reference', v_request.request->>'hash', p_user, p_user, v_now, p_user, v_now)
            ON CONFLICT (channel_id, key) DO NOTHING
     RETURNING id INTO v_id;
        IF v_id IS NOT NULL THEN
            v_new := v_new || v_id;
            v_new_at := v_new_at || v_request.place;
        ELSE
            SELECT r.* INTO v_known FROM inventory_reservation r
             WHERE r.channel_id = (v_request.request->>'channel')::integer AND r.key = v_request.request->>'key';
            IF v_known.request_hash IS DISTINCT FROM v_request.request->>'hash' THEN
                v_answers[v_request.place] := jsonb_build_object('conflict', TRUE, 'id', v_known.id);
            ELSE
                -- Law 3: the first answer. NULL where the same key stands twice in this call: filled in below.
                v_answers[v_request.place] := COALESCE(
                    v_known.answer, jsonb_build_object('again', v_known.id));
            END IF;
        END IF;
    END LOOP;
    IF array_length(v_new, 1) > 0 THEN
        -- All items of the call at once and in one order.
        SELECT array_agg(item.p ORDER BY item.p, item.w), array_agg(item.w ORDER BY item.p, item.w)
          INTO v_products, v_warehouses
          FROM (SELECT DISTINCT (l.value->>'product')::integer AS p, w.value::integer AS w
                  FROM unnest(v_new_at) place
                 CROSS JOIN jsonb_array_elements(p_requests->(place - 1)->'lines') l
                 CROSS JOIN jsonb_array_elements_text(l.value->'warehouses') w) item;
        PERFORM inventory_lapse(v_products, v_warehouses, p_lock);
    END IF;
    FOR v_request IN
        SELECT p_requests->(n.place - 1) AS request, n.place, n.id
          FROM unnest(v_new_at, v_new) n(place, id) ORDER BY n.place
    LOOP
        v_now := clock_timestamp() AT TIME ZONE 'UTC';
        SELECT array_agg((l.value->>'product')::integer ORDER BY l.ordinality),
               array_agg((l.value->>'quantity')::numeric ORDER BY l.ordinality),
               array_agg((l.value->>'date')::date ORDER BY l.ordinality),
               array_agg((l.value->>'kit')::integer ORDER BY l.ordinality),
               array_agg((l.value->>'kits')::numeric ORDER BY l.ordinality)
          INTO v_product, v_quantity, v_limit, v_kit, v_kits
          FROM jsonb_array_elements(v_request.request->'lines') WITH ORDINALITY l;
        SELECT array_agg(l.ordinality::integer ORDER BY l.ordinality, w.ordinality),
               array_agg(w.value::integer ORDER BY l.ordinality, w.ordinality)
          INTO v_line, v_warehouse
          FROM jsonb_array_elements(v_request.request->'lines') WITH ORDINALITY l
         CROSS JOIN jsonb_array_elements_text(l.value->'warehouses') WITH ORDINALITY w;
        IF EXISTS (SELECT FROM unnest(v_limit) l WHERE l IS NOT NULL) THEN
            SELECT jsonb_agg(jsonb_build_array(a.line - 1, a.warehouse_id, a.granted) ORDER BY a.line)
                       FILTER (WHERE a.warehouse_id IS NOT NULL AND a.due IS NULL),
                   jsonb_agg(jsonb_build_array(a.line - 1, a.warehouse_id, a.granted, a.due) ORDER BY a.line)
                       FILTER (WHERE a.due IS NOT NULL),
                   jsonb_agg(jsonb_build_array(a.line - 1, a.granted) ORDER BY a.line)
                       FILTER (WHERE a.warehouse_id IS NULL)
              INTO v_grants, v_dated, v_short
              FROM inventory_allocate_dated(v_request.id, (v_request.request->>'channel')::integer, v_product,
                                            v_quantity, v_limit, v_line, v_warehouse,
                                            (v_request.request->>'split')::boolean,
                                            (v_request.request->>'partial')::boolean, p_user, p_lock, v_kit,
                                            v_kits) a;
        ELSE
            v_dated := NULL;
            SELECT jsonb_agg(jsonb_build_array(a.line - 1, a.warehouse_id, a.granted) ORDER BY a.line)
                       FILTER (WHERE a.warehouse_id IS NOT NULL),
                   jsonb_agg(jsonb_build_array(a.line - 1, a.granted) ORDER BY a.line)
                       FILTER (WHERE a.warehouse_id IS NULL)
              INTO v_grants, v_short
              FROM inventory_allocate('promise:' || v_request.id, 'promise',
                                      (v_request.request->>'channel')::integer, v_product, v_quantity, v_line,
                                      v_warehouse, array_fill(0::numeric, ARRAY[array_length(v_line, 1)]),
                                      (v_request.request->>'split')::boolean,
                                      (v_request.request->>'partial')::boolean, TRUE, p_lock, TRUE, v_kit,
                                      v_kits) a;
        END IF;
        v_state := CASE WHEN v_grants IS NULL AND v_dated IS NULL THEN 'rejected'
                        WHEN (v_request.request->>'firm')::boolean THEN 'firm' ELSE 'soft' END;
        v_expires := CASE v_state WHEN 'soft'
                          THEN date_trunc('second', v_now) + make_interval(secs => (v_request.request->>'ttl')::integer)
                          END;
        v_answer := jsonb_build_object('id', v_request.id, 'state', v_state, 'expires_at', v_expires,
                                       'grants', COALESCE(v_grants, '[]'), 'dated', COALESCE(v_dated, '[]'),
                                       'short', COALESCE(v_short, '[]'), 'lines', v_request.request->'lines');
        UPDATE inventory_reservation r
           SET state = v_state, expires_at = v_expires, answer = v_answer,
               reason_code = CASE WHEN v_short IS NOT NULL THEN 'insufficient_stock' END
         WHERE r.id = v_request.id;
        INSERT INTO inventory_reservation_line
               (reservation_id, channel_id, company_id, line_no, product_id, warehouse_id, requested, reserved,
                open_quantity, incoming_quantity, fulfilled, released, short, create_uid, create_date, write_uid,
                write_date)
        SELECT v_request.id, (v_request.request->>'channel')::integer, (v_request.request->>'company')::integer,
               (g.value->>0)::integer, v_product[(g.value->>0)::integer + 1], (g.value->>1)::integer,
               v_quantity[(g.value->>0)::integer + 1], (g.value->>2)::numeric, (g.value->>2)::numeric, 0, 0, 0, 0,
               p_user, v_now, p_user, v_now
          FROM jsonb_array_elements(v_grants) g;
        INSERT INTO inventory_reservation_event (reservation_id, at, user_id, event, quantity, reason)
        VALUES (v_request.id, v_now, p_user, v_state,
                (SELECT COALESCE(SUM((g.value->>2)::numeric), 0)
                   FROM jsonb_array_elements(COALESCE(v_grants, '[]') || COALESCE(v_dated, '[]')) g), NULL);
        v_answers[v_request.place] := v_answer;
    END LOOP;
    SELECT jsonb_agg(CASE WHEN a.answer ? 'again' THEN
                         (SELECT r.answer FROM inventory_reservation r WHERE r.id = (a.answer->>'again')::integer)
                     ELSE a.answer END ORDER BY a.place)
      INTO v_answer
      FROM unnest(v_answers) WITH ORDINALITY a(answer, place);
    RETURN COALESCE(v_answer, '[]');
END $$;

-- Confirms, releases or extends promises. Returns of each its state before and now.
CREATE OR REPLACE FUNCTION inventory_transition(p_id integer[], p_action text, p_until timestamp, p_user integer,
                                                p_code text, p_reason text)
RETURNS TABLE (id integer, before text, state text, expires_at timestamp)
LANGUAGE plpgsql VOLATILE SET lock_timeout = '5s' SET jit = off AS $$
#variable_conflict use_column
DECLARE
    v_now timestamp;
    v_id integer[];
    v_before text[];
    v_close integer[];
    v_lapsed integer[];
    v_products integer[];
    v_warehouses integer[];
BEGIN
    PERFORM 1 FROM inventory_reservation r WHERE r.id = ANY(p_id) ORDER BY r.id FOR NO KEY UPDATE;
    -- Only now: the time of one may have passed while another was waited for.
    v_now := clock_timestamp() AT TIME ZONE 'UTC';
    SELECT array_agg(r.id), array_agg(CASE WHEN r.state = 'soft' AND r.expires_at <= v_now THEN 'lapsed'
                                           -- What an order has taken over is the order's; its client asks no more.
                                           WHEN p_action = 'release' AND p_code = 'client' AND r.res_id IS NOT NULL
                                                AND r.state = 'firm' THEN 'taken'
                                           ELSE r.state END)
      INTO v_id, v_before
      FROM inventory_reservation r WHERE r.id = ANY(p_id);
    v_lapsed := ARRAY(SELECT c.i FROM unnest(v_id, v_before) c(i, s) WHERE c.s = 'lapsed');
    v_close := ARRAY(SELECT c.i FROM unnest(v_id, v_before) c(i, s)
                      WHERE c.s = 'lapsed' OR p_action = 'release' AND c.s IN ('soft', 'firm'));
    IF array_length(v_close, 1) > 0 THEN
        SELECT array_agg(item.product_id ORDER BY item.product_id, item.warehouse_id),
               array_agg(item.warehouse_id ORDER BY item.product_id, item.warehouse_id)
          INTO v_products, v_warehouses
          FROM (SELECT DISTINCT g.product_id, g.warehouse_id FROM inventory_ledger g
                 WHERE g.key = ANY(ARRAY(SELECT 'promise:' || c FROM unnest(v_close) c))) item;
        IF v_products IS NOT NULL THEN
            PERFORM inventory_lock_items(v_products, v_warehouses, TRUE);
            PERFORM inventory_fold(v_products, v_warehouses);
        END IF;
        PERFORM inventory_close(v_lapsed, 'expired', p_user, 'expired', NULL);
        PERFORM inventory_close(ARRAY(SELECT c FROM unnest(v_close) c WHERE NOT c = ANY(v_lapsed)), 'released',
                                p_user, p_code, p_reason);
    END IF;
    IF p_action IN ('confirm', 'extend') THEN
        WITH changed AS (
            UPDATE inventory_reservation r
               SET state = CASE p_action WHEN 'confirm' THEN 'firm' ELSE r.state END,
                   expires_at = CASE p_action WHEN 'confirm' THEN NULL ELSE p_until END,
                   write_date = v_now, write_uid = p_user
             WHERE r.id = ANY(v_id) AND r.state = 'soft'
         RETURNING r.id
        )
        INSERT INTO inventory_reservation_event (reservation_id, at, user_id, event, reason)
        SELECT changed.id, v_now, p_user, CASE p_action WHEN 'confirm' THEN 'firm' ELSE 'extended' END, p_reason
          FROM changed;
    END IF;
    RETURN QUERY
    SELECT r.id, c.s, r.state::text, r.expires_at
      FROM unnest(v_id, v_before) c(i, s) JOIN inventory_reservation r ON r.id = c.i;
END $$;

-- Closes up to p_limit soft promises whose time is over. What is being used is left alone. Returns their number.
CREATE OR REPLACE FUNCTION inventory_expire(p_limit integer)
RETURNS integer LANGUAGE plpgsql VOLATILE SET lock_timeout = '5s' SET jit = off AS $$
DECLARE
    v_lapsed integer[];
    v_products integer[];
    v_warehouses integer[];
BEGIN
    v_lapsed := ARRAY(
        SELECT r.id FROM inventory_reservation r
         WHERE r.state = 'soft' AND r.expires_at <= clock_timestamp() AT TIME ZONE 'UTC'
         ORDER BY r.id LIMIT p_limit FOR NO KEY UPDATE SKIP LOCKED);
    IF COALESCE(array_length(v_lapsed, 1), 0) = 0 THEN
        RETURN 0;
    END IF;
    SELECT array_agg(item.product_id ORDER BY item.product_id, item.warehouse_id),
           array_agg(item.warehouse_id ORDER BY item.product_id, item.warehouse_id)
      INTO v_products, v_warehouses
      FROM (SELECT DISTINCT g.product_id, g.warehouse_id FROM inventory_ledger g
             WHERE g.key = ANY(ARRAY(SELECT 'promise:' || id FROM unnest(v_lapsed) id))) item;
    IF v_products IS NOT NULL THEN
        PERFORM inventory_lock_items(v_products, v_warehouses, TRUE);
        PERFORM inventory_fold(v_products, v_warehouses);
    END IF;
    PERFORM inventory_close(v_lapsed, 'expired', 1, 'expired', NULL);
    RETURN array_length(v_lapsed, 1);
END $$;
"""
