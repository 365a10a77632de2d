"""The scheduler beside other work: a lost race or a bad move costs nobody else his goods."""


def test_a_lost_race_is_run_again(house):
    assert house.run("schedule_beside_a_reservation") == [5, 5, 5]
    assert not house.drift()


def test_a_move_that_cannot_be_assigned_takes_no_other_with_it(house):
    assert house.run("schedule_with_a_bad_move") == [5, 0, 5]
    assert not house.drift()


def test_a_job_that_asked_for_a_turn_is_run_again_and_keeps_no_connection(house):
    """It closes its cursor with every try, which is when the wish for a turn must not be looked for in it."""
    assert house.run("lose_in_a_job", 3) == ["done", 4, 0]
