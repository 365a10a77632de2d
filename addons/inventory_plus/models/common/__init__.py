from . import (
    daily_flow,
    daily_flow_dirty,
    daily_flow_place,
    heartbeat,
    item,
    job,
    readiness,
    scope,
    stock_warehouse,
    verify,
)
