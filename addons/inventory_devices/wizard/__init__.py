from . import device_pairing
