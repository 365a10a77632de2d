{
    "name": "Inventory Plus: Online Shop",
    "summary": "The shop shows and sells what its channel may promise",
    "version": "19.0.1.0.0",
    "category": "Supply Chain/Inventory",
    "author": "Inventory Plus contributors",
    "license": "LGPL-3",
    "auto_install": True,
    "depends": ["inventory_plus", "website_sale_stock"],
    "data": [
        "views/channel_views.xml",
        "views/shop_templates.xml",
    ],
}
