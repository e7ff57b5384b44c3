"""The wire schemas of EmProx Server, in one place: the server answers with them, workers may use them."""

from emprox_client.schemas.observation import Observation, ObserveRequest, ObserveResponse, StoredObservation
from emprox_client.schemas.operation import Health, ItemError, Problem, Version
from emprox_client.schemas.prediction import (
    CandidateError,
    CandidateErrorDetail,
    Estimate,
    Neighbor,
    Observed,
    Prediction,
    PredictRequest,
    PredictResponse,
)
from emprox_client.schemas.space import ChoiceVariable, Space, SpaceDeclaration, Spaces
from emprox_client.schemas.study import Best, Metric, Studies, Study, StudyDeclaration

__all__ = [
    "Best",
    "CandidateError",
    "CandidateErrorDetail",
    "ChoiceVariable",
    "Estimate",
    "Health",
    "ItemError",
    "Metric",
    "Neighbor",
    "Observation",
    "ObserveRequest",
    "ObserveResponse",
    "Observed",
    "PredictRequest",
    "PredictResponse",
    "Prediction",
    "Problem",
    "Space",
    "SpaceDeclaration",
    "Spaces",
    "StoredObservation",
    "Studies",
    "Study",
    "StudyDeclaration",
    "Version",
]
