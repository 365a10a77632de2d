from . import (
    test_daily_flow_mrp,
    test_kit_order,
    test_kit_promise,
    test_kit_shown,
    test_need_mrp,
    test_production_promise,
    test_replenish_mrp,
)
