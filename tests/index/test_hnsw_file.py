import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.index.hnsw import HnswIndex

from .contract import points

KEY = "nasbench201/1 é"


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    index = HnswIndex(4)
    index.add(points(300, 4))
    index.save(tmp_path / "graph", key=KEY)
    return tmp_path / "graph"


def load(path: Path) -> HnswIndex | None:
    return HnswIndex.load(path, key=KEY, dimension=4)


def test_saving_leaves_the_file_and_its_header_alone(saved: Path) -> None:
    assert sorted(path.name for path in saved.parent.iterdir()) == ["graph", "graph.json"]


def test_an_empty_index_comes_back_empty(tmp_path: Path) -> None:
    HnswIndex(4).save(tmp_path / "graph", key=KEY)

    loaded = load(tmp_path / "graph")

    assert loaded is not None
    assert len(loaded) == 0
    loaded.add(points(2000, 4))
    assert loaded.search(points(1, 4), k=1)[1].tolist() == [[0]]


def test_a_later_save_replaces_the_earlier(saved: Path) -> None:
    index = load(saved)
    assert index is not None
    index.add(points(5, 4))

    index.save(saved, key=KEY)

    again = load(saved)
    assert again is not None
    assert len(again) == 305


def test_another_key_or_dimension_is_not_loaded(saved: Path) -> None:
    assert HnswIndex.load(saved, key="nasbench201/2", dimension=4) is None
    assert HnswIndex.load(saved, key=KEY, dimension=5) is None


@pytest.mark.parametrize("name", ["graph", "graph.json"])
def test_a_missing_file_is_not_loaded(saved: Path, name: str) -> None:
    (saved.parent / name).unlink()

    assert load(saved) is None


@pytest.mark.parametrize("name", ["graph", "graph.json"])
@pytest.mark.parametrize("kept", [0.0, 0.5, 0.99])
def test_a_truncated_file_is_not_loaded(saved: Path, name: str, kept: float) -> None:
    path = saved.parent / name
    content = path.read_bytes()

    path.write_bytes(content[: int(kept * len(content))])

    assert load(saved) is None


@pytest.mark.parametrize("place", [0, 8, 16, 90, 5000, -1])
def test_a_flipped_bit_of_the_graph_is_not_loaded(saved: Path, place: int) -> None:
    content = bytearray(saved.read_bytes())
    content[place] ^= 1

    saved.write_bytes(content)

    assert load(saved) is None


def test_no_flipped_bit_of_the_header_is_loaded(saved: Path) -> None:
    header = saved.parent / "graph.json"
    content = header.read_bytes()

    for place in range(len(content)):
        header.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        assert load(saved) is None, place


@pytest.mark.parametrize("content", ["[]", "null", "{}", '{"count": 1}', "[" * 10])
def test_another_json_is_no_header(saved: Path, content: str) -> None:
    (saved.parent / "graph.json").write_text(content, encoding="utf-8")

    assert load(saved) is None


def test_a_graph_beside_the_header_of_an_earlier_save_is_not_loaded(saved: Path) -> None:
    earlier = (saved.parent / "graph.json").read_bytes()
    index = load(saved)
    assert index is not None
    index.add(points(5, 4))
    index.save(saved, key=KEY)

    (saved.parent / "graph.json").write_bytes(earlier)

    assert load(saved) is None


def test_a_full_disk_raises_and_keeps_the_earlier_file(saved: Path) -> None:
    index = HnswIndex(4)
    index.add(points(2000, 4))

    with files_up_to(100_000), pytest.raises(OSError, match="is the disk full"):
        index.save(saved, key=KEY)

    kept = load(saved)
    assert kept is not None
    assert len(kept) == 300
    assert sorted(path.name for path in saved.parent.iterdir()) == ["graph", "graph.json"]


@contextmanager
def files_up_to(n_bytes: int) -> Iterator[None]:
    """Stands in for a full disk: what is written past this length fails."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
