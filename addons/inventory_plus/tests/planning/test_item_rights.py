"""Who may not see does not get (law 10): the figures by role, over RPC as on the screen."""

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import PlanningCase

ALL = {"on_hand", "reserved", "available", "need_to_buy", "incoming", "suggested_order", "stockout_date"}
SEEN = {
    "group_viewer": set(),
    "group_sales": {"available", "stockout_date"},
    "group_buyer": {"need_to_buy", "suggested_order", "best_order_date", "incoming", "stockout_date"},
    "group_operator": {"on_hand", "reserved", "incoming", "stockout_date"},
    "group_approver": {"on_hand", "reserved", "stockout_date"},
    "group_planner": ALL,
    "group_auditor": ALL,
    "group_manager": ALL,
}
GUARDED = {
    "on_hand",
    "reserved",
    "available",
    "need_to_buy",
    "suggested_order",
    "best_order_date",
    "incoming",
    "stockout_date",
}


@tagged("post_install", "-at_install")
class TestItemRights(PlanningCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.product = cls._product("Secret")
        cls._facts(cls.product, [2] * 60)
        cls.item_model._plan(warehouse_ids=cls.warehouse.ids)

    def test_figures_by_role(self):
        item = self._item(self.product)
        for group, seen in SEEN.items():
            model = self.item_model.with_user(self._user(f"sees_{group}", group))
            record = model.browse(item.id)
            self.assertEqual(record.read(["status", "explanation"])[0]["status"], "red", group)
            for name in GUARDED:
                if name in seen:
                    record.read([name])
                    continue
                if name == "best_order_date" and "need_to_buy" in seen:
                    continue
                with self.assertRaises(AccessError, msg=f"{group} reads {name}"):
                    record.read([name])
                with self.assertRaises(AccessError, msg=f"{group} searches {name}"):
                    model.search([(name, "!=", False)])

    def test_every_role_reads_items_whole(self):
        """Without naming fields a role gets those that are its own, whatever they point to."""
        item = self._item(self.product)
        for group, seen in SEEN.items():
            read = item.with_user(self._user(f"whole_{group}", group)).read()[0]
            self.assertEqual(GUARDED & read.keys() - {"best_order_date"}, seen - {"best_order_date"}, group)

    def test_a_viewer_works_without_the_stock_out_date(self):
        """With the demand per day it tells the stock: neither figure nor order nor chart do; every list opens."""
        later = self._product("Later")
        self._facts(later, [2] * 60)
        self._stock(later, 100)
        self.item_model._plan(warehouse_ids=self.warehouse.ids)
        items = self._item(self.product) | self._item(later)
        items.write({"status_sequence": 1})
        self._item(self.product).stockout_date = "2030-01-01"
        self._item(later).stockout_date = "2020-01-01"
        self.env.flush_all()
        model = self.item_model.with_user(self._user("short_viewer", "group_viewer"))
        chosen = [("id", "in", items.ids)]
        self.assertEqual(model.search(chosen).ids, sorted(items.ids))
        self.assertEqual(model.search(chosen, order="stockout_date, id").ids, sorted(items.ids))
        self.assertEqual(self.item_model.search(chosen).ids, sorted(items.ids, reverse=True))
        views = model.get_views([(False, kind) for kind in ("list", "form", "kanban", "search")])
        self.assertNotIn("stockout_date", views["models"]["inventory.item"]["fields"])
        for kind, view in views["views"].items():
            self.assertNotIn("stockout_date", view["arch"], kind)
        self.assertEqual(len(model.web_search_read(chosen, {"status": {}, "product_id": {}})["records"]), 2)
        self.assertTrue({"projection", "stock"}.isdisjoint(model.browse(items[:1].ids).get_chart()))
        with self.assertRaises(AccessError):
            model.formatted_read_group(chosen, ["status"], ["stockout_date:min"])

    def test_counter_sees_nothing(self):
        counter = self._user("sees_counter", "group_counter")
        with self.assertRaises(AccessError):
            self.item_model.with_user(counter).browse(self._item(self.product).id).read(["status"])

    def test_nobody_writes_figures(self):
        item = self._item(self.product)
        for group in ("group_viewer", "group_buyer", "group_operator", "group_auditor"):
            with self.assertRaises(AccessError, msg=group):
                item.with_user(self._user(f"writes_{group}", group)).write({"status": "green"})

    def test_views_open_for_every_role(self):
        """Views that name a figure are cut to the role's fields, not refused."""
        for group in SEEN:
            model = self.item_model.with_user(self._user(f"opens_{group}", group))
            views = model.get_views([(False, kind) for kind in ("list", "form", "kanban", "search", "pivot", "graph")])
            names = set(views["models"]["inventory.item"]["fields"])
            self.assertEqual("on_hand" in names, "on_hand" in SEEN[group], group)
