"""Done transfers, moves and move lines of the demonstration company, with the values that Odoo would have set."""

from collections import defaultdict

from odoo import api, models

from .rows import Rows, copy_pairs

MOVE_COLUMNS = (
    "product_id", "product_uom", "packaging_uom_id", "location_id", "location_dest_id", "location_final_id",
    "partner_id", "picking_id", "rule_id", "picking_type_id", "warehouse_id", "origin_returned_move_id", "state",
    "origin", "procure_method", "reference", "product_qty", "product_uom_qty", "packaging_uom_qty", "quantity",
    "picked", "is_inventory", "date", "date_deadline", "reservation_date", "price_unit", "value", "to_refund", "is_in",
    "is_out", "is_dropship", "purchase_line_id", "sale_line_id",
)  # fmt: skip
LINE_COLUMNS = (
    "picking_id", "move_id", "company_id", "product_id", "product_uom_id", "lot_id", "location_id",
    "location_dest_id", "state", "quantity", "quantity_product_uom", "picked", "date", "expiration_date",
    "removal_date",
)  # fmt: skip
PICKING_COLUMNS = (
    "name", "origin", "partner_id", "picking_type_id", "location_id", "location_dest_id", "state", "scheduled_date",
    "date_deadline", "date_done", "sale_id", "return_id",
)  # fmt: skip


class Valuation:
    """Average and standard cost as Odoo computes them from move to move, in the company's currency."""

    def __init__(self, catalogue):
        self.cost = {product.index: product.cost for product in catalogue.products}
        self.quantity = defaultdict(float)
        self.total = defaultdict(float)
        self.average = {
            product.index: catalogue.categories[product.category][2] == "average" for product in catalogue.products
        }

    def goods_in(self, product, quantity, value):
        """Value of ``quantity`` that enters the company; rounded as the stored field is."""
        value = round(value, 2)
        if self.average[product]:
            if self.quantity[product] > 0:
                self.total[product] += value
                self.cost[product] = self.total[product] / (self.quantity[product] + quantity)
            else:
                self.cost[product] = value / quantity
                self.total[product] = self.cost[product] * (self.quantity[product] + quantity)
        self.quantity[product] += quantity
        return value

    def goods_out(self, product, quantity):
        """Value of ``quantity`` that leaves the company."""
        self.quantity[product] -= quantity
        value = quantity * self.cost[product]
        self.total[product] -= value
        return round(value, 2)

    def final_costs(self):
        """``{product: cost}`` of the products whose cost the moves made."""
        return {product: self.cost[product] for product, average in self.average.items() if average}


