"""How fast the service is, beside the floor of HTTP: `make bench-serving`, on two cores.

Starts everything that it needs, and measures in turns: our server; the floor, a FastAPI route that validates and echoes
the same bodies in the same uvicorn; and a bare uvicorn. Load comes from wrk (Debian: apt-get install wrk).
"""

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks.report import publish
from benchmarks.serving import comparing, counting, in_process, mixing, observing, predicting, scaling, starting
from benchmarks.serving.options import Measured, Options
from benchmarks.serving.targets import target_table

_PARTS: dict[str, tuple[str, str, Callable[[Options], Measured]]] = {
    "predict": ("Estimates", "six minutes for each size", predicting.measure),
    "observe": ("Observations", "a minute", observing.measure),
    "mixed": ("Estimates while workers observe", "a minute", mixing.measure),
    "counts": ("A new observation counts", "a minute", counting.measure),
    "start": ("After the start", "a minute", starting.measure),
    "process": ("Without a server", "four minutes", in_process.measure),
    "scale": ("A large study", "an hour and more with a million, most of it to make it", scaling.measure),
    "others": ("Other servers", "two minutes", comparing.measure),
}
_ON_DEMAND = {"scale", "others"}


def main() -> None:
    """Measure what is wanted, and publish it."""
    arguments = _parser().parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        options = Options(
            Path(arguments.folder or temporary),
            arguments.sizes,
            arguments.rounds,
            arguments.seconds,
            arguments.clients,
            arguments.space,
            arguments.large,
            arguments.litserve,
            arguments.bentoml,
        )
        measured = {name: _PARTS[name][2](options) for name in arguments.only}
    targets = {name: figure for each in measured.values() for name, figure in each.targets.items()}
    sections = [target_table(targets)]
    sections += [f"### {_PARTS[name][0]}\n\n{each.tables}" for name, each in measured.items()]
    if arguments.print:
        print("\n\n".join(sections))
    else:
        publish("serving", "Serving", _command(arguments), "\n\n".join(sections))


def _command(arguments: argparse.Namespace) -> str:
    """What measures the same again."""
    default = _parser().parse_args([])
    listed = {
        name: ",".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
        for name, value in vars(arguments).items()
        if name not in {"folder", "print"} and value != getattr(default, name)
    }
    options = "".join(f" --{name} {value}" for name, value in listed.items())
    return f"python -m benchmarks.serving{options}" if options else "make bench-serving"


def _parser() -> argparse.ArgumentParser:
    takes = "; ".join(f"{name}: {takes}" for name, (_, takes, _) in _PARTS.items())
    parser = argparse.ArgumentParser(prog="python -m benchmarks.serving", description=__doc__, epilog=takes)
    parser.add_argument(
        "--only",
        type=_parts,
        default=[each for each in _PARTS if each not in _ON_DEMAND],
        help=f"parts, of {','.join(_PARTS)}; default all but {' and '.join(sorted(_ON_DEMAND))}",
    )
    parser.add_argument(
        "--sizes", type=_numbers, default=(100, 500, 10_000), help="observations, default 100,500,10000"
    )
    parser.add_argument("--clients", type=_numbers, default=(1, 8, 32), help="of /predict at once, default 1,8,32")
    parser.add_argument("--rounds", type=int, default=3, help="of everything, in turns; default 3")
    parser.add_argument("--seconds", type=float, default=2.0, help="of each load; default 2")
    parser.add_argument("--space", choices=("nasbench101", "darts"), default="nasbench101")
    parser.add_argument("--large", type=int, default=1_000_000, help="observed in part scale; default 1000000")
    parser.add_argument("--litserve", help="in part others: a Python that has LitServe and what this server needs")
    parser.add_argument("--bentoml", help="in part others: the same of BentoML")
    parser.add_argument("--folder", help="keep the filled data directories here for another run")
    parser.add_argument("--print", action="store_true", help="print, and leave RESULTS.md as it is")
    return parser


def _parts(text: str) -> list[str]:
    names = text.split(",")
    if unknown := set(names) - set(_PARTS):
        raise argparse.ArgumentTypeError(f"there is no part {', '.join(sorted(unknown))}")
    return names


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(each) for each in text.split(","))


if __name__ == "__main__":
    main()
