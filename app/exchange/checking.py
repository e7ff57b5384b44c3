"""Checks what rows say against the study that they go to."""

import json
from collections import OrderedDict
from dataclasses import replace

from app.domain.correction import Corrected, History
from app.domain.errors import InvalidArchitectureError
from app.domain.observation import Observation
from app.domain.study import Study
from app.exchange.rows import BadRow, Row
from app.spaces.space import SearchSpace

_REMEMBERED = 65_536  # architectures, about 200 bytes each


class Checker:
    """Checks rows one by one, and gives architectures their ids; each notation is parsed once."""

    def __init__(self, study: Study, space: SearchSpace) -> None:
        self._study = study
        self._space = space
        self._ids: OrderedDict[str, str] = OrderedDict()

    def check(self, row: Row) -> Row:
        """The row, ready to be stored, or what is wrong with it."""
        if isinstance(row, BadRow):
            return row
        try:
            return row._replace(history=self._checked(row.history))
        except (InvalidArchitectureError, _WrongError) as err:
            return BadRow(row.number, row.content, str(err))

    def _checked(self, history: History) -> History:
        observation = self._observation(history.observation)
        corrections: list[Corrected] = []
        earliest = observation.revision + 1
        for each in history.corrections:
            if each.revision < earliest:
                raise _WrongError(
                    f"a correction has revision {each.revision}: after what came before it, that is at least {earliest}"
                )
            earliest = each.revision
            corrections.append(replace(each, before=self._observation(each.before, past=True)))
        return History(observation, tuple(corrections))

    def _observation(self, observation: Observation, *, past: bool = False) -> Observation:
        # What was corrected since may have been a mere note, in a study that declared no fidelity.
        if error := self._study.wrong_observation(replace(observation, fidelity={}) if past else observation):
            raise _WrongError(error)
        computed = self._id(observation)
        if observation.architecture_id not in {"", computed}:
            raise _WrongError(
                f"architecture_id {observation.architecture_id[:80]!r} is not that of its architecture, {computed!r}: "
                "leave it out to have it computed"
            )
        return replace(observation, architecture_id=computed)

    def _id(self, observation: Observation) -> str:
        notation = observation.notation
        # The blank tells an object from a text that is the same as JSON.
        key = notation if isinstance(notation, str) else " " + json.dumps(notation)
        if key not in self._ids:
            self._ids[key] = self._space.parse(notation).id
            if len(self._ids) > _REMEMBERED:
                self._ids.popitem(last=False)
        return self._ids[key]


class _WrongError(Exception):
    """What is wrong with a row."""
