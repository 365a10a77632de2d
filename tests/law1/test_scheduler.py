"""The scheduler beside other work: a lost race or a bad move costs nobody else his goods."""


def test_a_lost_race_is_run_again(house):
    assert house.run("schedule_beside_a_reservation") == [5, 5, 5]
    assert not house.drift()


def test_a_move_that_cannot_be_assigned_takes_no_other_with_it(house):
    assert house.run("schedule_with_a_bad_move") == [5, 0, 5]
    assert not house.drift()
