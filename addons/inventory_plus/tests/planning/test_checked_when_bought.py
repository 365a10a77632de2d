"""What changed since the plan is looked at when something is bought or moved, and one failure stops nobody else."""

from unittest.mock import patch

from odoo.addons.stock.models.stock_rule import ProcurementException
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ...models.planning import item_replenish
from .test_rebalance import RebalanceCase
from .test_replenish import ReplenishCase

LOGGER = "odoo.addons.inventory_plus.models.planning.item_parts"


@tagged("post_install", "-at_install")
class TestChangedSincePlan(ReplenishCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.product = cls._product("Changed")
        cls._facts(cls.product, [10] * 400)
        cls.buyer = cls._user("changed_buyer", "group_buyer")

    def setUp(self):
        super().setUp()
        self.item = self._planned(self.product)
        self.assertEqual(self.item.suggested_order, 200)

    def _refused(self, sentence):
        with self.assertRaisesRegex(UserError, sentence):
            self.item.with_user(self.buyer).action_make_rfq()
        self.assertEqual(self._run(), 0)
        self.assertFalse(self._orders())

    def test_a_service(self):
        self.env.cr.execute(
            "UPDATE product_template SET type = 'service', is_storable = FALSE WHERE id = %s",
            [self.product.product_tmpl_id.id],
        )
        self.env.invalidate_all()
        self._refused("kept in stock")

    def test_not_storable(self):
        self.env.cr.execute(
            "UPDATE product_template SET is_storable = FALSE WHERE id = %s", [self.product.product_tmpl_id.id]
        )
        self.env.invalidate_all()
        self._refused("kept in stock")

    def test_archived(self):
        self.product.active = False
        self._refused("archived")

    def test_not_purchasable(self):
        self.product.purchase_ok = False
        self._refused("Purchase")
        self.assertEqual(self.item.buy_problem, "product")
        self.assertIn("Purchase", self.item.buy_problem_note)
        self.product.purchase_ok = True
        self.assertEqual(self._run(), 1)
        self.assertFalse(self.item.buy_problem)

    def test_vendor_archived(self):
        self.vendor.active = False
        self._refused("no vendor")
        self.assertEqual(self.item.buy_problem, "vendor")

    def test_in_a_selection_the_others_are_bought(self):
        other = self._sold("Sound")
        self._plan()
        self.product.purchase_ok = False
        both = self.item | self._item(other)
        action = both.with_user(self.buyer).action_make_rfq()
        self.assertEqual(self._orders().order_line.product_id, other)
        self.assertIn("Changed", action["params"]["message"])


@tagged("post_install", "-at_install")
class TestFailures(ReplenishCase):
    """Every part is whole or not there; what fails is listed with a sentence, and the night goes on."""

    def _failing(self, bad, error):
        order_line = type(self.env["purchase.order.line"])
        real = order_line._prepare_purchase_order_line_from_procurement

        def prepare(lines, product, *rest):
            if product == bad:
                raise error
            return real(lines, product, *rest)

        return patch.object(order_line, "_prepare_purchase_order_line_from_procurement", prepare)

    def test_any_error_of_one_offer(self):
        bad, good = self._sold("Bad"), self._sold("Good")
        self._plan()
        for error in (OverflowError("date value out of range"), ZeroDivisionError(), KeyError("x"), ValueError("y")):
            with self.subTest(error=error), self._failing(bad, error), mute_logger(LOGGER):
                self._run()
                self.assertEqual(self._orders().order_line.product_id, good)
                item = self._item(bad)
                self.assertEqual(item.buy_problem, "failed")
                self.assertIn(type(error).__name__, item.buy_problem_note)
                self.assertFalse(self._item(good).buy_problem)

    def test_the_trace_is_in_the_log(self):
        bad = self._sold("Bad")
        self._plan()
        with self._failing(bad, OverflowError("date value out of range")):
            with self.assertLogs(LOGGER, "ERROR") as logs:
                self._run()
        self.assertIn("OverflowError", "\n".join(logs.output))
        self.assertIn("Traceback", "\n".join(logs.output))

    def test_a_part_that_fails_as_a_whole(self):
        """Before and after it the others are requested; of its items only the one to blame is left out."""
        products = [self._sold(f"Part {number}") for number in range(6)]
        self._plan()
        bad = self._item(products[2])
        model = type(self.item_model)
        real = model._meet_minimum

        def meet_minimum(items, offers, soon):
            if bad in [offer.item for offer in offers]:
                raise OverflowError("outside of the offers")
            return real(items, offers, soon)

        with (
            patch.object(item_replenish, "PART", 3),
            patch.object(model, "_meet_minimum", meet_minimum),
            mute_logger(LOGGER),
        ):
            self.assertEqual(self._run(), 5)
        self.assertEqual(len(self._orders().order_line), 5)
        self.assertEqual((bad.buy_problem, bad.requested), ("failed", 0))
        self.assertEqual(self._run(), 1, "solved, it is requested the next night")
        self.assertFalse(bad.buy_problem)

    def test_an_error_of_the_database(self):
        """A failed statement breaks its transaction: the part's savepoint takes it back."""
        bad, good = self._sold("Bad"), self._sold("Good")
        self._plan()
        item = self._item(bad)
        model = type(self.item_model)
        real = model._meet_minimum

        def meet_minimum(items, offers, soon):
            if item in [offer.item for offer in offers]:
                items.env.cr.execute("SELECT 1 / 0")
            return real(items, offers, soon)

        with (
            patch.object(model, "_meet_minimum", meet_minimum),
            mute_logger(LOGGER, "odoo.sql_db"),
        ):
            self.assertEqual(self._run(), 1)
        self.assertEqual(self._orders().order_line.product_id, good)
        self.assertEqual(item.buy_problem, "failed")

    def test_the_button_tells_what_odoo_refuses(self):
        bad = self._sold("Bad")
        self._plan()
        error = ProcurementException([(None, "No route for it")])
        with self._failing(bad, error), self.assertRaisesRegex(UserError, "No route for it"):
            self._item(bad).with_user(self._user("failing_buyer", "group_buyer")).action_make_rfq()
        self.assertFalse(self._orders())


@tagged("post_install", "-at_install")
class TestMovedWhenChanged(RebalanceCase):
    def test_a_product_that_is_not_stored_any_more(self):
        self._plan()
        self.env.cr.execute(
            "UPDATE product_template SET is_storable = FALSE WHERE id = %s", [self.product.product_tmpl_id.id]
        )
        self.env.invalidate_all()
        self.assertEqual(self._move_from_others()["tag"], "display_notification")
        self.assertFalse(self._pickings())

    def test_an_archived_operation_type_gives_way_to_an_active_one(self):
        other = self.other.int_type_id.copy({"name": "Between warehouses", "sequence_code": "BTW"})
        self.other.int_type_id.active = False
        self._plan()
        self._move_from_others()
        self.assertEqual(self._pickings().picking_type_id, other)

    def test_without_an_active_one_nothing_moves_and_it_is_said(self):
        kinds = self.env["stock.picking.type"].search([("warehouse_id", "=", self.other.id), ("code", "=", "internal")])
        kinds.active = False
        self._plan()
        action = self._move_from_others()
        self.assertEqual(action["tag"], "display_notification")
        self.assertIn("Other Warehouse", action["params"]["message"])
        self.assertIn("operation type", action["params"]["message"])
        self.assertFalse(self._pickings())
        self.company.inventory_replenish_trigger = "auto"
        with self.assertLogs("odoo.addons.inventory_plus.models.planning.item_rebalance", "WARNING") as logs:
            self.item_model._rebalance_company(self.company.id)
        self.assertIn("operation type", logs.output[0])
        self.assertEqual(self._run(), 1, "what cannot be moved is bought")

    def test_one_failing_product_stops_no_other(self):
        second = self._product("Uneven too")
        self._facts(second, [10] * 400)
        self._facts(second, [1] * 400, warehouse=self.other)
        self._stock(second, 500, self.other.lot_stock_id)
        self._plan()
        model = type(self.item_model)
        real = model._rebalance_figures
        bad = self.product

        def figures(items, takers):
            if bad in items.product_id:
                raise OverflowError("absurd")
            return real(items, takers)

        with patch.object(model, "_rebalance_figures", figures), self.assertLogs(LOGGER, "ERROR"):
            self.item_model._rebalance_company(self.company.id)
        self.assertEqual(self._pickings().move_ids.product_id, second)
        self.assertEqual(self._run(), 1, "the other one is bought")
