"""The tables of docs/scaling.md, which `benchmarks.scaling` writes between marks."""

import re
from collections.abc import Mapping
from pathlib import Path

from benchmarks.cluster.measured import Measured
from benchmarks.scaling import limits, sizes

PAGE = Path(__file__).parents[2] / "docs" / "scaling.md"


def calculated(measured: Measured) -> dict[str, str]:
    """By the name of the mark, the tables that need no simulation."""
    return {
        "observations": sizes.size_table([sizes.size(measured, n) for n in sizes.OBSERVATIONS]),
        "workers": sizes.demand_table([sizes.demand(measured, n) for n in sizes.WORKERS]),
        "first": limits.table(limits.limits(measured)),
    }


def marked(page: str, name: str) -> str:
    """What stands between the marks of this name.

    Raises:
        ValueError: there are none.
    """
    found = _between(name).search(page)
    if not found:
        raise ValueError(f"the page has no <!-- {name} --> with an end")
    return found[1]


def with_tables(page: str, tables: Mapping[str, str]) -> str:
    """The page with these between its marks; see `marked` for the error."""
    for name, table in tables.items():
        marked(page, name)
        written = f"<!-- {name} -->\n{table}\n<!-- /{name} -->".replace("\\", r"\\")
        page = _between(name).sub(written, page)
    return page


def _between(name: str) -> re.Pattern[str]:
    return re.compile(rf"<!-- {name} -->\n(.*?)\n<!-- /{name} -->", re.DOTALL)
