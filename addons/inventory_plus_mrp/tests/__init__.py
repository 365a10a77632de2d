from . import test_daily_flow_mrp, test_need_mrp, test_replenish_mrp
