from . import test_device_rights
