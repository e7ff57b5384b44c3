"""Whatever happens to a study, it holds what a dictionary would hold, and says what exact kriging says."""

import json
import shutil
import tempfile
from pathlib import Path
from uuid import UUID

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from app.domain.correction import Action
from app.domain.errors import NoObservationsError, ObservationConflictError
from app.domain.prediction import Prediction
from app.domain.study import Metric, Study
from app.encoder.checkpoint import MANIFEST, load_checkpoint
from app.predictor.ports import EncoderTarget
from app.predictor.requests import NewCorrection, NewObservation, SuggestionQuery
from app.predictor.switch import Stage
from app.proximity.scales import ColumnGroups, Scales
from app.proximity.value_transform import ValueTransform
from app.settings import MODELS_DIR

from .cells import CANDIDATES, CELLS, SPACE
from .running import Running

MOST = 20  # before the scales are fitted, which takes its time
STUDY = Study("cells", "nasbench201", (Metric("val_accuracy", unit="%"),))

values = st.integers(600, 950).map(lambda tenths: tenths / 10)
cells = st.sampled_from(CELLS[:12])


class LifeOfAStudy(RuleBasedStateMachine):
    """A real service and store, and a dictionary: cell, value and whether it counts, by the id of an observation."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.known: dict[str, tuple[str, float, bool]] = {}
        self.sent: dict[str, tuple[str, float]] = {}  # at first, whatever became of it

    @initialize()
    def begin(self) -> None:
        for version in ("1", "2"):
            shutil.copytree(MODELS_DIR / "nasbench201" / "1", self.folder / "models" / "nasbench201" / version)
        manifest = self.folder / "models" / "nasbench201" / "1" / MANIFEST
        manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"serves": "structural"}))
        self._start()

    def teardown(self) -> None:
        self.running.predictor.close()
        shutil.rmtree(self.folder)

    @precondition(lambda self: len(self.known) < MOST)
    @rule(batch=st.lists(st.tuples(cells, values), min_size=1, max_size=3))
    def observe(self, batch: list[tuple[str, float]]) -> None:
        sent = []
        for cell, value in batch:
            sent.append(self._observation(str(UUID(int=len(self.sent) + 1)), cell, value))

        answer = self.running.observe(*sent)

        assert [each.created for each in answer.stored] == [True] * len(sent)
        self.known |= {each.observation_id: (*pair, True) for each, pair in zip(answer.stored, batch, strict=True)}

    @precondition(lambda self: self.known)
    @rule(data=st.data())
    def repeat(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(sorted(self.sent)))

        answer = self.running.observe(self._observation(key, *self.sent[key]))

        assert [each.created for each in answer.stored] == [False]

    @precondition(lambda self: self.known)
    @rule(data=st.data())
    def conflict(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(sorted(self.sent)))
        cell, value = self.sent[key]

        with pytest.raises(ObservationConflictError):
            self.running.observe(self._observation(key, cell, value + 1))

    @precondition(lambda self: self._counting())
    @rule(data=st.data(), value=values)
    def amend(self, data: st.DataObject, value: float) -> None:
        key = data.draw(st.sampled_from(self._counting()))

        self.running.correct(NewCorrection(key, Action.AMEND, changes={"metrics": {"val_accuracy": value}}))

        self.known[key] = (self.known[key][0], value, True)

    @precondition(lambda self: self._counting())
    @rule(data=st.data())
    def retract(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(self._counting()))

        self.running.correct(NewCorrection(key, Action.RETRACT))

        self.known[key] = (*self.known[key][:2], False)

    @precondition(lambda self: len(self._counting()) < len(self.known))
    @rule(data=st.data())
    def restore(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(sorted(set(self.known) - set(self._counting()))))

        self.running.correct(NewCorrection(key, Action.RESTORE))

        self.known[key] = (*self.known[key][:2], True)

    @rule(seed=st.integers(0, 99))
    def suggest(self, seed: int) -> None:
        query = SuggestionQuery("cells", n=2, n_generated=50, seed=seed)
        answer = self.running.run(self.running.predictor.suggestions.suggest(query))

        suggested = {each.suggestion.architecture_id for each in answer.suggested}
        trained = {SPACE.parse(cell).id for cell, _, counts in self.known.values() if counts}
        assert len(suggested) == 2
        assert not suggested & trained
        for each in answer.suggested:
            self.running.run(self.running.predictor.suggestions.give_back("cells", each.suggestion.suggestion_id))

    @rule()
    def restart(self) -> None:
        self.running.predictor.close()
        self._start()

    @rule()
    def rebuild(self) -> None:
        self.running.predictor.close()
        shutil.rmtree(self.folder / "data" / "cache", ignore_errors=True)
        self._start()

    @rule(version=st.sampled_from(["1", "2"]))
    def switch_the_encoder(self, version: str) -> None:
        encoders = self.running.predictor.encoders
        self.running.run(encoders.switch("cells", EncoderTarget(version, only_if_better=False)))
        while not (found := self.running.run(encoders.serving("cells"))).switch or not found.switch.stage.over:
            pass
        assert found.switch.stage is Stage.DONE
        assert found.version == f"nasbench201/{version}"

    @invariant()
    def it_holds_what_the_dictionary_holds(self) -> None:
        if not hasattr(self, "running"):
            return
        stored = {each.observation_id: each for each in self.running.store.observations("cells")}
        counting = {key: self.known[key] for key in self._counting()}
        assert {key: each.metrics["val_accuracy"] for key, each in stored.items()} == {
            key: value for key, (_, value, _) in counting.items()
        }

    @invariant()
    def it_says_what_exact_kriging_says(self) -> None:
        if not hasattr(self, "running"):
            return
        if not self._counting():
            with pytest.raises(NoObservationsError):
                self.running.predict(*CANDIDATES[:3])
            return
        found = self.running.predict(*CANDIDATES[:3], CELLS[0])
        scores = []
        for each in found.predictions:
            assert isinstance(each, Prediction)
            scores.append(each.metrics["val_accuracy"].score)
        np.testing.assert_allclose(scores, self._kriging([*CANDIDATES[:3], CELLS[0]], found.encoder), atol=1e-4)

    def _kriging(self, candidates: list[str], version: str) -> np.ndarray:
        """Scores by the formulas of Rasmussen & Williams (section 2.2), of all that counts at once."""
        checkpoint = load_checkpoint(self.folder / "models", SPACE, version.partition("/")[2])
        encoder = checkpoint.serving()
        measured: dict[str, list[float]] = {}
        for cell, value, counts in self.known.values():
            if counts:
                measured.setdefault(cell, []).append(value)
        groups = ColumnGroups.of(encoder.group_of_column, encoder.block_of_column)
        scales = Scales.prior(groups)
        x, y = (
            scales.points(encoder.embed([SPACE.parse(cell) for cell in of]), groups) for of in (measured, candidates)
        )
        transform = ValueTransform.fit(np.array([np.mean(each) for each in measured.values()]))
        repeats = np.array([len(each) for each in measured.values()])

        def kernel(a: np.ndarray, b: np.ndarray) -> np.ndarray:
            root = np.sqrt(3 * ((a[:, None] - b[None]) ** 2).sum(axis=2))
            return np.asarray((1 + root) * np.exp(-root))

        covariance = kernel(x, x) + np.exp(scales.log_noise) * np.diag(1 / repeats)
        return transform.to_values(kernel(y, x) @ np.linalg.solve(covariance, transform.scores))

    def _observation(self, key: str, cell: str, value: float) -> NewObservation:
        self.sent.setdefault(key, (cell, value))
        return NewObservation(cell, {"val_accuracy": value}, key)

    def _counting(self) -> list[str]:
        return sorted(key for key, (_, _, counts) in self.known.items() if counts)

    def _start(self) -> None:
        encoder = load_checkpoint(self.folder / "models", SPACE, "2").serving()
        self.running = Running(self.folder / "data", encoder, models=self.folder / "models", study=STUDY)


TestLifeOfAStudy = LifeOfAStudy.TestCase
TestLifeOfAStudy.settings = settings(
    max_examples=8, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)
