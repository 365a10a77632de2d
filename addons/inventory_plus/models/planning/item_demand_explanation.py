"""What was done to an item's history before it was planned, as record and in words (law 6)."""

from datetime import date, timedelta

import numpy as np
from odoo import api, models
from odoo.tools import SQL, format_date

from ...planning_engine.forecast import candidates
from . import bulk
from .item_demand import NOTED_REAL, NOTED_WHOLE

#: Any Monday.
MONDAY = date(2024, 1, 1)
#: Value of a figure that says that nothing was done; nan says so for all.
NEUTRAL = {"event_factor": 1.0, "outlier_from": 0.0, "outlier_to": 0.0, "netted": 0.0, "ended": 0.0}


class InventoryItem(models.Model):
    _inherit = "inventory.item"

    @api.model
    def _demand_columns(self, found):
        """Columns of the plan's temporary table that the record is made from."""
        columns = {name: np.asarray(found[name], np.int32) for name in NOTED_WHOLE}
        columns["forecast"] = bulk.codes(candidates.METHODS, found["forecast"])
        return columns | {name: np.asarray(found[name], float) for name in NOTED_REAL}

    @api.model
    def _demand_record_sql(self):
        """The record as jsonb, without what did not happen."""
        whole = SQL(", ").join(SQL("%s, NULLIF(plan.%s, 0)", name, SQL.identifier(name)) for name in NOTED_WHOLE)
        real = SQL(", ").join(
            SQL("%s, round(NULLIF(NULLIF(plan.%s, 'NaN'), %s)::numeric, 4)", name, SQL.identifier(name), neutral)
            for name, neutral in ((name, NEUTRAL.get(name, -1.0)) for name in NOTED_REAL)
        )
        return SQL(
            "jsonb_strip_nulls(jsonb_build_object('forecast', (%s::text[])[plan.forecast], %s, %s))",
            list(candidates.METHODS),
            whole,
            real,
        )

    def _explain_history(self, data):
        """Sentences about closed days, unknown days, outliers, events, and what planners said; maybe none."""
        return [
            *self._explain_cleaning(data),
            *self._explain_links(data),
        ]

    def _explain_cleaning(self, data):
        text = []
        if closed := data.get("closed_days"):
            names = self._weekday_names()
            days = ", ".join(names[number] for number in range(7) if closed >> number & 1)
            text.append(self.env._("Closed weekdays of the warehouse: %s.", days))
        if data.get("unknown_days"):
            text.append(
                self.env._(
                    "%(days)s days without stock, or closed by an event, are unknown and not without demand: they were "
                    "given what the days around them sold, less what waiting customers got afterwards.",
                    days=data["unknown_days"],
                )
            )
        if data.get("outlier_days"):
            text.append(
                self.env._(
                    "%(days)s outlier(s) capped, the largest from %(from)s to %(to)s: a single day more than 3.5 "
                    "robust deviations above the usual one and four times the largest ordinary day.",
                    **{
                        "days": data["outlier_days"],
                        "from": self._number(data["outlier_from"]),
                        "to": self._number(data["outlier_to"]),
                    },
                )
            )
        if data.get("netted"):
            text.append(
                self.env._(
                    "%s units that came back within 30 days were taken off the day of their sale.",
                    self._number(data["netted"]),
                )
            )
        if data.get("event_days"):
            text.append(
                self.env._("%s days of planned events: their change of demand was divided out.", data["event_days"])
            )
        return text

    def _explain_links(self, data):
        text = []
        if data.get("event_factor") is not None and data.get("days_left") is None and not data.get("ended"):
            text.append(
                self.env._(
                    "Planned events and successors: the days of the lead time ask for %s times the usual.",
                    self._number(data["event_factor"]),
                )
            )
        if data.get("predecessors"):
            text.append(
                self.env._(
                    "It takes over the demand of %s predecessor(s): their history is its own.", data["predecessors"]
                )
            )
        if data.get("like_weight") is not None:
            text.append(
                self.env._(
                    "New: planned on the history of the item it is like, of which its own sales decide %s %% of the "
                    "level; with half a year of sales it stands alone.",
                    self._number(100 * data["like_weight"], 0),
                )
            )
        if data.get("ended"):
            text.append(self.env._("Its time is over or a successor has its demand: no stock is planned."))
        elif data.get("days_left") is not None:
            text.append(
                self.env._(
                    "It ends in %s days: demand falls to nothing until then, and no stock is planned beyond what is "
                    "still expected to be sold.",
                    self._number(data["days_left"], 0),
                )
            )
        return text

    def _weekday_names(self):
        """Names of the weekdays, Monday first, in the reader's language."""
        return [format_date(self.env, MONDAY + timedelta(days=number), date_format="EEEE") for number in range(7)]
