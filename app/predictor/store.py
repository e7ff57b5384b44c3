"""What the use cases need of a store, as a protocol with its promises, and what it gives."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, Protocol

from app.domain.correction import Corrected, Correction, History
from app.domain.errors import EmproxError
from app.domain.observation import Observation, Status
from app.domain.prediction import Expectation
from app.domain.study import Metric, Study
from app.domain.suggestion import Suggestion
from app.predictor.ports import EncoderTarget


@dataclass(frozen=True, slots=True)
class StudyRecord:
    """A study as it is stored.

    Args:
        revision: number of the study's last committed change, 0 when it is new.
        n_observations: how many observations it holds, failed trainings included, retracted ones left out.
        n_retracted: how many were retracted.
        corrected: revision of the last correction of an observation, 0 where there was none.
        encoder: version within its space that serves the study; None for the newest.
        target: what it is being switched to, None where nothing is under way.
        restored: how often observations were put among those that were there, at revisions of before.
    """

    study: Study
    revision: int
    n_observations: int
    created_at: datetime
    n_retracted: int = 0
    corrected: int = 0
    encoder: str | None = None
    target: EncoderTarget | None = None
    restored: int = field(default=0, compare=False)  # of this store, and not of the study


class StudyIdentity(NamedTuple):
    """What a study was when observations were checked against it.

    Args:
        declaration: of its space; None for one that comes with the program.
    """

    created_at: datetime
    declaration: str | None


@dataclass(frozen=True, slots=True)
class StudyVersion:
    """What of a study tells whether something else is stored by now; see `StudyRecord`."""

    study: Study
    created_at: datetime
    revision: int
    corrected: int
    encoder: str | None = None
    target: EncoderTarget | None = None
    restored: int = 0


@dataclass(frozen=True, slots=True)
class SpaceRecord:
    """A search space as it was declared.

    Args:
        declaration: in the normal form, in which equal declarations are equal texts.
    """

    name: str
    declaration: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Appended:
    """What became of a batch of observations.

    Args:
        revision: of the study, with the batch in it.
        created: for each observation, whether it is new; false for one that was stored before.
        expected: for each, what was predicted before it was first stored, by metric.
    """

    revision: int
    created: tuple[bool, ...]
    expected: tuple[Mapping[str, Expectation], ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class ObservationFilter:
    """Which observations; those that fit all that is given.

    Args:
        status: "completed" or "failed".
        retracted: only those that are, or are not; None for both.
        as_of: those of a revision, as they were then.
    """

    architecture_id: str | None = None
    worker: str | None = None
    status: Status | None = None
    retracted: bool | None = False
    as_of: int | None = None

    def takes(self, observation: Observation) -> bool:
        """Whether an observation fits."""
        return (
            self.architecture_id in {None, observation.architecture_id}
            and self.worker in {None, observation.worker}
            and self.status in {None, observation.status}
            and self.retracted in {None, observation.retracted}
        )


@dataclass(frozen=True, slots=True)
class Page:
    """Some observations, newest first.

    Args:
        cursor: where the next page begins; None on the last one.
    """

    observations: list[Observation]
    cursor: int | None


class Outcome(NamedTuple):
    """What had been expected of a measurement, and what came; bounds are None where nothing was known of the spread.

    Args:
        share: of a full training, by the fidelity that it has by now.
    """

    revision: int
    value: float
    score: float
    lower: float | None
    upper: float | None
    nearest: float
    known: int
    share: float = 1.0


class Training(NamedTuple):
    """What pictures tell of an observation.

    Args:
        share: of a full training.
        values: what was measured, by metric.
    """

    revision: int
    observed_at: datetime
    architecture_id: str
    worker: str | None
    status: Status
    share: float
    values: Mapping[str, float]


class ObservationStore(Protocol):
    """The truth: declared search spaces, studies and their observations.

    Every method may be called from any thread. A method that writes returns after its change is durable, or raises
    and leaves everything as it was. Reads see every change whose write has returned.
    """

    def declare_space(self, name: str, declaration: str) -> bool:
        """Store a search space; true if it is new or changed, false if it was there with the same declaration.

        Args:
            declaration: in the normal form.

        Raises:
            SpaceConflictError: it is there with another declaration, and a study of it has an observation.
        """

    def spaces(self) -> list[SpaceRecord]:
        """All declared search spaces, by name."""

    def declare(self, study: Study) -> bool:
        """Store a study; true if it is new, false if it was there with the same declaration.

        Raises:
            StudyConflictError: the name is taken by another declaration; the message says what differs.
        """

    def add_metric(self, study: str, metric: Metric) -> bool:
        """Let a study record another metric; true if it is new, false if it was there with the same declaration.

        Raises:
            UnknownStudyError: there is no such study.
            StudyConflictError: the name is taken by another declaration.
            InvalidStudyError: the name or the value of a failure breaks a rule, or there are too many.
        """

    def set_target(self, study: str, target: EncoderTarget | None) -> None:
        """Note what encoder a study is being switched to, so that it goes on after a restart.

        Raises:
            UnknownStudyError: there is no such study.
        """

    def set_encoder(self, study: str, encoder: str | None) -> None:
        """Let a study have this version of the encoder, None for the newest; nothing is under way any more.

        Raises:
            UnknownStudyError: there is no such study.
        """

    def delete(self, study: str) -> None:
        """Remove a study with all its observations and its audit log.

        Raises:
            UnknownStudyError: there is no such study.
        """

    def studies(self) -> list[StudyRecord]:
        """All studies, by name."""

    def study(self, name: str) -> StudyRecord:
        """One study.

        Raises:
            UnknownStudyError: there is none of this name.
        """

    def versions(self) -> list[StudyVersion]:
        """All studies by name, without the counts that take time where they are large."""

    def version(self, name: str) -> StudyVersion:
        """One study, without the counts that take time where it is large.

        Raises:
            UnknownStudyError: there is none of this name.
        """

    def append(self, study: str, observations: Sequence[Observation]) -> Appended:
        """Store a batch as one change of the study: all of it or nothing.

        An observation whose id is stored with the same content (`Observation.same_content`) is skipped, so that a
        retry is harmless; the same id twice within the batch is treated in the same way. A batch that brings nothing
        new does not change the revision.

        Raises:
            UnknownStudyError: there is no such study.
            ObservationConflictError: an id is taken by another content.
            UnknownMetricError: an observation has a metric that the study does not record.
        """

    def append_each(
        self, batches: Sequence[tuple[str, Sequence[Observation]]], checked: Sequence[StudyIdentity] | None = None
    ) -> list[Appended | EmproxError]:
        """Store batches, each with its study, as `append` would one after the other, but durable together.

        Where `append` would raise, that batch has the error in its place, and the others are stored.

        Args:
            checked: what the study of each batch was when it was checked; where it is another one by now, as after
                another server declared it anew, a NotReadyError is in the place of that batch.

        Raises:
            StoreError: they could not be written; none of them was.
        """

    def correct(self, study: str, corrections: Sequence[Correction]) -> Appended:
        """Amend, retract and restore observations as one change of the study: all of it or nothing.

        What each was goes into the audit log. A correction that changes nothing, as on a retry, is `created` false; a
        batch of such does not change the revision.

        Raises:
            UnknownStudyError: there is no such study.
            ObservationNotFoundError: some of the observations are not there.
            InvalidCorrectionsError: an observation would break a rule, or is retracted and cannot be amended.
        """

    def corrections(self, study: str, observation_id: str | None = None) -> Iterator[Corrected]:
        """The audit log of a study, or of one of its observations, oldest entry first.

        Raises:
            UnknownStudyError: there is no such study.
        """

    def observations(
        self, study: str, after: int = 0, as_of: int | None = None, *, retracted: bool = False
    ) -> Iterator[Observation]:
        """The observations of a study that came after a revision of it, in the order in which they were stored.

        Args:
            as_of: as they were at this revision; default as they are.
            retracted: whether those that are retracted are among them.

        Raises:
            UnknownStudyError: there is no such study.
        """

    def histories(self, study: str, as_of: int | None = None, after: int = 0) -> Iterator[History]:
        """Every observation of a study with its corrections, in the order in which they were stored.

        Args:
            as_of: as they were at this revision; default as they are.
            after: those that came after a revision.

        Raises:
            UnknownStudyError: there is no such study.
        """

    def restore(self, study: str, histories: Sequence[History], after: int) -> Appended:
        """Store observations with their corrections, as another study had them: all of them or nothing.

        Their revisions are counted on from `after`, so that a study that was empty has the revisions of the other one.
        An observation that is stored already is `created` false, unless corrections came since; these are added then.
        No id may come twice.

        Args:
            after: revision of the study before the first of its restored observations.

        Raises:
            UnknownStudyError: there is no such study.
            ObservationConflictError: an id is taken by another content, or was corrected otherwise.
        """

    def observation(self, study: str, observation_id: str) -> Observation:
        """One observation as it is now, retracted or not.

        Raises:
            UnknownStudyError, ObservationNotFoundError: there is no such thing.
        """

    def last_observation(self, study: str, until: int) -> str:
        """The id of the last observation up to a revision, those that are retracted left out; empty without any.

        Raises:
            UnknownStudyError: there is no such study.
        """

    def page(self, study: str, wanted: ObservationFilter, cursor: int | None, limit: int) -> Page:
        """Observations of a study, newest first.

        Args:
            cursor: of the page before; None for the first.

        Raises:
            UnknownStudyError: there is no such study.
        """

    def suggestions(self, study: str) -> list[Suggestion]:
        """The suggestions that are kept for a study, oldest first.

        Raises:
            UnknownStudyError: there is no such study.
        """

    def suggest(
        self,
        study: str,
        suggestions: Sequence[Suggestion],
        settled: Sequence[str],
        known: Collection[str] | None = None,
    ) -> bool:
        """Keep suggestions, in the place of those that have their ids, and no longer those that are settled.

        Args:
            known: ids of the suggestions that these were chosen in the light of; default all.

        Returns:
            False, and nothing is changed, where the architecture of a new one is suggested already, to whomever, or was
            trained and is no promotion; or where its worker has another suggestion that was not known.

        Raises:
            UnknownStudyError: there is no such study.
        """

    def outcomes(self, study: str, after: int, until: int) -> Iterator[tuple[str, Outcome]]:
        """Metric and outcome of each measurement that was expected, in the order of storage.

        Those of retracted observations and of failed trainings are left out.

        Args:
            after, until: of the observations that came after a revision, up to another one.

        Raises:
            UnknownStudyError: there is no such study.
        """

    def trainings(self, study: str, after: int, until: int) -> Iterator[Training]:
        """The observations of a study in the order of storage, those that were retracted left out.

        Args:
            after, until: those that came after a revision, up to another one.

        Raises:
            UnknownStudyError: there is no such study.
        """

    def check_writable(self) -> None:
        """Write nothing that matters, and see that it works.

        Raises:
            StoreError: it does not.
        """

    def close(self) -> None:
        """Release the database; the store is not used afterwards."""
