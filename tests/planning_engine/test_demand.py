"""The daily history made fit for a forecast: what is done to it, and what is left alone."""

from pathlib import Path

import numpy as np
import pytest
from planning_engine import cumulative
from planning_engine.demand import calendar, cancelled, censored, chain, event, life, outlier, prepare

RETAIL = Path(__file__).resolve().parents[3] / "shared" / "data" / "online_retail_daily_sku_2009_2011.parquet"
NAN = np.nan
DAYS = 730


def prepared(demand, first=None, **options):
    demand = np.asarray(demand, float)
    if first is None:
        there = np.nan_to_num(demand) > 0
        first = np.where(there.any(axis=1), there.argmax(axis=1), demand.shape[1])
    return prepare.prepare(demand, first, np.zeros(len(demand), int), 0, **options)


# --- closed weekdays


def test_closed_weekdays_are_those_without_demand_of_the_whole_warehouse():
    generator = np.random.default_rng(1)
    demand = generator.poisson(0.5, (40, 364)).astype(float)
    weekday = calendar.weekdays(364, 0)
    # Warehouse 1 never sells on Sundays; one wrongly booked order does not open it.
    demand[20:, weekday == 6] = 0
    demand[25, np.flatnonzero(weekday == 6)[3]] = 9
    closed = calendar.closed_weekdays(demand, np.repeat([7, 1], 20), 0)
    assert not closed[:20].any()
    assert closed[20:].tolist() == [[False] * 6 + [True]] * 20


def test_one_item_that_sells_on_mondays_closes_nothing():
    demand = np.where(calendar.weekdays(DAYS, 2) == 0, 5.0, 0.0)[None, :]
    assert not calendar.closed_weekdays(demand, [1], 2).any()


def test_weekday_of_the_columns():
    """Planned on a Wednesday (2): the last column is a Tuesday."""
    assert calendar.weekdays(9, 2).tolist() == [0, 1, 2, 3, 4, 5, 6, 0, 1]


# --- cancelled orders


def test_a_giant_order_cancelled_days_later_never_was():
    demand = np.full((1, 40), 3.0)
    demand[0, 20] += 80995
    demand[0, 23] -= 80995
    found, units = cancelled.net(demand)
    assert found[0, 20] == pytest.approx(6)
    assert found[0, [19, 21, 22]].tolist() == [3, 3, 3]
    assert found.sum() == pytest.approx(demand.sum())
    assert units[0] == pytest.approx(80992)


def test_a_return_of_several_sales_takes_the_last_ones():
    found, units = cancelled.net([[5.0, 0, 4, 2, -7]])
    assert found[0].tolist() == [4, 0, 0, 0, 0]
    assert units[0] == 7


def test_a_return_without_a_sale_stays():
    found, units = cancelled.net([[0.0, -3, 2] + [0.0] * 40 + [-5]])
    assert found[0, 1] == -3
    assert found[0, -1] == -5
    assert units[0] == 0


def test_two_returns_do_not_take_the_same_sale():
    found, _units = cancelled.net([[10.0, 0, -6, -6]])
    assert found[0].tolist() == [0, 0, 0, -2]


# --- events


def test_past_events_are_divided_out_and_coming_ones_multiplied():
    demand = np.full((2, 100), 10.0)
    demand[0, 50:60] *= 3
    events = [event.Event([0], -50, -41, 3.0), event.Event([0, 1], 5, 7, 1.5)]
    found = prepared(demand, events=events, horizon=20)
    assert found.demand == pytest.approx(np.full((2, 100), 10.0))
    assert found.event_days.tolist() == [10, 0]
    assert found.future[1].tolist() == [1] * 5 + [1.5] * 3 + [1] * 12


def test_overlapping_events_multiply():
    events = [event.Event([0], -3, -1, 2.0), event.Event([0], -2, 0, 1.5)]
    assert event.factors(events, 1, 4, 2)[0].tolist() == [1, 2, 3, 3, 1.5, 1]


def test_a_closed_week_is_unknown_and_sells_nothing_when_it_comes_again():
    demand = np.full((1, 140), 6.0)
    demand[0, 100:107] = 0
    found = prepared(demand, events=[event.Event([0], -40, -34, 0.0), event.Event([0], 0, 6, 0.0)], horizon=10)
    assert found.demand == pytest.approx(np.full((1, 140), 6.0))
    assert found.future[0].tolist() == [0] * 7 + [1] * 3


