from . import daily_flow, item_orderpoint
