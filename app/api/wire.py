"""Between the wire and the predictor: one conversion for each crossing."""

import json
from typing import Any

from emprox_client import schemas

from app.domain.observation import Status
from app.domain.prediction import Estimate
from app.domain.study import Direction, Metric, Study
from app.predictor.requests import (
    Description,
    NewObservation,
    ObservationAnswer,
    PredictionQuery,
    SpaceDescription,
)
from app.proximity.weighting import Weighting

_STATUS = {status.value: status for status in Status}


def query(request: schemas.PredictRequest) -> PredictionQuery:
    """What a predict request asks."""
    return PredictionQuery(
        study=request.study,
        candidates=request.candidates,
        metrics=request.metrics,
        k=request.k,
        weighting=Weighting(request.weighting),
        neighbors=request.neighbors,
        min_revision=request.min_revision,
        proxies=request.proxies,
    )


def new_observation(observation: schemas.Observation) -> NewObservation:
    """An observation as the predictor takes it."""
    return NewObservation(
        notation=observation.architecture,
        metrics=observation.metrics,
        observation_id=str(observation.observation_id) if observation.observation_id else None,
        status=_STATUS[observation.status],
        proxies=observation.proxies,
        fidelity=observation.fidelity,
        seed=observation.seed,
        worker=observation.worker,
        metadata=observation.metadata,
    )


def observe_body(study: str, answer: ObservationAnswer) -> dict[str, Any]:
    """An `ObserveResponse` as plain objects."""
    return {
        "study": study,
        "revision": answer.revision,
        "observations": [
            {
                "observation_id": stored.observation_id,
                "architecture_id": stored.architecture_id,
                "created": stored.created,
                "predicted": stored.predicted and {name: estimate(each) for name, each in stored.predicted.items()},
            }
            for stored in answer.stored
        ],
    }


def space(description: SpaceDescription) -> schemas.Space:
    """A search space."""
    declared, vocabulary = description.declared, description.vocabulary
    declaration = json.loads(declared.declaration) if declared else None
    return schemas.Space(
        name=description.name,
        kind=declaration["kind"] if declaration else "built_in",
        operations=[] if vocabulary.choices else list(vocabulary.operations),
        variables=[
            schemas.ChoiceVariable(name=c.name, values=list(c.values), ordered=c.ordered) for c in vocabulary.choices
        ],
        encoder=description.encoder,
        encoder_kind=description.encoder_kind,
        created_at=declared.created_at if declared else None,
        declaration=declaration,
    )


def study(name: str, declaration: schemas.StudyDeclaration) -> Study:
    """A declared study."""
    metrics = tuple(metric(each) for each in declaration.metrics)
    fidelity = dict(sorted(declaration.fidelity.items()))
    return Study(name, declaration.space, metrics, tuple(sorted(declaration.proxies)), fidelity)


def metric(declared: schemas.Metric) -> Metric:
    """A declared metric."""
    return Metric(declared.name, Direction(declared.direction), declared.unit, declared.failure_value)


def described(description: Description) -> schemas.Study:
    """A study at a glance."""
    study = description.study
    return schemas.Study(
        name=study.name,
        space=study.space,
        metrics=[
            schemas.Metric(name=m.name, direction=m.direction.value, unit=m.unit, failure_value=m.failure_value)
            for m in study.metrics
        ],
        proxies=list(study.proxies),
        fidelity=dict(study.fidelity),
        created_at=description.created_at,
        revision=description.revision,
        observations=description.n_observations,
        failed=description.n_failed,
        retracted=description.n_retracted,
        architectures=dict(description.architectures),
        best={
            metric: schemas.Best(architecture_id=key, mean=observed.mean, n=observed.n)
            for metric, (key, observed) in description.best.items()
        },
        encoder=description.encoder,
        encoder_kind=description.encoder_kind,
        fitted_observations=dict(description.fitted),
        calibration=dict(description.calibration),
        fidelities={
            metric: [schemas.Fidelity(share=level, trainings=n) for level, n in sorted(found.items())]
            for metric, found in description.per_level.items()
        },
    )


def estimate(estimate: Estimate) -> dict[str, float | None]:
    """An `Estimate` as plain objects."""
    return {"score": estimate.score, "std": estimate.std, "lower": estimate.lower, "upper": estimate.upper}
