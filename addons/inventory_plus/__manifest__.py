{
    "name": "Inventory Plus",
    "summary": "Plan, promise and control stock: daily facts, safety stock, locks against overselling, approvals, audit",
    "version": "19.0.1.0.0",
    "category": "Supply Chain/Inventory",
    "author": "Inventory Plus contributors",
    "license": "LGPL-3",
    "application": True,
    "depends": ["stock_account", "sale_stock", "purchase_stock", "product_expiry", "mail", "queue_job"],
    "external_dependencies": {"python": ["numpy", "scipy"]},
    "data": [
        "security/inventory_groups.xml",
        "security/item/ir.model.access.csv",
        "security/facts/ir.model.access.csv",
        "security/facts/rules.xml",
        "security/history/ir.model.access.csv",
        "security/history/rules.xml",
        "security/common/ir.model.access.csv",
        "data/jobs.xml",
        "views/menus.xml",
        "views/planning/history_import_views.xml",
    ],
    "demo": [],
    "assets": {
        "web.assets_backend": [
            "inventory_plus/static/src/**/*",
        ],
    },
}
