{
    "name": "Inventory Plus: Manufacturing",
    "summary": "Production and kits in the daily facts and locks of Inventory Plus",
    "version": "19.0.1.0.0",
    "category": "Supply Chain/Inventory",
    "author": "Inventory Plus contributors",
    "license": "LGPL-3",
    "auto_install": True,
    "uninstall_hook": "uninstall_hook",
    "depends": ["inventory_plus", "mrp_account"],
    "data": [
        "data/facts.xml",
    ],
}
