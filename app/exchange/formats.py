"""The formats, and how a file's name tells them apart."""

from enum import StrEnum
from pathlib import Path

from app.exchange.errors import ExchangeError

_COMPRESSED = ".gz"


class Format(StrEnum):
    """How observations are written."""

    CSV = "csv"
    NDJSON = "ndjson"
    PARQUET = "parquet"


_BY_SUFFIX = {".csv": Format.CSV, ".jsonl": Format.NDJSON, ".ndjson": Format.NDJSON, ".parquet": Format.PARQUET}


def format_of(path: Path, way_out: str) -> Format:
    """The format that the ending of a name stands for, `.gz` left out.

    Args:
        way_out: what to do where it stands for none.

    Raises:
        ExchangeError: it stands for none.
    """
    suffix = Path(path.name.removesuffix(_COMPRESSED)).suffix
    if suffix not in _BY_SUFFIX:
        raise ExchangeError(f"{path} does not end in {', '.join(_BY_SUFFIX)}: {way_out}")
    return _BY_SUFFIX[suffix]


def compressed(path: Path) -> bool:
    """Whether the name says that a text is compressed."""
    return path.suffix == _COMPRESSED
