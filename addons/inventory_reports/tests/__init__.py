from . import test_js
from .dashboard import test_dashboard
from .snapshot import test_value_snapshot
