"""Daily facts against an independent reading of the moves: plain Python, line by line, no query of the refresh.

What the refresh does by joins and recursion is done here by dictionaries and loops over all done lines, so that a fault
in one of them shows as a difference.
"""

from collections import defaultdict
from zoneinfo import ZoneInfo

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL, float_compare

from .daily_flow import KINDS

#: Differences shown as sentences.
SAMPLE = 10
#: Done moves read into memory at once.
MOVES_PER_BATCH = 150_000
CUSTOMER = ("customer", "partner")
UTC = ZoneInfo("UTC")


class InventoryVerify(models.AbstractModel):
    _inherit = "inventory.verify"

    @api.model
    def _checks(self):
        return [*super()._checks(), ("daily facts", self._check_daily_facts)]

    @api.model
    def _check_daily_facts(self):
        """Recompute every fact of moves and compare quantities (product precision) and revenue (0.01 a line)."""
        self.env.flush_all()
        waiting = self.env.execute_query(SQL("SELECT COUNT(*) FROM inventory_daily_flow_dirty"))[0][0]
        digits = self.env["decimal.precision"].precision_get("Product Unit")
        by_hand = FactsByHand(self.env)
        compared, differences, sample = 0, 0, []
        for product_ids in self._product_batches():
            expected, stored = by_hand.read(product_ids), self._stored_facts(product_ids)
            keys = sorted(set(expected) | set(stored))
            compared += len(keys)
            for key in keys:
                wrong = self._wrong_columns(expected.get(key, {}), stored.get(key, {}), digits)
                differences += bool(wrong)
                if wrong and len(sample) < SAMPLE:
                    sample.append(self._describe_difference(key, wrong[0], expected.get(key, {}), stored.get(key, {})))
        if differences and waiting:
            sample.append(self.env._("%s changes wait for the next refresh.", waiting))
        return {"compared": compared, "differences": differences, "sample": sample}

    @api.model
    def _product_batches(self):
        """Ids of products with done moves or facts, cut so that a batch fits in memory."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT product_id, COUNT(*) FROM stock_move WHERE state = 'done' GROUP BY product_id
                UNION ALL
                SELECT DISTINCT product_id, 0 FROM inventory_daily_flow
                 WHERE source = 'moves'
                   AND product_id NOT IN (SELECT product_id FROM stock_move WHERE state = 'done')
                """
            )
        )
        batch, moves = [], 0
        for product_id, count in rows:
            batch.append(product_id)
            moves += count
            if moves > MOVES_PER_BATCH:
                yield batch
                batch, moves = [], 0
        if batch:
            yield batch

    @staticmethod
    def _wrong_columns(expected, stored, digits):
        return [
            name
            for name in (*KINDS, "revenue")
            if float_compare(
                float(expected.get(name, 0)),
                float(stored.get(name, 0)),
                precision_digits=2 if name == "revenue" else digits,
            )
        ]

    @api.model
    def _stored_facts(self, product_ids):
        names = SQL(", ").join(SQL.identifier(name) for name in (*KINDS, "revenue"))
        rows = self.env.execute_query(
            SQL(
                "SELECT product_id, warehouse_id, date, %s FROM inventory_daily_flow"
                " WHERE source = 'moves' AND product_id = ANY(%s)",
                names,
                product_ids,
            )
        )
        return {row[:3]: dict(zip((*KINDS, "revenue"), row[3:], strict=True)) for row in rows}

    @api.model
    def _describe_difference(self, key, name, wanted, found):
        product_id, warehouse_id, day = key
        return self.env._(
            "%(product)s in %(warehouse)s on %(day)s: %(kind)s is stored as %(found)s, the moves say %(wanted)s.",
            product=self.env["product.product"].browse(product_id).display_name,
            warehouse=self.env["stock.warehouse"].browse(warehouse_id).display_name,
            day=day,
            kind=self.env["inventory.daily.flow"]._fields[name].get_description(self.env)["string"],
            found=float(found.get(name, 0)),
            wanted=float(wanted.get(name, 0)),
        )


