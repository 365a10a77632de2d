"""The season of a group: found where many items share it, left out where they do not, followed as far as it fits."""

import numpy as np
import pytest
from planning_engine import season_group

DAYS = 640


def group(count=60, amplitude=0.5, seed=3):
    """Noisy items with one wave a year; the first half of them follow it, the others sell steadily."""
    generator = np.random.default_rng(seed)
    day = np.arange(DAYS + 60) - DAYS
    wave = 1 + amplitude * np.sin(2 * np.pi * day / 365)
    shape = np.where(np.arange(count)[:, None] < count // 2, wave[None, :], 1.0)
    return generator.poisson(3 * shape).astype(float), wave


def test_found_in_less_than_two_years_and_followed_by_who_shows_it():
    demand, wave = group()
    index, weight, slope = season_group.of_items(demand[:, :DAYS], np.zeros(60, int), 60)
    assert not weight.any()
    followers, others = slope[:30], slope[30:]
    assert followers.mean() > 1.2 > 0.6 > others.mean()
    # Half of the group share the wave: the group's is half as high, and its followers follow twice.
    seen = np.arange(DAYS - 365 - 90, DAYS - 365 - 30)
    assert index[:30, seen].mean() == pytest.approx(wave[seen].mean(), abs=0.15)


def test_noise_is_no_season():
    generator = np.random.default_rng(5)
    demand = generator.gamma(0.5, 8, (100, DAYS))
    assert season_group.measure(demand, np.zeros(100, int)) is None
    index, _weight, slope = season_group.of_items(demand, np.zeros(100, int), 30)
    assert (index == 1).all() and not slope.any()


@pytest.mark.parametrize(("count", "days"), [(season_group.LEAST_ITEMS - 1, DAYS), (60, season_group.LEAST_DAYS - 1)])
def test_too_few_items_or_days_say_nothing(count, days):
    demand, _wave = group(60)
    index, _weight, slope = season_group.of_items(demand[:count, DAYS - days : DAYS], np.zeros(count, int), 30)
    assert (index == 1).all() and not slope.any()


def test_new_items_follow_their_group():
    demand, _wave = group(60, 0.6)
    demand = demand[:, :DAYS].copy()
    demand[0, : DAYS - 40] = 0
    first = np.zeros(60, int)
    first[0] = DAYS - 40
    slope = season_group.follow(season_group.measure(demand, first), demand, first)
    assert slope[0] == 1


def test_an_item_follows_its_group_whoever_is_looked_at_with_it():
    demand, _wave = group()
    demand, first = demand[:, :DAYS], np.zeros(60, int)
    measured = season_group.measure(demand, first)
    together = season_group.of_items(demand, first, 60, measured)
    own = season_group.of_items(demand, first, 60)
    for row in range(0, 60, 7):
        alone = season_group.of_items(demand[row : row + 1], first[row : row + 1], 60, measured)
        for one, all_of_them, measured_here in zip(alone, together, own, strict=True):
            assert one[0] == pytest.approx(all_of_them[row], rel=1e-12)
            assert one[0] == pytest.approx(measured_here[row], rel=1e-12)


def test_without_a_group_nobody_follows():
    demand, _wave = group()
    index, _weight, slope = season_group.of_items(demand[:, :DAYS], np.zeros(60, int), 60, None)
    assert (index == 1).all() and not slope.any()


def test_no_items():
    index, weight, slope = season_group.of_items(np.empty((0, DAYS)), [], 30)
    assert index.shape == (0, DAYS + 30) and weight.shape == slope.shape == (0,)


@pytest.mark.parametrize("weekday", [0, 3, 6])
def test_a_weekday_is_no_season(weekday):
    """A week's sales booked on one of its days: a bin with one such day more than others looks like a season."""
    demand = np.zeros((60, 728))
    demand[:, weekday::7] = np.random.default_rng(9).poisson(5, (60, 104))
    assert season_group.measure(demand, np.full(60, weekday)) is None


def test_a_peak_of_one_week_stays_one():
    """The week before a holiday sells twice; the weeks around it as always."""
    demand = np.random.default_rng(10).poisson(5, (300, 728)).astype(float)
    peak = np.arange(728) // 7 % 52 == 20
    demand[:, peak] *= 2
    index = season_group.of_items(demand, np.zeros(300, int), 364)[0].mean(axis=0)[728:]
    weeks = index.reshape(52, 7).mean(axis=1)
    assert weeks[20] > 1.35 and weeks[[17, 18, 22, 23]].max() < 1.15
