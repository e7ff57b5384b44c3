"""Architectures embedded by a process of its own."""

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from app.domain.errors import InvalidArchitectureError
from app.predictor import embedding_process
from app.predictor.embedding_process import EmbeddingProcess
from app.predictor.encoding import Encoding
from app.predictor.ports import Encoder

from .cells import CELLS, SPACE


@pytest.fixture
def encoding(encoder: Encoder) -> Encoding:
    return Encoding(SPACE, encoder)


@pytest.fixture
def process(encoding: Encoding, monkeypatch: pytest.MonkeyPatch) -> Iterator[EmbeddingProcess]:
    """One that starts with the second architecture."""
    monkeypatch.setattr(embedding_process, "WORTH_A_PROCESS", 2)
    with EmbeddingProcess(encoding) as process:
        yield process


def test_the_process_embeds_as_the_encoding_does(process: EmbeddingProcess, encoding: Encoding) -> None:
    rows = process.embed(CELLS[:300])

    assert process.pid is not None
    np.testing.assert_allclose(rows, encoding.embed(CELLS[:300]), atol=1e-5)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_process_takes_less_than_a_hundred_megabytes(process: EmbeddingProcess) -> None:
    process.embed(CELLS * 5)

    status = Path(f"/proc/{process.pid}/status").read_text()
    (peak,) = re.findall(r"VmHWM:\s+(\d+) kB", status)
    assert 10_000 < int(peak) < 100_000


def test_a_few_architectures_are_not_worth_a_process(process: EmbeddingProcess) -> None:
    process.embed(CELLS[:1])
    process.embed([])
    assert process.pid is None

    process.embed(CELLS[1:2])
    assert process.pid is not None


def test_it_ends_with_its_context(process: EmbeddingProcess) -> None:
    with process:
        process.embed(CELLS[:2])
        assert process.pid is not None

    assert process.pid is None


def test_it_ends_when_the_service_is_gone(process: EmbeddingProcess) -> None:
    process.embed(CELLS[:2])
    assert process._connection
    assert process._process

    process._connection.close()

    assert process._process.wait(timeout=20) == 0


def test_what_is_no_architecture_is_told_and_the_rest_still_embedded(process: EmbeddingProcess) -> None:
    with pytest.raises(InvalidArchitectureError, match="none of it"):
        process.embed([CELLS[0], "none of it"])

    assert len(process.embed(CELLS[:2])) == 2


def test_where_the_process_is_killed_its_work_goes_on_here(
    process: EmbeddingProcess, encoding: Encoding, caplog: pytest.LogCaptureFixture
) -> None:
    process.embed(CELLS[:2])
    assert process._process
    killed = process._process.pid
    process._process.kill()

    rows = process.embed(CELLS[:300])

    np.testing.assert_allclose(rows, encoding.embed(CELLS[:300]), atol=1e-5)
    assert "embedding process ended, its work goes on here" in caplog.text
    assert process.pid is None
    with pytest.raises(ProcessLookupError):  # nor is it left behind as a zombie
        os.kill(killed, 0)


def test_where_no_process_can_be_started_the_work_is_done_here(
    process: EmbeddingProcess, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("sys.executable", "/nowhere/python")

    assert len(process.embed(CELLS[:2])) == 2
    assert "embedding process ended, its work goes on here" in caplog.text
