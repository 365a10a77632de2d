from . import daily_flow, item_open, item_orderpoint, kit, mrp_bom
