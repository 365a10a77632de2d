"""The choice of an item's forecast method, and Holt-Winters."""

import numpy as np
import pytest
from planning_engine import cumulative, plan
from planning_engine.forecast import candidates, choose, winters

DAYS = 730


def items(demand, lead=13):
    """Arguments of a choice: history from the first day, two weeks of protection."""
    demand = np.asarray(demand, float)
    return demand, np.zeros(len(demand), int), np.full(len(demand), lead + 1)


@pytest.mark.parametrize(
    "draw",
    [
        lambda generator, shape: generator.poisson(5, shape),
        lambda generator, shape: np.round(generator.gamma(1, 20, shape)),
        lambda generator, shape: np.maximum(generator.normal(20, 5, shape), 0),
        lambda generator, shape: (generator.random(shape) < 0.1) * np.ceil(generator.gamma(0.8, 20, shape)),
    ],
    ids=["poisson", "erratic", "smooth", "lumpy"],
)
def test_noise_stays_with_the_mean(draw):
    """Of 300 items without anything to find at most one leaves it, whatever their lead time."""
    generator = np.random.default_rng(11)
    demand = draw(generator, (300, DAYS))
    found = choose.choose(demand, np.zeros(300, int), generator.integers(1, 45, 300))
    assert (found["method"] != "mean").sum() <= 1
    assert found["ratio"][found["method"] == "mean"].tolist() == [1] * int((found["method"] == "mean").sum())


def test_a_trend_that_a_window_cannot_follow_is_left_to_trend_methods():
    generator = np.random.default_rng(12)
    demand = generator.normal(np.linspace(20, 400, DAYS), 10, (100, DAYS))
    found = choose.choose(*items(demand, lead=34))
    assert np.isin(found["method"], ["damped", "theta", "median"]).mean() > 0.9
    level = choose.refit(*items(demand, lead=34), found["method"], found["weights"])
    left = found["method"] != "mean"
    # Five weeks ahead of 400 a day, half a unit a day more each day.
    assert np.nanmean(level[left]) == pytest.approx(409, rel=0.02)
    assert (found["ratio"][left] < 0.8).all()
    assert (found["error"][left] < found["mean_error"][left]).all()


def test_a_season_that_is_not_taken_out_is_found_by_seasonal_methods():
    generator = np.random.default_rng(13)
    year = 1 + 0.8 * np.sin(2 * np.pi * np.arange(DAYS) / 364)
    demand = generator.poisson(40 * year, (60, DAYS))
    found = choose.choose(*items(demand))
    assert np.isin(found["method"], candidates.SEASONAL).mean() > 0.6


def test_a_season_that_is_taken_out_needs_no_seasonal_method():
    generator = np.random.default_rng(13)
    year = 1 + 0.8 * np.sin(2 * np.pi * np.arange(DAYS + 60) / 365)
    demand = generator.poisson(40 * year[:DAYS], (60, DAYS))
    found = choose.choose(*items(demand), index=np.tile(year, (60, 1)))
    assert (found["method"] == "mean").mean() > 0.95


def test_falling_intermittent_demand():
    """More than every second day two years ago, next to never now: who leaves the mean expects little."""
    generator = np.random.default_rng(14)
    chance = np.linspace(0.6, 0.02, DAYS)
    demand = (generator.random((100, DAYS)) < chance) * 10.0
    found = choose.choose(*items(demand, lead=20))
    level = choose.refit(*items(demand, lead=20), found["method"], found["weights"])
    assert 0.1 < np.nanmean(level) < 1


def test_level_is_per_day_of_season_one():
    """Naive on weeks of 70 in a season of half: 20 a day of season 1."""
    demand = np.full((1, 210), 10.0)
    index = np.full((1, 300), 0.5)
    level = choose.refit(demand, [0], [14], ["naive"], np.full((1, 5), np.nan), index)
    assert level[0] == pytest.approx(20)


@pytest.mark.parametrize("method", candidates.METHODS)
def test_every_method_forecasts_steady_demand(method):
    level = choose.refit(np.full((2, DAYS), 10.0), [0, 0], [14, 3], [method] * 2, np.full((2, 5), np.nan))
    if method == "mean":
        assert np.isnan(level).all()
    else:
        bias = 1 if method != "sba" else pytest.approx(1, abs=0.16)
        assert level / 10 == pytest.approx([1, 1], abs=1e-6 if bias == 1 and method != "sba" else 0.16)


def test_refitting_keeps_the_parameters_of_the_choice():
    generator = np.random.default_rng(15)
    demand = generator.poisson(20, (3, DAYS)).astype(float)
    weights = np.full((3, 5), np.nan)
    weights[:, 0] = [0.0, 0.98, np.nan]
    level = choose.refit(*items(demand), ["simple"] * 3, weights)
    assert level[0] == pytest.approx(demand[0, 2:9].mean())
    assert level[1] == pytest.approx(demand[1, -7:].mean(), rel=0.1)
    assert level[2] == pytest.approx(20, rel=0.2)


def test_items_of_different_lead_time_do_not_touch_each_other():
    generator = np.random.default_rng(16)
    demand = generator.poisson(np.linspace(2, 60, DAYS), (20, DAYS)).astype(float)
    intervals = np.tile([5, 20], 10)
    first = np.where(np.arange(20) < 10, 0, 200)
    together = choose.choose(demand, first, intervals)
    for number in (0, 1, 15):
        alone = choose.choose(demand[[number]], first[[number]], intervals[[number]])
        for name in ("method", "ratio", "error"):
            assert alone[name][0] == pytest.approx(together[name][number]) if name != "method" else True
        assert alone["method"][0] == together["method"][number]
    levels = choose.refit(demand, first, intervals, together["method"], together["weights"])
    alone = choose.refit(demand[[1]], first[[1]], intervals[[1]], together["method"][[1]], together["weights"][[1]])
    assert alone == pytest.approx(levels[[1]], nan_ok=True)


