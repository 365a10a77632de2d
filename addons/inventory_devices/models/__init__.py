from . import device_station
from . import device_agent
from . import device_event
from . import device_nonce
from . import ir_websocket
