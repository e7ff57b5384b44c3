"""How much a serving process holds in memory."""

import subprocess
import sys
from pathlib import Path

import pytest

from app.predictor.trainings import observations_to_fit

from .cells import cells, trained
from .server_process import serving

N = 1000


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_thousand_observations_take_less_than_600_megabytes(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as server:
        for seed in range(4):
            server.observe(trained(N // 4, seed))
        server.fitted(observations_to_fit(N))
        server.predict(cells(100, seed=9))

        assert server.study().observations == N
        assert server.resident_megabytes() < 600


def test_serving_does_not_import_torch() -> None:
    program = (
        "import sys, app.bootstrap, app.cli.serve, app.settings\n"
        "from app.encoder.library import EncoderLibrary\n"
        "app.bootstrap.load_encodings(EncoderLibrary(app.settings.MODELS_DIR, app.settings.MODELS_DIR / 'none'))\n"
        "sys.exit('torch was imported' if 'torch' in sys.modules else 0)"
    )

    process = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)  # noqa: S603

    assert (process.returncode, process.stderr) == (0, "")
