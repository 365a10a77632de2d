"""Recompute what is stored and compare: the check behind ``./inventory verify``."""

from odoo import api, models


class InventoryVerify(models.AbstractModel):
    """Collects the checks of all rooms; each room extends :meth:`_checks`."""

    _name = "inventory.verify"
    _description = "Verification of stored figures"

    @api.model
    def _checks(self):
        """Names of the checks and the methods that run them.

        :return: list of ``(name, callable)``; a callable returns ``{"compared": int, "differences": int,
            "sample": list of sentences}`` and changes nothing.
        """
        return []

    @api.model
    def _run(self, names=None):
        """Run the checks (all, or those named) and return one dict a check with its name added."""
        return [{"check": name, **check()} for name, check in self._checks() if not names or name in names]
