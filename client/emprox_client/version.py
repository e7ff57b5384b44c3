"""The version of this package, as it is installed."""

from importlib.metadata import PackageNotFoundError, version


def _installed() -> str:
    try:
        return version("emprox-client")
    except PackageNotFoundError:  # run from a checkout that is not installed
        return "unknown"


VERSION = _installed()
