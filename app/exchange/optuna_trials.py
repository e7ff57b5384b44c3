"""The finished trials of an Optuna study as rows."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, uuid5

from app.domain.study import Direction, Study
from app.exchange.errors import ExchangeError
from app.exchange.optuna_database import refuse_other_database
from app.exchange.records import written_time
from app.exchange.rows import Row, row_of
from app.exchange.target import Target

if TYPE_CHECKING:
    import optuna

_EXTRA = "pip install 'emprox-server[optuna]'"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Trials:
    """Trials that were opened; see `Export` for the fields."""

    rows: Iterator[Row]
    share: Callable[[], float]


def open_trials(
    storage: str, name: str | None, target: Target, architecture: str | None, metrics: Sequence[str]
) -> Trials:
    """The completed and failed trials of an Optuna study; a trial that failed before it drew anything is left out.

    Args:
        storage: as Optuna names it, such as `sqlite:///trials.db`.
        name: of the Optuna study; None where the storage holds one.
        architecture: parameter or user attribute that holds the notation; None where the parameters are the choices.
        metrics: `METRIC=INDEX` of each objective; none for the metrics of the study in their order.

    Raises:
        ExchangeError: Optuna is not installed, the storage has no such study, or its trials do not fit the study.
    """
    if architecture is None and not target.space.vocabulary.choices:
        raise ExchangeError(
            f"search space {target.space.name!r} is no space of choices: name the parameter or user attribute that "
            "holds the architecture with --architecture"
        )
    study = _study(storage, name)
    objectives = _objectives(target.study, study.directions, metrics)
    finished = [trial for trial in study.get_trials(deepcopy=False) if trial.state.name in {"COMPLETE", "FAIL"}]
    read = 0

    def rows() -> Iterator[Row]:
        nonlocal read
        for trial in finished:
            read += 1
            if trial.params or trial.state.name == "COMPLETE":
                plain = _plain(trial, study.study_name, target.study.name, architecture, objectives)
                yield row_of(trial.number, plain, plain)

    return Trials(rows(), lambda: read / len(finished) if finished else 1.0)


def _study(storage: str, name: str | None) -> "optuna.Study":
    try:
        import optuna  # noqa: PLC0415  # an extra
    except ImportError as err:
        raise ExchangeError(f"Optuna is not installed here: {_EXTRA}") from err
    refuse_other_database(storage)
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        names = sorted(optuna.get_all_study_names(storage))
        if name is None and len(names) == 1:
            name = names[0]
        if name not in names:
            there = ", ".join(names[:20]) or "none"
            wrong = "name one with --optuna-study" if name is None else f"{name!r} is none of them"
            raise ExchangeError(f"the Optuna storage has the studies {there}: {wrong}")
        return optuna.load_study(study_name=name, storage=storage)
    except ExchangeError:
        raise
    except Exception as err:  # a storage fails as its database does
        reason = " ".join(str(err).split())[:200]
        raise ExchangeError(f"the Optuna storage cannot be read: {type(err).__name__}: {reason}") from err


def _objectives(
    study: Study, directions: "Sequence[optuna.study.StudyDirection]", metrics: Sequence[str]
) -> dict[str, int]:
    """Index of the objective of each metric."""
    if metrics:
        objectives = dict(_objective(option) for option in metrics)
    else:
        objectives = {metric.name: i for i, metric in enumerate(study.metrics[: len(directions)])}
        if len(directions) > len(study.metrics):
            raise ExchangeError(
                f"the Optuna study has {len(directions)} objectives, and study {study.name!r} records "
                f"{len(study.metrics)} metrics: say which is which with --metric METRIC=INDEX"
            )
    for name, index in objectives.items():
        wanted = study.metric(name).direction
        if not 0 <= index < len(directions):
            raise ExchangeError(f"the Optuna study has {len(directions)} objectives, counted from 0, and none {index}")
        if (directions[index].name == "MAXIMIZE") != (wanted is Direction.MAXIMIZE):
            raise ExchangeError(
                f"objective {index} is to {directions[index].name.lower()}, and metric {name!r} to {wanted}: "
                "declare a metric of that direction, and name it with --metric METRIC=INDEX"
            )
    return objectives


def _objective(option: str) -> tuple[str, int]:
    name, _, index = option.partition("=")
    if not index.isdecimal():
        raise ExchangeError(f"--metric {option[:80]!r} is not METRIC=INDEX, such as val_accuracy=0")
    return name, int(index)


def _plain(
    trial: "optuna.trial.FrozenTrial",
    optuna_study: str,
    study: str,
    architecture: str | None,
    objectives: Mapping[str, int],
) -> dict[str, Any]:
    """A record; its id is the same whenever the trial is imported."""
    values = trial.values or [] if trial.state.name == "COMPLETE" else []
    started, ended = _utc(trial.datetime_start), _utc(trial.datetime_complete or trial.datetime_start)
    metadata: dict[str, Any] = {"optuna_study": optuna_study, "optuna_trial": trial.number, "state": trial.state.name}
    if trial.duration is not None:
        metadata["duration_seconds"] = trial.duration.total_seconds()
    key = f"emprox-optuna/{study}/{optuna_study}/{trial.number}/{written_time(started)}"
    record = {
        "observation_id": str(uuid5(NAMESPACE_URL, key)),
        "status": "completed" if trial.state.name == "COMPLETE" else "failed",
        "metrics": {name: values[index] for name, index in objectives.items() if values},
        "worker": "optuna",
        "metadata": metadata,
        "observed_at": written_time(ended),
        "revision": trial.number + 1,
    }
    if architecture is None:
        return record | {"architecture": {"choices": trial.params}}
    found = trial.params.get(architecture, trial.user_attrs.get(architecture))
    return record if found is None else record | {"architecture": found}


def _utc(time: datetime | None) -> datetime:
    # Optuna keeps the local time of whoever ran the trial.
    return _EPOCH if time is None else time.astimezone(UTC)
