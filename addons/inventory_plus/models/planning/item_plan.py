"""Planning an item: who needs a plan, with which date, and how the engine is fed."""

from collections import defaultdict
from datetime import datetime, timedelta

import numpy as np
import pytz
from dateutil.relativedelta import relativedelta
from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ...planning_engine import classes, cumulative, path, plan, season, season_group
from .policy_check import LONGEST_REVIEW

#: Items whose daily histories are in memory at once (2,000 items and 730 days are 12 MB an array).
BATCH = 2000
#: Batches whose histories are read at once: a scan of the daily facts costs much the same for one batch as for all, and
#: 10,000 items that sell every day are 370 MB while they come in.
READ_AHEAD = 5


class InventoryItem(models.Model):
    _inherit = "inventory.item"

    plan_date = fields.Date("Planned as of", readonly=True, help="The planning looked at demand before this day.")
    vendor_id = fields.Many2one("res.partner", "Main Vendor", readonly=True, index="btree_not_null")
    vendor_minimum = fields.Float("Vendor Minimum", digits="Product Unit", readonly=True)
    vendor_multiple = fields.Float(
        "Vendor Pack", digits="Product Unit", readonly=True, help="Units in one purchase unit of the main vendor."
    )
    review_days = fields.Integer("Review Period (days)", readonly=True)
    first_seen_date = fields.Date("First Movement", readonly=True)
    last_demand_date = fields.Date("Last Demand", readonly=True)

    # ------------------------------------------------------------------ dates

    @api.model
    def _planning_date(self, company=None, warehouse=None):
        """The day that planning takes for today.

        :param company: default the current one; its ``inventory_as_of`` decides where set
        :param warehouse: whose time zone decides on today's date; default the company's first warehouse
        :return: :class:`datetime.date`
        """
        company = (company or (warehouse and warehouse.company_id) or self.env.company).sudo()
        if company.inventory_as_of:
            return company.inventory_as_of
        if not warehouse:
            warehouse = self.env["stock.warehouse"].sudo().search([("company_id", "=", company.id)], limit=1)
        zone = pytz.timezone(warehouse.sudo().inventory_tz or "UTC")
        return datetime.now(zone).date()

    @api.model
    def _planning_groups(self, as_of=None, warehouse_ids=None):
        """Warehouses that are planned together: one company, one date.

        :return: list of ``(company, date, warehouse ids)``
        """
        domain = [("id", "in", list(warehouse_ids))] if warehouse_ids is not None else []
        groups = defaultdict(list)
        for warehouse in self.env["stock.warehouse"].sudo().search(domain, order="id"):
            date = fields.Date.to_date(as_of) or self._planning_date(warehouse.company_id, warehouse)
            groups[warehouse.company_id, date].append(warehouse.id)
        return [(company, date, ids) for (company, date), ids in groups.items()]

    # ------------------------------------------------------------------- plan

    @api.model
    def _plan(self, as_of=None, warehouse_ids=None, run=None):
        """Plan all items: make the missing ones, write figures and proposals, refresh the snapshot.

        Each company with its planning date is a run of its own; what cannot be planned is listed there and the rest
        goes on.

        :param as_of: planning date; demand up to the day before counts. Default: each company's planning date
        :param warehouse_ids: restrict to these warehouses
        :param run: the :class:`inventory.plan.run` of these warehouses; default new ones
        :return: ``{"items": number planned, "created": number of new items}``
        """
        self.env.flush_all()
        if warehouse_ids is None and as_of is None:
            # Everything is read below, so what is noted by now is done with it.
            self.env["inventory.item.dirty"]._take()
        created = self._create_missing(warehouse_ids)
        planned = 0
        for company, date, ids in self.sudo()._planning_groups(as_of, warehouse_ids):
            own = run or self.env["inventory.plan.run"]._open(company, ids)
            planned += own._plan_warehouses(date, ids)
        self.env["inventory.readiness"]._note_planned(warehouse_ids)
        self.invalidate_model()
        return {"items": planned, "created": created}

    @api.model
    def _plan_group(self, company, as_of, warehouse_ids):
        """Plan the items of warehouses with one company and one planning date; returns how many."""
        message = company._inventory_planning_error()
        if message:
            raise UserError(
                self.env._("%(company)s cannot be planned. %(reason)s", company=company.name, reason=message)
            )
        profile = self._read_profiles(company, as_of, warehouse_ids)
        count = profile["id"].size
        if not count:
            return 0
        profile["abc"] = classes.abc(profile["value"], profile["warehouse"])
        profile |= self._read_around(company, as_of, profile)
        profile["policy_found"] = self._find_policies(self._policies(company), profile)
        run = self.env["inventory.plan.run"]._current()
        planned = 0
        batches = [self._plannable(batch) for batch in self._batches(profile)]
        for start in range(0, len(batches), READ_AHEAD):
            part = batches[start : start + READ_AHEAD]
            for number, (batch, history) in enumerate(zip(part, self._read_histories(as_of, part), strict=True), start):
                run._note_progress(0.9 * number / len(batches))
                planned += self._plan_batch(company, as_of, batch, history)
        self._refresh(as_of=as_of, warehouse_ids=warehouse_ids)
        self._sync_run(run, warehouse_ids)
        return planned

    @api.model
    def _batches(self, profile):
        """The items of a profile, :data:`BATCH` at a time."""
        for start in range(0, profile["id"].size, BATCH):
            yield {name: values[start : start + BATCH] for name, values in profile.items()}

    @api.model
    def _class_window(self, as_of):
        """First and last day of the whole calendar months that classes look at."""
        end = as_of.replace(day=1) - timedelta(days=1)
        start = (end + timedelta(days=1)) - relativedelta(months=classes.CLASS_MONTHS)
        return start, end

    @api.model
    def _slow_before(self, as_of, company=None):
        """Items whose last demand is before this day are slow: the company's limit, from the last whole day back."""
        months = (company or self.env.company).inventory_slow_months or classes.SLOW_MONTHS
        return as_of - timedelta(days=1) - relativedelta(months=months)

    @api.model
    def _compute_plan(self, company, as_of, batch, history=None):
        """Plan a batch of items: their history, what is asked of them, the engine's answer.

        :param batch: dict of arrays of :meth:`_read_profiles` and :meth:`_read_around`, with ``abc`` and
            ``policy_found``
        :param history: see :meth:`_prepare_batch`
        :return: ``batch`` with what was found added
        """
        batch = self._prepare_batch(company, as_of, batch, history)
        batch |= self._read_policies(company, batch)
        batch |= self._forecast_by_policy(company, batch)
        batch |= self._batch_parameters(company, batch)
        return batch | self._keep_pinned(batch)

    @api.model
    def _prepare_batch(self, company, as_of, batch, history=None):
        """What of a batch does not depend on what is asked of it: history, classes, season, error of the forecast.

        :param batch: dict of arrays of :meth:`_read_profiles` and :meth:`_read_around`, with ``abc``
        :param history: what :meth:`_read_history` says of the batch, where it has been read already
        :return: ``batch`` with arrays added: ``history`` (n, T) units a day as they were; ``demand`` the same, made fit
            for a forecast by :meth:`_prepare_demand`, whose notes are added too; ``first_day`` its first column with
            demand; ``pattern``, ``demand_class``, ``xyz``; ``whole_units``; ``idle``; ``multiple``; ``season_index``,
            ``season_weight``, ``season_slope`` (:func:`season_group.of_items`), ``index`` (with coming events),
            ``index_ahead`` (n, :data:`path.DAYS`), the coming days as far as a snapshot looks, without events,
            ``event_index`` (n, T + h), what events multiply each day by; and those of :meth:`_forecast_batch`
        """
        days = cumulative.HISTORY_DAYS
        first = as_of - timedelta(days=days)
        row, day, net, gross = history or self._read_history(batch, first, as_of)
        count = batch["id"].size
        history = np.bincount(row.astype(np.int64) * days + day, net, count * days).reshape(count, days)
        fractional = np.bincount(row, np.abs(net - np.rint(net)) > 1e-6, count) > 0

        window_start, window_end = self._class_window(as_of)
        monthly, weekly = self._class_periods(first, window_start, window_end, row, day, gross, count)
        classified = batch["value"] > 0
        pattern = classes.syntetos_boylan(weekly)
        slow_before = (self._slow_before(as_of, company) - fields.Date.to_date("1970-01-01")).days
        begin = (first - fields.Date.to_date("1970-01-01")).days
        seen = batch["first_demand"]
        first_day = np.where(np.isnan(seen), days, np.clip(np.nan_to_num(seen) - begin, 0, days)).astype(int)

        # Lead time, review, and a month for the forecast that the item shows. An absurd lead time must not size the
        # array: beyond three years the months cancel out.
        ahead = int(np.ceil(batch["lead_mean"].max(initial=0))) + LONGEST_REVIEW + 30
        ahead = min(ahead, 3 * season.YEAR_DAYS)
        horizon = max(ahead, path.DAYS)
        prepared, notes = self._prepare_demand(company, as_of, batch, history, first_day, horizon)
        demand, first_day = prepared.demand[:count], prepared.first_day[:count]
        season_index, season_weight, season_slope = season_group.of_items(
            demand, first_day, horizon, batch["season_group"][0] if count else None
        )
        index = season_index
        if prepared.future is not None:
            index = season_index.copy()
            index[:, days:] *= prepared.future[:count]
        index_ahead = season_index[:, days : days + path.DAYS]
        if prepared.lasting is not None:
            index_ahead = index_ahead * prepared.lasting[:count, : path.DAYS]
        season_index, index = season_index[:, : days + ahead], index[:, : days + ahead]
        events = np.ones(1) if prepared.multiplied is None else prepared.multiplied[:count, : days + ahead]
        return {
            **batch,
            **notes,
            **self._forecast_batch(company, batch, demand, first_day, season_index),
            "history": history,
            "demand": demand,
            "first_day": first_day,
            "pattern": self._pattern_of_plan(prepared, pattern, demand),
            "demand_class": np.where(classified, pattern, ""),
            "xyz": np.where(classified, classes.xyz(monthly), ""),
            "whole_units": ~fractional,
            "idle": (batch["last_demand"] < slow_before) & (notes["predecessors"] == 0) | (notes["ended"] > 0),
            "multiple": np.where((batch["multiple"] <= 0) & ~fractional, 1.0, batch["multiple"]),
            "index": index,
            "index_ahead": index_ahead,
            "event_index": np.broadcast_to(events, (count, days + ahead)),
            "season_index": season_index,
            "season_weight": season_weight,
            "season_slope": season_slope,
        }

    @api.model
    def _batch_parameters(self, company, batch):
        """The engine's parameters of a batch; nothing is read or written.

        :param batch: dict of arrays of :meth:`_prepare_batch` and :meth:`_read_policies`
        :return: dict of arrays of :func:`plan.parameters`
        """
        found = plan.parameters(
            batch["demand"],
            batch["first_day"],
            batch["pattern"],
            batch["whole_units"],
            batch["idle"],
            batch["lead_mean"],
            batch["lead_std"],
            None,
            batch["review"],
            batch["cycle_days"],
            batch["minimum"],
            batch["multiple"],
            company.inventory_order_cost,
            batch["cost"] * company.inventory_holding_rate / 100,
            batch["index"],
            target=batch["target"],
            target_value=batch["target_value"],
            least_safety=batch["least_units"],
            most_safety=batch["most_units"],
            least_days=batch["least_days"],
            most_days=batch["most_days"],
            estimate=batch["estimate"],
            lost=batch["lost_asked"],
        )
        return found | self._end_of_life(batch, found)

    @api.model
    def _class_periods(self, first, window_start, window_end, row, day, gross, count):
        """Gross units per calendar month and per 7-day period of the class window.

        :param first: date of day 0; ``row``, ``day``, ``gross``: arrays of the history
        :return: ``(monthly, weekly)`` of shapes (count, months) and (count, periods)
        """
        dates = np.datetime64(first) + day.astype("m8[D]")
        inside = (dates >= np.datetime64(window_start)) & (dates <= np.datetime64(window_end))
        row, dates, gross = row[inside], dates[inside], gross[inside]
        month = (dates.astype("M8[M]") - np.datetime64(window_start, "M")).astype(int)
        shape = (count, classes.CLASS_MONTHS)
        monthly = np.bincount(row * shape[1] + month, gross, count * shape[1]).reshape(shape)
        period = (dates - np.datetime64(window_start)).astype(int) // classes.SBC_PERIOD_DAYS
        counted = period < classes.SBC_PERIODS
        shape = (count, classes.SBC_PERIODS)
        weekly = np.bincount(row[counted] * shape[1] + period[counted], gross[counted], count * shape[1]).reshape(shape)
        return monthly, weekly

    # --------------------------------------------------------------- schedule

    @api.model
    def _cron_plan(self):
        """Nightly: one run and job a warehouse, so that one that fails does not keep the others from being planned."""
        self.env["inventory.plan.run"]._start(self.env["stock.warehouse"].sudo().search([]), "schedule")

    @api.model
    def _plan_soon(self):
        """Have items made and planned right after this transaction's commit, instead of next night.

        Called when all facts are new: after the installation on a database with stock nobody would see an item
        until then. Does nothing where there is neither stock nor history.
        """
        query = SQL("SELECT EXISTS (SELECT FROM stock_quant) OR EXISTS (SELECT FROM inventory_daily_flow)")
        if not self.env.execute_query(query)[0][0]:
            return
        self.env["inventory.readiness"]._await_plan()
        self.env["inventory.item.dirty"]._note_all()
        cron = self.env.ref("inventory_plus.cron_item_plan", raise_if_not_found=False)
        if cron:
            cron.sudo()._trigger()

    def action_plan(self):
        """Plan the warehouses of the user's companies again in the background, and show how far it is; for planners."""
        if not self.env.user.has_group("inventory_plus.group_planner"):
            raise UserError(self.env._("Only planners start the planning. Ask one of them."))
        warehouses = self.env["stock.warehouse"].sudo().search([("company_id", "in", self.env.companies.ids)])
        if not warehouses:
            raise UserError(self.env._("There is no warehouse to plan."))
        runs = self.env["inventory.plan.run"]._start(warehouses, "button")
        action = self.env["ir.actions.act_window"]._for_xml_id("inventory_plus.action_inventory_plan_run")
        if len(runs) == 1:
            action |= {"view_mode": "form", "views": [(False, "form")], "res_id": runs.id}
        return action
