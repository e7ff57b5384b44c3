"""From a notation to its embedding, without a server: `python -m benchmarks.encoding`, half a minute.

One thread, in a process that has not seen the candidates before. Much of the time of embedding is OpenBLAS's, whose
kernels depend on the processor, or on the variable OPENBLAS_CORETYPE.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import numpy as np
from threadpoolctl import threadpool_info

from app.bootstrap import limit_threads
from app.domain.architecture import Notation
from app.encoder.checkpoint import load_checkpoint
from app.encoder.served import ServedEncoder
from app.settings import MODELS_DIR
from app.spaces.registry import get_space, space_names
from app.spaces.space import SearchSpace
from benchmarks.report import publish

T = TypeVar("T")

CANDIDATES, SINGLE, ROUNDS = 1_000, 100, 9
_HEAD = [
    f"| space | parse, us each of {CANDIDATES:,} | embed, us each | parse one alone, us | embed one alone, us |",
    "| --- | ---: | ---: | ---: | ---: |",
]


def main() -> None:
    """Draw candidates, have them parsed and embedded by another process, and publish its table."""
    rng = np.random.default_rng(0)
    drawn = {
        name: [[get_space(name).sample(rng).notation for _ in range(CANDIDATES + SINGLE)] for _ in range(ROUNDS)]
        for name in space_names()
    }
    command = [sys.executable, "-m", "benchmarks.encoding", "here"]
    done = subprocess.run(command, input=json.dumps(drawn), check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603
    publish("encoding", "From a notation to its embedding", "python -m benchmarks.encoding", done.stdout.rstrip())


def measure(drawn: Mapping[str, Sequence[Sequence[Notation]]]) -> None:
    """Print a table with a line for each space."""
    limit_threads()
    print("\n".join(_HEAD))
    for name, rounds in drawn.items():
        space = get_space(name)
        encoder = load_checkpoint(MODELS_DIR, space).serving()
        times = [_seconds(space, encoder, notations) for notations in rounds]
        print(f"| {name} | {' | '.join(f'{seconds * 1e6:.0f}' for seconds in np.median(times, axis=0))} |")
    kernels = next(each["architecture"] for each in threadpool_info() if each["internal_api"] == "openblas")
    print(f"\nKernels of OpenBLAS: {kernels}.")


def _seconds(space: SearchSpace, encoder: ServedEncoder, notations: Sequence[Notation]) -> tuple[float, ...]:
    """To parse and to embed each of many, then to parse and to embed one alone."""
    many, single = notations[:CANDIDATES], notations[CANDIDATES:]
    parsed, parse = _timed(lambda: [space.parse(each) for each in many])
    _, embed = _timed(lambda: encoder.embed(parsed))
    alone, parse_alone = _timed(lambda: [space.parse(each) for each in single])
    _, embed_alone = _timed(lambda: [encoder.embed([each]) for each in alone])
    return parse / CANDIDATES, embed / CANDIDATES, parse_alone / SINGLE, embed_alone / SINGLE


def _timed(call: Callable[[], T]) -> tuple[T, float]:
    start = time.perf_counter()
    result = call()
    return result, time.perf_counter() - start


if __name__ == "__main__":
    measure(json.load(sys.stdin)) if sys.argv[1:] == ["here"] else main()
