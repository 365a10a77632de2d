"""What a planning run changes by itself, what it leaves to an approver, and what an approver can do with it."""

from datetime import timedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import PlanningCase


class ProposalCase(PlanningCase):
    at_once = False

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.planner = cls._user("proposal_planner", "group_planner")
        cls.approver = cls._user("proposal_approver", "group_approver")
        cls.other_approver = cls._user("proposal_approver_2", "group_approver")
        cls.proposals = cls.env["inventory.proposal"]

    def _plan(self, user=None, **arguments):
        """Plan, as ``user`` by the button would; returns the run."""
        model = self.env["inventory.plan.run"].with_user(user) if user else self.env["inventory.plan.run"]
        run = model._open(self.company, self.warehouse.ids, "button" if user else "schedule")
        self.item_model._plan(warehouse_ids=self.warehouse.ids, run=run, **arguments)
        return run

    def _sell(self, product, quantity, days=400):
        """The history becomes ``quantity`` a day."""
        self.env.cr.execute("DELETE FROM inventory_daily_flow WHERE product_id = %s", [product.id])
        self._facts(product, [quantity] * days)

    def _grown(self, name="Grown", before=10, after=20, user=None):
        """A planned product whose demand changed; returns ``(item, waiting proposal)``."""
        product = self._product(name)
        self._sell(product, before)
        self._plan()
        self._sell(product, after)
        self._plan(user)
        item = self._item(product)
        return item, self.proposals.search([("item_id", "=", item.id), ("state", "=", "waiting")])

    def _values(self, item):
        item.invalidate_recordset()
        return (item.safety_stock, item.reorder_point, item.order_up_to, item.order_quantity)


