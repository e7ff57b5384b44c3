"""What `emprox doctor` looks at."""

import http.client
import json
import os
import platform
import shutil
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from rich.console import Console

from app.bootstrap import is_alone
from app.cli.checks.finding import Finding, found
from app.domain.errors import EmproxError
from app.encoder.library import EncoderLibrary
from app.settings import Settings
from app.spaces.registry import get_space, space_names
from app.storage.data_directory import held
from app.storage.key_file import KEY_FILE, KeyFile
from app.storage.postgres import described
from app.storage.sqlite import DATABASE_FILE

# Of the client, of the compose file, and of benchmarks and tests.
_OTHERS = {
    "EMPROX_API_KEY", "EMPROX_URL", "EMPROX_PUBLISH", "EMPROX_CLUSTER_PUBLISH", "EMPROX_MEMORY", "EMPROX_CPUS",
    "EMPROX_BENCHMARK_DATA",
}  # fmt: skip
_HIDDEN = {"EMPROX_API_KEY", "EMPROX_DATABASE_URL"}
_FREE_BYTES = 1_000_000_000
_SLOW_SYNC_SECONDS = 0.05
_SYNCS = 5
_LEAST_MEMORY_BYTES = 1_000_000_000


def run_doctor(settings: Settings) -> bool:
    """Print a finding for each thing; whether all is well."""
    well = True
    for look in (_program, _settings, _machine, _data, _database, _disk, _keys, _encoders, _server):
        finding = _safely(look, settings)
        Console().print(finding.line, soft_wrap=True, highlight=False, markup=False)
        well = well and finding.ok
    return well


def _safely(look: Callable[[Settings], Finding], settings: Settings) -> Finding:
    try:
        return look(settings)
    except (EmproxError, OSError) as err:
        return Finding(look.__name__[1:], ok=False, told=f"{err}: see docs/operation.md")


def _program(_: Settings) -> Finding:
    told = f"emprox-server {version('emprox-server')}, Python {platform.python_version()}, {platform.platform()}"
    return found("program", [], told, "")


def _settings(_: Settings) -> Finding:
    """A misspelled variable is one that nobody reads."""
    from app.cli.main import odd_settings, variables  # which this is a part of

    given = {name: value for name, value in sorted(os.environ.items()) if name.startswith("EMPROX_")}
    strange = [f"{name} is no setting" for name in given if name not in variables() | _OTHERS]
    strange += odd_settings()
    shown = [f"{name}={'***' if name in _HIDDEN else value}" for name, value in given.items()]
    return found("settings", strange, ", ".join(shown) or "all by default", "docs/operation.md has the names")


def _machine(_: Settings) -> Finding:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    memory = _memory()
    problems = [] if memory >= _LEAST_MEMORY_BYTES else [f"there are {memory / 1e9:.1f} GB of memory for all processes"]
    told = f"{cores} cores, {memory / 1e9:.1f} GB of memory"
    return found("machine", problems, told, "give it 1 GB, more for more than 10,000 observations (docs/sizing.md)")


