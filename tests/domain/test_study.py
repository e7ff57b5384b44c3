import re
from dataclasses import replace
from math import nan

import numpy as np
import pytest

from app.domain.errors import InvalidStudyError, UnknownMetricError
from app.domain.observation import Scalar
from app.domain.study import MAX_METRICS, Direction, Metric, Study

ACCURACY = Metric("val_accuracy", unit="%")
LATENCY = Metric("latency", Direction.MINIMIZE, unit="ms")


def test_a_study_gives_its_metrics_by_name() -> None:
    study = Study("cells", "nasbench201", (ACCURACY, LATENCY))

    assert study.metric("latency") is LATENCY


def test_an_unknown_metric_is_answered_with_the_known_ones() -> None:
    study = Study("cells", "nasbench201", (ACCURACY, LATENCY))

    with pytest.raises(UnknownMetricError, match=r"'cells' has no metric 'loss': it records val_accuracy, latency"):
        study.metric("loss")


def test_a_name_that_was_sent_is_not_echoed_in_full() -> None:
    with pytest.raises(UnknownMetricError) as caught:
        Study("cells", "nasbench201", (ACCURACY,)).metric("x" * 10_000)

    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("name", ["", "Cells", "my cells", "a/b", "cells\n", "é", ".", "..", "x" * 65])
def test_names_are_1_to_64_of_a_small_alphabet(name: str) -> None:
    with pytest.raises(InvalidStudyError, match=r"study name .* is not 1 to 64 characters of a-z 0-9"):
        Study(name, "nasbench201", (ACCURACY,))
    with pytest.raises(InvalidStudyError, match=r"metric name .* is not 1 to 64 characters of a-z 0-9"):
        Study("cells", "nasbench201", (Metric(name),))


def test_the_longest_name_is_64_characters() -> None:
    assert Study("x" * 64, "nasbench201", (ACCURACY,)).name == "x" * 64


def test_a_study_records_at_least_one_metric() -> None:
    with pytest.raises(InvalidStudyError, match="records 1 to 32 metrics, not 0"):
        Study("cells", "nasbench201", ())


def test_a_study_records_a_limited_number_of_metrics() -> None:
    metrics = tuple(Metric(f"m{i}") for i in range(MAX_METRICS + 1))

    assert len(Study("cells", "nasbench201", metrics[:-1]).metrics) == MAX_METRICS
    with pytest.raises(InvalidStudyError, match="records 1 to 32 metrics, not 33"):
        Study("cells", "nasbench201", metrics)


IN_EPOCHS = Study("cells", "nasbench201", (ACCURACY,), fidelity={"epochs": 200, "subset": 1.0})


@pytest.mark.parametrize(
    ("fidelity", "share"),
    [
        ({}, 1),
        ({"epochs": 200}, 1),
        ({"epochs": 50}, 0.25),
        ({"epochs": 50, "subset": 0.1}, 0.025),
        ({"epochs": 50.0, "resolution": "low"}, 0.25),
    ],
)
def test_a_training_is_a_share_of_a_full_one(fidelity: dict[str, Scalar], share: float) -> None:
    assert IN_EPOCHS.wrong_fidelity(fidelity) is None
    assert IN_EPOCHS.share(fidelity) == pytest.approx(share)


@pytest.mark.parametrize("value", [0, -1, 201, "12", True, None, nan, float("inf")])
def test_a_fidelity_is_a_number_up_to_the_full_one(value: Scalar) -> None:
    error = IN_EPOCHS.wrong_fidelity({"epochs": value})

    assert error is not None
    assert re.search(rf"'epochs' is {value!r}: it must be a number above 0 and at most 200, which study 'cells'", error)


def test_a_wrong_fidelity_is_told_with_every_digit_and_a_text_as_a_text() -> None:
    study = Study("cells", "nasbench201", (ACCURACY,), fidelity={"images": 1281167})

    assert str(study.wrong_fidelity({"images": 1281168})).startswith(
        "fidelity 'images' is 1281168: it must be a number above 0 and at most 1281167, "
    )
    assert str(study.wrong_fidelity({"images": "1281167"})).startswith("fidelity 'images' is '1281167': it must be a n")


def test_without_a_full_training_fidelity_is_a_mere_note() -> None:
    study = Study("cells", "nasbench201", (ACCURACY,))

    assert study.wrong_fidelity({"epochs": "many"}) is None
    assert study.share({"epochs": 12}) == 1


@pytest.mark.parametrize(
    ("fidelity", "error"),
    [
        ({"epochs": 0}, "'epochs' of a full training is 0: it must be above 0"),
        ({"epochs": -5}, "is -5: it must be above 0"),
        ({"epochs": nan}, "is nan: it must be above 0"),
        ({"Epochs": 5}, "fidelity name 'Epochs' is not 1 to 64 characters"),
        ({f"f{i}": 1 for i in range(5)}, "fidelity has at most 4 numbers, not 5"),
    ],
)
def test_a_full_training_is_said_in_numbers_above_zero(fidelity: dict[str, float], error: str) -> None:
    with pytest.raises(InvalidStudyError, match=error):
        Study("cells", "nasbench201", (ACCURACY,), fidelity=fidelity)


def test_metrics_of_a_study_have_different_names() -> None:
    with pytest.raises(InvalidStudyError, match="metric names must differ: latency, latency"):
        Study("cells", "nasbench201", (LATENCY, Metric("latency")))


PROXIED = Study("cells", "nasbench201", (Metric("val_accuracy"),), ("synflow", "params"))


def test_proxies_of_a_study_have_different_names() -> None:
    with pytest.raises(InvalidStudyError, match="proxy names must differ: params, params"):
        replace(PROXIED, proxies=("params", "params"))


def test_a_study_has_a_limited_number_of_proxies() -> None:
    with pytest.raises(InvalidStudyError, match="at most 16 proxies, not 17"):
        replace(PROXIED, proxies=tuple(f"p{i}" for i in range(17)))


def test_a_proxy_is_named_like_a_metric() -> None:
    with pytest.raises(InvalidStudyError, match="proxy name 'Params'"):
        replace(PROXIED, proxies=("Params",))


def test_proxies_come_in_the_order_of_the_study() -> None:
    assert PROXIED.proxy_values({"params": 1.5, "synflow": 70.0}) == (70.0, 1.5)


@pytest.mark.parametrize(
    ("proxies", "complaint"),
    [
        ({}, "proxies are missing: synflow, params"),
        ({"synflow": 70.0, "params": 1.5, "flops": 1.0}, "no proxy 'flops': its proxies are synflow, params"),
        ({"synflow": 1e101, "params": 1.5}, r"proxy 'synflow' is 1e\+101"),
        ({"synflow": nan, "params": 1.5}, "proxy 'synflow' is nan"),
    ],
)
def test_what_is_wrong_with_proxies_is_told(proxies: dict[str, float], complaint: str) -> None:
    assert re.search(complaint, PROXIED.wrong_proxies(proxies, all_known=True) or "")


def test_a_study_without_proxies_says_so() -> None:
    told = replace(PROXIED, proxies=()).wrong_proxies({"params": 1.5}, all_known=True)

    assert told == (
        "study 'cells' has no proxy 'params': it was declared without any, so leave them out or declare another study"
    )


def test_a_failed_training_need_not_know_its_proxies() -> None:
    assert PROXIED.wrong_proxies({"params": 1.5}, all_known=False) is None
    assert np.isnan(PROXIED.proxy_values({"params": 1.5})).tolist() == [True, False]
