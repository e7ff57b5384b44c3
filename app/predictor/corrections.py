"""Corrections of what was observed, effective on the next prediction."""

from collections.abc import Sequence
from concurrent.futures import Future

from app.domain.correction import Correction
from app.predictor.lane import Lanes, finished
from app.predictor.requests import NewCorrection
from app.predictor.rereading import Rereading
from app.predictor.store import Appended, ObservationStore
from app.predictor.studies import Studies
from app.predictor.write_health import WriteHealth


class Corrections:
    """Amends, retracts and restores observations.

    A study that was corrected is read from the store again, beside the answers: what it says then is what it would say
    after a restart.
    """

    def __init__(
        self,
        store: ObservationStore,
        studies: Studies,
        lanes: Lanes,
        rereading: Rereading,
        health: WriteHealth,
    ) -> None:
        self._store = store
        self._studies = studies
        self._lanes = lanes
        self._rereading = rereading
        self._health = health

    async def correct(self, name: str, corrections: Sequence[NewCorrection]) -> Appended:
        """Correct observations as one change of their study; returns when it is durable and effective.

        Raises:
            UnknownStudyError: there is no such study.
            ObservationNotFoundError: some of the observations are not there; nothing was changed.
            InvalidCorrectionsError: some are wrong; nothing was changed.
            OverloadedError: too much waits; nothing was changed.
            StoreError: they could not be written; nothing was changed.
        """
        prepared = await self._lanes.numbers.run(self._studies.prepare_corrections, name, corrections)
        corrected, reread = await self._lanes.writes.run(self._commit, name, prepared)
        if reread:
            await finished(reread)
        return corrected

    def _commit(self, name: str, corrections: Sequence[Correction]) -> tuple[Appended, "Future[None] | None"]:
        with self._health.watched():
            corrected = self._store.correct(name, corrections)
        if not any(corrected.created):
            return corrected, None
        # Before anything else is stored, so that no answer is taken for one that knows of the corrections.
        self._lanes.numbers.submit(self._studies.hold_revision, name)
        return corrected, self._rereading.reread(name)
