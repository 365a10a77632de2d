"""ABC, XYZ, Syntetos-Boylan: every convention by a case in which the other reading gives another answer."""

import numpy as np
import pytest
from planning_engine import classes


def test_abc_the_item_that_crosses_the_cut_is_in():
    values = [50, 35, 10, 5]
    assert "".join(classes.abc(values)) == "AABC"
    assert "".join(classes.abc(values, rule=classes.ABC_INCLUSIVE)) == "ABBC"


def test_abc_exact_share_is_the_cut():
    """0.8 before the item is not below 0.8: B; summed in floats it would be 0.7999999."""
    assert "".join(classes.abc([0.1] * 8 + [0.05] * 4)) == "AAAAAAAABBBC"


def test_abc_ranks_within_groups_and_leaves_out_what_earns_nothing():
    values = np.array([90.0, 1.0, 0.0, 90.0, 10.0, -5.0])
    assert classes.abc(values, [1, 2, 1, 2, 1, 2]).tolist() == ["A", "C", "", "A", "B", ""]


def test_abc_of_nothing():
    assert classes.abc([]).tolist() == []
    assert classes.abc([0, -1]).tolist() == ["", ""]


def test_abc_worked(worked):
    given, expected, _tolerance = worked("W28")
    values = np.array([quantity * price for _code, quantity, price in given["items"]])
    assert values.sum() == pytest.approx(expected["total"], abs=1)
    assert "".join(classes.abc(values, cuts=given["cuts"])) == expected["class_cum_before_80_95"]
    inclusive = classes.abc(values, cuts=given["cuts"], rule=classes.ABC_INCLUSIVE)
    assert "".join(inclusive) == expected["class_cum_incl_80_95"]


def test_xyz_boundaries_and_divisor():
    """[1, 3]: sample deviation 1.414 and mean 2 give 0.707 (Y); the population deviation would give 0.5 (X)."""
    assert classes.coefficient_of_variation([[1, 3]])[0] == pytest.approx(0.70710678)
    assert classes.xyz([[1, 3]])[0] == "Y"
    exactly_half = [[2 - np.sqrt(0.5), 2 + np.sqrt(0.5)]]
    assert classes.coefficient_of_variation(exactly_half)[0] == pytest.approx(0.5)
    assert classes.xyz([[100, 100, 100], [0, 0, 9], [0, 0, 0]]).tolist() == ["X", "Z", "Z"]


def test_xyz_worked(worked):
    given, expected, tolerance = worked("W40")
    assert classes.coefficient_of_variation([given["y"]])[0] == pytest.approx(expected["cv_ddof1"], abs=tolerance)
    assert classes.xyz([given["y"]], cuts=given["cuts"])[0] == expected["cls"]


def test_adi_definitions_differ():
    periods = [[0, 0, 3, 0, 4, 0, 0, 0, 2, 0]]
    assert classes.average_demand_interval(periods)[0] == pytest.approx(10 / 3)
    assert classes.average_demand_interval(periods, classes.ADI_MEAN_INTERVAL)[0] == pytest.approx(3)
    assert np.isinf(classes.average_demand_interval([[0, 0]])[0])


def test_syntetos_boylan_worked(worked):
    given, expected, tolerance = worked("W24")
    periods = [given["y"]]
    assert classes.average_demand_interval(periods)[0] == pytest.approx(expected["adi_T_over_n"], abs=tolerance)
    mean = classes.average_demand_interval(periods, classes.ADI_MEAN_INTERVAL)[0]
    assert mean == pytest.approx(expected["adi_mean_interval"], abs=tolerance)
    assert classes.squared_variation_of_sizes(periods)[0] == pytest.approx(expected["cv2_ddof1"], abs=tolerance)
    assert classes.squared_variation_of_sizes(periods, 0)[0] == pytest.approx(expected["cv2_ddof0"], abs=tolerance)
    assert classes.syntetos_boylan(periods)[0] == expected["cls"]


def test_syntetos_boylan_quadrants_and_cuts():
    steady, jumpy = [5] * 12, [1, 30] * 6
    rare_steady, rare_jumpy = [5, 0, 0] * 4, [1, 0, 0, 30, 0, 0] * 2
    names = classes.syntetos_boylan([steady, jumpy, rare_steady, rare_jumpy, [7] + [0] * 11, [0] * 12])
    assert names.tolist() == ["smooth", "erratic", "intermittent", "lumpy", "few", "few"]
    # An interval of exactly 1.32 (33 of 25) is not below the cut.
    on_cut = [[1] * 25 + [0] * 8]
    assert classes.average_demand_interval(on_cut)[0] == 1.32
    assert classes.syntetos_boylan(on_cut)[0] == "intermittent"
