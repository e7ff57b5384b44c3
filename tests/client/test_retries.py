"""What is repeated, after how long, and for how long; repeating never counts twice."""

from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from time import monotonic

import pytest
from emprox_client import StudyHandle
from emprox_client.errors import ConnectionLostError, NotReadyError, UnreachableError
from tests.process.server_process import ServerProcess

from .cells import trained
from .either import Connect
from .loopback import VERSION, Answer, answering, closed_port, losing_answers, problem

FINE = Answer(200, VERSION)


def busy(retry_after: str) -> Answer:
    return problem(503, "not_ready", "the studies are being loaded", headers={"Retry-After": retry_after})


def test_retry_after_is_honored(connect: Connect) -> None:
    with answering(busy("1"), FINE) as server:
        assert connect(server.url).version().server == "0.0.9"

    assert 1.0 <= server.at[1] - server.at[0] < 2.5


def test_retry_after_may_be_a_date(connect: Connect) -> None:
    at = datetime.now(timezone.utc) + timedelta(seconds=2)
    with answering(busy(format_datetime(at, usegmt=True)), FINE) as server:
        connect(server.url).version()

    assert 0.5 < server.at[1] - server.at[0] < 3.5


def test_a_wait_beyond_the_total_time_is_not_begun(connect: Connect) -> None:
    began = monotonic()
    with (
        answering(busy("30")) as server,
        pytest.raises(NotReadyError, match="the studies are being loaded") as caught,
    ):
        connect(server.url, total_timeout=5).version()

    assert caught.value.retry_after == 30
    assert (len(server.requests), monotonic() - began < 5) == (1, True)


def test_without_retries_an_answer_may_take_its_time(connect: Connect) -> None:
    with answering(Answer(200, VERSION, after=0.5)) as server:
        assert connect(server.url, total_timeout=0).version().server == "0.0.9"


def test_an_answer_that_takes_longer_than_the_timeout_is_lost(connect: Connect) -> None:
    with (
        answering(Answer(200, VERSION, after=0.5)) as server,
        pytest.raises(ConnectionLostError, match="did not answer in time: see the argument `timeout`"),
    ):
        connect(server.url, timeout=0.1, total_timeout=0).version()


def test_a_nonsensical_retry_after_is_as_none(connect: Connect) -> None:
    with answering(busy("soon"), FINE) as server:
        connect(server.url).version()

    assert server.at[1] - server.at[0] < 1


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_busy_proxy_is_asked_again(connect: Connect, status: int) -> None:
    with answering(Answer(status, "<html>busy</html>", "text/html"), FINE) as server:
        connect(server.url).version()

    assert len(server.requests) == 2


def test_a_closed_port_is_tried_until_the_total_time_is_over(connect: Connect) -> None:
    began = monotonic()

    with pytest.raises(UnreachableError):
        connect(closed_port(), total_timeout=1.5).version()

    assert 0.5 < monotonic() - began < 2.5


def test_an_observation_whose_answer_got_lost_counts_once(
    connect: Connect, server: ServerProcess, study: StudyHandle
) -> None:
    (observation,) = trained(1)
    with losing_answers(server.url, lost=[0]) as proxy:
        stored = connect(proxy.url).observe(observation["architecture"], observation["metrics"], study=study.name)

    assert proxy.requests == ["POST /observe", "POST /observe"]
    assert stored.created is False
    assert study.describe().observations == 1


def test_what_was_sent_in_vain_can_be_sent_again_by_its_error(
    connect: Connect, server: ServerProcess, study: StudyHandle
) -> None:
    (observation,) = trained(1)
    with losing_answers(server.url, lost=[0]) as proxy:
        hasty = connect(proxy.url, total_timeout=0)
        with pytest.raises(ConnectionLostError) as caught:
            hasty.observe(observation["architecture"], observation["metrics"], study=study.name)

    study.observe_all(list(caught.value.observations))

    assert study.describe().observations == 1


def test_a_suggestion_whose_answer_got_lost_is_asked_for_again_by_a_worker_alone(
    connect: Connect, server: ServerProcess, study: StudyHandle
) -> None:
    with losing_answers(server.url, lost=[0, 1]) as proxy:
        with pytest.raises(ConnectionLostError):
            connect(proxy.url).suggest(study=study.name, generate=50)
        assert len(proxy.requests) == 1
        (suggestion,) = connect(proxy.url).suggest(study=study.name, worker="gpu-7", generate=50)

    assert len(proxy.requests) == 3
    assert study.suggest(worker="gpu-7", generate=50)[0].suggestion_id == suggestion.suggestion_id


def test_a_server_that_asks_for_no_pause_gets_one_after_some_tries(connect: Connect) -> None:
    busy = problem(503, "not_ready", "soon", headers={"Retry-After": "0"})
    with answering(busy, busy, busy, busy, FINE) as server:
        connect(server.url).version()

    pauses = [after - before for before, after in zip(server.at, server.at[1:])]
    assert pauses[0] >= 0.25
    assert pauses[3] >= 1
