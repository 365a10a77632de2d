"""The retail oracle through the database: file -> import -> facts -> plan, without any stock."""

import json
from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
FILE = SHARED / "online_retail_daily_sku_2009_2011.parquet"
ORACLE = SHARED / "online_retail_classification.json"


def import_and_plan(registry, path):
    """Runs in an Odoo process: import the file, plan as of the day after its last one, count."""
    from odoo import SUPERUSER_ID, api

    with registry.cursor() as cr:
        return _import_and_plan(api.Environment(cr, SUPERUSER_ID, {}), path)


def _import_and_plan(env, path):
    env["inventory.history.import"]._import_file(path)
    env.company.inventory_as_of = "2011-12-10"
    done = env["inventory.item"]._plan()

    def counts(column):
        env.cr.execute(f"SELECT {column}, count(*) FROM inventory_item WHERE {column} IS NOT NULL GROUP BY 1")
        return dict(env.cr.fetchall())

    env.cr.execute("SELECT count(*), sum(on_hand) FROM inventory_item WHERE last_demand_date IS NOT NULL")
    sold, stock = env.cr.fetchone()
    [check] = env["inventory.verify"]._run(["item snapshot"])
    return {
        "items": done["items"],
        "abc": counts("abc"),
        "xyz": counts("xyz"),
        "demand_class": counts("demand_class"),
        "status": counts("status"),
        "sold": sold,
        "stock": float(stock),
        "differences": check["sample"],
    }


@pytest.mark.slow
@pytest.mark.skipif(not (FILE.is_file() and ORACLE.is_file()), reason=f"{FILE.name} is not at hand")
def test_retail_oracle(clone, registry_process):
    oracle = json.loads(ORACLE.read_text())
    process = registry_process(clone(), "tests.planning.test_retail:import_and_plan", [str(FILE)]).go()
    found = process.result(timeout=600)
    assert found["items"] == 4907
    assert found["abc"] == oracle["abc"]
    assert found["xyz"] == oracle["xyz"]
    assert found["demand_class"] == oracle["sbc_weekly52"]
    assert found["status"]["grey"] == oracle["slow_6m"]
    assert found["sold"] == oracle["skus_with_sales"]
    assert found["stock"] == 0
    assert found["differences"] == []