def _memory() -> int:
    """Of the machine, or of the container that this is."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        return min(total, int(Path("/sys/fs/cgroup/memory.max").read_text()))
    except (OSError, ValueError):  # no container, or one without a limit
        return total


def _data(settings: Settings) -> Finding:
    directory, place = settings.data_dir.resolve(), _place(settings)
    problems = [] if os.access(place, os.R_OK | os.W_OK | os.X_OK) else [f"{place} cannot be written by this user"]
    way_out = "let this user own it, or name another directory by EMPROX_DATA_DIR"
    if directory.exists() and directory != place:
        problems = [f"{directory} is no folder"]
    if directory != place:
        return found("data", problems, f"{directory} is not there yet: the server makes it", way_out)
    database = directory / DATABASE_FILE
    size = f"database of {database.stat().st_size / 1e6:.1f} MB" if database.is_file() else "no database yet"
    holder = "held by a server" if held(directory) else "no server runs on it"
    return found("data", problems, f"{directory}, {size}, {holder}", way_out)


def _database(settings: Settings) -> Finding:
    if not settings.database_url:
        return found("database", [], "SQLite, in the data directory", "")
    return found("database", [], described(settings.database_url), "")


def _disk(settings: Settings) -> Finding:
    place = _place(settings)
    free = shutil.disk_usage(place).free
    problems = [] if free >= _FREE_BYTES else [f"{free / 1e9:.2f} GB are free at {place}"]
    seconds = _sync_seconds(place)
    if seconds > _SLOW_SYNC_SECONDS:
        problems.append(f"the disk takes {1000 * seconds:.0f} ms to say that a write is safe, and so does each commit")
    told = f"{free / 1e9:.1f} GB free, {1000 * seconds:.1f} ms for a write to be safe"
    return found("disk", problems, told, "make room, or put the data directory on a local SSD")


def _place(settings: Settings) -> Path:
    """The data directory, or the nearest folder above that is there."""
    directory = settings.data_dir.resolve()
    return next(each for each in (directory, *directory.parents) if each.is_dir())


def _sync_seconds(place: Path) -> float:
    spent = []
    with tempfile.TemporaryFile(dir=place) as file:
        for _ in range(_SYNCS):
            start = time.perf_counter()
            file.write(b"x" * 4096)
            file.flush()
            os.fsync(file.fileno())
            spent.append(time.perf_counter() - start)
    return sorted(spent)[_SYNCS // 2]


def _keys(settings: Settings) -> Finding:
    file = KeyFile(settings.keys_folder)
    now = datetime.now(UTC)
    problems = []
    if not file.required and not is_alone(settings) and not settings.without_keys:
        problems.append("there are none, and other machines can reach the server")
    if not file.required and settings.keys_required:
        problems.append("there are none, and EMPROX_KEYS_REQUIRED is set")
    path = settings.keys_folder / KEY_FILE
    if path.exists() and path.stat().st_mode & 0o077:
        problems.append(f"{path} can be read by other users")
    valid = sum(key.is_valid(now) for key in file.keys.values())
    if file.required and not valid:
        problems.append("none is valid any more, so nobody is let in")
    told = f"{valid} valid" if file.required else "none: whoever reaches the server may read and write everything"
    return found("keys", problems, told, "see docs/keys.md, 'emprox keys create' and 'chmod 600'")


def _encoders(settings: Settings) -> Finding:
    told: list[str] = []
    problems = [] if settings.models_dir.is_dir() else [f"{settings.models_dir} is no folder"]
    with tempfile.TemporaryDirectory() as made:
        library = EncoderLibrary(settings.models_dir, Path(made))
        for name in space_names():
            try:
                served = library.load(get_space(name))
                told.append(f"{served.version} ({served.kind})")
            except EmproxError as err:
                problems.append(str(err))
    way_out = "name their folder by EMPROX_MODELS_DIR, or train with 'emprox train'"
    return found("encoders", problems, ", ".join(told), way_out)


def _server(settings: Settings) -> Finding:
    """Whether one answers where it should listen."""
    host = "127.0.0.1" if settings.host in {"0.0.0.0", "::"} else settings.host  # noqa: S104  # nosec B104
    address = f"{host}:{settings.port}"
    try:
        with closing(http.client.HTTPConnection(host, settings.port, timeout=5)) as connection:
            connection.request("GET", "/health/ready")
            response = connection.getresponse()
            body = json.loads(response.read())
        told = body["detail"] if response.status != 200 else body["status"]
    except ConnectionRefusedError:
        return found("server", [], f"nothing listens on {address}", "")
    except (OSError, ValueError, LookupError, TypeError, http.client.HTTPException) as err:
        return found("server", [f"what listens on {address} is no server of this kind ({err})"], "", "set EMPROX_PORT")
    problems = [] if response.status == 200 else [f"the one on {address} is not ready: {told}"]
    return found("server", problems, f"ready on {address}", "its log says more")
