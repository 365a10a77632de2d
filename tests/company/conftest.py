"""Real files for the tests of the import; they are no part of the project."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RETAIL = "online_retail_daily_sku_2009_2011.parquet"


@pytest.fixture(scope="session")
def retail():
    """Path of two years of a gift wholesaler's sales; skipped by name where it is absent."""
    folders = [os.environ.get("INVENTORY_TEST_DATA"), ROOT.parent / "shared" / "data", ROOT / ".local" / "data"]
    for folder in filter(None, folders):
        path = Path(folder) / RETAIL
        if path.is_file():
            return path
    pytest.skip(f"{RETAIL} is not here: put it into ../shared/data or name its folder in INVENTORY_TEST_DATA")
    return None
