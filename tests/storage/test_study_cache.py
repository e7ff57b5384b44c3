"""The cache gives back what was saved, or nothing."""

import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from app.predictor.ports import Cached
from app.proximity.scales import Scales
from app.storage.study_cache import FileStudyCache

NOTHING = Cached({}, {})


def computed(n: int = 5) -> Cached:
    """Embeddings of n architectures in three columns, and the scales of two metrics."""
    embeddings = np.random.default_rng(n).normal(size=(n, 3)).astype(np.float32)
    ids = [hashlib.sha256(bytes([i])).hexdigest()[:32] for i in range(n)]
    scales = Scales(np.array([-1.5, 1 / 3]), -2.7)
    with_lower = Scales(np.array([-1.5, 1 / 3]), -2.7, log_trend=0.4, lower=Scales(np.array([-1.0, -2.0, 1 / 7]), -1.3))
    return Cached(dict(zip(ids, embeddings, strict=True)), {"val_accuracy": (38, scales), "a.b_c-9": (30, with_lower)})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that is not there yet."""
    return tmp_path / "data" / "cache"


@pytest.fixture
def cache(folder: Path) -> FileStudyCache:
    return FileStudyCache(folder)


def same(found: Cached, expected: Cached) -> bool:
    assert list(found.embeddings) == list(expected.embeddings)
    for key, embedding in expected.embeddings.items():
        np.testing.assert_array_equal(found.embeddings[key], embedding)
        assert found.embeddings[key].dtype == np.float32
    assert set(found.scales) == set(expected.scales)
    for metric, (n, scales) in expected.scales.items():
        assert found.scales[metric][0] == n
        assert found.scales[metric][1].log_noise == scales.log_noise
        np.testing.assert_array_equal(found.scales[metric][1].log_scales, scales.log_scales)
        assert found.scales[metric][1].log_trend == scales.log_trend
        lower = found.scales[metric][1].lower
        assert (lower is None) == (scales.lower is None)
        if lower and scales.lower:
            assert lower.log_noise == scales.lower.log_noise
            np.testing.assert_array_equal(lower.log_scales, scales.lower.log_scales)
    return True


def test_what_was_saved_comes_back(cache: FileStudyCache, folder: Path) -> None:
    cache.save("cells", "encoder", computed())

    assert same(cache.load("cells", "encoder"), computed())
    assert same(FileStudyCache(folder).load("cells", "encoder"), computed())


def test_what_was_never_saved_is_nothing(cache: FileStudyCache) -> None:
    assert cache.load("cells", "encoder") == NOTHING


def test_another_encoder_finds_nothing(cache: FileStudyCache) -> None:
    cache.save("cells", "encoder", computed())

    assert cache.load("cells", "another encoder") == NOTHING
    assert cache.load("cells", "encode") == NOTHING


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
    assert len(list(folder.iterdir())) == 1


def test_encoders_are_kept_side_by_side_until_one_is_settled_on(cache: FileStudyCache) -> None:
    for study in ("cells", "cells.more"):
        cache.save(study, "old", computed(5))
        cache.save(study, "new", computed(2))
    assert same(cache.load("cells", "old"), computed(5))

    cache.forget("cells", but="new")

    assert cache.load("cells", "old") == NOTHING
    assert same(cache.load("cells", "new"), computed(2))
    assert same(cache.load("cells.more", "old"), computed(5))


def test_what_is_forgotten_is_gone(cache: FileStudyCache, folder: Path) -> None:
    cache.save("cells", "encoder", computed())
    (folder / "cells.cache").write_text("what an older program left")

    cache.forget("cells")

    assert list(folder.iterdir()) == []


def test_nothing_is_not_worth_a_file(cache: FileStudyCache, folder: Path) -> None:
    cache.save("cells", "encoder", NOTHING)

    assert not folder.exists()


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
    (path,) = folder.iterdir()
    path.write_bytes(damage(path.read_bytes()))

    assert cache.load("cells", "encoder") == NOTHING

    assert caplog.messages == ["cache is damaged, rebuilding from the store study=cells"]
    cache.save("cells", "encoder", computed())
    assert same(cache.load("cells", "encoder"), computed())


def test_a_folder_that_cannot_be_written_is_told_and_does_no_harm(
    cache: FileStudyCache, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder.parent.mkdir()
    folder.write_text("a file in its place")

    cache.save("cells", "encoder", computed())

    assert cache.load("cells", "encoder") == NOTHING
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
