"""Working days and closures in days of the calendar: against counting the days one by one."""

import numpy as np
import pytest
from planning_engine.demand import calendar

WEEK = np.array([True] * 5 + [False] * 2)


def counted(working, usual, closed, next_weekday):
    """Whole weeks only: days until so many working days have passed."""
    passed = 0
    for day in range(10_000):
        passed += usual[(day + next_weekday) % 7] and not (day < len(closed) and closed[day])
        if passed >= working:
            return day + 1
    return None


def test_whole_weeks_of_working_days():
    assert calendar.calendar_days([0, 5, 10, 25], WEEK).tolist() == [0, 7, 14, 35]
    assert calendar.calendar_days([2.5], WEEK).tolist() == [3.5]
    assert calendar.calendar_days([9], np.ones(7, bool)).tolist() == [9]
    # A calendar without a single working day says nothing.
    assert calendar.calendar_days([9], np.zeros(7, bool)).tolist() == [9]


@pytest.mark.parametrize("begin", [0, 7, 14])
def test_closed_weeks_lengthen_what_falls_into_them(begin):
    """From a Monday on: the vendor closes for three whole weeks."""
    closed = np.zeros(100, bool)
    closed[begin : begin + 21] = True
    for working in (5, 10, 15, 20):
        # Done on the last Friday before a weekend: the weekend counts by its mean.
        exact = counted(working, WEEK, closed, 0) + 2
        assert calendar.calendar_days([working], WEEK, closed, 0)[0] == pytest.approx(exact)


def test_closures_beyond_the_lead_time_and_on_weekends_do_not_matter():
    closed = np.zeros(60, bool)
    closed[30:40] = True
    closed[5:7] = True
    assert calendar.calendar_days([10], WEEK, closed, 0)[0] == pytest.approx(14)


def test_closed_beyond_what_is_known_goes_on_at_the_usual_pace():
    closed = np.ones(14, bool)
    assert calendar.calendar_days([5, 50], WEEK, closed, 0) == pytest.approx([21, 84])
