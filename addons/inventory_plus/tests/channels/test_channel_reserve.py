"""Promises of channels: asked once, made under the lock, confirmed, released, expired."""

from datetime import timedelta

from odoo import fields
from odoo.addons.rpc.controllers.xmlrpc import dumps as xmlrpc_dumps
from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from .channel_case import DEEP, UNFIT, ChannelCase


@tagged("post_install", "-at_install")
class TestReserve(ChannelCase):
    def expire(self, key="k1", channel="shop"):
        """Let a promise's time be over."""
        reservation = self.env["inventory.reservation"].search([("key", "=", key), ("channel_id.code", "=", channel)])
        reservation.expires_at = fields.Datetime.now() - timedelta(seconds=1)
        self.env.flush_all()
        return reservation

    def test_a_request_is_promised_and_shown_to_nobody_else(self):
        answer = self.reserve(5)
        self.assertEqual((answer["state"], answer["key"]), ("soft", "k1"))
        self.assertEqual(
            answer["lines"],
            [
                {
                    "sku": "GUARDED",
                    "product_id": self.product.id,
                    "warehouse": "GUARD",
                    "requested": 5,
                    "reserved": 5,
                    "allocations": [{"warehouse": "GUARD", "reserved": 5}],
                }
            ],
        )
        self.assertTrue(answer["expires_at"].endswith("Z"))
        self.assertEqual(self.free(), 7)
        self.assertEqual((self.shown(), self.shown("market")), (7, 7))

    def test_more_than_there_is_is_rejected_and_takes_nothing(self):
        answer = self.reserve(13)
        self.assertEqual((answer["state"], answer["reason"]["code"]), ("rejected", "insufficient_stock"))
        self.assertIn("12", answer["reason"]["message"])
        self.assertEqual(answer["lines"][0]["reserved"], 0)
        self.assertEqual(self.free(), 12)

    def test_partial_takes_what_there_is_and_says_what_is_missing(self):
        answer = self.reserve(13, mode="partial")
        self.assertEqual((answer["state"], answer["lines"][0]["reserved"]), ("soft", 12))
        self.assertEqual(answer["reason"]["code"], "insufficient_stock")
        self.assertEqual(self.free(), 0)
        self.assertEqual(self.reserve(1, "k2", mode="partial")["state"], "rejected")

    def test_the_same_key_gives_the_first_answer_and_has_one_effect(self):
        first = self.reserve(5)
        self.reserve(7, "k2")
        self.assertEqual(self.reserve(5), first)
        self.assertEqual(self.free(), 0)
        twice = self.api.reserve(
            [{"key": "t", "channel": "shop", "mode": "partial", "lines": [{"sku": "GUARDED", "quantity": 1}]}] * 2
        )
        self.assertEqual(twice[0], twice[1])
        self.put(self.product, 5)
        self.commit()
        self.assertEqual(self.reserve(13, "k3")["state"], "rejected")
        self.put(self.product, 50)
        self.commit()
        self.assertEqual(self.reserve(13, "k3")["state"], "rejected", "a rejection was an answer too")

    def test_the_first_answer_comes_again_whatever_has_changed_since(self):
        first = self.reserve(5)
        missed = self.reserve(50, "k2")
        sku = self.product.default_code
        worlds = {
            "archived": lambda: self.product.write({"active": False}),
            "another code": lambda: self.product.write({"active": True, "default_code": "NEW"}),
            "the code of two": lambda: (
                self.product.write({"default_code": sku}),
                self.make_product(name="Twin", default_code=sku),
            ),
            "no stock product": lambda: self.env.cr.execute(
                "UPDATE product_template SET is_storable = FALSE WHERE id = %s", [self.product.product_tmpl_id.id]
            ),
            "another warehouse": lambda: self.shop.warehouse_line_ids.write({"warehouse_id": self.second.id}),
            "another name of the warehouse": lambda: self.warehouse.write({"code": "NAMED"}),
            "another time": lambda: self.shop.write({"ttl": 1}),
        }
        for world, change in worlds.items():
            with self.subTest(world):
                change()
                self.commit()
                self.env.invalidate_all()
                self.assertEqual(self.reserve(5), first)
                self.assertEqual(self.reserve(50, "k2"), missed)
                self.assertEqual(self.reserve(6)["reason"]["code"], "key_conflict")

    def test_a_number_is_the_same_however_a_client_writes_it(self):
        first = self.reserve(5, ttl=60)
        self.assertEqual(self.reserve(5.0, ttl=60.0), first)
        self.assertEqual(self.reserve(5.5, ttl=60)["reason"]["code"], "key_conflict")
        self.assertEqual(self.reserve(5, ttl=60, firm=True)["reason"]["code"], "key_conflict")
        self.assertEqual(self.free(), 7)

    def test_the_same_key_with_another_content_is_an_error(self):
        self.reserve(5)
        answer = self.reserve(6)
        self.assertEqual((answer["state"], answer["reason"]["code"]), ("rejected", "key_conflict"))
        self.assertEqual(self.free(), 7)
        self.assertEqual(self.reserve(6, channel="market")["state"], "soft", "keys are of a channel")

    def test_all_lines_or_none(self):
        other = self.make_product(name="Other", default_code="OTHER")
        request = {"lines": [{"sku": "GUARDED", "quantity": 2}, {"sku": "OTHER", "quantity": 1}], "channel": "shop"}
        self.assertEqual(self.api.reserve([{**request, "key": "a"}])[0]["state"], "rejected")
        self.assertEqual(self.free(), 12)
        answer = self.api.reserve([{**request, "key": "b", "mode": "partial"}])[0]
        self.assertEqual([line["reserved"] for line in answer["lines"]], [2, 0])
        self.assertEqual(self.free(other), 0)

    def test_lines_of_one_product_share_what_there_is(self):
        lines = [{"sku": "GUARDED", "quantity": 7}] * 2
        self.assertEqual(self.api.reserve([{"key": "a", "channel": "shop", "lines": lines}])[0]["state"], "rejected")
        answer = self.api.reserve([{"key": "b", "channel": "shop", "mode": "partial", "lines": lines}])[0]
        self.assertEqual([line["reserved"] for line in answer["lines"]], [7, 5])

    def test_requests_of_one_call_are_independent(self):
        answers = self.api.reserve(
            [
                {"key": "a", "channel": "shop", "lines": [{"sku": "GUARDED", "quantity": 10}]},
                {"key": "b", "channel": "nowhere", "lines": [{"sku": "GUARDED", "quantity": 1}]},
                {"key": "c", "channel": "market", "lines": [{"sku": "GUARDED", "quantity": 3}]},
                {"key": "d", "channel": "shop", "lines": [{"sku": "GUARDED", "quantity": 2}]},
            ]
        )
        self.assertEqual([answer["state"] for answer in answers], ["soft", "rejected", "rejected", "soft"])
        self.assertEqual([answer["key"] for answer in answers], list("abcd"))

    def test_firm_confirm_release_extend(self):
        self.assertEqual(self.reserve(2, firm=True)["state"], "firm")
        self.assertFalse(self.status()["expires_at"])
        self.reserve(3, "k2", ttl=60)
        keys = [{"channel": "shop", "key": "k2"}]
        before = self.status("k2")["expires_at"]
        self.assertGreater(self.api.extend(keys, 3600)[0]["expires_at"], before)
        self.assertEqual(self.api.confirm(keys)[0]["state"], "firm")
        self.assertEqual(self.api.confirm(keys)[0].get("reason"), None, "again changes nothing")
        self.assertEqual(self.free(), 7)
        answer = self.api.release(keys, "customer left")[0]
        self.assertEqual((answer["state"], answer["lines"][0]["released"]), ("released", 3))
        self.assertEqual(self.api.release(keys)[0]["state"], "released")
        self.assertEqual(self.free(), 10)
        self.assertEqual(self.api.confirm(keys)[0]["reason"]["code"], "not_possible")
        self.assertEqual(self.api.extend(keys, 60)[0]["reason"]["code"], "not_possible")
        events = self.env["inventory.reservation"].search([("key", "=", "k2")]).event_ids
        self.assertEqual(events.mapped("event"), ["soft", "extended", "firm", "released"])
        self.assertEqual(events[-1].reason, "customer left")
        self.assertEqual(set(events.mapped("user_id")), {self.api_user.id})

    def test_what_expired_is_free_at_once(self):
        self.reserve(12)
        self.assertEqual(self.shown("market"), 0)
        self.expire()
        self.assertEqual(self.shown("market"), 12)
        self.assertEqual(self.status()["state"], "expired")
        self.assertEqual(self.reserve(12, "k2", channel="market")["state"], "soft")
        self.assertEqual(self.api.confirm([{"channel": "shop", "key": "k1"}])[0]["reason"]["code"], "expired")
        self.assertEqual(self.free(), 0)

    def test_confirming_too_late_is_refused_even_before_anybody_took_the_goods(self):
        self.reserve(12)
        self.expire()
        answer = self.api.confirm([{"channel": "shop", "key": "k1"}])[0]
        self.assertEqual((answer["state"], answer["reason"]["code"]), ("expired", "expired"))
        self.assertEqual(self.free(), 12)

    def test_the_scheduled_action_closes_and_leaves_the_living(self):
        self.reserve(4)
        self.reserve(4, "k2")
        self.expire()
        self.env["inventory.reservation"]._cron_expire()
        self.assertEqual((self.status()["state"], self.status("k2")["state"]), ("expired", "soft"))
        self.assertEqual(self.free(), 8)

    def test_natives_get_what_is_left_and_hear_who_has_the_rest(self):
        self.reserve(10, reference="Order 77")
        picking = self.delivery([(self.product, 5)])
        picking.action_assign()
        self.assertEqual(picking.move_ids.quantity, 2)
        with self.assertRaisesRegex(UserError, r"Order 77 \(Shop\)"):
            picking.move_ids.quantity = 5
            self.env.cr.flush()

    def test_warehouses_in_order_and_split(self):
        self.put(self.product, 5, self.second.lot_stock_id)
        self.commit()
        both = self.second | self.warehouse
        self.make_channel("one", both)
        self.make_channel("split", both, allow_split=True)
        answer = self.reserve(3, "a", channel="one")
        self.assertEqual(answer["lines"][0]["warehouse"], "SECON")
        answer = self.reserve(3, "b", channel="one")
        self.assertEqual(answer["lines"][0]["warehouse"], "GUARD", "from one warehouse as a whole")
        self.assertEqual(self.reserve(11, "c", channel="one")["state"], "rejected")
        self.assertEqual(self.api.available("one", ["GUARDED"])["GUARDED"]["available"], 9)
        answer = self.reserve(11, "d", channel="split")
        self.assertEqual(
            answer["lines"][0]["allocations"],
            [{"warehouse": "SECON", "reserved": 2}, {"warehouse": "GUARD", "reserved": 9}],
        )
        self.assertEqual((self.free(), self.free(warehouse=self.second)), (0, 0))

    def test_a_line_may_name_its_warehouse(self):
        self.put(self.product, 5, self.second.lot_stock_id)
        self.commit()
        self.make_channel("both", self.warehouse | self.second)
        lines = [{"sku": "GUARDED", "quantity": 2, "warehouse": "SECON"}, {"sku": "GUARDED", "quantity": 1}]
        answer = self.api.reserve([{"key": "a", "channel": "both", "lines": lines}])[0]
        self.assertEqual([line["warehouse"] for line in answer["lines"]], ["SECON", "GUARD"])
        lines[0]["warehouse"] = "NONE"
        answer = self.api.reserve([{"key": "b", "channel": "both", "lines": lines}])[0]
        self.assertEqual(answer["reason"]["code"], "unknown_warehouse")
        answer = self.api.reserve([{"key": "c", "channel": "shop", "lines": [{**lines[0], "warehouse": "SECON"}]}])[0]
        self.assertEqual(answer["reason"]["code"], "unknown_warehouse", "not a warehouse of the channel")

    def test_units(self):
        dozen = self.env.ref("uom.product_uom_dozen")
        dozen.active = True
        answer = self.api.reserve(
            [{"key": "a", "channel": "shop", "lines": [{"sku": "GUARDED", "quantity": 1, "uom": dozen.name}]}]
        )[0]
        self.assertEqual((answer["state"], answer.get("reason")), ("soft", None))
        self.assertEqual(answer["lines"][0]["reserved"], 1)
        self.assertEqual(self.free(), 0)
        bad = [{"sku": "GUARDED", "quantity": 1, "uom": self.env.ref("uom.product_uom_kgm").name}]
        answer = self.api.reserve([{"key": "b", "channel": "shop", "lines": bad}])[0]
        self.assertEqual(answer["reason"]["code"], "bad_uom")

    def test_no_less_is_held_than_was_answered(self):
        gram, kilogram = self.env.ref("uom.product_uom_gram"), self.env.ref("uom.product_uom_kgm")
        flour = self.make_product(name="Flour", default_code="FLOUR", uom_id=kilogram.id)
        self.put(flour, 1)
        self.commit()
        for number, (asked, held) in enumerate(((14, 0.02), (6, 0.01), (333, 0.34), (20, 0.02))):
            before = self.free(flour)
            line = {"sku": "FLOUR", "quantity": asked, "uom": gram.name}
            [answer] = self.api.reserve([{"key": f"f{number}", "channel": "shop", "lines": [line]}])
            self.assertEqual((answer["state"], answer["lines"][0]["reserved"]), ("soft", asked))
            self.assertAlmostEqual(before - self.free(flour), held)

    def test_queries_do_not_grow_with_lines(self):
        dozen = self.env.ref("uom.product_uom_dozen")
        dozen.active = True
        self.assertEqual(self.reserve(1, "first")["state"], "soft")
        products = [self.make_product(name=f"P{number}", default_code=f"P{number}") for number in range(40)]
        for product in products:
            self.put(product, 1000)
        self.commit()
        units = (None, dozen.name, dozen.id)
        lines = [
            {
                **({"sku": product.default_code} if number % 2 else {"product_id": product.id}),
                "quantity": 1,
                "uom": units[number % 3],
            }
            for number, product in enumerate(products)
        ]
        self.queries_of(lines[:6])
        few = self.queries_of(lines[:6])
        self.assertEqual(self.queries_of(lines), few)

    def test_keys_of_others_are_unknown(self):
        self.reserve(2)
        self.market.user_ids = False
        self.assertEqual(self.status(channel="market")["reason"]["code"], "unknown_channel")
        self.assertEqual(self.status("k9")["reason"]["code"], "unknown_key")
        answers = self.api.release([{"channel": "market", "key": "k1"}, {"channel": "shop", "key": "k1"}])
        self.assertEqual([answer["state"] for answer in answers], [False, "released"])

    def test_forgetting_keys_after_90_days(self):
        self.reserve(2)
        self.api.release([{"channel": "shop", "key": "k1"}])
        self.env["inventory.reservation"]._forget()
        self.assertEqual(self.status()["state"], "released")
        self.env.cr.execute(
            "UPDATE inventory_reservation SET create_date = create_date - interval '91 days',"
            " write_date = write_date - interval '91 days'"
        )
        self.env["inventory.reservation"]._forget()
        self.assertEqual(self.status()["reason"]["code"], "unknown_key")


