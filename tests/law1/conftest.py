"""Fixtures of the law-1 tests: a database with the locks, and readings of what law 1 says about it."""

import json
import threading
import time

import psycopg2
import pytest

from tests.support.processes import RegistryProcess

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
    """A database under test, and one process that does what is asked in it."""

    def __init__(self, db, settings):
        self.db = db
        self.settings = settings
        self.connection = self.connect()
        self.worker = RegistryProcess(settings, db, "tests.law1.work:serve").ready().go()

    def connect(self):
        connection = psycopg2.connect(dbname=self.db)
        connection.autocommit = True
        return connection

    def run(self, function, *args):
        """Run a function of tests.law1.work and return its result."""
        self.worker._write(json.dumps([function, args]))
        answer = self.worker.say()
        assert answer is not None, f"the process ended: {self.worker.log.read_text()[-3000:]}"
        assert "error" not in answer, answer.get("trace")
        return answer["value"]

    def begin(self, function, *args):
        """Begin a function of tests.law1.work in a process of its own, which is returned."""
        return RegistryProcess(self.settings, self.db, f"tests.law1.work:{function}", args).ready().go()

    def close(self):
        self.worker.kill()
        self.connection.close()

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
        """Switch protections off until the end of the test; only a process started for tests obeys."""
        self.run("parameter", "inventory_plus.test_disable", ",".join(protections))


@pytest.fixture(scope="module")
def building(databases, settings):
    """One database and process for the tests of a module; each makes its own products."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("INVENTORY_PLUS_TEST_SWITCHES", "1")
        db = databases.clone("inventory_plus")
        house = House(db, settings)
        yield house
        house.close()
        databases.drop(db)
        databases.clones.remove(db)


@pytest.fixture
def house(building):
    """The database with all protections on."""
    yield building
    building.run("parameter", "inventory_plus.test_disable", "")
    building.run("parameter", "inventory_plus.guard", "on")


class Watcher:
    """Samples the free quantity while others work, and remembers the worst."""

    def __init__(self, house, products):
        self.connection = house.connect()
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
        self.connection.close()


@pytest.fixture
def watcher():
    return Watcher
