"""The dashboard's method: figures, filters, rights."""

from datetime import date
from unittest.mock import patch

from dateutil.relativedelta import relativedelta
from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import TransactionCase, new_test_user, tagged

AS_OF = date(2026, 3, 11)


@tagged("post_install", "-at_install")
class TestInventoryDashboard(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env["res.company"].create({"name": "Dashboard company"})
        cls.env.user.write({"company_ids": [(4, cls.company.id)]})
        cls.env = cls.env(context=dict(cls.env.context, allowed_company_ids=cls.company.ids))
        cls.first = cls.env["stock.warehouse"].search([("company_id", "=", cls.company.id)], limit=1)
        cls.second = cls.env["stock.warehouse"].create({"name": "Second", "code": "DSH2", "company_id": cls.company.id})
        cls.products = cls.env["product.product"].create(
            [{"name": f"Dash {number}", "is_storable": True, "standard_price": 10} for number in range(4)]
        )
        cls.viewer = cls._user("dash_viewer", "inventory_plus.group_viewer")
        cls.planner = cls._user("dash_planner", "inventory_plus.group_planner")

    @classmethod
    def _user(cls, login, group):
        return new_test_user(
            cls.env,
            login,
            groups=f"base.group_user,{group}",
            company_id=cls.company.id,
            company_ids=[(6, 0, cls.company.ids)],
        )

    def setUp(self):
        super().setUp()
        patcher = patch.object(type(self.env["inventory.dashboard"]), "_as_of", lambda dashboard, company: AS_OF)
        patcher.start()
        self.addCleanup(patcher.stop)

    def item(self, product, status, warehouse=None, **values):
        return self.env["inventory.item"].create(
            {
                "product_id": product.id,
                "warehouse_id": (warehouse or self.first).id,
                "status": status,
                "status_sequence": {"red": 1, "yellow": 2}.get(status, 9),
                **values,
            }
        )

    def fact(self, day, sold, warehouse=None, revenue=0, returned=0, product=None):
        self.env.cr.execute(
            """
            INSERT INTO inventory_daily_flow
                (product_id, warehouse_id, company_id, date, source, sold, returned, revenue, lines)
            VALUES (%s, %s, %s, %s, 'moves', %s, %s, %s, 1)
            """,
            [
                (product or self.products[0]).id,
                (warehouse or self.first).id,
                self.company.id,
                day,
                sold,
                returned,
                revenue,
            ],
        )

    def dashboard(self, user=None, **filters):
        return self.env["inventory.dashboard"].with_user(user or self.planner).get_dashboard(**filters)

    def test_empty(self):
        data = self.dashboard()
        self.assertEqual(data["items"]["count"], 0)
        self.assertFalse(data["trend"]["has_facts"])
        self.assertEqual(data["stock"]["products"], 0)
        self.assertEqual(data["demand"], {"last": 0, "previous": 0, "days": 30, "revenue": 0, "previous_revenue": 0})
        self.assertEqual(data["as_of"], "2026-03-11")
        self.assertEqual(len(data["trend"]["months"]), 12)

    def test_last_thirty_days_end_before_the_planning_date(self):
        self.fact(AS_OF, 1000)  # the planning date itself is not over
        self.fact(AS_OF - relativedelta(days=1), 10, revenue=100)
        self.fact(AS_OF - relativedelta(days=30), 5, revenue=50, returned=2)
        self.fact(AS_OF - relativedelta(days=31), 7, revenue=70)
        self.fact(AS_OF - relativedelta(days=60), 1)
        self.fact(AS_OF - relativedelta(days=61), 1000)
        demand = self.dashboard()["demand"]
        self.assertEqual((demand["last"], demand["previous"]), (13, 8))
        self.assertEqual((demand["revenue"], demand["previous_revenue"]), (150, 70))

    def test_months_and_the_year_before(self):
        self.fact(date(2026, 3, 10), 4)
        self.fact(date(2026, 3, 1), 1)
        self.fact(date(2025, 4, 1), 20)
        self.fact(date(2025, 3, 31), 999)  # 13th month back and after its twin's last day: in neither line
        self.fact(date(2025, 3, 10), 3)
        self.fact(date(2024, 4, 30), 30)
        self.fact(date(2024, 3, 31), 999)
        trend = self.dashboard()["trend"]
        self.assertEqual((trend["months"][0], trend["months"][-1]), ("2025-04-01", "2026-03-01"))
        self.assertEqual((trend["demand"][0], trend["demand"][-1]), (20, 5))
        self.assertEqual((trend["previous"][0], trend["previous"][-1]), (30, 3))
        self.assertTrue(trend["has_facts"])

    def test_old_facts_alone_are_facts(self):
        self.fact(date(2020, 1, 1), 4)
        self.assertTrue(self.dashboard()["trend"]["has_facts"])

    def test_status_by_warehouse(self):
        self.item(self.products[0], "red")
        self.item(self.products[1], "green")
        self.item(self.products[0], "red", self.second)
        self.item(self.products[2], False, self.second)
        items = self.dashboard()["items"]
        self.assertEqual(items["count"], 4)
        self.assertEqual(items["unplanned"], 4)
        self.env["inventory.item"].search([("warehouse_id", "=", self.first.id)]).planned_at = fields.Datetime.now()
        self.assertEqual(self.dashboard()["items"]["unplanned"], 2)
        self.assertEqual(items["status"], {"red": 2, "yellow": 0, "green": 1, "blue": 0, "grey": 0})
        self.assertEqual(
            [(row["name"], row["status"]["red"], row["status"]["green"]) for row in items["by_warehouse"]],
            [(self.first.name, 1, 1), (self.second.name, 1, 0)],
        )

    def test_amounts(self):
        self.item(self.products[0], "red", need_to_buy=7, requested=4)
        self.item(self.products[1], "blue", usable=50, order_up_to=30, on_hand=50)
        self.item(self.products[2], "grey", on_hand=5, usable=5)
        items = self.dashboard()["items"]
        self.assertEqual((items["to_buy_count"], items["to_buy_value"]), (1, 70))
        self.assertEqual((items["requested_count"], items["requested_value"]), (1, 40))
        self.assertEqual((items["excess_value"], items["slow_value"]), (200, 50))

    def test_stock_value(self):
        quants = self.env["stock.quant"].sudo()
        quants._update_available_quantity(self.products[0], self.first.lot_stock_id, 4)
        quants._update_available_quantity(self.products[1], self.second.lot_stock_id, 1)
        stock = self.dashboard()["stock"]
        self.assertEqual((stock["products"], stock["value"]), (2, 50))
        self.assertEqual(self.dashboard(warehouse_ids=self.second.ids)["stock"]["value"], 10)

    def test_most_urgent_items_first(self):
        late = self.item(self.products[0], "red", stockout_date="2026-03-20", need_to_buy=3)
        soon = self.item(self.products[1], "red", stockout_date="2026-03-12")
        yellow = self.item(self.products[2], "yellow", stockout_date="2026-03-11")
        grave = self.item(self.products[3], "red", stockout_date="2026-03-12", abc="A")
        soon.abc = "C"
        self.item(self.products[0], "green", self.second)
        rows = self.dashboard()["short_items"]["rows"]
        self.assertEqual([row["id"] for row in rows], [grave.id, soon.id, late.id, yellow.id])
        self.assertEqual(
            [row["id"] for row in rows],
            self.env["inventory.item"].search([("id", "in", [grave.id, soon.id, late.id, yellow.id])]).ids,
        )
        self.assertEqual(rows[2]["need_to_buy"], 3)
        self.assertEqual(rows[0]["stockout_date"], "2026-03-12")

    def test_warehouse_filter(self):
        self.item(self.products[0], "red")
        self.item(self.products[0], "yellow", self.second)
        self.fact(AS_OF - relativedelta(days=1), 10)
        self.fact(AS_OF - relativedelta(days=1), 1, self.second)
        data = self.dashboard(warehouse_ids=self.second.ids)
        self.assertEqual((data["items"]["status"]["red"], data["items"]["status"]["yellow"]), (0, 1))
        self.assertEqual(data["demand"]["last"], 1)
        self.assertEqual(data["trend"]["demand"][-1], 1)
        self.assertEqual(data["warehouse_ids"], self.second.ids)

    def test_money_is_for_those_who_may_see_it(self):
        self.item(self.products[0], "red", need_to_buy=7)
        self.item(self.products[1], "blue", usable=50, order_up_to=30)
        self.fact(AS_OF - relativedelta(days=1), 10, revenue=100)
        data = self.dashboard(self.viewer)
        self.assertFalse(data["money"])
        self.assertEqual(data["demand"]["last"], 10)
        text = str(data)
        for word in ("revenue", "value", "history"):
            self.assertNotIn(word, text)

    def test_each_role_gets_its_figures(self):
        """As in the item itself: what to buy is the buyer's, what is on hand the operator's."""
        self.item(self.products[0], "red", need_to_buy=7, requested=4, usable=1, best_order_date="2026-03-01")
        self.env["stock.quant"]._update_available_quantity(self.products[0], self.first.lot_stock_id, 4)
        seen = {}
        for role in ("sales", "buyer", "operator", "auditor"):
            data = self.dashboard(self._user(f"dash_{role}", f"inventory_plus.group_{role}"))
            seen[role] = {
                "to_buy": "to_buy_count" in data["items"],
                "to_buy_value": "to_buy_value" in data["items"],
                "products": "products" in data["stock"],
                "value": "value" in data["stock"],
                "usable": "usable" in data["short_items"]["rows"][0],
                "order": "best_order_date" in data["short_items"]["rows"][0],
                "requested": "requested" in data["short_items"]["rows"][0] and "requested_value" in data["items"],
            }
            self.assertTrue(data["stock"]["has_stock"])
        expected = {
            "sales": (False, False, False, False, False, False, False),
            "buyer": (True, True, False, False, False, True, True),
            "operator": (False, False, True, False, True, False, False),
            "auditor": (True, True, True, True, True, True, True),
        }
        self.assertEqual({role: tuple(figures.values()) for role, figures in seen.items()}, expected)

    def test_unreadable_fields_are_left_out(self):
        """A role that may not read a field of the item gets no figure made of it."""
        self.item(self.products[0], "red", need_to_buy=7, usable=1)
        item_fields = self.env["inventory.item"]._fields
        with (
            patch.object(item_fields["need_to_buy"], "groups", "base.group_no_one"),
            patch.object(item_fields["usable"], "groups", "base.group_no_one"),
        ):
            data = self.dashboard()
        self.assertNotIn("to_buy_count", data["items"])
        self.assertNotIn("excess_value", data["items"])
        self.assertEqual(set(data["short_items"]["columns"]) & {"need_to_buy", "usable"}, set())
        self.assertNotIn("need_to_buy", data["short_items"]["rows"][0])

    def test_record_rules_bound_the_figures(self):
        self.item(self.products[0], "red")
        self.item(self.products[1], "red", self.second)
        self.env["ir.rule"].create(
            {
                "name": "One warehouse only",
                "model_id": self.env["ir.model"]._get_id("inventory.item"),
                "domain_force": repr([("warehouse_id", "=", self.first.id)]),
            }
        )
        data = self.dashboard()
        self.assertEqual(data["items"]["status"]["red"], 1)
        self.assertEqual(len(data["short_items"]["rows"]), 1)

    def test_without_a_role_nothing(self):
        for group in ("base.group_user", "inventory_plus.group_counter"):
            user = self._user(f"dash_{group[-8:]}", group)
            with self.assertRaises(AccessError):
                self.dashboard(user)

    def test_foreign_company_and_warehouse(self):
        main = self.env.ref("base.main_company")
        with self.assertRaises(AccessError):
            self.dashboard(company_id=main.id)
        foreign = self.env["stock.warehouse"].sudo().search([("company_id", "=", main.id)], limit=1)
        with self.assertRaises(AccessError):
            self.dashboard(warehouse_ids=foreign.ids)
        with self.assertRaises(UserError):
            self.dashboard(warehouse_ids=["1; DROP TABLE x"])

    def test_companies_do_not_mix(self):
        self.fact(AS_OF - relativedelta(days=1), 10)
        other = self.env["res.company"].create({"name": "Dashboard company two"})
        user = self._user("dash_both", "inventory_plus.group_planner")
        user.company_ids += other
        both = (
            self.env["inventory.dashboard"]
            .with_user(user)
            .with_context(allowed_company_ids=[self.company.id, other.id])
        )
        self.assertEqual(both.get_dashboard()["demand"]["last"], 10)
        data = both.get_dashboard(company_id=other.id)
        self.assertEqual(data["demand"]["last"], 0)
        self.assertEqual(data["company_id"], other.id)
        self.assertEqual(len(data["companies"]), 2)

    def test_readiness_is_told(self):
        self.env["inventory.readiness"]._of("test_part", "Test part")._report("running", progress=40)
        parts = [(part["name"], part["state"], part["progress"]) for part in self.dashboard()["readiness"]]
        self.assertIn(("Test part", "running", 40), parts)

    def _queries(self):
        """Queries of one dashboard with warm caches of rights and cold caches of records."""
        self.dashboard()
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        self.dashboard()
        return self.env.cr.sql_log_count - before

    def _red_items(self, count):
        products = self.env["product.product"].create(
            [{"name": f"Many {number}", "is_storable": True} for number in range(count)]
        )
        for product in products:
            self.item(product, "red")

    def test_queries_do_not_grow_with_items(self):
        self._red_items(10)
        few = self._queries()
        self._red_items(40)
        # Record rules may have to be read anew, whatever the number of items.
        self.assertLessEqual(self._queries(), few + 6)

    def test_planning_date_comes_from_planning(self):
        self.assertEqual(self.dashboard()["as_of_is_today"], fields.Date.today() == AS_OF)
