"""The feed: every cause is published once, what stays as it was is not, and nothing is skipped."""

from datetime import timedelta

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from .channel_case import DEEP, ChannelCase


class FeedCase(ChannelCase):
    """A reader of the channel ``shop`` who has seen everything up to ``cursor``."""

    def setUp(self):
        super().setUp()
        self.cursor = None
        self.everything()

    def news(self, channel="shop"):
        """``[(sku, available)]`` since the last call."""
        answer = self.api.changes(channel, self.cursor, 10_000)
        self.cursor = answer["cursor"]
        return [(change["sku"], change["available"]) for change in answer["changes"]]

    def everything(self):
        while self.news():
            pass

    def assertPublished(self, *numbers):
        """These numbers, each once, and nothing after them."""
        self.assertEqual(self.news(), list(numbers))
        self.assertEqual(self.news(), [])
        for sku, available in numbers:
            shown = self.api.available("shop", [sku])
            self.assertEqual(shown[sku]["available"] if sku in shown else 0, available)


@tagged("post_install", "-at_install")
class TestCauses(FeedCase):
    def test_stock(self):
        self.put(self.product, 3)
        self.assertPublished(("GUARDED", 15))
        self.put(self.product, 2)
        self.put(self.product, -2)
        self.assertPublished()

    def test_a_promise_made_and_released(self):
        self.reserve(5)
        self.assertPublished(("GUARDED", 7))
        self.api.release([{"channel": "shop", "key": "k1"}])
        self.assertPublished(("GUARDED", 12))

    def test_a_promise_of_another_channel(self):
        self.reserve(5, channel="market")
        self.assertPublished(("GUARDED", 7))

    def test_a_confirmed_promise_changes_nothing(self):
        self.reserve(5)
        self.assertPublished(("GUARDED", 7))
        self.api.confirm([{"channel": "shop", "key": "k1"}])
        self.assertPublished()

    def test_a_promise_whose_time_is_over(self):
        self.reserve(5)
        self.assertPublished(("GUARDED", 7))
        self.env["inventory.reservation"].search([("key", "=", "k1")]).expires_at = fields.Datetime.now() - timedelta(
            seconds=1
        )
        self.assertPublished(("GUARDED", 12))

    def test_a_reserved_delivery(self):
        picking = self.delivery([(self.product, 4)])
        picking.action_assign()
        self.commit()
        self.assertPublished(("GUARDED", 8))
        picking.do_unreserve()
        self.commit()
        self.assertPublished(("GUARDED", 12))

    def test_a_grant_that_comes_back(self):
        """What native work held for a moment may have been published in that moment."""
        key = "native:test"
        self.promise(4, key=key)
        self.put(self.product, 1)
        self.assertPublished(("GUARDED", 9))
        self.env["inventory.lock"]._release([key])
        self.assertPublished(("GUARDED", 13))

    def test_a_dead_owner_is_reaped(self):
        from ...models.common.lock import Wanted

        item = self.product.id, self.warehouse.id
        self.env["inventory.lock"]._reserve([Wanted("native:dead", *item, 4)])
        self.put(self.product, 1)
        self.assertPublished(("GUARDED", 9))
        self.env.cr.execute("SELECT inventory_tidy(ARRAY[%s], ARRAY[%s])", item)
        self.assertPublished(("GUARDED", 13))

    def test_keep_back_of_the_channel(self):
        self.shop.write({"keep_back": "fixed", "keep_quantity": 2})
        self.assertPublished(("GUARDED", 10))
        self.shop.write({"keep_back": "percent", "keep_percent": 50})
        self.assertPublished(("GUARDED", 6))
        self.shop.name = "Renamed"
        self.assertPublished()

    def test_oversell_and_split(self):
        self.shop.oversell_limit = 3
        self.assertPublished(("GUARDED", 15))
        self.shop.warehouse_line_ids = [(0, 0, {"warehouse_id": self.second.id, "sequence": 5})]
        self.assertPublished()
        self.shop.allow_split = True
        self.assertPublished(("GUARDED", 18))

    def test_warehouses_of_the_channel(self):
        self.put(self.product, 30, self.second.lot_stock_id)
        self.assertPublished()
        line = self.env["inventory.channel.warehouse"].create(
            {"channel_id": self.shop.id, "warehouse_id": self.second.id, "sequence": 5}
        )
        self.assertPublished(("GUARDED", 30))
        line.unlink()
        self.assertPublished(("GUARDED", 12))

    def test_a_new_warehouse_of_a_channel_that_names_none(self):
        self.shop.warehouse_line_ids.unlink()
        self.everything()
        third = self.env["stock.warehouse"].create({"name": "Third", "code": "THIRD"})
        self.put(self.product, 50, third.lot_stock_id)
        self.assertPublished(("GUARDED", 50))
        self.env.cr.execute("UPDATE stock_warehouse SET active = FALSE WHERE id = %s", [third.id])
        self.assertPublished(("GUARDED", 12))

    def test_rules(self):
        category = self.product.categ_id = self.env["product.category"].create({"name": "Ruled"})
        self.assertPublished()
        rule = self.env["inventory.channel.rule"].create(
            {
                "channel_id": self.shop.id,
                "applied_on": "product",
                "product_id": self.product.id,
                "keep_back": "fixed",
                "keep_quantity": 5,
            }
        )
        self.assertPublished(("GUARDED", 7))
        rule.write({"has_maximum": True, "maximum": 4})
        self.assertPublished(("GUARDED", 4))
        rule.active = False
        self.assertPublished(("GUARDED", 12))
        rule.write({"active": True, "applied_on": "template", "product_tmpl_id": self.product.product_tmpl_id.id})
        self.assertPublished(("GUARDED", 4))
        rule.write({"applied_on": "all", "has_maximum": False})
        self.assertPublished(("GUARDED", 7))
        rule.write({"applied_on": "category", "categ_id": category.id, "has_end": True, "end_when": 12})
        self.assertPublished(("GUARDED", 0))
        rule.unlink()
        self.assertPublished(("GUARDED", 12))

    def test_category_of_the_product_and_its_tree(self):
        above, below = self.env["product.category"].create([{"name": "Above"}, {"name": "Below"}])
        self.env["inventory.channel.rule"].create(
            {"channel_id": self.shop.id, "applied_on": "category", "categ_id": above.id, "keep_back": "fixed"}
        ).keep_quantity = 2
        self.assertPublished()
        self.product.categ_id = below
        self.assertPublished()
        below.parent_id = above
        self.assertPublished(("GUARDED", 10))

    def test_what_another_channel_has_ring_fenced_and_lends(self):
        rule = self.env["inventory.channel.rule"].create(
            {"channel_id": self.market.id, "applied_on": "all", "pool_quantity": 5}
        )
        self.assertPublished(("GUARDED", 7))
        self.market.lends_to_ids = self.shop
        self.assertPublished(("GUARDED", 12))
        self.market.lends_to_ids = False
        self.assertPublished(("GUARDED", 7))
        self.market.active = False
        self.assertPublished(("GUARDED", 12))
        self.market.active = True
        self.assertPublished(("GUARDED", 7))
        self.market.warehouse_line_ids.warehouse_id = self.second
        self.assertPublished(("GUARDED", 12))
        self.market.warehouse_line_ids.warehouse_id = self.warehouse
        self.assertPublished(("GUARDED", 7))
        rule.pool_quantity = 0
        self.assertPublished(("GUARDED", 12))

    def test_safety_stock(self):
        self.shop.keep_back = "safety"
        self.assertPublished()
        item = self.env["inventory.item"].search(
            [("product_id", "=", self.product.id), ("warehouse_id", "=", self.warehouse.id)]
        ) or self.env["inventory.item"].create({"product_id": self.product.id, "warehouse_id": self.warehouse.id})
        item.safety_stock = 3
        self.assertPublished(("GUARDED", 9))
        item.status = "red"
        self.assertPublished()
        item.active = False
        self.assertPublished(("GUARDED", 12))
        item.active = True
        self.assertPublished(("GUARDED", 9))
        item.unlink()
        self.assertPublished(("GUARDED", 12))

    def test_archiving(self):
        self.product.active = False
        self.assertPublished(("GUARDED", 0))
        self.product.active = True
        self.assertPublished(("GUARDED", 12))

    def test_another_code_and_a_shared_one(self):
        self.product.default_code = "OTHER"
        self.assertPublished(("GUARDED", 0), ("OTHER", 12))
        twin = self.make_product(default_code="OTHER")
        self.assertPublished(("OTHER", 0))
        twin.default_code = "TWIN"
        self.assertPublished(("OTHER", 12), ("TWIN", 0))
        twin.default_code = "OTHER"
        self.assertPublished(("OTHER", 0))
        twin.unlink()
        self.assertPublished(("OTHER", 12))
        self.product.default_code = False
        self.assertPublished(("OTHER", 0))

    def test_a_code_that_goes_to_another_product_with_the_same_stock(self):
        other = self.make_product()
        self.put(other, 12)
        self.product.default_code = False
        other.default_code = "GUARDED"
        self.assertPublished()
        self.put(other, 1)
        self.assertPublished(("GUARDED", 13))
        self.put(self.product, 1)
        self.assertPublished()

    def test_a_new_product_and_one_that_is_deleted(self):
        new = self.make_product(default_code="NEW")
        self.assertPublished(("NEW", 0))
        new.unlink()
        self.assertPublished()

    def test_a_product_of_another_company_and_one_without_stock(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        other = self.make_product(default_code="ELSEWHERE")
        self.put(other, 5)
        self.assertPublished(("ELSEWHERE", 5))
        self.env.cr.execute(
            "UPDATE product_template SET company_id = %s WHERE id = %s", [company.id, other.product_tmpl_id.id]
        )
        self.assertPublished(("ELSEWHERE", 0))

    def test_a_lot_past_its_removal_date(self):
        self.product.tracking = "lot"
        lot = self.env["stock.lot"].create({"name": "L1", "product_id": self.product.id})
        self.put(self.product, 8, lot_id=lot)
        self.assertPublished(("GUARDED", 20))
        # The clock of a transaction stands still: the relay last looked an hour ago, the lot went half an hour ago.
        self.env.cr.execute("UPDATE inventory_feed_head SET looked_at = looked_at - interval '1 hour'")
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE stock_lot SET removal_date = now() AT TIME ZONE 'UTC' - interval '30 min' WHERE id = %s", [lot.id]
        )
        self.env.cr.execute("DELETE FROM inventory_feed_note")
        self.assertPublished(("GUARDED", 12))

    def test_a_location_that_leaves_the_stock(self):
        shelf = self.env["stock.location"].create({"name": "Shelf", "location_id": self.stock.id})
        self.put(self.product, 8, shelf)
        self.assertPublished(("GUARDED", 20))
        shelf.location_id = self.warehouse.view_location_id
        self.assertPublished(("GUARDED", 12))

    def test_a_shortage(self):
        self.reserve(10, firm=True)
        self.assertPublished(("GUARDED", 2))
        self.put(self.product, -5)
        self.commit()
        self.assertPublished(("GUARDED", 0))


