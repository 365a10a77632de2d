from . import test_daily_flow_mrp
