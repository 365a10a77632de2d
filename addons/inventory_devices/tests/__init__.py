from . import test_device_rights, test_js
