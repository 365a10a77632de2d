"""One click from a need to a draft request for quotation, never twice."""

from datetime import timedelta

from odoo import fields, models
from odoo.addons.stock.models.stock_rule import ProcurementException
from odoo.exceptions import ConcurrencyError, UserError
from odoo.tools import SQL
from odoo.tools.misc import formatLang
from psycopg2 import OperationalError


class InventoryItem(models.Model):
    _inherit = "inventory.item"

    def action_make_rfq(self):
        """Put what is suggested for these items on draft requests for quotation, one a vendor, and open them.

        The figures are taken anew under a lock on the items, with what draft requests already ask for counted, so
        that a second click, or two buyers at once, add nothing. Lines come from Odoo's own buying rule: price, unit,
        taxes and merging with an open draft of the vendor are Odoo's. Where a larger quantity earns a price that
        pays, it is taken. A request below the vendor's minimum order is made and said: a person decides.

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
        self._lock_items()
        self._refresh(self)
        wanted = self.sudo().filtered(lambda item: item.suggested_order > 0)
        if not wanted:
            return self._nothing_to_request()
        offers, refused = wanted._offers()
        if not offers:
            raise UserError("\n".join(sentence for _code, sentence in refused.values()))
        try:
            with self.env.cr.savepoint():
                orders = self._request(offers)
        except ProcurementException as error:
            raise UserError(_reason(error)) from error
        bought = self.browse([offer.item.id for offer in offers])
        bought.sudo()._note_buying({})
        self._refresh(self)
        sentences = [sentence for _code, sentence in refused.values()]
        return self._open_requests(orders, sentences + wanted._below_minimum(offers))

    def _lock_items(self):
        """Law 3: the second of two buyers waits here; the items the first one wrote make him start again."""
        self.env.cr.execute(
            SQL("SELECT id FROM inventory_item WHERE id = ANY(%s) ORDER BY id FOR UPDATE", sorted(self.ids))
        )

    def _below_minimum(self, offers):
        """Sentences about requests that stay below their vendor's minimum, with what would lift them there.

        Called with the requests made, so what they ask for is among what was asked already.
        """
        bought = self.browse([offer.item.id for offer in offers])
        soon = bought._soon_due()
        units = soon._fill_up()
        sentences = []
        for (partner, company, warehouse), offer in {offer.key: offer for offer in offers}.items():
            minimum = partner.with_company(company).inventory_minimum_order
            if minimum <= 0:
                continue
            currency = partner.with_company(company).property_purchase_currency_id or company.currency_id
            amount = self._already_requested(offer, currency)
            if currency.compare_amounts(amount, minimum) >= 0:
                continue
            helpers = soon.filtered(
                lambda item, partner=partner, warehouse=warehouse: (
                    item.vendor_id == partner and item.warehouse_id == warehouse and units[item.id] > 0
                )
            )
            figures = {
                "vendor": partner.display_name,
                "amount": formatLang(self.env, amount, currency_obj=currency),
                "minimum": formatLang(self.env, minimum, currency_obj=currency),
                "products": ", ".join(helpers[:5].mapped("product_id.display_name")),
            }
            if helpers:
                text = self.env._(
                    "%(vendor)s: the request comes to %(amount)s, the minimum order is %(minimum)s. Soon due as well: "
                    "%(products)s.",
                    **figures,
                )
            else:
                text = self.env._(
                    "%(vendor)s: the request comes to %(amount)s, the minimum order is %(minimum)s.", **figures
                )
            sentences.append(text)
        return sentences

    def _request_each(self, offers):
        """Request the offers; where Odoo refuses some, the others are requested all the same.

        :return: ``(orders, {item: (code, figures of the problem)})``
        """
        try:
            with self.env.cr.savepoint():
                return self._request(offers), {}
        except (OperationalError, ConcurrencyError):
            raise
        except Exception as error:
            if len(offers) == 1:
                told = UserError(_reason(error)) if isinstance(error, ProcurementException) else error
                return self.env["purchase.order"], {offers[0].item: self._problem_of(told, offers[0].item)}
        orders, failed = self.env["purchase.order"], {}
        for offer in offers:  # one by one only where the whole was refused
            made, problem = self._request_each([offer])
            orders |= made
            failed |= problem
        return orders, failed

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
        products = {offer.item.product_id.id for offer in offers}
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

    def _open_requests(self, orders, warnings):
        """Action that shows the requests, with warnings about what was left out or stays too small."""
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
        if warnings:
            return self._notification("\n".join(warnings), kind="warning", sticky=True, following=action)
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


def _reason(error):
    """The sentences of what Odoo's buying rule raised."""
    return " ".join(sentence for _procurement, sentence in error.procurement_exceptions)
