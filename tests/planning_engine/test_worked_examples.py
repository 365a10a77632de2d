"""Every textbook case of the file of worked examples: each expected figure is computed and compared.

A case is recognised by what it gives, not by its number, so that further cases of a known kind are checked as they
come; a case of an unknown kind fails, and so does an expected figure that nobody computes.
"""

import json
import math
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from planning_engine import (
    classes,
    distributions,
    loss,
    lot_size,
    newsvendor,
    reorder,
    reorder_exact,
    safety_stock,
    season,
)
from planning_engine.forecast import intermittent

FILE = Path(__file__).resolve().parents[3] / "shared" / "data" / "worked_examples.json"
CASES = json.loads(FILE.read_text()) if FILE.is_file() else []


def reorder_level(d, L, csl, sigma_d=0.0, sigma_L=0.0, R=0.0):
    """Safety stock and reorder point or level; the printed figures use z of a table with two decimals."""
    z = float(distributions.normal_factor(csl))
    sigma = float(safety_stock.interval_deviation(d, sigma_d, L, sigma_L, R))
    stock = float(safety_stock.cycle_service(csl, d, sigma_d, L, sigma_L, R))
    level = float(reorder.reorder_point(d, L, R, stock))
    answer = {
        "z": z,
        "ss": stock,
        "rop": level,
        "S": level,
        "sigma_dlt": sigma,
        "mean_RL": d * (L + R),
        "sigma_RL": sigma,
    }
    for table in (1.28, 1.64, 1.65, 1.96, 2.33):
        name = f"table_z{round(table * 100)}"
        answer |= {f"ss_{name}": table * sigma, f"rop_{name}": d * (L + R) + table * sigma}
    return answer | {"ss_if_sigma_L_0": float(safety_stock.cycle_service(csl, d, sigma_d, L, 0.0, R))}


def what_a_reorder_point_gives(d, sigma_d, L, rop, Q):
    mean, sigma = d * L, float(safety_stock.interval_deviation(d, sigma_d, L))
    return {
        "ss": rop - mean,
        "sigma_L": sigma,
        "csl": loss.cycle_service(rop, mean, sigma),
        "esc": loss.expected_shortage(rop, mean, sigma),
        "fill_rate": loss.fill_rate(rop, mean, sigma, Q),
    }


def periodic_order(d, sigma_d, OI, L, sigma_L, csl, on_hand):
    z = distributions.normal_factor(csl)
    sigma = safety_stock.interval_deviation(d, sigma_d, L, sigma_L, OI)
    wrong = safety_stock.interval_deviation(d, sigma_d, L, sigma_L)
    return {
        "sigma_correct": sigma,
        "Q_correct": d * (OI + L) + z * sigma - on_hand,
        "Q_wrong_web": d * (OI + L) + round(float(z), 2) * wrong - on_hand,
    }


def normal_loss(mu, sigma, Q):
    z = (Q - mu) / sigma
    return {"z": z, "L": loss.standard_loss(z), "loss": loss.expected_shortage(Q, mu, sigma)}


def poisson_table(mu, q):
    from scipy import stats

    return {"L": newsvendor.poisson_loss(q, mu), "F": stats.poisson.cdf(q, mu)}


def economic(K, h, D):
    quantity = lot_size.economic_order_quantity(K, D, h)
    return {"Q": quantity, "cost": lot_size.order_cost_rate(quantity, K, D, h)}


def economic_with_backorders(K, h, p, D):
    quantity, share, cost = lot_size.quantity_with_backorders(K, D, h, p)
    return {"Q": quantity, "stockout_fraction": share, "cost": cost}


def price_breaks(K, h_rate, D, breaks, cost):
    quantity, money = lot_size.quantity_with_price_breaks(K, D, h_rate, breaks, cost)
    return {"Q": quantity, "cost": money}


def newsvendor_normal(h, p, mu, sigma):
    stock, cost = newsvendor.normal(h, p, mu, sigma)
    assert newsvendor.normal_cost(stock, h, p, mu, sigma) == pytest.approx(cost)
    return {"ratio": newsvendor.critical_ratio(h, p), "S": stock, "cost": cost}


def newsvendor_discrete(h, p, pmf):
    values = sorted(float(value) for value in pmf)
    stock, cost = newsvendor.discrete(h, p, values, [pmf[str(int(value))] for value in values])
    return {"S": stock, "cost": cost}


