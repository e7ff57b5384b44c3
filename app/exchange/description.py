"""The study that a file's observations belong to, as the file describes it."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from app.domain.errors import InvalidSpaceError
from app.domain.study import Direction, Metric, Study
from app.exchange.errors import ExchangeError
from app.exchange.schemas import StudyRecord
from app.predictor.store import SpaceRecord
from app.spaces.declared.reading import parse_declaration


@dataclass(frozen=True, slots=True)
class StudyDescription:
    """A study, and what is needed to declare it elsewhere.

    Args:
        revision: at which it was exported.
        declaration: of its search space, in the normal form; None for a space that comes with the program.
    """

    study: Study
    revision: int = 0
    declaration: str | None = None

    @classmethod
    def of(cls, study: Study, revision: int, spaces: Iterable[SpaceRecord]) -> "StudyDescription":
        """The description of a study.

        Args:
            spaces: all that were declared.
        """
        declared = {space.name: space.declaration for space in spaces}
        return cls(study, revision, declared.get(study.space))

    @classmethod
    def read(cls, value: object) -> "StudyDescription":
        """The description that a JSON object is.

        Raises:
            ExchangeError: it is none.
            InvalidStudyError, InvalidSpaceError: it breaks a rule of these.
        """
        try:
            record = StudyRecord.model_validate(value)
        except ValidationError as err:
            raise ExchangeError(f"its description of the study is wrong: {first_error(err)}") from err
        metrics = tuple(Metric(m.name, Direction(m.direction), m.unit, m.failure_value) for m in record.metrics)
        study = Study(record.name, record.space, metrics, tuple(record.proxies), record.fidelity)
        return cls(study, record.revision, _normal_form(record.declaration))

    def plain(self) -> dict[str, Any]:
        """As a JSON object."""
        return {
            "name": self.study.name,
            "space": self.study.space,
            "metrics": [
                {
                    "name": metric.name,
                    "direction": metric.direction.value,
                    "unit": metric.unit,
                    "failure_value": metric.failure_value,
                }
                for metric in self.study.metrics
            ],
            "proxies": list(self.study.proxies),
            "fidelity": dict(self.study.fidelity),
            "revision": self.revision,
            "declaration": None if self.declaration is None else json.loads(self.declaration),
        }


def first_error(err: ValidationError) -> str:
    """The first thing that is wrong, in one line: where, what, and the value if it is short."""
    found = err.errors(include_url=False)[0]
    where = ".".join(str(part) for part in found["loc"])
    value = found.get("input")
    shown = f" (it is {value!r:.80})" if isinstance(value, str | int | float) else ""
    return f"{where}: {found['msg']}{shown}" if where else f"{found['msg']}{shown}"


def _normal_form(declaration: dict[str, Any] | None) -> str | None:
    if declaration is None:
        return None
    try:
        return parse_declaration(declaration).to_json()
    except InvalidSpaceError as err:
        raise ExchangeError(f"its declaration of the search space is wrong: {err}") from err
