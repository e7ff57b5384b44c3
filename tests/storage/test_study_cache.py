"""The cache gives back what was saved, or nothing."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from app.bootstrap import load_index
from app.index.hnsw import HnswIndex
from app.predictor.growing import GrowingRows
from app.predictor.snapshot import Column, KeptIndex, Snapshot
from app.storage.study_cache import FileStudyCache

LARGE = 1000  # bytes


def computed(n: int = 5, origin: str = "p") -> Snapshot:
    """Notes, a small column, one of a file of its own, and one of no rows."""
    rng = np.random.default_rng(n)
    columns = {
        "fitted/scales": Column("s", rng.normal(size=n), n),
        "points": Column(origin, rng.normal(size=(n, 300)).astype(np.float32), n),
        "none": Column("n", np.empty((0, 3)), 0),
    }
    return Snapshot({"observations": n, "of": ["é", 1 / 3, None]}, columns)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that is not there yet."""
    return tmp_path / "data" / "cache"


@pytest.fixture
def cache(folder: Path) -> FileStudyCache:
    return FileStudyCache(folder, load_index, LARGE)


def same(found: Snapshot | None, expected: Snapshot) -> bool:
    assert found is not None
    assert found.notes == expected.notes
    assert set(found.columns) == set(expected.columns)
    for name, column in expected.columns.items():
        assert found.columns[name].origin == column.origin
        assert found.columns[name].rows.dtype == column.rows.dtype
        np.testing.assert_array_equal(found.columns[name].rows, column.rows)
    return True


def test_what_was_saved_comes_back(cache: FileStudyCache, folder: Path) -> None:
    cache.save("cells", "encoder", computed())

    assert same(cache.load("cells", "encoder"), computed())
    assert same(FileStudyCache(folder, load_index, LARGE).load("cells", "encoder"), computed())


def test_what_was_never_saved_is_nothing(cache: FileStudyCache) -> None:
    assert cache.load("cells", "encoder") is None


def test_another_encoder_finds_nothing(cache: FileStudyCache) -> None:
    cache.save("cells", "encoder", computed())

    assert cache.load("cells", "another encoder") is None
    assert cache.load("cells", "encode") is None


def test_studies_are_kept_apart(cache: FileStudyCache) -> None:
    names = ["cells", "cells.tmp", "cells.cache", "a.b", "a", ".", ".."]
    for n, name in enumerate(names, start=1):
        cache.save(name, "encoder", computed(n))

    for n, name in enumerate(names, start=1):
        assert same(cache.load(name, "encoder"), computed(n))


def test_saving_again_replaces_what_was_saved(cache: FileStudyCache, folder: Path) -> None:
    cache.save("cells", "encoder", computed(5))
    cache.save("cells", "encoder", computed(2))

    assert same(cache.load("cells", "encoder"), computed(2))
    assert sorted(path.suffix for path in folder.iterdir()) == [".cache", ".rows"]


def test_encoders_are_kept_side_by_side_until_one_is_settled_on(cache: FileStudyCache) -> None:
    for study in ("cells", "cells.more"):
        cache.save(study, "old", computed(5))
        cache.save(study, "new", computed(2))
    assert same(cache.load("cells", "old"), computed(5))

    cache.forget("cells", but="new")

    assert cache.load("cells", "old") is None
    assert same(cache.load("cells", "new"), computed(2))
    assert same(cache.load("cells.more", "old"), computed(5))


def test_what_is_forgotten_is_gone(cache: FileStudyCache, folder: Path) -> None:
    cache.save("cells", "encoder", computed())
    (folder / "cells.cache").write_text("what an older program left")

    cache.forget("cells")

    assert list(folder.iterdir()) == []


def grown(n: int, large: GrowingRows) -> Snapshot:
    """A snapshot of rows that have grown to n since they began."""
    large.append(np.random.default_rng(n).normal(size=(n - len(large), 300)).astype(np.float32))
    return Snapshot({"observations": n}, {"points": large.column})


def rows_file(folder: Path) -> Path:
    (path,) = folder.glob("*.rows")
    return path


def test_a_large_column_that_has_grown_is_added_to_its_file(cache: FileStudyCache, folder: Path) -> None:
    large = GrowingRows(np.empty((0, 300), dtype=np.float32))
    cache.save("cells", "encoder", grown(5, large))
    before = rows_file(folder)
    began = before.read_bytes()[: 5 * 1200]

    expected = grown(9, large)
    cache.save("cells", "encoder", expected)

    assert rows_file(folder) == before
    assert before.read_bytes()[: 5 * 1200] == began
    assert same(cache.load("cells", "encoder"), expected)


def test_a_column_that_was_loaded_grows_on_and_leaves_its_file_alone(cache: FileStudyCache, folder: Path) -> None:
    cache.save("cells", "encoder", computed(8))
    content = rows_file(folder).read_bytes()
    loaded = cache.load("cells", "encoder")
    assert loaded is not None
    large = GrowingRows.kept(loaded.columns["points"])

    for n in (9, 12, 40):
        expected = grown(n, large)
        assert rows_file(folder).read_bytes() == content
        np.testing.assert_array_equal(large.rows[:8], computed(8).columns["points"].rows)
    cache.save("cells", "encoder", expected)

    assert same(cache.load("cells", "encoder"), expected)


def test_a_row_that_was_changed_is_saved_too(cache: FileStudyCache) -> None:
    large = GrowingRows(np.empty((0, 300), dtype=np.float32))
    cache.save("cells", "encoder", grown(5, large))

    large.change(2, np.zeros(300))
    expected = grown(6, large)
    cache.save("cells", "encoder", expected)

    assert same(cache.load("cells", "encoder"), expected)
    assert not expected.columns["points"].rows[2].any()


