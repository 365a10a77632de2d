"""Common ground of the tests of tills: one that sells in the channel ``branch``, and 12 of ``product``."""

from odoo import SUPERUSER_ID
from odoo.addons.inventory_plus.tests.channels.channel_case import ChannelCase
from odoo.addons.point_of_sale.tests.common import CommonPosTest
from odoo.tests import tagged


@tagged("post_install", "-at_install")
class TillCase(CommonPosTest):
    commit = ChannelCase.commit
    free = ChannelCase.free
    reserve = ChannelCase.reserve
    status = ChannelCase.status
    make_product = classmethod(ChannelCase.make_product.__func__)
    make_channel = classmethod(ChannelCase.make_channel.__func__)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context=dict(cls.env.context, tracking_disable=True))
        cls.env["ir.config_parameter"].set_param("inventory_plus.guard", "on")
        cls.env.user.group_ids += cls.env.ref("inventory_plus.group_manager")
        cls.till = cls.pos_config_usd
        cls.warehouse = cls.till.picking_type_id.warehouse_id
        cls.stock = cls.warehouse.lot_stock_id
        cls.api_user = cls.env.user
        cls.api = cls.env["inventory.reservation"]
        cls.product = cls.make_product(default_code="GUARDED", available_in_pos=True, list_price=10, taxes_id=False)
        cls.branch = cls.make_channel("branch", pos_config_ids=[(6, 0, cls.till.ids)])
        cls.market = cls.make_channel("market", priority=20)
        cls.customer = cls.env["res.partner"].create({"name": "Walks in"})

    def setUp(self):
        super().setUp()
        self.put(self.product, 12)
        self.commit()

    def put(self, product, quantity, location=None):
        """Stock of the set-up: by the system, as nobody else may write it."""
        quants = self.env["stock.quant"].with_user(SUPERUSER_ID)
        quants._update_available_quantity(product, location or self.stock, quantity)

    def sell(self, quantity, product=None, **order):
        """A paid order of the till; the session is opened where none is."""
        product = product or self.product
        sold, _refund = self.create_backend_pos_order(
            {
                "order_data": {"partner_id": self.customer.id, "pricelist_id": self.till.pricelist_id.id, **order},
                "line_data": [{"product_id": product.id, "qty": quantity}],
                "payment_data": [{"payment_method_id": self.bank_payment_method.id}],
            }
        )
        self.commit()
        self.env.invalidate_all()
        return sold

    def refund(self, order):
        refund = self.env["pos.order"].browse(order.refund()["res_id"])
        context = {"active_ids": refund.ids, "active_id": refund.id}
        payment = self.env["pos.make.payment"].with_context(**context)
        payment.create({"payment_method_id": self.bank_payment_method.id}).with_context(**context).check()
        self.commit()
        self.env.invalidate_all()
        return refund

    def close(self):
        session = self.till.current_session_id
        session.action_pos_session_closing_control()
        self.commit()
        self.env.invalidate_all()
        self.assertEqual(session.state, "closed")
        return session

    def at_once(self):
        self.env.company.point_of_sale_update_stock_quantities = "real"

    def at_the_end(self):
        self.env.company.point_of_sale_update_stock_quantities = "closing"

    def on_hand(self, product=None):
        quants = self.env["stock.quant"].search(
            [("product_id", "=", (product or self.product).id), ("location_id", "child_of", self.stock.id)]
        )
        return sum(quants.mapped("quantity"))

    def promise_of(self, pickings):
        """``(channel, state, open, fulfilled)`` of the promise of transfers."""
        found = self.env["inventory.reservation"].search(
            [("res_model", "=", "stock.picking"), ("res_id", "in", pickings.ids)]
        )
        lines = found.line_ids
        return (
            found.channel_id,
            found.state,
            sum(lines.mapped("open_quantity")),
            sum(lines.mapped("fulfilled")),
        )
