"""Observations outlive a server that is away, a worker that is killed, and a disk that is full."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from emprox_client import Client, StudyHandle
from emprox_client.errors import (
    ClosedError,
    ConnectionLostError,
    InvalidRequestError,
    JournalError,
    UnauthorizedError,
    UnreachableError,
    UnreadableAnswerError,
)
from tests.process.server_process import ServerProcess, serving

from .cells import WRONG, cells, trained
from .either import Connect
from .loopback import VERSION, Answer, acknowledged, answering, closed_port, problem


def observed(text: str) -> set[str]:
    """The architectures in a journal, or in what was refused of it."""
    return {json.loads(line)["observation"]["architecture"] for line in text.splitlines()}


def test_without_a_journal_a_server_that_is_away_is_an_error(connect: Connect) -> None:
    with pytest.raises(UnreachableError) as caught:
        connect(closed_port(), total_timeout=0).observe(cells(1)[0], {"val_accuracy": 90.0})

    assert [each["architecture"] for each in caught.value.observations] == cells(1)


def test_an_observation_waits_while_the_server_is_away_and_the_answer_says_so(connect: Connect, tmp_path: Path) -> None:
    journal = tmp_path / "journal"

    stored = connect(closed_port(), journal=journal).observe(cells(1)[0], {"val_accuracy": 90.0})

    assert (stored.journaled, stored.created, stored.architecture_id) == (True, None, None)
    assert str(stored).endswith("waits in the journal")
    (line,) = journal.read_text().splitlines()
    assert json.loads(line)["observation"]["observation_id"] == stored.observation_id


def test_what_waits_is_sent_when_the_server_is_back_also_by_another_worker(connect: Connect, tmp_path: Path) -> None:
    journal, port = tmp_path / "journal", ""
    observations = trained(5)
    with serving(tmp_path / "data") as server:
        worker = connect(server.url, journal=journal)
        worker.observe_all(observations[:2])
        port = server.url.rpartition(":")[2]
        server.kill()
        assert worker.observe_all(observations[2:4]).journaled == 2

    with serving(tmp_path / "data", EMPROX_PORT=port) as server:
        restarted = connect(server.url, journal=journal)
        assert restarted.observe(observations[4]["architecture"], observations[4]["metrics"]).created is True
        assert restarted.describe().observations == 5

    assert not journal.exists()


def test_the_first_call_of_a_new_client_sends_what_waits(
    connect: Connect, server: ServerProcess, study: StudyHandle, tmp_path: Path
) -> None:
    connect(closed_port(), journal=tmp_path / "journal").observe_all(trained(3), study=study.name)

    assert connect(server.url, journal=tmp_path / "journal").describe(study=study.name).observations == 3


def test_what_waits_is_sent_before_a_call_that_waited_for_the_server(connect: Connect, tmp_path: Path) -> None:
    busy = problem(503, "not_ready", "not ready")
    connect(closed_port(), journal=tmp_path / "journal").observe(cells(1)[0], {"val_accuracy": 90.0})

    with answering(busy, busy, acknowledged(1), Answer(200, VERSION)) as server:
        connect(server.url, journal=tmp_path / "journal").version()

    assert server.requests == ["POST /observe", "GET /version"] * 2


def test_a_server_that_answers_nothing_is_waited_for_once(connect: Connect, tmp_path: Path) -> None:
    connect(closed_port(), journal=tmp_path / "journal").observe(cells(1)[0], {"val_accuracy": 90.0})

    with answering(Answer(200, VERSION, after=1.0)) as server:
        worker = connect(server.url, journal=tmp_path / "journal", timeout=0.2)
        assert worker.observe(cells(1, seed=1)[0], {"val_accuracy": 90.0}).journaled
        assert server.requests == ["POST /observe"]


def test_flush_tells_how_many_were_stored_or_why_they_still_wait(
    connect: Connect, server: ServerProcess, study: StudyHandle, tmp_path: Path
) -> None:
    away = connect(closed_port(), journal=tmp_path / "journal", total_timeout=0)
    away.observe_all(trained(3), study=study.name)

    with pytest.raises(UnreachableError):
        away.flush()
    back = connect(server.url, journal=tmp_path / "journal")
    assert (back.flush(), back.flush()) == (3, 0)
    assert connect(closed_port()).flush() == 0


def test_a_busy_server_is_waited_for_and_then_the_observation_waits(connect: Connect, tmp_path: Path) -> None:
    with answering(problem(503, "not_ready", "not ready", headers={"Retry-After": "0"})) as server:
        worker = connect(server.url, journal=tmp_path / "journal", total_timeout=1)

        assert worker.observe(cells(1)[0], {"val_accuracy": 90.0}).journaled

    assert len(server.requests) > 1


def test_what_the_server_refuses_is_put_aside_and_keeps_nothing_back(
    connect: Connect, server: ServerProcess, study: StudyHandle, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    journal = tmp_path / "journal"
    away = connect(closed_port(), journal=journal)
    away.observe_all([*trained(3), {"architecture": WRONG, "metrics": {"val_accuracy": 1.0}}], study=study.name)
    away.observe(cells(1)[0], {"val_accuracy": 90.0}, study="nowhere")

    with caplog.at_level(logging.WARNING, "emprox_client"):
        assert connect(server.url, journal=journal).flush() == 3

    refused = (tmp_path / "journal.refused").read_text()
    assert observed(refused) == {WRONG, cells(1)[0]}
    assert {json.loads(line)["error"].split()[0] for line in refused.splitlines()} == {"operation", "there"}
    assert f"were refused, and are in {tmp_path / 'journal.refused'}" in caplog.text
    assert not journal.exists()


def test_a_field_that_is_too_new_for_the_server_is_put_aside(connect: Connect, tmp_path: Path) -> None:
    connect(closed_port(), journal=tmp_path / "journal").observe(cells(1)[0], {"val_accuracy": 90.0}, seed=7)
    lacks = [{"field": "observations.0.seed", "index": 0, "detail": "Extra inputs are not permitted"}]

    with answering(problem(422, "invalid_request", "no", errors=lacks), version=Answer(200, VERSION)) as old:
        assert connect(old.url, journal=tmp_path / "journal").flush() == 0

    assert observed((tmp_path / "journal.refused").read_text()) == set(cells(1))


def test_an_answer_that_cannot_be_read_keeps_back_its_own_alone(connect: Connect, tmp_path: Path) -> None:
    away = connect(closed_port(), journal=tmp_path / "journal")
    away.observe(cells(1)[0], {"val_accuracy": 90.0}, study="a")
    away.observe(cells(1, seed=1)[0], {"val_accuracy": 90.0}, study="b")

    with answering(Answer(201, {"hello": 1}), acknowledged(1)) as server, pytest.raises(UnreadableAnswerError):
        connect(server.url, journal=tmp_path / "journal", total_timeout=0).flush()

    assert len((tmp_path / "journal").read_text().splitlines()) == 1


@pytest.mark.parametrize(("study", "number"), [("default", "1e999"), ("No Name", "1")])
def test_a_line_that_cannot_be_sent_is_put_aside(
    connect: Connect, server: ServerProcess, tmp_path: Path, study: str, number: str
) -> None:
    journal = tmp_path / "journal"
    observation = f'{{"observation_id": "x", "architecture": "a", "metrics": {{"m": {number}}}}}'
    journal.write_text(f'{{"study": "{study}", "observation": {observation}}}\n')

    connect(server.url, journal=journal).version()

    assert not journal.exists()
    assert "this is no observation" in (tmp_path / "journal.refused").read_text()


def test_what_was_put_aside_is_a_journal_again_under_another_name(
    connect: Connect, server: ServerProcess, study: StudyHandle, tmp_path: Path
) -> None:
    later = f"{study.name}-later"
    connect(closed_port(), journal=tmp_path / "journal").observe(cells(1)[0], {"val_accuracy": 9.0}, study=later)
    connect(server.url, journal=tmp_path / "journal").flush()
    (tmp_path / "journal.refused").rename(tmp_path / "again")
    study.client.study(later).declare("nasbench201", ["val_accuracy"])

    assert connect(server.url, journal=tmp_path / "again").flush() == 1


def test_a_new_observation_that_is_refused_is_an_error_and_not_kept(connect: Connect, tmp_path: Path) -> None:
    with answering(problem(422, "invalid_request", "no")) as server:
        worker = connect(server.url, journal=tmp_path / "journal")

        with pytest.raises(InvalidRequestError):
            worker.observe(cells(1)[0], {"val_accuracy": 90.0})

    assert (tmp_path / "journal").read_text() == ""


def test_a_wrong_key_leaves_what_waits_where_it_is(connect: Connect, tmp_path: Path) -> None:
    connect(closed_port(), journal=tmp_path / "journal").observe_all(trained(2))

    with answering(Answer(401, "no", "text/plain")) as server:
        worker = connect(server.url, journal=tmp_path / "journal")
        with pytest.raises(UnauthorizedError):
            worker.flush()

    assert observed((tmp_path / "journal").read_text()) == set(cells(2))


def test_a_torn_line_swallows_nothing_and_is_put_aside(
    connect: Connect, server: ServerProcess, study: StudyHandle, tmp_path: Path
) -> None:
    journal = tmp_path / "journal"
    away = connect(closed_port(), journal=journal).study(study.name)
    away.observe(cells(1)[0], {"val_accuracy": 90.0})
    with journal.open("a") as file:
        file.write('{"study": "default", "observation": {"archi')
    away.observe(cells(1, seed=1)[0], {"val_accuracy": 90.0})

    assert connect(server.url, journal=journal).flush() == 2
    assert json.loads((tmp_path / "journal.refused").read_text())["line"].endswith("archi")


def test_what_is_kept_while_others_send_is_not_lost(server: ServerProcess, tmp_path: Path) -> None:
    journal, name = tmp_path / "journal", "kept-while-sent"
    with Client(closed_port(), journal=journal) as away, Client(server.url, journal=journal) as back:
        back.study(name).declare("nasbench201", ["val_accuracy"])
        with ThreadPoolExecutor(4) as threads:
            kept = [threads.submit(away.observe_all, trained(1, seed), study=name) for seed in range(100)]
            while not all(each.done() for each in kept):
                back.flush()
        back.flush()

        assert all(each.result().journaled for each in kept)
        assert back.study(name).describe().observations == 100


WORKER = """
import sys
from emprox_client import Client
client = Client(sys.argv[1], journal=sys.argv[2])
for i in range(int(sys.argv[3]), int(sys.argv[4])):
    chain = {"nodes": ["input", "conv", "output"], "edges": [[0, 1], [1, 2]]}
    client.observe(chain, {"val_accuracy": float(i)}, seed=i, study="chains")
    print(i, flush=True)
