"""The engine is imported as a package of its own: no Odoo, no database."""

import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "addons" / "inventory_plus"))
SHARED = ROOT.parent / "shared" / "data"


@pytest.fixture(scope="session")
def worked():
    """The worked examples by id: ``worked("W01")`` gives inputs, expected values and tolerance, or skips by name."""
    path = SHARED / "worked_examples.json"
    cases = {case["id"]: case for case in json.loads(path.read_text())} if path.is_file() else {}

    def case(name):
        if name not in cases:
            pytest.skip(f"worked example {name}: {path.name} is not at hand")
        return cases[name]["inputs"], cases[name]["expected"], cases[name]["tolerance"]

    return case