def test_a_save_that_ended_half_way_leaves_the_one_before(
    cache: FileStudyCache, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = GrowingRows(np.empty((0, 300), dtype=np.float32))
    expected = grown(5, large)
    cache.save("cells", "encoder", expected)

    def fail(*_: object) -> None:
        raise OSError("the disk is full")

    with monkeypatch.context() as broken:
        broken.setattr("app.storage.study_cache._replace", fail)
        cache.save("cells", "encoder", grown(9, large))

    assert same(cache.load("cells", "encoder"), expected)
    cache.save("cells", "encoder", grown(12, large))
    assert same(cache.load("cells", "encoder"), grown(12, large))


def index_of(n: int) -> HnswIndex:
    index = HnswIndex(4)
    index.add(np.random.default_rng(0).normal(size=(n, 4)).astype(np.float32))
    return index


def with_index(index: HnswIndex, n: int) -> Snapshot:
    return Snapshot({"observations": n}, {}, {"others": KeptIndex("p", index, n)})


def test_an_index_comes_back(cache: FileStudyCache) -> None:
    cache.save("cells", "encoder", with_index(index_of(100), 100))

    found = cache.load("cells", "encoder")

    assert found is not None
    assert len(found.indexes["others"].index) == 100


def test_an_index_is_written_again_once_it_has_grown_by_a_quarter(cache: FileStudyCache) -> None:
    index = index_of(100)
    cache.save("cells", "encoder", with_index(index, 100))

    kept = []
    for more in (20, 10):
        index.add(np.zeros((more, 4), dtype=np.float32))
        cache.save("cells", "encoder", with_index(index, len(index)))
        found = cache.load("cells", "encoder")
        assert found is not None
        kept.append(len(found.indexes["others"].index))

    assert kept == [100, 130]


def test_an_index_that_has_grown_since_the_snapshot_is_not_kept(cache: FileStudyCache) -> None:
    cache.save("cells", "encoder", with_index(index_of(110), 100))

    found = cache.load("cells", "encoder")

    assert found is not None
    assert found.indexes == {}


def test_a_damaged_index_is_left_out_and_the_rest_comes_back(cache: FileStudyCache, folder: Path) -> None:
    cache.save("cells", "encoder", with_index(index_of(100), 100))
    (path,) = folder.glob("*.hnsw")
    path.write_bytes(path.read_bytes()[:-1])

    found = cache.load("cells", "encoder")

    assert found is not None
    assert (found.notes, found.indexes) == ({"observations": 100}, {})
    assert cache.damaged() == [path.name]


def flipped(position: int) -> Callable[[bytes], bytes]:
    def flip(content: bytes) -> bytes:
        changed = bytearray(content)
        changed[position] ^= 1
        return bytes(changed)

    return flip


@pytest.mark.parametrize(
    "damage",
    [
        flipped(0),
        flipped(40),
        flipped(-1),
        lambda content: content[:-1],
        lambda content: content[:32],
        lambda content: content[:10],
        lambda content: b"",
        lambda content: content + b"more",
        lambda content: bytes(len(content)),
    ],
    ids=["digest", "header", "last byte", "cut short", "digest alone", "start", "empty", "longer", "zeros"],
)
def test_a_damaged_file_is_nothing_and_is_told(
    cache: FileStudyCache, folder: Path, damage: Callable[[bytes], bytes], caplog: pytest.LogCaptureFixture
) -> None:
    cache.save("cells", "encoder", computed())
    (path,) = folder.glob("*.cache")
    path.write_bytes(damage(path.read_bytes()))

    assert cache.load("cells", "encoder") is None

    assert caplog.messages == ["cache is damaged, rebuilding from the store study=cells"]
    cache.save("cells", "encoder", computed())
    assert same(cache.load("cells", "encoder"), computed())


@pytest.mark.parametrize(
    "damage", [flipped(0), flipped(5 * 1200 - 1), lambda content: content[:5000], lambda content: b""]
)
def test_a_damaged_column_is_nothing_and_is_told(
    cache: FileStudyCache, folder: Path, damage: Callable[[bytes], bytes], caplog: pytest.LogCaptureFixture
) -> None:
    cache.save("cells", "encoder", computed())
    path = rows_file(folder)
    path.write_bytes(damage(path.read_bytes()))

    assert cache.load("cells", "encoder") is None

    assert caplog.messages == ["cache is damaged, rebuilding from the store study=cells"]
    assert cache.damaged() == [path.name]
    cache.save("cells", "encoder", computed(origin="computed anew"))
    assert same(cache.load("cells", "encoder"), computed(origin="computed anew"))


def test_a_folder_that_cannot_be_written_is_told_and_does_no_harm(
    cache: FileStudyCache, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder.parent.mkdir()
    folder.write_text("a file in its place")

    cache.save("cells", "encoder", computed())

    assert cache.load("cells", "encoder") is None
    assert caplog.messages[0].startswith("cache not saved study=cells reason=")


def test_a_save_that_did_not_end_leaves_the_one_before(cache: FileStudyCache, folder: Path) -> None:
    cache.save("cells", "encoder", computed())
    (folder / "cells.tmp").write_bytes(b"half of it")

    assert same(cache.load("cells", "encoder"), computed())


def test_threads_may_save_at_once(cache: FileStudyCache, caplog: pytest.LogCaptureFixture) -> None:
    with ThreadPoolExecutor(4) as threads:
        for saved in [threads.submit(cache.save, "cells", "encoder", computed()) for _ in range(40)]:
            saved.result()
            assert same(cache.load("cells", "encoder"), computed())

    assert caplog.messages == []
