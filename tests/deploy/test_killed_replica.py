"""Workers of the Python client on the whole cluster: PostgreSQL, three replicas, and the load balancer."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from emprox_client import Client

from tests.cluster.database import Database
from tests.cluster.replicas import declare, described, eventually, replicas
from tests.process.cells import cells, trained

from .balancer import NGINX, balancing

pytestmark = pytest.mark.skipif(NGINX is None, reason="no nginx here: apt-get install nginx")
WORKERS, ROUNDS = 6, 30


def test_workers_hear_nothing_of_a_replica_that_is_killed(postgres_server: Database, tmp_path: Path) -> None:
    observations = trained(WORKERS * ROUNDS)
    (tmp_path / "nginx").mkdir()
    with (
        replicas(3, tmp_path, postgres_server.new()) as running,
        balancing(tmp_path / "nginx", [httpx.URL(each.url).port or 0 for each in running]) as balancer,
        ThreadPoolExecutor(WORKERS) as workers,
    ):
        declare(running[0], "killed")

        def work(number: int) -> None:
            with Client(str(balancer.base_url)) as client:
                study = client.study("killed")
                for each in observations[number::WORKERS]:
                    stored = study.observe(each["architecture"], each["metrics"], observation_id=each["observation_id"])
                    study.predict(cells(2, seed=number), min_revision=stored.revision)

        working = [workers.submit(work, number) for number in range(WORKERS)]
        eventually(lambda: described(running[1], "killed")["observations"] > WORKERS * ROUNDS // 4, "no load")
        running[0].kill()
        for each in working:
            each.result()

        stored = [len(observations)] * 2
        eventually(lambda: [described(each, "killed")["observations"] for each in running[1:]] == stored, "one lags")
