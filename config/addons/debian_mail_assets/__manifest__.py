{
    "name": "Debian package: mail assets",
    "summary": "Takes a script out of the backend bundle that the Debian package of Odoo does not ship",
    "version": "19.0.1.0.0",
    "license": "LGPL-3",
    "author": "Inventory Plus contributors",
    "depends": ["mail"],
    "auto_install": True,
    "assets": {
        "web.assets_backend": [("remove", "mail/static/lib/selfie_segmentation/selfie_segmentation.js")],
    },
}
