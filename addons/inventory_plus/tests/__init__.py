from .common import (
    test_audit,
    test_grant,
    test_grant_scope,
    test_job,
    test_reserve,
)
from .control import (
    test_adjustment,
    test_approval,
    test_roles,
)
from .demo import test_demo_company
from .facts import (
    test_daily_flow_build,
    test_daily_flow_cases,
    test_daily_flow_changes,
    test_daily_flow_demand,
    test_daily_flow_rights,
    test_daily_flow_routes,
    test_daily_flow_verify,
)
from .planning import (
    test_demand_event,
    test_history_bad_input,
    test_history_guard,
    test_history_import,
    test_history_odd_files,
    test_history_opening,
    test_item_chart,
    test_item_demand,
    test_item_forecast,
    test_item_pin,
    test_item_rights,
    test_item_work,
    test_plan,
    test_policy,
    test_policy_simulation,
    test_policy_tour,
    test_proposals,
    test_readiness,
    test_rebalance,
    test_refresh,
    test_replenish,
    test_rfq,
    test_slow_stock,
    test_verify_item,
    test_wake,
)
