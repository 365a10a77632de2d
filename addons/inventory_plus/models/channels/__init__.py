from . import (
    channel,
    channel_rule,
    keeper,
    promise,
    res_company,
    reservation,
    reservation_api,
    reservation_available,
    reservation_event,
    reservation_line,
    reservation_request,
    sale_order,
)