class Costs(dict):
    """``cost_<r>_<q>`` for any pair that a case names, a decimal point written as an underscore between digits."""

    def __init__(self, given, best):
        super().__init__(best)
        self.given = given

    def __missing__(self, key):
        parts = key.removeprefix("cost_").split("_")
        half = len(parts) // 2
        point, quantity = (float(".".join(part)) for part in (parts[:half], parts[half:]))
        return reorder_exact.cost_rate(point, quantity, **self.given)


def exact_reorder(h, p, K, D, sigma, L):
    given = {"order_cost": K, "demand": D, "holding_cost": h, "shortage_cost": p, "lead_time": L, "sigma": sigma}
    point, quantity, cost = reorder_exact.best(**given)
    return Costs(given, {"r_opt": point, "Q_opt": quantity, "cost_opt": cost})


def known_demand(h, K, demand):
    orders, cost = lot_size.wagner_whitin([demand], K, h)
    return {"orders": orders[0], "cost": cost[0]}


def croston_variants(y, alpha, beta):
    def last(variant):
        return intermittent.croston([y], [0], alpha, beta, variant)

    path = last(intermittent.CROSTON)
    answer = {"z": path.names["size"][0], "p": path.names["interval"][0]}
    return answer | {variant: last(variant).level[0, -1] for variant in ("croston", "sba", "sbj")}


def demand_class(y, cut_adi, cut_cv2):
    return {
        "adi_T_over_n": classes.average_demand_interval([y])[0],
        "adi_mean_interval": classes.average_demand_interval([y], classes.ADI_MEAN_INTERVAL)[0],
        "cv2_ddof1": classes.squared_variation_of_sizes([y], 1)[0],
        "cv2_ddof0": classes.squared_variation_of_sizes([y], 0)[0],
        "cls": classes.syntetos_boylan([y], cut_adi, cut_cv2)[0],
    }


def seasonal_indices(next_year_total, demand=None, q=None):
    history = np.array(demand or q, float)
    index = season.ratio_to_average(history)
    share = next_year_total / len(history)
    rounded = [math.floor(share * round(value, 3) + 0.5) for value in index]
    return {
        "overall": history.mean(),
        "index": index,
        "forecast": share * index,
        "forecast_rounded_table_idx": rounded,
    }


def abc(items, cuts):
    value = np.array([quantity * price for _name, quantity, price in items])
    ranked = np.sort(value)[::-1]
    before = "".join(classes.abc(value, cuts=tuple(cuts))[np.argsort(-value)])
    inclusive = "".join(classes.abc(value, cuts=tuple(cuts), rule=classes.ABC_INCLUSIVE)[np.argsort(-value)])
    return {
        "total": value.sum(),
        "value": np.floor(ranked + 0.5),
        "cum_pct": 100 * np.cumsum(ranked) / ranked.sum(),
        "class_cum_before_80_95": before,
        "class_cum_incl_80_95": inclusive,
    }


def sigma_from_mad(MAD):
    return {"sigma_exact": safety_stock.deviation_from_mad(MAD), "sigma_rule_1_25": 1.25 * MAD}


def king(z, sigma_D_weekly, PC_days, T1_days, sigma_LT_days, D_avg_weekly):
    daily, rate = sigma_D_weekly / math.sqrt(T1_days), D_avg_weekly / T1_days
    demand = z * float(safety_stock.interval_deviation(rate, daily, PC_days))
    lead = z * float(safety_stock.interval_deviation(rate, 0.0, PC_days, sigma_LT_days))
    both = z * float(safety_stock.interval_deviation(rate, daily, PC_days, sigma_LT_days))
    return {"ss_demand": demand, "ss_lt": lead, "ss_independent": both, "ss_dependent": demand + lead}


def skewed_quantiles(mean, var, csl):
    from scipy import stats

    return {
        "r": mean**2 / (var - mean),
        "p": mean / var,
        "S": distributions.negative_binomial_quantile(mean, var, csl),
        "S_normal": mean + distributions.normal_factor(csl) * math.sqrt(var),
        "S_gamma": distributions.gamma_quantile(mean, var, csl),
        "S_poisson": stats.poisson.ppf(csl, mean),
    }


def fill_rate_target(sigma_L, Q, fill_rate):
    stock = float(loss.safety_stock_for_fill_rate(fill_rate, sigma_L, Q))
    return {"Lz": loss.standard_loss(stock / sigma_L), "z": stock / sigma_L, "ss": stock}


def pooling(n, sigma_each, csl, rho):
    z = float(distributions.normal_factor(csl))
    return {"ss_decentral": n * z * sigma_each, "ss_central": z * newsvendor.pooled_sigma([sigma_each] * n, rho)}


