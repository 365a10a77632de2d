from . import daily_flow, item_open, item_orderpoint, keeper_documents, reservation_request
