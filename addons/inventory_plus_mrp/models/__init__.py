from . import daily_flow, item_open, item_orderpoint, keeper_documents, kit, mrp_bom
