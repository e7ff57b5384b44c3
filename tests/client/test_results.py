"""Answers print as tables and convert to flat records."""

import subprocess
import sys

import pytest
from emprox_client import StudyHandle

from .cells import WRONG, cells, trained


def test_predictions_print_as_a_table(study: StudyHandle) -> None:
    study.observe_all(trained(10))

    lines = repr(study.predict([*cells(24, seed=1), WRONG])).splitlines()

    assert lines[0].startswith(f"25 predictions, 1 of them wrong, study '{study.name}' at revision 1 (nasbench201/")
    assert lines[1].split() == ["val_accuracy", "novelty", "candidate", "error"]
    assert cells(1, seed=1)[0][:40] in lines[2]
    assert " ± " in lines[2]
    assert lines[-1] == "... and 5 more"


def test_a_wrong_candidate_prints_with_what_is_wrong(study: StudyHandle) -> None:
    study.observe_all(trained(10))

    assert "operation 'conv_5x5' of edge 0->1 is not one of" in repr(study.predict([WRONG]))


def test_records_are_flat(study: StudyHandle) -> None:
    study.observe_all(trained(10))

    good, bad = study.predict([cells(1, seed=1)[0], WRONG]).records()

    assert {"candidate", "novelty", "val_accuracy", "val_accuracy_std", "val_accuracy_lower"} <= good.keys()
    assert bad.keys() == {"candidate", "error"}


def test_each_answer_converts_to_a_data_frame(study: StudyHandle) -> None:
    pytest.importorskip("pandas")
    stored = study.observe_all(trained(10)).to_pandas()
    predictions = study.predict(cells(3, seed=1)).to_pandas()
    suggestions = study.suggest(2, generate=50).to_pandas()
    observations = study.observations().to_pandas()

    assert list(stored["created"]) == [True] * 10
    assert list(predictions["candidate"]) == cells(3, seed=1)
    assert predictions["val_accuracy"].dtype == float
    assert (suggestions["val_accuracy_std"] > 0).all()
    assert len(observations) == 10
    assert observations["val_accuracy"].mean() == pytest.approx(
        sum(each["metrics"]["val_accuracy"] for each in trained(10)) / 10
    )


def test_without_pandas_it_is_said_how_to_get_it() -> None:
    code = (
        "import sys; sys.modules['pandas'] = None\n"
        "from emprox_client import StoredObservations\n"
        "try: StoredObservations('default', 1, []).to_pandas()\n"
        "except ImportError as err: print(err)"
    )

    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603

    assert told.stdout.startswith("to_pandas needs pandas: pip install pandas")


def test_suggestions_observations_and_what_was_stored_print_as_tables(study: StudyHandle) -> None:
    stored = study.observe_all(trained(3))

    assert repr(stored).startswith(f"3 observations, study '{study.name}' at revision 1\n")
    assert str(stored[0]) == f"{stored[0].observation_id}: stored"
    assert repr(study.suggest(1, generate=50)).splitlines()[1].split()[:2] == ["val_accuracy", "novelty"]
    assert repr(study.observations(limit=2)).startswith(f"2 observations, and older ones, study '{study.name}'\n")
