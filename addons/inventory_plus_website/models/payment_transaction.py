"""A payment that comes in after the last unit has gone is no error: the customer and the sellers are told."""

from odoo import models
from odoo.addons.inventory_plus.exceptions import GuardError, NetError


class PaymentTransaction(models.Model):
    _inherit = "payment.transaction"

    def _check_amount_and_confirm_order(self):
        confirmed = self.env["sale.order"]
        for transaction in self:
            orders = transaction.sale_order_ids
            if not any(order._inventory_shop_channel() for order in orders):
                confirmed |= super(PaymentTransaction, transaction)._check_amount_and_confirm_order()
                continue
            try:
                # What was taken for the order is given back with the request.
                with self.env.cr.savepoint():
                    confirmed |= super(PaymentTransaction, transaction)._check_amount_and_confirm_order()
            except NetError:
                # Odoo tries again.
                raise
            except GuardError as error:
                orders._inventory_tell_lost(error.args[0])
        return confirmed