def test_events_outside_the_history_touch_nothing():
    assert event.factors([event.Event([0], -900, -800, 2.0), event.Event([0], 50, 60, 2.0)], 1, DAYS, 30) is None


# --- outliers


def lumpy(generator, count, size):
    return (generator.random((count, DAYS)) < 0.15) * size((count, DAYS))


@pytest.mark.parametrize("size", [120.0, 500.0, 80995.0])
def test_a_single_giant_order_is_capped_at_the_largest_ordinary_day(size):
    demand = np.random.default_rng(2).poisson(2, (1, DAYS)).astype(float)
    ordinary = demand.max()
    demand[0, 300] = size
    found, days, largest, limit = outlier.cap(demand)
    assert (days[0], largest[0], limit[0]) == (1, size, ordinary)
    assert found[0, 300] == ordinary
    assert np.delete(found, 300) == pytest.approx(np.delete(demand, 300))


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("gamma", lambda generator, shape: np.ceil(generator.gamma(0.8, 20, shape))),
        ("lognormal", lambda generator, shape: np.ceil(generator.lognormal(2, 1, shape))),
        ("geometric", lambda generator, shape: generator.geometric(0.2, shape)),
        ("units and boxes", lambda generator, shape: np.where(generator.random(shape) < 0.1, 24, 1)),
        ("poisson", lambda generator, shape: np.maximum(generator.poisson(1, shape), 1)),
    ],
)
def test_ordinary_orders_of_lumpy_items_stay(name, size):
    """Of a thousand lumpy items without outliers next to none loses a day; fifteen with the heaviest of these tails."""
    generator = np.random.default_rng(3)
    demand = lumpy(generator, 1000, lambda shape: size(generator, shape)).astype(float)
    _found, days, _largest, _limit = outlier.cap(demand)
    assert (days > 0).mean() <= (0.02 if name == "lognormal" else 0.001), name


def test_a_season_of_few_days_stays():
    """Three days a year at twenty times, in both years; and one Christmas of ten days in a row, seen once."""
    demand = np.random.default_rng(4).poisson(5, (2, DAYS)).astype(float)
    demand[0, [100, 101, 102, 464, 465, 466]] = 100
    demand[1, 640:650] = 100
    assert outlier.cap(demand)[1].tolist() == [0, 0]


def test_one_day_a_year_that_comes_back_stays():
    demand = np.random.default_rng(4).poisson(5, (1, DAYS)).astype(float)
    demand[0, [100, 465]] = 200
    assert outlier.cap(demand)[1][0] == 0
    demand[0, 465] = 5
    assert outlier.cap(demand)[1][0] == 1


def test_a_trend_and_a_new_level_stay():
    generator = np.random.default_rng(5)
    trend = generator.poisson(np.linspace(0.2, 40, DAYS), (50, DAYS))
    level = generator.poisson(np.where(np.arange(DAYS) < 725, 2, 60), (50, DAYS))
    assert outlier.cap(np.concatenate([trend, level]).astype(float))[1].sum() == 0


def test_few_sales_say_nothing_about_what_is_ordinary():
    demand = np.zeros((1, DAYS))
    demand[0, 100:110] = 1
    demand[0, 300] = 5000
    assert outlier.cap(demand)[1][0] == 0
    demand[0, 110] = 1
    assert outlier.cap(demand)[1][0] == 1


def test_the_plan_of_an_item_with_a_giant_order_is_that_without():
    generator = np.random.default_rng(6)
    plain = generator.poisson(3, (1, DAYS)).astype(float)
    giant = plain.copy()
    giant[0, 500] = 74215
    rates = [cumulative.estimate(prepared(d).demand, [0], [10]) for d in (plain, giant)]
    assert rates[1]["rate"][0] == pytest.approx(rates[0]["rate"][0], rel=0.02)
    assert rates[1]["sigma"][0] == pytest.approx(rates[0]["sigma"][0], rel=0.1)


# --- days without stock


