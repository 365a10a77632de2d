"""Orders of a website are sold in its channel, and the cart knows what that may have."""

from odoo import api, models


class SaleOrder(models.Model):
    _inherit = "sale.order"

    @api.depends("website_id")
    def _compute_inventory_channel_id(self):
        return super()._compute_inventory_channel_id()

    def _inventory_channel_bound(self):
        bound = super()._inventory_channel_bound()
        for order in self:
            channels = order.website_id.sudo().inventory_channel_ids.filtered(
                lambda channel, order=order: channel.active and channel.company_id == order.company_id
            )
            if channels:
                bound[order] = channels[:1].sudo(False)
        return bound

    def _inventory_shop_channel(self):
        """The channel that an order of a bound website is sold in; none for other orders."""
        self.ensure_one()
        bound = self.website_id and self.website_id._inventory_sells_in()
        return self._inventory_sold_in() if bound else self.env["inventory.channel"]

    def _get_free_qty(self, product):
        channel = self._inventory_shop_channel()
        if not channel:
            return super()._get_free_qty(product)
        places = channel.sudo().warehouse_line_ids.warehouse_id or self.warehouse_id
        return product._inventory_in_shop(channel, places, self.sudo().inventory_checkout_held)

    def _inventory_note(self, title, texts):
        super()._inventory_note(title, texts)
        if self._inventory_shop_channel():
            # Without the names of our warehouses.
            self.shop_warning = self.env._(
                "Some goods of your order went to another customer meanwhile. We will write to you about them."
            )

    def _inventory_tell_refusal(self, why):
        """Tell the customer, too, who has paid for goods that went to somebody else."""
        result = super()._inventory_tell_refusal(why)
        for order in self:
            if order._inventory_shop_channel():
                order._inventory_tell_customer()
        return result

    def _inventory_tell_customer(self):
        text = self.env._(
            "Your payment has arrived, but some of the goods went to another customer at the same moment. We will "
            "write to you about a later delivery or your money."
        )
        if self.shop_warning == text:
            return
        if self.state == "draft":
            # No longer a cart: nobody is reminded of it, and nothing is added to it.
            self.with_context(tracking_disable=True).action_quotation_sent()
        self.shop_warning = text
        self.message_post(
            body=text,
            author_id=self.company_id.partner_id.id,
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            partner_ids=self.partner_id.ids,
        )
