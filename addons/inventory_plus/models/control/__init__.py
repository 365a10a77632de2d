# ruff: noqa: I001 - the mixin is defined before the documents that inherit it
from . import approval_mixin
from . import approval_decision
from . import reason
from . import adjustment
from . import adjustment_line
from . import adjustment_promises
