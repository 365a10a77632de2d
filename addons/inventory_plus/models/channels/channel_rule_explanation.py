"""How the number that a channel shows for a product comes about, step by step."""

from markupsafe import Markup
from odoo import api, fields, models
from odoo.tools import SQL


class InventoryChannelExplanation(models.TransientModel):
    """A question: this channel, this product. The answer is worked out while one looks at it."""

    _name = "inventory.channel.explanation"
    _description = "Explanation of What a Channel Shows"

    channel_id = fields.Many2one("inventory.channel", required=True, ondelete="cascade")
    company_id = fields.Many2one(related="channel_id.company_id")
    product_id = fields.Many2one(
        "product.product",
        domain="[('is_storable', '=', True), ('company_id', 'in', (False, company_id))]",
        ondelete="cascade",
    )
    available = fields.Float("Available to the Channel", digits="Product Unit", compute="_compute_steps")
    steps = fields.Html(compute="_compute_steps", sanitize=False)

    @api.depends("channel_id", "product_id")
    def _compute_steps(self):
        for question in self:
            channel, product = question.channel_id, question.product_id
            question.available, question.steps = 0.0, False
            # Whoever asks may name any channel by its number, and what is read from here on asks nobody (law 10). In a
            # form both are shadows of themselves, of which no right is asked.
            channel, product = channel._origin, product._origin
            channel.check_access("read")
            product.check_access("read")
            if channel and product:
                places = channel._warehouses()
                items = [(product.id, place.id) for place in places]
                rooms = self.env["inventory.promise"]._rooms(channel, items, whole=True)
                for room in rooms.values():
                    room["shelf_life"] = channel.sudo().shelf_life
                shown = [rooms[item]["available"] for item in items]
                question.available = sum(shown) if channel.allow_split else max(shown, default=0.0)
                question.steps = Markup().join(
                    self._steps_table(place, rooms[item], product) for place, item in zip(places, items, strict=True)
                )

    @api.model
    def _steps_table(self, place, room, product):
        """The steps for one warehouse as a table."""

        def row(label, quantity, sign="", strong=False):
            text = Markup("%s %s") % (sign, self._text(product, quantity))
            cells = Markup("<td>%s</td><td class='text-end'>%s</td>") % (label, text)
            return Markup("<tr class='fw-bold'>%s</tr>" if strong else "<tr>%s</tr>") % cells

        rows = [
            row(self.env._("Usable and not reserved"), room["base"]),
            row(self.env._("Promised and not yet reserved"), room["promised"], "−"),
            row(self.env._("Free"), room["free"], "=", strong=True),
        ]
        if room["shelf_life"]:
            label = self.env._("Short-dated goods: less than %(days)s days left", days=room["shelf_life"])
            rows.append(row(label, room["dated"], "−"))
        if room["fenced"]:
            rows.append(row(self.env._("Ring-fenced for other channels"), room["fenced"], "−"))
        rows.append(row(self._keep_label(room), room["keep"], "−"))
        if room["oversell"]:
            rows.append(row(self.env._("Limit of overselling"), room["oversell"], "+"))
        if room["end_when"] is not None:
            rows.append(row(self.env._("The channel ends when so few are free to it"), room["end_when"]))
        if room["maximum"] is not None:
            rows.append(row(self.env._("No more is shown than"), room["maximum"]))
        rows.append(row(self.env._("Available to the channel"), room["available"], "=", strong=True))
        rule = self.env["inventory.channel.rule"].browse(room["rule_id"] or [])
        title = Markup("<h5>%s</h5><p class='text-muted'>%s</p>") % (
            place.display_name,
            rule._told() if rule else self.env._("No rule applies; the channel's own setting does."),
        )
        return title + Markup("<table class='table table-sm'>%s</table>") % Markup().join(rows)

    @api.model
    def _text(self, product, quantity):
        return f"{product.uom_id.round(quantity):g} {product.uom_id.name}"

    @api.model
    def _keep_label(self, room):
        labels = {
            "nothing": self.env._("Kept back: nothing"),
            "fixed": self.env._("Kept back: a fixed quantity"),
            "percent": self.env._("Kept back: a percentage of usable stock"),
            "safety": self.env._("Kept back: the safety stock"),
        }
        return labels[room["keep_back"]]


