"""Notations are parsed and embedded once, then remembered."""

from collections.abc import Sequence

import numpy as np
import pytest

from app.domain.architecture import Architecture
from app.domain.errors import InvalidArchitectureError
from app.domain.graph import Graph
from app.predictor import encoding
from app.predictor.encoding import Encoded, Encoding
from app.predictor.ports import Float32Array
from app.spaces.nasbench201 import NasBench201


class OperationCounts:
    """An encoder of one column, the number of operations; remembers what it was asked to embed."""

    version, kind, checksum = "nasbench201/1", "structural", "counts"
    block_of_column = group_of_column = np.zeros(1, dtype=np.int64)

    def __init__(self) -> None:
        self.embedded: list[str] = []

    def embed(self, architectures: Sequence[Architecture]) -> Float32Array:
        self.embedded += [str(architecture.notation) for architecture in architectures]
        counts = [len(architecture.cells[0].operations) - 2 for architecture in architectures]
        return np.array(counts, dtype=np.float32).reshape(-1, 1)

    def decode(self, _embeddings: Float32Array) -> list[Architecture]:
        return []


class AnythingGoes(NasBench201):
    """A space in which any object is a notation, and text is none."""

    def parse(self, notation: object) -> Architecture:
        if isinstance(notation, str):
            raise InvalidArchitectureError("text is no notation")
        return Architecture.of([Graph(("input", "output"), ())], {})


@pytest.fixture
def encoder() -> OperationCounts:
    return OperationCounts()


@pytest.fixture
def cells(encoder: OperationCounts) -> Encoding:
    return Encoding(NasBench201(), encoder)


def chain(*operations: str) -> str:
    """Up to three operations in a row."""
    a, b, c = (*operations, *["skip_connect"] * 3)[:3]
    return f"|{a}~0|+|none~0|{b}~1|+|none~0|none~1|{c}~2|"


ONE, TWO = "|none~0|+|none~0|none~1|+|nor_conv_3x3~0|none~1|none~2|", chain("nor_conv_3x3", "nor_conv_1x1")


def known(found: Encoded | InvalidArchitectureError) -> Encoded:
    assert isinstance(found, Encoded)
    return found


def test_each_notation_is_encoded_in_its_place(cells: Encoding) -> None:
    found = [known(each) for each in cells.encode([TWO, ONE, TWO])]

    assert [each.embedding.tolist() for each in found] == [[3], [1], [3]]
    assert [each.architecture_id for each in found] == [NasBench201().parse(cell).id for cell in (TWO, ONE, TWO)]


def test_a_notation_is_embedded_once(cells: Encoding, encoder: OperationCounts) -> None:
    cells.encode([ONE, TWO, ONE])
    cells.encode([TWO])

    assert encoder.embedded == [ONE, TWO]


def test_isomorphic_notations_share_their_id(cells: Encoding) -> None:
    dead_branch = ONE.replace("|none~0|+", "|avg_pool_3x3~0|+")

    first, second = (known(each) for each in cells.encode([ONE, dead_branch]))

    assert first.architecture_id == second.architecture_id
    assert first.embedding.tolist() == second.embedding.tolist()


def test_what_is_no_notation_gets_its_error_in_its_place(cells: Encoding, encoder: OperationCounts) -> None:
    found = cells.encode(["tree", ONE, None, {"matrix": [[0]]}, TWO])

    assert [isinstance(each, InvalidArchitectureError) for each in found] == [True, False, True, True, False]
    assert encoder.embedded == [ONE, TWO]


def test_an_error_is_not_remembered_in_the_place_of_notations(
    cells: Encoding, monkeypatch: pytest.MonkeyPatch, encoder: OperationCounts
) -> None:
    monkeypatch.setattr(encoding, "REMEMBERED", 1)

    cells.encode([ONE])
    cells.encode(["tree"] * 5)
    cells.encode([ONE])

    assert encoder.embedded == [ONE]


def test_nothing_gives_nothing(cells: Encoding) -> None:
    assert cells.encode([]) == []


def test_the_notation_that_was_not_used_for_longest_is_forgotten(
    cells: Encoding, monkeypatch: pytest.MonkeyPatch, encoder: OperationCounts
) -> None:
    monkeypatch.setattr(encoding, "REMEMBERED", 2)
    three = chain("avg_pool_3x3")

    for cell in (ONE, TWO, ONE, three, ONE, TWO):
        cells.encode([cell])

    assert encoder.embedded == [ONE, TWO, three, TWO]


def test_a_batch_larger_than_the_memory_is_encoded(
    cells: Encoding, monkeypatch: pytest.MonkeyPatch, encoder: OperationCounts
) -> None:
    monkeypatch.setattr(encoding, "REMEMBERED", 1)

    found = [known(each) for each in cells.encode([ONE, TWO, ONE])]

    assert [each.embedding.tolist() for each in found] == [[1], [3], [1]]


def test_an_object_is_the_same_notation_in_whatever_order_its_keys_come(encoder: OperationCounts) -> None:
    anything = Encoding(AnythingGoes(), encoder)

    anything.encode([{"a": 1, "b": [2]}, {"b": [2], "a": 1}])
    anything.encode([{"b": [2], "a": 1}, {"a": True, "b": [2]}])

    assert len(encoder.embedded) == 2


def test_an_object_is_the_same_notation_as_its_json(encoder: OperationCounts) -> None:
    anything = Encoding(AnythingGoes(), encoder)

    anything.encode([b'{"a":1,"b":[2]}', {"b": [2], "a": 1}, b'{"b":[2],"a":1}'])
    anything.encode([b'{"a":1,"b":[2]}'])

    assert len(encoder.embedded) == 1


def test_a_text_is_not_taken_for_the_object_that_it_spells(encoder: OperationCounts) -> None:
    anything = Encoding(AnythingGoes(), encoder)

    found = anything.encode([{"a": 1}, '{"a": 1}', 5, "5"])

    assert [isinstance(each, InvalidArchitectureError) for each in found] == [False, True, False, True]