def rules_of_thumb(monthly_use, on_hand, allocated, production_demand, daily_use):
    safety = float(safety_stock.maximum_use([monthly_use])[0])
    days = (on_hand - allocated) / daily_use
    return {
        "safety": safety,
        "available": on_hand - allocated - safety,
        "purchase_need": reorder.need_to_buy(0, production_demand, safety, on_hand, 0, 0),
        "days_to_stockout": days,
        "warn_30d": days <= 30,
    }


def holiday(base_week, days, holiday_days, uplift):
    effective = float(season.effective_days(days, holiday_days, uplift))
    # The note of the case: 260 units in the holidays of a year whose normal week sold 400.
    estimate = float(season.uplift_from_history(260, holiday_days, 400, days))
    return {
        "effective_days": effective,
        "forecast": base_week * effective / days,
        "uplift_estimate_from_history": estimate,
    }


def xyz(y, cuts):
    return {"cv_ddof1": classes.coefficient_of_variation([y])[0], "cls": classes.xyz([y], tuple(cuts))[0]}


#: What a case gives -> who answers it.
KINDS = {
    frozenset(("d", "sigma_d", "L", "csl")): reorder_level,
    frozenset(("d", "L", "sigma_L", "csl")): reorder_level,
    frozenset(("d", "sigma_d", "L", "sigma_L", "csl")): reorder_level,
    frozenset(("d", "sigma_d", "L", "R", "csl")): reorder_level,
    frozenset(("d", "sigma_d", "L", "R", "sigma_L", "csl")): reorder_level,
    frozenset(("d", "sigma_d", "L", "rop", "Q")): what_a_reorder_point_gives,
    frozenset(("d", "sigma_d", "OI", "L", "sigma_L", "csl", "on_hand")): periodic_order,
    frozenset(("mu", "sigma", "Q")): normal_loss,
    frozenset(("mu", "q")): poisson_table,
    frozenset(("K", "h", "D")): economic,
    frozenset(("K", "h", "p", "D")): economic_with_backorders,
    frozenset(("K", "h_rate", "D", "breaks", "cost")): price_breaks,
    frozenset(("h", "p", "mu", "sigma")): newsvendor_normal,
    frozenset(("h", "p", "pmf")): newsvendor_discrete,
    frozenset(("h", "p", "K", "D", "sigma", "L")): exact_reorder,
    frozenset(("h", "K", "demand")): known_demand,
    frozenset(("y", "alpha", "beta")): croston_variants,
    frozenset(("y", "cut_adi", "cut_cv2")): demand_class,
    frozenset(("demand", "next_year_total")): seasonal_indices,
    frozenset(("q", "next_year_total")): seasonal_indices,
    frozenset(("items", "cuts")): abc,
    frozenset(("MAD",)): sigma_from_mad,
    frozenset(("z", "sigma_D_weekly", "PC_days", "T1_days", "sigma_LT_days", "D_avg_weekly")): king,
    frozenset(("mean", "var", "csl")): skewed_quantiles,
    frozenset(("sigma_L", "Q", "fill_rate")): fill_rate_target,
    frozenset(("n", "sigma_each", "csl", "rho")): pooling,
    frozenset(("monthly_use", "on_hand", "allocated", "production_demand", "daily_use")): rules_of_thumb,
    frozenset(("base_week", "days", "holiday_days", "uplift")): holiday,
    frozenset(("y", "cuts")): xyz,
}
#: Expected entries that describe a textbook's print, not a figure.
PROSE = {"class_textbook"}


def margin(value, tolerance):
    """The case's tolerance, but not finer than the last digit that is printed."""
    digits = -Decimal(repr(value)).as_tuple().exponent if isinstance(value, float) else 0
    return max(tolerance, 0.5000001 * 10.0**-digits if digits else tolerance)


def same(found, expected, tolerance):
    if isinstance(expected, list):
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            same(one, other, tolerance)
    elif isinstance(expected, str | bool):
        assert found == expected
    else:
        assert float(found) == pytest.approx(expected, abs=margin(expected, tolerance))


@pytest.mark.skipif(not CASES, reason="worked_examples.json is not at hand")
@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_worked_example(case):
    solve = KINDS.get(frozenset(case["inputs"]))
    assert solve, f"{case['id']}: no function for {sorted(case['inputs'])}"
    found = solve(**case["inputs"])
    figures = set(case["expected"]) - PROSE
    assert figures
    for name in figures:
        same(found[name], case["expected"][name], case["tolerance"])
