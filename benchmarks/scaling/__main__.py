"""From ten thousand observations to a billion, and from one worker to ten thousand: `python -m benchmarks.scaling`.

Calculates from what `benchmarks.cluster` measured last, and simulates replicas with those times. Two minutes; needs no
server. Writes the tables of docs/scaling.md and draws docs/scaling.svg.
"""

import argparse
import sys
from dataclasses import fields, replace
from pathlib import Path

from benchmarks.cluster.measured import PATH, Measured, read
from benchmarks.report import publish
from benchmarks.scaling import crowds, validation
from benchmarks.scaling.page import PAGE, calculated, with_tables
from benchmarks.scaling.plot import PLOT, plot
from benchmarks.scaling.times import Times

_INSTEAD = "instead of what was measured"
_HEADINGS = {
    "observations": "Calculated: what observations take",
    "workers": "Calculated: what workers ask for",
    "first": "Calculated: what gives first",
}


def main() -> None:
    """Calculate, simulate, draw, and publish."""
    arguments = _parser().parse_args()
    measured = read(arguments.measured)
    times = replace(Times.of(measured), **_chosen(arguments))
    beside = validation.beside(measured, times, arguments.seconds)
    found = []
    for replicas in crowds.REPLICAS:
        for workers in arguments.workers:
            print(f"{replicas} replicas, {workers:,} workers", file=sys.stderr, flush=True)
            found.append(crowds.crowd(workers, replicas, times, arguments.seconds))
    of_page = calculated(measured)
    tables = "\n\n".join(
        [
            _told(measured, times),
            "### Simulated beside measured",
            validation.table(beside),
            "### Simulated: workers on replicas",
            crowds.table(found),
            *(f"### {heading}\n\n{of_page[name]}" for name, heading in _HEADINGS.items()),
        ]
    )
    if arguments.print:
        print(tables)
        return
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8"), of_page), encoding="utf-8")
    plot(found, PLOT)
    publish("scaling", "From ten thousand to a billion", "python -m benchmarks.scaling", tables)


def _told(measured: Measured, times: Times) -> str:
    listed = ", ".join(
        f"{each.name.replace('_', ' ')} {1000 * getattr(times, each.name):.3f}" for each in fields(times)
    )
    return (
        f"Times of `python -m benchmarks.cluster` on {measured.told}, with {measured.n:,} observations, in ms: "
        f"{listed}. Beside the measured totals the simulation has {measured.cores} cores, which replicas, database and "
        "clients share; elsewhere every replica has as many as it needs. There, a worker waits a second, on average, "
        "between an answer and its next request, of which one in ten observes. Who is not served yet waits; a "
        "real server would refuse (503) what is above its queue's limit, and the client would ask again."
    )


def _chosen(arguments: argparse.Namespace) -> dict[str, float]:
    given = {each.name: getattr(arguments, each.name) for each in fields(Times)}
    return {name: ms / 1000 for name, ms in given.items() if ms is not None}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scaling", description=__doc__)
    parser.add_argument("--measured", type=Path, default=PATH, help="what `benchmarks.cluster` wrote, default its last")
    parser.add_argument("--seconds", type=float, default=10.0, help="simulated of each, default 10")
    parser.add_argument(
        "--workers",
        type=lambda text: [int(each) for each in text.split(",")],
        default=crowds.WORKERS,
        help="default 1,3,10,30,100,300,1000,3000,10000",
    )
    for each in fields(Times):
        parser.add_argument(f"--{each.name.replace('_', '-')}", type=float, metavar="MS", help=_INSTEAD)
    parser.add_argument("--print", action="store_true", help="print, and leave RESULTS.md and the page as they are")
    return parser


if __name__ == "__main__":
    main()
