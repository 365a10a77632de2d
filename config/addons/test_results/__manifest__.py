{
    "name": "Tests: results as data",
    "summary": "Server-wide: writes what each test did as lines of JSON to the file named by INVENTORY_RESULTS",
    "version": "19.0.1.0.0",
    "license": "LGPL-3",
    "author": "Inventory Plus contributors",
    "depends": ["base"],
    "installable": True,
}
