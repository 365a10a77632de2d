"""A customer pays for an order that its channel does not confirm, because goods are short."""

from odoo import models

from .sale_confirm import ChannelRefuses


class PaymentTransaction(models.Model):
    _inherit = "payment.transaction"

    def _check_amount_and_confirm_order(self):
        """What is paid is paid: the order stays as it is, says why, and its salesperson is asked what to do.

        Else nothing that follows a payment would be done, and it would be tried in vain for ever.
        """
        confirmed = self.env["sale.order"]
        for payment in self:
            # One at a time, as Odoo does: what one order lacks stops no other.
            try:
                with self.env.cr.savepoint():
                    confirmed |= super(PaymentTransaction, payment)._check_amount_and_confirm_order()
            except ChannelRefuses as refusal:
                payment.sale_order_ids._inventory_tell_refusal(str(refusal))
        return confirmed