class _Book:
    """Writes the moves of one company: knows the places, keeps the transfers and the values."""

    def __init__(self, env, samples, company, master, clock, lots, orders, sales):
        self.env, self.cr = env, env.cr
        self.company, self.master, self.clock = company, master, clock
        self.lots, self.orders, self.sales = lots, orders, sales
        self.products = company.catalogue.products
        self.moves = Rows(self.cr, "stock_move", samples["stock_move"], MOVE_COLUMNS)
        line_sample = {
            name: samples["stock_move"][name] for name in ("create_uid", "write_uid", "create_date", "write_date")
        }
        self.lines = Rows(self.cr, "stock_move_line", line_sample, LINE_COLUMNS)
        self.pickings = Rows(self.cr, "stock_picking", samples["stock_picking"], PICKING_COLUMNS)
        self.values = Valuation(company.catalogue)
        self.chain, self.references = [], {"sale": [], "purchase": []}
        self.numbers, self.names = defaultdict(int), {}
        self.open_pickings, self.move_of, self.picking_of, self.value_of = {}, {}, {}, {}
        self.company_id = env.company.id
        self._find_places()

    def _find_places(self):
        warehouse = self.env["stock.warehouse"]
        customer, supplier = warehouse._get_partner_locations()
        self.customer, self.supplier = customer.id, supplier.id
        self.transit = self.env.company.internal_transit_location_id.id
        product = self.env["product.product"].browse(self.master["products"][0])
        self.inventory = product.property_stock_inventory.id
        Location = self.env["stock.location"]
        scrap = Location.search(
            [("usage", "=", "inventory"), ("company_id", "in", [self.company_id, False]), ("id", "!=", self.inventory)],
            limit=1,
        )
        self.scrap = scrap.id or self.inventory
        self.houses = self.master["warehouses"]
        self.stock = [house.lot_stock_id.id for house in self.houses]
        main, branch = self.houses[0], self.houses[1]
        self.delivery = [self._delivery_steps(house) for house in self.houses]
        rules = self.env["stock.rule"].search([("route_id", "in", branch.resupply_route_ids.ids)])
        self.resupply = {(rule.location_src_id.id, rule.location_dest_id.id): rule.id for rule in rules}
        self.output = main.wh_output_stock_loc_id.id
        self.sequences = {
            kind.id: kind.sequence_id
            for house in self.houses
            for kind in (house.in_type_id, house.out_type_id, house.pick_type_id, house.pack_type_id)
        }
        self.prefix = {kind: sequence.prefix for kind, sequence in self.sequences.items()}

    def _delivery_steps(self, house):
        """``[(operation type, from, to, rule)]`` from stock to the customer."""
        rules = {
            (rule.location_src_id.id): rule.id
            for rule in self.env["stock.rule"].search([("route_id", "=", house.delivery_route_id.id)])
        }
        stock, pack, output = house.lot_stock_id.id, house.wh_pack_stock_loc_id.id, house.wh_output_stock_loc_id.id
        if house.delivery_steps == "pick_pack_ship":
            return [
                (house.pick_type_id.id, stock, pack, rules.get(stock)),
                (house.pack_type_id.id, pack, output, rules.get(pack)),
                (house.out_type_id.id, output, self.customer, rules.get(output)),
            ]
        return [(house.out_type_id.id, stock, self.customer, rules.get(stock))]

    # Building blocks -------------------------------------------------------------------------------------------------

    def picking(self, key, kind, source, target, moment, partner=None, origin=None, sale=None, back=None):
        """Id of the transfer ``key``, made on first use; one operation type, places and moment for all its moves."""
        found = self.open_pickings.get(key)
        if found:
            return found
        found = self.open_pickings[key] = self.pickings.new_id()
        self.numbers[kind] += 1
        self.names[found] = f"{self.prefix[kind]}{self.numbers[kind]:05d}"
        self.pickings.add(
            found, self.names[found], origin, partner, kind, source, target, "done", moment, moment, moment, sale, back
        )
        return found

    def move(self, event, source, target, moment, value=0.0, is_in=False, is_out=False, unit=None, pieces=1.0, **extra):
        """A done move of ``event`` with its move lines; returns its id."""
        move_id = self.moves.new_id()
        product = self.master["products"][event.product]
        unit = unit or self.master["units"][event.product]
        picking = extra.get("picking")
        quantity = event.quantity / pieces
        self.moves.add(
            move_id, product, unit, unit, source, target, extra.get("final"), extra.get("partner"), picking,
            extra.get("rule"), extra.get("kind"), extra.get("warehouse"), extra.get("returned"), "done",
            extra.get("origin"), "make_to_order" if extra.get("after") else "make_to_stock",
            self.names.get(picking) or extra.get("reference"), event.quantity, quantity, quantity, quantity, True,
            picking is None, moment, moment, moment.date(), extra.get("price", 0.0), value, True, is_in, is_out, False,
            extra.get("purchase_line"), extra.get("sale_line"),
        )  # fmt: skip
        for _expiry, lot, part in event.lots or [(None, None, event.quantity)]:
            lot_id, _name, expiration, removal = self.lots[lot] if lot else (None, None, None, None)
            self.lines.add(
                self.lines.new_id(), picking, move_id, self.company_id, product, unit, lot_id, source, target, "done",
                part / pieces, part, True, moment, expiration, removal,
            )  # fmt: skip
        if extra.get("after"):
            self.chain.append((extra["after"], move_id))
        return move_id

    # Events ----------------------------------------------------------------------------------------------------------

    def book(self, event):
        """Write the moves of one event."""
        getattr(self, f"_book_{event.kind}")(event, self.clock["moments"][event.number])

    def _book_initial(self, event, moment):
        value = self.values.goods_in(event.product, event.quantity, event.quantity * event.price)
        self.move(
            event, self.inventory, self.stock[event.warehouse], moment, value, is_in=True, reference="Opening stock"
        )

    def _book_gain(self, event, moment):
        value = self.values.goods_in(event.product, event.quantity, event.quantity * self.values.cost[event.product])
        self.move(event, self.inventory, self.stock[event.warehouse], moment, value, is_in=True, reference="Count")

    def _book_loss(self, event, moment):
        value = self.values.goods_out(event.product, event.quantity)
        self.move(event, self.stock[event.warehouse], self.inventory, moment, value, is_out=True, reference="Count")

    def _book_scrap(self, event, moment):
        value = self.values.goods_out(event.product, event.quantity)
        self.move(event, self.stock[event.warehouse], self.scrap, moment, value, is_out=True, reference="Expired")

    def _book_receipt(self, event, moment):
        order_id, name, line_id, unit, pieces, price = self.orders["lines"][event.order.number]
        house, partner = self.houses[event.warehouse], self.orders["partner"][order_id]
        kind, target = house.in_type_id.id, self.stock[event.warehouse]
        picking = self.picking(("in", order_id, event.day), kind, self.supplier, target, moment, partner, name)
        value = self.values.goods_in(event.product, event.quantity, event.quantity / pieces * price)
        move = self.move(
            event, self.supplier, target, moment, value, is_in=True, unit=unit, pieces=pieces, picking=picking,
            kind=kind, warehouse=house.id, partner=partner, origin=name, price=price / pieces, purchase_line=line_id,
            final=target,
        )  # fmt: skip
        self.move_of[event.number], self.picking_of[event.number] = move, picking
        self.references["purchase"].append((order_id, move))

    def _book_vendor_return(self, event, moment):
        order_id, name, line_id, unit, pieces, _price = self.orders["lines"][event.order.number]
        house, partner = self.houses[event.warehouse], self.orders["partner"][order_id]
        kind, source = house.out_type_id.id, self.stock[event.warehouse]
        back = self.picking_of[event.origin.number]
        picking = self.picking(
            ("back", event.number), kind, source, self.supplier, moment, partner, f"Return of {self.names[back]}",
            back=back,
        )  # fmt: skip
        value = self.values.goods_out(event.product, event.quantity)
        move = self.move(
            event, source, self.supplier, moment, value, is_out=True, unit=unit, pieces=pieces, picking=picking,
            kind=kind, warehouse=house.id, partner=partner, origin=name, purchase_line=line_id,
            returned=self.move_of[event.origin.number],
        )  # fmt: skip
        self.references["purchase"].append((order_id, move))

    def _book_sale(self, event, moment):
        order_id, name, line_id, partner = self.sales["lines"][event.number]
        house, before = self.houses[event.warehouse], None
        steps = self.delivery[event.warehouse]
        for position, (kind, source, target, rule) in enumerate(steps):
            at = moment + position * self.clock["step"]
            last = position == len(steps) - 1
            picking = self.picking((order_id, position), kind, source, target, at, partner, name, sale=order_id)
            value = self.values.goods_out(event.product, event.quantity) if last else 0.0
            before = self.move(
                event, source, target, at, value, is_out=last, picking=picking, kind=kind, warehouse=house.id,
                partner=partner, origin=name, rule=rule, final=self.customer, sale_line=line_id, after=before,
            )  # fmt: skip
            self.references["sale"].append((order_id, before))
        self.move_of[event.number], self.picking_of[event.number] = before, picking
        self.value_of[event.number] = value

    def _book_return(self, event, moment):
        order_id, name, line_id, partner = self.sales["lines"][event.origin.number]
        house, back = self.houses[event.warehouse], self.picking_of[event.origin.number]
        kind, target = house.in_type_id.id, self.stock[event.warehouse]
        picking = self.picking(
            ("return", event.number), kind, self.customer, target, moment, partner, f"Return of {self.names[back]}",
            sale=order_id, back=back,
        )  # fmt: skip
        unit_value = self.returned_value(event.origin)
        value = self.values.goods_in(event.product, event.quantity, event.quantity * unit_value)
        move = self.move(
            event, self.customer, target, moment, value, is_in=True, picking=picking, kind=kind, warehouse=house.id,
            partner=partner, origin=name, sale_line=line_id, returned=self.move_of[event.origin.number],
        )  # fmt: skip
        self.references["sale"].append((order_id, move))

    def returned_value(self, origin):
        """Value of a unit at the delivery that comes back, as Odoo takes it for returns."""
        return self.value_of[origin.number] / origin.quantity

    def _book_transfer_out(self, event, moment):
        house = self.houses[0]
        stock, output, transit = self.stock[0], self.output, self.transit
        before = None
        steps = ((house.pick_type_id.id, stock, output), (house.out_type_id.id, output, transit))
        for position, (kind, source, target) in enumerate(steps):
            at = moment + position * self.clock["step"]
            picking = self.picking(("resupply", event.day, position), kind, source, target, at)
            before = self.move(
                event, source, target, at, picking=picking, kind=kind, warehouse=house.id, after=before,
                rule=self.resupply.get((source, target)), final=self.stock[1],
            )  # fmt: skip
        self.move_of[event.number] = before

    def _book_transfer_in(self, event, moment):
        house = self.houses[1]
        kind = house.in_type_id.id
        picking = self.picking(("arrival", event.day), kind, self.transit, self.stock[1], moment)
        self.move(
            event, self.transit, self.stock[1], moment, picking=picking, kind=kind, warehouse=house.id,
            after=self.move_of[event.origin.number], rule=self.resupply.get((self.transit, self.stock[1])),
            final=self.stock[1],
        )  # fmt: skip

    def write(self):
        """COPY everything that was collected."""
        counts = {"pickings": self.pickings.write(), "moves": self.moves.write(), "lines": self.lines.write()}
        copy_pairs(self.cr, "stock_move_move_rel", ("move_orig_id", "move_dest_id"), self.chain)
        for kind, sequence in self.sequences.items():
            if self.numbers[kind]:
                sequence.sudo().write({"number_next": self.numbers[kind] + 1})
        return counts


