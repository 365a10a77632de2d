"""What the tests of four eyes share: people who are planner and approver in one."""

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import new_test_user

from .test_proposals import ProposalCase


class FourEyesCase(ProposalCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.both = cls._planner_and_approver("four_eyes_both")
        cls.colleague = cls._planner_and_approver("four_eyes_colleague")
        cls.manager = cls._user("four_eyes_manager", "group_manager")

    @classmethod
    def _planner_and_approver(cls, login):
        return new_test_user(
            cls.env,
            login,
            groups="inventory_plus.group_planner,inventory_plus.group_approver",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )

    def _planned_product(self, name="Watched", quantity=10):
        product = self._product(name)
        self._sell(product, quantity)
        self._plan()
        return product

    def _waiting(self, product):
        self._plan()
        return self.proposals.search([("product_id", "=", product.id), ("state", "=", "waiting")])

    def _assert_barred(self, proposal, *users, method="action_apply"):
        """These users may not decide, and another approver may."""
        self.assertEqual(len(proposal), 1)
        for user in users:
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                getattr(proposal.with_user(user), method)()
            self.assertFalse(proposal.with_user(user).can_decide)
        self.assertTrue(proposal.with_user(self.other_approver).can_decide)
