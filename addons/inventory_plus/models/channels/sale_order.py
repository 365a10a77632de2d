"""Sale orders: each is sold in a channel, and its confirmation takes what it is promised."""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import plaintext2html

from ..common.guard_state import DUST

#: Who may sell an order in whatever channel; others do so in channels that are bound to nobody, to the order's team or
#: to themselves.
CHOOSERS = ("sales_team.group_sale_manager", "inventory_plus.group_manager")


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
        groups="base.group_user",
        help="Whose rules say what may be promised to the order; by its sales team, else the back office.",
    )
    inventory_channel_by_hand = fields.Boolean(
        "Channel Chosen by Hand",
        groups="base.group_user",
        help="The channel is another one than the sales team's, and stays when that changes.",
    )
    inventory_reservation_count = fields.Integer(
        "Promises", compute="_compute_inventory_reservation_count", groups="base.group_user"
    )

    @api.depends("team_id", "company_id")
    def _compute_inventory_channel_id(self):
        bound = self._inventory_channel_bound()
        for order in self:
            channel = order.inventory_channel_id
            stays = order.inventory_channel_by_hand and (not channel or channel.sudo().company_id == order.company_id)
            # What is confirmed was promised goods by its channel's rules, if only by the back office's.
            is_open = order.state in ("draft", "sent") or not order._origin
            order.inventory_channel_id = bound[order] if is_open and not stays else channel

    def _inventory_channel_bound(self):
        """``{order: channel}`` that is bound to where the orders come from: their sales teams; or none.

        Glue addons bind channels to more.
        """
        channels = self.env["inventory.channel"].sudo().search([("team_ids", "in", self.team_id.ids)])
        return {
            order: channels.filtered(
                lambda channel, order=order: (
                    order.team_id._origin in channel.team_ids and channel.company_id == order.company_id
                )
            )[:1].sudo(False)
            for order in self
        }

    @api.onchange("inventory_channel_id")
    def _onchange_inventory_channel_id(self):
        self._inventory_note_choice()

    def _inventory_note_choice(self):
        """Keep in mind which orders' channels are others than those that are bound to where they come from."""
        bound = self._inventory_channel_bound()
        for order in self:
            by_hand = order.inventory_channel_id._origin != bound[order]
            if order.inventory_channel_by_hand != by_hand:
                order.inventory_channel_by_hand = by_hand

    @api.model_create_multi
    def create(self, vals_list):
        orders = super().create(vals_list)
        chosen = [bool(vals.get("inventory_channel_id")) for vals in vals_list]
        orders.browse(order.id for order, named in zip(orders, chosen, strict=True) if named)._inventory_chosen()
        return orders

    def write(self, vals):
        if "inventory_channel_id" in vals:
            self.filtered(
                lambda order: order.inventory_channel_id.id != (vals["inventory_channel_id"] or False)
            )._inventory_check_leaving()
        result = super().write(vals)
        if "inventory_channel_id" in vals:
            self._inventory_chosen()
        return result

    def _inventory_check_leaving(self):
        """Law 1: what was promised by the rules of one channel is not taken by those of another.

        :raise UserError: goods are promised to one of these confirmed orders
        """
        sold = self.filtered(lambda order: order.state == "sale")
        if not sold:
            return
        self.env.flush_all()
        opened = self.env["inventory.keeper"]._open({("sale.order", order.id) for order in sold})
        held = {document[1] for (document, _item), quantity in opened.items() if quantity > DUST}
        for order in sold.filtered(lambda order: order.id in held)[:1]:
            raise UserError(
                self.env._(
                    "%(order)s is promised goods in %(channel)s. Cancel it and set it to quotation to sell it "
                    "elsewhere.",
                    order=order.name,
                    channel=order._inventory_sold_in().display_name,
                )
            )

    def _inventory_chosen(self):
        """A channel was written: note it as chosen by hand where it is, and see that the user may choose it."""
        self._inventory_note_choice()
        if self.env.su or any(self.env.user.has_group(group) for group in CHOOSERS):
            return
        for order in self:
            channel = order.sudo().inventory_channel_id
            if order.inventory_channel_by_hand and channel._is_bound() and self.env.user not in channel.user_ids:
                raise UserError(
                    self.env._(
                        "%(channel)s sells for its own teams and systems. Choose such a team, or ask a sales manager.",
                        channel=channel.display_name,
                    )
                )

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
        channel = self.sudo().inventory_channel_id
        # A form may hold what could not be saved.
        if channel.company_id == self.company_id:
            return channel
        return self.env["inventory.channel"]._back_office(self.company_id)

    def _inventory_tell_refusal(self, why):
        """Ask who is responsible for an order that was paid and cannot be confirmed, once."""
        title = self.env._("Paid, but not confirmed: goods are short")
        for order in self:
            told = order.activity_ids.filtered(lambda activity: activity.summary == title)
            if not told:
                order.activity_schedule(
                    "mail.mail_activity_data_todo",
                    summary=title,
                    note=plaintext2html(why),
                    user_id=(order.user_id or order.team_id.user_id or self.env.ref("base.user_admin")).id,
                )

    def action_inventory_reservations(self):
        """The promises of the order."""
        action = self.env["ir.actions.act_window"]._for_xml_id("inventory_plus.action_reservation")
        action["domain"] = [("res_model", "=", "sale.order"), ("res_id", "in", self.ids)]
        action["context"] = {}
        return action
