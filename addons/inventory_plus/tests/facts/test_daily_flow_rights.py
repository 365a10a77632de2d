"""Who sees daily facts, and that nobody writes them."""

from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .common import FactsCase


@tagged("post_install", "-at_install")
class TestDailyFlowRights(FactsCase):
    def test_viewer_reads_own_company_and_writes_nothing(self):
        self.move(self.product, 3, self.warehouse.lot_stock_id, self.customers)
        self.facts()
        other = self.env["res.company"].create({"name": "Other"})
        viewer = new_test_user(
            self.env,
            "facts_viewer",
            "inventory_plus.group_viewer",
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )
        stranger = new_test_user(
            self.env,
            "facts_stranger",
            "inventory_plus.group_viewer",
            company_id=other.id,
            company_ids=[(6, 0, other.ids)],
        )
        domain = [("product_id", "=", self.product.id)]
        flow = self.flow.with_user(viewer).with_company(self.company).search(domain)
        self.assertEqual(flow.sold, 3)
        self.assertFalse(self.flow.with_user(stranger).with_context(allowed_company_ids=other.ids).search(domain))
        with self.assertRaises(AccessError):
            flow.write({"sold": 4})
        with self.assertRaises(AccessError):
            flow.unlink()
        manager = new_test_user(self.env, "facts_manager", "inventory_plus.group_manager")
        with self.assertRaises(AccessError):
            self.flow.with_user(manager).create({"product_id": self.product.id})

    def test_revenue_is_for_those_who_answer_for_money(self):
        self.move(self.product, 3, self.warehouse.lot_stock_id, self.customers)
        self.facts()
        flow = self.flow.search([("product_id", "=", self.product.id)], limit=1)
        for role in ("viewer", "sales", "operator", "buyer", "planner", "approver", "manager", "auditor"):
            company = {"company_id": self.company.id, "company_ids": [(6, 0, self.company.ids)]}
            user = new_test_user(self.env, f"facts_money_{role}", f"inventory_plus.group_{role}", **company)
            model = self.flow.with_user(user).with_company(self.company)
            sees = role not in ("viewer", "sales", "operator")
            for kind in ("list", "pivot"):
                self.assertEqual('name="revenue"' in model.get_view(view_type=kind)["arch"], sees, (role, kind))
            if sees:
                flow.with_user(user).read(["sold", "revenue"])
                continue
            self.assertEqual(flow.with_user(user).sold, 3)
            with self.assertRaises(AccessError):
                flow.with_user(user).read(["revenue"])
            with self.assertRaises(AccessError):
                model.search([("revenue", ">", 1)])
            with self.assertRaises(AccessError):
                model.formatted_read_group([], ["product_id"], ["revenue:sum"])

    def test_plain_user_sees_nothing(self):
        plain = new_test_user(self.env, "facts_plain", "base.group_user")
        with self.assertRaises(AccessError):
            self.flow.with_user(plain).search([])
        with self.assertRaises(AccessError):
            self.env["inventory.daily.flow.dirty"].with_user(plain).search([])

    def test_viewer_is_told_what_is_not_ready(self):
        viewer = new_test_user(self.env, "facts_reader", "inventory_plus.group_viewer")
        readiness = self.env["inventory.readiness"]
        self.assertFalse(readiness.with_user(viewer).unready())
        readiness._of("daily_facts")._report("running", 40, {"next": 1, "parts": [1, 2, 3]})
        (part,) = readiness.with_user(viewer).unready()
        self.assertEqual((part["state"], part["progress"]), ("running", 40))
        self.assertIn("part 2 of 3", part["message"])
        self.move(self.product, 3, self.suppliers, self.warehouse.lot_stock_id)
        self.assertEqual(self.facts(), {}, "a build that is under way brings it")
        plain = new_test_user(self.env, "facts_plain_reader", "base.group_user")
        with self.assertRaises(AccessError):
            readiness.with_user(plain).unready()
