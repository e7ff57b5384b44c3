"""How cost grows, over HTTP: `python -m benchmarks.growth`, twenty minutes, and an hour more to make the first million.

Random DARTS cells with made-up values; of graphs, those of declared spaces. Draws docs/growth.svg.
"""

import argparse
import tempfile
from pathlib import Path

from app.bootstrap import limit_threads
from benchmarks.growth import graphs, neighbors, studies
from benchmarks.growth.plot import PLOT, plot
from benchmarks.report import publish


def main() -> None:
    """Measure everything, draw it, and publish the tables."""
    arguments = _arguments()
    limit_threads()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(arguments.folder or temporary)
        of_studies = [studies.measure(folder, n) for n in arguments.sizes]
        of_neighbors = neighbors.measure(folder)
    of_graphs = graphs.measure()
    tables = "\n\n".join([studies.table(of_studies), neighbors.table(of_neighbors), graphs.table(of_graphs)])
    if arguments.print:
        print(tables)
    else:
        plot(of_studies, of_neighbors, of_graphs, PLOT)
        publish("growth", "How cost grows", "python -m benchmarks.growth", tables)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth", description=__doc__)
    parser.add_argument(
        "--sizes",
        type=lambda text: [int(each) for each in text.split(",")],
        default=[100, 1_000, 10_000, 100_000, 1_000_000],
        help="observations, default 100,1000,10000,100000,1000000",
    )
    parser.add_argument("--folder", help="keep the filled data directories here for another run")
    parser.add_argument("--print", action="store_true", help="print, and leave RESULTS.md and the picture as they are")
    return parser.parse_args()


if __name__ == "__main__":
    main()
