"""A channel: who sells from the shelves, within which rules."""

import psycopg2
from odoo import api, fields, models
from odoo.exceptions import ConcurrencyError, UserError, ValidationError

from ..common.sound_numbers import refuse_odd_numbers
from .shortage import Rules

#: How long a soft promise lasts, at the longest and where nothing else is said (seconds).
LONGEST_TTL = 90 * 86400
DEFAULT_TTL = 900
LONGEST_CODE = 64
#: The longest shelf life that a channel may ask for (days): a hundred years.
LONGEST_LIFE = 36500

KEEP_BACK = [
    ("nothing", "Nothing"),
    ("fixed", "A fixed quantity"),
    ("percent", "A percentage of usable stock"),
    ("safety", "The safety stock"),
]


class InventoryChannel(models.Model):
    """A shop, a marketplace, a branch or the sales team: what it may promise, from where, and before whom."""

    _name = "inventory.channel"
    _description = "Sales Channel"
    _inherit = ["mail.thread"]
    _order = "priority, code, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True, tracking=True)
    code = fields.Char(
        required=True, copy=False, tracking=True, help="By this name clients call the channel; case counts."
    )
    active = fields.Boolean(default=True, tracking=True)
    company_id = fields.Many2one("res.company", required=True, index=True, default=lambda self: self.env.company)
    priority = fields.Integer(
        default=10,
        tracking=True,
        help="Smaller comes first. When goods are lost, promises of the channel with the largest number lose first.",
    )
    is_back_office = fields.Boolean(
        "Back Office", copy=False, help="Orders that name no channel are sold here; one channel a company."
    )
    warehouse_line_ids = fields.One2many(
        "inventory.channel.warehouse",
        "channel_id",
        "Warehouses",
        copy=True,
        help="Where the channel sells from, the first choice on top.",
    )
    allow_split = fields.Boolean(
        "May Be Split", tracking=True, help="A request may be promised from several warehouses."
    )
    ttl = fields.Integer(
        "Time to Live (seconds)",
        default=DEFAULT_TTL,
        tracking=True,
        help="How long a soft promise lasts where the request says nothing.",
    )
    keep_back = fields.Selection(
        KEEP_BACK,
        required=True,
        default="safety",
        tracking=True,
        help="What stays unpromised where no rule says otherwise.",
    )
    keep_quantity = fields.Float("Keep Back Quantity", digits="Product Unit", tracking=True)
    keep_percent = fields.Float("Keep Back Percentage", tracking=True)
    oversell_limit = fields.Float(
        digits="Product Unit",
        tracking=True,
        help="So much of an item may be promised beyond what is free, in the product's unit. Zero: nothing.",
    )
    shelf_life = fields.Integer(
        "Minimum Shelf Life (days)",
        tracking=True,
        help="The channel sells only goods of which the lot's expiration date is at least so many days away: no others "
        "are counted, promised or picked for it. Goods without a lot or without a date count fully. Zero: any usable "
        "goods.",
    )
    shortage = fields.Selection(
        [
            ("refuse", "Do not confirm"),
            ("part", "Promise what there is"),
            ("wait", "Confirm and wait for goods"),
        ],
        required=True,
        default="wait",
        tracking=True,
        help="What happens to an order that is confirmed although something is short.",
    )
    may_wait = fields.Boolean(
        "May Wait",
        help="Who confirms an order by hand is shown what is short and may let the customer wait for it.",
    )
    may_part = fields.Boolean(
        "May Order a Part",
        help="Who confirms an order by hand is shown what is short and may order only what is there.",
    )
    may_elsewhere = fields.Boolean(
        "May Use Other Warehouses",
        help="Who confirms an order by hand is shown what is short and may have it sent from warehouses of the company "
        "that the channel does not sell from.",
    )
    lends_to_ids = fields.Many2many(
        "inventory.channel",
        "inventory_channel_lend_rel",
        "lender_id",
        "borrower_id",
        "Lends to",
        check_company=True,
        help="These channels may sell from quantities that are ring-fenced for this one.",
    )
    borrows_from_ids = fields.Many2many(
        "inventory.channel",
        "inventory_channel_lend_rel",
        "borrower_id",
        "lender_id",
        "May Borrow from",
        check_company=True,
        readonly=True,
    )
    webhook_ids = fields.One2many(
        "inventory.channel.webhook",
        "channel_id",
        "Webhooks",
        groups="inventory_plus.group_manager,inventory_plus.group_auditor",
    )
    rule_ids = fields.One2many("inventory.channel.rule", "channel_id", "Rules", copy=True)
    team_ids = fields.Many2many(
        "crm.team", string="Sales Teams", check_company=True, help="Orders of these teams are sold here."
    )
    user_ids = fields.Many2many(
        "res.users",
        "inventory_channel_user_rel",
        "channel_id",
        "user_id",
        "API Users",
        check_company=True,
        help="Users by which outside systems may promise and read on behalf of this channel.",
    )

    _code_unique = models.UniqueIndex("(company_id, code)", "There is a channel with this code already.")
    _back_office_unique = models.UniqueIndex(
        "(company_id) WHERE is_back_office", "A company has one back office channel."
    )

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            refuse_odd_numbers(self, vals)
            if vals.get("is_back_office"):
                self._untick_others(self.env["res.company"].browse(vals.get("company_id") or self.env.company.id))
        return super().create(vals_list)

    def write(self, vals):
        refuse_odd_numbers(self, vals)
        if "company_id" in vals and any(channel.company_id.id != vals["company_id"] for channel in self):
            # Its warehouses, promises and orders are of the company; and law 10: whoever may write here would be there.
            raise UserError(self.env._("A channel stays with its company. Make another one for the other company."))
        served = self.filtered("is_back_office").company_id
        if vals.get("is_back_office"):
            self._untick_others(self.company_id)
        limits = {channel: (channel.oversell_limit, channel.shelf_life) for channel in self}
        result = super().write(vals)
        # Record rules are asked before something is written; here also after.
        self.check_access("write")
        if not vals.keys().isdisjoint(("oversell_limit", "shelf_life")):
            self._judge_promises(limits)
        if served and "is_back_office" in vals:
            self._check_served(served)
        return result

    def _judge_promises(self, limits):
        """Mark short what of the channels' promises is beyond what they may promise from now on (law 1).

        :param limits: ``{channel: (limit of overselling, shelf life)}`` before
        """
        self.flush_recordset()
        state = self.env["inventory.grant"]._state()
        state.terms = None
        state.asks.clear()
        state.lives.clear()
        rules = [
            Rules(channel.id, channel.oversell_limit, channel.shelf_life)
            for channel in self
            if channel.oversell_limit < limits[channel][0] or channel.shelf_life > limits[channel][1]
        ]
        if rules and self.env["inventory.lock"]._is_on():
            self.env["inventory.shortage"].sudo()._judge(rules)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_back_office(self):
        offices = self.filtered("is_back_office")
        if offices:
            raise ValidationError(self._needed(offices.company_id[0]))

    def _untick_others(self, companies):
        """Whoever makes a channel the back office takes that from the one that was it."""
        others = self.with_context(active_test=False).search(
            [("company_id", "in", companies.ids), ("is_back_office", "=", True), ("id", "not in", self.ids)]
        )
        super(InventoryChannel, others).write({"is_back_office": False})
        others.flush_recordset()

    @api.model
    def _check_served(self, companies):
        """See that each company still has a back office: orders that name no channel are sold there."""
        offices = self.sudo().with_context(active_test=False).search([("is_back_office", "=", True)])
        if companies - offices.company_id:
            raise ValidationError(self._needed((companies - offices.company_id)[0]))

    @api.model
    def _needed(self, company):
        return self.env._(
            "Orders of %(company)s that name no channel are sold in its back office; it stays until another channel is"
            " made the back office.",
            company=company.display_name,
        )

    @api.constrains("ttl")
    def _check_ttl(self):
        for channel in self:
            if not 1 <= channel.ttl <= LONGEST_TTL:
                raise ValidationError(
                    self.env._("The time to live is between 1 second and %(days)s days.", days=LONGEST_TTL // 86400)
                )

    @api.constrains("keep_quantity", "keep_percent", "oversell_limit")
    def _check_quantities(self):
        for channel in self:
            if not (0 <= channel.keep_percent <= 100):
                raise ValidationError(self.env._("The percentage to keep back is between 0 and 100."))
            if not (0 <= channel.keep_quantity < 10**12 and 0 <= channel.oversell_limit < 10**12):
                raise ValidationError(self.env._("Quantities of a channel are zero or more."))

    @api.constrains("shelf_life")
    def _check_shelf_life(self):
        for channel in self:
            if not 0 <= channel.shelf_life <= LONGEST_LIFE:
                raise ValidationError(
                    self.env._("The minimum shelf life is between 0 and %(most)s days.", most=LONGEST_LIFE)
                )

    @api.constrains("code")
    def _check_code(self):
        for channel in self:
            if not channel.code.strip() or channel.code != channel.code.strip():
                raise ValidationError(self.env._("A channel's code is not empty and has no spaces around it."))
            if len(channel.code) > LONGEST_CODE or not channel.code.isprintable():
                raise ValidationError(
                    self.env._("A channel's code is one line of at most %(most)s characters.", most=LONGEST_CODE)
                )

    @api.constrains("active", "is_back_office")
    def _check_back_office(self):
        for channel in self:
            if channel.is_back_office and not channel.active:
                raise ValidationError(self.env._("The back office sells what no other channel does; it stays."))

    @api.constrains("active")
    def _check_nothing_is_open(self):
        archived = self.filtered(lambda channel: not channel.active)
        domain = [("channel_id", "in", archived.ids), "|", ("state", "=", "firm"), "&", ("state", "=", "soft")]
        domain.append(("expires_at", ">", fields.Datetime.now()))
        promises = self.env["inventory.reservation"].sudo()
        for channel, count in promises._read_group(domain, ["channel_id"], ["__count"]) if archived else ():
            raise ValidationError(
                self.env._(
                    "%(channel)s cannot be archived while %(count)s of its promises are open: deliver, release or move "
                    "them first.",
                    channel=channel.display_name,
                    count=count,
                )
            )

    @api.constrains("lends_to_ids")
    def _check_lends_to(self):
        for channel in self:
            if channel in channel.lends_to_ids:
                raise ValidationError(self.env._("A channel does not lend to itself."))

    @api.model
    def _back_office(self, company):
        """The channel of orders that name none; made at first use."""
        channels = self.sudo().with_context(active_test=False)
        channel = channels.search([("company_id", "=", company.id), ("is_back_office", "=", True)], limit=1)
        return channel or self.sudo()._make_back_office(company)

    @api.model
    def _make_back_offices(self):
        """Give every company its back office; called at installation and update."""
        channels = self.sudo().with_context(active_test=False)
        served = channels.search([("is_back_office", "=", True)]).company_id
        for company in self.env["res.company"].sudo().search([]) - served:
            self._make_back_office(company)

    @api.model
    def _make_back_office(self, company):
        """A back office for a company that has none.

        :raise ConcurrencyError: somebody else makes it at the same time; Odoo tries again and finds his
        """
        channels = self.sudo().with_company(company)
        values = {
            "name": self.env._("Back Office"),
            "code": channels._free_code(company, "back_office"),
            "company_id": company.id,
            "is_back_office": True,
            # An order of the house digs into the safety stock: that is what it is for.
            "keep_back": "nothing",
            "shortage": "wait",
        }
        try:
            with self.env.cr.savepoint(flush=False):
                return channels.create(values)
        except psycopg2.errors.UniqueViolation as error:
            raise ConcurrencyError(self.env._("The back office was made by somebody else just now.")) from error

    @api.model
    def _free_code(self, company, code):
        """``code``, with a number where a channel of the company has it already."""
        channels = self.with_context(active_test=False).search([("company_id", "=", company.id)])
        taken = set(channels.mapped("code"))
        names = (code, *(f"{code}_{number}" for number in range(2, len(taken) + 3)))
        return next(name for name in names if name not in taken)

    def _is_bound(self):
        """Whether the channel sells for somebody or something in particular; glue addons add theirs."""
        return bool(self.team_ids or self.user_ids)

    def _rivals(self, places, back):
        """Where two active channels of a company would sell the same: what these channels are bound to has one.

        :param places: name of the field that binds channels to shops, tills or the like
        :param back: name of the field that leads from there to the channels
        :return: list of ``(place, channel that it is bound to already)``; also channels that the user may not see
        """
        channels = self.sudo().filtered("active")
        found = []
        for place in channels[places]:
            sellers = place[back].filtered("active")
            for company in (channels & sellers).company_id:
                rivals = sellers.filtered(lambda channel, company=company: channel.company_id == company)
                if len(rivals) > 1:
                    found.append((place, (rivals - channels or rivals)[0]))
        return found

    def _warehouses(self):
        """Warehouses of the channel, first choice first; all of its company where none is named."""
        self.ensure_one()
        chosen = self.sudo().warehouse_line_ids.warehouse_id
        return chosen or self.env["stock.warehouse"].sudo().search([("company_id", "=", self.company_id.id)])
