"""A filled database, and the data directories of replicas that have embedded it, made once and copied for each run."""

import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.cluster.database import Database
from benchmarks.cluster.filling import fill
from benchmarks.server import running

SMALLEST = 30_000  # observations, of which beside the anchors enough are left for a graph in memory and in PostgreSQL
_SEARCHES = ("memory", "pgvector")
_RUN = "run"  # the database of a run


def say(what: str) -> None:
    """How far the benchmark is."""
    print(f"[{time.strftime('%H:%M:%S')}] {what}", file=sys.stderr, flush=True)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A study of n that is stored, embedded and fitted.

    Args:
        folder: of the data directories, one for each place where neighbors are looked for.
        name: of the database.
    """

    database: Database
    folder: Path
    name: str
    n: int

    @contextmanager
    def copied(self) -> Iterator[str]:
        """The address of a copy of the database that may change; it is gone after the context."""
        self.database.ask("CHECKPOINT")
        self.database.create(_RUN, self.name)
        try:
            yield self.database.url(_RUN)
        finally:
            self.database.drop(_RUN)

    def data(self, search: str = "memory") -> Path:
        """The data directory of a replica, not to be changed."""
        return self.folder / search

    def vector_bytes(self) -> int:
        """Of the tables and graphs of pgvector, which every copy has."""
        of_tables = "SELECT sum(pg_total_relation_size(oid)) FROM pg_class WHERE relname ~ '^vectors_[0-9]+$'"
        return int(self.database.ask(of_tables, self.name))

    def bytes(self) -> dict[str, float]:
        """Of each observation, and how many seconds it took to be embedded: fields of `Costs`."""
        vectors = self.vector_bytes()
        cache = sum(512 * path.stat().st_blocks for path in self.data().rglob("*"))
        embedded, graph = (float((self.folder / f"{each}-embedded").read_text()) for each in _SEARCHES)
        of_all = {
            "stored_bytes": self.database.size(self.name) - vectors,
            "vector_bytes": vectors,
            "cache_bytes": cache,
            "embed_s": embedded,
            "graph_s": graph,
        }
        return {name: each / self.n for name, each in of_all.items()}

    @contextmanager
    def replica(self, url: str, search: str = "memory") -> Iterator[tuple[int, int, float]]:
        """Port, process id, and seconds until ready, of a replica that finds its cache, as after a restart."""
        with TemporaryDirectory(dir=self.folder) as temporary:
            data = shutil.copytree(self.data(search), Path(temporary) / "data")
            with running(str(data), **_settings(url, search)) as started:
                yield started


def prepare(database: Database, folder: Path, n: int) -> Prepared:
    """What `Prepared` says, made where the folder does not have it."""
    prepared = Prepared(database, folder / f"replicas-{n}", f"filled_{n}", n)
    prepared.folder.mkdir(parents=True, exist_ok=True)
    _once(prepared.folder / "stored", lambda: _store(prepared), f"storing {n:,} observations")
    for search in _SEARCHES:
        _once(
            prepared.folder / f"{search}-embedded",
            lambda search=search: _embed(prepared, search),
            f"embedding them, neighbors by {search}",
        )
    return prepared


def _once(done: Path, work: Callable[[], None], what: str) -> None:
    if not done.exists():
        start = time.perf_counter()
        say(what)
        work()
        done.write_text(f"{time.perf_counter() - start:.1f}")
        say(f"{what}: {done.read_text()} s")


def _store(prepared: Prepared) -> None:
    prepared.database.create(prepared.name)
    fill(prepared.database.url(prepared.name), prepared.n)


def _embed(prepared: Prepared, search: str) -> None:
    data = prepared.data(search)
    shutil.rmtree(data, ignore_errors=True)
    if search != "memory":  # the embeddings are the same
        shutil.copytree(prepared.data(), data, ignore=shutil.ignore_patterns("*.hnsw*"))
    with running(str(data), **_settings(prepared.database.url(prepared.name), search)):
        if search == "pgvector":
            _wait_for_graph(prepared.database, prepared.name)


def _settings(url: str, search: str) -> dict[str, str]:
    return {"EMPROX_DATABASE_URL": url, "EMPROX_SEARCH": search}


def _wait_for_graph(database: Database, name: str) -> None:
    say("waiting for the graph of pgvector")
    valid = (
        "SELECT bool_and(indisvalid) FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid "
        "WHERE relname LIKE 'vectors_%_graph'"
    )
    while not database.ask(valid, name):
        time.sleep(1)
