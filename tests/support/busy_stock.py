"""A busy database by SQL: two years of orders, deliveries, returns, receipts, transfers and counts as done moves.

Made set-based with triggers and foreign keys off, for benches and tests that need many moves in seconds. Everything
follows from the row numbers, so that two runs give the same database.
"""

PRODUCTS = 4000
DAYS = 730


def prepare(env):
    """Make by Odoo what the moves need: three warehouses (one, two, three steps; three time zones) and a product."""
    first = env["stock.warehouse"].search([], order="id", limit=1)
    zoned = "inventory_tz" in first._fields
    if zoned:
        first.inventory_tz = "UTC"
    env["stock.warehouse"].create(
        [
            {
                "name": name,
                "code": name[:3].upper(),
                "company_id": first.company_id.id,
                "delivery_steps": delivery,
                "reception_steps": reception,
                **({"inventory_tz": zone} if zoned else {}),
            }
            for name, delivery, reception, zone in (
                ("Two steps", "pick_ship", "two_steps", "Pacific/Auckland"),
                ("Three steps", "pick_pack_ship", "three_steps", "America/New_York"),
            )
        ]
    )
    env["product.product"].create({"name": "Busy 0", "is_storable": True})


def fill(connection, sales):
    """Fill an empty company with about ``2.9 * sales`` done moves in three warehouses of one, two and three steps.

    :param connection: psycopg2 connection of a role that may set ``session_replication_role``
    :param sales: number of delivered sale lines
    :return: number of done moves
    """
    with connection, connection.cursor() as cr:
        cr.execute("SET LOCAL session_replication_role = replica")
        cr.execute("SET LOCAL work_mem = '128MB'")
        _warehouses(cr)
        _products(cr)
        _orders(cr, sales)
        _deliveries(cr)
        _returns(cr)
        _receipts(cr, sales // 3)
        _transfers(cr, sales // 25)
        _counts(cr, sales // 25)
        cr.execute(
            """
            INSERT INTO stock_move_line (picking_id, move_id, company_id, product_id, product_uom_id, location_id,
                                         location_dest_id, state, quantity, quantity_product_uom, picked, date)
            SELECT picking_id, id, company_id, product_id, product_uom, location_id,
                   location_dest_id, state, product_qty, product_qty, TRUE, date
              FROM stock_move WHERE reference = 'busy'
            """
        )
    old = connection.autocommit
    connection.autocommit = True
    with connection.cursor() as cr:
        cr.execute("ANALYZE")
        cr.execute("SELECT COUNT(*) FROM stock_move WHERE state = 'done'")
        count = cr.fetchone()[0]
    connection.autocommit = old
    return count


def _warehouses(cr):
    """Remember the three warehouses (made by the caller) and the places outside."""
    cr.execute(
        """
        CREATE TEMPORARY TABLE busy_wh ON COMMIT DROP AS
        SELECT row_number() OVER (ORDER BY id) - 1 AS number, id, company_id, lot_stock_id,
               wh_output_stock_loc_id AS output, wh_pack_stock_loc_id AS pack, wh_input_stock_loc_id AS input,
               wh_qc_stock_loc_id AS quality, out_type_id, in_type_id, int_type_id, view_location_id
          FROM stock_warehouse ORDER BY id LIMIT 3
        """
    )
    cr.execute(
        """
        CREATE TEMPORARY TABLE busy_place ON COMMIT DROP AS
        SELECT (SELECT id FROM stock_location WHERE usage = 'customer' ORDER BY id LIMIT 1) AS customer,
               (SELECT id FROM stock_location WHERE usage = 'supplier' ORDER BY id LIMIT 1) AS supplier,
               (SELECT id FROM stock_location WHERE usage = 'inventory' ORDER BY id LIMIT 1) AS loss,
               (SELECT id FROM stock_location WHERE usage = 'transit' AND company_id IS NOT NULL
                 ORDER BY id LIMIT 1) AS transit,
               (SELECT id FROM uom_uom WHERE factor = 1 ORDER BY id LIMIT 1) AS uom
        """
    )


def _columns(cr, table, *without):
    """Names of the columns of ``table``, so that a row can be copied whatever addons added."""
    cr.execute(
        """
        SELECT string_agg(quote_ident(attname), ', ') FROM pg_attribute
         WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attname <> ALL(%s)
        """,
        [table, ["id", *without]],
    )
    return cr.fetchone()[0]


def _products(cr):
    """Copies of the product that :func:`prepare` made."""
    template = _columns(cr, "product_template", "name")
    product = _columns(cr, "product_product", "product_tmpl_id", "combination_indices", "barcode")
    cr.execute(
        f"""
        WITH copied AS (
            INSERT INTO product_template (name, {template})
            SELECT jsonb_build_object('en_US', 'Busy ' || n), {template}
              FROM product_template, generate_series(1, %s) n WHERE name->>'en_US' = 'Busy 0'
            RETURNING id)
        INSERT INTO product_product (product_tmpl_id, {product})
        SELECT copied.id, {", ".join(f"model.{name}" for name in product.split(", "))}
          FROM copied, product_product model JOIN product_template t ON t.id = model.product_tmpl_id
         WHERE t.name->>'en_US' = 'Busy 0'
        """,
        [PRODUCTS - 1],
    )
    cr.execute(
        """
        CREATE TEMPORARY TABLE busy_product ON COMMIT DROP AS
        SELECT row_number() OVER (ORDER BY product.id) - 1 AS number, product.id
          FROM product_product product JOIN product_template template ON template.id = product.product_tmpl_id
         WHERE template.name->>'en_US' LIKE 'Busy %'
        """
    )
    cr.execute("CREATE UNIQUE INDEX ON busy_product (number)")
    cr.execute("ANALYZE busy_product")


def _orders(cr, sales):
    """One order per five lines; prices and products by number, popular products first."""
    cr.execute(
        """
        INSERT INTO sale_order (name, company_id, partner_id, partner_invoice_id, partner_shipping_id, state,
                                date_order, currency_rate, warehouse_id, picking_policy)
        SELECT 'BUSY' || n, wh.company_id, 1, 1, 1, 'sale', now(), 1, wh.id, 'direct'
          FROM generate_series(0, %(sales)s / 5) n JOIN busy_wh wh ON wh.number = n %% 3
        """,
        {"sales": sales},
    )
    cr.execute(
        """
        CREATE TEMPORARY TABLE busy_order ON COMMIT DROP AS
        SELECT substr(name, 5)::int AS number, id, warehouse_id, company_id FROM sale_order WHERE name LIKE 'BUSY%'
        """
    )
    cr.execute("CREATE UNIQUE INDEX ON busy_order (number)")
    cr.execute("ANALYZE busy_order")
    cr.execute(
        """
        INSERT INTO sale_order_line (order_id, name, product_id, product_uom_id, product_uom_qty, price_unit, discount,
                                     price_subtotal, company_id, state, customer_lead, sequence)
        SELECT sale.id, 'x', product.id, busy_place.uom, 1 + n %% 12, 3 + n %% 40, 0,
               (1 + n %% 12) * (3 + n %% 40), sale.company_id, 'sale', 0, n
          FROM busy_place, generate_series(1, %(sales)s) n
          JOIN busy_order sale ON sale.number = n / 5
          JOIN busy_product product
            ON product.number = floor(%(products)s * power((n::bigint * 7919 %% 100003) / 100003.0, 2))::int
        """,
        {"sales": sales, "products": PRODUCTS},
    )


_MOVE = """
    INSERT INTO stock_move (company_id, product_id, product_uom, location_id, location_dest_id, picking_type_id,
                            state, procure_method, date, product_qty, product_uom_qty, quantity, picked, reference,
                            sale_line_id, origin_returned_move_id, priority, is_in, is_out, is_dropship, origin)
"""


def _deliveries(cr):
    """One, two or three moves a line by warehouse, chained as Odoo chains them."""
    steps = (
        ("pick", "wh.lot_stock_id", "CASE wh.number WHEN 1 THEN wh.output ELSE wh.pack END", "wh.number > 0", "stock"),
        ("pack", "wh.pack", "wh.output", "wh.number = 2", "order"),
        (
            "ship",
            "CASE wh.number WHEN 0 THEN wh.lot_stock_id ELSE wh.output END",
            "busy_place.customer",
            "TRUE",
            "order",
        ),
    )
    for name, source, dest, condition, method in steps:
        cr.execute(
            f"""
            {_MOVE}
            SELECT line.company_id, line.product_id, line.product_uom_id, {source}, {dest}, wh.out_type_id,
                   'done', CASE WHEN wh.number = 0 THEN 'make_to_stock' ELSE 'make_to_{method}' END,
                   timestamp '2024-11-01' + (line.sequence * 104729::bigint %% ({DAYS} * 1440)) * interval '1 minute',
                   line.product_uom_qty, line.product_uom_qty, line.product_uom_qty, TRUE, 'busy',
                   line.id, NULL, '0', FALSE, TRUE, FALSE, '{name}'
              FROM busy_place, sale_order_line line
              JOIN busy_order sale ON sale.id = line.order_id
              JOIN busy_wh wh ON wh.id = sale.warehouse_id
             WHERE {condition}
            """.replace("%%", "%")
        )
    cr.execute("ANALYZE stock_move")
    for before, after in (("pick", "pack"), ("pack", "ship"), ("pick", "ship")):
        cr.execute(
            """
            INSERT INTO stock_move_move_rel (move_orig_id, move_dest_id)
            SELECT a.id, b.id FROM stock_move a
              JOIN stock_move b ON b.sale_line_id = a.sale_line_id AND b.location_id = a.location_dest_id
             WHERE a.origin = %s AND b.origin = %s
            """,
            [before, after],
        )


def _returns(cr):
    """Every twentieth delivery comes back in part, five days later, by Odoo's wizard."""
    cr.execute(
        f"""
        {_MOVE}
        SELECT m.company_id, m.product_id, m.product_uom, m.location_dest_id, wh.lot_stock_id, wh.in_type_id,
               'done', 'make_to_stock', m.date + interval '5 days', 1, 1, 1, TRUE, 'busy',
               m.sale_line_id, m.id, '0', TRUE, FALSE, FALSE, 'back'
          FROM stock_move m JOIN busy_wh wh ON wh.out_type_id = m.picking_type_id
         WHERE m.origin = 'ship' AND m.id % 20 = 0
        """
    )


def _receipts(cr, number):
    for name, source, dest, condition in (
        ("in", "busy_place.supplier", "CASE wh.number WHEN 0 THEN wh.lot_stock_id ELSE wh.input END", "TRUE"),
        ("check", "wh.input", "wh.quality", "wh.number = 2"),
        ("store", "CASE wh.number WHEN 1 THEN wh.input ELSE wh.quality END", "wh.lot_stock_id", "wh.number > 0"),
    ):
        cr.execute(
            f"""
            {_MOVE}
            SELECT wh.company_id, product.id, busy_place.uom, {source}, {dest}, wh.in_type_id,
                   'done', 'make_to_stock',
                   timestamp '2024-11-01' + (n * 15485863::bigint %% ({DAYS} * 1440)) * interval '1 minute',
                   20 + n %% 50, 20 + n %% 50, 20 + n %% 50, TRUE, 'busy', NULL, NULL, '0', TRUE, FALSE, FALSE, '{name}'
              FROM busy_place, generate_series(1, %(number)s) n
              JOIN busy_product product ON product.number = n * 31 %% %(products)s
              JOIN busy_wh wh ON wh.number = n %% 3
             WHERE {condition}
            """,
            {"number": number, "products": PRODUCTS},
        )


def _transfers(cr, number):
    for name, source, dest in (
        ("out", "a.lot_stock_id", "busy_place.transit"),
        ("come", "busy_place.transit", "b.input"),
    ):
        cr.execute(
            f"""
            {_MOVE}
            SELECT a.company_id, product.id, busy_place.uom, {source}, {dest}, a.int_type_id, 'done', 'make_to_stock',
                   timestamp '2024-11-01' + (n * 32452843::bigint %% ({DAYS} * 1440)) * interval '1 minute',
                   6, 6, 6, TRUE, 'busy', NULL, NULL, '0', FALSE, FALSE, FALSE, '{name}'
              FROM busy_place, generate_series(1, %(number)s) n
              JOIN busy_product product ON product.number = n * 17 %% %(products)s
              JOIN busy_wh a ON a.number = n %% 3
              JOIN busy_wh b ON b.number = (n + 1) %% 3
            """,
            {"number": number, "products": PRODUCTS},
        )


def _counts(cr, number):
    cr.execute(
        f"""
        {_MOVE}
        SELECT wh.company_id, product.id, busy_place.uom,
               CASE n %% 2 WHEN 0 THEN wh.lot_stock_id ELSE busy_place.loss END,
               CASE n %% 2 WHEN 0 THEN busy_place.loss ELSE wh.lot_stock_id END, wh.int_type_id, 'done',
               'make_to_stock',
               timestamp '2024-11-01' + (n * 49979687::bigint %% ({DAYS} * 1440)) * interval '1 minute',
               2, 2, 2, TRUE, 'busy', NULL, NULL, '0', FALSE, FALSE, FALSE, 'count'
          FROM busy_place, generate_series(1, %(number)s) n
          JOIN busy_product product ON product.number = n * 13 %% %(products)s
          JOIN busy_wh wh ON wh.number = n %% 3
        """,
        {"number": number, "products": PRODUCTS},
    )
