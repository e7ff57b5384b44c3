"""The helpers need nothing but Python until they are given something of a library."""

import subprocess
import sys

HEAVY = ("torch", "onnx", "numpy", "ConfigSpace", "optuna", "nni", "pandas")


def test_no_library_is_imported_before_it_is_needed() -> None:
    code = "import sys, emprox_client.architectures; print(*sys.modules)"

    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()  # noqa: S603

    assert "emprox_client.architectures" in loaded
    assert not set(HEAVY) & set(loaded)
