"""Many architectures embedded by a process of their own, so that those who ask do not wait for Python's lock.

Parsing is Python through and through. On a thread, a request lost the lock to it at each of its numerical calls, for
the time between two switches of threads: what a request has to wait for adds up (benchmarks/life.py).
"""

import logging
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Any, Self

from threadpoolctl import threadpool_limits

from app.domain.architecture import Notation
from app.domain.errors import InvalidArchitectureError
from app.predictor.encoding import Encoding
from app.predictor.ports import Float32Array

_log = logging.getLogger(__name__)

WORTH_A_PROCESS = 500  # architectures: fewer are embedded before a process has started
_AT_ONCE = 128  # one that is killed is noticed by then
_NICENESS = 10  # of two cores that are both busy, it gets a tenth of one


class EmbeddingProcess:
    """Embeds what an encoding would, in another process from the first time that many are asked for.

    Belongs to one thread at a time. The process takes less than 100 MB until the context ends; where it cannot be
    started or is killed, as where memory is short, the rest is embedded on the thread that asks.
    """

    def __init__(self, encoding: Encoding) -> None:
        self._encoding = encoding
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: Connection[Any, Any] | None = None
        self._failed = False
        self._asked = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, err: BaseException | None, at: TracebackType | None) -> None:
        self._end()

    @property
    def pid(self) -> int | None:
        """Of the process, while there is one."""
        return self._process.pid if self._process else None

    def embed(self, notations: Sequence[Notation]) -> Sequence[Float32Array]:
        """See `Encoding.embed`."""
        self._asked += len(notations)
        if notations and self._asked >= WORTH_A_PROCESS and not self._failed:
            try:
                return self._embed_there(notations)
            except (OSError, EOFError) as err:
                self._failed = True
                self._end()
                _log.warning("embedding process ended, its work goes on here: %s", err or "it was killed")
        return self._encoding.embed(notations)

    def _embed_there(self, notations: Sequence[Notation]) -> list[Float32Array]:
        connection = self._connection or self._start()
        rows: list[Float32Array] = []
        for start in range(0, len(notations), _AT_ONCE):
            connection.send(notations[start : start + _AT_ONCE])
            answer = connection.recv()
            if isinstance(answer, InvalidArchitectureError):
                raise answer
            rows += list(answer)
        return rows

    def _start(self) -> "Connection[Any, Any]":
        self._connection, theirs = Pipe()
        with theirs:
            # Not by multiprocessing: that would load the program's commands too, and leave a process behind for good.
            self._process = subprocess.Popen(  # noqa: S603  # our own program
                [sys.executable, "-P", "-m", __name__, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            )
        self._connection.send((self._encoding.space, self._encoding.encoder))
        return self._connection

    def _end(self) -> None:
        """End the process, which holds nothing that could be lost."""
        if self._connection:
            self._connection.close()
        if self._process:
            self._process.kill()
            self._process.wait()
        self._connection = self._process = None


def answer_all(connection: "Connection[Any, Any]") -> None:
    """Embed what comes, by the space and the encoder that come first, until the other side is gone."""
    try:
        space, encoder = connection.recv()
        while True:
            notations = connection.recv()
            try:
                connection.send(encoder.embed([space.parse(notation) for notation in notations]))
            except InvalidArchitectureError as err:
                connection.send(err)
    except (EOFError, ConnectionError):
        return


def _main() -> None:
    os.nice(_NICENESS)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of the terminal that both run in; the service ends this by itself
    threadpool_limits(1)
    with Connection(int(sys.argv[1])) as connection:
        answer_all(connection)


if __name__ == "__main__":
    _main()
