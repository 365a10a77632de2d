"""The retail oracle in pure numpy: the documented conventions give the counts to the last item."""

import json
from pathlib import Path

import numpy as np
import pytest
from planning_engine import classes

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"

FILE = SHARED / "online_retail_daily_sku_2009_2011.parquet"
ORACLE = SHARED / "online_retail_classification.json"


@pytest.fixture(scope="module")
def sales():
    if not (FILE.is_file() and ORACLE.is_file()):
        pytest.skip("retail oracle: online_retail_daily_sku_2009_2011.parquet is not at hand")
    table = pytest.importorskip("pyarrow.parquet").read_table(FILE)
    _codes, row = np.unique(np.array(table["StockCode"].to_pylist()), return_inverse=True)
    columns = {name: table[name].to_numpy() for name in ("sale", "ret", "rev")}
    return row, table["day"].to_numpy().astype("M8[D]"), columns, json.loads(ORACLE.read_text())


def counts(names):
    return dict(zip(*(values.tolist() for values in np.unique(names, return_counts=True)), strict=True))


def test_classes(sales):
    row, day, columns, oracle = sales
    first, last = (np.datetime64(text) for text in oracle["window"].split(".."))
    items = row.max() + 1
    inside = (day >= first) & (day <= last)
    row, day = row[inside], day[inside]
    value = np.bincount(row, columns["rev"][inside], items)
    sold = columns["sale"][inside]
    month = (day.astype("M8[M]") - first.astype("M8[M]")).astype(int)
    monthly = np.bincount(row * 12 + month, sold, items * 12).reshape(items, 12)
    period = (day - first).astype(int) // classes.SBC_PERIOD_DAYS
    kept = period < classes.SBC_PERIODS
    weekly = np.bincount(row[kept] * 52 + period[kept], sold[kept], items * 52).reshape(items, 52)

    earned = value > 0
    assert earned.sum() == oracle["skus"]
    assert value[earned].sum() == pytest.approx(oracle["total_net_revenue"], abs=0.01)
    assert counts(classes.abc(value)[earned]) == oracle["abc"]
    assert counts(classes.xyz(monthly[earned])) == oracle["xyz"]
    assert counts(classes.syntetos_boylan(weekly[earned])) == oracle["sbc_weekly52"]


def test_idle_and_months(sales):
    row, day, columns, oracle = sales
    sold = columns["sale"] > 0
    last = np.full(row.max() + 1, np.datetime64("1900-01-01"))
    np.maximum.at(last, row[sold], day[sold])
    ever = np.bincount(row, columns["sale"]) > 0
    assert ever.sum() == oracle["skus_with_sales"]
    assert (ever & (last < np.datetime64("2011-06-09"))).sum() == oracle["slow_6m"]
    months, index = np.unique(day.astype("M8[M]"), return_inverse=True)
    units = np.bincount(index, columns["sale"]).astype(int).tolist()
    assert dict(zip(months.astype(str).tolist(), units, strict=True)) == oracle["monthly_units"]
