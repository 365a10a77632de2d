"""A blind counter learns the book quantity by no read: every model, every channel, searched for one number."""

from odoo import Command
from odoo.addons.inventory_plus.tests.control.common import ControlCase
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

BOOK = 7919.0
NUMERIC = ("integer", "float", "monetary")
#: Errors that a reader meets on models that are not meant to be read like this (no access, no table, bad default).
REFUSED = (UserError, ValueError, TypeError, KeyError, NotImplementedError, AttributeError)


def holds(value):
    """Whether a value that came out of the server shows the number, as a number or in a text."""
    if isinstance(value, bool) or value is None:
        return False
    if isinstance(value, (int, float)):
        return abs(abs(value) - BOOK) < 0.01
    if isinstance(value, str):
        return "7919" in value or "7,919" in value or "7.919" in value
    if isinstance(value, bytes):
        return b"7919" in value or b"7,919" in value
    if isinstance(value, dict):
        return any(holds(one) for one in value.values()) or any(holds(key) for key in value)
    if isinstance(value, (list, tuple, set)):
        return any(holds(one) for one in value)
    return False


class BlindCase(ControlCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        groups = (
            "inventory_plus.group_operator,inventory_plus.group_counter,stock.group_stock_manager,"
            "inventory_plus.group_planner,inventory_plus.group_sales,inventory_plus.group_buyer,"
            "inventory_plus.group_auditor,inventory_plus.group_approver,base.group_allow_export,"
            "stock.group_production_lot,stock.group_tracking_lot,stock.group_tracking_owner,base.group_no_one"
        )
        cls.curious = new_test_user(cls.env, "count_curious", groups=groups)
        cls.planner = new_test_user(cls.env, "count_planner", groups="inventory_plus.group_planner")
        supplier = cls.env["res.partner"].create({"name": "Nut maker"})
        cls.secret = cls.env["product.product"].create(
            {
                "name": "Nut",
                "default_code": "NUT",
                "is_storable": True,
                "standard_price": 1.0,
                "weight": 1.0,
                "seller_ids": [Command.create({"partner_id": supplier.id})],
            }
        )
        cls.secret_lotted = cls.env["product.product"].create(
            {"name": "Oil", "is_storable": True, "tracking": "lot", "standard_price": 1.0}
        )
        cls.bin = cls.env["stock.location"].create({"name": "Bin", "location_id": cls.shelf.id, "barcode": "BIN"})
        lot = cls.env["stock.lot"].create({"name": "OIL-1", "product_id": cls.secret_lotted.id})
        package = cls.env["stock.package"].create({"name": "PACK-1"})
        cls._receive(cls.secret, cls.bin)
        cls._receive(cls.secret_lotted, cls.bin, lot_id=lot.id, result_package_id=package.id)
        cls.env["stock.warehouse.orderpoint"].create(
            {"product_id": cls.secret.id, "location_id": cls.stock.id, "product_min_qty": 1, "product_max_qty": 2}
        )
        cls.env["inventory.item"].sudo().search([]).unlink()
        cls.env["inventory.daily.flow"]._refresh()
        items = cls.env["inventory.item"].create(
            [
                {"product_id": product.id, "warehouse_id": cls.warehouse.id, "abc": "A"}
                for product in (cls.secret, cls.secret_lotted)
            ]
        )
        items._refresh(items)
        cls.env.flush_all()

    @classmethod
    def _receive(cls, product, location, **line):
        """Bring the book quantity in by a receipt, so that moves, lines, values and daily facts tell it too."""
        picking_type = cls.warehouse.in_type_id
        source = cls.env.ref("stock.stock_location_suppliers")
        picking = cls.env["stock.picking"].create(
            {"picking_type_id": picking_type.id, "location_id": source.id, "location_dest_id": cls.stock.id}
        )
        move = cls.env["stock.move"].create(
            {
                "product_id": product.id,
                "product_uom_qty": BOOK,
                "location_id": source.id,
                "location_dest_id": cls.stock.id,
                "picking_id": picking.id,
                "move_line_ids": [
                    Command.create(
                        {
                            "product_id": product.id,
                            "quantity": BOOK,
                            "location_id": source.id,
                            "location_dest_id": location.id,
                            "picking_id": picking.id,
                            **line,
                        }
                    )
                ],
            }
        )
        move.picked = True
        move._action_done()

    def _task(self, products=None, locations=None, user=None, **more):
        vals = {
            "location_ids": [Command.set((locations or self.bin).ids)],
            "product_ids": [Command.set(products.ids if products else [])],
            "user_id": (user or self.curious).id,
            **more,
        }
        task = self.env["inventory.count.task"].with_user(self.planner).create(vals)
        task.action_open()
        return task

    # ----------------------------------------------------------- looking about

    def _leaks(self, user):
        """``{(model, how, field)}`` by which the number reaches the user."""
        self.env.flush_all()
        self.env.invalidate_all()
        found = set()
        env = self.env(user=user, su=False)
        for name in sorted(self.env.registry):
            model = env[name]
            if model._abstract or name.startswith(("ir.", "base.", "bus.", "queue.", "res.lang", "res.currency")):
                continue
            try:
                if not model.has_access("read"):
                    continue
            except REFUSED:
                continue
            found |= {(name, *leak) for leak in self._leaks_of(model)}
        return found

    def _try(self, call):
        try:
            with self.env.cr.savepoint():
                return call()
        except REFUSED:
            return None
        except Exception:  # a model whose table cannot be read as such
            return None

    def _leaks_of(self, model):
        readable = [
            name
            for name, field in model.fields_get(attributes=["type"]).items()
            if field["type"] != "binary" and not name.startswith(("message_", "activity_"))
        ]
        records = self._try(lambda: model.with_context(active_test=False).search([], limit=500))
        if records is None:
            return
        at_once = self._try(lambda: records.read(readable, load=""))
        for name in readable:
            field = model._fields[name]
            # One by one only where reading all at once shows it, or is refused.
            suspect = records and (at_once is None or holds([row.get(name) for row in at_once]))
            if suspect and holds(self._try(lambda name=name: [row[name] for row in records.read([name], load="")])):
                yield "read", name
            if field.type not in NUMERIC:
                continue
            if field.store or field.search:
                if self._try(lambda name=name: model.search_count([(name, "=", BOOK)])):
                    yield "search", name
                if self._try(lambda name=name: model.search_count([(name, ">", BOOK - 1), (name, "<", BOOK + 1)])):
                    yield "search by value", name
            groups = self._try(lambda name=name: model.formatted_read_group([], [], [f"{name}:sum", f"{name}:max"]))
            if holds(groups):
                yield "formatted_read_group", name
        if records:
            if holds(self._try(lambda: records.export_data(readable)["datas"])):
                yield "export", "all"
            if holds(self._try(lambda: records.mapped("display_name"))) or holds(
                self._try(lambda: model.name_search("", limit=200))
            ):
                yield "name", "display_name"
            paths = [
                f"{name}/{figure}"
                for name in readable
                if model._fields[name].relational and model._fields[name].comodel_name == "product.product"
                for figure in ("qty_available", "free_qty", "virtual_available")
            ]
            if paths and holds(self._try(lambda: records.export_data(paths)["datas"])):
                yield "export", "paths"

    def _reports(self, user):
        """Reports and other answers that are not records."""
        env = self.env(user=user, su=False)
        calls = {
            "forecast": lambda: env["stock.forecasted_product_product"].get_report_values(self.secret.ids),
            "forecast of template": lambda: env["stock.forecasted_product_template"].get_report_values(
                self.secret.product_tmpl_id.ids
            ),
            "valuation": lambda: env["stock_account.stock.valuation.report"].get_report_values(),
            "onchange": lambda: (
                env["stock.scrap"]
                .with_context(default_product_id=self.secret.id)
                .onchange(
                    {},
                    [],
                    {"product_id": {"fields": {"qty_available": {}}}, "location_id": {"fields": {"net_weight": {}}}},
                )
            ),
            "web_read": lambda: (
                env["product.product"]
                .browse(self.secret.id)
                .web_read(
                    {
                        "qty_available": {},
                        "product_tmpl_id": {"fields": {"qty_available": {}}},
                        "stock_quant_ids": {"fields": {"quantity": {}}},
                        "orderpoint_ids": {"fields": {"qty_forecast": {}, "qty_on_hand": {}}},
                    }
                )
            ),
            "by location": lambda: (
                env["product.product"]
                .browse(self.secret.id)
                .with_context(location=self.bin.id)
                .read(["qty_available", "free_qty", "virtual_available"])
            ),
            "by warehouse": lambda: (
                env["product.template"]
                .browse(self.secret.product_tmpl_id.id)
                .with_context(warehouse_id=self.warehouse.id)
                .read(["qty_available", "virtual_available"])
            ),
            "in the past": lambda: (
                env["product.product"]
                .browse(self.secret.id)
                .with_context(to_date="2099-01-01")
                .read(["qty_available", "virtual_available"])
            ),
        }
        return {name for name, call in calls.items() if holds(self._try(call))}

    def _prints(self, user):
        """Every printed report about the product, its lot, its places and its stock."""
        env = self.env(user=user, su=False)
        docs = {
            "stock.quant": self.env["stock.quant"].search([("product_id", "=", self.secret.id)]).ids,
            "stock.lot": self.env["stock.lot"].search([("name", "=", "OIL-1")]).ids,
            "stock.package": self.env["stock.package"].search([("name", "=", "PACK-1")]).ids,
            "stock.location": self.bin.ids,
            "product.product": self.secret.ids,
            "product.template": self.secret.product_tmpl_id.ids,
            "stock.picking": self.env["stock.picking"].search([("product_id", "=", self.secret.id)]).ids,
        }
        found = set()
        for report in self.env["ir.actions.report"].search([("model", "in", list(docs))]):
            if report.report_name.startswith("product.report_producttemplatelabel"):
                continue  # needs the choice of a dialog
            name, ids = report.report_name, docs[report.model]
            page = self._try(lambda name=name, ids=ids: env["ir.actions.report"]._render_qweb_html(name, ids)[0])
            if holds(page):
                found.add(report.report_name)
        return found


@tagged("post_install", "-at_install")
class TestCountBlind(BlindCase):
    def test_the_walk_finds_what_is_open(self):
        """Without a count the number is all over the place: the walk looks where it should."""
        leaks = self._leaks(self.curious)
        models = {leak[0] for leak in leaks}
        expected = {"stock.quant", "stock.move", "stock.move.line", "product.product", "product.template", "stock.lot"}
        expected |= {"inventory.item", "report.stock.quantity", "stock.location", "stock.warehouse.orderpoint"}
        self.assertFalse(expected - models)
        self.assertIn(("product.product", "search", "qty_available"), leaks)
        self.assertIn(("stock.quant", "formatted_read_group", "quantity"), leaks)
        expected = {"forecast", "forecast of template", "web_read", "by location", "by warehouse", "in the past"}
        self.assertLessEqual(expected, self._reports(self.curious))
        self.assertTrue(self._prints(self.curious))

    def test_nothing_by_product_and_place(self):
        self._task(self.secret | self.secret_lotted)
        self.assertEqual(self._leaks(self.curious), set())
        self.assertEqual(self._reports(self.curious), set())
        self.assertEqual(self._prints(self.curious), set())

    def test_nothing_by_place_alone(self):
        self._task()
        self.assertEqual(self._leaks(self.curious), set())
        self.assertEqual(self._reports(self.curious), set())
        self.assertEqual(self._prints(self.curious), set())

    def test_nothing_while_counting(self):
        """The noted book quantity, the sheet and the differences show nothing either, nor to the second counter."""
        task = self._task(self.secret | self.secret_lotted)
        mine = task.with_user(self.curious)
        sheet = mine.start()
        self.assertFalse(holds(sheet))
        lines = [{"line": line["id"], "quantity": 12} for line in sheet["lines"]]
        self.assertFalse(holds(mine.count(lines, "one")))
        self.assertEqual(
            self.env["inventory.count.result"].search([("task_id", "=", task.id)]).mapped("book_quantity"), [BOOK, BOOK]
        )
        self.assertEqual(self._leaks(self.curious), set(), "while he counts")
        mine.finish()
        self.assertEqual(task.state, "second")
        self.assertEqual(self._leaks(self.curious), set(), "the first counter stays blind until the second is done")

    def test_the_counter_sees_again_afterwards(self):
        task = self._task(self.secret)
        quants = self.env["stock.quant"].with_user(self.curious).search([("product_id", "=", self.secret.id)])
        self.assertFalse(quants.filtered(lambda quant: quant.location_id == self.bin))
        task.with_user(self.planner).action_cancel()
        self.assertIn(("stock.quant", "read", "quantity"), {leak[:3] for leak in self._leaks(self.curious)})

    def test_others_see_all_the_time(self):
        self._task(self.secret)
        product = self.secret.with_user(self.users["operator"])
        self.assertEqual(product.qty_available, BOOK)
        self.assertEqual(product.read(["qty_available"])[0]["qty_available"], BOOK)

    def test_other_goods_are_seen(self):
        """Blind is blind for the scope, not for the rest of the warehouse."""
        self._task(self.secret)
        product = self.product.with_user(self.curious)
        self.assertEqual(product.read(["qty_available"])[0]["qty_available"], 10)
        self.assertTrue(self.env["stock.quant"].with_user(self.curious).search([("product_id", "=", self.product.id)]))
        found = self.env["product.product"].with_user(self.curious).search([("qty_available", "=", 10)])
        self.assertIn(self.product, found)

    def test_work_goes_on_with_true_figures(self):
        """What the server computes for its work in the counter's name is not wrong because he may not see it."""
        self._task(self.secret)
        product = self.secret.with_user(self.curious)
        self.assertEqual(product._compute_quantities_dict(None, None, None)[product.id]["free_qty"], BOOK)

    def test_no_oracle(self):
        """Nor by trying: asking whether so many are there is refused, and so is entering documents about them."""
        self._task(self.secret)
        env = self.env(user=self.curious, su=False)
        with self.assertRaises(AccessError):
            env["stock.scrap"].create(
                {"product_id": self.secret.id, "location_id": self.bin.id, "scrap_qty": BOOK + 1}
            ).check_available_qty()
        with self.assertRaises(AccessError) as caught:
            env["stock.quant"].browse(
                self.env["stock.quant"].search([("product_id", "=", self.secret.id), ("quantity", ">", 0)]).ids
            ).read(["quantity"])
        self.assertIn("counting blind", str(caught.exception))

    def test_nobody_frees_himself(self):
        """A planner who counts blind changes nothing about that."""
        task = self._task(self.secret)
        mine = task.with_user(self.curious)
        for vals in ({"user_id": False}, {"blind": False}, {"user_id": self.planner.id}, {"state": "done"}):
            with self.assertRaises(UserError):
                mine.write(vals)
        for method in ("action_cancel", "unlink"):
            with self.assertRaises(UserError):
                getattr(mine, method)()

    def test_cost_for_everybody_else(self):
        """Without an open count no query; with one, a single look a transaction for who is not concerned."""
        watch = self.env["inventory.count.watch"].with_user(self.users["viewer"])
        self.env.registry.clear_cache("stable")
        self.env.cr.cache.clear()
        watch._blind()
        with self.assertQueryCount(0):
            for _again in range(5):
                watch._blind()
                watch._frozen()
        self._task(self.secret)
        self.env.flush_all()
        watch._any()
        self.env.cr.cache.clear()
        with self.assertQueryCount(1):
            for _again in range(5):
                self.assertIsNone(watch._blind())
                watch._frozen()
