"""Sale orders: each is sold in a channel, and its confirmation takes what it is promised."""

from odoo import api, fields, models


class SaleOrder(models.Model):
    _inherit = "sale.order"

    inventory_channel_id = fields.Many2one(
        "inventory.channel",
        "Sold in Channel",
        compute="_compute_inventory_channel_id",
        store=True,
        readonly=False,
        precompute=True,
        check_company=True,
        index="btree_not_null",
        help="Whose rules say what may be promised to the order; by its sales team, else the back office.",
    )
    inventory_reservation_count = fields.Integer("Promises", compute="_compute_inventory_reservation_count")

    @api.depends("team_id", "company_id")
    def _compute_inventory_channel_id(self):
        channels = self.env["inventory.channel"].sudo().search([("team_ids", "in", self.team_id.ids)])
        for order in self:
            if order.state in ("draft", "sent") or not order.inventory_channel_id:
                order.inventory_channel_id = channels.filtered(
                    lambda channel, order=order: (
                        order.team_id in channel.team_ids and channel.company_id == order.company_id
                    )
                )[:1]

    def _compute_inventory_reservation_count(self):
        counts = dict(
            self.env["inventory.reservation"]
            .sudo()
            ._read_group(
                [("res_model", "=", "sale.order"), ("res_id", "in", self.ids)],
                groupby=["res_id"],
                aggregates=["__count"],
            )
        )
        for order in self:
            order.inventory_reservation_count = counts.get(order.id, 0)

    def _inventory_sold_in(self):
        """The channel of the order: its own, or the back office of its company."""
        self.ensure_one()
        return self.sudo().inventory_channel_id or self.env["inventory.channel"]._back_office(self.company_id)

    def action_inventory_reservations(self):
        """The promises of the order."""
        action = self.env["ir.actions.act_window"]._for_xml_id("inventory_plus.action_reservation")
        action["domain"] = [("res_model", "=", "sale.order"), ("res_id", "in", self.ids)]
        action["context"] = {}
        return action
