"""The text of the feed in the database: notes of what may have changed, the relay, and what was published last.

``inventory_feed_note`` is append-only and written by triggers in the transaction of the change, whoever makes it: a
rolled-back change leaves nothing, and one that commits late is found late instead of never. Notes are made whether or
not anybody reads a feed: a transaction that began before the first reader came cannot know of him.

``inventory_relay`` takes notes, computes what each channel that is read may sell, drops what is as it was published,
and numbers the rest, all in one transaction: killed in the middle it has done nothing, and the notes are still there.
There is one relay at a time (the row of ``inventory_feed_head``), so that numbers become visible in their order.
"""

TABLES = """
CREATE TABLE IF NOT EXISTS inventory_feed_note (
    id bigserial NOT NULL,
    product_id integer,
    channel_id integer,
    sku text,
    is_bulk boolean NOT NULL DEFAULT FALSE
);
CREATE INDEX IF NOT EXISTS inventory_feed_note_live ON inventory_feed_note (id) WHERE NOT is_bulk;
CREATE INDEX IF NOT EXISTS inventory_feed_note_bulk ON inventory_feed_note (id) WHERE is_bulk;

CREATE TABLE IF NOT EXISTS inventory_feed_reader (
    channel_id integer PRIMARY KEY REFERENCES inventory_channel ON DELETE CASCADE
);

CREATE TABLE IF NOT EXISTS inventory_feed (
    channel_id integer NOT NULL REFERENCES inventory_channel ON DELETE CASCADE,
    sku text NOT NULL,
    product_id integer,
    available numeric NOT NULL,
    sequence bigint NOT NULL,
    at timestamp NOT NULL,
    PRIMARY KEY (channel_id, sku)
);
CREATE INDEX IF NOT EXISTS inventory_feed_sequence ON inventory_feed (channel_id, sequence);
CREATE INDEX IF NOT EXISTS inventory_feed_product ON inventory_feed (product_id);

CREATE TABLE IF NOT EXISTS inventory_feed_head (
    id integer PRIMARY KEY CHECK (id = 1),
    sequence bigint NOT NULL,
    looked_at timestamp NOT NULL
) WITH (fillfactor = 10);
INSERT INTO inventory_feed_head VALUES (1, 0, now() AT TIME ZONE 'UTC') ON CONFLICT DO NOTHING;
"""

#: Functions of triggers and of the relay, for the uninstallation.
DROP = """
DROP FUNCTION IF EXISTS inventory_feed_note_items() CASCADE;
DROP FUNCTION IF EXISTS inventory_feed_note_safety() CASCADE;
DROP FUNCTION IF EXISTS inventory_feed_note_product() CASCADE;
DROP FUNCTION IF EXISTS inventory_feed_note_template() CASCADE;
DROP FUNCTION IF EXISTS inventory_feed_note_channel() CASCADE;
DROP FUNCTION IF EXISTS inventory_feed_note_rule() CASCADE;
DROP FUNCTION IF EXISTS inventory_feed_note_lend() CASCADE;
DROP FUNCTION IF EXISTS inventory_feed_note_place() CASCADE;
DROP FUNCTION IF EXISTS inventory_feed_note_all() CASCADE;
DROP FUNCTION IF EXISTS inventory_feed_follow(integer);
DROP FUNCTION IF EXISTS inventory_relay(integer, integer);
DROP TABLE IF EXISTS inventory_feed_note, inventory_feed_reader, inventory_feed, inventory_feed_head;
"""

