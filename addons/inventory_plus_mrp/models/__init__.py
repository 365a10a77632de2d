from . import daily_flow, item_open, item_orderpoint, reservation_request
