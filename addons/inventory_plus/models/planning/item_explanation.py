"""Why an item is planned as it is (law 6): the stored record, told in the reader's language."""

from markupsafe import Markup
from odoo import api, fields, models
from odoo.tools import format_date, format_list
from odoo.tools.misc import formatLang

from ...planning_engine import classes
from ..common.item import SEES_MONEY
from .lead_time import MOST_LEAD_DAYS


class InventoryItem(models.Model):
    _inherit = "inventory.item"

    explanation_data = fields.Json(
        "Explanation Record",
        readonly=True,
        groups=SEES_MONEY,
        help="Data window, inputs, formula and figures of the last plan, as stored.",
    )
    explanation = fields.Text(compute="_compute_explanation", compute_sudo=True, store=False)
    explanation_html = fields.Html("Why", compute="_compute_explanation", compute_sudo=True, sanitize=False)

    @api.depends("explanation_data")
    @api.depends_context("lang", "uid")
    def _compute_explanation(self):
        for item in self:
            sections = item._explanation_sections() if item.explanation_data else []
            item.explanation = "\n".join(
                line for title, lines in sections for line in (f"{title}:", *(f"  {text}" for text in lines))
            )
            item.explanation_html = Markup("").join(
                Markup("<h4>%s</h4><ul>%s</ul>")
                % (title, Markup("").join(Markup("<li>%s</li>") % text for text in lines))
                for title, lines in sections
            )

    def _explanation_sections(self):
        """The explanation as ``[(title, [sentences])]`` in the reader's language."""
        data = self.explanation_data
        sections = [
            (self.env._("Data"), self._explain_window(data)),
            (self.env._("Classes"), self._explain_classes(data)),
            (self.env._("Policy"), [self._policy_sentence(data.get("policy"))]),
        ]
        if history := self._explain_history(data):
            sections.append((self.env._("History"), history))
        if pins := self._explain_pins(data):
            sections.append((self.env._("Pinned"), pins))
        if data["method"] in ("idle", "none", "ended"):
            if self._is_kept(data):
                sections.append((self.env._("Safety stock and reorder point"), [self._explain_target(data)]))
            return sections
        return [
            *sections,
            (self.env._("Demand"), self._explain_demand(data)),
            (self.env._("Lead time"), self._explain_lead_time(data)),
            (self.env._("Safety stock and reorder point"), self._explain_stock(data)),
            (self.env._("Order quantity"), self._explain_quantity(data)),
        ]

    def _day(self, value):
        return format_date(self.env, value) if value else ""

    def _number(self, value, digits=2):
        return formatLang(self.env, value or 0.0, digits=digits)

    def _computed(self, data, name):
        """A parameter as the engine found it, before a person's pins."""
        return (data.get("pins") or {}).get(f"computed_{name}", data[name])

    def _is_kept(self, data):
        """Whether the policy keeps units of an item that nobody asks for."""
        return data["method"] in ("idle", "none", "ended") and self._computed(data, "reorder_point") > 0

    def _explain_window(self, data):
        text = [
            self.env._(
                "Planned as of %(day)s: demand up to the day before, at most 730 days back; %(days)s days of history.",
                day=self._day(data["as_of"]),
                days=data["history_days"],
            )
        ]
        if data.get("first_demand"):
            text.append(
                self.env._(
                    "First demand %(first)s, last demand %(last)s.",
                    first=self._day(data["first_demand"]),
                    last=self._day(data["last_demand"]),
                )
            )
        if self._is_kept(data):
            text.append(self.env._("Nobody asks for it, or no longer; its policy keeps stock of it all the same."))
        elif data["method"] == "idle":
            text.append(
                self.env._(
                    "Nobody asked for it in the last %s months: it is slow, and no stock is planned for it.",
                    data.get("slow_months", classes.SLOW_MONTHS),
                )
            )
        elif data["method"] == "none":
            text.append(self.env._("No demand in the history: no stock is planned for it."))
        return text

    def _explain_classes(self, data):
        window = {"start": self._day(data["class_from"]), "end": self._day(data["class_to"])}
        if not data.get("abc"):
            return [self.env._("Not classified: it earned nothing between %(start)s and %(end)s.", **window)]
        labels = dict(self._fields["demand_class"]._description_selection(self.env))
        return [
            self.env._(
                "ABC %(abc)s: by value %(value)s between %(start)s and %(end)s (A while the share of the items before "
                "it is below 80 %%, B below 95 %%).",
                abc=data["abc"],
                value=self._number(data["class_value"]),
                **window,
            ),
            self.env._(
                "XYZ %(xyz)s: by the variation of monthly units (X up to 0.5, Y up to 1).", xyz=data["xyz"] or "-"
            ),
            self.env._(
                "Demand %(label)s: by the interval between weeks with demand (cut 1.32) and the squared variation of "
                "their sizes (cut 0.49).",
                label=labels.get(data["demand_class"], "-"),
            ),
        ]

    def _explain_demand(self, data):
        rate, deviation = self._number(data["demand_daily"], 3), self._number(data["demand_std"], 3)
        if data["method"] == "short":
            return [
                self.env._(
                    "%(rate)s a day: mean of %(days)s days, the history is too short to test a forecast on. Daily "
                    "standard deviation %(deviation)s.",
                    rate=rate,
                    days=data["history_days"],
                    deviation=deviation,
                )
            ]
        if data.get("forecast", "mean") == "mean":
            text = self.env._(
                "%(rate)s a day: mean of the last %(days)s days, the window that forecast this item best. Daily "
                "standard deviation %(deviation)s.",
                rate=rate,
                days=data["mean_days"],
                deviation=deviation,
            )
        else:
            text = self.env._(
                "%(rate)s a day over lead time and review, by the forecast method below. Daily standard deviation "
                "%(deviation)s.",
                rate=rate,
                deviation=deviation,
            )
        return [text, *self._explain_forecast(data), *self._explain_season(data)]

    def _explain_season(self, data):
        if data.get("season_slope"):
            return [
                self.env._(
                    "Season of the year: the days of the lead time and review sell %(factor)s times the year's mean; "
                    "the items planned together show this, and this one follows them by %(slope)s %%.",
                    factor=self._number(data["season_factor"]),
                    slope=self._number(100 * data["season_slope"], 0),
                )
            ]
        if not data.get("season_weight"):
            return []
        return [
            self.env._(
                "Season of the year: the days of the lead time and review sell %(factor)s times the year's mean; two "
                "years and more of the item's own history show this, and its noise leaves %(weight)s %% of it.",
                factor=self._number(data["season_factor"]),
                weight=self._number(100 * data["season_weight"], 0),
            )
        ]

    def _explain_lead_time(self, data):
        figures = {"mean": self._number(data["lead_time_mean"], 1), "deviation": self._number(data["lead_time_std"], 1)}
        source = data["lead_source"]
        if source == "receipts":
            text = self.env._(
                "%(mean)s days, standard deviation %(deviation)s: from %(count)s receipts of this item.",
                count=data["receipts"],
                **figures,
            )
        elif source == "vendor":
            text = self.env._(
                "%(mean)s days, standard deviation %(deviation)s: from %(count)s receipts of the vendor, since the "
                "item has too few of its own.",
                count=data["receipts"],
                **figures,
            )
        elif source == "agreed":
            text = self.env._(
                "%(mean)s days: agreed with the vendor; there are too few receipts to measure.", **figures
            )
        else:
            text = self.env._("%(mean)s days: the company's default, no vendor is known.", **figures)
        if data.get("days_to_purchase"):
            text = self.env._(
                "%(text)s Days to purchase (%(days)s) included.", text=text, days=data["days_to_purchase"]
            )
        if data.get("lead_calendar"):
            added = self._number(data["lead_calendar"], 1)
            text = self.env._("%(text)s The vendor's delivery days add %(days)s of them.", text=text, days=added)
        if data["lead_time_mean"] >= MOST_LEAD_DAYS:
            most = self._number(MOST_LEAD_DAYS, 0)
            told = self.env._(
                "More than %s days cannot be right: the planning counts with these. Correct the vendor's lead time.",
                most,
            )
            return [text, told]
        return [text]

    def _explain_stock(self, data):
        return [
            self._explain_target(data),
            *self._explain_point(data),
            self.env._(
                "Safety stock %(safety)s = reorder point - demand x (lead time + review period).",
                safety=self._number(self._computed(data, "safety_stock")),
            ),
            *self._explain_skewness(data),
            *self._explain_lost(data),
            *self._explain_bounds(data),
            *self._explain_expected(data),
        ]

    def _explain_target(self, data):
        """The target; plans older than policies have one of cycles."""
        value = data["target_value"] if "target_value" in data else data.get("service_target")
        target = data.get("target", "cycle")
        words = {"target": self._number(value, 1 if target in ("cycle", "fill", "days") else 2)}
        words["review"] = data["review_days"]
        if target == "fill":
            return self.env._(
                "Target: %(target)s %% of the units served at once, looked at every %(review)s days.", **words
            )
        if target == "cost" and not self.env.user.has_groups(SEES_MONEY):
            # The price of a missing unit is not for everybody who may see why (law 10).
            words["target"] = "–"
        if target == "cost":
            return self.env._(
                "Target: a missing unit costs %(target)s. Against the cost of keeping one more unit for a cycle this "
                "asks for %(share)s %% of the cycles without a stock-out, looked at every %(review)s days.",
                share=self._number(100 * (data.get("critical_ratio") or 0), 1),
                **words,
            )
        if target == "days":
            return self.env._("Target: %(target)s days of demand as safety stock.", **words)
        if target == "fixed":
            return self.env._("Target: %(target)s units as safety stock, whatever the demand.", **words)
        if target == "maximum":
            return self.env._(
                "Target: the largest use within 30 days of the last year times %(target)s as safety stock.", **words
            )
        return self.env._(
            "Target: %(target)s %% of the cycles without a stock-out, looked at every %(review)s days.", **words
        )

    def _explain_point(self, data):
        """How the reorder point follows from the target."""
        point = self._number(self._computed(data, "reorder_point"))
        if data.get("target", "cycle") not in ("cycle", "fill", "cost"):
            return [
                self.env._(
                    "Reorder point %s = demand x (lead time + review period) + safety stock, rounded up where only "
                    "whole units are moved.",
                    point,
                )
            ]
        distribution = {
            "student": self.env._("Student's t with %s degrees of freedom", self._number(data["degrees"], 0)),
            "gamma": self.env._("gamma distribution"),
            "negative_binomial": self.env._("negative binomial distribution"),
        }[data["distribution"]]
        figures = {"point": point, "distribution": distribution}
        return [
            self.env._(
                "Deviation of demand over the lead time %(demand)s (error of past forecasts of the sum), of the lead "
                "time %(lead)s, of what is already missing when the order is placed %(below)s (mean %(mean)s).",
                demand=self._number(data["interval_sigma"]),
                lead=self._number(data["lead_sigma"]),
                below=self._number(data["undershoot_sigma"]),
                mean=self._number(data["undershoot"]),
            ),
            self.env._(
                "Reorder point %(point)s: %(distribution)s with mean = demand x lead time + missing, variance = the "
                "sum of the three squares; the least at which the units missing in a cycle stay within the target.",
                **figures,
            )
            if data.get("target") == "fill"
            else self.env._(
                "Reorder point %(point)s: %(distribution)s with mean = demand x lead time + missing, variance = the "
                "sum of the three squares, at the target.",
                **figures,
            ),
        ]

    def _explain_skewness(self, data):
        """Where a distribution of mean and variance alone would be more skewed than so many days are together."""
        if data.get("skewness") is None:
            return []
        return [
            self.env._(
                "Its skewness is %s, that of so many of the item's own days together; with mean and variance alone the "
                "distribution would be more skewed, so a gamma distribution is shifted to have all three.",
                self._number(data["skewness"]),
            )
        ]

    def _explain_bounds(self, data):
        """The bounds that the policy sets, if any."""
        bounds = [
            data.get("least_units") and self.env._("at least %s units", self._number(data["least_units"])),
            data.get("least_days") and self.env._("at least %s days of demand", self._number(data["least_days"], 1)),
            data.get("most_units") and self.env._("at most %s units", self._number(data["most_units"])),
            data.get("most_days") and self.env._("at most %s days of demand", self._number(data["most_days"], 1)),
        ]
        bounds = [bound for bound in bounds if bound]
        return [self.env._("Bounds of the safety stock: %s.", format_list(self.env, bounds))] if bounds else []

    def _explain_expected(self, data):
        if data.get("expected_fill") is None:
            return []
        return [
            self.env._(
                "This should give %(cycles)s %% of the cycles without a stock-out and %(units)s %% of the units at "
                "once.",
                cycles=self._number(100 * data["expected_cycle"], 1),
                units=self._number(100 * data["expected_fill"], 1),
            )
        ]

    def _explain_quantity(self, data):
        if data.get("economic"):
            how = self.env._("economic order quantity, sqrt(2 x order cost x yearly demand / holding cost)")
        else:
            how = self.env._("%s days of demand", data["cycle_days"])
        return [
            self.env._(
                "Order %(quantity)s: %(how)s, at least the vendor's minimum (%(minimum)s), in packs of %(pack)s.",
                quantity=self._number(data["order_quantity"]),
                how=how,
                minimum=self._number(data["vendor_minimum"]),
                pack=self._number(data["vendor_multiple"]),
            ),
            self.env._("Order up to %s = reorder point + order quantity.", self._number(data["order_up_to"])),
        ]