class InventoryChannel(models.Model):
    _inherit = "inventory.channel"

    def action_explain(self):
        """Open the question how a number of this channel comes about."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("How the Number Comes About"),
            "res_model": "inventory.channel.explanation",
            "view_mode": "form",
            "target": "new",
            "context": {"default_channel_id": self.id},
        }


class InventoryChannelRule(models.Model):
    _inherit = "inventory.channel.rule"

    pool_used = fields.Float(
        "Used",
        digits="Product Unit",
        compute="_compute_pool",
        help="What the channel has promised of it since it was ring-fenced. The quantity is for each product in each"
        " warehouse; where there are several, this is the one of which most was promised.",
    )
    pool_left = fields.Float(
        "Left", digits="Product Unit", compute="_compute_pool", help="Ring-fenced - used: what others may not have."
    )
    lends_to_ids = fields.Many2many(related="channel_id.lends_to_ids")

    @api.depends("pool_quantity", "pool_since")
    def _compute_pool(self):
        used = self._pools_used()
        for rule in self:
            rule.pool_used = used.get(rule._origin.id, 0.0)
            rule.pool_left = max(0.0, rule.pool_quantity - rule.pool_used)

    def _pools_used(self):
        """``{rule id: quantity}`` promised of the item of which most was, counted as ``inventory_rooms`` does."""
        rules = self._origin
        if not rules:
            return {}
        rules.flush_model()
        self.env["inventory.reservation.line"].flush_model()
        return {
            rule: float(used)
            for rule, used in self.env.execute_query(
                SQL(
                    """
                    WITH line AS MATERIALIZED (
                        SELECT line.channel_id, line.product_id, line.warehouse_id, line.create_date,
                               line.open_quantity + COALESCE(line.incoming_quantity, 0) + line.fulfilled AS quantity
                          FROM inventory_reservation_line line
                          JOIN (SELECT channel_id, MIN(pool_since) AS since FROM inventory_channel_rule
                                 WHERE id = ANY(%(rules)s) GROUP BY channel_id) pool
                            ON pool.channel_id = line.channel_id AND line.create_date >= pool.since
                         WHERE line.open_quantity + COALESCE(line.incoming_quantity, 0) + line.fulfilled > 0
                    ), item AS (
                        SELECT DISTINCT product_id, warehouse_id FROM line
                    ), used AS (
                        SELECT found.rule_id, SUM(line.quantity) AS quantity
                          FROM inventory_rules(ARRAY(SELECT DISTINCT channel_id FROM line),
                                               (SELECT COALESCE(array_agg(product_id), '{}') FROM item),
                                               (SELECT COALESCE(array_agg(warehouse_id), '{}') FROM item)) found
                          JOIN inventory_channel_rule rule ON rule.id = found.rule_id AND rule.id = ANY(%(rules)s)
                          JOIN line ON line.channel_id = found.channel_id AND line.product_id = found.product_id
                                   AND line.warehouse_id = found.warehouse_id AND line.create_date >= rule.pool_since
                         GROUP BY found.rule_id, found.product_id, found.warehouse_id
                    )
                    SELECT rule_id, MAX(quantity) FROM used GROUP BY rule_id
                    """,
                    rules=rules.ids,
                )
            )
        }

    def _told(self):
        """What the rule is for, for a reader."""
        self.ensure_one()
        target = {
            "product": self.product_id.display_name,
            "template": self.product_tmpl_id.display_name,
            "category": self.categ_id.display_name,
            "all": self.env._("all products"),
        }[self.applied_on]
        return self.env._("The rule for %(target)s applies.", target=target)
