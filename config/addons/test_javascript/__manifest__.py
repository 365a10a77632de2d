{
    "name": "Tests: JavaScript of every addon",
    "summary": "Server-wide: HOOT tests of each addon on desktop and phone; every script is in a bundle",
    "version": "19.0.1.0.0",
    "license": "LGPL-3",
    "author": "Inventory Plus contributors",
    "depends": ["web"],
    "installable": True,
}
