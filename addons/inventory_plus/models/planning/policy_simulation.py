"""What a policy would change, before it is saved: its items planned both ways over their own last year."""

import time
from dataclasses import dataclass

import numpy as np
from odoo import api, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tools import SQL

from ...planning_engine import backtest
from ...planning_engine.forecast import choose
from ..common.sound_numbers import MOST_WHOLE, SHOWN, refuse_odd_numbers
from . import bulk
from .item_pin import PINS
from .policy import SEGMENT_FIELDS, VALUE_FIELDS

#: Items that a simulation computes at most; of a larger segment this many are drawn, always the same ones.
SAMPLE = 1000
SEED = 20260101
#: What a screen may send of a policy that is not saved yet.
DRAFT_FIELDS = (
    "name",
    "active",
    "company_id",
    *SEGMENT_FIELDS,
    "target",
    *VALUE_FIELDS.values(),
    "shortage",
    "review_days",
    "cycle_days",
    "forecast_method",
    "least_units",
    "most_units",
    "least_days",
    "most_days",
)
#: Figures of :func:`backtest.total` that grow with the number of items.
SUMS = ("stock", "value", "orders_a_year", "stockouts_a_year", "short_a_year")


@dataclass
class Choice:
    """A list of policies and what they mean for all items.

    :param policies: list of records in the order of precedence
    :param found: shape (n, number of policies), :meth:`inventory.item._find_policies`
    :param first: shape (n,), position from 1 on of the policy of each item, 0 for none
    """

    policies: list
    found: np.ndarray
    first: np.ndarray

    def of(self, policy):
        """Which items this policy plans: shape (n,)."""
        return (
            self.first == self.policies.index(policy) + 1
            if policy in self.policies
            else np.zeros_like(self.first, bool)
        )


