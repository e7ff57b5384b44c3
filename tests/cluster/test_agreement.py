"""Whatever one server is told, all of them know: three real ones on one PostgreSQL."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.cli.conftest import Emprox
from tests.process.cells import cells, trained
from tests.process.server_process import ServerProcess

from .database import Database
from .replicas import declare, described, eventually, observe, predict, replicas

CANDIDATES = cells(20, seed=99)


@pytest.fixture(scope="module")
def three(postgres_server: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[ServerProcess]]:
    with replicas(3, tmp_path_factory.mktemp("replicas"), postgres_server.new()) as running:
        yield running


def test_an_observation_of_one_counts_at_the_others_at_the_revision_of_its_answer(three: list[ServerProcess]) -> None:
    declare(three[0], "counts")
    revision = 0
    for i, each in enumerate(trained(30)):
        revision = observe(three[i % 3], "counts", [each])
        told = predict(three[(i + 1) % 3], "counts", CANDIDATES, revision)
        assert told.status_code == 200, told.text
        assert told.json()["revision"] >= revision

    assert revision == 30


def test_servers_that_all_store_at_the_same_time_come_to_the_same_estimates(three: list[ServerProcess]) -> None:
    declare(three[0], "together")
    observations = trained(300, seed=1)

    def send(i: int) -> None:
        for start in range(i * 5, 300, 9 * 5):
            observe(three[i % 3], "together", observations[start : start + 5])

    with ThreadPoolExecutor(9) as workers:
        list(workers.map(send, range(9)))

    eventually(lambda: _fitted(three, "together") == [_newest_fit(three, "together")] * 3, "they never agree")
    _agree([predict(each, "together", CANDIDATES, 60) for each in three])
    listed = [_ids(each, "together") for each in three]
    assert listed[0] == listed[1] == listed[2]
    assert sorted(listed[0]) == sorted(each["observation_id"] for each in observations)


def test_a_revision_that_nobody_has_is_refused_after_a_moment(three: list[ServerProcess]) -> None:
    declare(three[0], "early")
    observe(three[0], "early", trained(1))

    told = predict(three[1], "early", CANDIDATES, min_revision=2)

    assert (told.status_code, told.json()["type"].rsplit("/", 1)[-1]) == (503, "revision_not_reached")
    assert int(told.headers["Retry-After"]) >= 1


def test_each_tells_how_far_it_is_behind(three: list[ServerProcess]) -> None:
    declare(three[0], "told")
    revision = observe(three[0], "told", trained(1))
    assert predict(three[1], "told", CANDIDATES, revision).status_code == 200

    def lines() -> list[str]:
        return three[1].http.get("/metrics").text.splitlines()

    eventually(lambda: 'emprox_study_behind{study="told"} 0.0' in lines(), "it is behind")
    (seconds,) = (float(line.split()[1]) for line in lines() if line.startswith("emprox_following_seconds "))
    assert seconds < 2


def test_a_retry_at_another_server_counts_once(three: list[ServerProcess]) -> None:
    declare(three[0], "retried")
    batch = trained(3)

    told = [
        [
            stored["created"]
            for stored in each.http.post("/observe", json=_body("retried", batch)).json()["observations"]
        ]
        for each in three
    ]

    assert told == [[True] * 3, [False] * 3, [False] * 3]
    assert [described(each, "retried")["observations"] for each in three] == [3, 3, 3]


def test_a_correction_counts_everywhere(three: list[ServerProcess]) -> None:
    declare(three[0], "corrected")
    observe(three[0], "corrected", trained(30))
    wrong = trained(30)[0]["observation_id"]

    answer = three[1].http.delete(f"/studies/corrected/observations/{wrong}")

    assert answer.status_code == 200, answer.text
    eventually(lambda: [described(each, "corrected")["retracted"] for each in three] == [1, 1, 1], "one does not know")
    observe(three[2], "corrected", trained(1, seed=5))
    eventually(lambda: [described(each, "corrected")["observations"] for each in three] == [30] * 3, "one lags")
    _agree([predict(each, "corrected", CANDIDATES, 3) for each in three])


def test_a_study_that_is_deleted_and_declared_again_is_the_new_one_everywhere(three: list[ServerProcess]) -> None:
    declare(three[0], "again")
    observe(three[0], "again", trained(5))
    eventually(lambda: [described(each, "again").get("observations") for each in three] == [5] * 3, "one lags")

    assert three[1].http.delete("/studies/again").status_code == 204
    eventually(lambda: all(each.http.get("/studies/again").status_code == 404 for each in three), "one still has it")
    declare(three[2], "again")
    observe(three[2], "again", trained(2, seed=3))

    eventually(
        lambda: [described(each, "again").get("observations") for each in three] == [2] * 3, "one has the old one"
    )


def test_a_metric_that_is_added_is_there_everywhere(three: list[ServerProcess]) -> None:
    declare(three[0], "metrics")
    observe(three[0], "metrics", trained(5))

    added = three[1].http.post(
        "/studies/metrics/metrics", json={"name": "latency", "direction": "minimize", "unit": "ms"}
    )

    assert added.status_code in {200, 201}, added.text
    eventually(
        lambda: all(
            [m["name"] for m in described(each, "metrics")["metrics"]] == ["val_accuracy", "latency"] for each in three
        ),
        "one does not record it",
    )
    both = {**trained(1, seed=4)[0], "metrics": {"val_accuracy": 90.0, "latency": 3.0}}
    revision = observe(three[2], "metrics", [both])
    assert predict(three[0], "metrics", CANDIDATES, revision).json()["predictions"][0]["metrics"].keys() == {
        "val_accuracy",
        "latency",
    }


def test_a_space_that_is_declared_at_one_serves_at_all_of_them(three: list[ServerProcess]) -> None:
    variables = [{"name": "kernel", "values": [3, 5, 7]}, {"name": "width", "values": [16, 32, 64]}]
    choices = {"kind": "choices", "variables": variables}
    assert three[0].http.put("/spaces/small", json=choices).status_code == 201
    metric = {"name": "accuracy", "direction": "maximize", "unit": "%"}
    # Whoever asks through a load balancer never asks the same twice.
    assert three[1].http.put("/studies/small", json={"space": "small", "metrics": [metric]}).status_code == 201
    for i, kernel in enumerate((3, 5, 7)):
        architecture = {"choices": {"kernel": kernel, "width": 16}}
        body = _body("small", [{"architecture": architecture, "metrics": {"accuracy": 70.0 + i}}])
        # The client tries again, while the space is being made ready at the others.
        eventually(partial(_taken, three[2 - i], body), "refused")

    asked = {"study": "small", "candidates": [{"choices": {"kernel": 5, "width": 64}}], "min_revision": 3}
    _agree([each.http.post("/predict", json=asked) for each in three])


def test_no_candidate_is_suggested_to_two_workers_of_two_servers(three: list[ServerProcess]) -> None:
    declare(three[0], "suggests")
    observe(three[0], "suggests", trained(30))
    given = list(dict.fromkeys(cells(80, seed=7)))

    def ask(i: int) -> list[str]:
        body = {"study": "suggests", "n": 3, "worker": f"worker-{i}", "candidates": given}
        answer = three[i % 3].http.post("/suggest", json=body)
        assert answer.status_code == 200, answer.text
        return [each["architecture_id"] for each in answer.json()["suggestions"]]

    with ThreadPoolExecutor(12) as workers:
        told = [each for of_worker in workers.map(ask, range(12)) for each in of_worker]

    assert len(told) == 36
    assert len(set(told)) == 36


def test_a_worker_gets_its_own_again_from_another_server_and_gives_it_back_at_a_third(
    three: list[ServerProcess],
) -> None:
    declare(three[0], "workers")
    observe(three[0], "workers", trained(30))
    body = {"study": "workers", "n": 1, "worker": "me"}
    (first,) = three[0].http.post("/suggest", json=body).json()["suggestions"]

    (second,) = three[1].http.post("/suggest", json=body).json()["suggestions"]
    assert second["suggestion_id"] == first["suggestion_id"]
    given_back = three[2].http.delete(f"/studies/workers/suggestions/{first['suggestion_id']}")
    assert given_back.status_code == 204
    assert [len(_pending(each, "workers")) for each in three] == [0, 0, 0]


def test_an_import_beside_the_servers_counts_at_all_of_them(
    three: list[ServerProcess], emprox: Emprox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With revisions of its own, while a worker goes on."""
    declare(three[0], "exported")
    for i in range(20):
        observe(three[i % 3], "exported", trained(40, seed=200 + i))
    monkeypatch.setenv("EMPROX_DATABASE_URL", _database(three[0]))
    assert emprox("export", tmp_path / "rows.jsonl", "--study", "exported").status == 0
    declare(three[0], "imported")
    done = threading.Event()
    sent: list[int] = []

    def work() -> None:
        while not done.is_set():
            sent.append(observe(three[len(sent) % 3], "imported", trained(1, seed=300 + len(sent))))

    worker = threading.Thread(target=work)
    worker.start()
    assert emprox("import", tmp_path / "rows.jsonl", "--study", "imported").status == 0
    done.set()
    worker.join()

    assert sent
    eventually(
        lambda: [described(each, "imported")["observations"] for each in three] == [800 + len(sent)] * 3, "one differs"
    )


