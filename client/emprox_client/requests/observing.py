"""`POST /observe`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Union
from uuid import UUID, uuid4

from pydantic import BaseModel

from emprox_client.body import encoded_in_parts
from emprox_client.call import Call, Journaled, Outcome, Plan, one_for_each, parsed
from emprox_client.errors import EmProxError, InvalidRequestError, PartlyStoredError
from emprox_client.requests.names import named
from emprox_client.requests.predicting import Architecture, listed
from emprox_client.results.stored import Stored, StoredObservations
from emprox_client.schemas import ItemError, Observation, ObserveResponse

NewObservation = Union[Observation, Mapping[str, Any]]


def observe(
    architecture: Architecture,
    metrics: Mapping[str, float],
    *,
    study: str = "default",
    observation_id: UUID | str | None = None,
    status: str | None = None,
    proxies: Mapping[str, float] | None = None,
    fidelity: Mapping[str, Any] | None = None,
    seed: int | None = None,
    worker: str | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> Plan[Stored]:
    """Tell of a training; the answer comes when it is durable, and the next prediction counts it.

        stored = client.observe(architecture, {"val_accuracy": 93.1}, worker="gpu-7")
        stored.predicted  # what would have been said a moment earlier

    Where the client has a journal and the server is away, the observation waits there: `stored.journaled`.

    Args:
        architecture: what was trained, in a notation of the study's search space.
        metrics: measured values; {} for a failed training.
        observation_id: a UUID of the training, with which telling it twice counts once; default a new one.
        status: "completed" (the default) or "failed".
        proxies: those that the study declares.
        fidelity: how it was trained, such as {"epochs": 12}.
        seed: of the training.
        worker: who trained it.
        metadata: a small flat dictionary, kept as it is.

    Raises:
        InvalidObservationsError, InvalidRequestError: it breaks a rule.
        EmProxError: another of `emprox_client.errors`, with `observations` to send again.
    """
    fields = {
        "architecture": architecture,
        "metrics": metrics,
        "observation_id": observation_id,
        "status": status,
        "proxies": proxies,
        "fidelity": fidelity,
        "seed": seed,
        "worker": worker,
        "metadata": metadata,
    }
    several = observe_all([{name: value for name, value in fields.items() if value is not None}], study=study)
    return Plan(several.calls, lambda outcomes: several.read(outcomes)[0])


def observe_all(observations: Sequence[NewObservation], *, study: str = "default") -> Plan[StoredObservations]:
    """Tell of several trainings, each a dictionary with the arguments of `observe`, or an `Observation`.

        client.observe_all([{"architecture": a, "metrics": {"val_accuracy": v}} for a, v in trained])

    More than 1,000 are sent in parts, side by side. The server stores all of a part or nothing.

    Raises:
        InvalidObservationsError, InvalidRequestError: nothing is stored, and `errors` has the index of each that is
            wrong.
        PartlyStoredError: some parts are stored; `observations` are the others.
        EmProxError: another of `emprox_client.errors`, with `observations` to send again.
    """
    known = [_with_id(each) for each in listed("observations", observations)]
    wrong = [error for i, each in enumerate(known) if (error := _wrong(i, each))]
    try:
        if wrong:
            raise InvalidRequestError(wrong[0].detail, errors=wrong)
        parts = list(encoded_in_parts({"study": named(study)}, {"observations": known}))
    except InvalidRequestError as err:
        err.observations, err.indices = known, range(len(known))
        raise
    calls = [
        Call("POST", "/observe", body, items=items, observations=known[items.start : items.stop], study=study)
        for items, body in parts
    ]
    return Plan(calls, lambda outcomes: _stored(study, calls, outcomes))


def acknowledged(call: Call, outcome: Outcome) -> ObserveResponse:
    """The server's answer that all observations of the request are stored.

    Raises:
        UnreadableAnswerError: it is no such answer.
        EmProxError: the outcome, where it is one.
    """
    answer = parsed(ObserveResponse, outcome)
    one_for_each(call, "observations", answer.observations)
    return answer


def _with_id(observation: Any) -> Any:
    """The observation as a dictionary that has an id; what is none stays as it is."""
    if isinstance(observation, BaseModel):
        observation = observation.model_dump(mode="json", exclude_unset=True)
    if not isinstance(observation, Mapping):
        return observation
    given = observation.get("observation_id")
    return {**observation, "observation_id": str(uuid4() if given is None else given)}


def _wrong(index: int, observation: Any) -> ItemError | None:
    field = f"observations.{index}"
    if not isinstance(observation, Mapping):
        detail = f"{field} is no dictionary, but of type {type(observation).__name__}"
    elif observation["observation_id"] == "":
        detail = f"{field} has an empty observation_id: give a UUID, or leave it out for a new one"
    else:
        return None
    return ItemError(index=index, field=field, detail=detail)


def _stored(study: str, calls: Sequence[Call], outcomes: Sequence[Outcome]) -> StoredObservations:
    stored: dict[int, Stored] = {}
    revisions = []
    failed: list[tuple[Call, EmProxError]] = []
    for call, outcome in zip(calls, outcomes):
        if isinstance(outcome, Journaled):
            of_part = [Stored(each["observation_id"], journaled=True) for each in call.observations]
            stored.update(zip(call.items, of_part))
            continue
        try:
            answer = acknowledged(call, outcome)
        except EmProxError as err:
            failed.append((call, err))
        else:
            revisions.append(answer.revision)
            of_part = [Stored.told(each, answer.revision) for each in answer.observations]
            stored.update(zip(call.items, of_part))
    if failed:
        raise _failure(stored, failed)
    in_order = [stored[i] for i in sorted(stored)]
    return StoredObservations(study, max(revisions, default=None), in_order)


def _failure(stored: Mapping[int, Stored], failed: Sequence[tuple[Call, EmProxError]]) -> EmProxError:
    causes = [err for _, err in failed]
    err = causes[0]
    if stored:
        n = sum(len(call.items) for call, _ in failed)
        waiting = sum(each.journaled for each in stored.values())
        told = f"{len(stored) - waiting} of {len(stored) + n} observations are stored"
        told += f", {waiting} wait in the journal" if waiting else ""
        err = PartlyStoredError(
            f"{told}, the others are not: {causes[0].detail}", status=causes[0].status, type=causes[0].type
        )
        err.stored, err.causes = dict(stored), causes
    err.errors = tuple(item for each in causes for item in each.errors)
    err.observations = [each for call, _ in failed for each in call.observations]
    err.indices = [i for call, _ in failed for i in call.items]
    return err