@tagged("post_install", "-at_install")
class TestBadRequests(ChannelCase):
    good = 0

    def code(self, channel="shop", key="bad", line=None, **values):
        lines = [{"sku": "GUARDED", "quantity": 1, **(line or {})}]
        request = {"key": key, "channel": channel, "lines": lines, **values}
        self.good += 1
        good = {"key": f"good{self.good}", "channel": "shop", "lines": [{"sku": "GUARDED", "quantity": 0.01}]}
        answers = self.api.reserve([request, good])
        self.assertEqual(answers[1]["state"], "soft", "the others of the call are carried out")
        self.assertTrue(answers[0]["reason"]["message"])
        self.assertIn(answers[0]["key"], (key, False))
        self.assertTrue(xmlrpc_dumps([answers]), "XML-RPC can carry the answers")
        return answers[0]["reason"]["code"]

    def test_each_mistake_has_its_code(self):
        self.env["product.product"].create({"name": "Service", "type": "service", "default_code": "SERVICE"})
        self.make_product(name="Gone", default_code="GONE", active=False)
        self.make_product(name="Twin", default_code="TWIN")
        self.make_product(name="Twin", default_code="TWIN")
        cases = {
            "unknown_channel": [{"channel": name} for name in ("nowhere", None, 5, ["shop"], *UNFIT, DEEP)],
            "bad_key": [{"key": key} for key in ("", " ", None, 7, 10**11, [], DEEP, "x" * 201, *UNFIT)],
            "unknown_sku": [{"line": {"sku": sku}} for sku in ("guarded", "", None, "'; --", 12, DEEP, *UNFIT)],
            "bad_date": [
                {"line": {"date": date}}
                for date in (
                    *("2020-01-01", "2126-01-01", "2026-02-30", "20301201", "2030-1-1", "", "soon"),
                    *(7, 1e300, True, [], {}, DEEP, *UNFIT),
                )
            ],
            "ambiguous_sku": [
                {"line": {"sku": "TWIN"}},
                {"line": {"sku": "GUARDED", "product_id": self.product.id + 1}},
            ],
            "archived_product": [{"line": {"sku": "GONE"}}],
            "not_stockable": [{"line": {"sku": "SERVICE"}}],
            "bad_quantity": [
                {"line": {"quantity": quantity}}
                for quantity in (0, -1, 1e30, float("nan"), float("inf"), "1", None, True, 0.001, [], 10**400)
            ],
            "bad_uom": [{"line": {"uom": unit}} for unit in ("nothing", 999999, [], DEEP, *UNFIT)],
            "unknown_warehouse": [{"line": {"warehouse": name}} for name in ("NONE", 99999999, [], {}, DEEP, *UNFIT)],
            "bad_ttl": [{"ttl": ttl} for ttl in (0, -5, 90 * 86400 + 1, 10**12, "60", True, float("nan"))],
            "bad_mode": [{"mode": "some"}, {"mode": None}],
            "bad_lines": [{"lines": []}, {"lines": None}, {"lines": ["x"]}, {"lines": {"sku": "GUARDED"}}],
            "bad_request": [
                *({"firm": "yes"}, {"reference": 5}, *({"reference": text} for text in UNFIT)),
                *({"firn": True}, {"mod": "partial"}, {"line": {"qty": 3}}, {"line": {"": 3}}, {"a\x00": 1}),
                *({text: 1} for text in UNFIT),
            ],
        }
        for code, mistakes in cases.items():
            for number, mistake in enumerate(mistakes):
                with self.subTest(code=code, number=number):
                    self.assertEqual(self.code(**mistake), code)
        kept = self.env["inventory.reservation"].search([("key", "=", "bad")])
        self.assertFalse(kept, "nothing is kept of a mistake")

    def test_what_is_no_list_is_refused_as_a_whole(self):
        for value in (None, {}, "x", [1], 5):
            with self.assertRaises(UserError):
                self.api.reserve(value)
            with self.assertRaises(UserError):
                self.api.confirm(value)
        with self.assertRaises(UserError):
            self.api.extend([], float("nan"))
        with self.assertRaises(UserError):
            self.api.available("nowhere")
        with self.assertRaises(UserError):
            self.api.available("shop", "GUARDED")

    def test_texts_that_cannot_be_kept(self):
        self.reserve(2)
        for text in UNFIT:
            with self.subTest(text=ascii(text)):
                keys = [{"channel": "shop", "key": text}, {"channel": text, "key": "k1"}, {}]
                for answers in (self.api.status(keys), self.api.confirm(keys), self.api.extend(keys, 60)):
                    codes = [answer["reason"]["code"] for answer in answers]
                    self.assertEqual(codes, ["bad_key", "unknown_channel", "unknown_channel"])
                    self.assertTrue(xmlrpc_dumps([answers]))
                self.assertEqual(self.api.available("shop", [text]), {})
                for call in (self.api.available, self.api.changes):
                    with self.assertRaises(UserError):
                        call(text)
                with self.assertRaises(UserError):
                    self.api.available("shop", None, [text])
        self.assertEqual(self.api.release([{"channel": "shop", "key": "k1"}], "a\ud800b\x00c")[0]["state"], "released")
        events = self.env["inventory.reservation"].search([("key", "=", "k1")]).event_ids
        self.assertEqual(events[-1].reason, "a?bc")

    def test_an_empty_code_leaves_the_product_to_its_number(self):
        for number, sku in enumerate(("", None, False)):
            line = {"sku": sku, "product_id": self.product.id, "quantity": 1}
            answer = self.api.reserve([{"key": f"e{number}", "channel": "shop", "lines": [line]}])[0]
            self.assertEqual((answer["state"], answer["lines"][0]["sku"]), ("soft", "GUARDED"))

    def test_a_key_in_any_script(self):
        self.assertEqual(self.reserve(1, key="订单-甲 🚚")["state"], "soft")
        self.assertEqual(self.status("订单-甲 🚚")["state"], "soft")

    def test_ten_thousand_lines_in_a_call(self):
        self.put(self.product, 20_000)
        self.commit()
        lines = [{"sku": "GUARDED", "quantity": 1}] * 100
        answers = self.api.reserve([{"key": f"m{i}", "channel": "shop", "lines": lines} for i in range(100)])
        self.assertEqual({answer["state"] for answer in answers}, {"soft"})
        self.assertEqual(self.free(), 10_012)

    def test_a_product_of_another_company_is_unknown(self):
        other = self.env["res.company"].create({"name": "Other"})
        foreign = self.make_product(name="Foreign", default_code="FOREIGN", company_id=other.id)
        self.assertEqual(self.code(line={"sku": "FOREIGN"}), "unknown_sku")
        self.assertEqual(self.code(line={"sku": None, "product_id": foreign.id}), "unknown_sku")


@tagged("post_install", "-at_install")
class TestRights(ChannelCase):
    def test_an_api_user_cannot_touch_the_records(self):
        self.reserve(2)
        for model in ("inventory.reservation", "inventory.reservation.line", "inventory.channel"):
            with self.assertRaises(UserError):
                self.env[model].with_user(self.api_user).search([])
        reservation = self.env["inventory.reservation"].search([("key", "=", "k1")]).with_user(self.api_user)
        with self.assertRaises(UserError):
            reservation.write({"state": "released"})
        with self.assertRaises(UserError):
            reservation.action_release()

    def test_managers_change_promises_by_hand_and_write_none(self):
        self.reserve(2)
        manager = new_test_user(self.env, "chan_manager", groups="inventory_plus.group_manager")
        reservation = self.env["inventory.reservation"].search([("key", "=", "k1")]).with_user(manager)
        with self.assertRaises(UserError):
            reservation.write({"state": "firm"})
        reservation.action_confirm_promise()
        self.assertEqual(reservation.state, "firm")
        reservation.action_release()
        self.assertEqual(self.free(), 12)
        with self.assertRaises(UserError):
            reservation.action_confirm_promise()
