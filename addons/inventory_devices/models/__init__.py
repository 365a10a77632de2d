from . import device_agent, device_event, device_nonce, device_station, ir_websocket
