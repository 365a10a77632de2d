{
    "name": "Inventory Plus: Point of Sale",
    "summary": "What a till sells counts for its channel, and is never refused",
    "version": "19.0.1.0.0",
    "category": "Supply Chain/Inventory",
    "author": "Inventory Plus contributors",
    "license": "LGPL-3",
    "auto_install": True,
    "depends": ["inventory_plus", "point_of_sale"],
    "data": [
        "views/channel_views.xml",
    ],
}
