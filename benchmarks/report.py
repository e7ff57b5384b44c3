"""Writes a benchmark's table into RESULTS.md, in the place of its last one."""

import os
import platform
import re
from datetime import UTC, datetime
from pathlib import Path

RESULTS = Path(__file__).parent / "RESULTS.md"


def benchmark_data() -> Path:
    """Folder of the benchmark tables.

    Raises:
        SystemExit: it is not there; says how to name it.
    """
    folder = Path(os.environ.get("EMPROX_BENCHMARK_DATA", Path(__file__).parents[2] / "shared" / "data"))
    if not folder.is_dir():
        raise SystemExit("set EMPROX_BENCHMARK_DATA to the folder that holds nasbench201.csv.gz")
    return folder


def publish(name: str, title: str, command: str, table: str) -> None:
    """Print a table, and put it under its name into RESULTS.md with machine and date."""
    section = f"<!-- {name} -->\n## {title}\n\n`{command}` on {machine_and_date()}.\n\n{table}\n<!-- /{name} -->\n"
    old = RESULTS.read_text() if RESULTS.exists() else "# Results\n\nEach table comes from the command above it.\n"
    marked = re.compile(rf"<!-- {name} -->.*?<!-- /{name} -->\n", re.DOTALL)
    RESULTS.write_text(marked.sub(lambda _: section, old) if marked.search(old) else f"{old}\n{section}")
    print(section)


def machine_and_date() -> str:
    """When it is, and what is measured on."""
    machine = f"{_processor()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    return f"{datetime.now(UTC):%Y-%m-%d}: {machine}"


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    names = re.findall(r"model name\s*: (.*)", cpuinfo.read_text()) if cpuinfo.exists() else []
    return names[0] if names else platform.processor() or platform.machine()
