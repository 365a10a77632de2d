"""Forecast methods against hand calculations, plain loops and published data."""

import csv
import gzip
import math
from pathlib import Path

import numpy as np
import pytest
from planning_engine import season
from planning_engine.forecast import automatic, intermittent, smoothing
from planning_engine.forecast.theta import theta

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
NAN = np.nan


def rows(*series):
    """Right-aligned matrix of series of different length, and where each begins."""
    length = max(map(len, series))
    matrix = np.full((len(series), length), NAN)
    for number, one in enumerate(series):
        matrix[number, length - len(one) :] = one
    return matrix, np.array([length - len(one) for one in series])


# --- smoothing


def test_simple_smoothing_by_hand():
    """10, 12, 11 at 0.5: 10, 11, 11. The error is that of the steps after the first: 2 and 0."""
    path = smoothing.simple(*rows([10, 12, 11]), grid=(0.5,))
    assert path.level[0].tolist() == [10, 11, 11]
    assert path.names["mse"][0] == pytest.approx(2.0)
    assert path.ahead(3)[0].tolist() == [11, 11, 11]


def test_each_series_gets_its_own_weight():
    """A level that jumped once and stayed asks for a high weight, noise around a level for a low one."""
    noise = np.random.default_rng(5).normal(100, 10, 60)
    jump = np.r_[np.full(30, 10.0), np.full(30, 50.0)]
    alpha = smoothing.simple(*rows(jump, noise)).names["alpha"]
    assert alpha[0] == max(smoothing.LEVEL_GRID)
    assert alpha[1] <= 0.1


def test_a_straight_line_goes_on():
    line = 5 + 3 * np.arange(24.0)
    ahead = smoothing.trended(*rows(line), damping=(1.0,)).ahead(3)[0]
    assert ahead == pytest.approx([77, 80, 83])
    damped = smoothing.trended(*rows(line)).ahead(12)[0]
    assert (np.diff(damped) > 0).all() and (np.diff(damped, 2) < 0).all()


def test_damped_path_equals_a_plain_loop():
    series = np.random.default_rng(2).gamma(3, 10, 30)
    path = smoothing.trended(*rows(series), damping=(0.9,), levels=(0.4,), trends=(0.1,))
    level, trend = series[0], (series[4] - series[0]) / 4
    for value in series[1:]:
        expected = level + 0.9 * trend
        level, trend = expected + 0.4 * (value - expected), 0.9 * trend + 0.1 * (value - expected)
    assert path.level[0, -1] == pytest.approx(level)
    assert path.ahead(2)[0] == pytest.approx([level + 0.9 * trend, level + (0.9 + 0.81) * trend])


@pytest.mark.parametrize("method", [smoothing.naive, smoothing.simple, smoothing.trended, theta])
def test_unknown_periods_pull_nothing_down(method):
    """Weeks without stock are no weeks without demand: with them as zero the level falls, unknown it does not."""
    steady = np.full(20, 8.0)
    gaps = steady.copy()
    gaps[[5, 11, 12, 18]] = NAN
    ahead = method(*rows(gaps)).ahead(4)
    assert ahead[0] == pytest.approx([8, 8, 8, 8])
    assert method(*rows(np.nan_to_num(gaps))).ahead(4)[0].max() < 8 or method is smoothing.naive


def test_moving_average_counts_known_periods():
    matrix, first = rows([1, 2, NAN, 6, NAN])
    assert smoothing.moving_average(matrix, first, 2).level[0] == pytest.approx([1, 1.5, 1.5, 4, 4])
    assert smoothing.moving_average(matrix, first, 3).level[0, -1] == 3


def test_seasonal_naive_takes_an_unknown_season_from_the_cycle_before():
    matrix, first = rows([1, 2, 3, 4, 5, NAN, 7, 8])
    assert smoothing.seasonal_naive(matrix, first, 4, 6)[0].tolist() == [5, 2, 7, 8, 5, 2]


