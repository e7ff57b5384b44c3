"""`/studies`: declare, describe, and what they hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from emprox_client.body import encoded
from emprox_client.call import Call, Outcome, Plan, asking, parsed
from emprox_client.errors import UnknownStudyError
from emprox_client.requests.names import path_of
from emprox_client.requests.predicting import listed
from emprox_client.results.observation_page import ObservationPage
from emprox_client.schemas import Metric, Observations, Study, StudyQuality


def declare(
    space: str,
    metrics: Sequence[str | Metric | Mapping[str, Any]],
    *,
    study: str = "default",
    proxies: Sequence[str] | None = None,
    fidelity: Mapping[str, float] | None = None,
) -> Plan[Study]:
    """Declare the study; repeating a declaration is harmless.

        client.study("mobile").declare("nasbench201", ["val_accuracy", {"name": "latency_ms", "direction": "minimize"}])

    Args:
        space: a search space that the server knows.
        metrics: a name alone is of a metric to maximize.
        proxies: numbers that every architecture comes with, by name.
        fidelity: what a full training is, such as {"epochs": 200}.

    Raises:
        StudyConflictError: it is declared otherwise.
        InvalidStudyError, UnknownSpaceError: the declaration breaks a rule.
    """
    declared = [{"name": each} if isinstance(each, str) else each for each in listed("metrics", metrics)]
    body = encoded({"space": space, "metrics": declared, "proxies": proxies, "fidelity": fidelity})
    return asking(Call("PUT", path_of("studies", study), body), Study)


def describe(*, study: str = "default") -> Plan[Study]:
    """The study at a glance: counts, best, encoder, revision.

        client.describe().best["val_accuracy"].mean

    Raises:
        UnknownStudyError: there is no such study.
    """
    return asking(Call("GET", path_of("studies", study)), Study)


def exists(*, study: str = "default") -> Plan[bool]:
    """Whether the study is declared.

    client.study("mobile").exists()
    """
    return Plan([Call("GET", path_of("studies", study))], _is_there)


def observations(
    *,
    study: str = "default",
    limit: int = 100,
    cursor: int | None = None,
    architecture_id: str | None = None,
    worker: str | None = None,
    status: Literal["completed", "failed"] | None = None,
    retracted: Literal["without", "only", "with"] | None = None,
    as_of: int | None = None,
) -> Plan[ObservationPage]:
    """A page of what the study holds, newest first.

        page = client.observations(limit=1000, worker="gpu-7")
        older = client.observations(limit=1000, worker="gpu-7", cursor=page.cursor)

    Args:
        limit: at most 1,000.
        cursor: of the page before.
        architecture_id, worker, status: only those.
        retracted: whether retracted ones are among them; default "without".
        as_of: those of this revision, as they were then.

    Raises:
        UnknownStudyError: there is no such study.
    """
    params = {
        "limit": limit,
        "cursor": cursor,
        "architecture_id": architecture_id,
        "worker": worker,
        "status": status,
        "retracted": retracted,
        "as_of": as_of,
    }
    given = {name: value for name, value in params.items() if value is not None}
    call = Call("GET", path_of("studies", study, "observations"), params=given)
    return Plan([call], lambda outcomes: ObservationPage(study, parsed(Observations, outcomes[0])))


def quality(*, study: str = "default", last: int = 100) -> Plan[StudyQuality]:
    """How good the estimates have been, on trainings that came after them.

        client.quality().metrics["val_accuracy"].overall.kendall_tau

    Args:
        last: predictions in the recent window.

    Raises:
        UnknownStudyError: there is no such study.
    """
    return asking(Call("GET", path_of("studies", study, "quality"), params={"last": last}), StudyQuality)


def _is_there(outcomes: Sequence[Outcome]) -> bool:
    if isinstance(outcomes[0], UnknownStudyError):
        return False
    parsed(Study, outcomes[0])
    return True
