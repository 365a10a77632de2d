"""The approval mixin, by its thin document: four eyes, no way around the buttons, one decision."""

from unittest.mock import patch

from odoo import SUPERUSER_ID, api
from odoo.addons.inventory_plus.models.control import approval_mixin
from odoo.addons.inventory_plus.tests.control.common import ControlCase
from odoo.exceptions import AccessError, UserError
from odoo.modules.registry import Registry
from odoo.tests import BaseCase, get_db_name, new_test_user, tagged
from odoo.tools import mute_logger
from psycopg2.errors import SerializationFailure


@tagged("post_install", "-at_install")
class TestApproval(ControlCase):
    def test_request_approve(self):
        adjustment = self._pending()
        self.assertEqual((adjustment.approval_state, adjustment.requester_id), ("pending", self.users["operator"]))
        self.assertEqual(self._on_hand(), 10, "a request changes nothing")
        self._as("approver", adjustment).action_approve("well seen")
        self.assertRecordValues(
            adjustment,
            [
                {
                    "approval_state": "approved",
                    "approver_id": self.users["approver"].id,
                    "decision_comment": "well seen",
                }
            ],
        )
        self.assertTrue(adjustment.decided_at)
        self.assertEqual(self._on_hand(), 7)

    def test_reject_and_cancel_change_nothing(self):
        rejected, cancelled = self._pending(), self._pending(self._line(3, location=self.shelf))
        self._as("approver", rejected).action_reject("count again")
        cancelled.action_cancel()
        self.assertEqual((rejected.approval_state, cancelled.approval_state), ("rejected", "cancelled"))
        self.assertEqual((self._on_hand(), self._on_hand(location=self.shelf)), (10, 0))
        for record in (rejected, cancelled):
            for method in ("action_approve", "action_reject"):
                with self.assertRaises(UserError):
                    getattr(self._as("approver", record), method)()
            with self.assertRaises(UserError):
                record.action_request_approval()

    def test_four_eyes(self):
        """Requester, author, who entered a line, and a manager: none of them decides on his own."""
        adjustment = self._pending(role="manager")
        with self.assertRaisesRegex(AccessError, "another person"):
            self._as("manager", adjustment).action_approve()
        with self.assertRaises(AccessError):
            self._as("manager", adjustment).sudo().action_approve()

        author = self._adjustment(self._line(1), role="manager")
        other = new_test_user(self.env, "second_manager", groups="inventory_plus.group_manager")
        self._as(other, author).action_request_approval()
        with self.assertRaisesRegex(AccessError, "another person"):
            self._as("manager", author).action_approve()
        with self.assertRaisesRegex(AccessError, "another person"):
            self._as(other, author).action_approve()

        entered = self._adjustment(self._line(1))
        self._as("manager", entered.line_ids).quantity = 2
        entered.action_request_approval()
        with self.assertRaisesRegex(AccessError, "another person"):
            self._as("manager", entered).action_approve()
        self._as("approver", entered).action_approve()
        self.assertEqual(self._on_hand(), 2)

    def test_only_approvers_decide(self):
        adjustment = self._pending()
        for role in ("viewer", "sales", "buyer", "operator", "counter", "planner", "auditor"):
            for method in ("action_approve", "action_reject"):
                with self.subTest(role=role, method=method), self.assertRaises(AccessError):
                    getattr(self._as(role, adjustment), method)()
        self.assertEqual((adjustment.approval_state, self._on_hand()), ("pending", 10))

    def test_the_system_decides_in_nobodys_name(self):
        adjustment = self._pending()
        with self.assertRaisesRegex(AccessError, "system"):
            adjustment.with_user(SUPERUSER_ID).action_approve()

    def test_server_code_in_another_name_while_somebody_is_logged_in(self):
        adjustment = self._pending()

        class Session:
            uid = self.users["operator"].id

        class Request:
            session = Session()

        with patch.object(approval_mixin, "request", Request()), self.assertRaisesRegex(AccessError, "another user's"):
            self._as("approver", adjustment).action_approve()

    def test_nobody_else_could_decide(self):
        self.env["res.users"].search([]).sudo().write({})  # flush
        approvers = self.env.ref("inventory_plus.group_approver").all_user_ids
        with (
            patch.object(
                type(self.env["inventory.adjustment"]), "_approval_approvers", lambda record: approvers.browse()
            ),
            self.assertRaisesRegex(UserError, "second person"),
        ):
            self._adjustment(self._line(1)).action_request_approval()

    def test_approvers_get_an_activity_until_it_is_decided(self):
        adjustment = self._pending()
        users = adjustment.sudo().activity_ids.user_id
        self.assertLessEqual(self.users["approver"] | self.approver2, users)
        self.assertNotIn(self.users["operator"], users)
        self._as("approver", adjustment).action_reject()
        self.assertFalse(adjustment.sudo().activity_ids)

    def test_buttons_are_offered_to_those_who_may(self):
        adjustment = self._pending()
        for role, decide, cancel in (
            ("operator", False, True),
            ("approver", True, False),
            ("manager", True, True),
            ("auditor", False, False),
        ):
            record = self._as(role, adjustment)
            with self.subTest(role=role):
                self.assertEqual((record.approval_can_decide, record.approval_can_cancel), (decide, cancel))
                if not cancel:
                    with self.assertRaisesRegex(AccessError, "cancels it"):
                        record.action_cancel()

    def test_decisions_are_audited(self):
        adjustment = self._pending()
        self._as("approver", adjustment).action_approve("fine")
        entries = self.env["inventory.audit.entry"].search(
            [("res_model", "=", "inventory.adjustment"), ("res_id", "=", adjustment.id)], order="id"
        )
        self.assertEqual(entries.mapped("event"), ["adjustment.requested", "adjustment.applied", "adjustment.approved"])
        self.assertEqual(entries.mapped("user_login"), ["test_operator", "test_approver", "test_approver"])
        applied = entries[1].data
        self.assertEqual((applied["before"], applied["after"], applied["requested by"]), (10, 7, "test_operator"))
        self.assertEqual(entries[2].data["comment"], "fine")

    # ----------------------------------------------------------- no way around

    def test_status_is_not_written(self):
        adjustment = self._adjustment(self._line(7))
        approver = self.users["approver"].id
        for vals in (
            {"approval_state": "approved"},
            {"approval_state": "pending"},
            {"approver_id": approver},
            {"requester_id": approver},
            {"requested_at": "2026-01-01 00:00:00"},
            {"decided_at": "2026-01-01 00:00:00"},
            {"decision_comment": "x"},
            {"reason": "x", "approval_state": "approved"},
        ):
            for record in (adjustment, adjustment.sudo(), self._as("manager", adjustment)):
                with self.subTest(vals=vals), self.assertRaises(AccessError):
                    record.write(vals)
            with self.subTest(create=vals), self.assertRaises(AccessError):
                self._as("operator").create({"reason": "x", **vals})
        self.assertEqual((adjustment.approval_state, adjustment.reason), ("draft", "Found broken"))

    def test_status_does_not_come_by_defaults(self):
        operator = self._as("operator").with_context(
            default_approval_state="approved", default_requester_id=self.users["sales"].id
        )
        adjustment = operator.create({"reason": "x"})
        self.assertEqual((adjustment.approval_state, adjustment.requester_id.id), ("draft", False))
        self.env["ir.default"].set("inventory.adjustment", "approval_state", "approved")
        self.assertEqual(self._as("operator").create({"reason": "x"}).approval_state, "draft")

    def test_status_does_not_come_by_import_or_copy(self):
        result = self._as("operator").load(["reason", "approval_state"], [["imported", "approved"]])
        self.assertFalse(result["ids"])
        approved = self._pending()
        self._as("approver", approved).action_approve()
        copied = approved.copy()
        self.assertEqual(
            (copied.approval_state, copied.requester_id.id, copied.approver_id.id), ("draft", False, False)
        )
        self.assertFalse(copied.line_ids.sudo().applied_quantity)

    def test_content_is_frozen_from_the_request_on(self):
        adjustment = self._pending()
        line = adjustment.line_ids
        draft = self._adjustment(self._line(1))
        for name, change in {
            "header": lambda: adjustment.write({"reason": "other"}),
            "line": lambda: line.write({"quantity": 1}),
            "line by the header": lambda: adjustment.write({"line_ids": [(1, line.id, {"quantity": 1})]}),
            "new line": lambda: line.create({"adjustment_id": adjustment.id, **self._line(1, location=self.shelf)[2]}),
            "new line by default": lambda: line.with_context(default_adjustment_id=adjustment.id).create(
                self._line(1, location=self.shelf)[2]
            ),
            "line moved in": lambda: draft.line_ids.write({"adjustment_id": adjustment.id}),
            "line moved out": lambda: line.write({"adjustment_id": draft.id}),
            "line deleted": lambda: line.unlink(),
            "deleted": lambda: adjustment.unlink(),
        }.items():
            with self.subTest(name), self.assertRaises(UserError), self.env.cr.savepoint():
                change()
        self._as("approver", adjustment).message_post(body="May I ask why?")
        self._as("approver", adjustment).action_approve()
        with self.assertRaises(UserError):
            line.write({"quantity": 1})
        with self.assertRaises(UserError):
            adjustment.unlink()

    def test_what_fails_to_apply_is_not_approved(self):
        adjustment = self._pending()
        with (
            patch.object(
                type(self.env["stock.quant"]), "_apply_inventory", side_effect=UserError("a foreign addon says no")
            ),
            self.assertRaises(UserError),
        ):
            self._as("approver", adjustment).action_approve()
        adjustment.invalidate_recordset()
        self.assertEqual((adjustment.approval_state, self._on_hand()), ("pending", 10))
        self.assertTrue(adjustment.sudo().activity_ids)

    # ------------------------------------------------------------------- dialog

    def test_dialog(self):
        adjustment = self._pending()
        action = self._as("approver", adjustment).with_context(decision="rejected").action_open_decision()
        wizard = self.env[action["res_model"]].with_user(self.users["approver"]).with_context(action["context"])
        self.assertEqual(wizard.new({}).decision, "rejected")
        wizard.create({"comment": "no"}).action_decide()
        self.assertEqual((adjustment.approval_state, adjustment.decision_comment), ("rejected", "no"))

    def test_dialog_is_no_way_around(self):
        adjustment = self._pending()
        Wizard = self.env["inventory.approval.decision"]
        vals = {"res_model": "inventory.adjustment", "res_ids": str(adjustment.id), "decision": "approved"}
        with self.assertRaises(AccessError):
            Wizard.with_user(self.users["operator"]).create(vals)
        for wrong in ({"res_model": "res.users"}, {"res_model": "nothing.here"}, {"res_ids": "1;drop"}):
            with self.assertRaises(UserError):
                Wizard.with_user(self.users["approver"]).create({**vals, **wrong}).action_decide()

    def test_bulk_decision_is_whole(self):
        first, second = self._pending(), self._pending(self._line(2, location=self.shelf))
        both = self._as("approver", first | second)
        self._as("approver", second).action_reject()
        with self.assertRaisesRegex(UserError, "already decided"), self.env.cr.savepoint():
            both.action_approve()
        self.assertEqual((first.approval_state, self._on_hand()), ("pending", 10))