def test_series_of_different_length_do_not_touch_each_other():
    long, short = np.random.default_rng(3).gamma(2, 9, 40), np.random.default_rng(4).gamma(2, 9, 7)
    for method in (smoothing.simple, smoothing.trended, theta):
        together = method(*rows(long, short)).ahead(5)
        assert together[0] == pytest.approx(method(*rows(long)).ahead(5)[0])
        assert together[1] == pytest.approx(method(*rows(short)).ahead(5)[0])


# --- theta


def test_theta_equals_its_two_lines():
    """The definition: half the straight line, half simple smoothing of the series with doubled curvature."""
    series = np.random.default_rng(7).normal(50, 6, 25) + np.arange(25)
    slope, intercept = np.polyfit(np.arange(25), series, 1)
    line = intercept + slope * np.arange(25)
    level = 2 * series[0] - line[0]
    for value in (2 * series - line)[1:]:
        level += 0.3 * (value - level)
    expected = [(level + intercept + slope * (24 + step)) / 2 for step in (1, 2, 3)]
    assert theta(*rows(series), grid=(0.3,)).ahead(3)[0] == pytest.approx(expected)


# --- season


def test_indices_are_recovered_and_weighed():
    pattern = np.array([0.5, 0.8, 1.2, 1.5])
    noise = np.random.default_rng(11)
    clear = np.tile(pattern, 8) * 100
    matrix, first = rows(clear, *noise.normal(100, 10, (200, 32)))
    assert season.indices(matrix, first, 4)[0] == pytest.approx(pattern, abs=1e-9)
    weight = season.weight(matrix, first, 4)
    assert weight[0] == pytest.approx(1)
    # Without a season the indices say nothing, and most are not believed; the test finds one in twenty on each side.
    assert weight[1:].mean() < 0.4
    significant = season.significant(matrix, first, 4)
    assert significant[0]
    assert significant[1:].mean() < 0.15


def test_additive_indices_sum_to_zero():
    series = np.tile([-20.0, 0.0, 5.0, 15.0], 6) + 10
    assert season.indices(*rows(series), 4, multiplicative=False)[0] == pytest.approx([-20, 0, 5, 15])


def test_too_short_for_a_season():
    matrix, first = rows([3, 9, 3, 9, 3])
    assert season.indices(matrix, first, 12)[0].tolist() == [1] * 12
    assert season.weight(matrix, first, 12).tolist() == [0]
    assert not season.significant(matrix, first, 12)[0]


def test_next_period_gets_the_index_of_its_season():
    """Eight and a half cycles: the season follows the end of the series, not its beginning."""
    pattern = np.array([0.5, 0.8, 1.2, 1.5])
    series = 100 * pattern[np.arange(34) % 4]
    found = automatic.forecast(*rows(series), periods=4, horizon=4)
    assert found.mean[0] == pytest.approx(100 * pattern[np.arange(34, 38) % 4], rel=0.02)


# --- intermittent


def test_croston_of_steady_demand_is_its_rate():
    series = np.tile([0, 0, 6.0], 40)
    level = intermittent.croston(*rows(series), variant=intermittent.CROSTON).level[0]
    assert level[-1] == pytest.approx(2)
    assert intermittent.croston(*rows(series)).level[0, -1] == pytest.approx(2 * 0.95)


def test_a_history_that_begins_with_a_sale_tells_no_interval_before_the_second():
    """6 every third period, from the first sale on, is 2 a period; one sale is its size over the periods since."""
    series = np.tile([6.0, 0, 0], 40)
    level = intermittent.croston(*rows(series), variant=intermittent.CROSTON).level[0]
    assert level[:3] == pytest.approx([6, 3, 2])
    assert level[3:] == pytest.approx(2)
    unknown = intermittent.croston(*rows([6.0, NAN, 0, 0]), variant=intermittent.CROSTON).level[0]
    assert unknown == pytest.approx([6, 6, 3, 2])


def test_tsb_decays_and_croston_does_not():
    series = np.r_[np.tile([0, 4.0], 20), np.zeros(30)]
    dying = intermittent.tsb(*rows(series)).level[0]
    assert dying[-1] < 0.1 * dying[39]
    assert intermittent.croston(*rows(series)).level[0, -1] == pytest.approx(
        intermittent.croston(*rows(series)).level[0, 39]
    )


