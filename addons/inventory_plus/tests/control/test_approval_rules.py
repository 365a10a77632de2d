"""The approval engine: rules, steps, voices, deputies, forward, time limits, emergencies."""

from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.addons.inventory_plus.tests.control.common import ControlCase
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, new_test_user, tagged

KIND = "inventory.adjustment"


class RulesCase(ControlCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["inventory.approval.rule"].search([]).active = False
        cls.anna, cls.bob, cls.carl = (
            new_test_user(cls.env, name.lower(), groups="inventory_plus.group_approver", name=name)
            for name in ("Anna", "Bob", "Carl")
        )

    def _step(self, *users, **more):
        return (0, 0, {"name": "Finance", "user_ids": [(6, 0, [user.id for user in users])], **more})

    def _rule(self, *steps, **more):
        return self.env["inventory.approval.rule"].create(
            {"name": "Rule", "kind": KIND, "step_ids": list(steps or (self._step(self.anna),)), **more}
        )

    def _measuring(self, **measures):
        document = type(self.env[KIND])
        return patch.object(document, "_approval_measures", lambda record: measures)

    def _events(self, record):
        entries = self.env["inventory.audit.entry"].search(
            [("res_model", "=", record._name), ("res_id", "=", record.id)], order="id"
        )
        return [event.removeprefix("adjustment.") for event in entries.mapped("event")]


@tagged("post_install", "-at_install")
class TestApprovalRules(RulesCase):
    # ------------------------------------------------------------------ steps

    def test_only_who_is_asked_decides(self):
        self._rule()
        adjustment = self._pending()
        self.assertEqual(adjustment.approval_awaited_ids, self.anna)
        self.assertEqual(adjustment.approval_awaited, "Finance: Anna")
        self.assertTrue(adjustment.approval_since)
        for user in (self.bob, self.users["manager"], self.users["approver"]):
            with self.subTest(user=user.name), self.assertRaisesRegex(AccessError, "waits for Anna"):
                self._as(user, adjustment).action_approve()
        self.assertEqual(adjustment.sudo().activity_ids.user_id, self.anna)
        self._as(self.anna, adjustment).action_approve("good")
        self.assertEqual(
            (adjustment.approval_state, adjustment.approver_id, self._on_hand()), ("approved", self.anna, 7)
        )
        self.assertFalse(adjustment.approval_awaited_ids)
        self.assertFalse(adjustment.approval_since)

    def test_steps_in_order(self):
        self._rule(self._step(self.anna, name="First"), self._step(self.bob, name="Second", sequence=20))
        adjustment = self._pending()
        with self.assertRaises(AccessError):
            self._as(self.bob, adjustment).action_approve()
        self._as(self.anna, adjustment).action_approve("one")
        self.assertEqual((adjustment.approval_state, adjustment.approval_awaited), ("pending", "Second: Bob"))
        self.assertEqual(adjustment.sudo().activity_ids.user_id, self.bob)
        self.assertEqual(self._on_hand(), 10)
        with self.assertRaises(AccessError):
            self._as(self.anna, adjustment).action_approve()
        self._as(self.bob, adjustment).action_approve("two")
        self.assertEqual(self._on_hand(), 7)
        self.assertEqual(self._events(adjustment)[:2], ["requested", "step_approved"])
        self.assertEqual(self._events(adjustment)[-1], "approved")

    def test_all_of(self):
        self._rule(self._step(self.anna, self.bob, mode="all"))
        adjustment = self._pending()
        self._as(self.anna, adjustment).action_approve()
        self.assertEqual((adjustment.approval_state, adjustment.approval_awaited_ids), ("pending", self.bob))
        with self.assertRaisesRegex(AccessError, "already"):
            self._as(self.anna, adjustment).action_approve()
        self._as(self.bob, adjustment).action_approve()
        self.assertEqual(adjustment.approval_state, "approved")

    def test_one_rejection_ends_it(self):
        self._rule(self._step(self.anna, self.bob, mode="all"), self._step(self.carl, sequence=20))
        adjustment = self._pending()
        self._as(self.bob, adjustment).action_reject("no")
        self.assertEqual((adjustment.approval_state, self._on_hand()), ("rejected", 10))
        self.assertEqual(set(adjustment.approval_turn_ids.mapped("state")), {"rejected"})
        with self.assertRaisesRegex(UserError, "already decided"):
            self._as(self.anna, adjustment).action_approve()

    def test_groups_and_the_requesters_manager(self):
        group = self.env["res.groups"].create({"name": "Board", "user_ids": [(6, 0, [self.carl.id])]})
        self.users["operator"].inventory_manager_id = self.bob
        self._rule(
            self._step(group_ids=[(6, 0, group.ids)], name="Board"),
            self._step(ask_manager=True, name="Manager", sequence=20),
        )
        adjustment = self._pending()
        self.assertEqual(adjustment.approval_awaited_ids, self.carl)
        self._as(self.carl, adjustment).action_approve()
        self.assertEqual(adjustment.approval_awaited_ids, self.bob)
        self.users["operator"].inventory_manager_id = False
        with self.assertRaisesRegex(UserError, "step Manager"):
            self._pending(self._line(3, location=self.shelf))

    def test_a_running_request_keeps_its_steps(self):
        rule = self._rule()
        adjustment = self._pending()
        rule.step_ids.user_ids = self.bob
        rule.active = False
        self.assertEqual(adjustment.approval_awaited_ids, self.anna)
        with self.assertRaises(AccessError):
            self._as(self.bob, adjustment).action_approve()
        rule.unlink()
        self._as(self.anna, adjustment).action_approve()
        self.assertEqual(adjustment.approval_turn_ids.rule_name, "Rule")

    def test_who_lost_the_role_decides_no_more(self):
        self._rule()
        adjustment = self._pending()
        self.anna.group_ids = self.env.ref("base.group_user")
        with self.assertRaises(AccessError):
            self._as(self.anna, adjustment).action_approve()

    # ------------------------------------------------------------- conditions

    def test_conditions(self):
        category = self.env["product.category"].create({"name": "Metal"})
        child = self.env["product.category"].create({"name": "Bolts", "parent_id": category.id})
        other = self.env["product.category"].create({"name": "Food"})
        self.product.categ_id = child
        reason = self.env["inventory.reason"].create({"name": "Broken", "code": "BRKN"})
        place = self.env["stock.warehouse"].create({"name": "Other", "code": "OTH"})
        full = {
            "value": 100.0,
            "quantity": 5.0,
            "percentage": 10.0,
            "products": self.product,
            "locations": self.stock,
            "reasons": reason,
            "direction": "out",
        }
        for conditions, changed, fits in (
            ({}, {}, True),
            ({"min_value": 100}, {}, True),
            ({"min_value": 100.01}, {}, False),
            ({"min_value": 100}, {"value": -100}, True),
            ({"min_value": 1}, {"value": None}, False),
            ({"min_quantity": 5}, {}, True),
            ({"min_quantity": 6}, {}, False),
            ({"min_percentage": 11}, {}, False),
            ({"category_ids": category}, {}, True),
            ({"category_ids": other}, {}, False),
            ({"category_ids": category}, {"products": None}, False),
            ({"warehouse_ids": self.warehouse}, {}, True),
            ({"warehouse_ids": place}, {}, False),
            ({"reason_ids": reason}, {}, True),
            ({"reason_ids": reason}, {"reasons": None}, False),
            ({"direction": "out"}, {}, True),
            ({"direction": "in"}, {}, False),
            ({"direction": "in"}, {"direction": "both"}, True),
            ({"direction": "in"}, {"direction": None}, False),
            ({"min_value": 100, "min_quantity": 6}, {}, False),
        ):
            vals = {name: [(6, 0, value.ids)] if hasattr(value, "ids") else value for name, value in conditions.items()}
            with self.subTest(conditions=vals, changed=changed):
                self.assertEqual(self._rule(**vals)._fits({**full, **changed}), fits)

    def test_the_first_that_fits(self):
        self._rule(self._step(self.anna), min_value=1000, sequence=1)
        self._rule(self._step(self.bob), sequence=2)
        with self._measuring(value=1000):
            self.assertEqual(self._pending().approval_awaited_ids, self.anna)
        with self._measuring(value=999):
            self.assertEqual(self._pending(self._line(1, location=self.shelf)).approval_awaited_ids, self.bob)

    def test_rules_of_another_company_or_kind(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        self.anna.company_ids |= company
        self._rule(company_id=company.id)
        self.assertTrue(self._pending().approval_turn_ids.by_role)

    def test_a_step_from_a_value_on(self):
        self._rule(self._step(self.anna), self._step(self.bob, sequence=20, min_value=500))
        with self._measuring(value=499):
            adjustment = self._pending()
        self._as(self.anna, adjustment).action_approve()
        self.assertEqual(adjustment.approval_state, "approved")

    def test_auto_approve_within_the_limits(self):
        self._rule(auto_approve=True, auto_value=50)
        with self._measuring(value=50):
            adjustment = self._pending()
        self.assertEqual(
            (adjustment.approval_state, adjustment.approver_id.id, self._on_hand()), ("approved", False, 7)
        )
        self.assertIn("auto_approved", self._events(adjustment))
        for measures in ({"value": 51}, {}):
            with self._measuring(**measures):
                self.assertEqual(self._pending(self._line(1, location=self.shelf)).approval_state, "pending")

    # ---------------------------------------------------------------- checks

    def test_a_rule_nobody_can_satisfy_is_told_when_saved(self):
        outsider = new_test_user(self.env, "outsider", groups="inventory_plus.group_operator")
        archived = new_test_user(self.env, "gone", groups="inventory_plus.group_approver")
        archived.active = False
        empty = self.env["res.groups"].create({"name": "Empty"})
        company = self.env["res.company"].create({"name": "Elsewhere"})
        for steps, more, text in (
            ([self._step(outsider)], {}, "nobody could decide"),
            ([self._step(archived)], {}, "nobody could decide"),
            ([self._step(group_ids=[(6, 0, empty.ids)])], {}, "nobody could decide"),
            ([self._step(ask_manager=True)], {}, "nobody could decide"),
            ([self._step(self.anna)], {"company_id": company.id}, "nobody could decide"),
            ([self._step(self.anna)], {"company_id": False}, "nobody could decide"),
            ([self._step(self.anna, outsider, mode="all")], {}, "cannot decide"),
            ([self._step(self.anna, escalate_user_id=outsider.id)], {}, "cannot decide"),
            ([self._step(self.anna)], {"break_glass_user_id": outsider.id}, "cannot decide"),
            ([self._step(self.anna)], {"auto_approve": True}, "limit"),
            ([self._step(self.anna)], {"min_value": -1}, "negative"),
        ):
            with self.subTest(more=more, text=text), self.assertRaisesRegex(ValidationError, text):
                self._rule(*steps, **more)
        with self.assertRaisesRegex(ValidationError, "no steps"):
            self.env["inventory.approval.rule"].create({"name": "None"})
        rule = self._rule()
        for change in (
            lambda: rule.step_ids.write({"user_ids": [(6, 0, outsider.ids)]}),
            lambda: rule.step_ids.unlink(),
            lambda: rule.write({"step_ids": [(5,)]}),
        ):
            with self.assertRaises(ValidationError), self.env.cr.savepoint():
                change()

    def test_only_the_requester_possible_is_told_when_asked(self):
        manager = self.users["manager"]
        self._rule(self._step(manager))
        with self.assertRaisesRegex(UserError, "Nobody else could decide at the step"):
            self._pending(role="manager")

    # -------------------------------------------------------------- four eyes

    def test_four_eyes_in_steps(self):
        manager = self.users["manager"]
        self._rule(self._step(manager, self.anna))
        adjustment = self._pending(role="manager")
        self.assertEqual(adjustment.approval_awaited_ids, self.anna)
        with self.assertRaisesRegex(AccessError, "another person"):
            self._as("manager", adjustment).action_approve()

    def test_never_who_counted(self):
        self._rule(self._step(self.anna, self.bob), exclude_counters=True)
        with patch.object(type(self.env[KIND]), "_approval_counters", lambda record: self.anna):
            adjustment = self._pending()
        self.assertEqual(adjustment.approval_awaited_ids, self.bob)
        with self.assertRaisesRegex(AccessError, "counted"):
            self._as(self.anna, adjustment).action_approve()
        with self.assertRaisesRegex(UserError, "part in this request"):
            self._as(self.bob, adjustment).action_forward(self.anna.id)
        self._deputy(self.bob, self.anna)
        with self.assertRaisesRegex(AccessError, "counted"):
            self._as(self.anna, adjustment).action_approve()

    # --------------------------------------------------------------- deputies

    def _deputy(self, user, deputy, begin=0, end=5):
        today = fields.Date.today()
        vals = {"date_from": today + timedelta(days=begin), "date_to": today + timedelta(days=end)}
        return self.env["inventory.approval.deputy"].create({"user_id": user.id, "deputy_id": deputy.id, **vals})

    def test_a_deputy_decides_in_his_days(self):
        self._rule()
        self._deputy(self.anna, self.bob, 1, 5)
        adjustment = self._pending()
        with self.assertRaises(AccessError):
            self._as(self.bob, adjustment).action_approve()
        self._deputy(self.anna, self.carl, -1, 0)
        self.assertTrue(self._as(self.carl, adjustment).approval_waits_for_me)
        self._as(self.carl, adjustment).action_approve()
        self.assertEqual(adjustment.approver_id, self.carl)
        voice = adjustment.approval_turn_ids.voice_ids
        self.assertEqual((voice.user_id, voice.spoken_by_id), (self.anna, self.carl))
        entry = self.env["inventory.audit.entry"].search(
            [("event", "=", "adjustment.approved")], limit=1, order="id desc"
        )
        self.assertIn("in place of Anna", entry.summary)

    def test_a_deputy_of_a_deputy(self):
        self._rule()
        self._deputy(self.anna, self.bob)
        self._deputy(self.bob, self.carl)
        adjustment = self._pending()
        self.assertIn(self.carl, adjustment.sudo().activity_ids.user_id)
        self._as(self.carl, adjustment).action_approve()
        self.assertEqual(adjustment.approval_state, "approved")

    def test_the_requester_is_no_deputy_for_himself(self):
        self._rule()
        self._deputy(self.anna, self.users["manager"])
        adjustment = self._pending(role="manager")
        with self.assertRaisesRegex(AccessError, "another person"):
            self._as("manager", adjustment).action_approve()

    def test_one_person_is_not_all(self):
        self._rule(self._step(self.anna, self.bob, mode="all"))
        self._deputy(self.anna, self.bob)
        adjustment = self._pending()
        self._as(self.bob, adjustment).action_approve()
        with self.assertRaises(AccessError):
            self._as(self.bob, adjustment).action_approve()
        self.assertEqual(adjustment.approval_state, "pending")

    def test_a_loop_of_deputies(self):
        self._deputy(self.anna, self.bob)
        self._deputy(self.bob, self.carl, 3, 9)
        with self.assertRaisesRegex(ValidationError, "circle"):
            self._deputy(self.carl, self.anna, 5, 20)
        self._deputy(self.carl, self.anna, 6, 20)  # on no day all three
        with self.assertRaisesRegex(ValidationError, "circle"):
            self._deputy(self.carl, self.carl)
        with self.assertRaisesRegex(ValidationError, "role Approver"):
            self._deputy(self.anna, self.users["operator"])
        with self.assertRaisesRegex(ValidationError, "before the first"):
            self._deputy(self.anna, self.carl, 5, 1)

    def test_one_lends_his_own_voice_only(self):
        deputies = self.env["inventory.approval.deputy"]
        today = fields.Date.today()
        vals = {"deputy_id": self.bob.id, "date_from": today, "date_to": today}
        with self.assertRaises(AccessError):
            deputies.with_user(self.bob).create({"user_id": self.anna.id, **vals})
        mine = deputies.with_user(self.anna).create(vals)
        self.assertEqual(mine.user_id, self.anna)
        with self.assertRaises(AccessError):
            mine.with_user(self.bob).write({"date_to": "2099-01-01"})
        deputies.with_user(self.users["manager"]).create({"user_id": self.carl.id, **vals})

    # ---------------------------------------------------------------- forward

    def test_forward(self):
        self._rule()
        adjustment = self._pending()
        self._as(self.anna, adjustment).action_forward(self.bob.id, "you know better")
        self.assertEqual(adjustment.approval_awaited_ids, self.bob)
        self.assertEqual(adjustment.sudo().activity_ids.user_id, self.bob)
        with self.assertRaises(AccessError):
            self._as(self.anna, adjustment).action_approve()
        self.assertIn("forwarded", self._events(adjustment))
        self._as(self.bob, adjustment).action_approve()
        self.assertEqual(adjustment.approval_state, "approved")

    def test_forward_is_no_way_around(self):
        self._rule()
        adjustment = self._pending(role="manager")
        manager, operator = self.users["manager"], self.users["operator"]
        for actor, target, error in (
            (self.bob, self.carl, AccessError),
            (self.anna, manager, UserError),
            (self.anna, operator, UserError),
            (self.anna, self.anna, UserError),
            (manager, self.carl, AccessError),
        ):
            with self.subTest(actor=actor.name, target=target.name), self.assertRaises(error):
                self._as(actor, adjustment).action_forward(target.id)
        with self.assertRaises(AccessError):
            self._as("manager", adjustment).action_forward(self.carl.id, from_user_id=self.anna.id)
        boss = new_test_user(self.env, "boss", groups="inventory_plus.group_manager")
        self._as(boss, adjustment).action_forward(self.carl.id, from_user_id=self.anna.id)
        self.assertEqual(adjustment.approval_awaited_ids, self.carl)

    # ------------------------------------------------------------ time limits

    def _later(self, hours):
        # The engine's clock, not the database's: turns are dated by it.
        moment = fields.Datetime.now() + timedelta(hours=hours)
        with patch.object(fields.Datetime, "now", staticmethod(lambda *args: moment)):
            self.env["inventory.approval.turn"]._cron_watch()

    def test_reminder_and_escalation(self):
        self._rule(
            self._step(self.anna, self.bob, mode="all", remind_hours=4, limit_hours=10, escalate_user_id=self.carl.id)
        )
        adjustment = self._pending()
        messages = len(adjustment.sudo().message_ids)
        self._later(3)
        self.assertEqual(len(adjustment.sudo().message_ids), messages)
        self._later(5)
        self.assertEqual(len(adjustment.sudo().message_ids), messages + 1)
        self.assertEqual(adjustment.approval_awaited_ids, self.anna | self.bob)
        self._later(11)
        self.assertEqual(adjustment.approval_awaited_ids, self.anna | self.bob | self.carl)
        self.assertEqual(self._events(adjustment).count("escalated"), 1)
        self._later(12)
        self.assertEqual(self._events(adjustment).count("escalated"), 1)
        self._as(self.carl, adjustment).action_approve()
        self.assertEqual(adjustment.approval_state, "approved", "he decides in place of all")

    def test_escalation_without_a_name_goes_to_the_managers(self):
        self._rule(self._step(self.anna, limit_hours=1))
        adjustment = self._pending()
        self._later(2)
        self.assertIn(self.users["manager"], adjustment.approval_awaited_ids)
        own = self._pending(self._line(1, location=self.shelf), role="manager")
        self._later(2)
        self.assertNotIn(self.users["manager"], own.approval_awaited_ids)

    # -------------------------------------------------------------- emergency

    def test_break_glass(self):
        self._rule(break_glass_user_id=self.carl.id)
        adjustment = self._pending()
        for user in (self.anna, self.users["manager"], self.users["operator"]):
            with self.assertRaisesRegex(AccessError, "named for emergencies"):
                self._as(user, adjustment).action_break_glass("fire")
        with self.assertRaisesRegex(UserError, "Say why"):
            self._as(self.carl, adjustment).action_break_glass("  ")
        self._as(self.carl, adjustment).action_break_glass("fire")
        self.assertEqual((adjustment.approval_state, adjustment.approval_glass_state), ("approved", "open"))
        self.assertEqual((self._on_hand(), adjustment.approval_awaited_ids), (7, self.anna))
        with self.assertRaisesRegex(AccessError, "another person"):
            self._as(self.carl, adjustment).action_approve()
        self._later(23)
        self.assertEqual(adjustment.approval_glass_state, "open")
        self._later(25)
        self.assertEqual(adjustment.approval_glass_state, "overdue")
        glass = self.env.ref("inventory_plus.mail_activity_glass")
        told = adjustment.sudo().activity_ids.filtered(lambda activity: activity.activity_type_id == glass)
        self.assertIn(self.users["manager"], told.user_id)
        self._as(self.anna, adjustment).action_approve("right")
        self.assertEqual((adjustment.approval_glass_state, adjustment.approver_id), ("confirmed", self.anna))
        self.assertEqual(self._on_hand(), 7, "applied once")
        self.assertFalse(adjustment.sudo().activity_ids)
        for event in ("glass_broken", "glass_overdue", "glass_confirmed"):
            self.assertIn(event, self._events(adjustment))
        with self.assertRaises(UserError):
            self._as(self.anna, adjustment).action_approve()

    def test_break_glass_refused_afterwards(self):
        self.env.company.inventory_break_glass_user_id = self.carl
        adjustment = self._pending()
        self._as(self.carl, adjustment).action_break_glass("fire")
        self._as(self.anna, adjustment).action_reject("no fire at all")
        self.assertEqual((adjustment.approval_state, adjustment.approval_glass_state), ("approved", "refused"))
        self.assertIn(self.users["manager"], adjustment.sudo().activity_ids.user_id)
        self.assertEqual(self._on_hand(), 7)

    def test_break_glass_by_the_only_one_who_was_asked(self):
        self._rule(self._step(self.carl), break_glass_user_id=self.carl.id)
        adjustment = self._pending()
        self._as(self.carl, adjustment).action_break_glass("fire")
        self.assertIn(self.anna, adjustment.approval_awaited_ids)
        self._as(self.anna, adjustment).action_approve()
        self.assertEqual(adjustment.approval_glass_state, "confirmed")

    # ------------------------------------------------------------------- mine

    def test_waiting_for_me(self):
        self._rule()
        adjustment = self._pending()
        model, turns = self.env[KIND], self.env["inventory.approval.turn"]
        domain = [("approval_waits_for_me", "=", True)]
        self.assertEqual(model.with_user(self.anna).search(domain), adjustment)
        self.assertEqual(turns.with_user(self.anna).search([("waits_for_me", "=", True)]).res_id, adjustment.id)
        for user in (self.bob, self.users["operator"], self.users["counter"]):
            self.assertFalse(model.with_user(user).search(domain))
        self.assertEqual(model.search([("approval_awaited_ids", "in", self.anna.ids)]), adjustment)
        self.assertTrue(self._as(self.anna, adjustment).approval_waits_for_me)
        self.assertFalse(self._as(self.bob, adjustment).approval_waits_for_me)
        self.env["inventory.approval.rule"].search([]).active = False
        without = self._pending(self._line(1, location=self.shelf))
        self.assertEqual(model.with_user(self.bob).search(domain), without)

    def test_bulk_with_one_comment(self):
        self._rule()
        both = self._pending() | self._pending(self._line(1, location=self.shelf))
        turns = self.env["inventory.approval.turn"].with_user(self.anna).search([("waits_for_me", "=", True)])
        action = turns.with_context(decision="rejected").action_open_decision()
        file = self.env["ir.attachment"].with_user(self.anna).create({"name": "proof.txt", "raw": b"x"})
        wizard = self.env[action["res_model"]].with_user(self.anna).with_context(action["context"])
        wizard.create({"comment": "both wrong", "attachment_ids": [(6, 0, file.ids)]}).action_decide()
        self.assertEqual(both.mapped("approval_state"), ["rejected"] * 2)
        self.assertEqual(set(both.mapped("decision_comment")), {"both wrong"})
        for adjustment in both:
            place = [("res_model", "=", KIND), ("res_id", "=", adjustment.id), ("name", "=", "proof.txt")]
            self.assertEqual(self.env["ir.attachment"].search_count(place), 1)

    def test_the_screens_have_it(self):
        self._rule(break_glass_user_id=self.carl.id)
        adjustment = self._pending()
        for user in ("operator", "counter", "approver", "auditor"):
            for view_type in ("form", "list", "kanban", "search"):
                arch = self.env[KIND].with_user(self.users[user]).get_view(view_type=view_type)["arch"]
                self.assertEqual("waits_for_me" in arch, view_type == "search")
        with Form(self._as(self.carl, adjustment)) as form:
            self.assertTrue(form.approval_can_break)
            self.assertEqual(form.approval_awaited, "Finance: Anna")

    # ----------------------------------------------------------- no way around

    def test_nobody_writes_steps_or_decisions(self):
        rule = self._rule()
        adjustment = self._pending()
        turn = adjustment.approval_turn_ids
        for record in (turn, turn.voice_ids):
            for user in (self.env.user, self.users["manager"], self.anna):
                for method, args in (("write", [{"state": "approved"}]), ("unlink", []), ("copy", [])):
                    with self.subTest(model=record._name, method=method), self.assertRaises(AccessError):
                        getattr(record.with_user(user), method)(*args)
                with self.assertRaises(AccessError):
                    record.with_user(user).create([{}])
        for vals in (
            {"approval_since": False},
            {"approval_glass_state": "confirmed"},
            {"approval_glass_user_id": self.anna.id},
            {"approval_turn_ids": [(1, turn.id, {"state": "approved"})]},
        ):
            with self.subTest(vals=vals), self.assertRaises(UserError):
                self._as("manager", adjustment).write(vals)
        for role in ("operator", "counter", "approver", "planner", "auditor"):
            for record, vals in ((rule, {"name": "x"}), (rule.step_ids, {"user_ids": [(5,)]})):
                with self.subTest(role=role), self.assertRaises(AccessError):
                    record.with_user(self.users[role]).write(vals)
        with self.assertRaises(AccessError):
            self.users["operator"].with_user(self.users["operator"]).write({"inventory_manager_id": self.bob.id})