@tagged("post_install", "-at_install")
class TestTwoApprovers(BaseCase):
    """Committed data and real cursors: two decide at the same moment."""

    def test_one_is_applied_and_the_other_gets_a_sentence(self):
        registry = Registry(get_db_name())
        with registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            users = [
                new_test_user(env, f"race_{n}_{env.cr.now():%H%M%S%f}", groups=f"inventory_plus.group_{role}")
                for n, role in enumerate(("operator", "approver", "approver"))
            ]
            uids = [user.id for user in users]
            product = env["product.product"].create({"name": "Raced", "is_storable": True})
            stock = env["stock.warehouse"].search([("company_id", "=", env.company.id)], limit=1).lot_stock_id
            adjustment = (
                env["inventory.adjustment"]
                .with_user(uids[0])
                .create(
                    {
                        "reason": "race",
                        "line_ids": [(0, 0, {"product_id": product.id, "location_id": stock.id, "quantity": 5})],
                    }
                )
            )
            adjustment.action_request_approval()
            ids = (product.id, adjustment.id)
        self.addCleanup(self._clean, registry, ids, uids)
        with registry.cursor() as one, registry.cursor() as two:
            first = api.Environment(one, uids[1], {})["inventory.adjustment"].browse(ids[1])
            second = api.Environment(two, uids[2], {})["inventory.adjustment"].browse(ids[1])
            self.assertEqual((first.approval_state, second.approval_state), ("pending", "pending"))
            first.action_approve()
            one.commit()
            # The second looked at the document before that: PostgreSQL stops him, Odoo repeats his request.
            with self.assertRaises(SerializationFailure), mute_logger("odoo.sql_db"):
                second.action_approve()
            two.rollback()
            second.env.transaction.reset()
            with self.assertRaisesRegex(UserError, "already decided"):
                second.action_approve()
            two.rollback()
        with registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            moves = env["stock.move"].search([("product_id", "=", ids[0])])
            self.assertEqual(moves.mapped("quantity"), [5])

    def _clean(self, registry, ids, uids):
        with registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            cr.execute("DELETE FROM inventory_adjustment WHERE id = %s", [ids[1]])
            env["res.users"].browse(uids).active = False
            env["product.product"].browse(ids[0]).active = False
