"""The permit: what one approved document may change of the stock, held by an object of this process."""

import contextlib

from odoo import models
from odoo.tools import SQL

from ...exceptions import GateError

#: Where the permit stands in the context of the environment that was given for it. A client can send a value by this
#: name, but not an object.
PERMIT = "inventory_permit"
#: Less than any unit's rounding.
DUST = 0.00001


class Permit:
    """Signed quantities by ``(product, location, lot, package, owner)`` that are left to be changed, in ids.

    Bound to the cursor and to the document, and void as soon as its block is over. Nothing is ever added to it.
    """

    __slots__ = ("_cursor", "_left", "_open", "document")

    def __init__(self, cursor, document, allowed):
        self._cursor = cursor
        self._left = {tuple(part or False for part in key): quantity for key, quantity in allowed.items()}
        self._open = True
        self.document = (document._name, document.id)

    def is_open(self, cursor):
        """Whether it holds on this cursor, now."""
        return self._open and self._cursor is cursor

    def take(self, effect):
        """Use the permit up by ``{key: signed quantity}``: all of it, or nothing and False."""
        return self.cover(self._left, effect)

    def close(self):
        """Whatever is left is void."""
        self._open = False
        self._left.clear()
        self._cursor = None

    @staticmethod
    def cover(left, effect):
        """Take ``effect`` off ``left`` if every part of it is there, with its sign."""
        for key, quantity in effect.items():
            rest = left.get(key, 0.0)
            if quantity * rest < 0 or abs(quantity) > abs(rest) + DUST:
                return False
        for key, quantity in effect.items():
            left[key] = left.get(key, 0.0) - quantity
        return True


class InventoryPermit(models.AbstractModel):
    """Gives permits for what an approved document says, and for nothing else."""

    _name = "inventory.permit"
    _description = "Permit to Change Stock"

    @contextlib.contextmanager
    def _granted(self, document, allowed, moves=None):
        """While this lasts, exactly ``allowed`` may be changed, by moves made in the environment that it yields.

        The moves that are created with that environment are taken off the permit as they are made, and the
        environment of these moves carries it no more. So what runs nested in the work (an automation, an override, a
        server action) finds no permit, or one that has nothing left.

        :param document: one record with an approval; its state in the database decides
        :param dict allowed: ``{(product id, location id, lot id, package id, owner id): signed quantity}`` in the
            products' units; empty ids as False or None
        :param moves: moves that exist already and may be carried out under it
        :return: context manager with an environment as its value
        :raise GateError: the document is not approved
        """
        document.ensure_one()
        self._check_document(document)
        gate = self.env["inventory.gate"]
        state = gate._state()
        permit = Permit(self.env.cr, document, allowed)
        if moves:
            gate._bind(permit, moves)
        try:
            yield self.env(context={**self.env.context, PERMIT: permit})
        finally:
            permit.close()
            for move_id in [move_id for move_id, (own, _left) in state.bound.items() if own is permit]:
                del state.bound[move_id]

    def _check_document(self, document):
        """Ask the database, not the cache: a document counts as approved by its decision alone."""
        states = getattr(document, "_inventory_permit_states", ("approved",))
        if "approval_state" not in document._fields:
            raise GateError(self.env._("%s is no document that can be approved.", document.display_name))
        document.flush_recordset(["approval_state"])
        self.env.cr.execute(
            SQL("SELECT approval_state FROM %s WHERE id = %s", SQL.identifier(document._table), document.id)
        )
        row = self.env.cr.fetchone()
        if not row or row[0] not in states:
            raise GateError(self.env._("%s is not approved: nothing can be changed for it.", document.display_name))