class InventoryPolicy(models.Model):
    _inherit = "inventory.policy"

    @api.readonly
    def simulate(self, values):
        """Compare the plans with and without a change of this policy; nothing is written.

        The items whose plan the change touches are planned both ways every four weeks of their own last year,
        from the days before each, and their stock is simulated with their lead times; customers wait or not, as
        the policies say.

        :param self: the policy that is being changed, or none for a new one
        :param dict values: fields as the screen holds them, unsaved ones included; many2many as lists of ids
        :return: dict for the screen (:meth:`_told`), with the figures as numbers beside the texts
        :raise AccessError: for those who may not write policies
        :raise UserError: a sentence about values that cannot be planned with
        """
        started = time.monotonic()
        self[:1].check_access("write" if self else "create")
        self.env.flush_all()
        draft = self[:1]._draft(values)
        company = draft.company_id.sudo()
        items = self._items_of(company)
        before, after = draft._choices(items)
        rows = np.flatnonzero(before.of(draft._origin) | after.of(draft))
        sample = rows
        if rows.size > SAMPLE:
            sample = np.sort(np.random.default_rng(SEED).choice(rows, SAMPLE, replace=False))
        figures, planned = [], sample
        if rows.size:
            planned, batch = self._histories(company, items, sample)
        if planned.size:
            figures = [self._back_tested(company, choice, planned, batch) for choice in (before, after)]
        counts = {
            "items_before": int(before.of(draft._origin).sum()),
            "items_after": int(after.of(draft).sum()),
            "touched": int(rows.size),
            "sample": int(sample.size),
            "left_out": int(sample.size - planned.size),
            "taken": draft._taken(items, after),
            "seconds": time.monotonic() - started,
        }
        return draft._told(figures, counts)

    # ------------------------------------------------------------------ draft

    def _draft(self, values):
        """The policy as it would be saved, as a record that is never written."""
        self._refuse_odd_values(values)
        known = {name: values[name] for name in DRAFT_FIELDS if name in values}
        # All of them: drafts of one policy share their cache.
        saved = self.default_get(list(DRAFT_FIELDS))
        if self:
            saved = {name: self._fields[name].convert_to_write(self[name], self) for name in DRAFT_FIELDS}
        known = {**dict.fromkeys(DRAFT_FIELDS, False), **saved, **known}
        refuse_odd_numbers(self, known)
        for name in ("categ_ids", "warehouse_ids"):
            if name in values:
                known[name] = [Command.set(values[name] or [])]
        draft = self.new(known, origin=self if self else None)
        if draft.company_id not in self.env.companies:
            raise AccessError(self.env._("You do not work in the company of this policy."))
        message = draft._value_error() or draft._domain_error()
        if message:
            raise UserError(message)
        return draft

    @api.model
    def _refuse_odd_values(self, values):
        """Refuse what no screen sends: a draft is made of it without any of the checks of a record that is saved.

        :raise UserError: names the field and the value
        """
        if not isinstance(values, dict):
            raise UserError(self.env._("The values of a policy come as fields with their values, not as %s.", values))
        refuse_odd_numbers(self, values)
        for name, value in values.items():
            field = self._fields.get(name)
            if name in DRAFT_FIELDS and not self._fits(field, value):
                raise UserError(
                    self.env._(
                        "%(field)s cannot be %(value)s.",
                        field=field._description_string(self.env),
                        value=str(value)[:SHOWN],
                    )
                )

    @api.model
    def _fits(self, field, value):
        """Whether the field can hold this value; numbers are checked apart."""
        if field.type == "selection":
            return isinstance(value, str) and value in field.get_values(self.env)
        if field.type == "many2one":
            return self._are_ids(field, [value])
        if field.type == "many2many":
            return value is False or (isinstance(value, list) and self._are_ids(field, value))
        return field.type != "char" or value is False or isinstance(value, str)

    @api.model
    def _are_ids(self, field, values):
        if not all(type(value) is int and 0 < value <= MOST_WHOLE for value in values):
            return False
        return len(self.env[field.comodel_name].browse(values).exists()) == len(set(values))

    @api.model
    def _items_of(self, company):
        """All active items of a company as last planned: dict of arrays ``id``, ``product``, ``warehouse``, ``abc``,
        ``xyz``, in the order of :meth:`inventory.item._read_profiles`."""
        query = SQL(
            """
            SELECT id, product_id, warehouse_id, COALESCE(ascii(abc), 0), COALESCE(ascii(xyz), 0)
              FROM inventory_item WHERE company_id = %s AND active ORDER BY warehouse_id, product_id
            """,
            company.id,
        )
        ids, product, warehouse, *classes = bulk.read(self.env.cr, query, "iiiii")
        letters = np.array(["", *map(chr, range(1, 128))])
        abc, xyz = (letters[codes] for codes in classes)
        return {"id": ids, "product": product, "warehouse": warehouse, "abc": abc, "xyz": xyz}

    def _choices(self, items):
        """The company's policies without the change of this draft and with it, as two :class:`Choice`."""
        item = self.env["inventory.item"]
        saved = list(item._policies(self.company_id))
        changed = [policy for policy in saved if policy != self._origin]
        if self.active:
            # Of equal numbers the older record comes first; a new one is the youngest.
            place = (self.sequence, self._origin.id) if self._origin else (self._default_sequence(), float("inf"))
            changed.insert(sum((policy.sequence, policy.id) < place for policy in changed), self)
        found = {policy: item._find_policies([policy], items, note=False)[:, 0] for policy in {*saved, *changed}}
        empty = np.zeros((items["id"].size, 0), bool)
        choices = []
        for policies in (saved, changed):
            matches = np.column_stack([empty, *(found[policy] for policy in policies)])
            choices.append(Choice(policies, matches, item._rank_policies(policies, matches, items)[0]))
        return choices

    def _taken(self, items, after):
        """Number of items that match the draft and are planned by a policy before it."""
        if self not in after.policies:
            return 0
        matches = after.found[:, after.policies.index(self)] & self._in_classes(items)
        return int((matches & ~after.of(self)).sum())

    # ------------------------------------------------------------- simulation

    @api.model
    def _back_tested(self, company, choice, rows, batch):
        """Figures of the last year of these items under a choice of policies.

        :param rows: positions of the items among all of the company
        :param batch: dict of arrays of :meth:`_histories`
        :return: dict of arrays of :func:`backtest.run`, with ``target`` (kind and value), ``pinned``, ``cost`` and
            ``forecast`` (name of the method) of each item, and its parameters of today, as the nightly plan finds them:
            ``reorder_point``, ``order_up_to``, ``safety_stock``
        """
        item = self.env["inventory.item"].sudo()
        batch = batch | {"policy_found": choice.found[rows]}
        batch |= item._read_policies(company, batch, choice.policies)
        batch |= item._forecast_by_policy(company, batch)
        kept = batch | item._batch_parameters(company, batch)
        kept |= item._keep_pinned(kept)
        pinned = np.logical_or.reduce([~np.isnan(kept[f"pin_{name}"]) for name in PINS])
        planned = backtest.planner(
            batch["lead_mean"],
            batch["lead_std"],
            batch["cycle_days"],
            batch["review"],
            known=self._known_today(company, batch),
            target=batch["target"],
            target_value=batch["target_value"],
            minimum=batch["minimum"],
            multiple=batch["multiple"],
            order_cost=company.inventory_order_cost,
            holding_cost=batch["cost"] * company.inventory_holding_rate / 100,
            lost=batch["lost_asked"],
            **{f"{bound}_safety": batch[f"{bound}_units"] for bound in ("least", "most")},
            **{f"{bound}_days": batch[f"{bound}_days"] for bound in ("least", "most")},
        )

        def policy(history, first_day):
            """Planned on the history as the planning sees it; pinned values stay what they are."""
            levels = planned(batch["demand"][:, : history.shape[1]], first_day)
            pins = (kept["reorder_point"], kept["order_up_to"])
            return tuple(np.where(pinned, pin, level) for pin, level in zip(pins, levels, strict=True))

        found = backtest.run(
            batch["history"],
            batch["first_day"],
            backtest.lead_times(batch["lead_mean"], batch["lead_std"]),
            policy,
            review=batch["review"],
            lost_sales=batch["lost_asked"],
            minimum=batch["minimum"],
            multiple=batch["multiple"],
            cost=batch["cost"],
        )
        targets = np.char.add(np.char.add(batch["target"], " "), batch["target_shown"].astype(str))
        today = {name: kept[name] for name in ("reorder_point", "order_up_to", "safety_stock")}
        return (
            found | today | {"target": targets, "pinned": pinned, "cost": batch["cost"], "forecast": kept["forecast"]}
        )

    @api.model
    def _known_today(self, company, batch):
        """What the nightly plan knows about these items, for planning their past days like it does.

        Classes, and which method forecasts an item with which parameters, are today's; the method is fitted anew to
        the days before each past planning.
        """
        item = self.env["inventory.item"].sudo()
        interval = batch["lead_mean"] + company.inventory_review_days

        def forecast(history, first_day, index, estimate):
            method, weights = batch["forecast_chosen"], batch["forecast_weights"]
            level = choose.refit(history, first_day, interval, method, weights, index)
            return item._estimate_by(batch | {"estimate_mean": estimate, "forecast_level": level}, method)["estimate"]

        as_of = item._planning_date(company)
        return backtest.Known(
            batch["pattern"],
            batch["whole_units"],
            (as_of - item._slow_before(as_of, company)).days,
            batch["season_of_the_past"],
            batch["event_index"],
            forecast,
        )

    @api.model
    def _histories(self, company, items, rows):
        """Profiles and histories of the items at these positions, in the same order; classes as last planned.

        Items with a negative lead time are left out, as the nightly plan leaves them out.

        :return: ``(rows, batch)``: the positions that are left, and their arrays; an empty dict where none is left
        """
        item = self.env["inventory.item"].sudo()
        as_of = item._planning_date(company)
        wanted = {name: values[rows] for name, values in items.items()}
        profile = item._read_profiles(
            company, as_of, np.unique(wanted["warehouse"]).tolist(), np.unique(wanted["product"]).tolist()
        )
        chosen = np.isin(profile["id"], wanted["id"])
        plannable = ~(profile["lead_mean"][chosen] < 0)
        if not plannable.any():
            return rows[plannable], {}
        chosen[np.flatnonzero(chosen)[~plannable]] = False
        wanted = {name: values[plannable] for name, values in wanted.items()}
        batch = {name: values[chosen] for name, values in profile.items()} | {"abc": wanted["abc"]}
        batch |= item._read_around(company, as_of, batch)
        batch = item._prepare_batch(company, as_of, batch) | {"xyz": wanted["xyz"]}
        return rows[plannable], batch | {"season_of_the_past": item._read_season_of_the_past(company, as_of)}
