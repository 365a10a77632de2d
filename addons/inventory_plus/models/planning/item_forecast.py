"""The forecast method of each item: chosen anew every week, kept and continued every night."""

import numpy as np
from odoo import api, fields, models
from odoo.tools import SQL

from ...planning_engine import cumulative, plan
from ...planning_engine.forecast import candidates, choose
from . import bulk

#: Methods and what people call them, in the order of the engine.
FORECASTS = [
    ("mean", "Simple mean"),
    ("naive", "Last week"),
    ("seasonal_naive", "Same weeks of last year"),
    ("simple", "Exponential smoothing"),
    ("damped", "Damped trend (Holt)"),
    ("winters_additive", "Trend and season (Holt-Winters, additive)"),
    ("winters_multiplicative", "Trend and season (Holt-Winters, multiplicative)"),
    ("theta", "Theta"),
    ("median", "Median of smoothing, damped trend and Theta"),
    ("croston", "Croston"),
    ("sba", "Croston, corrected (SBA)"),
    ("tsb", "Chance and size (TSB)"),
]
#: What is remembered of a choice beside the method's parameters.
FIGURES = ("ratio", "error", "mean_error", "intervals")


class InventoryItem(models.Model):
    _inherit = "inventory.item"

    forecast_method = fields.Selection(
        FORECASTS,
        readonly=True,
        help="The method that forecast this item best over lead time and review, by its errors on past weeks. The "
        "simple mean stays unless another one is better by more than chance explains. Chosen anew every week.",
    )
    forecast_data = fields.Json(
        "Forecast Record", readonly=True, help="Parameters of the method, its past error and that of the simple mean."
    )

    # ------------------------------------------------------------------ nightly

    @api.model
    def _forecast_batch(self, company, batch, demand, first_day, index):
        """Demand per day and its error over the lead time, by each item's own method.

        :param batch: dict of arrays of :meth:`_read_profiles`
        :param demand: shape (n, T); ``first_day``: shape (n,); ``index``: shape (n, T + h), season without events
        :return: dict of arrays: ``estimate`` and ``estimate_mean`` as of :func:`cumulative.estimate`, with the methods
            and with the mean for all; ``forecast`` names and :data:`FIGURES` of the choice (nan for none);
            ``forecast_level`` of each item that leaves the mean; ``forecast_chosen`` and ``forecast_weights``, its
            method and its parameters
        """
        estimate = cumulative.estimate(demand, first_day, plan.whole_days(batch["lead_mean"]), index)
        chosen = self._read_forecasts(batch)
        interval = batch["lead_mean"] + company.inventory_review_days
        level = choose.refit(demand, first_day, interval, chosen["method"], chosen["weights"], index)
        found = {
            "estimate_mean": estimate,
            "forecast_level": level,
            "forecast_chosen": chosen["method"],
            "forecast_weights": chosen["weights"],
            **{f"forecast_{name}": chosen[name] for name in FIGURES},
        }
        return found | self._estimate_by(found, chosen["method"])

    @api.model
    def _estimate_by(self, found, method):
        """The estimate with the level and the error of a method where it has one; the mean's elsewhere.

        The error over the lead time in days is the mean's, by days, times what the method's error over whole weeks was
        beside the mean's: weeks are too coarse for a short lead time, and the ratio holds for both.

        :param found: dict of arrays of :meth:`_forecast_batch`; ``method``: shape (n,), names
        :return: dict of ``estimate`` and ``forecast``
        """
        estimate, level, ratio = found["estimate_mean"], found["forecast_level"], found["forecast_ratio"]
        # A method that expects nothing of an item that sells is no forecast of it.
        used = (np.nan_to_num(level) > 0) & (estimate["window"] > 0) & (method != candidates.MEAN) & ~np.isnan(ratio)
        intervals = np.where(used, np.maximum(np.nan_to_num(found["forecast_intervals"]), 1.0), np.inf)
        return {
            "estimate": estimate
            | {
                "rate": np.where(used, level, estimate["rate"]),
                "sigma": np.where(used, estimate["sigma"] * np.nan_to_num(ratio), estimate["sigma"]),
                "degrees": np.minimum(estimate["degrees"], intervals),
                "chosen": used,
            },
            "forecast": np.where(used, method, candidates.MEAN),
        }

    @api.model
    def _forecast_by_policy(self, company, batch):
        """What changes where a policy names the method itself; empty where none does.

        :param batch: dict of arrays of :meth:`_prepare_batch` and :meth:`_read_policies`
        """
        asked = batch.get("forecast_asked")
        if asked is None or (asked == "auto").all():
            return {}
        rows = np.flatnonzero((asked != "auto") & (asked != batch["forecast"]))
        if not rows.size:
            return {}
        index = batch["season_index"][rows]
        interval = batch["lead_mean"][rows] + company.inventory_review_days
        part = (batch["demand"][rows], batch["first_day"][rows], interval, asked[rows])
        compared = choose.compare(*part, index)
        names = ("level", "chosen", "weights", *FIGURES)
        found = {f"forecast_{name}": np.array(batch[f"forecast_{name}"]) for name in names}
        found["forecast_level"][rows] = choose.refit(*part, compared["weights"], index)
        found["forecast_chosen"][rows] = asked[rows]
        found["forecast_weights"][rows] = compared["weights"]
        for name in FIGURES:
            found[f"forecast_{name}"][rows] = compared[name]
        method = np.array(batch["forecast"], dtype="<U24")
        method[rows] = asked[rows]
        return found | self._estimate_by({**found, "estimate_mean": batch["estimate_mean"]}, method)

    @api.model
    def _read_forecasts(self, batch):
        """The choices made for the items of a batch: dict as of :func:`choose.choose`."""
        names = [*FIGURES, *(f"w{number}" for number in range(candidates.WEIGHTS))]
        query = SQL(
            """
            SELECT item.position - 1, COALESCE(array_position(%(methods)s::text[], real.forecast_method::text), 1),
                   %(figures)s
              FROM unnest(%(items)s) WITH ORDINALITY AS item(id, position)
              JOIN inventory_item real ON real.id = item.id
             WHERE real.forecast_data IS NOT NULL
            """,
            methods=list(candidates.METHODS),
            figures=SQL(", ").join(SQL("COALESCE((real.forecast_data ->> %s)::float8, 'NaN')", name) for name in names),
            items=batch["id"].tolist(),
        )
        row, code, *values = bulk.read(self.env.cr, query, "ii" + "f" * len(names))
        count = batch["id"].size
        method = np.full(count, candidates.MEAN, dtype="<U24")
        method[row] = np.array(candidates.METHODS)[code - 1]
        found = {"method": method, "weights": np.full((count, candidates.WEIGHTS), np.nan)}
        for name, given in zip(FIGURES, values, strict=False):
            found[name] = np.full(count, np.nan)
            found[name][row] = given
        for place, given in enumerate(values[len(FIGURES) :]):
            found["weights"][row, place] = given
        return found

    # ------------------------------------------------------------------- weekly

    @api.model
    def _choose_forecasts(self, as_of=None, warehouse_ids=None):
        """Choose the method of every item anew; the next plan forecasts with it.

        :param as_of: planning date; demand up to the day before counts. Default: each company's planning date
        :param warehouse_ids: restrict to these warehouses
        :return: ``{"items": number looked at, "changed": number with another method than before}``
        """
        self.env.flush_all()
        done = {"items": 0, "changed": 0}
        for company, date, ids in self.sudo()._planning_groups(as_of, warehouse_ids):
            profile = self.sudo()._read_profiles(company, date, ids)
            profile["abc"] = np.full(profile["id"].size, "")
            profile |= self.sudo()._read_around(company, date, profile)
            for batch in self._batches(profile):
                done["changed"] += self.sudo()._choose_batch(company, date, batch)
                done["items"] += batch["id"].size
        self.invalidate_model()
        return done

    @api.model
    def _choose_batch(self, company, as_of, batch):
        """Choose and store the methods of a batch of items; returns how many changed."""
        # The plan lists lead times below zero as failures; the choice has no use for them.
        batch = self._prepare_batch(company, as_of, {**batch, "lead_mean": np.maximum(batch["lead_mean"], 0.0)})
        interval = batch["lead_mean"] + company.inventory_review_days
        found = choose.choose(batch["demand"], batch["first_day"], interval, batch["season_index"])
        columns = {
            "id": batch["id"],
            "method": bulk.codes(candidates.METHODS, found["method"]),
            **{name: np.asarray(found[name], float) for name in FIGURES},
            **{f"w{number}": found["weights"][:, number] for number in range(candidates.WEIGHTS)},
        }
        bulk.stage(self.env.cr, "inventory_forecast_stage", columns)
        names = [name for name in columns if name not in ("id", "method")]
        self.env.cr.execute(
            SQL(
                """
                WITH before AS (
                    SELECT item.id, COALESCE(item.forecast_method, 'mean') AS method
                      FROM inventory_item item JOIN inventory_forecast_stage USING (id)
                ), written AS (
                    UPDATE inventory_item item
                       SET forecast_method = (%(methods)s::text[])[chosen.method],
                           forecast_data = jsonb_strip_nulls(
                               jsonb_build_object('chosen', %(as_of)s::date, %(figures)s))
                      FROM inventory_forecast_stage chosen
                     WHERE item.id = chosen.id
                 RETURNING item.id, item.forecast_method
                )
                SELECT count(*) FROM written JOIN before USING (id) WHERE written.forecast_method <> before.method
                """,
                methods=list(candidates.METHODS),
                as_of=as_of,
                figures=SQL(", ").join(
                    SQL("%s, NULLIF(chosen.%s, 'NaN')", name, SQL.identifier(name)) for name in names
                ),
            )
        )
        return self.env.cr.fetchone()[0]

    @api.model
    def _cron_choose_forecasts(self):
        """Weekly: one job a warehouse."""
        for warehouse in self.env["stock.warehouse"].sudo().search([]):
            self.env["inventory.job"]._enqueue(
                self.sudo(),
                "_choose_forecasts",
                warehouse_ids=[warehouse.id],
                description=self.env._("Choose the forecast methods of %s", warehouse.name),
                identity_key=f"inventory_choose_{warehouse.id}",
            )

    # ------------------------------------------------------------------ explain

    def _explain_forecast(self, data):
        """Which method forecasts the item, and its past error beside the simple mean's; maybe nothing."""
        if data.get("forecast_mean_error") is None:
            return []
        figures = {
            "error": self._number(data.get("forecast_error")),
            "mean": self._number(data["forecast_mean_error"]),
            "count": self._number(data.get("forecast_intervals"), 0),
        }
        if data.get("forecast", "mean") == "mean":
            return [
                self.env._(
                    "Forecast: simple mean, error %(mean)s over lead time and review in past weeks (%(count)s "
                    "independent intervals). No other method was better by more than chance explains.",
                    **figures,
                )
            ]
        label = dict(self._fields["forecast_method"]._description_selection(self.env))[data["forecast"]]
        return [
            self.env._(
                "Forecast: %(method)s, error %(error)s over lead time and review in past weeks; that of the simple "
                "mean is %(mean)s (%(count)s independent intervals). The safety stock is planned with the method's.",
                method=label,
                **figures,
            )
        ]
