{
    "name": "Inventory Alerts",
    "summary": "Rules that turn stock conditions into alerts, and alerts into work for people",
    "version": "19.0.1.0.0",
    "category": "Supply Chain/Inventory",
    "author": "Inventory Plus contributors",
    "license": "LGPL-3",
    "application": True,
    "depends": ["inventory_plus"],
    "data": [],
    "demo": [],
}
