{
    "name": "Inventory Alerts",
    "summary": "Rules that turn stock conditions into alerts, and alerts into work for people",
    "version": "19.0.1.0.0",
    "category": "Supply Chain/Inventory",
    "author": "Inventory Plus contributors",
    "license": "LGPL-3",
    "application": True,
    "depends": ["inventory_plus"],
    "data": [
        "security/alert/ir.model.access.csv",
        "security/alert/rules.xml",
        "data/message_templates.xml",
        "data/alert_rules.xml",
        "data/scheduled_actions.xml",
        "views/alert/alert_views.xml",
        "views/alert/delivery_views.xml",
        "views/alert/rule_views.xml",
        "views/alert/responsible_views.xml",
        "views/alert/menus.xml",
    ],
    "demo": [
        "demo/users.xml",
    ],
    "uninstall_hook": "uninstall_hook",
    "assets": {
        "web.assets_backend": [
            "inventory_alerts/static/src/**/*",
        ],
        "web.assets_tests": [
            "inventory_alerts/static/tests/tours/**/*",
        ],
        "web.assets_unit_tests": [
            "inventory_alerts/static/tests/**/*.test.js",
        ],
    },
}
