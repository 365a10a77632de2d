"""Safety stock, quantiles and losses against textbooks and by hand."""

import numpy as np
import pytest
from planning_engine import distributions, loss, reorder, safety_stock


def test_by_hand():
    """s = 4 a day, L = 9, 97.72499 % is z = 2: 2 x 4 x 3 = 24; with sL = 2 at 6 a day: 2 sqrt(144 + 144)."""
    two_sigma = 0.977249868
    assert safety_stock.cycle_service(two_sigma, 6, 4, 9) == pytest.approx(24, abs=1e-5)
    assert safety_stock.cycle_service(two_sigma, 6, 4, 9, 2) == pytest.approx(2 * np.sqrt(288), abs=1e-5)
    # review: the interval is L + R under the root
    assert safety_stock.cycle_service(two_sigma, 6, 4, 9, 0, 7) == pytest.approx(32, abs=1e-5)


def test_worked_reorder_point(worked):
    given, expected, tolerance = worked("W01")
    stock = safety_stock.cycle_service(given["csl"], given["d"], given["sigma_d"], given["L"])
    assert distributions.normal_factor(given["csl"]) == pytest.approx(expected["z"], abs=tolerance)
    assert stock == pytest.approx(expected["ss"], abs=tolerance)
    assert reorder.reorder_point(given["d"], given["L"], 0, stock) == pytest.approx(expected["rop"], abs=tolerance)


def test_worked_variable_lead_time(worked):
    given, expected, tolerance = worked("W02")
    stock = safety_stock.cycle_service(given["csl"], given["d"], 0, given["L"], given["sigma_L"])
    assert stock == pytest.approx(expected["ss"], abs=tolerance)
    given, expected, tolerance = worked("W04")
    stock = safety_stock.cycle_service(given["csl"], given["d"], given["sigma_d"], given["L"], given["sigma_L"])
    assert stock == pytest.approx(expected["ss"], abs=tolerance)
    assert reorder.reorder_point(given["d"], given["L"], 0, stock) == pytest.approx(expected["rop"], abs=tolerance)
    given, expected, tolerance = worked("W09")
    sigma = safety_stock.interval_deviation(given["d"], given["sigma_d"], given["L"], given["sigma_L"])
    assert sigma == pytest.approx(expected["sigma_dlt"], abs=tolerance)
    assert distributions.normal_factor(given["csl"]) * sigma == pytest.approx(expected["ss"], abs=tolerance)


def test_worked_periodic_review(worked):
    given, expected, tolerance = worked("W08")
    stock = safety_stock.cycle_service(given["csl"], given["d"], given["sigma_d"], given["L"], 0, given["R"])
    assert stock == pytest.approx(expected["ss"], abs=tolerance)
    level = reorder.reorder_point(given["d"], given["L"], given["R"], stock)
    assert level == pytest.approx(expected["S"], abs=tolerance)


def test_worked_trap_of_the_interval(worked):
    """The review period belongs under the root: the answers found on the web forget it."""
    given, expected, tolerance = worked("W11")
    sigma = safety_stock.interval_deviation(given["d"], given["sigma_d"], given["L"], given["sigma_L"], given["OI"])
    assert sigma == pytest.approx(expected["sigma_correct"], abs=tolerance)
    stock = distributions.normal_factor(given["csl"]) * sigma
    order = reorder.reorder_point(given["d"], given["L"], given["OI"], stock) - given["on_hand"]
    assert order == pytest.approx(expected["Q_correct"], abs=tolerance)
    assert abs(order - expected["Q_wrong_web"]) > 1


def test_worked_king(worked):
    given, expected, tolerance = worked("W30")
    daily = given["sigma_D_weekly"] / np.sqrt(given["T1_days"])
    rate = given["D_avg_weekly"] / given["T1_days"]
    sigma = safety_stock.interval_deviation(rate, daily, given["PC_days"], given["sigma_LT_days"])
    assert given["z"] * sigma == pytest.approx(expected["ss_independent"], abs=tolerance)
    assert given["z"] * daily * np.sqrt(given["PC_days"]) == pytest.approx(expected["ss_demand"], abs=tolerance)


