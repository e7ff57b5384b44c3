"""What `emprox check` does."""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from app.bootstrap import KEPT_ENCODERS, limit_threads, new_index
from app.cli.checks.caches import odd_cache
from app.cli.checks.database import check_database
from app.cli.checks.encoders import ServedEncodings
from app.cli.checks.finding import Finding, found
from app.cli.checks.observations import odd_architectures, sampled
from app.domain.errors import EmproxError, StoreError
from app.predictor.encoding import Encoding
from app.predictor.loading import load_study
from app.predictor.store import ObservationStore, StudyRecord
from app.settings import Settings
from app.storage.data_directory import locked
from app.storage.sqlite import DATABASE_FILE, read_sqlite_store
from app.storage.study_cache import FOLDER, FileStudyCache

_RESTORE = "amend or retract it, or restore a backup with 'emprox restore'"
_MEND = "run 'emprox check --mend' while no server runs; a start computes it anew as well"

Served = list[tuple[StudyRecord, Encoding]]


def run_check(settings: Settings, sample: int | None, *, mend: bool) -> bool:
    """Check a data directory, and print what was found; whether all is well."""
    limit_threads()
    if mend:
        _mend(settings)
    well = True
    for finding in _findings(settings, sample):
        Console().print(finding.line, soft_wrap=True, highlight=False, markup=False)
        well = well and finding.ok
    return well


def _findings(settings: Settings, sample: int | None) -> Iterator[Finding]:
    of_database = check_database(settings.data_dir / DATABASE_FILE)
    yield from of_database
    if not all(finding.ok for finding in of_database if finding.what in {"database", "schema"}):
        return  # the rest cannot be read
    kept = settings.data_dir / KEPT_ENCODERS
    with closing(read_sqlite_store(settings.data_dir)) as store, tempfile.TemporaryDirectory() as copied:
        if kept.is_dir():
            shutil.copytree(kept, copied, dirs_exist_ok=True)
        # Beside a running server, an embedding that is missing is made in the copy.
        encodings = ServedEncodings(settings.models_dir, Path(copied), store.spaces())
        studies = store.studies()
        yield encodings.check(studies, kept)
        served = _served(studies, encodings)
        yield _notations(store, served, sample)
        yield _caches(store, served, FileStudyCache(settings.data_dir / FOLDER), sample)


def _served(studies: Sequence[StudyRecord], encodings: ServedEncodings) -> Served:
    served = []
    for record in studies:
        try:
            served.append((record, encodings.of(record)))
        except EmproxError:
            continue  # the check of encoders tells
    return served


def _notations(store: ObservationStore, served: Served, sample: int | None) -> Finding:
    problems: list[str] = []
    n = sum(record.n_observations + record.n_retracted for record, _ in served)
    with _bar("parsing notations", min(n, sample * len(served)) if sample else n) as advance:
        for record, encoding in served:
            name, n_stored = record.study.name, record.n_observations + record.n_retracted
            odd = odd_architectures(sampled(store, name, n_stored, sample), encoding.space, advance)
            problems += [f"study {name!r}: {each}" for each in odd]
    return found("notations", problems, f"{_of(sample, n)} give the architectures that are stored", _RESTORE)


def _caches(store: ObservationStore, served: Served, cache: FileStudyCache, sample: int | None) -> Finding:
    problems = [f"{name} is damaged" for name in cache.damaged()]
    strays = cache.strays([record.study.name for record in store.studies()])
    problems += [f"{name} is of a study that is not there" for name in strays]
    with _bar("embedding again", None) as advance:
        for record, encoding in served:
            problems += odd_cache(record.study.name, store, encoding, cache, sample, advance)
    return found("caches", problems, f"of {len(served)} studies are what their encoders give", _MEND)


def _mend(settings: Settings) -> None:
    """Compute the caches of all studies anew, from the database as it is."""
    started = time.monotonic()
    if not (settings.data_dir / DATABASE_FILE).is_file():
        raise StoreError(f"there is no database {settings.data_dir / DATABASE_FILE}: name the data directory")
    with locked(settings.data_dir), closing(read_sqlite_store(settings.data_dir)) as store:
        encodings = ServedEncodings(settings.models_dir, settings.data_dir / KEPT_ENCODERS, store.spaces())
        shutil.rmtree(settings.data_dir / FOLDER, ignore_errors=True)
        cache = FileStudyCache(settings.data_dir / FOLDER)
        served = _served(store.studies(), encodings)
        n_mended = 0
        with _bar("computing caches anew", len(served)) as advance:
            for record, encoding in served:
                try:
                    load_study(record.study.name, store, encoding, cache, new_index)
                    n_mended += 1
                except EmproxError:
                    pass  # the checks tell, with more of it
                advance()
    told = f"caches of {n_mended} studies computed anew, {time.monotonic() - started:.1f} s"
    Console(stderr=True).print(told, soft_wrap=True, highlight=False)


def _of(sample: int | None, n: int) -> str:
    return f"all {n} observations" if sample is None else f"about {sample} observations of each study"


@contextmanager
def _bar(what: str, total: int | None) -> Iterator[Callable[[], None]]:
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task(what, total=total)
        yield lambda: progress.advance(bar)