#: A note names a product, a code that a product no longer has, or nothing (all products); and a channel, or nothing
#: (all channels). Notes in bulk wait behind those of single changes.
NOTES = """
-- Stock, moves, lots, locations and promises: what the figures of items note is noted here as well.
CREATE OR REPLACE FUNCTION inventory_feed_note_items() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO inventory_feed_note (product_id, is_bulk)
    SELECT DISTINCT new_rows.product_id, (SELECT count(*) FROM new_rows) > 1000 FROM new_rows;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION inventory_feed_note_safety() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO inventory_feed_note (product_id) VALUES (COALESCE(NEW.product_id, OLD.product_id));
    IF NEW.product_id <> OLD.product_id THEN
        INSERT INTO inventory_feed_note (product_id) VALUES (OLD.product_id);
    END IF;
    RETURN NULL;
END $$;

-- The code that a product had may now be that of one product alone.
CREATE OR REPLACE FUNCTION inventory_feed_note_product() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO inventory_feed_note (product_id, sku) VALUES (COALESCE(NEW.id, OLD.id), OLD.default_code);
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION inventory_feed_note_template() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO inventory_feed_note (product_id)
    SELECT product.id FROM product_product product WHERE product.product_tmpl_id = NEW.id;
    RETURN NULL;
END $$;

-- A channel that comes or goes takes its ring-fenced quantities along; what one asks for that others have to leave to
-- it is missing there.
CREATE OR REPLACE FUNCTION inventory_feed_note_channel() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO inventory_feed_note (channel_id, is_bulk)
    VALUES (CASE WHEN (NEW.active, NEW.shelf_life) IS NOT DISTINCT FROM (OLD.active, OLD.shelf_life) THEN NEW.id END,
            TRUE);
    RETURN NULL;
END $$;

-- What is ring-fenced for one channel is missing in the others.
CREATE OR REPLACE FUNCTION inventory_feed_note_rule() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO inventory_feed_note (product_id)
    SELECT product.id
      FROM (VALUES (OLD.applied_on, OLD.product_id, OLD.product_tmpl_id),
                   (NEW.applied_on, NEW.product_id, NEW.product_tmpl_id)) rule(kind, p, template)
      JOIN product_product product ON product.id = rule.p AND rule.kind = 'product'
                                   OR product.product_tmpl_id = rule.template AND rule.kind = 'template';
    INSERT INTO inventory_feed_note (channel_id, is_bulk)
    SELECT DISTINCT CASE WHEN rule.pool > 0 THEN NULL ELSE rule.channel END, TRUE
      FROM (VALUES (OLD.applied_on, OLD.channel_id, OLD.pool_quantity),
                   (NEW.applied_on, NEW.channel_id, NEW.pool_quantity)) rule(kind, channel, pool)
     WHERE rule.kind NOT IN ('product', 'template');
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION inventory_feed_note_lend() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO inventory_feed_note (channel_id, is_bulk) VALUES (COALESCE(NEW.borrower_id, OLD.borrower_id), TRUE);
    RETURN NULL;
END $$;

-- A channel ring-fences where it sells from, so then the others are concerned as well.
CREATE OR REPLACE FUNCTION inventory_feed_note_place() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    v_channel integer := COALESCE(NEW.channel_id, OLD.channel_id);
BEGIN
    INSERT INTO inventory_feed_note (channel_id, is_bulk)
    VALUES (CASE WHEN NOT EXISTS (SELECT FROM inventory_channel_rule rule
                                   WHERE rule.channel_id = v_channel AND rule.active AND rule.pool_quantity > 0)
                 THEN v_channel END, TRUE);
    RETURN NULL;
END $$;

-- Warehouses and the tree of categories.
CREATE OR REPLACE FUNCTION inventory_feed_note_all() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO inventory_feed_note (is_bulk) VALUES (TRUE);
    RETURN NULL;
END $$;
"""


def _differ(*columns):
    """Condition that an updated row differs in one of the columns."""
    old, new = (", ".join(f"{side}.{column}" for column in columns) for side in ("OLD", "NEW"))
    return f"({old}) IS DISTINCT FROM ({new})"


