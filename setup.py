"""What setuptools cannot be told in pyproject.toml: the loops that are compiled, and how."""

import platform

from pybind11.setup_helpers import Pybind11Extension
from setuptools import setup

# Sums in the order that they are written in, but two operations may be rounded as one.
PLAIN = ["-O3", "-std=c++17", "-ffp-contract=fast", "-fno-math-errno", "-fno-trapping-math", "-Wno-psabi"]
HEADERS = [
    f"app/compiled/{name}.h"
    for name in ("anchors", "canonical", "linear", "message_passing", "nearest", "neighbors", "parallel", "vectors")
]


def extension(name: str, *flags: str) -> Pybind11Extension:
    """The module of this name."""
    return Pybind11Extension(
        f"app.compiled.{name}",
        ["app/compiled/module.cpp"],
        define_macros=[("MODULE", name)],
        depends=HEADERS,
        extra_compile_args=[*PLAIN, *flags],
    )


extensions = [extension("plain")]
if platform.machine().lower() in {"x86_64", "amd64"}:  # one for any such processor, one for those since 2013
    extensions.append(extension("wide", "-mavx2", "-mfma"))
setup(ext_modules=extensions, options={"build_ext": {"parallel": len(extensions)}})
