"""The agent is a plain package beside the addon: it is imported without Odoo."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "addons" / "inventory_devices"))
