"""Holds as native reservations: moves that nobody validates, one line per quant."""

from collections import defaultdict
from typing import NamedTuple

from markupsafe import Markup
from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ..channels.shortage import Effect
from ..common.grant import TRUTH
from ..common.guard_state import DUST
from .hold_guard import KEY
from .hold_state import WORK


class Stock(NamedTuple):
    """Stock of one key and who has it."""

    key: tuple
    quantity: float
    reserved: float
    held: float
    #: Reserved by lines that are picked: goods in somebody's hands.
    picked: float

    @property
    def free(self):
        return max(0.0, self.quantity - max(self.reserved, self.held))

    @property
    def holdable(self):
        return max(0.0, self.quantity - self.held - self.picked)


class InventoryHold(models.Model):
    _inherit = "inventory.hold"

    # --- making

    def _make_reservations(self):
        """Reserve what the hold is about; beyond what is free, others lose it."""
        self.ensure_one()
        guard = self.env["inventory.hold.guard"]
        guard._state().whole |= self.kind != "quantity"
        self._lock_stock()
        stocks = self._stocks()
        if self.kind == "quantity":
            parts = self._choose(stocks)
        else:
            parts = {stock.key: stock.holdable for stock in stocks if stock.holdable > DUST}
        self._reserve(parts)
        if self.kind != "quantity":
            picked = sum(stock.picked for stock in stocks)
            if picked > DUST:
                self.message_post(body=self.env._("%s units were picked already and are not held.", f"{picked:g}"))

    def _foreseen_losses(self):
        """Promises that would become short, as :meth:`InventoryShortage._preview` has them."""
        if self._problem():
            return []
        stocks = self._stocks()
        left = self.quantity if self.kind == "quantity" else sum(stock.holdable for stock in stocks)
        places = self.env["inventory.scope"]._warehouse_places()
        changes = defaultdict(float)
        for stock in stocks:
            taken = min(left, stock.free, stock.holdable)
            left -= taken
            location = self.env["stock.location"].browse(stock.key[1])
            if place := self.env["inventory.scope"]._usable_warehouse(places, location):
                changes[stock.key[0], place[0]] -= taken
        return self.env["inventory.shortage"]._preview(
            {item: Effect(base=change, short={}) for item, change in changes.items()}
        )

    def _quant_domain(self):
        domain = Domain("location_id.usage", "in", ("internal", "transit")) & Domain(
            "company_id", "=", self.company_id.id
        )
        if self.kind == "location":
            return domain & Domain("location_id", "child_of", self.location_id.id)
        if self.kind == "lot":
            return domain & Domain("lot_id", "=", self.lot_id.id)
        domain &= Domain("product_id", "=", self.product_id.id)
        if self.location_id:
            domain &= Domain("location_id", "child_of", self.location_id.id)
        for name in ("lot_id", "package_id", "owner_id"):
            if self[name]:
                domain &= Domain(name, "=", self[name].id)
        return domain

    def _lock_stock(self):
        """Wait for everybody who is changing this stock (law 1: the order of native work)."""
        quants = self.env["stock.quant"].search(self._quant_domain())
        if not quants:
            return
        if self.env["inventory.lock"]._is_on():
            grant = self.env["inventory.grant"]
            grant._lock_lines(grant._state(), {tuple(quant[name].id or None for name in KEY) for quant in quants})
            grant._touch(grant._state(), set(quants.product_id.ids))
        else:
            self.env.cr.execute(
                SQL(
                    "SELECT id FROM stock_quant WHERE id = ANY(%s) ORDER BY product_id, location_id, id"
                    " FOR NO KEY UPDATE",
                    quants.ids,
                )
            )
        self.env["stock.quant"].invalidate_model(["quantity", "reserved_quantity"])

    def _stocks(self):
        """:class:`Stock` by key of what the hold is about, goods that came first coming first."""
        quants = self.env["stock.quant"].search(self._quant_domain(), order="in_date, id")
        products, locations = quants.product_id.ids, quants.location_id.ids
        held = self.env["inventory.hold.guard"]._held(products, locations)
        picked = defaultdict(float)
        if quants:
            for *key, quantity in self.env["stock.move.line"]._read_group(
                [
                    ("product_id", "in", products),
                    ("location_id", "in", locations),
                    ("picked", "=", True),
                    ("state", "not in", ("draft", "done", "cancel")),
                ],
                KEY,
                ["quantity_product_uom:sum"],
            ):
                picked[tuple(record.id or None for record in key)] += quantity
        sums = defaultdict(lambda: [0.0, 0.0])
        for quant in quants:
            key = tuple(quant[name].id or None for name in KEY)
            sums[key][0] += quant.quantity
            sums[key][1] += quant.reserved_quantity
        return [
            Stock(key, quantity, reserved, held.get(key, 0.0), picked[key])
            for key, (quantity, reserved) in sums.items()
        ]

    def _choose(self, stocks):
        """How much of which stock is held: what is free first, then what others have reserved.

        :return: ``{key: quantity}``
        """
        parts = defaultdict(float)
        left = self.quantity
        for stock in stocks:
            parts[stock.key] = min(left, stock.free, stock.holdable)
            left -= parts[stock.key]
        for stock in stocks:
            more = min(left, stock.holdable - parts[stock.key])
            parts[stock.key] += more
            left -= more
        if left > DUST:
            self._refuse_short(stocks)
        return {key: quantity for key, quantity in parts.items() if quantity > DUST}

    def _refuse_short(self, stocks):
        uom = self.product_uom_id
        raise UserError(
            self.env._(
                "%(quantity)s %(unit)s of %(product)s can not be held: %(on_hand)s are there, %(held)s of them are on "
                "hold already and %(picked)s picked.",
                quantity=f"{self.quantity:g}",
                unit=uom.name,
                product=self.product_id.display_name,
                on_hand=f"{uom.round(sum(stock.quantity for stock in stocks)):g}",
                held=f"{uom.round(sum(stock.held for stock in stocks)):g}",
                picked=f"{uom.round(sum(stock.picked for stock in stocks)):g}",
            )
        )

    def _reserve(self, parts):
        """Reserve ``{key: quantity}`` natively; a move a product and location, a line a key."""
        if not parts:
            return
        self = self._working()
        self.env["inventory.hold.guard"]._state().products.update(key[0] for key in parts)
        moves = self._moves_for(parts)
        products = self.env["product.product"].browse([key[0] for key in parts])
        units = {product.id: product.uom_id.id for product in products}
        vals_list = [
            {
                "move_id": moves[key[:2]].id,
                "product_id": key[0],
                "product_uom_id": units[key[0]],
                "quantity": quantity,
                "location_id": key[1],
                "location_dest_id": moves[key[:2]].location_dest_id.id,
                "lot_id": key[2],
                "package_id": key[3],
                "owner_id": key[4],
                "picked": False,
            }
            for key, quantity in parts.items()
        ]
        # What is held states what may be done with goods, like a loss: promises beyond it become short.
        self.env["stock.move.line"].with_context(inventory_stated=TRUTH).create(vals_list)
        self._take_from_others(set(parts))

    def _moves_for(self, parts):
        """An open move of this hold for each product and location of ``parts``, its demand raised by their sum.

        :return: ``{(product id, location id): move}``
        """
        wanted = defaultdict(float)
        for key, quantity in parts.items():
            wanted[key[:2]] += quantity
        open_moves = {
            (move.product_id.id, move.location_id.id): move
            for move in self.move_ids
            if move.state not in ("done", "cancel")
        }
        for place, quantity in wanted.items():
            if place in open_moves:
                move = open_moves[place].with_env(self.env)
                move.with_context(do_not_unreserve=True).product_uom_qty += quantity
        new = [place for place in wanted if place not in open_moves]
        quarantine = self._quarantines(self.env["stock.location"].browse([location for _product, location in new]))
        moves = self.env["stock.move"].create(
            [
                {
                    "product_id": product,
                    "product_uom": self.env["product.product"].browse(product).uom_id.id,
                    "product_uom_qty": wanted[product, location],
                    "location_id": location,
                    "location_dest_id": quarantine[location].id,
                    "company_id": self.company_id.id,
                    "origin": self.name,
                    "inventory_name": self.name,
                    "inventory_hold_id": self.id,
                    "procure_method": "make_to_stock",
                    "description_picking": self.name,
                }
                for product, location in new
            ]
        )
        moves._action_confirm(merge=False)
        self.invalidate_recordset(["move_ids"])
        return open_moves | {(move.product_id.id, move.location_id.id): move for move in moves}

    def _quarantines(self, locations):
        """``{location id: quarantine location}`` for these locations; each warehouse has its own."""
        scope = self.env["inventory.scope"]
        places = scope._warehouse_places()
        found = {}
        warehouses = self.env["stock.warehouse"].sudo()
        for location in locations:
            warehouse_id = next(
                (warehouse for view, _stock, warehouse, _p in places if (location.parent_path or "").startswith(view)),
                0,
            )
            found[location.id] = warehouses.browse(warehouse_id) if warehouse_id else warehouses
        fallback = warehouses.search([("company_id", "=", self.company_id.id)], limit=1)
        return {
            location_id: (warehouse or fallback)._inventory_quarantine() for location_id, warehouse in found.items()
        }

    def _hold_rest(self, keys):
        """Extend the hold of a whole lot or place by what lies there and is not held yet."""
        keys = set(keys)
        guard = self.env["inventory.hold.guard"]
        products, locations = {key[0] for key in keys}, {key[1] for key in keys}
        held = guard._held(products, locations)
        stock = guard._stock(products, locations)
        parts = {key: stock.get(key, (0.0, 0.0))[0] - held.get(key, 0.0) for key in keys}
        self._reserve({key: quantity for key, quantity in parts.items() if quantity > DUST})

    @api.model
    def _extend_all(self):
        """Hold what came into whole lots and places beside us, as two transactions that did not see each other may."""
        for hold in self.search([("state", "=", "active"), ("kind", "!=", "quantity")]):
            hold._lock("active")
            hold._lock_stock()
            parts = {stock.key: stock.holdable for stock in hold._stocks() if stock.holdable > DUST}
            hold._reserve(parts)

    # --- who loses

    def _take_from_others(self, keys):
        """Where more is reserved than there is, reservations that are not picked lose, by priority, and are told."""
        guard = self.env["inventory.hold.guard"]
        stock = guard._stock({key[0] for key in keys}, {key[1] for key in keys})
        excess = {key: stock[key][1] - stock[key][0] for key in keys if stock[key][1] - stock[key][0] > DUST}
        if not excess:
            return
        lost = self._reduce_lines(excess)
        moves = self.env["stock.move"].union(*(move for move, _quantity in lost))
        self._tell_losers(lost)
        # They may find other goods.
        moves.with_context(inventory_stated=None, **{WORK: None})._action_assign()

    def _reduce_lines(self, excess):
        """Take ``{key: quantity}`` off the lines of others; return ``[(move, quantity in the product's unit)]``."""
        lines = self.env["stock.move.line"].search(
            [
                ("product_id", "in", [key[0] for key in excess]),
                ("location_id", "in", [key[1] for key in excess]),
                ("state", "not in", ("draft", "done", "cancel")),
                ("picked", "=", False),
                ("quantity_product_uom", ">", 0),
                ("move_id.inventory_hold_id", "=", False),
            ]
        )
        # The least urgent and the latest lose first.
        lines = lines.sorted(
            lambda line: (
                line.move_id.priority or "0",
                -(line.move_id.date.timestamp() if line.move_id else 0),
                -line.id,
            )
        )
        lost = []
        gone = self.env["stock.move.line"]
        for line in lines:
            key = tuple(line[name].id or None for name in KEY)
            taken = min(excess.get(key, 0.0), line.quantity_product_uom)
            if taken <= DUST:
                continue
            excess[key] -= taken
            lost.append((line.move_id, taken))
            if line.product_id.uom_id.compare(taken, line.quantity_product_uom) >= 0:
                gone |= line
            else:
                line.quantity -= line.product_id.uom_id._compute_quantity(
                    taken, line.product_uom_id, rounding_method="HALF-UP"
                )
        # As core does where goods of a chain are lost: what is missing may come from elsewhere.
        gone.move_id.write({"procure_method": "make_to_stock", "move_orig_ids": [(5, 0, 0)]})
        gone.unlink()
        return lost

    def _tell_losers(self, lost):
        rows = []
        of_picking = defaultdict(list)
        for move, quantity in lost:
            text = self.env._(
                "%(quantity)s %(unit)s of %(product)s",
                quantity=f"{move.product_id.uom_id.round(quantity):g}",
                unit=move.product_id.uom_id.name,
                product=move.product_id.display_name,
            )
            rows.append(Markup("<li>%s: %s</li>") % (move.picking_id.name or move.reference or move.origin or "", text))
            of_picking[move.picking_id].append(text)
        for picking, texts in of_picking.items():
            if picking:
                picking.message_post(
                    body=self.env._(
                        "%(hold)s froze goods that were reserved here: %(goods)s.",
                        hold=self.name,
                        goods=", ".join(texts),
                    )
                )
        self._set({"lost": (self.lost or Markup("")) + Markup("<ul>%s</ul>") % Markup("").join(rows)})

    # --- letting go

    def _free(self, lines, quantity=None):
        """Let go of ``quantity`` of these lines, in their order, or of all.

        :return: ``[(key, quantity)]`` of what is free again
        """
        self.ensure_one()
        self = self._working()
        lines = lines.with_env(self.env)
        lines._inventory_lock_quants()
        freed = []
        by_move = defaultdict(float)
        gone = lines.browse()
        for line in lines:
            taken = line.quantity_product_uom if quantity is None else min(quantity, line.quantity_product_uom)
            if taken <= DUST:
                continue
            if quantity is not None:
                quantity -= taken
            freed.append((tuple(line[name].id or None for name in KEY), taken))
            by_move[line.move_id] += taken
            if line.product_id.uom_id.compare(taken, line.quantity_product_uom) >= 0:
                gone |= line
            else:
                line.quantity = line.product_id.uom_id.round(line.quantity_product_uom - taken)
        gone.unlink()
        for move, taken in by_move.items():
            left = move.product_id.uom_id.round(move.product_uom_qty - taken)
            if left > DUST:
                move.with_context(do_not_unreserve=True).product_uom_qty = left
                move._recompute_state()
            else:
                move._action_cancel()
        self.invalidate_recordset(["line_ids", "held_quantity"])
        return freed

    def _assign_waiting(self, freed):
        """Let those have the goods who wait for them, as core does when goods arrive."""
        places = {key[:2] for key, _quantity in freed}
        if not places or self.env["ir.config_parameter"].sudo().get_param("stock.picking_no_auto_reserve"):
            return
        domain = Domain.OR(
            Domain("product_id", "=", product) & Domain("location_id", "parent_of", location)
            for product, location in places
        )
        waiting = self.env["stock.move"].search(
            domain
            & Domain("state", "in", ("confirmed", "waiting", "partially_available"))
            & Domain("inventory_hold_id", "=", False)
            & (
                Domain("picking_type_id.reservation_method", "=", "at_confirm")
                | Domain("reservation_date", "<=", self.env.cr.now())
                | Domain("move_orig_ids", "!=", False)
            ),
            order="priority desc, date, id",
            limit=200,
        )
        waiting._action_assign()

    def _keep_in_other_holds(self, freed):
        """What a whole lot or place still holds stays held when a hold beside it ends."""
        guard = self.env["inventory.hold.guard"]
        if not guard._state().whole:
            return
        whole = guard._whole()
        of_hold = defaultdict(list)
        for key, _quantity in freed:
            location = self.env["stock.location"].browse(key[1])
            if hold_id := guard._whole_hold(location, self.env["stock.lot"].browse(key[2] or []), whole):
                of_hold[hold_id].append(key)
        for hold_id, keys in of_hold.items():
            self.browse(hold_id)._hold_rest(keys)

    # --- the end of the addon

    @api.model
    def _release_all(self):
        """Give back all that is held: nothing would guard it any more."""
        for hold in self.search([("state", "=", "active")]):
            hold._free_all()

    def _free_all(self):
        """Let go of everything in the system's own name."""
        self._lock("active")
        self._free(self.line_ids)
        self._end()
