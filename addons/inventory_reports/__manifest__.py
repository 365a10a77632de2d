{
    "name": "Inventory Reports",
    "summary": "Dashboard, turnover, ageing, accuracy and trends from daily facts",
    "version": "19.0.1.0.0",
    "category": "Supply Chain/Inventory",
    "author": "Inventory Plus contributors",
    "license": "LGPL-3",
    "application": True,
    "depends": ["inventory_plus"],
    "data": [],
    "demo": [],
}