@tagged("post_install", "-at_install")
class TestChanges(FeedCase):
    def test_everything_from_the_beginning_in_pages(self):
        products = [self.make_product(default_code=f"P{number}") for number in range(7)]
        for product in products:
            self.put(product, 1)
        for beginning in (None, 0, "0", "", False):
            seen, cursor = {}, beginning
            while True:
                answer = self.api.changes("shop", cursor, 3)
                self.assertLessEqual(len(answer["changes"]), 3)
                seen.update((change["sku"], change["available"]) for change in answer["changes"])
                if not answer["changes"]:
                    break
                cursor = answer["cursor"]
            wanted = {sku: entry["available"] for sku, entry in self.api.available("shop").items()}
            self.assertEqual(seen, wanted)

    def test_the_sequence_rises_over_channels(self):
        self.api.changes("market", None, 10)
        before = int(self.cursor)
        self.put(self.product, 1)
        own = int(self.api.changes("shop", self.cursor, 10)["cursor"])
        other = int(self.api.changes("market", self.cursor, 10)["cursor"])
        self.assertGreater(own, before)
        self.assertGreater(other, before)
        self.assertNotEqual(own, other)

    def test_the_answer_has_its_time(self):
        self.put(self.product, 1)
        [change] = self.api.changes("shop", self.cursor)["changes"]
        self.assertRegex(change["at"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")

    def test_bad_input(self):
        for cursor in ("x", -1, "-1", 1.5, "1.5", True, [], {}, "9" * 19, "١", 10**17, "1\n", "\ud800", DEEP):
            with self.subTest(cursor=str(type(cursor))), self.assertRaisesRegex(UserError, "cursor"):
                self.api.changes("shop", cursor)
        for limit in (0, -1, 10_001, None, "5", 1.5, True):
            with self.subTest(limit=limit), self.assertRaisesRegex(UserError, "limit"):
                self.api.changes("shop", None, limit)
        for channel in ("nowhere", "", None, 5, []):
            with self.subTest(channel=channel), self.assertRaisesRegex(UserError, "channel"):
                self.api.changes(channel)

    def test_a_user_without_the_channel(self):
        stranger = new_test_user(self.env, "stranger", groups="base.group_user")
        with self.assertRaisesRegex(UserError, "no channel shop"):
            self.env["inventory.reservation"].with_user(stranger).changes("shop")

    def test_a_rolled_back_change_leaves_nothing(self):
        with self.assertRaises(ZeroDivisionError), self.env.cr.savepoint():
            self.put(self.product, 5)
            self.env.flush_all()
            raise ZeroDivisionError
        self.assertPublished()

    def test_a_relay_that_is_killed_has_done_nothing(self):
        self.put(self.product, 5)
        self.env.flush_all()
        with self.assertRaises(ZeroDivisionError), self.env.cr.savepoint():
            self.env["inventory.feed"]._relay()
            raise ZeroDivisionError
        self.assertPublished(("GUARDED", 17))

    def test_notes_do_not_pile_up_where_nobody_reads(self):
        self.env.cr.execute("DELETE FROM inventory_feed_reader")
        self.put(self.product, 5)
        self.shop.oversell_limit = 5
        self.env.flush_all()
        self.env["inventory.feed"]._cron_relay()
        self.env.cr.execute("SELECT count(*) FROM inventory_feed_note")
        self.assertEqual(self.env.cr.fetchone()[0], 0)

    def test_verification_computes_what_was_published_anew(self):
        check = self.env["inventory.verify"]._check_feed
        self.assertGreaterEqual(check()["compared"], 1)
        self.assertEqual(check()["differences"], 0)
        self.put(self.product, 1)
        self.assertEqual(check()["differences"], 0, "a note waits for the relay")
        self.everything()
        self.env.cr.execute("UPDATE inventory_feed SET available = 99 WHERE sku = 'GUARDED'")
        found = check()
        self.assertEqual(found["differences"], 1)
        self.assertIn("GUARDED in channel shop: 99.0 published, 13.0 available", found["sample"][0])
