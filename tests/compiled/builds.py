"""The builds of the compiled loops that this processor can run."""

from app.compiled import kernels

_ALL = ["plain", "wide", "widest"]
BUILDS = [f"app.compiled.{name}" for name in _ALL[: _ALL.index(kernels.fitting_build()) + 1]]
