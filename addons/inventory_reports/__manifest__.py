{
    "name": "Inventory Reports",
    "summary": "Dashboard, turnover, ageing, accuracy and trends from daily facts",
    "version": "19.0.1.0.0",
    "category": "Supply Chain/Inventory",
    "author": "Inventory Plus contributors",
    "license": "LGPL-3",
    "application": True,
    "depends": ["inventory_plus"],
    "data": [
        "security/snapshot/ir.model.access.csv",
        "security/snapshot/rules.xml",
        "data/scheduled_actions.xml",
        "views/snapshot/snapshot_views.xml",
        "views/dashboard/dashboard_action.xml",
    ],
    "demo": [],
    "assets": {
        "web.assets_backend": [
            "inventory_reports/static/src/**/*",
        ],
        "web.assets_tests": [
            "inventory_reports/static/tests/tours/**/*",
        ],
        "web.assets_unit_tests": [
            "inventory_reports/static/tests/**/*.test.js",
        ],
    },
}
