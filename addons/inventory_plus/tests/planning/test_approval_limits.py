"""What applies by itself is measured from what a person approved."""

from datetime import timedelta

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .four_eyes_common import FourEyesCase


@tagged("post_install", "-at_install")
class TestLimits(FourEyesCase):
    def _pin(self, item, value, user=None):
        item.with_user(user or self.planner).write(
            {
                "pin_reorder_point": True,
                "pinned_reorder_point": value,
                "pinned_until": self.today + timedelta(days=30),
            }
        )

    def test_slices_of_a_pin(self):
        """Ten times nineteen percent are not nineteen percent."""
        item = self._item(self._planned_product())
        self.assertEqual(self._values(item), (0, 60, 200, 140))
        self._pin(item, 66)
        self._plan()
        self.assertEqual(self._values(item)[1], 66, "within the limit of what was first in force")
        self._pin(item, 78)
        proposal = self._waiting(item.product_id)
        self.assertEqual(self._values(item)[1], 66)
        self.assertEqual((proposal.change_percent, proposal.base_percent), (18.2, 30))
        self.assertIn("60", proposal.base_text)
        self.assertIn("30.0", proposal.base_text)
        self.assertIn(proposal.base_text, proposal.reason_text)

    def test_slices_of_demand(self):
        product = self._planned_product()
        item = self._item(product)
        for number in range(10):
            self._sell(product, 10 * 1.15 ** (number + 1))
            self._plan()
        self.assertLessEqual(self._values(item)[1], 60 * 1.2)

    def test_slices_downwards(self):
        product = self._planned_product("Falling", 100)
        for number in range(10):
            self._sell(product, 100 * 0.85 ** (number + 1))
            self._plan()
        self.assertGreaterEqual(self._values(self._item(product))[1], 600 * 0.8)

    def test_slices_of_value(self):
        self.company.write({"inventory_auto_percent": 999, "inventory_auto_value": 50})
        product = self._planned_product()
        for quantity in (11, 12, 13, 14, 15):
            self._sell(product, quantity)
            self._plan()
        self.assertLessEqual(4 * (self._values(self._item(product))[3] - 140) / 2, 50)

    def test_an_approval_moves_the_base(self):
        product = self._planned_product()
        item = self._item(product)
        self._sell(product, 20)
        self._waiting(product).with_user(self.approver).action_apply()
        self._sell(product, 22)
        self._plan()
        self.assertEqual(self._values(item)[1], 132, "ten percent from what was approved")
        self._sell(product, 26)
        self.assertEqual(self._waiting(product).base_percent, 30)
        self._sell(product, 20)
        self._plan()
        self.assertEqual(self._values(item)[1], 120, "back to what was approved needs nobody")

    def test_a_roll_back_brings_the_base_back(self):
        product = self._planned_product()
        item = self._item(product)
        self._sell(product, 20)
        proposal = self._waiting(product)
        proposal.with_user(self.approver).action_apply()
        proposal.with_user(self.other_approver).action_roll_back()
        self.assertEqual(self._values(item)[1], 60)
        self.assertEqual(item.base_data["reorder_point"], 60)
        self._sell(product, 11)
        self.env.cr.execute("UPDATE inventory_proposal SET decided_at = decided_at - INTERVAL '31 days'")
        self._plan()
        self.assertEqual(self._values(item)[1], 66)

    def test_values_from_before_there_was_a_base(self):
        """What was in force then stands for what was approved."""
        product = self._planned_product()
        item = self._item(product)
        self.env.cr.execute("UPDATE inventory_item SET base_data = NULL WHERE id = %s", [item.id])
        for quantity in (11.5, 13.2):
            self._sell(product, quantity)
            self._plan()
        self.assertEqual(self._values(item)[1], 69)
        self.assertEqual(item.base_data["reorder_point"], 60)

    def test_nobody_writes_the_base(self):
        item = self._item(self._planned_product())
        for user in (self.planner, self.manager):
            with self.assertRaises(AccessError):
                item.with_user(user).write({"base_data": {"reorder_point": 1e9}})
