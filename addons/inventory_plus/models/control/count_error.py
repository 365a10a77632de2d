"""What a counting device is told when something cannot be counted: a code for it, a sentence for the person."""

from odoo.exceptions import UserError


class CountError(UserError):
    """Refused; over RPC the code is found in ``data.context.code``, the sentence in ``data.message``."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code
        self.context = {"code": code}
