"""The loops that take nearly all of the time of an estimate, in C++: `kernels`.

Compiled twice on x86-64, for any such processor and for those with AVX2 and FMA, so that what is built on one machine
runs on another; `kernels` is what this one can run.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.compiled import kernels
else:
    kernels = import_module("app.compiled.plain")
    if kernels.has_wide_vectors():
        kernels = import_module("app.compiled.wide")

__all__ = ["kernels"]
