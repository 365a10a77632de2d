"""Planned events: days on which more or less is asked for than usual."""

from datetime import timedelta

from dateutil.relativedelta import relativedelta
from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL

from ..common.sound_numbers import FIRST_YEAR, LAST_YEAR, refuse_odd_numbers

#: What of an event nothing is planned with.
NO_INPUTS = {"name"}


class InventoryDemandEvent(models.Model):
    """A promotion, a fair, a holiday closing: dates, how much it changes demand, and of what.

    The planning divides past events out of the history, so that a promotion does not look like a season, and
    multiplies the days to come. A change of -100 % says that nothing could be sold: such past days count as unknown.
    """

    _name = "inventory.demand.event"
    _description = "Demand Event"
    _order = "date_start desc, id desc"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company, ondelete="cascade"
    )
    date_start = fields.Date("First Day", required=True, default=lambda self: fields.Date.context_today(self))
    date_end = fields.Date("Last Day", required=True, default=lambda self: fields.Date.context_today(self))
    yearly = fields.Boolean("Every Year", help="The same days come back in the years before and after.")
    uplift = fields.Float(
        "Change of Demand (%)",
        default=50.0,
        digits=(16, 1),
        help="What is asked for on such a day, beside a usual one: 50 for half as much again, -100 for nothing. "
        "Events on the same day multiply each other.",
    )
    product_ids = fields.Many2many("product.product", string="Products", check_company=True)
    categ_ids = fields.Many2many("product.category", string="Product Categories", help="With all below them.")
    warehouse_ids = fields.Many2many("stock.warehouse", string="Warehouses", check_company=True, help="None: all.")
    state = fields.Selection(
        [("past", "Past"), ("now", "Running"), ("ahead", "To come")], compute="_compute_state", string="When"
    )

    @api.depends("date_start", "date_end", "yearly", "company_id")
    def _compute_state(self):
        dates = {company: self.env["inventory.item"]._planning_date(company) for company in self.company_id}
        for event in self:
            event.state = False
            if not event.date_start or not event.date_end or not event.company_id:
                continue
            today = dates[event.company_id]
            occurrences = event._occurrences(today - timedelta(days=366), today + timedelta(days=366))
            if any(first <= today <= last for first, last in occurrences):
                event.state = "now"
            else:
                event.state = "ahead" if any(first > today for first, _last in occurrences) else "past"

    @api.constrains("date_start", "date_end", "yearly", "uplift")
    def _check_event(self):
        for event in self:
            if event.date_end < event.date_start:
                raise ValidationError(
                    self.env._("%(event)s ends before it starts. Correct its last day.", event=event.name)
                )
            if event.date_start.year < FIRST_YEAR or event.date_end.year > LAST_YEAR:
                raise ValidationError(
                    self.env._(
                        "%(event)s: its days must lie between the years %(first)s and %(last)s.",
                        event=event.name,
                        first=FIRST_YEAR,
                        last=LAST_YEAR,
                    )
                )
            if event.yearly and event.date_end >= event.date_start + relativedelta(years=1):
                raise ValidationError(
                    self.env._("%(event)s comes back every year, so it must be shorter than one.", event=event.name)
                )
            if event.uplift < -100:
                raise ValidationError(
                    self.env._(
                        "%(event)s takes more than all of the demand away. -100 %% is the least: nothing is sold.",
                        event=event.name,
                    )
                )
            if event.uplift > 10000:
                raise ValidationError(
                    self.env._(
                        "%(event)s multiplies demand by more than a hundred. At most 10,000 %% can be planned with.",
                        event=event.name,
                    )
                )

    # ------------------------------------------------------------------ write

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            refuse_odd_numbers(self, vals)
        events = super().create(vals_list)
        events._note_inputs()
        return events

    def write(self, vals):
        """Who takes an item out of an event changes its plan as much as who puts it in."""
        refuse_odd_numbers(self, vals)
        changed = bool(vals.keys() - NO_INPUTS)
        before = self._touched() if changed else None
        result = super().write(vals)
        if changed:
            self._note_inputs(before)
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_noted(self):
        self._note_inputs()

    def _note_inputs(self, before=None):
        """Remember who changed the demand of the items that these events touch (law 4), once each.

        :param before: what they touched until then, of :meth:`_touched`
        """
        companies, items = self._touched()
        if before:
            companies, items = companies | before[0], items | before[1]
        changes = self.env["inventory.plan.change"]
        if companies:
            changes._note_company(companies, "event")
        if items:
            changes._note_items("event", items)

    def _touched(self):
        """What these events change the demand of: ``(companies of which all items, ids of single items)``."""
        self.env.flush_all()
        everywhere = self.filtered(lambda event: not event.product_ids and not event.categ_ids)
        found = set()
        for company, events in (self - everywhere).grouped("company_id").items():
            items = self.env["inventory.item"].sudo().with_context(active_test=False)
            items = items.search([("company_id", "=", company.id)], order="id")
            touched = self.env.execute_query(
                SQL("SELECT DISTINCT place FROM (%s) AS touched(event, place)", events._items_sql(events, items.ids))
            )
            found.update(items.browse(items.ids[place] for (place,) in touched)._fed_by())
        return everywhere.company_id, found

    # ------------------------------------------------------------------- plan

    def _occurrences(self, first, last):
        """First and last days of this event that touch a range of days, the latter inclusive: list of pairs."""
        self.ensure_one()
        if not self.yearly:
            pairs = [(self.date_start, self.date_end)]
        else:
            length = self.date_end - self.date_start
            years = range(first.year - self.date_start.year - 1, last.year - self.date_start.year + 1)
            starts = [self.date_start + relativedelta(years=number) for number in years]
            pairs = [(start, start + length) for start in starts]
        return [(start, end) for start, end in pairs if start <= last and end >= first]

    @api.model
    def _items_sql(self, events, item_ids):
        """Rows ``(event id, position of the item in item_ids)`` of the items that events touch.

        :param events: records of one company; ``item_ids``: list of ids
        """
        return SQL(
            """
            SELECT event.id, item.position - 1
              FROM unnest(%(items)s::int[]) WITH ORDINALITY AS item(id, position)
              JOIN inventory_item real ON real.id = item.id
              JOIN product_product product ON product.id = real.product_id
              JOIN product_template template ON template.id = product.product_tmpl_id
              LEFT JOIN product_category category ON category.id = template.categ_id
              JOIN inventory_demand_event event ON event.id = ANY(%(events)s)
             WHERE (NOT EXISTS (SELECT FROM inventory_demand_event_stock_warehouse_rel rel
                                 WHERE rel.inventory_demand_event_id = event.id)
                    OR EXISTS (SELECT FROM inventory_demand_event_stock_warehouse_rel rel
                                WHERE rel.inventory_demand_event_id = event.id
                                  AND rel.stock_warehouse_id = real.warehouse_id))
               AND ((NOT EXISTS (SELECT FROM inventory_demand_event_product_product_rel rel
                                  WHERE rel.inventory_demand_event_id = event.id)
                     AND NOT EXISTS (SELECT FROM inventory_demand_event_product_category_rel rel
                                      WHERE rel.inventory_demand_event_id = event.id))
                    OR EXISTS (SELECT FROM inventory_demand_event_product_product_rel rel
                                WHERE rel.inventory_demand_event_id = event.id
                                  AND rel.product_product_id = product.id)
                    OR EXISTS (SELECT FROM inventory_demand_event_product_category_rel rel
                                 JOIN product_category above ON above.id = rel.product_category_id
                                WHERE rel.inventory_demand_event_id = event.id
                                  AND category.parent_path LIKE above.parent_path || '%%'))
            """,
            items=item_ids,
            events=events.ids,
        )
