"""The text by which lines with a day get their goods in the database: at hand first, the rest of what comes in.

Stands on ``dated_sql.py``, whose first page tells what holds at any time.
"""

ALLOCATE = """
-- Of earlier versions, without kits.
DROP FUNCTION IF EXISTS inventory_allocate_dated(integer, integer, integer[], numeric[], date[], integer[], integer[],
                                                 boolean, boolean, integer, boolean);

-- Takes for a reservation what it can get of the lines: what is at hand first, the rest of incoming goods, on the first
-- day that holds it. Items are locked and folded by the caller.
--   p_limit   per line, the last day on which the goods may come; NULL: from the goods at hand alone
--   p_line, p_warehouse, p_split, p_partial, p_lock, p_kit, p_kits   as in inventory_allocate; what comes in for a line
--             comes where its other goods are, unless it may be split. Kits that have to wait for components come from
--             one warehouse, all of them from the same
-- Returns a row per line and warehouse that was granted, with the day where it stands on incoming goods; and for each
-- line that was cut short one without warehouse, with what the channel could have had. What stands on incoming goods
-- is entered in the reservation's lines here, for the next line to be counted against it.
CREATE OR REPLACE FUNCTION inventory_allocate_dated(
    p_id integer, p_channel integer, p_product integer[], p_quantity numeric[], p_limit date[],
    p_line integer[], p_warehouse integer[], p_split boolean, p_partial boolean, p_user integer, p_lock boolean,
    p_kit integer[], p_kits numeric[])
RETURNS TABLE (line integer, warehouse_id integer, granted numeric, due date)
LANGUAGE plpgsql VOLATILE SET jit = off AS $$
#variable_conflict use_column
DECLARE
    c_dust CONSTANT numeric := 0.00001;
    v_key text := 'promise:' || p_id;
    v_products integer[];
    v_warehouses integer[];
    v_all integer[];
    v_busy integer[];
    v_choices integer[];
    v_choice integer;
    v_rounds integer;
    v_best numeric := 0;
    v_best_choice integer;
    v_kept boolean := FALSE;
    v_whole boolean;
    v_line integer[];
    v_place integer[];
    v_hand_line integer[];
    v_hand_place integer[];
    v_hand numeric[];
    v_got numeric[];
    v_had numeric[];
    v_room_product integer[];
    v_room_place integer[];
    v_day date[];
    v_room numeric[];
    v_cap numeric[];
    v_last integer;
    v_at integer;
    v_need numeric;
    v_wish numeric[] := p_quantity;
    v_whole_kits numeric[];    -- of each line what makes whole kits
    v_new_line integer[];
    v_new_place integer[];
    v_new numeric[];
    v_new_due date[];
BEGIN
    SELECT array_agg(item.p ORDER BY item.p, item.w), array_agg(item.w ORDER BY item.p, item.w)
      INTO v_products, v_warehouses
      FROM (SELECT DISTINCT p_product[c.l] AS p, c.w FROM unnest(p_line, p_warehouse) c(l, w)) item;
    PERFORM inventory_dated_settle(v_products, v_warehouses);
    -- All from the goods at hand, if there are enough.
    SELECT array_agg(a.line), array_agg(a.warehouse_id), array_agg(a.granted),
           COALESCE(bool_and(a.warehouse_id IS NOT NULL), FALSE)
      INTO v_hand_line, v_hand_place, v_hand, v_whole
      FROM inventory_allocate(v_key, 'promise', p_channel, p_product, p_quantity, p_line, p_warehouse,
                              array_fill(0::numeric, ARRAY[array_length(p_line, 1)]), p_split, FALSE, TRUE, p_lock,
                              TRUE, p_kit, p_kits) a;
    IF v_whole THEN
        RETURN QUERY SELECT h.l, h.w, h.q, NULL::date FROM unnest(v_hand_line, v_hand_place, v_hand) h(l, w, q);
        RETURN;
    END IF;
    -- Receipts that somebody is changing count for nothing; the others stay as they are until this ends.
    v_all := ARRAY(SELECT c.move_id FROM inventory_incoming(v_products) c);
    v_busy := ARRAY(SELECT m.id FROM stock_move m WHERE m.id = ANY(v_all) ORDER BY m.id FOR SHARE SKIP LOCKED);
    v_busy := ARRAY(SELECT m FROM unnest(v_all) m EXCEPT SELECT m FROM unnest(v_busy) m);
    IF p_split AND NOT EXISTS (SELECT FROM unnest(p_kit) k WHERE k IS NOT NULL) THEN
        v_choices := ARRAY[NULL::integer];
    ELSE
        SELECT COALESCE(array_agg(choice.w ORDER BY choice.rank, choice.w), ARRAY[NULL::integer]) INTO v_choices
          FROM (SELECT c.w, MIN(c.rank) AS rank
                  FROM (SELECT r.l, r.w, row_number() OVER (PARTITION BY r.l ORDER BY r.ord) AS rank,
                               count(*) OVER (PARTITION BY r.l) AS candidates
                          FROM unnest(p_line, p_warehouse) WITH ORDINALITY r(l, w, ord)) c
                 WHERE c.candidates > 1 AND NOT (p_split AND p_kit[c.l] IS NULL) GROUP BY c.w) choice;
    END IF;
    v_rounds := array_length(v_choices, 1);
    v_had := array_fill(0::numeric, ARRAY[array_length(p_quantity, 1)]);
    -- A warehouse after the other until one holds all; then, where a part is wanted, the best of them once more, and
    -- again with less where parts of kits would be left over.
    FOR v_round IN 1 .. v_rounds + 2 LOOP
        v_choice := CASE WHEN v_round > v_rounds THEN v_best_choice ELSE v_choices[v_round] END;
        EXIT WHEN v_round > v_rounds AND (NOT p_partial OR v_best <= c_dust);
        BEGIN
            SELECT array_agg(c.l ORDER BY c.ord), array_agg(c.w ORDER BY c.ord) INTO v_line, v_place
              FROM (SELECT r.l, r.w, r.ord, count(*) OVER (PARTITION BY r.l) AS candidates
                      FROM unnest(p_line, p_warehouse) WITH ORDINALITY r(l, w, ord)) c
             WHERE v_choice IS NULL OR c.candidates = 1 OR c.w = v_choice OR p_split AND p_kit[c.l] IS NULL;
            SELECT array_agg(a.line), array_agg(a.warehouse_id), array_agg(a.granted)
              INTO v_hand_line, v_hand_place, v_hand
              FROM inventory_allocate(v_key, 'promise', p_channel, p_product, v_wish, v_line, v_place,
                                      array_fill(0::numeric, ARRAY[array_length(v_line, 1)]), TRUE, TRUE, TRUE,
                                      p_lock, TRUE, NULL, NULL) a
             WHERE a.warehouse_id IS NOT NULL;
            v_got := ARRAY(SELECT COALESCE((SELECT SUM(h.q) FROM unnest(v_hand_line, v_hand) h(l, q)
                                             WHERE h.l = n), 0)
                             FROM generate_subscripts(p_quantity, 1) n ORDER BY n);
            SELECT array_agg(r.product_id), array_agg(r.warehouse_id), array_agg(r.day), array_agg(r.room),
                   array_agg(r.maximum - COALESCE((
                       SELECT SUM(h.q) FROM unnest(v_hand_line, v_hand_place, v_hand) h(l, w, q)
                        WHERE p_product[h.l] = r.product_id AND h.w = r.warehouse_id), 0))
              INTO v_room_product, v_room_place, v_day, v_room, v_cap
              FROM inventory_dated_rooms(p_channel, v_products, v_warehouses, v_busy, FALSE) r;
            v_new_line := NULL;
            v_new_place := NULL;
            v_new := NULL;
            v_new_due := NULL;
            FOR c IN 1 .. array_length(v_line, 1) LOOP
                v_need := v_wish[v_line[c]] - v_got[v_line[c]];
                CONTINUE WHEN v_need <= c_dust OR p_limit[v_line[c]] IS NULL OR v_day IS NULL;
                CONTINUE WHEN p_limit[v_line[c]] <= inventory_today(v_place[c]);
                -- As much as there is on the last day that is early enough, on the first day that holds it.
                v_last := NULL;
                FOR k IN 1 .. array_length(v_day, 1) LOOP
                    IF v_room_product[k] = p_product[v_line[c]] AND v_room_place[k] = v_place[c]
                       AND v_day[k] <= p_limit[v_line[c]] THEN
                        v_last := k;
                    END IF;
                END LOOP;
                CONTINUE WHEN v_last IS NULL;
                v_need := trunc(LEAST(v_need, v_room[v_last], v_cap[v_last]), 6);
                CONTINUE WHEN v_need <= c_dust;
                v_at := v_last;
                FOR k IN REVERSE v_last .. 1 LOOP
                    EXIT WHEN v_room_product[k] <> v_room_product[v_last] OR v_room_place[k] <> v_room_place[v_last]
                         OR v_room[k] < v_need - c_dust;
                    v_at := k;
                END LOOP;
                v_new_line := v_new_line || v_line[c];
                v_new_place := v_new_place || v_place[c];
                v_new := v_new || v_need;
                v_new_due := v_new_due || v_day[v_at];
                v_got[v_line[c]] := v_got[v_line[c]] + v_need;
                FOR k IN 1 .. array_length(v_day, 1) LOOP
                    CONTINUE WHEN v_room_product[k] <> v_room_product[v_last] OR v_room_place[k] <> v_place[c];
                    v_cap[k] := v_cap[k] - v_need;
                    IF k >= v_at THEN
                        v_room[k] := v_room[k] - v_need;
                    END IF;
                END LOOP;
                FOR k IN 1 .. v_at - 1 LOOP
                    IF v_room_product[k] = v_room_product[v_last] AND v_room_place[k] = v_place[c] THEN
                        v_room[k] := LEAST(v_room[k], v_room[v_at]);
                    END IF;
                END LOOP;
            END LOOP;
            v_whole := NOT EXISTS (SELECT FROM unnest(p_quantity, v_got) r(q, g) WHERE r.q - r.g > c_dust);
            -- Of kits as many as the scarcest component makes.
            v_whole_kits := ARRAY(
                SELECT CASE WHEN p_kit[r.l] IS NULL THEN r.g
                            ELSE LEAST(r.g, round(r.q * floor(MIN(r.g / r.q) OVER (PARTITION BY p_kit[r.l])
                                                              * p_kits[r.l] + c_dust) / p_kits[r.l], 6)) END
                  FROM unnest(p_quantity, v_got) WITH ORDINALITY r(q, g, l) ORDER BY r.l);
            v_kept := v_whole OR v_round > v_rounds;
            IF NOT v_whole AND v_round = v_rounds + 1
               AND EXISTS (SELECT FROM unnest(v_got, v_whole_kits) r(g, k) WHERE r.g - r.k > c_dust) THEN
                v_wish := ARRAY(SELECT CASE WHEN p_kit[r.l] IS NULL THEN r.q ELSE r.k END
                                  FROM unnest(p_quantity, v_whole_kits) WITH ORDINALITY r(q, k, l) ORDER BY r.l);
                v_kept := FALSE;
            END IF;
            IF v_kept OR (SELECT SUM(g) FROM unnest(v_whole_kits) g) > v_best THEN
                v_best := (SELECT SUM(g) FROM unnest(v_whole_kits) g);
                v_best_choice := v_choice;
                v_had := v_whole_kits;
            END IF;
            IF NOT v_kept THEN
                RAISE EXCEPTION 'not all' USING ERRCODE = 'IP001';
            END IF;
            INSERT INTO inventory_reservation_line
                   (reservation_id, channel_id, company_id, line_no, product_id, warehouse_id, requested, reserved,
                    open_quantity, incoming_quantity, asked_date, due_date, fulfilled, released, short, create_uid,
                    create_date, write_uid, write_date)
            SELECT r.id, r.channel_id, r.company_id, n.l - 1, p_product[n.l], n.w, p_quantity[n.l], n.q, 0, n.q,
                   p_limit[n.l], n.due, 0, 0, 0, p_user, clock_timestamp() AT TIME ZONE 'UTC', p_user,
                   clock_timestamp() AT TIME ZONE 'UTC'
              FROM unnest(v_new_line, v_new_place, v_new, v_new_due) n(l, w, q, due)
              JOIN inventory_reservation r ON r.id = p_id;
        EXCEPTION WHEN SQLSTATE 'IP001' THEN
            NULL; -- what was taken at hand for this try is given back
        END;
        EXIT WHEN v_kept;
    END LOOP;
    IF v_kept THEN
        RETURN QUERY SELECT h.l, h.w, h.q, NULL::date FROM unnest(v_hand_line, v_hand_place, v_hand) h(l, w, q);
        RETURN QUERY SELECT n.l, n.w, n.q, n.due FROM unnest(v_new_line, v_new_place, v_new, v_new_due) n(l, w, q, due);
    END IF;
    RETURN QUERY
    SELECT r.ord::integer, NULL::integer, r.g, NULL::date
      FROM unnest(p_quantity, v_had) WITH ORDINALITY r(q, g, ord) WHERE r.q - r.g > c_dust ORDER BY 1;
END $$;
"""
