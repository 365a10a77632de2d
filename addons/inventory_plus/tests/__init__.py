from .common import test_audit, test_job
from .facts import test_daily_flow_changes, test_daily_flow_demand, test_daily_flow_rights, test_daily_flow_routes
