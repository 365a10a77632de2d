"""Slow stock: what lies idle, what it is worth, and a way out."""

from datetime import timedelta

from markupsafe import Markup
from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL, format_date
from odoo.tools.misc import formatLang

from ..common.item import SEES_MONEY

#: Days that somebody has for his answer.
ANSWER_DAYS = 7
WAYS = [("promote", "Promote it"), ("ask", "Ask the customer")]


class InventoryItem(models.Model):
    _inherit = "inventory.item"

    stock_value = fields.Monetary(
        readonly=True, groups=SEES_MONEY, help="Stock on hand at the product's cost, when the figures were taken."
    )
    idle_since = fields.Date(
        compute="_compute_idle_since", help="Day of the last demand; of the first movement where there never was any."
    )
    slow_stock = fields.Boolean(
        compute="_compute_slow_stock",
        search="_search_slow_stock",
        compute_sudo=True,
        help="In stock, and nobody asked for it within the company's limit (Settings).",
    )
    way_out = fields.Selection(
        WAYS,
        compute="_compute_way_out",
        search="_search_way_out",
        compute_sudo=True,
        help="A product made for one customer, or sold to one customer only: ask him. Any other: promote it.",
    )
    way_out_customer_id = fields.Many2one(
        "res.partner",
        "Customer to Ask",
        compute="_compute_way_out",
        compute_sudo=True,
        help="The customer that the product is made for (its Sales tab), or the only one who ever bought it.",
    )
    way_out_at = fields.Datetime("Way Out Begun at", readonly=True)
    way_out_user_id = fields.Many2one(
        "res.users", "With", compute="_compute_way_out_user_id", compute_sudo=True, help="Who has the open note."
    )

    @api.depends("last_demand_date", "first_seen_date")
    def _compute_idle_since(self):
        for item in self:
            item.idle_since = item.last_demand_date or item.first_seen_date

    # --------------------------------------------------------------- slow stock

    @api.depends("status", "on_hand")
    def _compute_slow_stock(self):
        for item in self:
            item.slow_stock = item.status == "grey" and item.on_hand > 0

    def _search_slow_stock(self, operator, value):
        """By stored figures; those who may not see the quantity (law 10) learn only that there is some."""
        if operator not in ("in", "not in"):
            return NotImplemented
        slow = Domain("status", "=", "grey") & Domain("on_hand", ">", 0)
        found = Domain("id", "in", self.sudo().with_context(active_test=False)._search(slow))
        return found if (True in value) == (operator == "in") else ~found

    @api.depends("product_id", "company_id")
    def _compute_way_out(self):
        customers = self._only_customers()
        for item in self:
            customer = item.product_id.inventory_customer_id or customers.get((item.company_id.id, item.product_id.id))
            item.way_out = "ask" if customer else "promote"
            item.way_out_customer_id = customer

    def _search_way_out(self, operator, value):
        """Among slow stock only: one query for its customers."""
        if operator not in ("in", "not in"):
            return NotImplemented
        slow = self.sudo().with_context(active_test=False).search([("slow_stock", "=", True)])
        found = Domain("id", "in", slow.filtered(lambda item: item.way_out in value).ids)
        return found if operator == "in" else ~found

    def _only_customers(self):
        """Customers who alone ever bought a product from a company: ``{(company id, product id): partner}``.

        By all deliveries that were done. A delivery to nobody in particular (a till), and sales that were imported
        without their customers, may be of others: such a product has no only customer.
        """
        if not self:
            return {}
        self.env["stock.move"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT move.company_id, move.product_id, MIN(partner.commercial_partner_id)
                  FROM stock_move move
                  JOIN stock_location target ON target.id = move.location_dest_id AND target.usage = 'customer'
                  LEFT JOIN stock_picking picking ON picking.id = move.picking_id
                  LEFT JOIN sale_order_line line ON line.id = move.sale_line_id
                  LEFT JOIN sale_order sale ON sale.id = line.order_id
                  LEFT JOIN res_partner partner
                         ON partner.id = COALESCE(sale.partner_id, picking.partner_id, move.partner_id)
                 WHERE move.state = 'done' AND move.product_id = ANY(%(products)s)
                   AND NOT EXISTS (SELECT FROM inventory_daily_flow flow
                                    WHERE flow.product_id = move.product_id AND flow.company_id = move.company_id
                                      AND flow.source = 'import' AND flow.sold > 0)
                 GROUP BY move.company_id, move.product_id
                HAVING COUNT(*) = COUNT(partner.commercial_partner_id)
                   AND COUNT(DISTINCT partner.commercial_partner_id) = 1
                """,
                products=self.product_id.ids,
            )
        )
        partner = self.env["res.partner"]
        return {(company, product): partner.browse(customer) for company, product, customer in rows}

    # ------------------------------------------------------------------ way out

    def _open_way_outs(self):
        """Notes about these items that nobody has answered yet."""
        return self.env["mail.activity"].sudo().search([("inventory_item_id", "in", self.ids)], order="id")

    def _compute_way_out_user_id(self):
        users = {note.inventory_item_id.id: note.user_id for note in self._open_way_outs()}
        for item in self:
            item.way_out_user_id = users.get(item.id)

    def action_way_out(self):
        """Give each selected item of slow stock to somebody who can move it; once while that note is open.

        A standard product goes to the company's sales responsible, to promote it; one of a single customer to his
        salesperson, to ask him. The note is an activity on the product or the customer.

        :return: a notification with what was done
        :raise UserError: without a role that sells, buys or plans
        """
        roles = "inventory_plus.group_sales,inventory_plus.group_buyer,inventory_plus.group_planner"
        if not self.env.user.has_groups(roles):
            raise UserError(self.env._("Only sales people, buyers and planners look for a way out of slow stock."))
        self.check_access("read")
        # Law 3: of two people who click at once the second waits, finds the items written and starts again.
        self._lock_items()
        slow = self.sudo().filtered("slow_stock")
        waiting = slow._open_way_outs().inventory_item_id
        fresh = slow - waiting
        if fresh:
            self.env["mail.activity"].sudo().create([item._way_out_note(self.env.user) for item in fresh])
            fresh.way_out_at = fields.Datetime.now()
        return self._notification(
            self._told_way_out(len(fresh), len(waiting), len(self) - len(slow)),
            kind="success" if fresh else "info",
            following={"type": "ir.actions.client", "tag": "soft_reload"},
        )

    def _told_way_out(self, made, waiting, others):
        told = [self.env._("Notes written: %s.", made)]
        if waiting:
            told.append(self.env._("Already with somebody: %s.", waiting))
        if others:
            told.append(self.env._("Not slow, or not in stock: %s.", others))
        return " ".join(told)

    def _way_out_note(self, author):
        """Values of the activity for one item; no cost in it, whoever reads it (law 10)."""
        asks = self.way_out == "ask"
        user = (self._salesperson() if asks else self._promoter()) or author
        reader = self.with_context(lang=user.lang or self.env.lang)
        target = self.way_out_customer_id if asks else self.product_id
        return {
            "activity_type_id": self.env.ref("mail.mail_activity_data_todo").id,
            "res_model_id": self.env["ir.model"]._get_id(target._name),
            "res_id": target.id,
            "user_id": user.id,
            "inventory_item_id": self.id,
            "summary": reader._way_out_summary(asks),
            "note": reader._way_out_text(asks),
            "date_deadline": fields.Date.context_today(self) + timedelta(days=ANSWER_DAYS),
        }

    def _way_out_summary(self, asks):
        if asks:
            return self.env._("Ask what shall become of %s", self.product_id.display_name)
        return self.env._("Promote %s: slow stock", self.product_id.display_name)

    def _way_out_text(self, asks):
        digits = self.env["decimal.precision"].precision_get("Product Unit")
        figures = {
            "quantity": formatLang(self.env, self.on_hand, digits=digits),
            "unit": self.product_id.uom_id.name,
            "product": self.product_id.display_name,
            "warehouse": self.warehouse_id.name,
            "day": format_date(self.env, self.idle_since) if self.idle_since else "-",
            "customer": self.way_out_customer_id.display_name or "-",
        }
        lies = self.env._(
            "%(quantity)s %(unit)s of %(product)s lie in %(warehouse)s; nobody asked for it since %(day)s.", **figures
        )
        if asks:
            way = self.env._(
                "It was made for, or only ever sold to, %(customer)s: ask whether they take it, and by when.", **figures
            )
        else:
            way = self.env._("It is a standard product: offer it, put it in front, or make a price for it.")
        return Markup("<p>%s</p><p>%s</p>") % (lies, way)

    def _promoter(self):
        """Who sells for the item's company: the setting, else the leader of its first sales team."""
        company = self.company_id
        user = company.inventory_sales_user_id
        if not user:
            teams = self.env["crm.team"].search(
                [("user_id", "!=", False), ("company_id", "in", (company.id, False))], order="sequence, id"
            )
            user = teams.user_id.filtered(lambda user: company in user.company_ids)[:1]
        return user if user.active else user.browse()

    def _salesperson(self):
        """Who looks after the item's only customer: his salesperson, the one of his last order, else the promoter."""
        customer = self.way_out_customer_id.with_company(self.company_id)
        user = customer.user_id or customer.commercial_partner_id.user_id
        if not user:
            user = (
                self.env["sale.order"]
                .search(
                    [
                        ("partner_id", "child_of", customer.commercial_partner_id.id),
                        ("company_id", "=", self.company_id.id),
                        ("user_id", "!=", False),
                    ],
                    order="date_order desc, id desc",
                    limit=1,
                )
                .user_id
            )
        if user and user.active and not user.share:
            return user
        return self._promoter()