_PRODUCT = ("active", "default_code", "product_tmpl_id")
_TEMPLATE = ("active", "is_storable", "company_id", "categ_id")
_SAFETY = ("active", "safety_stock", "product_id", "warehouse_id")
_KEEP = ("keep_back", "keep_quantity", "keep_percent")
_CHANNEL = ("active", "company_id", "allow_split", *_KEEP, "oversell_limit", "shelf_life")
_WAREHOUSE = ("active", "company_id", "view_location_id", "lot_stock_id")
#: Trigger -> its definition. By row where one table is written for many other reasons: a condition on columns costs
#: nothing there, while a trigger of the statement would copy the rows first.
TRIGGERS = {
    "inventory_feed_items": "AFTER INSERT ON inventory_item_dirty REFERENCING NEW TABLE AS new_rows"
    " FOR EACH STATEMENT EXECUTE FUNCTION inventory_feed_note_items()",
    "inventory_feed_safety": f"AFTER UPDATE OF {', '.join(_SAFETY)} ON inventory_item FOR EACH ROW"
    f" WHEN ({_differ(*_SAFETY)}) EXECUTE FUNCTION inventory_feed_note_safety()",
    "inventory_feed_safety_new": "AFTER INSERT ON inventory_item FOR EACH ROW WHEN (NEW.safety_stock > 0)"
    " EXECUTE FUNCTION inventory_feed_note_safety()",
    "inventory_feed_safety_gone": "AFTER DELETE ON inventory_item FOR EACH ROW WHEN (OLD.safety_stock > 0)"
    " EXECUTE FUNCTION inventory_feed_note_safety()",
    "inventory_feed_product": f"AFTER UPDATE OF {', '.join(_PRODUCT)} ON product_product FOR EACH ROW"
    f" WHEN ({_differ(*_PRODUCT)}) EXECUTE FUNCTION inventory_feed_note_product()",
    "inventory_feed_product_new": "AFTER INSERT ON product_product FOR EACH ROW WHEN (NEW.default_code <> '')"
    " EXECUTE FUNCTION inventory_feed_note_product()",
    "inventory_feed_product_gone": "AFTER DELETE ON product_product FOR EACH ROW WHEN (OLD.default_code <> '')"
    " EXECUTE FUNCTION inventory_feed_note_product()",
    "inventory_feed_template": f"AFTER UPDATE OF {', '.join(_TEMPLATE)} ON product_template"
    f" FOR EACH ROW WHEN ({_differ(*_TEMPLATE)}) EXECUTE FUNCTION inventory_feed_note_template()",
    "inventory_feed_channel": "AFTER UPDATE ON inventory_channel FOR EACH ROW"
    f" WHEN ({_differ(*_CHANNEL)}) EXECUTE FUNCTION inventory_feed_note_channel()",
    "inventory_feed_rule": "AFTER INSERT OR UPDATE OR DELETE ON inventory_channel_rule FOR EACH ROW"
    " EXECUTE FUNCTION inventory_feed_note_rule()",
    "inventory_feed_lend": "AFTER INSERT OR DELETE ON inventory_channel_lend_rel FOR EACH ROW"
    " EXECUTE FUNCTION inventory_feed_note_lend()",
    "inventory_feed_place": "AFTER INSERT OR UPDATE OR DELETE ON inventory_channel_warehouse FOR EACH ROW"
    " EXECUTE FUNCTION inventory_feed_note_place()",
    "inventory_feed_warehouse": "AFTER UPDATE ON stock_warehouse FOR EACH ROW"
    f" WHEN ({_differ(*_WAREHOUSE)}) EXECUTE FUNCTION inventory_feed_note_all()",
    "inventory_feed_warehouse_new": "AFTER INSERT OR DELETE ON stock_warehouse FOR EACH STATEMENT"
    " EXECUTE FUNCTION inventory_feed_note_all()",
    "inventory_feed_category": "AFTER UPDATE OF parent_path ON product_category FOR EACH ROW"
    " WHEN (OLD.parent_path IS DISTINCT FROM NEW.parent_path) EXECUTE FUNCTION inventory_feed_note_all()",
}

