from .dashboard import test_dashboard, test_tour
from .snapshot import test_value_snapshot
