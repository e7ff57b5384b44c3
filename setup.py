"""What setuptools cannot be told in pyproject.toml: the loops that are compiled, and how."""

import platform
from pathlib import Path

from pybind11.setup_helpers import Pybind11Extension
from setuptools import setup

# Sums in the order that they are written in, but two operations may be rounded as one.
PLAIN = ["-O3", "-std=c++17", "-ffp-contract=fast", "-fno-math-errno", "-fno-trapping-math", "-Wno-psabi"]
WIDEST = [f"-mavx512{part}" for part in ("f", "vl", "bw", "dq")] + ["-mfma"]
HEADERS = sorted(map(str, Path("app/compiled").glob("*.h")))


def extension(name: str, *flags: str) -> Pybind11Extension:
    """The module of this name, of a source of its own: they are compiled at the same time, and to files named by it."""
    return Pybind11Extension(
        f"app.compiled.{name}",
        [f"app/compiled/{name}.cpp"],
        depends=HEADERS,
        extra_compile_args=[*PLAIN, *flags],
    )


extensions = [extension("plain")]
if platform.machine().lower() in {"x86_64", "amd64"}:  # for any such processor, those since 2013, those with AVX-512
    extensions.append(extension("wide", "-mavx2", "-mfma"))
    extensions.append(extension("widest", *WIDEST, "-mprefer-vector-width=512"))
setup(ext_modules=extensions, options={"build_ext": {"parallel": len(extensions)}})
