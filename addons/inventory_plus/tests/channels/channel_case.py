"""Common ground of the tests of channels: two warehouses, two channels, a product with stock."""

import functools

from odoo.tests import new_test_user

from ..common.guard_case import GuardCase

#: Texts that JSON can carry and the database cannot keep.
UNFIT = ("a\x00b", "\ud800", "ab\udfff")
#: Nested deeper than anything that walks through it can go.
DEEP = functools.reduce(lambda inner, _level: [inner], range(100_000), [])


class ChannelCase(GuardCase):
    """12 of ``product`` (sku GUARDED) in ``warehouse``, none in ``second``; channels ``shop`` and ``market``."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.product.default_code = "GUARDED"
        cls.second = cls.env["stock.warehouse"].create({"name": "Second", "code": "SECON"})
        cls.env["stock.picking.type"].search([]).reservation_method = "manual"
        cls.api_user = new_test_user(cls.env, "shop_api", groups="base.group_user")
        cls.shop = cls.make_channel("shop")
        cls.market = cls.make_channel("market", priority=20)
        cls.api = cls.env["inventory.reservation"].with_user(cls.api_user)

    @classmethod
    def make_channel(cls, code, warehouses=None, **values):
        places = cls.warehouse if warehouses is None else warehouses
        return cls.env["inventory.channel"].create(
            {
                "name": code.title(),
                "code": code,
                "keep_back": "nothing",
                "user_ids": [(6, 0, cls.api_user.ids)],
                "warehouse_line_ids": [
                    (0, 0, {"warehouse_id": place.id, "sequence": number}) for number, place in enumerate(places)
                ],
                **values,
            }
        )

    def reserve(self, quantity, key="k1", channel="shop", sku="GUARDED", **values):
        """The answer to a request of one line."""
        request = {"key": key, "channel": channel, "lines": [{"sku": sku, "quantity": quantity}], **values}
        return self.api.reserve([request])[0]

    def shown(self, channel="shop", sku="GUARDED"):
        return self.api.available(channel, [sku])[sku]["available"]

    def status(self, key="k1", channel="shop"):
        return self.api.status([{"channel": channel, "key": key}])[0]

    def queries_of(self, lines):
        """How many statements a request of these lines takes, with nothing read before."""
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        [answer] = self.api.reserve([{"key": f"queries {before}", "channel": "shop", "lines": lines}])
        self.assertEqual(answer["state"], "soft")
        return self.env.cr.sql_log_count - before
