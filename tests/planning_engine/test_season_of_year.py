"""The season of the year in daily histories, and what planning makes of it."""

import numpy as np
import pytest
from planning_engine import cumulative, plan, season

DAYS = 730


def wave(count=1, amplitude=0.5, noise=0.0, days=DAYS, ahead=0, level=20.0):
    """Demand with one wave a year, its top a quarter of a year after the planning date."""
    day = np.arange(days + ahead) - days
    shape = 1 + amplitude * np.sin(2 * np.pi * day / 365)
    return np.maximum(level * shape + np.random.default_rng(4).normal(0, noise, (count, days + ahead)), 0)


def test_the_wave_is_found_and_goes_on():
    index, weight = season.of_year(wave(), [0], 120)
    assert weight[0] > 0.99
    day = np.arange(DAYS + 120) - DAYS
    assert index[0] == pytest.approx(1 + 0.5 * np.sin(2 * np.pi * day / 365), abs=0.05)


def test_trend_is_no_season():
    """Demand that doubles in two years in a straight line: no month sells more than the year."""
    index, _weight = season.of_year(np.linspace(10, 20, DAYS)[None, :], [0], 30)
    assert np.abs(index - 1).max() < 0.02


def test_noise_is_no_season():
    noise = np.random.default_rng(6).gamma(1, 10, (200, DAYS))
    index, weight = season.of_year(noise, np.zeros(200, int), 30)
    # One item in twenty by chance, and some.
    assert (weight > 0).mean() < 0.12
    assert np.abs(index - 1).mean() < 0.03


def test_a_return_on_a_day_of_its_own_is_no_season():
    """340 sold in one month and given back in another: a twelfth below nothing is a twelfth of nothing."""
    generator = np.random.default_rng(12)
    for _case in range(200):
        demand = np.zeros((1, DAYS))
        demand[0, generator.integers(0, DAYS, 25)] += 1
        sold, back = generator.integers(0, DAYS, 2)
        demand[0, sold] += 340
        demand[0, back] -= 340
        index, _weight = season.of_year(demand, [0], 60)
        assert index.min() > 0 and index.max() <= season.YEAR_BINS
        assert index[0, -season.YEAR_DAYS - 60 : -60].mean() == pytest.approx(1, abs=0.1)


def test_days_beyond_the_index_count_as_mean_ones():
    index = np.full((1, DAYS + 10), 2.0)
    ahead = cumulative._index_ahead(index, DAYS, np.array([30]))
    assert ahead[0, 0] == 60
    assert ahead[0, DAYS] == 10 * 2 + 20


def test_one_year_says_nothing_of_seasons():
    demand = np.concatenate([np.zeros((1, 365)), wave(days=365)], axis=1)
    assert season.of_year(demand, [365], 30)[1][0] == 0
    assert season.of_year(wave(days=365), [0], 30)[1][0] == 0


def test_nothing_sold_and_nothing_at_all():
    assert (season.of_year(np.zeros((1, DAYS)), [0], 30)[0] == 1).all()
    assert season.of_year(np.empty((0, DAYS)), [], 30)[0].shape == (0, DAYS + 30)


def test_rate_is_per_day_of_index_one():
    """Twice the index, twice the sales: the level is the same everywhere and its error nothing."""
    index = np.where(np.arange(DAYS + 40) % 60 < 30, 1.5, 0.5)[None, :]
    demand = 8 * index[:, :DAYS]
    found = cumulative.estimate(demand, [0], [20], index)
    assert found["rate"][0] == pytest.approx(8)
    assert found["sigma"][0] == pytest.approx(0, abs=1e-6)
    flat = cumulative.estimate(demand, [0], [20])
    assert flat["sigma"][0] > 30


def test_no_index_is_an_index_of_one():
    demand = np.random.default_rng(9).poisson(3, (5, DAYS)).astype(float)
    interval = np.array([3, 9, 14, 30, 60])
    plain = cumulative.estimate(demand, np.zeros(5, int), interval)
    ones = cumulative.estimate(demand, np.zeros(5, int), interval, np.ones((5, DAYS + 60)))
    for name in plain:
        assert ones[name] == pytest.approx(plain[name])


def test_more_is_ordered_before_the_high_season_and_less_after():
    demand, first = wave(2, noise=3.0), np.zeros(2, int)
    index, _weight = season.of_year(demand, first, 120)
    falling = np.roll(demand, 182, axis=1)
    falling_index, _weight = season.of_year(falling, first, 120)
    given = (["smooth"] * 2, np.ones(2, bool), np.zeros(2, bool), np.full(2, 30.0), np.zeros(2), 0.95, 1, 30)
    rising = plan.parameters(demand, first, *given, index=index)
    after = plan.parameters(falling, first, *given, index=falling_index)
    plain = plan.parameters(demand, first, *given)
    assert (rising["season_factor"] > 1.05).all() and (after["season_factor"] < 0.95).all()
    assert (rising["reorder_point"] > after["reorder_point"] * 1.15).all()
    assert (rising["interval_sigma"] < plain["interval_sigma"]).all()
    assert (plain["season_factor"] == 1).all()