RELAY = """
-- From now on the channel's numbers are published. Everything it has is noted once.
CREATE OR REPLACE FUNCTION inventory_feed_follow(p_channel integer)
RETURNS void LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    INSERT INTO inventory_feed_reader (channel_id) VALUES (p_channel) ON CONFLICT DO NOTHING;
    IF FOUND THEN
        INSERT INTO inventory_feed_note (channel_id, is_bulk) VALUES (p_channel, TRUE);
    END IF;
END $$;

-- One round of the relay: up to p_live notes of single changes and p_bulk others.
-- Called in autocommit on a READ COMMITTED connection: what changes after the notes were taken is noted anew, and
-- the statements that compute read at least what was committed when they were taken.
-- Returns how many notes of each kind it took (-1: it waited so long that it has to be called again) and how many
-- numbers it published.
CREATE OR REPLACE FUNCTION inventory_relay(p_live integer, p_bulk integer,
                                           OUT live integer, OUT bulk integer, OUT published integer)
LANGUAGE plpgsql VOLATILE SET lock_timeout = '10s' SET jit = off AS $$
#variable_conflict use_column
DECLARE
    v_now timestamp := now() AT TIME ZONE 'UTC';
    v_head record;
    v_sequence bigint;
    v_product integer[];
    v_channel integer[];
    v_sku text[];
    v_more_product integer[];
    v_more_channel integer[];
    v_past integer[];
    v_reader record;
    v_products integer[];
    v_skus text[];
    v_kits integer[];
    v_sold text[];
    v_sold_product integer[];
    v_count integer;
BEGIN
    live := 0;
    bulk := 0;
    published := 0;
    SELECT head.sequence, head.looked_at INTO v_head FROM inventory_feed_head head WHERE head.id = 1 FOR UPDATE;
    IF v_now < v_head.looked_at THEN
        -- Another relay has looked at lots later than this transaction's clock.
        live := -1;
        RETURN;
    END IF;
    v_sequence := v_head.sequence;

    -- Everybody is noted by names from here on.
    WITH gone AS (
        DELETE FROM inventory_feed_note n WHERE n.is_bulk AND n.product_id IS NULL AND n.sku IS NULL
     RETURNING n.channel_id
    )
    INSERT INTO inventory_feed_note (product_id, channel_id, is_bulk)
    SELECT product.id, wanted.channel_id, TRUE
      FROM (SELECT DISTINCT gone.channel_id FROM gone
             WHERE gone.channel_id IS NULL OR NOT EXISTS (SELECT FROM gone every WHERE every.channel_id IS NULL)) wanted
     CROSS JOIN product_product product
      JOIN product_template template ON template.id = product.product_tmpl_id
     WHERE product.active AND product.default_code <> '' AND template.type = 'consu'
       AND EXISTS (SELECT FROM inventory_feed_reader reader
                    WHERE wanted.channel_id IS NULL OR reader.channel_id = wanted.channel_id)
     ORDER BY product.id;

    WITH gone AS (
        DELETE FROM inventory_feed_note n
         WHERE n.id IN (SELECT waiting.id FROM inventory_feed_note waiting WHERE NOT waiting.is_bulk
                         ORDER BY waiting.id LIMIT p_live FOR UPDATE SKIP LOCKED) AND NOT n.is_bulk
     RETURNING n.product_id, n.channel_id, n.sku
    )
    SELECT count(*), array_agg(gone.product_id), array_agg(gone.channel_id),
           array_agg(DISTINCT gone.sku) FILTER (WHERE gone.sku IS NOT NULL)
      INTO live, v_product, v_channel, v_sku
      FROM gone;
    IF array_position(v_product, NULL) IS NOT NULL THEN
        -- All items have changed: in bulk, in the next round.
        INSERT INTO inventory_feed_note (is_bulk) VALUES (TRUE);
        bulk := p_bulk;
    END IF;
    WITH gone AS (
        DELETE FROM inventory_feed_note n
         WHERE n.id IN (SELECT waiting.id FROM inventory_feed_note waiting
                         WHERE waiting.is_bulk AND waiting.product_id IS NOT NULL
                         ORDER BY waiting.id LIMIT p_bulk FOR UPDATE SKIP LOCKED) AND n.is_bulk
     RETURNING n.product_id, n.channel_id
    )
    SELECT GREATEST(bulk, count(*)), array_agg(gone.product_id), array_agg(gone.channel_id)
      INTO bulk, v_more_product, v_more_channel
      FROM gone;
    v_product := v_product || v_more_product;
    v_channel := v_channel || v_more_channel;

    -- Lots become unusable by the clock alone, and before that too old for channels that ask for a shelf life.
    v_past := ARRAY(SELECT lot.product_id FROM stock_lot lot
                     WHERE lot.removal_date > v_head.looked_at AND lot.removal_date <= v_now
                     UNION
                    SELECT lot.product_id
                      FROM (SELECT DISTINCT channel.shelf_life AS days FROM inventory_channel channel
                             WHERE channel.shelf_life > 0) life
                      JOIN stock_lot lot ON lot.expiration_date >= v_head.looked_at + make_interval(days => life.days)
                                        AND lot.expiration_date < v_now + make_interval(days => life.days));

    IF v_product IS NOT NULL OR v_sku IS NOT NULL OR array_length(v_past, 1) > 0 THEN
        FOR v_reader IN
            SELECT channel.id, channel.company_id, COALESCE(channel.allow_split, FALSE) AS split,
                   COALESCE(
                       (SELECT array_agg(place.warehouse_id) FROM inventory_channel_warehouse place
                         WHERE place.channel_id = channel.id),
                       (SELECT array_agg(place.id) FROM stock_warehouse place
                         WHERE place.company_id = channel.company_id AND place.active),
                       ARRAY[]::integer[]) AS places
              FROM inventory_feed_reader reader
              JOIN inventory_channel channel ON channel.id = reader.channel_id AND channel.active
             ORDER BY channel.id
        LOOP
            SELECT array_agg(DISTINCT note.p) INTO v_products
              FROM (SELECT n.p FROM unnest(v_product, v_channel) n(p, c)
                     WHERE n.p IS NOT NULL AND (n.c IS NULL OR n.c = v_reader.id)
                     UNION ALL SELECT unnest(v_past)) note;
            v_products := v_products || ARRAY(SELECT inventory_kits_with(v_products));
            v_skus := ARRAY(
                SELECT product.default_code FROM product_product product
                 WHERE product.id = ANY(v_products) AND product.default_code <> ''
                 UNION
                SELECT feed.sku FROM inventory_feed feed
                 WHERE feed.channel_id = v_reader.id AND feed.product_id = ANY(v_products)
                 UNION
                SELECT unnest(v_sku));
            v_kits := ARRAY(
                SELECT parts.kit
                  FROM inventory_kit_parts(v_reader.company_id, ARRAY(
                       SELECT product.id FROM product_product product
                         JOIN product_template template ON template.id = product.product_tmpl_id
                        WHERE product.default_code = ANY(v_skus) AND NOT template.is_storable)) parts);
            -- As the list of what the channel may ask for: a code that two products share is nobody's.
            SELECT array_agg(sold.sku), array_agg(sold.p) INTO v_sold, v_sold_product
              FROM (SELECT product.default_code AS sku, MIN(product.id) AS p
                      FROM product_product product
                      JOIN product_template template ON template.id = product.product_tmpl_id
                     WHERE product.active AND product.default_code = ANY(v_skus)
                       AND (template.is_storable OR product.id = ANY(v_kits))
                       AND (template.company_id IS NULL OR template.company_id = v_reader.company_id)
                     GROUP BY product.default_code HAVING count(*) = 1) sold;
            WITH room AS (
                SELECT shown.product_id AS p,
                       CASE WHEN v_reader.split THEN SUM(shown.available) ELSE MAX(shown.available) END AS available
                  FROM inventory_shown(v_reader.id, v_reader.company_id, v_sold_product, v_reader.places) shown
                 GROUP BY shown.product_id
            ), fresh AS (
                SELECT touched.sku, sold.p, round(COALESCE(room.available, 0), 6) AS available
                  FROM unnest(v_skus) touched(sku)
                  LEFT JOIN unnest(v_sold, v_sold_product) sold(sku, p) ON sold.sku = touched.sku
                  LEFT JOIN room ON room.p = sold.p
            ), changed AS (
                SELECT fresh.sku, fresh.p, fresh.available,
                       COALESCE(feed.available <> fresh.available, TRUE) AS is_news, feed.sequence, feed.at
                  FROM fresh
                  LEFT JOIN inventory_feed feed ON feed.channel_id = v_reader.id AND feed.sku = fresh.sku
                 WHERE CASE WHEN feed.sku IS NULL THEN fresh.p IS NOT NULL
                            ELSE (feed.available, feed.product_id) IS DISTINCT FROM (fresh.available, fresh.p) END
            ), stored AS (
                INSERT INTO inventory_feed AS feed (channel_id, sku, product_id, available, sequence, at)
                SELECT v_reader.id, changed.sku, changed.p, changed.available,
                       CASE WHEN changed.is_news
                            THEN v_sequence + row_number() OVER (PARTITION BY changed.is_news ORDER BY changed.sku)
                            ELSE changed.sequence END,
                       CASE WHEN changed.is_news THEN clock_timestamp() AT TIME ZONE 'UTC' ELSE changed.at END
                  FROM changed
                    ON CONFLICT (channel_id, sku) DO UPDATE
                   SET product_id = excluded.product_id, available = excluded.available,
                       sequence = excluded.sequence, at = excluded.at
            )
            SELECT count(*) INTO v_count FROM changed WHERE changed.is_news;
            v_sequence := v_sequence + v_count;
            published := published + v_count;
        END LOOP;
    END IF;
    -- Not at each call: while somebody's old transaction lasts, each version of the row stays.
    IF published > 0 OR array_length(v_past, 1) > 0 OR v_head.looked_at < v_now - interval '1 minute' THEN
        UPDATE inventory_feed_head SET sequence = v_sequence, looked_at = v_now WHERE id = 1;
    END IF;
END $$;
"""
