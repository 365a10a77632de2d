{
    "name": "Debian package: ZPL labels on Python before 3.12",
    "summary": "Replaces f-strings in the ZPL label templates, which QWeb cannot compile before Python 3.12",
    "version": "19.0.1.0.0",
    "license": "LGPL-3",
    "author": "Inventory Plus contributors",
    "depends": ["stock"],
    "auto_install": True,
    "data": ["views.xml"],
}
