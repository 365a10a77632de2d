"""Moving ring-fenced goods from a channel that leaves them to one that lacks them."""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..common.guard_state import DUST
from ..common.sound_numbers import refuse_odd_numbers


class InventoryPoolTransfer(models.TransientModel):
    """So much less is ring-fenced for one channel, and so much more for another, of the same product."""

    _name = "inventory.pool.transfer"
    _description = "Move of a Ring-fenced Quantity"

    rule_id = fields.Many2one("inventory.channel.rule", "Rule", required=True, readonly=True, ondelete="cascade")
    # Read as the user: he may name any rule by its number.
    channel_id = fields.Many2one(related="rule_id.channel_id", string="From", related_sudo=False)
    product_id = fields.Many2one(related="rule_id.product_id", related_sudo=False)
    warehouse_id = fields.Many2one(related="rule_id.warehouse_id", related_sudo=False)
    idle = fields.Float(
        digits="Product Unit", compute="_compute_idle", help="What is ring-fenced there and not promised yet."
    )
    other_ids = fields.Many2many("inventory.channel", compute="_compute_other_ids")
    to_channel_id = fields.Many2one(
        "inventory.channel",
        "To",
        required=True,
        compute="_compute_to_channel_id",
        store=True,
        precompute=True,
        readonly=False,
        domain="[('id', 'in', other_ids)]",
        help="Channels with a rule for the product alone; first the one that lacks most.",
    )
    lacking = fields.Float(
        digits="Product Unit",
        compute="_compute_lacking",
        help="What that channel promised beyond its ring-fenced quantity, and what of its promises is short.",
    )
    quantity = fields.Float(
        digits="Product Unit", required=True, compute="_compute_quantity", store=True, readonly=False
    )
    reason = fields.Char(required=True)

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            refuse_odd_numbers(self, vals)
        return super().create(vals_list)

    def write(self, vals):
        refuse_odd_numbers(self, vals)
        return super().write(vals)

    @api.depends("rule_id")
    def _compute_idle(self):
        for move in self:
            move.idle = move.rule_id.pool_left

    @api.depends("rule_id")
    def _compute_other_ids(self):
        for move in self:
            move.other_ids = move._others().channel_id

    @api.depends("rule_id")
    def _compute_to_channel_id(self):
        for move in self:
            others = move._others()
            needs = others._pools_lacking()
            move.to_channel_id = max(others, key=lambda rule, needs=needs: needs[rule.id], default=others).channel_id

    @api.depends("to_channel_id")
    def _compute_lacking(self):
        for move in self:
            rule = move._target()
            move.lacking = rule._pools_lacking()[rule.id] if rule else 0.0

    @api.depends("to_channel_id")
    def _compute_quantity(self):
        for move in self:
            move.quantity = min(move.idle, move.lacking)

    def _others(self):
        """Rules of other channels for the same goods; the most exact ones, of one product."""
        self.ensure_one()
        rule = self.rule_id
        if rule.applied_on != "product":
            return rule.browse()
        return rule.search(
            [
                ("applied_on", "=", "product"),
                ("product_id", "=", rule.product_id.id),
                ("warehouse_id", "=", rule.warehouse_id.id),
                ("company_id", "=", rule.company_id.id),
                ("channel_id", "!=", rule.channel_id.id),
            ]
        )

    def _target(self):
        return self._others().filtered(lambda rule: rule.channel_id == self.to_channel_id)[:1]

    def action_move(self):
        """Move it. Nobody promises of the product meanwhile, so that what is idle is so still (law 1)."""
        self.ensure_one()
        source, target = self.rule_id, self._target()
        source.check_access("write")
        if not target:
            raise UserError(self.env._("Choose another channel that has a rule for this product alone."))
        target.check_access("write")
        if not self.reason.strip():
            raise UserError(self.env._("Give a reason."))
        unit = source.product_id.uom_id
        quantity = unit.round(self.quantity)
        self._lock(source)
        idle = source.pool_quantity - source._pools_used_now()
        if not 0 < quantity <= idle + DUST:
            raise UserError(self.env._("Between 0 and %(idle)s can be moved.", idle=unit.round(max(0.0, idle))))
        # What the channels have promised goes on using up what is theirs.
        source.write({"pool_quantity": source.pool_quantity - quantity, "pool_since": source.pool_since})
        target.write({"pool_quantity": target.pool_quantity + quantity, "pool_since": target.pool_since})
        self._note(source, target, quantity)
        return {"type": "ir.actions.act_window_close"}

    def _lock(self, source):
        """Keep the product's items locked until the transaction has ended."""
        places = source.warehouse_id or self.env["stock.warehouse"].sudo().search(
            [("company_id", "=", source.company_id.id)], order="id"
        )
        shortage = self.env["inventory.shortage"]
        state = self.env["inventory.grant"]._state()
        lock = self.env["inventory.lock"]
        call = lock._call if lock._shares_connection() else shortage._companion(state)
        call(
            SQL(
                "SELECT inventory_lock_items(%s::integer[], %s::integer[], TRUE)",
                [source.product_id.id] * len(places),
                sorted(places.ids),
            )
        )

    def _note(self, source, target, quantity):
        values = {
            "quantity": quantity,
            "product": source.product_id.display_name,
            "origin": source.channel_id.display_name,
            "target": target.channel_id.display_name,
            "reason": self.reason,
        }
        text = self.env._(
            "%(quantity)s of %(product)s that were ring-fenced for %(origin)s are now for %(target)s: %(reason)s",
            **values,
        )
        self.env["inventory.audit.entry"]._log("pool.moved", text, record=source, data=values)
        for channel in source.channel_id | target.channel_id:
            # Two of them.
            channel.message_post(body=text)


