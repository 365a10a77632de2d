from . import demo, demo_master, demo_moves, demo_open, demo_orders, demo_quants, rows