@tagged("post_install", "-at_install")
class TestPlanRun(ProposalCase):
    def test_first_values_at_once(self):
        product = self._product("First")
        self._sell(product, 10)
        run = self._plan()
        item = self._item(product)
        proposal = run.proposal_ids
        self.assertEqual((proposal.state, proposal.reason, proposal.automatic), ("applied", "first", True))
        self.assertEqual((item.reorder_point, item.order_up_to), (60, 200))
        self.assertEqual((proposal.new_reorder_point, proposal.old_reorder_point), (60, 0))
        self.assertEqual(proposal.cost_difference, 4 * (0 + 140 / 2))
        self.assertEqual((run.state, run.planned_count, run.first_count, run.automatic_count), ("done", 1, 1, 0))
        self.assertTrue(run.started_at)

    def test_nothing_changed_proposes_nothing(self):
        product = self._product("Same")
        self._sell(product, 10)
        self._plan()
        run = self._plan()
        self.assertFalse(run.proposal_ids)
        self.assertEqual((run.planned_count, run.proposed_count), (1, 0))

    def test_dead_band(self):
        """A change below two percent is noise: nothing is proposed, values and explanation stay, figures follow."""
        product = self._product("Noise")
        self._sell(product, 1000)
        self._plan()
        item = self._item(product)
        before, explanation = self._values(item), item.explanation_data
        self._sell(product, 1010)
        run = self._plan()
        self.assertFalse(run.proposal_ids)
        self.assertEqual(self._values(item), before)
        self.assertEqual(item.explanation_data, explanation)
        self.assertAlmostEqual(item.demand_daily, 1010)

    def test_small_change_applies_by_itself(self):
        product = self._product("Small")
        self._sell(product, 10)
        self._plan()
        self._sell(product, 11)
        run = self._plan()
        self.assertEqual((run.proposal_ids.state, run.proposal_ids.automatic), ("applied", True))
        self.assertEqual((run.automatic_count, run.first_count), (1, 0))
        self.assertEqual(self._item(product).reorder_point, 66)
        self.assertEqual(self._item(product).explanation_data["reorder_point"], 66)

    def test_limits_of_the_company(self):
        product = self._product("Limits")
        self._sell(product, 10)
        self._plan()
        self.company.inventory_auto_value = 1
        self._sell(product, 11)
        self.assertEqual(self._plan().proposal_ids.state, "waiting", "its value is beyond the limit")
        self.company.write({"inventory_auto_value": 0, "inventory_auto_percent": 0})
        self._sell(product, 11.1)
        self.assertEqual(self._plan().proposal_ids.state, "waiting", "no change applies by itself")

    def test_limits_of_a_policy(self):
        """Arrays of the batch take the place of the company's limits; nan leaves them."""
        product = self._product("Policy limits")
        self._sell(product, 10)
        self._plan()
        self._sell(product, 30)
        compute = type(self.item_model)._compute_plan
        for percent, value, state in (
            (500.0, 0.0, "applied"),
            (-1.0, -1.0, "waiting"),
            (float("nan"),) * 2 + ("waiting",),
        ):
            with self.subTest(percent=percent), self.cr.savepoint() as point:

                def limited(model, company, as_of, batch, percent=percent, value=value):
                    found = compute(model, company, as_of, batch)
                    return {
                        **found,
                        "auto_percent": found["cost"] * 0 + percent,
                        "auto_value": found["cost"] * 0 + value,
                    }

                self.patch(type(self.item_model), "_compute_plan", limited)
                self.assertEqual(self._plan().proposal_ids.state, state)
                point.rollback()
                self.env.invalidate_all()

    def test_large_change_waits(self):
        """Figures that describe follow at once; parameters and their explanation stay those in force."""
        item, proposal = self._grown()
        self.assertEqual(len(proposal), 1)
        self.assertEqual(item.demand_daily, 20)
        self.assertEqual(self._values(item), (0, 60, 200, 140))
        self.assertEqual(item.explanation_data["demand_daily"], 10)
        self.assertEqual((proposal.new_reorder_point, proposal.new_order_up_to), (120, 400))
        self.assertEqual(proposal.explanation_data["demand_daily"], 20)
        self.assertEqual(proposal.old_explanation_data["demand_daily"], 10)
        self.assertEqual((proposal.change_percent, proposal.reason), (100, "demand"))
        self.assertIn("10.00 → 20.00", proposal.reason_text)
        self.assertIn("120", proposal.explanation_html)
        self.assertIn("60", proposal.old_explanation_html)
        self.assertEqual(proposal.cost_difference, 4 * 140 / 2)

    def test_cause(self):
        """The main cause is the input that moves the most units."""
        product = self._product("Slower vendor")
        self._sell(product, 10)
        self._plan()
        product.seller_ids.delay = 15
        self.assertEqual(self._plan().proposal_ids.reason, "lead_time")
        product.seller_ids.delay = 5
        self._plan()
        product.seller_ids.min_qty = 500
        self.assertEqual(self._plan().proposal_ids.reason, "order_size")
        product.seller_ids.min_qty = 0
        self._facts(product, [0] * 0)
        self._plan()
        self.env.cr.execute("DELETE FROM inventory_daily_flow WHERE product_id = %s", [product.id])
        self.assertEqual(self._plan().proposal_ids.reason, "phase_out")

    def test_newer_run_supersedes(self):
        item, first = self._grown()
        self._sell(item.product_id, 30)
        run = self._plan()
        first.invalidate_recordset()
        self.assertEqual(first.state, "superseded")
        self.assertEqual((run.proposal_ids.state, run.proposal_ids.new_reorder_point), ("waiting", 180))
        self._sell(item.product_id, 10)
        self._plan()
        self.assertFalse(self.proposals.search([("item_id", "=", item.id), ("state", "=", "waiting")]))

    def test_same_proposal_is_not_repeated(self):
        """A night that comes to the same leaves the waiting proposal, with the one who asked for it."""
        item, first = self._grown(user=self.planner)
        run = self._plan()
        self.assertFalse(run.proposal_ids)
        self.assertEqual(run.proposed_count, 1)
        self.assertEqual(self.proposals.search([("item_id", "=", item.id), ("state", "=", "waiting")]), first)

    def test_new_item_gets_its_first_values_with_its_first_demand(self):
        product = self._product("Only stock yet")
        self._stock(product, 5)
        self.assertFalse(self._plan().proposal_ids)
        self._sell(product, 10)
        proposal = self._plan().proposal_ids
        self.assertEqual((proposal.state, proposal.reason), ("applied", "first"))

    def test_one_item_that_cannot_be_planned(self):
        """A negative lead time is listed with a sentence; the others are planned."""
        good, bad = self._product("Good"), self._product("Bad", delay=-40)
        self._sell(good, 10)
        self._sell(bad, 10)
        run = self._plan()
        self.assertEqual((run.state, run.planned_count, run.failed_count), ("done", 1, 1))
        self.assertIn("negative", run.failure_ids.sentence)
        self.assertEqual(run.failure_ids.res_id, self._item(bad).id)
        self.assertEqual(run.failure_ids.action_open_record()["res_id"], self._item(bad).id)
        self.assertEqual(self._item(good).reorder_point, 60)
        self.assertFalse(self._item(bad).plan_date)

    def test_one_item_that_breaks_the_engine(self):
        """An exception for one item costs the plan of no other."""
        products = [self._product(f"Engine {number}") for number in range(5)]
        for product in products:
            self._sell(product, 10)
        compute = type(self.item_model)._compute_plan

        def breaks(model, company, as_of, batch):
            if products[3].id in batch["product"]:
                raise ValueError("rotten")
            return compute(model, company, as_of, batch)

        self.patch(type(self.item_model), "_compute_plan", breaks)
        with self.assertLogs("odoo.addons.inventory_plus", "WARNING"):
            run = self._plan()
        self.assertEqual((run.planned_count, run.failed_count), (4, 1))
        self.assertEqual(run.failure_ids.name, self._item(products[3]).display_name)

    def test_company_that_cannot_be_planned(self):
        other = self.env["res.company"].create({"name": "Broken Settings"})
        other.flush_recordset()
        self.env.cr.execute("UPDATE res_company SET inventory_review_days = 0 WHERE id = %s", [other.id])
        other.invalidate_recordset()
        product = self._product("Of the sound company")
        self._sell(product, 10)
        place = self.env["stock.warehouse"].sudo().search([("company_id", "=", other.id)])
        self.item_model._plan(warehouse_ids=(place | self.warehouse).ids)
        runs = self.env["inventory.plan.run"].sudo().search([("warehouse_ids", "in", (place | self.warehouse).ids)])
        failed = runs.filtered(lambda run: run.company_id == other)
        self.assertEqual((failed.state, failed.failed_count), ("failed", 1))
        self.assertIn("review period", failed.failure_ids.sentence)
        self.assertEqual(self._item(product).reorder_point, 60)

    def test_noting_a_failure_by_name(self):
        run = self._plan()
        self.env["inventory.plan.run"].with_context(inventory_plan_run=run.id)._note_failure(
            "Policy X", "It is broken."
        )
        self.assertEqual((run.failure_ids.name, run.failed_count), ("Policy X", 1))

    def test_job_plans_once(self):
        """The job of a run that is done does nothing; a second request joins a run that waits."""
        runs = self.env["inventory.plan.run"].with_user(self.planner)._start(self.warehouse, "button")
        self.assertEqual((runs.state, runs.user_id, runs.origin), ("waiting", self.planner, "button"))
        self.assertEqual(self.env["inventory.plan.run"]._start(self.warehouse, "schedule"), runs)
        product = self._product("Worked")
        self._sell(product, 10)
        runs._work()
        self.assertEqual((runs.state, runs.planned_count, runs.progress), ("done", 1, 100))
        runs._work()
        self.assertEqual(runs.planned_count, 1)

    def test_archived_warehouse_ends_its_run(self):
        other = self.env["stock.warehouse"].create({"name": "Gone", "code": "GON", "company_id": self.company.id})
        run = self.env["inventory.plan.run"]._start(other, "schedule")
        other.active = False
        run._work()
        self.assertEqual((run.state, run.planned_count), ("done", 0))

    def test_button(self):
        action = self.item_model.with_user(self.planner).action_plan()
        run = self.env["inventory.plan.run"].browse(action["res_id"])
        self.assertEqual((run.user_id, run.state, run.company_id), (self.planner, "waiting", self.company))
        job = self.env["queue.job"].sudo().search([("identity_key", "=", f"inventory_plan_run_{run.id}")])
        self.assertEqual(len(job), 1)

    def test_queries_do_not_grow(self):
        """Neither with items nor with proposals."""
        products = [self._product(f"Many {number}") for number in range(30)]
        for product in products[:10]:
            self._sell(product, 10, days=30)
        self._plan()
        for product in products[:10]:
            self._sell(product, 20, days=30)
        few = self._count(self._plan)
        for product in products:
            self._sell(product, 40, days=30)
        self._plan()
        for product in products:
            self._sell(product, 80, days=30)
        self.assertLessEqual(self._count(self._plan), few)

    def _count(self, function):
        self.env.flush_all()
        before = self.env.cr.sql_log_count
        function()
        self.env.flush_all()
        return self.env.cr.sql_log_count - before

    def test_old_proposals_are_removed(self):
        item, first = self._grown()
        self._sell(item.product_id, 30)
        self._plan()
        self.env.cr.execute(
            "UPDATE inventory_proposal SET decided_at = decided_at - INTERVAL '31 days' WHERE id = %s", [first.id]
        )
        applied = self.proposals.search([("item_id", "=", item.id), ("state", "=", "applied")])
        self.env["inventory.plan.run"]._gc()
        self.assertFalse(first.exists())
        self.assertTrue(applied.exists())
        self.env.cr.execute(
            "UPDATE inventory_proposal SET decided_at = decided_at - INTERVAL '401 days', "
            "create_date = create_date - INTERVAL '401 days' WHERE item_id = %s",
            [item.id],
        )
        self.env["inventory.plan.run"]._gc()
        self.assertFalse(applied.exists())
        self.assertEqual(self.proposals.search([("item_id", "=", item.id)]).state, "waiting", "what waits stays")


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
        policy = self.env["inventory.policy"].with_user(manager).create({"name": "Strict", "target_cycle": 60})
        self._plan()
        policy.with_user(manager).target_cycle = 99.5
        # Odoo notes who wrote when it flushes, by the environment that does: here it is his, as in a request.
        policy.flush_recordset()
        proposal = self._plan().proposal_ids
        self.assertEqual((proposal.state, proposal.reason), ("waiting", "target"))
        self.assertEqual((proposal.policy_id.id, proposal.author_id), (policy.id, manager))
        with self.assertRaisesRegex(AccessError, "changed the policy"):
            proposal.with_user(manager).action_apply()
        policy.sudo().approver_ids = self.other_approver
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
        self.assertEqual((proposal.state, proposal.reason, proposal.author_id), ("waiting", "pinned", manager))
        self.assertEqual(proposal.new_reorder_point, 300)
        with self.assertRaisesRegex(AccessError, "pinned the value"):
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

    def test_roll_back_a_run(self):
        products = [self._product(f"Rolled {number}") for number in range(3)]
        for product in products:
            self._sell(product, 10)
        self._plan()
        for product in products:
            self._sell(product, 20)
        run = self._plan()
        run.with_user(self.approver).action_apply_waiting()
        self.assertEqual([self._item(product).reorder_point for product in products], [120] * 3)
        run.with_user(self.approver).action_roll_back()
        self.assertEqual([self._values(self._item(product))[1] for product in products], [60] * 3)
        self.assertEqual((run.rolled_back_count, run.applied_count), (3, 0))
        with self.assertRaisesRegex(UserError, "Nothing of this run"):
            run.with_user(self.approver).action_roll_back()

    def test_roll_back_is_refused_where_a_value_changed(self):
        """Named, and nothing half done."""
        products = [self._product(f"Later {number}") for number in range(3)]
        for product in products:
            self._sell(product, 10)
        self._plan()
        for product in products:
            self._sell(product, 20)
        run = self._plan()
        run.with_user(self.approver).action_apply_waiting()
        self._sell(products[1], 22)
        self.assertEqual(self._plan().automatic_count, 1)
        with self.assertRaisesRegex(UserError, "Later 1"):
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
            before = self.env.cr.sql_log_count
            part.action_apply()
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0] + 2)
        self.assertEqual(set(waiting.mapped("state")), {"applied"})

    def test_dates(self):
        """A proposal remembers when it was decided."""
        _item, proposal = self._grown()
        proposal.with_user(self.approver).action_apply("Fine")
        self.assertLess(abs(proposal.decided_at - self.env.cr.now()), timedelta(minutes=5))
        self.assertEqual(proposal.comment, "Fine")
