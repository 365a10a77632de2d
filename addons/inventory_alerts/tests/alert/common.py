"""Ground of the alert tests: items with a status, people with roles."""

from unittest.mock import patch

from odoo import Command
from odoo.tests import TransactionCase, new_test_user


class AlertCase(TransactionCase):
    """Two items of one warehouse, a rule of its own; jobs are collected in ``self.jobs`` instead of queued."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["inventory.alert.rule"].search([]).active = False
        cls.env["inventory.alert"].search([]).unlink()
        cls.company = cls.env.company
        cls.warehouse = cls.env["stock.warehouse"].search([("company_id", "=", cls.company.id)], limit=1)
        cls.products = cls.env["product.product"].create(
            [
                {"name": f"Alert product {number}", "default_code": f"AL{number}", "is_storable": True}
                for number in (1, 2)
            ]
        )
        cls.products.product_tmpl_id.responsible_id = False
        cls.items = cls.env["inventory.item"].create(
            [
                {
                    "product_id": product.id,
                    "warehouse_id": cls.warehouse.id,
                    "status": "green",
                    "usable": 3,
                    "safety_stock": 12,
                }
                for product in cls.products
            ]
        )
        cls.item, cls.other_item = cls.items
        cls.rule = cls.env["inventory.alert.rule"].create(
            {
                "name": "Test item short",
                "subject_model": "inventory.item",
                "domain": repr([("status", "=", "red"), ("id", "in", cls.items.ids)]),
                "severity": "high",
            }
        )
        cls.viewer = cls._user("alerts_viewer", "inventory_plus.group_viewer")
        cls.buyer = cls._user("alerts_buyer", "inventory_plus.group_buyer")
        cls.planner = cls._user("alerts_planner", "inventory_plus.group_planner")

    @classmethod
    def _user(cls, login, groups, **values):
        user = new_test_user(cls.env, login, groups=f"base.group_user,{groups}", **values)
        user.notification_type = "inbox"
        return user

    def setUp(self):
        super().setUp()
        self.jobs = []

        def enqueue(_self, recordset, method_name, *args, **kwargs):
            self.jobs.append((recordset, method_name, args, kwargs))

        self.startPatch(patch.object(type(self.env["inventory.job"]), "_enqueue", enqueue))

    def startPatch(self, patcher):
        patcher.start()
        self.addCleanup(patcher.stop)

    def evaluate(self, rules=None, now=None):
        """Evaluate the test's rule (or ``rules``) and return the batch."""
        return self.env["inventory.alert.rule"]._evaluate(self.rule if rules is None else rules, now)

    def run_jobs(self):
        """Run the collected jobs as the job runner would: each once, as superuser."""
        jobs, self.jobs = self.jobs, []
        return [getattr(recordset.sudo(), name)(*args) for recordset, name, args, _kwargs in jobs]

    def alerts(self, *states):
        """The alerts of the test's rule in these states (all without)."""
        domain = [("rule_id", "=", self.rule.id)]
        return self.env["inventory.alert"].search([*domain, ("state", "in", states)] if states else domain)

    def inbox(self, user):
        """The messages in the user's inbox, newest first."""
        notifications = self.env["mail.notification"].search(
            [("res_partner_id", "=", user.partner_id.id), ("notification_type", "=", "inbox")], order="id desc"
        )
        return notifications.mail_message_id

    def second_company(self):
        """Another company with a warehouse; nobody but the superuser works there."""
        company = self.env["res.company"].create({"name": "Alert company two"})
        self.env.user.company_ids = [Command.unlink(company.id)]
        warehouse = self.env["stock.warehouse"].search([("company_id", "=", company.id)], limit=1)
        return company, warehouse