"""


def started(url: str, journal: Path, first: int, end: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WORKER, url, str(journal), str(first), str(end)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)  # noqa: S603


def test_workers_that_share_a_journal_and_are_killed_lose_nothing_that_was_kept(tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    workers = [started(closed_port(), journal, first, first + 300) for first in (0, 300, 600)]
    told = [int(line_of(worker)) for worker in workers]
    time.sleep(0.3)
    for worker in workers:
        os.kill(worker.pid, signal.SIGKILL)
    told += [int(line) for worker in workers for line in worker.communicate()[0].splitlines()]
    assert len(told) > 10

    with serving(tmp_path / "data") as server, Client(server.url) as client:
        client.declare_space("chains", {"kind": "graph", "operations": ["conv"], "max_vertices": 4, "max_edges": 4})
        client.study("chains").declare("chains", ["val_accuracy"])
        with Client(server.url, journal=journal) as next_worker:
            next_worker.flush()
        stored = [each.seed for each in client.study("chains").observations(limit=1_000)]

    assert len(stored) == len(set(stored))
    assert set(told) <= set(stored)
    # Of each worker, one more may have been written and not told.
    assert len(stored) <= len(told) + len(workers)


def line_of(worker: subprocess.Popen[str]) -> str:
    assert worker.stdout is not None
    return worker.stdout.readline()


FULL = """
import resource, sys
from emprox_client import Client
from emprox_client.errors import JournalError
client = Client(sys.argv[1], journal=sys.argv[2])
client.observe("a", {"val_accuracy": 1.0})
resource.setrlimit(resource.RLIMIT_FSIZE, (300, 300))
try:
    client.observe("b", {"val_accuracy": 2.0}, metadata={"note": "x" * 200})
