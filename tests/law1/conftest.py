"""Fixtures of the law-1 tests: a database with the locks, and readings of what law 1 says about it."""

import threading
import time

import pytest

#: Free per item as law 1 defines it; independent of the functions under test.
FREE = """
    SELECT item.product_id, item.base - COALESCE(ledger.qty, 0)
      FROM (SELECT quant.product_id, SUM(COALESCE(quant.quantity, 0) - COALESCE(quant.reserved_quantity, 0)) AS base
              FROM stock_quant quant
              JOIN stock_location loc ON loc.id = quant.location_id
             WHERE loc.usage = 'internal' AND quant.product_id = ANY(%(products)s)
             GROUP BY quant.product_id) item
      LEFT JOIN (SELECT product_id, SUM(qty) AS qty FROM inventory_ledger GROUP BY product_id) ledger
        ON ledger.product_id = item.product_id
"""

#: Quants whose reserved quantity differs from their open lines.
DRIFT = """
    SELECT COALESCE(quant.product_id, line.product_id), quant.reserved, line.reserved
      FROM (SELECT quant.product_id, quant.location_id, SUM(quant.reserved_quantity) AS reserved
              FROM stock_quant quant JOIN stock_location loc ON loc.id = quant.location_id
             WHERE loc.usage = 'internal' GROUP BY quant.product_id, quant.location_id) quant
      FULL JOIN (SELECT line.product_id, line.location_id, SUM(line.quantity_product_uom) AS reserved
                   FROM stock_move_line line JOIN stock_location loc ON loc.id = line.location_id
                  WHERE loc.usage = 'internal' AND line.state NOT IN ('done', 'cancel', 'draft')
                  GROUP BY line.product_id, line.location_id) line
        ON line.product_id = quant.product_id AND line.location_id = quant.location_id
     WHERE ABS(COALESCE(quant.reserved, 0) - COALESCE(line.reserved, 0)) > 0.00001
"""


class House:
    """A database under test."""

    def __init__(self, db, connect, start):
        self.db = db
        self.connect = connect
        self.start = start
        self.connection = connect(db)

    def run(self, function, *args, timeout=180):
        """Run a function of tests.law1.work in a process of its own and return its result."""
        process = self.start(self.db, f"tests.law1.work:{function}", args)
        return process.go().result(timeout)

    def begin(self, function, *args):
        """Begin a function of tests.law1.work; the process is returned."""
        return self.start(self.db, f"tests.law1.work:{function}", args).go()

    def rows(self, query, **params):
        with self.connection.cursor() as cr:
            cr.execute(query, params)
            return cr.fetchall()

    def free(self, products):
        return {product: float(free) for product, free in self.rows(FREE, products=products)}

    def reserved(self, product):
        return float(
            self.rows(
                "SELECT COALESCE(SUM(reserved_quantity), 0) FROM stock_quant q JOIN stock_location l"
                " ON l.id = q.location_id WHERE l.usage = 'internal' AND q.product_id = %(product)s",
                product=product,
            )[0][0]
        )

    def drift(self):
        return self.rows(DRIFT)

    def ledger_differs(self):
        return self.rows(
            "SELECT l.product_id, l.promised, g.qty FROM inventory_item_lock l LEFT JOIN (SELECT product_id,"
            " warehouse_id, SUM(qty) AS qty FROM inventory_ledger WHERE folded GROUP BY 1, 2) g"
            " USING (product_id, warehouse_id) WHERE l.promised <> COALESCE(g.qty, 0)"
        )

    def disable(self, *protections):
        """Switch protections off, as only a process started for tests obeys."""
        self.run("parameter", "inventory_plus.test_disable", ",".join(protections))

    def item(self, product):
        """(product, warehouse) of a product's stock in the main warehouse."""
        return product, self.rows("SELECT id FROM stock_warehouse ORDER BY id LIMIT 1")[0][0]


@pytest.fixture
def house(clone, connect, registry_process, monkeypatch):
    monkeypatch.setenv("INVENTORY_PLUS_TEST_SWITCHES", "1")
    return House(clone(), connect, registry_process)


class Watcher:
    """Samples the free quantity while others work, and remembers the worst."""

    def __init__(self, house, products):
        self.connection = house.connect(house.db)
        self.products = products
        self.worst = 0.0
        self.samples = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def _watch(self):
        with self.connection.cursor() as cr:
            while not self._stop.is_set():
                cr.execute(FREE, {"products": self.products})
                for _product, free in cr.fetchall():
                    self.worst = min(self.worst, float(free))
                self.samples += 1
                time.sleep(0.01)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_error):
        self._stop.set()
        self._thread.join()


@pytest.fixture
def watcher():
    return Watcher