class InventoryDemo(models.AbstractModel):
    _inherit = "inventory.demo"

    @api.model
    def _write_lots(self, company, master, clock):
        """Lots of the tracked products.

        :return: ``{lot number of the simulation: (id, name, expiration, removal)}``
        """
        rows = Rows(
            self.env.cr, "stock_lot", {"avg_cost": 0.0, "product_expiry_reminded": False},
            ("name", "product_id", "company_id", "expiration_date", "use_date", "removal_date", "alert_date",
             "create_date"),
        )  # fmt: skip
        result = {}
        for event in company.events:
            for expiry, lot, _quantity in event.lots or ():
                if lot in result:
                    continue
                product = company.catalogue.products[event.product]
                dates = [None] * 4
                if product.shelf_life:
                    dates = [clock["day"](expiry - before) for before in (0, 14, 7, 30)]
                name, lot_id = f"L{lot:05d}", rows.new_id()
                moment = clock["moments"][event.number]
                rows.add(lot_id, name, master["products"][event.product], self.env.company.id, *dates, moment)
                result[lot] = (lot_id, name, dates[0], dates[2])
        rows.write()
        return result

    @api.model
    def _write_moves(self, company, master, clock, lots, orders, sales):
        """Transfers, moves and lines of all events in their order, which the average cost follows.

        :return: dict ``pickings``, ``moves``, ``lines`` (counts) and ``costs`` (final average costs by product)
        """
        book = _Book(self.env, self._samples(master), company, master, clock, lots, orders, sales)
        for event in company.events:
            book.book(event)
        counts = book.write()
        names = {order_id: name for order_id, name, *_rest in sales["lines"].values()}
        self._tie("stock_reference_sale_rel", "sale_id", names, book.references["sale"])
        names = {order_id: name for order_id, name, *_rest in orders["lines"].values()}
        self._tie("stock_reference_purchase_rel", "purchase_id", names, book.references["purchase"])
        return {**counts, "costs": book.values.final_costs()}

    @api.model
    def _tie(self, table, column, names, pairs):
        references = self._write_references(table, column, names)
        moves = [(move, references[order_id]) for order_id, move in pairs]
        copy_pairs(self.env.cr, "stock_reference_move_rel", ("move_id", "reference_id"), moves)
