"""Reasons: chosen where they fit, never deleted while something names them."""

from odoo.addons.inventory_plus.tests.control.common import ControlCase
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger
from psycopg2 import IntegrityError


@tagged("post_install", "-at_install")
class TestReason(ControlCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.reason = cls.env["inventory.reason"].create(
            {"code": "WET", "name": "Wet", "root_cause": "handling", "for_adjustment": True}
        )

    def test_delivered_list(self):
        """There is a reason for every kind of document to begin with, each with a root cause, in Chinese too."""
        delivered = self.env["ir.model.data"].search(
            [("module", "=", "inventory_plus"), ("model", "=", "inventory.reason")]
        )
        reasons = self.env["inventory.reason"].browse(delivered.mapped("res_id"))
        for use in ("for_adjustment", "for_count", "for_hold"):
            self.assertGreaterEqual(len(reasons.filtered(use)), 4, use)
        self.assertTrue(all(reasons.mapped("root_cause")))
        self.env["res.lang"]._activate_lang("zh_CN")
        self.env["ir.module.module"]._load_module_terms(["inventory_plus"], ["zh_CN"])
        for reason in reasons:
            self.assertNotEqual(reason.with_context(lang="zh_CN").name, reason.with_context(lang="en_US").name)

    def test_used_reason_is_not_deleted(self):
        adjustment = self._adjustment(self._line(7), reason=False, reason_id=self.reason.id)
        self.assertEqual((adjustment.reason, adjustment.root_cause), ("Wet", "handling"))
        with self.assertRaisesRegex(UserError, r"WET.*is used by ADJ/.*Archive it instead"):
            self._as("manager", self.reason).unlink()
        self._as("manager", self.reason).action_archive()
        self.assertTrue(self.reason.exists())
        self.assertEqual(adjustment.reason_id, self.reason)

    def test_one_used_among_many_keeps_all(self):
        self._adjustment(self._line(7), reason_id=self.reason.id)
        other = self.env["inventory.reason"].create({"code": "DRY", "name": "Dry"})
        with self.assertRaises(UserError), self.env.cr.savepoint():
            (other | self.reason).unlink()
        self.assertTrue(other.exists())

    def test_used_by_an_archived_record_or_a_list(self):
        """Every stored field that names a reason counts, whichever model has it."""
        places = {(model._name, field) for model, field in self.env["inventory.reason"]._places()}
        self.assertIn(("inventory.adjustment", "reason_id"), places)

    def test_unused_reason_is_deleted(self):
        self._as("manager", self.reason).unlink()
        self.assertFalse(self.reason.exists())

    def test_free_text_is_enough_and_is_kept(self):
        adjustment = self._adjustment(self._line(7), reason="As told by Ann", reason_id=self.reason.id)
        self.assertEqual(adjustment.reason, "As told by Ann")
        self.assertFalse(self._adjustment(self._line(7)).reason_id)

    def test_bad_input(self):
        reasons = self.env["inventory.reason"]
        with self.assertRaisesRegex(UserError, "for nothing"), self.env.cr.savepoint():
            reasons.create({"code": "X", "name": "X", "for_adjustment": False})
        with self.assertRaisesRegex(UserError, "blanks"), self.env.cr.savepoint():
            reasons.create({"code": " X", "name": "X"})
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"), self.env.cr.savepoint():
            reasons.create({"code": "wet", "name": "Same code"})
            self.env.flush_all()
        hold = reasons.create({"code": "HOLD", "name": "Hold", "for_adjustment": False, "for_hold": True})
        with self.assertRaisesRegex(UserError, "no reason for this kind"), self.env.cr.savepoint():
            self._adjustment(self._line(7), reason_id=hold.id)

    def test_companies(self):
        other = self.env["res.company"].create({"name": "Elsewhere"})
        foreign = self.env["inventory.reason"].create({"code": "WET", "name": "Theirs", "company_id": other.id})
        self.assertNotIn(foreign, self._as("operator", foreign).search([]))
        with self.assertRaisesRegex(UserError, "belongs to Elsewhere"), self.env.cr.savepoint():
            self._as("manager").sudo().create({"reason_id": foreign.id, "line_ids": [self._line(7)]})
        self._adjustment(self._line(7), reason_id=self.reason.id)
        with self.assertRaisesRegex(UserError, "used in other companies"), self.env.cr.savepoint():
            self.reason.company_id = other

    def test_rights(self):
        for role in ("viewer", "operator", "counter", "approver", "auditor", "planner"):
            with self.subTest(role=role):
                self.assertTrue(self._as(role, self.reason).read(["name"]))
                for call in (
                    lambda role=role: self._as(role, self.reason).write({"name": "Mine"}),
                    lambda role=role: self._as(role, self.reason).unlink(),
                    lambda role=role: self._as(role, self.reason).create({"code": "N", "name": "N"}),
                ):
                    with self.assertRaises(AccessError):
                        call()
