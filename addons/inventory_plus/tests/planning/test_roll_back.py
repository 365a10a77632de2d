"""Rolling back: nobody who had a part in the values that go or come back does it alone."""

from datetime import timedelta

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .four_eyes_common import FourEyesCase


@tagged("post_install", "-at_install")
class TestRollBackAlone(FourEyesCase):
    def _changed_by(self, user):
        """An item whose values another person applied after ``user`` asked for them."""
        product = self._planned_product()
        item = self._item(product)
        until = self.today + timedelta(days=30)
        item.with_user(user).write({"pin_reorder_point": True, "pinned_reorder_point": 300, "pinned_until": until})
        proposal = self._waiting(product)
        proposal.with_user(self.other_approver).action_apply()
        return item, proposal

    def test_the_author_of_what_is_rolled_back(self):
        item, proposal = self._changed_by(self.both)
        self.assertFalse(proposal.with_user(self.both).can_roll_back)
        with self.assertRaisesRegex(AccessError, "another person"):
            proposal.with_user(self.both).action_roll_back()
        self.assertEqual(self._values(item)[1], 300)
        self.assertTrue(proposal.with_user(self.approver).can_roll_back)
        proposal.with_user(self.approver).action_roll_back()
        self.assertEqual(self._values(item)[1], 60)

    def test_the_author_of_what_comes_back(self):
        """His values were replaced by another's; he may not bring them back alone."""
        item, _proposal = self._changed_by(self.both)
        item.with_user(self.colleague).write({"pinned_reorder_point": 100})
        replaced = self._waiting(item.product_id)
        replaced.with_user(self.other_approver).action_apply()
        for user in (self.both, self.colleague):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                replaced.with_user(user).action_roll_back()
        replaced.with_user(self.approver).action_roll_back()
        self.assertEqual(self._values(item)[1], 300)

    def test_who_started_the_run(self):
        item, proposal = self._grown(user=self.both)
        proposal.with_user(self.other_approver).action_apply()
        with self.assertRaises(AccessError):
            proposal.with_user(self.both).action_roll_back()
        self._sell(item.product_id, 60)
        later = self._waiting(item.product_id)
        later.with_user(self.other_approver).action_apply()
        with self.assertRaises(AccessError):
            later.with_user(self.both).action_roll_back()
        later.with_user(self.other_approver).action_roll_back()

    def test_a_whole_run(self):
        item, proposal = self._changed_by(self.both)
        with self.assertRaises(AccessError):
            proposal.run_id.with_user(self.both).action_roll_back()
        self.assertEqual(self._values(item)[1], 300)
        proposal.run_id.with_user(self.approver).action_roll_back()
        self.assertEqual(self._values(item)[1], 60)

    def test_who_asked_is_still_barred_after_it(self):
        """The next night proposes the same again: it is still what he asked for."""
        item, proposal = self._changed_by(self.both)
        proposal.with_user(self.approver).action_roll_back()
        self.env.cr.execute("UPDATE inventory_proposal SET decided_at = decided_at - INTERVAL '31 days'")
        self._assert_barred(self._waiting(item.product_id), self.both)

    def test_who_was_named_to_decide_takes_back(self):
        """A policy's approvers, of what they applied and of what applied by itself."""
        policy = self.env["inventory.policy"].create({"name": "Named", "approver_ids": self.approver.ids})
        product = self._planned_product()
        self._sell(product, 20)
        decided = self._waiting(product)
        decided.with_user(self.approver).action_apply()
        self._sell(product, 22)
        alone = self._plan().proposal_ids
        self.assertTrue(alone.automatic)
        policy.approver_ids = self.colleague
        for proposal in (alone, decided):
            for user in (self.other_approver, self.both, self.colleague):
                with self.subTest(user=user.login), self.assertRaisesRegex(AccessError, "names other people"):
                    proposal.with_user(user).action_roll_back()
                self.assertFalse(proposal.with_user(user).can_roll_back)
            self.assertTrue(proposal.with_user(self.approver).can_roll_back)
            proposal.with_user(self.approver).action_roll_back()
        self.assertEqual(self._values(self._item(product))[1], 60)