def test_what_a_worker_sends_to_a_study_that_is_declared_anew_elsewhere_ends_in_none_of_the_wrong_space(
    three: list[ServerProcess],
) -> None:
    metric = {"name": "val_accuracy", "direction": "maximize", "unit": "%"}
    for attempt in range(5):
        declare(three[0], "anew")
        eventually(lambda: all(each.http.get("/studies/anew").status_code == 200 for each in three), "one lacks it")
        three[1].http.delete("/studies/anew")
        three[1].http.put("/studies/anew", json={"space": "nasbench101", "metrics": [metric]})

        told = three[0].http.post("/observe", json=_body("anew", trained(1, seed=400 + attempt)))

        assert told.status_code in {422, 503, 404}, told.text
        assert described(three[1], "anew")["observations"] == 0
        three[1].http.delete("/studies/anew")
        eventually(lambda: all(each.http.get("/studies/anew").status_code == 404 for each in three), "one still has it")


def test_a_worker_that_asks_two_servers_at_once_gets_the_same_from_both(three: list[ServerProcess]) -> None:
    declare(three[0], "twice")
    observe(three[0], "twice", trained(30))

    for i in range(5):
        body = {"study": "twice", "n": 1, "worker": f"worker-{i}", "generate": 50}
        with ThreadPoolExecutor(3) as asking:
            told = list(asking.map(lambda each, body=body: each.http.post("/suggest", json=body).json(), three))
        assert len({each["suggestions"][0]["suggestion_id"] for each in told}) == 1

    assert len(_pending(three[0], "twice")) == 5