class InventoryChannelRule(models.Model):
    _inherit = "inventory.channel.rule"

    pool_lacking = fields.Float(
        "Lacking",
        digits="Product Unit",
        compute="_compute_pool_lacking",
        help="What the channel promised beyond what is ring-fenced for it, and what of its promises is short.",
    )

    @api.depends("pool_quantity", "pool_since")
    def _compute_pool_lacking(self):
        lacking = self._pools_lacking()
        for rule in self:
            rule.pool_lacking = lacking.get(rule._origin.id, 0.0)

    def _pools_lacking(self):
        """``{rule id: quantity}`` that channels miss of the product of their rule; of rules for one product."""
        rules = self._origin
        used = rules._pools_used()
        lost = {
            (channel.id, product.id, place.id): short
            for channel, product, place, short in self.env["inventory.reservation.line"]
            .sudo()
            ._read_group(
                [
                    ("channel_id", "in", rules.channel_id.ids),
                    ("product_id", "in", rules.product_id.ids),
                    ("short", ">", 0),
                ],
                ["channel_id", "product_id", "warehouse_id"],
                ["short:sum"],
            )
        }
        return {
            rule.id: max(0.0, used.get(rule.id, 0.0) - rule.pool_quantity)
            + sum(
                short
                for (channel, product, place), short in lost.items()
                if channel == rule.channel_id.id
                and product == rule.product_id.id
                and rule.warehouse_id.id in (False, place)
            )
            for rule in rules
        }

    def _pools_used_now(self):
        """What is used of the rule's pool, as committed at this moment."""
        self.ensure_one()
        rows = self.env["inventory.lock"]._call_at_work(
            SQL(
                """
                SELECT COALESCE(MAX(used.quantity), 0)
                  FROM (SELECT SUM(line.open_quantity + COALESCE(line.incoming_quantity, 0)
                                   + line.fulfilled) AS quantity
                          FROM inventory_reservation_line line
                         WHERE line.channel_id = %(channel)s AND line.product_id = %(product)s
                           AND line.create_date >= %(since)s
                           AND (%(place)s = 0 OR line.warehouse_id = %(place)s)
                         GROUP BY line.warehouse_id) used
                """,
                channel=self.channel_id.id,
                product=self.product_id.id,
                since=self.pool_since,
                place=self.warehouse_id.id or 0,
            )
        )
        return float(rows[0][0])

    def action_open_pool_transfer(self):
        """Open the dialog that moves what is ring-fenced to another channel."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Move to Another Channel"),
            "res_model": "inventory.pool.transfer",
            "view_mode": "form",
            "target": "new",
            "context": {"default_rule_id": self.id},
        }
