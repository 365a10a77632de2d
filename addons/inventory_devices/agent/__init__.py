"""The process beside the hardware: reads devices, keeps their events, sends them signed to Odoo.

A plain Python package: it imports no ``odoo`` and only relative modules, so it runs on any Linux computer with
Python, ``aiohttp`` and ``cryptography``. It opens no listening port.
"""

VERSION = "1.0.0"
