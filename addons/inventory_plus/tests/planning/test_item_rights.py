"""Who may not see does not get (law 10): the figures by role, over RPC as on the screen."""

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import PlanningCase

SEEN = {
    "group_viewer": set(),
    "group_sales": {"available"},
    "group_buyer": {"need_to_buy", "suggested_order", "best_order_date", "incoming"},
    "group_operator": {"on_hand", "reserved", "incoming"},
    "group_approver": {"on_hand", "reserved"},
    "group_planner": {"on_hand", "reserved", "available", "need_to_buy", "incoming", "suggested_order"},
    "group_auditor": {"on_hand", "reserved", "available", "need_to_buy", "incoming", "suggested_order"},
    "group_manager": {"on_hand", "reserved", "available", "need_to_buy", "incoming", "suggested_order"},
}
GUARDED = {"on_hand", "reserved", "available", "need_to_buy", "suggested_order", "best_order_date", "incoming"}


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
            self.assertEqual(record.read(["status", "stockout_date", "explanation"])[0]["status"], "red", group)
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
