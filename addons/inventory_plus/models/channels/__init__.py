from . import (
    channel,
    channel_rule,
    promise,
    reservation,
    reservation_api,
    reservation_available,
    reservation_event,
    reservation_line,
    reservation_request,
)
