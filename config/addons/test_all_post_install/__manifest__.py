{
    "name": "Tests: run everything after installation",
    "summary": "Server-wide: at_install tests run with every module loaded, with the overrides of later modules",
    "version": "19.0.1.0.0",
    "license": "LGPL-3",
    "author": "Inventory Plus contributors",
    "depends": ["base"],
    "installable": True,
}
