"""The loops that take nearly all of the time of an estimate, in C++: `kernels`.

Compiled three times on x86-64, for any such processor, for those with AVX2 and FMA, and for those with AVX-512, so that
what is built on one machine runs on another; `kernels` is the widest that this one can run.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.compiled import kernels
else:
    kernels = import_module("app.compiled.plain")
    if (fitting := kernels.fitting_build()) != "plain":
        kernels = import_module(f"app.compiled.{fitting}")

__all__ = ["kernels"]
