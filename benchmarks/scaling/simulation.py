"""Workers, replicas and one database, event by event.

A replica is one thread of numbers, which estimates, checks what it is told, and takes in what others stored, in the
order in which it comes. Each replica commits all that waits with one write to the disk, and holds the row of the study
meanwhile, so that commits to one study take turns. After it, every other replica takes the observations in. Times are
drawn from exponential distributions, which vary more than the real ones: waits come out rather too long.
"""

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import simpy

from benchmarks.scaling.times import Times

_TOGETHER = 1_000  # observations of a commit at most

_Process = Generator[simpy.Event, Any, Any]


@dataclass(frozen=True, slots=True)
class Scenario:
    """Who asks whom.

    Args:
        think_s: mean time of a worker between an answer and its next request.
        observing: share of the requests that observe one; the others ask for one candidate.
        cores: that replicas, database and clients share; None where nobody waits for one.
        seconds: that are measured, after `warm_s` that are not.
    """

    workers: int
    replicas: int
    think_s: float = 1.0
    observing: float = 0.1
    cores: int | None = None
    seconds: float = 10.0
    warm_s: float = 5.0
    seed: int = 0


@dataclass(slots=True)
class Outcome:
    """What came of it, in seconds.

    Args:
        estimates: how long each took to be answered; `observations` likewise.
        lags: from an acknowledgement until a replica has the observation, of each replica and commit.
        busy: share of the time that the threads of numbers worked, the mean of the replicas.
        commits: how many observations each wrote.
    """

    seconds: float
    estimates: list[float] = field(default_factory=list)
    observations: list[float] = field(default_factory=list)
    lags: list[float] = field(default_factory=list)
    commits: list[int] = field(default_factory=list)
    busy: float = 0.0

    @property
    def per_second(self) -> float:
        """Requests that were answered in a second."""
        return (len(self.estimates) + len(self.observations)) / self.seconds


def simulate(scenario: Scenario, times: Times) -> Outcome:
    """Run it; the same scenario gives the same outcome."""
    return _Simulation(scenario, times).run()


@dataclass(slots=True)
class _Replica:
    numbers: simpy.Resource
    to_commit: list[simpy.Event] = field(default_factory=list)
    committing: bool = False


class _Simulation:
    def __init__(self, scenario: Scenario, times: Times) -> None:
        self._scenario = scenario
        self._times = times
        self._rng = np.random.default_rng(scenario.seed)
        self._now = simpy.Environment()
        self._cores = simpy.Resource(self._now, scenario.cores) if scenario.cores else None
        self._row = simpy.Resource(self._now)  # of the study
        self._replicas = [_Replica(simpy.Resource(self._now)) for _ in range(scenario.replicas)]
        self._outcome = Outcome(scenario.seconds)

    def run(self) -> Outcome:
        scenario = self._scenario
        for i in range(scenario.workers):
            self._now.process(self._worker(self._replicas[i % len(self._replicas)]))
        self._now.run(scenario.warm_s + scenario.seconds)
        self._outcome.busy /= scenario.seconds * len(self._replicas)
        return self._outcome

    def _worker(self, replica: _Replica) -> _Process:
        scenario, times, outcome = self._scenario, self._times, self._outcome
        while True:
            if scenario.think_s:
                yield self._now.timeout(self._drawn(scenario.think_s))
            start = self._now.now
            yield from self._on_a_core(self._drawn(times.client))
            if times.delay:
                yield self._now.timeout(times.delay)
            if observing := self._rng.random() < scenario.observing:
                yield from self._numbers(replica, times.observation)
                yield self._committed(replica)
            else:
                yield from self._numbers(replica, times.estimate)
            if self._measuring:
                (outcome.observations if observing else outcome.estimates).append(self._now.now - start)

    def _committed(self, replica: _Replica) -> simpy.Event:
        """Happens once the observation is on the disk."""
        done = self._now.event()
        replica.to_commit.append(done)
        if not replica.committing:
            replica.committing = True
            self._now.process(self._commit(replica))
        return done

    def _commit(self, replica: _Replica) -> _Process:
        times = self._times
        while replica.to_commit:
            taken, replica.to_commit = replica.to_commit[:_TOGETHER], replica.to_commit[_TOGETHER:]
            with self._row.request() as turn:
                yield turn
                computing = len(taken) * times.database
                yield from self._on_a_core(computing)
                writing = self._drawn(times.commit) + (len(taken) - 1) * times.commit_each
                yield self._now.timeout(max(0.0, writing - computing))
            for each in taken:
                each.succeed()
            if self._measuring:
                self._outcome.commits.append(len(taken))
            for other in self._replicas:
                if other is not replica:
                    self._now.process(self._follow(other, len(taken)))
        replica.committing = False

    def _follow(self, replica: _Replica, n: int) -> _Process:
        start = self._now.now
        yield self._now.timeout(self._drawn(self._times.notice))
        yield from self._on_a_core(n * self._times.database_follow)
        yield from self._numbers(replica, self._times.follow, n)
        if self._measuring:
            self._outcome.lags.append(self._now.now - start)

    def _numbers(self, replica: _Replica, mean: float, n: int = 1) -> _Process:
        with replica.numbers.request() as turn:
            yield turn
            seconds = n * self._drawn(mean)
            yield from self._on_a_core(seconds)
            if self._measuring:
                self._outcome.busy += seconds

    def _on_a_core(self, seconds: float) -> _Process:
        if self._cores is None:
            yield self._now.timeout(seconds)
        elif seconds:
            with self._cores.request() as turn:
                yield turn
                yield self._now.timeout(seconds)

    def _drawn(self, mean: float) -> float:
        return float(self._rng.exponential(mean)) if mean else 0.0

    @property
    def _measuring(self) -> bool:
        return bool(self._now.now >= self._scenario.warm_s)
