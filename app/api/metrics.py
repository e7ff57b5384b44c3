"""`GET /metrics`: how the service fares, for Prometheus."""

import asyncio
import threading
from collections.abc import Iterable, Iterator
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse
from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.registry import Collector

from app.api.connections import Connections
from app.api.measuring import RequestSeconds
from app.api.service import Service
from app.dashboard.events import MAX_LISTENERS
from app.domain.remembering import Remembered
from app.predictor.timings import Spread
from app.predictor.vitals import Vitals

_EXAMPLE = 'emprox_waiting{queue="predict"} 3.0\nemprox_waiting_limit{queue="predict"} 64.0\n'
_DOCUMENTED: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/plain": {"schema": {"type": "string"}, "example": _EXAMPLE}}}
}

router = APIRouter(tags=["operation"])


@router.get("/metrics", response_class=PlainTextResponse, responses=_DOCUMENTED)
async def metrics(request: Request) -> PlainTextResponse:
    """What waits, what was refused, what is kept, how large studies are, and how long everything takes, for Prometheus.

    It answers while studies are still being loaded.
    """
    text = await asyncio.to_thread(generate_latest, request.app.state.metrics)
    return PlainTextResponse(text, media_type=CONTENT_TYPE_PLAIN_0_0_4)


def registry(service: Service, requests: RequestSeconds, connections: Connections) -> CollectorRegistry:
    """What there is to tell of a service and its process."""
    found = CollectorRegistry()
    ProcessCollector(registry=found)
    found.register(_Vitals(service, requests, connections))
    return found


class _Vitals(Collector):
    """Looks when it is asked, so that nothing is counted twice."""

    def __init__(self, service: Service, requests: RequestSeconds, connections: Connections) -> None:
        self._service = service
        self._requests = requests
        self._connections = connections

    def describe(self) -> list[Metric]:
        """Nothing, so that registering it does not look."""
        return []

    def collect(self) -> Iterator[Metric]:
        """See `Collector`."""
        yield GaugeMetricFamily("emprox_ready", "Whether studies are loaded.", float(self._service.loaded))
        yield GaugeMetricFamily("emprox_threads", "Threads of the process that run Python.", threading.active_count())
        yield _requests(self._requests)
        yield from _connections(self._connections)
        vitals = self._service.vitals()
        yield from _queues(vitals)
        yield GaugeMetricFamily("emprox_listeners", "Pages that are told what changes.", float(self._service.listeners))
        yield GaugeMetricFamily("emprox_listeners_limit", "How many are told at most.", float(MAX_LISTENERS))
        yield from _caches(vitals, self._service.remembered)
        yield from _studies(vitals)
        yield from _times(vitals)


def _requests(requests: RequestSeconds) -> Metric:
    told = "Seconds until the answer of a request began."
    seconds = HistogramMetricFamily("emprox_request_seconds", told, labels=["method", "route", "status"])
    for labels, spread in list(requests.items()):  # more may come meanwhile
        seconds.add_metric(labels, *_buckets(spread))
    return seconds


def _connections(connections: Connections) -> Iterator[Metric]:
    yield GaugeMetricFamily("emprox_connections", "Connections that are open.", float(connections.n_open))
    yield GaugeMetricFamily("emprox_connections_limit", "How many are open at most.", float(connections.limit))
    yield CounterMetricFamily("emprox_connections_refused", "Refused since so many were open.", connections.refused)
    yield CounterMetricFamily("emprox_requests_late", "Requests that took too long to come.", connections.late)


def _queues(vitals: Vitals) -> Iterator[Metric]:
    waiting = GaugeMetricFamily("emprox_waiting", "What waits or is being done.", labels=["queue"])
    limit = GaugeMetricFamily("emprox_waiting_limit", "How much may wait before more is refused.", labels=["queue"])
    refused = CounterMetricFamily("emprox_refused", "What was refused since so much waited.", labels=["queue"])
    for each in vitals.waiting:
        waiting.add_metric([each.name], each.n)
        limit.add_metric([each.name], each.limit)
        refused.add_metric([each.name], each.refused)
    yield from (waiting, limit, refused)


def _caches(vitals: Vitals, of_page: Iterable[Remembered]) -> Iterator[Metric]:
    labels = ["cache", "space", "encoder"]
    entries = GaugeMetricFamily("emprox_cache_entries", "What is remembered.", labels=labels)
    limit = GaugeMetricFamily("emprox_cache_limit", "How many entries are remembered at most.", labels=labels)
    of_all = [(("", ""), each) for each in [*vitals.remembered, *of_page]]
    for (space, encoder), each in [*vitals.encodings.items(), *of_all]:
        entries.add_metric([each.name, space, encoder], each.size)
        limit.add_metric([each.name, space, encoder], each.limit)
    yield from (entries, limit)


def _studies(vitals: Vitals) -> Iterator[Metric]:
    revision = GaugeMetricFamily("emprox_study_revision", "The revision that answers are of.", labels=["study"])
    observations = GaugeMetricFamily("emprox_study_observations", "Observations that count.", labels=["study"])
    architectures = GaugeMetricFamily("emprox_study_architectures", "Distinct architectures.", labels=["study"])
    for each in vitals.studies:
        revision.add_metric([each.name], each.revision)
        observations.add_metric([each.name], each.observations)
        architectures.add_metric([each.name], each.architectures)
    yield from (revision, observations, architectures)
    if vitals.lag:
        told = "Seconds since the store was looked at for what other servers stored."
        yield GaugeMetricFamily("emprox_following_seconds", told, vitals.lag.seconds)
        behind = GaugeMetricFamily("emprox_study_behind", "Revisions stored and not here yet.", labels=["study"])
        for each in vitals.studies:
            behind.add_metric([each.name], float(vitals.lag.revisions.get(each.name, 0)))
        yield behind


def _times(vitals: Vitals) -> Iterator[Metric]:
    told = "Seconds that a step took of requests answered together; of the queue, that each request waited."
    steps = HistogramMetricFamily("emprox_step_seconds", told, labels=["request", "step"])
    for request, timings in vitals.timings.items():
        for step, spread in timings.steps.items():
            steps.add_metric([request, step], *_buckets(spread))
    yield steps
    for what, spread in vitals.commits.items():
        told = f"The {what} that were stored together, by one write to the disk."
        yield HistogramMetricFamily(f"emprox_commit_{what}", told, *_buckets(spread))


def _buckets(spread: Spread) -> tuple[list[tuple[str, float]], float]:
    """As Prometheus has them: how many values came up to each bound."""
    counts, total = spread.counted()
    found, n = [], 0
    for bound, count in zip([*spread.bounds, float("inf")], counts, strict=True):
        n += count
        found.append(("+Inf" if bound == float("inf") else repr(float(bound)), float(n)))
    return found, total
