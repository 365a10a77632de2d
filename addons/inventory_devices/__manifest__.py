{
    "name": "Inventory Devices",
    "summary": "Scanners, scales, printers, RFID and sensors through a signed agent; mobile barcode screens",
    "version": "19.0.1.0.0",
    "category": "Supply Chain/Inventory",
    "author": "Inventory Plus contributors",
    "license": "LGPL-3",
    "application": True,
    "depends": ["inventory_plus"],
    "data": [],
    "demo": [],
}
