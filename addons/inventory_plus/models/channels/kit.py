"""What a product takes from the shelves: one way of telling for clients, orders and what is published."""

from odoo import api, models

from . import shown_sql


class InventoryKit(models.AbstractModel):
    """A product that is kept in stock is taken itself. Rooms that know kits take their components instead."""

    _name = "inventory.kit"
    _description = "Components of Kits"

    def init(self):
        """Make the functions by which the database knows kits, again at each update."""
        super().init()
        self.env.cr.execute(self._functions())

    @api.model
    def _functions(self):
        """The text of ``inventory_kit_parts`` and ``inventory_kits_with``; rooms that know kits have another one."""
        return shown_sql.KITS

    @api.model
    def _prepared(self, products, company):
        """Read what ``products`` are made of in ``company``, all at once.

        :return: this model, on which :meth:`_parts` asks the database nothing more, however often it is called
        """
        return self

    @api.model
    def _parts(self, product, quantity, never=None):
        """What ``quantity`` of a product takes.

        :param quantity: in the product's unit
        :param never: values of attributes that make no variant, as the order line has them
        :return: list of ``(product, quantity in that product's unit)``, each product once; empty where nothing of it
            is kept in stock
        """
        return [(product, quantity)] if product.is_storable else []