class FactsByHand:
    """The rules of law 7 told a second time, over dictionaries."""

    def __init__(self, env):
        self.env = env
        self._load_places()
        self._load_settings()

    def read(self, product_ids):
        """Return ``{(product id, warehouse id, local day): {kind or 'revenue': amount}}`` of these products."""
        self.facts = defaultdict(lambda: defaultdict(float))
        self._load_moves(product_ids)
        for move in self.moves.values():
            for line in move["lines"]:
                self._book(move, line)
        return self.facts

    # -- loading ----------------------------------------------------------------------------------------------

    def _load_places(self):
        env = self.env(su=True, context=dict(self.env.context, active_test=False))
        warehouses = env["stock.warehouse"].search([], order="id")
        self.zones = {w.id: ZoneInfo(w.inventory_tz or "UTC") for w in warehouses}
        self.company_of = {w.id: w.company_id.id for w in warehouses}
        self.partner_of = {c.id: c.partner_id.id for c in env["res.company"].search([])}
        self.first_of = {}
        for warehouse in warehouses.sorted(lambda w: (not w.active, w.sequence, w.id)):
            self.first_of.setdefault(warehouse.company_id.id, warehouse.id)
        views = {w.view_location_id.id: w.id for w in reversed(warehouses)}
        self.places = {}
        for location in env["stock.location"].search([]):
            above = [int(step) for step in (location.parent_path or "").split("/") if step]
            warehouse = next((views[step] for step in reversed(above) if step in views), None)
            inside = warehouse if location.usage in ("internal", "transit") else None
            if inside:
                side = "stock"
            elif location.usage == "transit" and not location.company_id:
                side = "partner"
            elif location.usage in ("customer", "supplier", "production", "inventory"):
                side = location.usage
            else:
                side = "elsewhere"
            company = self.company_of[inside] if inside else location.company_id.id
            self.places[location.id] = (side, inside, company)

    def _load_settings(self):
        rules = self.env["stock.rule"].sudo().with_context(active_test=False)
        self.resupply_rules = set(rules.search([("route_id.supplier_wh_id", "!=", False)]).ids)
        types = self.env["stock.picking.type"].sudo().with_context(active_test=False).search([])
        self.warehouse_of_type = {kind.id: kind.warehouse_id.id for kind in types}
        self.factor = {uom.id: uom.factor for uom in self.env["uom.uom"].with_context(active_test=False).search([])}

    def _load_moves(self, product_ids):
        self.moves = {row["id"]: {**row, "lines": []} for row in self._rows(self._move_query(product_ids))}
        ids = list(self.moves)
        lines = """SELECT move_id, quantity_product_uom AS quantity, location_id, location_dest_id, owner_id
                     FROM stock_move_line WHERE quantity_product_uom <> 0 AND move_id = ANY(%s) ORDER BY id"""
        for row in self._rows(SQL(lines, ids)):
            self.moves[row["move_id"]]["lines"].append(row)
        self.feeders, self.followers = defaultdict(list), defaultdict(list)
        links = "SELECT move_orig_id AS a, move_dest_id AS b FROM stock_move_move_rel WHERE move_orig_id = ANY(%s)"
        for row in self._rows(SQL(links, ids)):
            self.feeders[row["b"]].append(row["a"])
            self.followers[row["a"]].append(row["b"])
        self.sold_by_line = defaultdict(list)
        for move in self.moves.values():
            if move["sale_line_id"]:
                self.sold_by_line[move["sale_line_id"]].append(move)
        following = SQL("SELECT id FROM stock_move WHERE rule_id = ANY(%s)", list(self.resupply_rules))
        self.resupplying = {row["id"] for row in self._rows(following)}
        self.sale_lines = {row["id"]: row for row in self._rows(self._sale_line_query(list(self.sold_by_line)))}

    def _move_query(self, product_ids):
        unbuild = SQL("m.unbuild_id" if "unbuild_id" in self.env["stock.move"]._fields else "NULL")
        return SQL(
            """SELECT m.id, m.product_id, m.date, m.company_id, m.location_id, m.location_dest_id, m.sale_line_id,
                      m.origin_returned_move_id AS origin_id, m.procure_method, m.rule_id, m.picking_type_id,
                      %s AS unbuild_id, t.uom_id
                 FROM stock_move m
                 JOIN product_product p ON p.id = m.product_id JOIN product_template t ON t.id = p.product_tmpl_id
                WHERE m.state = 'done' AND m.product_id = ANY(%s) ORDER BY m.id""",
            unbuild,
            product_ids,
        )

    def _sale_line_query(self, line_ids):
        return SQL(
            """SELECT l.id, l.product_id, l.product_uom_qty AS quantity, l.product_uom_id AS uom_id, l.price_subtotal,
                      l.price_unit, COALESCE(l.discount, 0) AS discount, o.currency_rate, o.warehouse_id
                 FROM sale_order_line l JOIN sale_order o ON o.id = l.order_id
                WHERE l.id = ANY(%s)""",
            line_ids,
        )

    def _rows(self, query):
        self.env.cr.execute(query)
        return self.env.cr.dictfetchall()

    # -- meaning --------------------------------------------------------------------------------------------------

    def _side(self, location_id):
        return self.places[location_id][0]

    def _root(self, move):
        """The move with which a chain of returns began; a nameless customer return joins its sale line's delivery."""
        seen = {move["id"]}
        while move["origin_id"] in self.moves and move["origin_id"] not in seen:
            move = self.moves[move["origin_id"]]
            seen.add(move["id"])
        if move["origin_id"] or not move["sale_line_id"] or self._side(move["location_id"]) not in CUSTOMER:
            return move
        sent = [
            other
            for other in self.sold_by_line[move["sale_line_id"]]
            if other["product_id"] == move["product_id"]
            and not other["origin_id"]
            and self._side(other["location_dest_id"]) in CUSTOMER
            and self._side(other["location_id"]) not in CUSTOMER
        ]
        earlier = [other for other in sent if other["date"] <= move["date"]]
        if earlier:
            return max(earlier, key=lambda other: (other["date"], other["id"]))
        return min(sent, key=lambda other: (other["date"], -other["id"])) if sent else move

    def _is_procured(self, move):
        """Whether the make-to-order chain of ``move`` leads to goods from a vendor, a company or production."""
        if move["procure_method"] != "make_to_order" or self._side(move["location_dest_id"]) == "stock":
            return False
        waiting, seen = [move["id"]], set()
        while waiting:
            here = waiting.pop()
            for feeder_id in self.feeders[here]:
                feeder = self.moves.get(feeder_id)
                if not feeder or feeder_id in seen:
                    continue
                seen.add(feeder_id)
                side = self._side(feeder["location_id"])
                if side in ("supplier", "production", "partner"):
                    return True
                if side == "stock" and feeder["procure_method"] == "make_to_order":
                    waiting.append(feeder_id)
        return False

    def _leaving_kind(self, move, source, dest, procured, is_turned=False):
        """What a line is for the warehouse it leaves, or for the order's warehouse when it touches none."""
        kind = self._raw_leaving_kind(move, source, dest)
        if procured and kind in ("sold", "consumed"):
            return "procured_to_order"
        if procured and kind == "resupply_out":
            return "transfer_out"
        if is_turned and kind == "consumed":
            return "adjusted_out"
        return kind

    def _raw_leaving_kind(self, move, source, dest):
        (from_side, from_wh, from_company), (to_side, to_wh, to_company) = source, dest
        production = "adjusted_out" if move["unbuild_id"] else "consumed"
        if from_side == "stock":
            if from_wh == to_wh:
                return None
            direct = {
                "customer": "sold",
                "partner": "sold",
                "production": production,
                "supplier": "vendor_returned",
                "inventory": "adjusted_out",
            }
            if to_side in direct:
                return direct[to_side]
            if to_company and to_company != from_company:
                return "sold"
            resupplies = move["rule_id"] in self.resupply_rules or any(
                follower in self.resupplying for follower in self.followers[move["id"]]
            )
            return "resupply_out" if resupplies else "transfer_out"
        if to_side == "stock":
            return None
        if to_side in CUSTOMER:
            if from_side in ("supplier", "partner") and from_side != to_side:
                return "dropshipped"
            return "sold" if from_side == "elsewhere" else None
        if from_side == "elsewhere" and to_side == "production":
            return production
        return "returned" if (from_side, to_side) == ("customer", "elsewhere") else None

    @staticmethod
    def _arriving_kind(source, dest):
        """What a line is for the warehouse it enters."""
        (from_side, from_wh, from_company), (to_side, to_wh, to_company) = source, dest
        if to_side != "stock" or from_wh == to_wh:
            return None
        outside = {
            "customer": "returned",
            "partner": "purchased",
            "supplier": "purchased",
            "production": "produced",
            "inventory": "adjusted_in",
        }
        if from_side in outside:
            return outside[from_side]
        return "purchased" if from_company and from_company != to_company else "transfer_in"

    # -- booking ----------------------------------------------------------------------------------------------

    def _book(self, move, line):
        owner = line["owner_id"]
        if owner and owner != self.partner_of[move["company_id"]] and not move["sale_line_id"]:
            return
        source, dest = self.places[line["location_id"]], self.places[line["location_dest_id"]]
        if source[1] and source[1] == dest[1]:
            return
        root, quantity = self._root(move), float(line["quantity"])
        is_turned = root is not move and bool(root["lines"])
        booked = self._book_return(move, root, source, dest, quantity) if is_turned else None
        if booked == "whole":
            return
        kind = self._leaving_kind(move, source, dest, self._is_procured(root), is_turned)
        self._add(move, kind, source[1] or self._home(move, root), move["date"], quantity, root)
        if not booked:
            self._add(move, self._arriving_kind(source, dest), dest[1], move["date"], quantity, root)

    def _book_return(self, move, root, source, dest, quantity):
        """Book on the root's day; return "whole", "entry" (what it leaves is still to be booked) or None."""
        first = root["lines"][0]
        root_source = self.places[first["location_id"]]
        kind = self._leaving_kind(
            root, root_source, self.places[first["location_dest_id"]], self._is_procured(root), False
        )
        warehouse = root_source[1] or self._home(move, root)
        back = source[0] in CUSTOMER and dest[0] not in CUSTOMER
        again = dest[0] in CUSTOMER and source[0] not in CUSTOMER
        if kind in ("sold", "procured_to_order", "dropshipped") and (back or again):
            if kind == "sold":
                self._add(move, "returned" if back else "sold", warehouse, root["date"], quantity, root)
            else:
                self._add(move, kind, warehouse, root["date"], -quantity if back else quantity, root)
            return "whole"
        if kind in ("consumed", "procured_to_order") and (source[0] == "production") != (dest[0] == "production"):
            sign = 1 if dest[0] == "production" else -1
            self._add(move, kind, warehouse, root["date"], sign * quantity, root)
            return "whole"
        if kind == "resupply_out" and dest[1] and dest[1] == root_source[1] and source[1] != dest[1]:
            self._add(move, kind, warehouse, root["date"], -quantity, root)
            return "entry"
        return None

    def _home(self, move, root):
        """Warehouse of a movement that touches none: the order's, the operation's, else the company's first."""
        ordered = self.sale_lines.get(root["sale_line_id"] or move["sale_line_id"], {}).get("warehouse_id")
        kind = root["picking_type_id"] or move["picking_type_id"]
        return ordered or self.warehouse_of_type.get(kind) or self.first_of.get(move["company_id"])

    def _add(self, move, kind, warehouse_id, moment, quantity, root):
        if not kind or not warehouse_id:
            return
        day = moment.replace(tzinfo=UTC).astimezone(self.zones[warehouse_id]).date()
        fact = self.facts[move["product_id"], warehouse_id, day]
        fact[kind] += quantity
        if kind in ("sold", "returned"):
            sale_line_id = root["sale_line_id"] or move["sale_line_id"]
            price = self._unit_price(move, self.sale_lines.get(sale_line_id))
            fact["revenue"] += price * (quantity if kind == "sold" else -quantity)

    def _unit_price(self, move, line):
        if not line:
            return 0.0
        if line["quantity"]:
            price = float(line["price_subtotal"]) / float(line["quantity"])
        else:
            price = float(line["price_unit"]) * (1 - float(line["discount"]) / 100)
        price /= line["currency_rate"] or 1.0
        if line["product_id"] == move["product_id"]:
            return price * self.factor[move["uom_id"]] / self.factor[line["uom_id"]]
        return price * self._kit_share(move["product_id"], line)

    def _kit_share(self, product_id, line):
        """Kits on the line per unit of a component, divided by the number of component products."""
        if "bom_line_id" not in self.env["stock.move"]._fields:
            return 0.0
        domain = Domain("sale_line_id", "=", line["id"]) & Domain("location_dest_id.usage", "=", "customer")
        # Kits are few; a query for each of their component moves keeps this reading apart from the other one.
        parts = self.env["stock.move"].sudo().search(domain & Domain("origin_returned_move_id", "=", False))
        held = sum(part.product_qty for part in parts if part.product_id.id == product_id)
        return float(line["quantity"]) / (held * len(parts.product_id)) if held else 0.0