def test_a_method_that_somebody_asked_for_is_compared():
    generator = np.random.default_rng(17)
    found = choose.compare(*items(generator.poisson(20, (5, DAYS))), ["naive"] * 4 + ["mean"])
    assert (found["ratio"][:4] > 1.2).all()
    assert found["ratio"][4] == 1
    assert found["intervals"][:4].min() >= choose.LEAST_INTERVALS


@pytest.mark.parametrize(
    "demand",
    [
        np.zeros((2, DAYS)),
        np.eye(2, DAYS) * 7,
        -np.eye(2, DAYS),
        np.zeros((0, DAYS)),
        np.zeros((2, 5)),
        np.full((2, 60), 3.0),
    ],
    ids=["none", "one sale", "only returns", "no items", "no weeks", "too young"],
)
def test_odd_histories_keep_the_mean(demand):
    found = choose.choose(*items(demand))
    assert found["method"].tolist() == ["mean"] * len(demand)
    for method in candidates.METHODS:
        level = choose.refit(*items(demand), [method] * len(demand), found["weights"])
        assert not np.isinf(level).any()
        assert (np.nan_to_num(level) >= 0).all()


def test_lead_times_beyond_the_history_keep_the_mean():
    found = choose.choose(
        np.random.default_rng(1).poisson(np.linspace(1, 90, DAYS), (3, DAYS)), [0, 0, 0], [90, 600, 1e6]
    )
    assert found["method"].tolist() == ["mean"] * 3


# --- Holt-Winters


def seasonal(level=100.0, weeks=156):
    slots = np.repeat([0.6, 0.8, 1.0, 1.2, 1.4, 1.2, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.8], winters.SLOT)
    return level * np.tile(slots, 3)[None, :weeks], slots


@pytest.mark.parametrize("multiplicative", [True, False])
def test_a_season_without_noise_is_repeated(multiplicative):
    series, slots = seasonal()
    sums, errors = winters.follow(series, [0], 52, 0.2, 0.1, 4, multiplicative)
    assert np.nanmax(np.abs(errors)) == pytest.approx(0, abs=1e-9)
    assert sums[0, -1] == pytest.approx(100 * slots[:4].sum())
    assert np.isnan(sums[0, :51]).all()
    assert sums[0, 51] == pytest.approx(100 * slots[:4].sum())


def test_one_step_by_hand():
    """Level 100, all indices 1, then 120: error 20, level 104, trend 0.4, this slot's index 1 + 0.1 x 0.2 / 4."""
    series = np.r_[np.full(52, 100.0), 120.0][None, :]
    sums, errors = winters.follow(series, [0], 52, 0.2, 0.1, 1, True)
    assert errors[0, 52] == pytest.approx(20)
    assert sums[0, 52] == pytest.approx((104 + 0.95 * 0.4) * (1 + 0.1 * 0.2 / 4))


def test_horizons_of_their_own():
    series, _slots = seasonal()
    together, _errors = winters.follow(np.tile(series, (2, 1)), [0, 0], 52, 0.2, 0.1, np.array([2, 5]), True)
    for row, horizon in enumerate((2, 5)):
        alone, _errors = winters.follow(series, [0], 52, 0.2, 0.1, horizon, True)
        assert together[row] == pytest.approx(alone[0], nan_ok=True)


def test_series_shorter_than_a_year_have_no_season():
    sums, _errors = winters.follow(np.full((1, 40), 5.0), [0], 52, 0.2, 0.1, 2, True)
    assert np.isnan(sums).all()


# --- what it is worth


def test_growing_items_keep_their_service_with_less_stock():
    """Four weeks of lead time, target 95 %: by the chosen method they need at least a sixth less safety stock."""
    generator = np.random.default_rng(18)
    count, lead = 120, 28
    growth = 5 + generator.uniform(0.05, 0.5, count)[:, None] * np.arange(DAYS + lead + 1)
    demand = generator.poisson(growth).astype(float)
    history, future = demand[:, :DAYS], demand[:, DAYS:].sum(axis=1)
    first, interval = np.zeros(count, int), np.full(count, lead + 1)
    mean = cumulative.estimate(history, first, np.full(count, lead))
    found = choose.choose(history, first, interval)
    level = choose.refit(history, first, interval, found["method"], found["weights"])
    used = np.isfinite(level)
    assert used.mean() > 0.7
    chosen = mean | {
        "rate": np.where(used, level, mean["rate"]),
        "sigma": mean["sigma"] * found["ratio"],
        "degrees": np.where(used, np.minimum(mean["degrees"], found["intervals"]), mean["degrees"]),
    }
    safety = []
    for estimate in (mean, chosen):
        planned = plan.parameters(
            history,
            first,
            np.full(count, "smooth"),
            np.ones(count, bool),
            np.zeros(count, bool),
            np.full(count, float(lead)),
            np.zeros(count),
            0.95,
            1,
            14,
            estimate=estimate,
        )
        assert (future <= planned["reorder_point"]).mean() >= 0.95
        safety.append(planned["safety_stock"].sum())
    assert safety[1] < 5 / 6 * safety[0]
