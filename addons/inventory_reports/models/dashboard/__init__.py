from . import dashboard, dashboard_demand, dashboard_items, dashboard_stock