def test_unknown_days_are_not_days_without_demand():
    generator = np.random.default_rng(7)
    true = generator.poisson(8, (60, DAYS)).astype(float)
    unknown = np.repeat(generator.random((60, DAYS // 10 + 1)) < 0.4, 10, axis=1)[:, :DAYS]
    seen = np.where(unknown, 0.0, true)
    found = prepared(seen, np.zeros(60, int), unknown=unknown)
    assert found.demand.mean() == pytest.approx(8, rel=0.02)
    assert found.unknown_days.tolist() == unknown.sum(axis=1).tolist()
    kept = cumulative.estimate(found.demand, np.zeros(60), np.full(60, 10))["sigma"].mean()
    honest = cumulative.estimate(true, np.zeros(60), np.full(60, 10))["sigma"].mean()
    # Neither the steps of a history with holes nor the calm of a filled one.
    assert honest * 0.85 <= kept <= honest * 1.15
    assert cumulative.estimate(seen, np.zeros(60), np.full(60, 10))["sigma"].mean() > 1.5 * honest


def test_a_gap_is_filled_by_weekday():
    """Only Mondays sell: the Monday of a week without stock gets what Mondays sell, the other days nothing."""
    demand = np.where(calendar.weekdays(140, 0) == 0, 70.0, 0.0)[None, :]
    gap = demand.copy()
    gap[0, 70:84] = 0
    unknown = np.zeros((1, 140), bool)
    unknown[0, 70:84] = True
    found, days = censored.fill(gap, unknown, [0])
    assert days[0] == 14
    assert found == pytest.approx(demand, rel=0.02)


def test_customers_who_waited_are_not_counted_twice():
    """Ten a day; the hundred of ten days without stock are delivered when goods arrive: nothing is missing."""
    demand = np.full((2, 100), 10.0)
    unknown = np.zeros((2, 100), bool)
    unknown[:, 50:60] = True
    demand[:, 50:60] = 0
    demand[0, 60] += 100
    demand[1, 60] += 40
    found, _days = censored.fill(demand, unknown, [0, 0])
    assert found.sum(axis=1) == pytest.approx([1000, 1000], rel=0.02)


def test_closed_days_are_known():
    demand = np.full((1, 70), 4.0)
    closed = np.tile(calendar.weekdays(70, 0) >= 5, (1, 1))
    demand[closed] = 0
    demand[0, 28:42] = 0
    unknown = np.zeros((1, 70), bool)
    unknown[0, 28:42] = True
    found, days = censored.fill(demand, unknown, [0], closed)
    assert days[0] == 10
    assert found[0, 28:42].sum() == pytest.approx(40)
    assert found[closed].sum() == 0


def test_what_was_sold_in_spite_of_it_counts():
    demand = np.full((1, 60), 2.0)
    demand[0, 40] = 50
    unknown = np.zeros((1, 60), bool)
    unknown[0, 38:43] = True
    assert censored.fill(demand, unknown, [0])[0][0, 40] == 50


def test_one_sale_and_no_stock_since_is_no_rate():
    """Seven sold once, then nothing on the shelf: a quarter a day, not seven."""
    demand = np.zeros((1, 100))
    demand[0, 0] = 7
    unknown = np.ones((1, 100), bool)
    unknown[0, 0] = False
    found, _days = censored.fill(demand, unknown, [0])
    assert found[0, 1:].max() <= 0.25 + 1e-9


def test_days_before_the_first_demand_are_no_history():
    demand = np.zeros((1, 60))
    demand[0, 50:] = 3
    found, days = censored.fill(demand, np.arange(60)[None, :] < 50, [50])
    assert (days[0], found[0, :50].sum()) == (0, 0)


# --- successors


def test_demand_goes_on_in_the_successor():
    demand = np.zeros((3, 200))
    demand[0, :150], demand[1, 150:190], demand[2, 190:] = 4, 5, 6
    links = prepare.Links(predecessor=[0, 1], successor=[1, 2], takes_over=[NAN, -3])
    found = prepared(demand, links=links, horizon=5)
    assert found.demand[2].tolist() == [4] * 150 + [5] * 40 + [6] * 10
    assert found.first_day[2] == 0
    assert found.predecessors.tolist() == [0, 1, 2]
    assert found.ended.tolist() == [True, True, False]
    assert found.future[2].tolist() == [1] * 5
    assert found.future[0].tolist() == [0] * 5


def test_until_the_change_each_sells_its_own():
    demand = np.zeros((2, 200))
    demand[0] = 9
    demand[1, 100:] = 1
    links = prepare.Links(predecessor=[0], successor=[1], takes_over=[3])
    found = prepared(demand, links=links, horizon=6)
    assert found.future[1] == pytest.approx([0.1] * 3 + [1] * 3)
    assert found.future[0].tolist() == [1] * 3 + [0] * 3
    assert not found.ended.any()


def test_circles_are_left_out():
    demand = np.ones((4, 30))
    links = prepare.Links(predecessor=[0, 1, 2, 3], successor=[1, 0, 3, 3], takes_over=[0, 0, 0, 0])
    found = prepared(demand, links=links, horizon=2)
    assert found.demand.sum(axis=1).tolist() == [30, 30, 30, 60]
    assert [edges.tolist() for edges in chain.order(3, [1, 0], [2, 1])] == [[1], [0]]


def test_several_predecessors_of_one_item():
    demand = np.tile([[1.0], [2.0], [0.0]], (1, 50))
    links = prepare.Links(predecessor=[0, 1], successor=[2, 2], takes_over=[0, 0])
    found = prepared(demand, np.array([0, 0, 50]), links=links)
    assert found.demand[2].tolist() == [3] * 50
    assert found.predecessors[2] == 2


# --- like items


def test_a_new_item_is_planned_like_its_model():
    demand = np.zeros((2, 400))
    demand[0] = np.random.default_rng(8).poisson(10, 400)
    links = prepare.Links(like_row=[1], like_model=[0], like_factor=[0.5])
    found = prepared(demand, links=links)
    assert found.demand[1] == pytest.approx(demand[0] / 2)
    assert (found.first_day[1], found.like_weight[1]) == (0, 0)
    assert np.isnan(found.like_weight[0])


def test_its_own_history_weighs_by_how_much_there_is():
    """A quarter (91 of 182 days) at 30 where the model's 10 was expected: half way."""
    demand = np.zeros((2, 400))
    demand[0], demand[1, -91:] = 10, 30
    links = prepare.Links(like_row=[1], like_model=[0], like_factor=[1.0])
    found = prepared(demand, links=links)
    assert found.like_weight[1] == pytest.approx(0.5)
    assert found.demand[1] == pytest.approx(np.full(400, 20.0))
    demand[1, -182:] = 30
    found = prepared(demand, links=links)
    assert np.isnan(found.like_weight[1])
    assert found.demand[1].tolist() == demand[1].tolist()


def test_the_borrowed_history_varies_as_much_as_the_model():
    generator = np.random.default_rng(9)
    demand = np.zeros((2, DAYS))
    demand[0] = generator.gamma(1, 20, DAYS)
    demand[1, -91:] = generator.gamma(1, 20, 91)
    found = prepared(demand, links=prepare.Links(like_row=[1], like_model=[0], like_factor=[1.0])).demand
    assert found[1].std() / found[1].mean() == pytest.approx(found[0].std() / found[0].mean())


@pytest.mark.parametrize("links", [{"like_model": [0]}, {"like_model": [2]}, {"like_factor": [0.0]}])
def test_models_that_say_nothing_are_not_used(links):
    """Itself, an item without demand, a factor of nothing."""
    demand = np.zeros((3, 100))
    demand[0, -20:], demand[1] = 5, 8
    given = {"like_row": [0], "like_model": [1], "like_factor": [1.0], **links}
    found = prepared(demand, links=prepare.Links(**given))
    assert found.demand[0].tolist() == demand[0].tolist()
    assert np.isnan(found.like_weight[0])


def test_a_model_without_demand_while_the_item_sold_is_compared_by_its_whole_history():
    demand = np.zeros((2, 400))
    demand[0, :200], demand[1, -91:] = 10, 5
    found = prepared(demand, links=prepare.Links(like_row=[1], like_model=[0], like_factor=[1.0]))
    assert found.demand[1].mean() == pytest.approx(5)


# --- end of life


def test_demand_falls_to_nothing_at_the_date():
    share = life.fading([NAN, 200, 20, 0], 210)
    assert share[0].tolist() == [1] * 210
    assert share[1, :109].tolist() == [1] * 109
    assert 0 < share[1, 199] < 0.01
    assert share[1, 200:].sum() == 0
    assert share[2, 0] == pytest.approx(1 - 0.5 / 20)
    assert share[2, 20:].sum() == 0
    assert share[3].sum() == 0


def test_remaining_demand_is_the_area_under_the_fall():
    left = np.array([NAN, 200.0, 20.0, 0.0, -5.0])
    share = life.fading(left, 300).sum(axis=1)
    assert life.remaining_days(left)[1:] == pytest.approx(share[1:], abs=1e-6)
    assert np.isinf(life.remaining_days(left)[0])


def test_no_stock_beyond_the_end():
    plan = {
        "safety_stock": np.array([10.0, 10.0, 10.0]),
        "reorder_point": np.array([40.0, 40.0, 40.0]),
        "order_up_to": np.array([100.0, 100.0, 100.0]),
        "order_quantity": np.array([60.0, 60.0, 60.0]),
    }
    found = life.limit(plan, np.full(3, 4.0), np.array([NAN, 30.0, 0.0]), np.full(3, True))
    assert found["order_up_to"].tolist() == [100, 60, 0]
    assert found["reorder_point"].tolist() == [40, 40, 0]
    assert found["order_quantity"].tolist() == [60, 20, 0]


# --- a real wholesaler


def test_items_without_demand_or_end_are_limited_without_a_warning():
    """Nothing a day for ever is nothing, not "0 x infinity"."""
    plan = {name: np.full(3, 9.0) for name in ("safety_stock", "reorder_point", "order_up_to", "order_quantity")}
    with np.errstate(all="raise"):
        found = life.limit(plan, np.array([0.0, NAN, 2.0]), np.full(3, NAN), np.full(3, True))
    assert found["order_up_to"].tolist() == [0, 0, 9]


def test_real_history_with_cancelled_giants_and_no_saturdays():
    """Two orders of 80,995 and 74,215 that were cancelled at once never were; nobody works on Saturdays."""
    if not RETAIL.is_file():
        pytest.skip(f"{RETAIL.name} is not at hand")
    table = pytest.importorskip("pyarrow.parquet").read_table(RETAIL).to_pydict()
    day = np.array(table["day"], "M8[D]")
    column = (day - day.max()).astype(int) + DAYS - 1
    codes, row = np.unique(table["StockCode"], return_inverse=True)
    inside = column >= 0
    demand = np.zeros((codes.size, DAYS))
    net = np.array(table["sale"], float) - np.abs(np.array(table["ret"], float))
    np.add.at(demand, (row[inside], column[inside]), net[inside])
    next_weekday = int((day.max().astype(int) + 1 + 3) % 7)
    sold = demand > 0
    first = np.where(sold.any(axis=1), sold.argmax(axis=1), DAYS)
    found = prepare.prepare(demand, first, np.zeros(codes.size, int), next_weekday)
    assert np.flatnonzero(found.closed[0]).tolist() == [5]
    assert found.demand[codes == "23843"].max() == 0
    assert found.demand[codes == "23166"].max() < 300
    # One article in twenty had a day like no other: 12,960 of one that sells by the dozen.
    assert 0.03 < (found.outlier_days > 0).mean() < 0.07
    assert found.outlier_from.max() == 12960
    assert found.demand[codes == "21091"].max() == 290


# --- odd input


def test_no_items_and_no_days():
    assert prepared(np.zeros((0, DAYS)), np.zeros(0, int)).demand.shape == (0, DAYS)
    assert prepared(np.zeros((3, 0)), np.zeros(3, int)).demand.shape == (3, 0)


def test_odd_histories_come_out_finite():
    """No sale, one sale ever, only returns, a giant order that was cancelled, unknown and absurd numbers."""
    demand = np.zeros((6, DAYS))
    demand[1, 700] = 7
    demand[2, 100::30] = -2
    demand[3, 400], demand[3, 402] = 80995, -80995
    demand[4] = NAN
    demand[5, ::2], demand[5, 1::2], demand[5, 5] = 3, NAN, np.inf
    found = prepared(demand, horizon=30)
    assert np.isfinite(found.demand).all()
    assert found.demand[0].sum() == 0
    assert found.demand[1].sum() == 7
    assert found.demand[3].sum() == 0
    assert found.demand[4].sum() == 0
    assert found.demand[5].mean() == pytest.approx(3, rel=0.05)
    estimate = cumulative.estimate(found.demand, found.first_day, np.full(6, 10))
    assert estimate["rate"][[0, 2, 3, 4]].tolist() == [0, 0, 0, 0]
    assert np.isfinite(estimate["sigma"]).all()
