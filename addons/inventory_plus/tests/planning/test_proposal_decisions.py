"""What an approver does with proposals: apply, reject, roll back; who may, and what is refused whole."""

from datetime import timedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .test_proposals import ProposalCase


@tagged("post_install", "-at_install")
class TestDecision(ProposalCase):
    def test_apply(self):
        item, proposal = self._grown()
        entries = self.env["inventory.audit.entry"].sudo().search_count([("event", "=", "proposal.applied")])
        proposal.with_user(self.approver).action_apply()
        self.assertEqual(self._values(item), (0, 120, 400, 280))
        self.assertEqual(item.explanation_data["demand_daily"], 20)
        self.assertEqual(
            (proposal.state, proposal.decided_by_id, proposal.automatic), ("applied", self.approver, False)
        )
        entry = self.env["inventory.audit.entry"].sudo().search([("event", "=", "proposal.applied")], limit=1)
        self.assertEqual(
            self.env["inventory.audit.entry"].sudo().search_count([("event", "=", "proposal.applied")]), entries + 1
        )
        self.assertEqual(entry.data["items"][0]["after"], [0, 120, 400, 280])
        self.assertEqual(entry.data["items"][0]["before"], [0, 60, 200, 140])

    def test_need_to_buy_follows(self):
        """The snapshot is taken anew with the parameters in force."""
        product = self._product("Buffered")
        self._sell(product, 10)
        self._plan()
        item = self._item(product)
        before = item.suggested_order
        self._sell(product, 20)
        self._plan()
        waiting = self.proposals.search([("item_id", "=", item.id), ("state", "=", "waiting")])
        waiting.with_user(self.approver).action_apply()
        item.invalidate_recordset()
        self.assertGreater(item.suggested_order, before)

    def test_twice(self):
        item, proposal = self._grown()
        proposal.with_user(self.approver).action_apply()
        with self.assertRaisesRegex(UserError, "already decided by proposal_approver"):
            proposal.with_user(self.other_approver).action_apply()
        with self.assertRaisesRegex(UserError, "already decided"):
            proposal.with_user(self.other_approver).action_reject("Too late")
        self.assertEqual(self._values(item), (0, 120, 400, 280))

    def test_who_may(self):
        """Neither planners nor buyers nor the system; nor the approver who started the run."""
        item, proposal = self._grown(user=self.approver)
        for user in (self.planner, self._user("proposal_buyer", "group_buyer"), self.approver):
            with self.subTest(user=user.login):
                with self.assertRaises(AccessError):
                    proposal.with_user(user).action_apply()
                with self.assertRaises(AccessError):
                    proposal.with_user(user).action_reject("No")
                if user != self.approver:
                    with self.assertRaises(AccessError):
                        proposal.with_user(user).action_roll_back()
        with self.assertRaisesRegex(AccessError, "another person"):
            proposal.with_user(self.approver).action_apply()
        with self.assertRaises(AccessError):
            proposal.sudo().action_apply()
        self.assertFalse(proposal.with_user(self.approver).can_decide)
        self.assertTrue(proposal.with_user(self.other_approver).can_decide)
        proposal.with_user(self.other_approver).action_apply()
        self.assertEqual(item.reorder_point, 120)

    def test_who_changed_the_policy(self):
        """Nor whoever changed the policy for it; and where a policy names approvers, nobody else."""
        manager = self._user("proposal_manager", "group_manager")
        product = self._product("By policy")
        self._facts(product, [0, 0, 14, 0, 3, 0, 9] * 60)
        policy = self.env["inventory.policy"].create({"name": "Strict", "target_cycle": 60})
        self._plan()
        policy.with_user(manager).target_cycle = 99.5
        proposal = self._plan().proposal_ids
        self.assertEqual((proposal.state, proposal.reason), ("waiting", "target"))
        self.assertEqual((proposal.policy_id.id, proposal.author_ids), (policy.id, manager))
        with self.assertRaisesRegex(AccessError, "changed something that this proposal was planned with"):
            proposal.with_user(manager).action_apply()
        policy.sudo().approver_ids = self.other_approver
        proposal = self._plan().proposal_ids
        with self.assertRaisesRegex(AccessError, "names other people"):
            proposal.with_user(self.approver).action_apply()
        self.assertFalse(proposal.with_user(self.approver).can_decide)
        proposal.with_user(self.other_approver).action_apply()
        self.assertEqual(proposal.state, "applied")

    def test_who_pinned(self):
        """A pinned value beyond the limits waits as well, and not for who pinned it."""
        manager = self._user("proposal_pinner", "group_manager")
        product = self._product("Pinned")
        self._sell(product, 10)
        self._plan()
        item = self._item(product)
        until = self.today + timedelta(days=90)
        item.with_user(manager).write({"pin_reorder_point": True, "pinned_reorder_point": 300, "pinned_until": until})
        proposal = self._plan().proposal_ids
        self.assertEqual((proposal.state, proposal.reason, proposal.author_ids), ("waiting", "pinned", manager))
        self.assertEqual(proposal.new_reorder_point, 300)
        with self.assertRaisesRegex(AccessError, "changed something that this proposal was planned with"):
            proposal.with_user(manager).action_apply()
        proposal.with_user(self.approver).action_apply()
        self.assertEqual(item.reorder_point, 300)

    def test_rights_of_reading_and_writing(self):
        _item, proposal = self._grown()
        viewer = self._user("proposal_viewer", "group_viewer")
        for record in (proposal, proposal.run_id):
            with self.assertRaises(AccessError):
                record.with_user(viewer).read(["display_name"])
            for user in (self.planner, self.approver):
                record.with_user(user).read(["display_name"])
                with self.assertRaises(AccessError):
                    record.with_user(user).write({"state": "applied"})
                with self.assertRaises(AccessError):
                    record.with_user(user).unlink()
                with self.assertRaises(AccessError):
                    record.with_user(user).copy()

    def test_other_company(self):
        _item, proposal = self._grown()
        stranger = self.env["res.company"].create({"name": "Stranger"})
        from odoo.tests import new_test_user

        outsider = new_test_user(
            self.env,
            "proposal_outsider",
            groups="inventory_plus.group_approver",
            company_id=stranger.id,
            company_ids=[(6, 0, stranger.ids)],
        )
        theirs = self.proposals.with_user(outsider).with_context(allowed_company_ids=stranger.ids)
        self.assertFalse(theirs.search([("id", "=", proposal.id)]))
        with self.assertRaises(AccessError):
            proposal.with_user(outsider).with_context(allowed_company_ids=stranger.ids).action_apply()

    def test_reject_needs_a_reason(self):
        item, proposal = self._grown()
        with self.assertRaisesRegex(UserError, "Say why"):
            proposal.with_user(self.approver).action_reject(" ")
        wizard = (
            self.env["inventory.proposal.decision"]
            .with_user(self.approver)
            .browse(proposal.with_user(self.approver).action_open_reject()["res_id"])
        )
        wizard.comment = "The customer leaves"
        wizard.action_decide()
        self.assertEqual((proposal.state, proposal.comment), ("rejected", "The customer leaves"))
        self.assertEqual(self._values(item), (0, 60, 200, 140))

    def test_rejected_is_not_asked_again(self):
        """Not for 30 days and not for the same; when the plan moves on it waits, however small the change."""
        item, proposal = self._grown()
        proposal.with_user(self.approver).action_reject("No")
        self.assertFalse(self._plan().proposal_ids)
        self._sell(item.product_id, 11)
        again = self._plan().proposal_ids
        self.assertEqual(again.state, "waiting", "within the limits, but somebody refused lately")
        self._sell(item.product_id, 20)
        self.assertFalse(self._plan().proposal_ids)
        self.env.cr.execute("UPDATE inventory_proposal SET decided_at = decided_at - INTERVAL '31 days'")
        self.assertEqual(self._plan().proposal_ids.state, "waiting")

    def test_roll_back_one(self):
        item, proposal = self._grown()
        proposal.with_user(self.approver).action_apply()
        proposal.with_user(self.other_approver).action_roll_back("It was right before")
        self.assertEqual(self._values(item), (0, 60, 200, 140))
        self.assertEqual(item.explanation_data["demand_daily"], 10)
        self.assertEqual((proposal.state, proposal.comment), ("rolled_back", "It was right before"))
        self.assertFalse(self._plan().proposal_ids, "what was rolled back does not come back by night")

    def test_roll_back_first_values(self):
        """Back to none in force; the next night asks instead of applying them again."""
        product = self._product("First and back")
        self._sell(product, 10)
        run = self._plan()
        run.with_user(self.approver).action_roll_back()
        item = self._item(product)
        self.assertEqual((self._values(item), item.explanation_data), ((0, 0, 0, 0), False))
        self._sell(product, 20)
        self.assertEqual(self._plan().proposal_ids.state, "waiting")

    def _applied_run(self):
        """Three products whose larger demand was planned and applied; returns ``(products, run)``."""
        products = [self._product(f"Rolled {number}") for number in range(3)]
        for product in products:
            self._sell(product, 10)
        self._plan()
        for product in products:
            self._sell(product, 20)
        run = self._plan()
        run.with_user(self.approver).action_apply_waiting()
        return products, run

    def test_roll_back_a_run(self):
        products, run = self._applied_run()
        self.assertEqual([self._item(product).reorder_point for product in products], [120] * 3)
        run.with_user(self.approver).action_roll_back()
        self.assertEqual([self._values(self._item(product))[1] for product in products], [60] * 3)
        self.assertEqual((run.rolled_back_count, run.applied_count), (3, 0))
        with self.assertRaisesRegex(UserError, "Nothing of this run"):
            run.with_user(self.approver).action_roll_back()

    def test_roll_back_is_refused_where_a_value_changed(self):
        """Named, and nothing half done."""
        products, run = self._applied_run()
        self._sell(products[1], 22)
        self.assertEqual(self._plan().automatic_count, 1)
        with self.assertRaisesRegex(UserError, "Rolled 1"):
            run.with_user(self.approver).action_roll_back()
        self.assertEqual([self._item(product).reorder_point for product in products], [120, 132, 120])
        self.assertEqual(set(run.proposal_ids.mapped("state")), {"applied"})

    def test_compare_two_runs(self):
        """Items that either run wanted to change; what a run left alone counts with what was in force."""
        first_only, second_only, both = (self._product(name) for name in ("Once", "Later", "Both times"))
        for product in (first_only, second_only, both):
            self._sell(product, 10)
        self._plan()
        self._sell(first_only, 20)
        self._sell(both, 20)
        first = self._plan()
        first.with_user(self.approver).action_apply_waiting()
        self._sell(second_only, 5)
        self._sell(both, 40)
        second = self._plan()
        runs = (first | second).with_user(self.planner)
        rows = self.env["inventory.plan.comparison"].with_user(self.planner).search(runs.action_compare()["domain"])
        found = {
            row.product_id: (row.changed, row.first_reorder_point, row.second_reorder_point, row.reorder_difference)
            for row in rows
        }
        self.assertEqual(
            found,
            {
                first_only: ("first", 120, 120, 0),
                second_only: ("second", 60, 30, -30),
                both: ("both", 120, 240, 120),
            },
        )
        worth = {row.product_id: row.cost_difference for row in rows}
        self.assertEqual(worth, {first_only: 0, second_only: -4 * 35, both: 4 * 140})
        theirs = self.env["inventory.plan.comparison"].with_user(self.approver).search([])
        self.assertFalse(theirs, "rows are the user's own")
        with self.assertRaisesRegex(UserError, "two runs"):
            first.with_user(self.planner).action_compare()

    def test_apply_is_refused_where_the_ground_moved(self):
        item, proposal = self._grown()
        self.env.cr.execute("UPDATE inventory_item SET reorder_point = 61 WHERE id = %s", [item.id])
        self.env.invalidate_all()
        with self.assertRaisesRegex(UserError, "Plan again"):
            proposal.with_user(self.approver).action_apply()
        self.assertEqual(proposal.state, "waiting")

    def test_roll_back_supersedes_what_waits(self):
        item, proposal = self._grown()
        proposal.with_user(self.approver).action_apply()
        self._sell(item.product_id, 60)
        waiting = self._plan().proposal_ids
        proposal.with_user(self.approver).action_roll_back()
        self.assertEqual(waiting.state, "superseded")

    def test_a_set_in_constant_queries(self):
        products = [self._product(f"Set {number}") for number in range(24)]
        for product in products:
            self._sell(product, 10, days=40)
        self._plan()
        for product in products:
            self._sell(product, 20, days=40)
        waiting = self._plan().proposal_ids.with_user(self.approver)
        counts = []
        for part in (waiting[:4], waiting[4:]):
            self.env.flush_all()
            self.env.invalidate_all()
            counts.append(self._queries_of(part.action_apply))
        self.assertLessEqual(counts[1], counts[0] + 2)
        self.assertEqual(set(waiting.mapped("state")), {"applied"})

    def test_dates(self):
        """A proposal remembers when it was decided."""
        _item, proposal = self._grown()
        proposal.with_user(self.approver).action_apply("Fine")
        self.assertLess(abs(proposal.decided_at - self.env.cr.now()), timedelta(minutes=5))
        self.assertEqual(proposal.comment, "Fine")