except JournalError as err:
    print(err)
    print(err.observations[0]["architecture"])
"""


def test_a_full_disk_is_told_and_leaves_the_journal_whole(tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    command = [sys.executable, "-c", FULL, closed_port(), str(journal)]

    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()  # noqa: S603

    assert told == [
        f"the journal {journal} cannot be written: File too large. Make room, or give it another place",
        "b",
    ]
    assert observed(journal.read_text()) == {"a"}


def test_what_could_not_be_kept_either_is_sent_again_by_its_error(
    connect: Connect, study: StudyHandle, tmp_path: Path
) -> None:
    journal = tmp_path / "journal"
    away = connect(closed_port(), journal=journal)
    journal.unlink()
    journal.mkdir()  # stands for a disk without room

    with pytest.raises(JournalError, match="cannot be written") as caught:
        away.observe_all(trained(2), study=study.name)
    err = caught.value
    study.observe_all([each for _, each in zip(err.indices, err.observations)])

    assert list(err.indices) == [0, 1]
    assert {each.architecture for each in study.observations()} == set(cells(2))


def test_much_that_waits_does_not_hold_up_an_answer_where_the_server_is_silent(
    connect: Connect, tmp_path: Path
) -> None:
    connect(closed_port(), journal=tmp_path / "journal").observe_all(trained(8_500))

    with answering(Answer(200, VERSION, after=3.0)) as server:
        hasty = connect(server.url, journal=tmp_path / "journal", timeout=0.5, total_timeout=0)
        with pytest.raises(ConnectionLostError):
            hasty.predict(cells(2_500))
        asked = server.requests.copy()

    assert asked.count("POST /observe") <= 4  # of the 9 parts that wait, those that go side by side
    assert asked.count("POST /predict") == 3


def test_after_the_total_time_nothing_is_asked_that_what_waits_held_up(connect: Connect, tmp_path: Path) -> None:
    busy = problem(503, "not_ready", "not ready")
    connect(closed_port(), journal=tmp_path / "journal").observe(cells(1)[0], {"val_accuracy": 90.0})

    with answering(busy, busy, Answer(200, VERSION, after=3.0)) as server:
        worker = connect(server.url, journal=tmp_path / "journal", timeout=2.2, total_timeout=2)
        with pytest.raises(ConnectionLostError):
            worker.version()
        asked = server.requests.copy()

    assert asked == ["POST /observe", "GET /version", "POST /observe"]


def test_an_answer_for_fewer_than_were_sent_leaves_them_in_the_journal(connect: Connect, tmp_path: Path) -> None:
    connect(closed_port(), journal=tmp_path / "journal").observe_all(trained(2))

    with answering(acknowledged(1)) as server, pytest.raises(UnreadableAnswerError, match="1 observations for the 2"):
        connect(server.url, journal=tmp_path / "journal", total_timeout=0).flush()

    assert observed((tmp_path / "journal").read_text()) == set(cells(2))


def test_an_observation_of_a_client_that_was_closed_waits(connect: Connect, tmp_path: Path) -> None:
    worker = connect(closed_port(), journal=tmp_path / "journal")
    worker.close()

    assert worker.observe(cells(1)[0], {"val_accuracy": 90.0}).journaled
    with pytest.raises(ClosedError, match="the client was closed, and sends nothing more: make a new one"):
        worker.predict(cells(1))
    assert observed((tmp_path / "journal").read_text()) == set(cells(1))


@pytest.mark.parametrize("journal", ["a\0b", "a" * 300, 7])
def test_what_is_no_path_of_a_journal_is_told(connect: Connect, journal: Any) -> None:
    with pytest.raises(JournalError, match=r"cannot be (the path of a journal|written)"):
        connect(closed_port(), journal=journal)


@pytest.mark.parametrize("journal", ["", "."])
def test_a_folder_in_the_place_of_a_journal_is_told(connect: Connect, journal: str) -> None:
    with pytest.raises(JournalError, match="is a folder: name a file in it"):
        connect(closed_port(), journal=journal)


def test_a_journal_that_cannot_be_written_is_told_at_the_start(connect: Connect, tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="none/journal cannot be written: No such file or directory"):
        connect(closed_port(), journal=tmp_path / "none" / "journal")


def test_one_that_the_server_does_not_take_keeps_nothing_back(connect: Connect, tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    with serving(tmp_path / "data") as server:
        port = server.url.rpartition(":")[2]
    away = connect(f"http://127.0.0.1:{port}", journal=journal)
    good = trained(2)
    away.observe_all([good[0], {**trained(3)[2], "study": "elsewhere"}])
    away.observe_all([good[1]])

    with serving(tmp_path / "data", EMPROX_PORT=port) as server:
        worker = connect(server.url, journal=journal)
        worker.flush()
        worker.flush()

        assert worker.describe().observations == 2
    assert not journal.exists()
    assert "study" in (tmp_path / "journal.refused").read_text()


def test_what_waits_is_sent_before_anything_else_is_asked(connect: Connect, tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    with serving(tmp_path / "data") as server:
        port = server.url.rpartition(":")[2]
        worker = connect(server.url, journal=journal)
        (suggestion,) = worker.suggest(worker="gpu-7")
        server.kill()
    worker.observe(suggestion.architecture, {"val_accuracy": 90.0}, worker="gpu-7")

    with serving(tmp_path / "data", EMPROX_PORT=port):
        (following,) = worker.suggest(worker="gpu-7")

    assert following.architecture_id != suggestion.architecture_id


@pytest.mark.parametrize("line", ['{"study": "default", "observation": {"observation_id": ""}}', "garbage", "[NaN]"])
def test_a_line_that_is_no_observation_is_set_aside(
    connect: Connect, server: ServerProcess, tmp_path: Path, line: str
) -> None:
    journal = tmp_path / "journal"
    journal.write_text(f"{line}\n")

    assert connect(server.url, journal=journal).flush() == 0

    assert not journal.exists()
    assert "this is no observation" in (tmp_path / "journal.refused").read_text()


def test_a_line_with_a_value_that_is_none_keeps_nothing_back(
    connect: Connect, server: ServerProcess, tmp_path: Path
) -> None:
    journal = tmp_path / "journal"
    line = {"study": "default", "observation": {"observation_id": "1", "metrics": {"val_accuracy": float("nan")}}}
    journal.write_text(json.dumps(line) + "\n")

    assert connect(server.url, journal=journal).flush() == 0

    assert "NaN" in (tmp_path / "journal.refused").read_text()


def test_a_journal_behind_a_link_stays_behind_it(connect: Connect, tmp_path: Path) -> None:
    link, journal = tmp_path / "link", tmp_path / "elsewhere"
    link.symlink_to(journal)

    connect(closed_port(), journal=link).observe_all(trained(2))

    assert link.is_symlink()
    assert len(journal.read_text().splitlines()) == 2


def test_where_what_was_refused_cannot_be_set_aside_others_are_stored_all_the_same(
    connect: Connect, server: ServerProcess, tmp_path: Path
) -> None:
    journal = tmp_path / "journal"
    connect(closed_port(), journal=journal).observe_all([{**trained(1)[0], "architecture": WRONG}])
    (tmp_path / "journal.refused").mkdir()  # stands for a disk without room

    worker = connect(server.url, journal=journal)
    stored = worker.observe(cells(9)[8], {"val_accuracy": 90.0})
    worker.close()

    assert stored.created is True
