"""Errors by which Inventory Plus refuses work; tests and clients tell them apart by class."""

from odoo.exceptions import ConcurrencyError, UserError


class GateError(UserError):
    """A change of stock needs an approval that it does not have (law 4)."""


class GuardError(UserError):
    """A change would take what is promised, held or reserved for others (law 1)."""


class NetError(GuardError, ConcurrencyError):
    """The check at commit found an item oversold; Odoo's own retry runs the request again."""
