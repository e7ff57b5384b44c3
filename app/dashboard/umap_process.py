"""UMAP in a process of its own, which takes tens of seconds and half a gigabyte that answers must not wait for.

L. McInnes, J. Healy & J. Melville, "UMAP: Uniform Manifold Approximation and Projection for Dimension Reduction",
arXiv 1802.03426; by the package umap-learn, which the server's own process never imports.
"""

import asyncio
import io
import os
import signal
import sys
from importlib.util import find_spec

import numpy as np

from app.predictor.ports import Float32Array
from app.proximity.kernel import FloatArray

_NICENESS = 10  # of two cores that are both busy, it gets a tenth of one
_AT_MOST_S = 900.0
_NEIGHBORS = 15  # UMAP's default
_START_WIDTH = 10.0  # of the first layout, as UMAP's own has it
_ONE_THREAD = dict.fromkeys(("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")


class UmapError(Exception):
    """UMAP could not be computed."""


def umap_is_there() -> bool:
    """Whether the package is installed, as the extra `map` does."""
    return find_spec("umap") is not None


async def umap_places(points: Float32Array, start: FloatArray) -> FloatArray:
    """Where UMAP puts points (n, d): shape (n, 2). The process ends with the wait for it.

    Args:
        start: where its layout begins, shape (n, 2): it keeps left and right, above and below.

    Raises:
        UmapError: it failed, was killed, or took too long.
    """
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", __name__),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, **_ONE_THREAD, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    try:
        answer, errors = await asyncio.wait_for(process.communicate(_packed(points, start)), _AT_MOST_S)
    except TimeoutError:
        raise UmapError(f"it took longer than {_AT_MOST_S:.0f} s") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        lines = errors.decode("utf-8", "replace").splitlines() or ["it was killed"]
        raise UmapError(lines[-1])
    places: FloatArray = np.load(io.BytesIO(answer)).astype(np.float64)
    if places.shape != (len(points), 2) or not np.isfinite(places).all():
        raise UmapError("it gave places that are none")
    return places


def _packed(points: Float32Array, start: FloatArray) -> bytes:
    file = io.BytesIO()
    np.savez(file, points=points.astype(np.float32), start=start.astype(np.float32))
    return file.getvalue()


def _fit(points: Float32Array, start: Float32Array) -> Float32Array:
    import umap  # noqa: PLC0415  # takes seconds, and this process alone

    spread = float(np.ptp(start)) or 1.0
    fitted = umap.UMAP(
        n_components=2,
        n_neighbors=min(_NEIGHBORS, len(points) - 1),
        init=(start - start.mean(axis=0)) * (_START_WIDTH / spread),
        random_state=0,
    ).fit_transform(points)
    return np.asarray(fitted, dtype=np.float32)


def _main() -> None:
    os.nice(_NICENESS)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of the terminal that both run in; the service ends this by itself
    given = np.load(io.BytesIO(sys.stdin.buffer.read()))
    answer = sys.stdout.buffer
    sys.stdout = sys.stderr  # for whatever the package has to say
    np.save(answer, _fit(given["points"], given["start"]))


if __name__ == "__main__":
    _main()
