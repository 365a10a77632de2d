"""What a planning run changes by itself, what it leaves to an approver, and what an approver can do with it."""

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

                def limited(model, company, as_of, batch, history=None, percent=percent, value=value):
                    found = compute(model, company, as_of, batch, history)
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

        def breaks(model, company, as_of, batch, history=None):
            if products[3].id in batch["product"]:
                raise ValueError("rotten")
            return compute(model, company, as_of, batch, history)

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
        few = self._queries_of(self._plan)
        for product in products:
            self._sell(product, 40, days=30)
        self._plan()
        for product in products:
            self._sell(product, 80, days=30)
        self.assertLessEqual(self._queries_of(self._plan), few)

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
