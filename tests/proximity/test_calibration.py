import numpy as np
import pytest

from app.proximity.calibration import WINDOW, Calibration


def calibrated(deviations: "np.ndarray") -> float:
    calibration = Calibration()
    for deviation in deviations:
        calibration.add(float(deviation))
    return calibration.factor


def test_nothing_is_changed_before_anything_came() -> None:
    assert Calibration().factor == 1


def test_error_bars_that_are_right_stay_nearly_as_they_are() -> None:
    factors = [calibrated(np.random.default_rng(seed).normal(size=WINDOW)) for seed in range(50)]

    assert np.mean(factors) == pytest.approx(1, abs=0.03)
    assert np.std(factors) < 0.1


@pytest.mark.parametrize("scale", [0.5, 2.0])
def test_error_bars_that_are_off_are_set_right(scale: float) -> None:
    factors = [calibrated(scale * np.random.default_rng(seed).normal(size=WINDOW)) for seed in range(50)]

    assert np.mean(factors) == pytest.approx(scale, rel=0.15)


def test_a_few_outcomes_change_little() -> None:
    assert 1 < calibrated(np.full(3, 5.0)) < 1.2


def test_the_side_does_not_matter_and_old_outcomes_are_forgotten() -> None:
    rng = np.random.default_rng(0)
    recent = rng.normal(size=WINDOW)

    assert calibrated(np.concatenate([np.full(500, 9.0), recent])) == calibrated(-recent)


def test_outcomes_without_any_error_do_not_end_all_doubt() -> None:
    assert calibrated(np.zeros(WINDOW)) > 0.1
