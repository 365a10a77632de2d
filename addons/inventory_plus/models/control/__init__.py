# ruff: noqa: I001 - the mixin is defined before the documents that inherit it
from . import approval_mixin
from . import approval_decision
from . import reason
from . import adjustment
from . import adjustment_line
from . import adjustment_book
from . import adjustment_apply
from . import adjustment_promises
from . import gate
from . import gate_permit
from . import gate_event
from . import gate_settings
from . import gate_source
from . import gate_stock
from . import gate_request
from . import gate_scrap
