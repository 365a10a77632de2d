"""Ways round the proposals: written figures, first values of a person's making, policies that lift the limits."""

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged

from .test_proposals import ProposalCase


@tagged("post_install", "-at_install")
class TestBypass(ProposalCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.product = cls._product("Bypassed")
        cls._facts(cls.product, [2] * 200)
        cls.item_model._plan(warehouse_ids=cls.warehouse.ids)
        cls.manager = cls._user("bypass_manager", "group_manager")

    def test_nobody_writes_what_is_computed(self):
        item = self._item(self.product)
        before = item.reorder_point
        other = self.env["stock.warehouse"].create({"name": "Other", "code": "OTH", "company_id": self.company.id})
        for user in (self.planner, self.manager):
            for vals in (
                {"reorder_point": 9999},
                {"order_up_to": 9999, "user_id": user.id},
                {"explanation_data": {"version": 2}},
                {"status": "green"},
                {"replenish_trigger": "auto"},
                {"product_id": self._product("Elsewhere").id},
                {"company_id": self.env.company.id},
                {"warehouse_id": other.id},
            ):
                with self.subTest(user=user.login, vals=vals), self.assertRaises(AccessError):
                    item.with_user(user).write(vals)
        with self.assertRaises(AccessError):
            self.item_model.with_user(self.manager).create(
                {"product_id": self._product("Made").id, "warehouse_id": self.warehouse.id, "reorder_point": 5}
            )
        told = self.item_model.with_user(self.planner).load([".id", "reorder_point"], [[str(item.id), "9999"]])
        self.assertFalse(told["ids"])
        self.assertEqual(item.reorder_point, before)

    def test_planners_write_what_is_theirs(self):
        item = self._item(self.product).with_user(self.planner)
        item.write({"user_id": self.planner.id, "end_of_life_date": "2030-01-01", "like_factor": 2})
        item.message_post(body="Seen.")
        self.assertEqual(item.user_id, self.planner)

    def test_a_multiple_of_another_item_has_bounds(self):
        fresh = self.item_model.create({"product_id": self._product("New").id, "warehouse_id": self.warehouse.id})
        fresh.like_item_id = self._item(self.product)
        for factor in (0, -1, 1001, 1e12):
            with self.subTest(factor=factor), self.assertRaises(ValidationError):
                fresh.with_user(self.planner).like_factor = factor

    def test_first_values_that_a_person_pinned_wait(self):
        product = self._product("Never sold")
        self._stock(product, 1)
        self.item_model._plan(warehouse_ids=self.warehouse.ids)
        self._item(product).with_user(self.planner).write(
            {
                "pin_reorder_point": True,
                "pinned_reorder_point": 40000,
                "pin_order_up_to": True,
                "pinned_order_up_to": 50000,
                "pinned_until": "2030-01-01",
                "pinned_reason": "Because",
            }
        )
        self.item_model._plan(warehouse_ids=self.warehouse.ids)
        self.assertEqual(self._item(product).reorder_point, 0)
        [waiting] = self.env["inventory.proposal"].search([("product_id", "=", product.id), ("state", "=", "waiting")])
        self.assertEqual((waiting.reason, waiting.author_ids), ("pinned", self.planner))

    def test_first_values_wait_where_every_change_does(self):
        self.env["inventory.policy"].create(
            {"name": "Always ask", "company_id": self.company.id, "approval": "always", "target": "cycle"}
        )
        product = self._product("First")
        self._facts(product, [2] * 200)
        self.item_model._plan(warehouse_ids=self.warehouse.ids)
        self.assertEqual(self._item(product).reorder_point, 0)
        [proposal] = self.env["inventory.proposal"].search([("product_id", "=", product.id)])
        self.assertEqual(proposal.state, "waiting")

    def test_planners_do_not_touch_a_policy_that_lifts_the_limits(self):
        policy = self.env["inventory.policy"]
        strict = policy.create({"name": "Strict", "company_id": self.company.id, "approval": "always"})
        lifted = policy.create({"name": "Lifted", "company_id": self.company.id, "approval": "never"})
        for record, vals in (
            (lifted, {"target": "fixed", "target_quantity": 1e9}),
            (lifted, {"sequence": 1}),
            (strict, {"sequence": 99}),
            (strict, {"active": False}),
            (strict, {"domain": "[('abc', '=', 'A')]"}),
        ):
            with self.subTest(policy=record.name, vals=vals), self.assertRaises(AccessError):
                record.with_user(self.planner).write(vals)
        for record in (strict, lifted):
            with self.assertRaises(AccessError):
                record.with_user(self.planner).unlink()
        strict.with_user(self.planner).target_cycle = 90
        lifted.with_user(self.manager).target_cycle = 90

    def test_planners_do_not_weaken_what_is_stricter_than_the_company(self):
        policy = self.env["inventory.policy"]
        self.company.inventory_auto_value = 1000
        always = policy.create({"name": "Always", "approval": "always", "auto_percent": 20})
        narrow = policy.create({"name": "Narrow", "auto_percent": 5, "auto_value": 100})
        named = policy.create({"name": "Named", "approver_ids": self.approver.ids})
        usual = policy.create({"name": "Usual"})
        for record, vals in (
            (always, {"approval": "limits"}),
            (narrow, {"auto_percent": 20}),
            (narrow, {"auto_value": 1000}),
            (narrow, {"auto_percent": 4, "auto_value": 200}),
            (named, {"approver_ids": False}),
            (always | usual, {"approval": "limits"}),
        ):
            with (
                self.subTest(vals=vals, policy=record.mapped("name")),
                self.assertRaisesRegex(AccessError, "only managers"),
                self.cr.savepoint(),
            ):
                record.with_user(self.planner).write(vals)
            self.env.invalidate_all()
        narrow.with_user(self.planner).write({"auto_percent": 4, "target_cycle": 90})
        usual.with_user(self.planner).write({"approval": "always"})
        named.with_user(self.planner).write({"approver_ids": self.other_approver.ids})
        narrow.with_user(self.manager).auto_percent = 20
        always.with_user(self.manager).approval = "limits"
        named.with_user(self.manager).approver_ids = False

    def test_the_order_of_policies_is_audited(self):
        """Which policy comes first decides as much as what it asks for: who moved it, from where to where."""
        first, second = self.env["inventory.policy"].create(
            [{"name": name, "sequence": number} for number, name in enumerate(("First", "Second"), 1)]
        )
        entries = self.env["inventory.audit.entry"].sudo()
        last = entries.search([], order="id desc", limit=1).id
        first.with_user(self.planner).sequence = 9
        [entry] = entries.search([("id", ">", last)])
        self.assertEqual((entry.event, entry.user_ref, entry.res_id), ("policy.moved", self.planner.id, first.id))
        self.assertEqual(entry.data["changes"], {"sequence": [1, 9]})
        self.assertEqual(entry.data["order"], [["First", "Second"], ["Second", "First"]])
        self.assertIn("First", entry.summary)
        first.with_user(self.planner).sequence = 9
        self.assertFalse(entries.search([("id", ">", entry.id)]), "nothing was moved")
        self.env["inventory.policy"].with_user(self.planner).browse([first.id, second.id]).web_resequence({"name": {}})
        moved = entries.search([("id", ">", entry.id)], order="id desc", limit=1)
        self.assertEqual((moved.user_ref, moved.data["order"][1]), (self.planner.id, ["First", "Second"]))
        second.with_user(self.planner).write({"sequence": -1, "target_cycle": 90})
        both = entries.search([("id", ">", moved.id)])
        self.assertEqual(set(both.mapped("event")), {"policy.changed"})
        self.assertEqual(both.data["order"][1], ["Second", "First"])

    def test_changes_of_a_policy_are_listed_with_it(self):
        policy = self.env["inventory.policy"].create({"name": "Told"})
        policy.with_user(self.planner).target_cycle = 91
        action = policy.with_user(self.manager).action_open_changes()
        listed = self.env[action["res_model"]].with_user(self.manager).search(action["domain"])
        self.assertEqual(set(listed.mapped("event")), {"policy.created", "policy.changed"})

    def test_what_is_no_longer_kept_in_stock_is_archived(self):
        self.product.product_tmpl_id.write({"type": "service"})
        self.item_model._plan(warehouse_ids=self.warehouse.ids)
        self.assertFalse(self._item(self.product).active)