def test_one_that_reads_the_log_never_finds_a_hole_in_it(three: list[ServerProcess]) -> None:
    """While transactions of three servers wait for each other."""
    declare(three[0], "holes")
    done = threading.Event()
    holes: list[list[int]] = []

    def read() -> None:
        while not done.is_set():
            revisions = sorted({each["revision"] for each in _stored(three[0], "holes")})
            if revisions != list(range(1, len(revisions) + 1)):
                holes.append(revisions)

    reader = threading.Thread(target=read)
    reader.start()
    with ThreadPoolExecutor(6) as workers:
        list(workers.map(lambda i: observe(three[i % 3], "holes", trained(2, seed=20 + i)), range(40)))
    done.set()
    reader.join()

    assert holes == []
    eventually(lambda: [described(each, "holes")["revision"] for each in three] == [40] * 3, "one lags")


def _taken(replica: ServerProcess, body: dict[str, Any]) -> bool:
    return replica.http.post("/observe", json=body).status_code == 201


def _database(replica: ServerProcess) -> str:
    environment = Path(f"/proc/{replica.process.pid}/environ").read_text().split("\0")
    (url,) = (each.partition("=")[2] for each in environment if each.startswith("EMPROX_DATABASE_URL="))
    return url


def _body(study: str, observations: list[Any]) -> dict[str, Any]:
    return {"study": study, "observations": observations}


def _agree(answers: list[httpx.Response]) -> None:
    """All answers estimate the same; each server took the observations in by other batches, which rounds otherwise."""
    told = [
        [
            estimate
            for each in answer.json()["predictions"]
            for metric in each["metrics"].values()
            for estimate in metric.values()
        ]
        for answer in answers
    ]
    assert told[0]
    for other in told[1:]:
        assert other == pytest.approx(told[0], rel=1e-9)


def _fitted(running: list[ServerProcess], study: str) -> list[int]:
    return [described(each, study)["fitted_observations"]["val_accuracy"] for each in running]


def _newest_fit(running: list[ServerProcess], study: str) -> int:
    return max(_fitted(running, study))


def _stored(replica: ServerProcess, study: str) -> list[dict[str, Any]]:
    answer = replica.http.get(f"/studies/{study}/observations", params={"limit": 1000})
    found: list[dict[str, Any]] = answer.json()["observations"]
    return found


def _ids(replica: ServerProcess, study: str) -> list[str]:
    return [each["observation_id"] for each in _stored(replica, study)]


def _pending(replica: ServerProcess, study: str) -> list[Any]:
    found: list[Any] = replica.http.get(f"/studies/{study}/suggestions").json()["suggestions"]
    return found
