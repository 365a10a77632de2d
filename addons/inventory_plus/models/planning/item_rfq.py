"""One click from a need to a draft request for quotation, never twice."""

import math
from datetime import timedelta

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL


class InventoryItem(models.Model):
    _inherit = "inventory.item"

    def action_make_rfq(self):
        """Put what is suggested for these items on draft requests for quotation, one a vendor, and open them.

        The figures are taken anew under a lock on the items, with what draft requests already ask for counted, so
        that a second click, or two buyers at once, add nothing. Lines come from Odoo's own buying rule: price, unit,
        taxes and merging with an open draft of the vendor are Odoo's.

        :return: an action: the requests, or a notification that says why nothing was added
        :raise UserError: without the buyer's rights, and where no item has a vendor; nothing is made then
        """
        if not self.env.user.has_group("inventory_plus.group_buyer"):
            raise UserError(
                self.env._("Only buyers make requests for quotation. Ask a buyer, or for the buyer's role.")
            )
        self.check_access("read")
        if not self:
            raise UserError(self.env._("Select at least one item to buy."))
        # Law 3: the second of two buyers waits here; the items the first one wrote make him start again.
        self.env.cr.execute(
            SQL("SELECT id FROM inventory_item WHERE id = ANY(%s) ORDER BY id FOR UPDATE", sorted(self.ids))
        )
        self._refresh(self)
        wanted = self.sudo().filtered(lambda item: item.suggested_order > 0 and item.product_id.active)
        if not wanted:
            return self._nothing_to_request()
        offers, refused = wanted._offers()
        if not offers:
            raise UserError("\n".join(refused))
        orders = self._request(offers)
        self._refresh(self)
        return self._open_requests(orders, refused)

    def _offers(self):
        """Vendor line, quantity and rule for each item.

        :return: ``(offers, refused)``: list of ``(item, vendor line, quantity in its unit, rule)`` and a sentence for
            each item that cannot be bought
        """
        offers, refused = [], []
        for item in self:
            product = item.product_id.with_company(item.company_id)
            today = fields.Date.context_today(item)
            seller = product._select_seller(quantity=item.suggested_order, date=today, uom_id=product.uom_id)
            seller = (
                seller
                or product._prepare_sellers(False).filtered(
                    lambda line, company=item.company_id, today=today: (
                        (not line.company_id or line.company_id == company)
                        and (not line.date_end or line.date_end >= today)
                    )
                )[:1]
            )
            rule = item.warehouse_id.buy_pull_id
            if not seller:
                refused.append(
                    self.env._(
                        "%s has no vendor: add one on the product's Purchase tab, then try again.", product.display_name
                    )
                )
            elif not rule or not rule.active:
                refused.append(
                    self.env._(
                        "%(warehouse)s does not buy (see its setting 'Buy to Resupply'): %(product)s is not requested.",
                        warehouse=item.warehouse_id.display_name,
                        product=product.display_name,
                    )
                )
            else:
                offers.append((item, seller, item._quantity_for(seller), rule))
        return offers, refused

    def _quantity_for(self, seller):
        """The suggested quantity in the vendor's unit: never less than suggested, nor than the vendor's minimum."""
        own, unit = self.product_id.uom_id, seller.product_uom_id
        quantity = own._compute_quantity(self.suggested_order, unit, round=False)
        if unit != own:
            quantity = math.ceil(round(quantity, 6))
        return max(quantity, seller.min_qty)

    def _request(self, offers):
        """Run Odoo's buying rule for the offers; returns the purchase orders whose lines it made or raised."""
        rule_model = self.env["stock.rule"].sudo()
        before = self._request_lines(offers)
        procurements = []
        for item, seller, quantity, rule in offers:
            values = {
                "company_id": item.company_id,
                "warehouse_id": item.warehouse_id,
                "date_planned": fields.Datetime.now() + timedelta(days=seller.delay),
                "supplierinfo_id": seller,
                "route_ids": rule.route_id,
            }
            procurement = rule_model.Procurement(
                item.product_id,
                quantity,
                seller.product_uom_id,
                item.warehouse_id.lot_stock_id,
                item.product_id.display_name,
                self.env._("Planning"),
                item.company_id,
                values,
            )
            procurements.append((procurement, rule))
        rule_model._run_buy(procurements)
        after = self._request_lines(offers)
        changed = [line for line, quantity in after.items() if before.get(line) != quantity]
        return self.env["purchase.order.line"].browse(changed).sudo().order_id.sudo(False)

    def _request_lines(self, offers):
        """Quantities of the draft lines of the offers' products: ``{line id: quantity}``."""
        products = {item.product_id.id for item, *_rest in offers}
        lines = (
            self.env["purchase.order.line"]
            .sudo()
            .search_fetch([("product_id", "in", list(products)), ("order_id.state", "=", "draft")], ["product_uom_qty"])
        )
        return {line.id: line.product_uom_qty for line in lines}

    def _nothing_to_request(self):
        """Notification that says why these items need no request."""
        asked = self.sudo().filtered(lambda item: item.requested > 0)
        if asked:
            orders = (
                self.env["purchase.order.line"]
                .sudo()
                .search(
                    [
                        ("product_id", "in", asked.product_id.ids),
                        ("order_id.state", "in", ("draft", "sent", "to approve")),
                        ("company_id", "in", asked.company_id.ids),
                    ]
                )
                .order_id
            )
            names = ", ".join(orders.mapped("name")[:5])
            message = self.env._("Nothing added: %s already asks for what is needed.", names)
        else:
            message = self.env._("Nothing to buy: stock and receipts cover the need of these items.")
        return self._notification(message)

    def _open_requests(self, orders, refused):
        """Action that shows the requests, with a warning about items left out."""
        action = {
            "type": "ir.actions.act_window",
            "name": self.env._("Requests for Quotation"),
            "res_model": "purchase.order",
            "views": [(False, "list"), (False, "form")],
            "domain": [("id", "in", orders.ids)],
            "target": "current",
        }
        if len(orders) == 1:
            action |= {"views": [(False, "form")], "res_id": orders.id}
        if refused:
            return self._notification("\n".join(refused), kind="warning", sticky=True, following=action)
        return action

    def _notification(self, message, kind="info", sticky=False, following=None):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": kind,
                "message": message,
                "sticky": sticky,
                "next": following or {"type": "ir.actions.act_window_close"},
            },
        }
