"""How many of the true neighbors HNSW finds in a large study: `python -m benchmarks.recall --folder DIR`.

The study of `make bench-serving`, part scale, and fresh candidates of its search space. Two minutes once it is filled.
"""

import argparse
import tempfile
from contextlib import closing
from itertools import islice
from pathlib import Path

import numpy as np

from app.bootstrap import limit_threads, load_index, new_index
from app.encoder.library import EncoderLibrary
from app.index.exact import ExactIndex
from app.predictor.encoding import Encoding
from app.predictor.loading import load_study
from app.predictor.near_points import NEIGHBORS, NearPoints
from app.proximity.principal import near
from app.settings import MODELS_DIR
from app.spaces.registry import get_space
from app.storage.sqlite import open_sqlite_store
from app.storage.study_cache import FOLDER, FileStudyCache
from benchmarks.report import publish
from benchmarks.serving.filled import METRIC, NAME, filled
from benchmarks.serving.notations import notations
from benchmarks.serving.scaling import SPACE

_ASKED = 500


def main() -> None:
    """Publish the recall at each size."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.recall", description=__doc__)
    parser.add_argument("--sizes", default="100000,1000000", help="observations, default 100000,1000000")
    parser.add_argument("--folder", help="keep the filled data directories here for another run")
    arguments = parser.parse_args()
    limit_threads()
    lines = [f"| observations | recall of {NEIGHBORS} neighbors |", "| ---: | ---: |"]
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(arguments.folder or temporary)
        lines += [f"| {n:,} | {_recall(folder, n):.4f} |" for n in map(int, arguments.sizes.split(","))]
    told = f"Of {_ASKED} fresh candidates, among the architectures that are no anchors, against exact search.\n"
    publish(
        "recall",
        "Recall of the neighbors",
        f"python -m benchmarks.recall --sizes {arguments.sizes}",
        "\n".join([told, *lines]),
    )


def _recall(folder: Path, n: int) -> float:
    data = filled(folder, SPACE, n)
    library = EncoderLibrary(MODELS_DIR, data / "encoders")
    encoding = Encoding(get_space(SPACE), library.load(get_space(SPACE)))
    with closing(open_sqlite_store(data)) as store:
        state = load_study(NAME, store, encoding, FileStudyCache(data / FOLDER, load_index), new_index)
    points: NearPoints | None = state.models[METRIC]._target._near  # no answer tells its neighbors' index
    if points is None:
        raise SystemExit(f"{n} observations have no anchors: name more")
    asked = encoding.embed(list(islice(notations(SPACE, seed=3), _ASKED)))
    model = state.models[METRIC]
    queries = near(points._axes.of_points(model.scales.points(np.stack(asked), model.groups)))
    others = points._points.rows[points._label_of_other.rows]
    exact = ExactIndex(others.shape[1])
    exact.add(others)
    found, _ = points._index.search(queries, NEIGHBORS)
    truth, _ = exact.search(queries, NEIGHBORS)
    return float(np.mean([np.isin(a, b).mean() for a, b in zip(truth, found, strict=True)]))


if __name__ == "__main__":
    main()