def test_worked_maximum_use(worked):
    given, expected, tolerance = worked("W37")
    assert safety_stock.maximum_use([given["monthly_use"]])[0] == pytest.approx(expected["safety"], abs=tolerance)


def test_worked_negative_binomial_and_gamma(worked):
    given, expected, _tolerance = worked("W32")
    counted = distributions.negative_binomial_quantile(given["mean"], given["var"], given["csl"])
    assert counted.tolist() == expected["S"]
    smooth = distributions.gamma_quantile(given["mean"], given["var"], given["csl"])
    assert smooth == pytest.approx(expected["S_gamma"], abs=1e-3)


def test_quantiles_by_definition():
    """A gamma with variance = mean^2 is exponential: quantile -m ln(1 - p). The geometric's median by hand."""
    assert distributions.gamma_quantile(5, 25, 0.95) == pytest.approx(-5 * np.log(0.05))
    # r = 1, p = 1/3 (mean 2, variance 6): P(D <= k) = 1 - (2/3)^(k+1); 90 % needs k = 5
    assert distributions.negative_binomial_quantile(2, 6, 0.9) == 5


def test_quantiles_without_spread():
    assert distributions.gamma_quantile([4, 0], [0, 0], 0.95).tolist() == [4, 0]
    # Variance not above the mean: no negative binomial, and no Poisson in its place.
    assert distributions.negative_binomial_quantile(4, 1, 0.5) == np.ceil(distributions.gamma_quantile(4, 1, 0.5))


def test_worked_losses(worked):
    given, expected, tolerance = worked("W05")
    mean, sigma = given["d"] * given["L"], given["sigma_d"] * np.sqrt(given["L"])
    assert loss.cycle_service(given["rop"], mean, sigma) == pytest.approx(expected["csl"], abs=tolerance)
    assert loss.expected_shortage(given["rop"], mean, sigma) == pytest.approx(expected["esc"], abs=tolerance)
    assert loss.fill_rate(given["rop"], mean, sigma, given["Q"]) == pytest.approx(expected["fill_rate"], abs=tolerance)
    given, expected, tolerance = worked("W06")
    mean, sigma = given["d"] * given["L"], given["sigma_d"] * np.sqrt(given["L"])
    assert loss.fill_rate(given["rop"], mean, sigma, given["Q"]) == pytest.approx(expected["fill_rate"], abs=tolerance)
    given, expected, tolerance = worked("W12")
    assert loss.standard_loss(expected["z"]) == pytest.approx(expected["L"], abs=tolerance)
    given, expected, tolerance = worked("W34")
    stock = loss.safety_stock_for_fill_rate(given["fill_rate"], given["sigma_L"], given["Q"])
    assert stock == pytest.approx(expected["ss"], abs=tolerance)


def test_inverse_loss():
    assert loss.inverse_standard_loss(loss.standard_loss(np.array([-3.0, 0.0, 1.5]))) == pytest.approx([-3, 0, 1.5])
    assert loss.fill_rate(10, 12, 0, 4) == pytest.approx(0.5)


def test_protection_level_uses_each_distribution():
    names = np.array(["smooth", "erratic", "lumpy", "lumpy"])
    level, used = safety_stock.protection_level(
        0.95, names, np.full(4, 10.0), np.full(4, 25.0), np.full(4, 1e6), np.array([True, True, True, False])
    )
    assert used.tolist() == ["student", "gamma", "negative_binomial", "gamma"]
    assert level[0] == pytest.approx(10 + 1.6448536 * 5, abs=1e-3)
    assert level[2] == int(level[2])
    assert level[1] == pytest.approx(level[3])


def test_fewer_errors_more_stock():
    """Student's factor grows as the degrees of freedom shrink, for every distribution."""
    for name in ("smooth", "erratic", "lumpy"):
        few, many = (
            safety_stock.protection_level(
                0.95, np.array([name]), np.array([10.0]), np.array([40.0]), np.array([degrees]), np.array([False])
            )[0][0]
            for degrees in (4.0, 400.0)
        )
        assert few > many * 1.05, name
