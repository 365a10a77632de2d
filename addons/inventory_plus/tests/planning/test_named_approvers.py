"""Who was named to decide when a proposal was made decides on it, whatever becomes of the policy."""

import psycopg2
from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .four_eyes_common import FourEyesCase


@tagged("post_install", "-at_install")
class TestNamedApprovers(FourEyesCase):
    def _asked(self):
        """A waiting proposal of an item whose policy names one approver."""
        policy = self.env["inventory.policy"].create(
            {"name": "Named", "approver_ids": [Command.set(self.approver.ids)]}
        )
        product = self._planned_product()
        self._sell(product, 20)
        return policy, product, self._waiting(product)

    def _assert_only_the_named(self, proposal):
        for user in (self.other_approver, self.both, self.manager):
            with self.subTest(user=user.login), self.assertRaisesRegex(AccessError, "names other people"):
                proposal.with_user(user).action_apply()
        with self.assertRaisesRegex(AccessError, "Only an approver"):
            proposal.with_user(self.planner).action_apply()
        self.assertTrue(proposal.with_user(self.approver).can_decide)

    def test_who_is_named_is_not_deleted(self):
        policy, _product, _proposal = self._asked()
        with (
            self.assertRaisesRegex(psycopg2.IntegrityError, "inventory_policy_approver_rel"),
            mute_logger("odoo.sql_db"),
            self.cr.savepoint(),
        ):
            self.env.cr.execute("DELETE FROM res_users WHERE id = %s", [self.approver.id])
        self.assertEqual(policy.approver_ids, self.approver)

    def test_the_list_is_frozen(self):
        policy, _product, proposal = self._asked()
        self._assert_only_the_named(proposal)
        policy.with_user(self.planner).approver_ids = self.other_approver
        self._assert_only_the_named(proposal)
        policy.with_user(self.manager).approver_ids = False
        self._assert_only_the_named(proposal)
        policy.with_user(self.planner).unlink()
        self._assert_only_the_named(proposal)

    def test_the_next_plan_asks_the_new_list(self):
        policy, product, first = self._asked()
        policy.approver_ids = self.other_approver
        second = self._waiting(product)
        self.assertEqual((first.state, second.approver_ids), ("superseded", self.other_approver))
        self.assertTrue(second.with_user(self.other_approver).can_decide)
        with self.assertRaises(AccessError):
            second.with_user(self.approver).action_apply()
        self.assertEqual(self._waiting(product), second, "the same list asks nobody twice")

    def test_a_named_approver_who_is_deleted_opens_nothing(self):
        _policy, _product, proposal = self._asked()
        self.env.cr.execute("DELETE FROM inventory_proposal_approver_rel WHERE proposal_id = %s", [proposal.id])
        proposal.invalidate_recordset()
        for user in (self.other_approver, self.both, self.manager):
            with self.assertRaises(AccessError):
                proposal.with_user(user).action_apply()

    def test_who_is_awaited(self):
        policy, product, proposal = self._asked()
        self.assertEqual(proposal.awaited_text, self.approver.name)
        self.assertFalse(proposal.barred_ids)
        policy.with_user(self.both).approver_ids = self.both
        alone = self._waiting(product)
        self.assertEqual(alone.barred_ids, self.both)
        self.assertIn("nobody is left", alone.awaited_text.lower())
        policy.with_user(self.manager).approver_ids = False
        anyone = self._waiting(product)
        self.assertEqual(anyone.barred_ids, self.both | self.manager)
        self.assertIn("Any approver", anyone.awaited_text)
