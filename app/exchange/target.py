"""The study that rows are imported into."""

import json
from dataclasses import dataclass, replace

from app.domain.errors import SpaceConflictError, StudyConflictError, UnknownStudyError
from app.domain.study import Study
from app.exchange.description import StudyDescription
from app.predictor.store import ObservationStore
from app.spaces.declared.reading import parse_declaration
from app.spaces.declared.space import declared_space
from app.spaces.registry import get_space, space_names
from app.spaces.space import SearchSpace


@dataclass(frozen=True, slots=True)
class Target:
    """A study, there or still to be declared.

    Args:
        declaration: of its search space, if that has to be declared as well.
        revision: of the study as it is now.
    """

    study: Study
    space: SearchSpace
    declaration: str | None
    revision: int

    def declare(self, store: ObservationStore) -> None:
        """Make the study, and its search space, where they are missing."""
        if self.declaration is not None:
            store.declare_space(self.space.name, self.declaration)
        if not self.revision:
            store.declare(self.study)


def find_target(
    store: ObservationStore, name: str, description: StudyDescription | None, metrics: tuple[str, ...] = ()
) -> Target:
    """The study of this name, as it is or as it is described; nothing is written.

    Args:
        metrics: that it has to record.

    Raises:
        UnknownStudyError: it is not there, and not described.
        StudyConflictError, SpaceConflictError: it is there and another one.
        UnknownMetricError: it does not record a metric.
        UnknownSpaceError: its search space is neither there nor described.
    """
    there = {record.study.name: record for record in store.studies()}.get(name)
    if there:
        study, revision = there.study, there.revision
        if description:
            _refuse_difference(study, description.study)
    elif description:
        study, revision = replace(description.study, name=name), 0
    else:
        raise UnknownStudyError(f"there is no study {name!r}, and the file does not describe it: declare it first")
    for metric in metrics:
        study.metric(metric)
    space, declaration = _space(store, study.space, description.declaration if description else None)
    return Target(study, space, declaration, revision)


def _refuse_difference(ours: Study, theirs: Study) -> None:
    if ours.space != theirs.space:
        raise StudyConflictError(
            f"study {ours.name!r} is of search space {ours.space!r}, and the file of {theirs.space!r}: "
            "import it into another study"
        )
    if set(ours.proxies) != set(theirs.proxies):
        raise StudyConflictError(
            f"study {ours.name!r} has the proxies {', '.join(ours.proxies) or 'none'}, and the file "
            f"{', '.join(theirs.proxies) or 'none'}: import it into another study"
        )
    if theirs.fidelity and dict(ours.fidelity) | dict(theirs.fidelity) != dict(ours.fidelity):
        raise StudyConflictError(
            f"a full training of study {ours.name!r} is {ours.full or 'not declared'}, and one of the file "
            f"{theirs.full}, so that what was trained for less would count for more: import it into another study"
        )
    for metric in theirs.metrics:
        if ours.metric(metric.name) != metric:
            raise StudyConflictError(
                f"study {ours.name!r} declares metric {metric.name!r} otherwise than the file: "
                "import it into another study"
            )


def _space(store: ObservationStore, name: str, described: str | None) -> tuple[SearchSpace, str | None]:
    """A search space, and its declaration where it is not there yet."""
    there = {record.name: record.declaration for record in store.spaces()}
    if name in there:
        if described not in {None, there[name]}:
            raise SpaceConflictError(
                f"search space {name!r} is declared otherwise than in the file: import it into another data directory"
            )
        return declared_space(name, parse_declaration(json.loads(there[name]))), None
    if described is None:
        return get_space(name), None
    if name in space_names():
        raise SpaceConflictError(f"search space {name!r} comes with this program, and the file declares another one")
    return declared_space(name, parse_declaration(json.loads(described))), described
