"""What cannot be bought is somebody's to-do: once, until it is solved."""

from odoo import Command
from odoo.tests import tagged

from .test_replenish import ReplenishCase


@tagged("post_install", "-at_install")
class TestBuyToDo(ReplenishCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.buyer = cls._user("to_do_buyer", "group_buyer")
        cls.kind = cls.env.ref("inventory_plus.activity_cannot_be_bought")

    def setUp(self):
        super().setUp()
        self.orphan = self._sold("Orphan", vendor=False, responsible_id=False)
        self._plan()
        self.item = self._item(self.orphan)

    def _notes(self, item=None):
        self.env.invalidate_all()
        return self.env["mail.activity"].search(
            [("activity_type_id", "=", self.kind.id), ("res_id", "=", (item or self.item).id)]
        )

    def test_once(self):
        self.assertFalse(self._notes())
        for _night in range(3):
            self._run()
        note = self._notes()
        self.assertEqual((len(note), note.res_model, note.user_id), (1, "inventory.item", self.buyer))
        self.assertIn("No vendor", note.summary)
        self.assertIn("Add a vendor", note.note)

    def test_done_is_not_asked_again(self):
        self._run()
        self._notes().with_user(self.buyer).action_feedback("He knows.")
        self._run()
        self.assertFalse(self._notes())

    def test_closes_itself(self):
        self._run()
        self.orphan.seller_ids = [Command.create({"partner_id": self.vendor.id, "price": 1, "delay": 5})]
        self._run()
        self.assertFalse(self._notes())
        self.assertEqual(self._orders().order_line.product_id, self.orphan)

    def test_closes_itself_when_the_need_goes(self):
        self._run()
        self._stock(self.orphan, 1000)
        self.item_model._refresh(self.item)
        self._run()
        self.assertFalse(self._notes())

    def test_closes_itself_when_a_buyer_does_it(self):
        self._run()
        self.orphan.seller_ids = [Command.create({"partner_id": self.vendor.id, "price": 1, "delay": 5})]
        self.item.with_user(self.buyer).action_make_rfq()
        self.assertFalse(self._notes())

    def test_another_reason_is_another_text(self):
        self._run()
        self.orphan.seller_ids = [Command.create({"partner_id": self.vendor.id, "price": 1, "delay": -5})]
        self._run()
        note = self._notes()
        self.assertEqual(len(note), 1)
        self.assertIn("Lead time", note.summary)
        self.assertIn("3,650", note.note)

    def test_waiting_for_the_minimum_is_no_to_do(self):
        """It comes about by itself when more is due; the list says so."""
        self.vendor.inventory_minimum_order = 5000
        item = self._item(self._sold("Little"))
        self._plan()
        item = self._item(self.env["product.product"].search([("name", "=", "Little")]))
        self._run()
        self.assertEqual(item.buy_problem, "minimum")
        self.assertFalse(self._notes(item))

    def test_whose_it_is(self):
        """The item's responsible, else the vendor's buyer, else the product's responsible, else one of the buyers."""
        names = ("responsible", "vendors", "products")
        responsible, vendors, products = (self._user(f"to_do_{name}", "group_buyer") for name in names)
        outsider = self._user("to_do_counter", "group_counter")
        bad = self._sold("Bad line", delay=-1, responsible_id=products.id)
        self._plan()
        item = self._item(bad)
        self.vendor.buyer_id = vendors
        item.user_id = responsible
        for expected, change in (
            (responsible, lambda: item.write({"user_id": outsider.id})),
            (vendors, lambda: self.vendor.write({"buyer_id": False})),
            (products, lambda: bad.write({"responsible_id": False})),
            (self.buyer, lambda: None),
        ):
            item._note_buying({item: ("delay", None)})
            self.assertEqual(self._notes(item).user_id, expected)
            item._note_buying({})
            self.assertFalse(self._notes(item))
            change()

    def test_with_nobody_to_do_it(self):
        self.buyer.active = False
        self._run()
        self.assertFalse(self._notes())
        self.assertEqual(self.item.buy_problem, "vendor", "the list says it all the same")

    def test_the_list_filters_by_it(self):
        self._run()
        found = self.item_model.with_user(self.buyer).search([("activity_user_id", "=", self.buyer.id)])
        self.assertEqual(found, self.item)

    def test_every_reason_is_work(self):
        """No reason is forgotten by the work list, by the filter of what cannot be bought, or by its own sentence."""
        arch = self.env.ref("inventory_plus.view_item_replenish_search").arch
        self.assertIn("[('buy_problem', 'not in', (False, 'minimum'))]", arch)
        for code, label in self.item_model._fields["buy_problem"]._description_selection(self.env):
            self.item._note_buying({self.item: (code, {"message": "A sentence.", "error": "KeyError"})})
            found = self.item_model.search([("buy_problem", "not in", (False, "minimum")), ("id", "=", self.item.id)])
            self.assertEqual(bool(found), code != "minimum", code)
            self.assertEqual(self.item.next_step == self.item.buy_problem_note, code != "minimum", label)
            self.assertEqual(bool(self._notes()), code != "minimum", label)