def test_series_with_empty_periods_are_left_to_methods_for_them():
    """One empty period in twenty is enough; unknown ones, and those before the first, are not empty."""
    steady, holes = np.full(40, 5.0), np.tile([0, 0, 6.0], 13)
    one, two, unknown = steady.copy(), steady.copy(), steady.copy()
    one[7], two[[7, 21]], unknown[5:15] = 0, 0, NAN
    series, first = rows(steady, holes, one, two, unknown)
    found = automatic.forecast(series, first, periods=12, horizon=4)
    assert found.sporadic.tolist() == [False, True, False, True, False]
    assert found.mean[1] == pytest.approx(np.full(4, 2.0), rel=0.06)
    alone = automatic.forecast(series[:1], first[:1], periods=12, horizon=4)
    assert found.mean[0] == pytest.approx(alone.mean[0])


def test_a_horizon_beyond_the_history_of_rare_sales():
    assert np.isfinite(automatic.forecast(*rows([0, 3.0, 0]), periods=12, horizon=24).mean).all()


def test_nothing_ever_sold_is_zero():
    assert automatic.sporadic(*rows([0.0] * 12), horizon=3).tolist() == [0]
    assert automatic.forecast(*rows([0.0] * 30), periods=12, horizon=3).mean[0].tolist() == [0, 0, 0]


def test_no_series_at_all():
    empty = np.empty((0, 24)), np.empty(0, int)
    assert automatic.forecast(*empty, periods=12, horizon=6).mean.shape == (0, 6)
    assert automatic.sporadic(*empty, horizon=3).shape == (0,)


# --- published data


def smape(found, actual):
    return float((200 * np.abs(found - actual) / (np.abs(found) + np.abs(actual))).mean())


def table(name):
    path = DATA / name
    if not path.is_file():
        pytest.skip(f"{name} is not at hand")
    with gzip.open(path, "rt") as stream:
        lines = list(csv.reader(stream))[1:]
    return np.array([[float(value) if value else math.nan for value in line[1:]] for line in lines])


def test_m3_monthly():
    path = DATA / "m3_monthly_odd_714.parquet"
    if not path.is_file():
        pytest.skip(f"{path.name} is not at hand")
    parquet = pytest.importorskip("pyarrow.parquet")
    data = parquet.read_table(path)
    actual = np.array(data["xx"].to_pylist())
    found = automatic.forecast(*rows(*data["x"].to_pylist()), periods=12, horizon=actual.shape[1])
    assert not found.sporadic.any()
    assert smape(found.mean, actual) <= 13.45


@pytest.mark.parametrize(("name", "months"), [("carparts_2674x51.csv.gz", 12), ("auto_3000x24.csv.gz", 6)])
def test_total_of_intermittent_series(name, months):
    series = table(name)
    series = series[~np.isnan(series).any(axis=1)]
    known, actual = series[:, :-months], series[:, -months:]
    found = automatic.sporadic(known, np.zeros(len(known), int), 3)
    assert abs(found.sum() * months / actual.sum() - 1) <= 0.10
    # The same call as for the M3 series.
    found = automatic.forecast(known, np.zeros(len(known), int), periods=12, horizon=months)
    assert abs(found.mean.sum() / actual.sum() - 1) <= 0.10


@pytest.mark.parametrize(
    ("name", "origins"), [("carparts_2674x51.csv.gz", (6, 9, 12, 15, 18, 24)), ("auto_3000x24.csv.gz", (6, 8, 10))]
)
def test_total_of_intermittent_series_over_several_windows(name, origins):
    """The half year after each of several months: all together within a tenth."""
    series = table(name)
    series = series[~np.isnan(series).any(axis=1)]
    expected, asked = np.zeros(2), 0.0
    for months in origins:
        known, actual = series[:, :-months], series[:, -months:][:, :6]
        begin = np.zeros(len(known), int)
        expected += [
            6 * automatic.sporadic(known, begin, 3).sum(),
            automatic.forecast(known, begin, periods=12, horizon=6).mean.sum(),
        ]
        asked += actual.sum()
    assert (abs(expected / asked - 1) <= 0.10).all()
