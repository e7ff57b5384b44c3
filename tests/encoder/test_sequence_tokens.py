import numpy as np
from hypothesis import given

from app.domain.architecture import Architecture
from app.domain.graph import Graph
from app.encoder.sequence_tokens import START, TokenAlphabet, TokenArrays

from .cells import NOTHING, SPACE, architectures

ALPHABET = TokenAlphabet.of(SPACE.vocabulary, max_vertices=8)
# START is 0, the vertices 0 to 6 that can be read from are 1 to 7, then the four operations, and the output.
SKIP, CONV1, CONV3, POOL, OUTPUT = range(8, 13)
CHAIN = Graph(("input", "nor_conv_3x3", "output"), ((0, 1), (1, 2)))
SHORTCUT = Graph(("input", "skip_connect", "output"), ((0, 1), (0, 2), (1, 2)))


def test_a_vertex_is_written_as_what_it_reads_from_and_its_operation() -> None:
    assert ALPHABET.size == 13
    assert ALPHABET.write([CHAIN]) == [1, CONV3, 2, OUTPUT]
    assert ALPHABET.write([SHORTCUT]) == [1, SKIP, 1, 2, OUTPUT]


def test_cells_follow_each_other() -> None:
    assert ALPHABET.write([CHAIN, SHORTCUT]) == [1, CONV3, 2, OUTPUT, 1, SKIP, 1, 2, OUTPUT]


def test_a_cell_of_nothing_is_its_output() -> None:
    assert ALPHABET.write(SPACE.parse(NOTHING).cells) == [OUTPUT]


@given(architecture=architectures)
def test_what_is_written_can_be_read(architecture: Architecture) -> None:
    tokens = ALPHABET.write(architecture.cells)

    assert ALPHABET.read(tokens, n_cells=1) == architecture.cells
    assert ALPHABET.read(tokens + tokens, n_cells=2) == architecture.cells * 2


def test_what_follows_the_last_cell_is_not_read() -> None:
    assert ALPHABET.read([1, CONV3, 2, OUTPUT, START, 7], n_cells=1) == (CHAIN,)


def test_a_sequence_that_is_no_architecture_reads_as_none() -> None:
    ends_early = [1, CONV3, 2]
    reads_from_itself = [2, CONV3, 2, OUTPUT]
    reads_twice = [1, CONV3, 2, 2, OUTPUT]
    starts_again = [1, CONV3, START, 2, OUTPUT]

    for tokens in (ends_early, reads_from_itself, reads_twice, starts_again):
        assert ALPHABET.read(tokens, n_cells=1) is None
    assert ALPHABET.read([1, CONV3, 2, OUTPUT], n_cells=2) is None


def test_in_a_cell_too_large_the_last_known_vertex_stands_for_those_beyond() -> None:
    # The three vertices of this alphabet are the input, one operation, and the output.
    alphabet = TokenAlphabet.of(SPACE.vocabulary, max_vertices=3)
    longer = Graph(("input", "nor_conv_3x3", "nor_conv_1x1", "output"), ((0, 1), (1, 2), (2, 3)))

    assert alphabet.size == 8
    assert alphabet.write([longer]) == [1, 3 + 2, 2, 3 + 1, 2, 3 + 4]


def test_arrays_are_padded_and_reversed_within_each_sequence() -> None:
    chain, nothing = Architecture.of([CHAIN], "chain"), SPACE.parse(NOTHING)

    arrays = TokenArrays.of([chain, nothing], ALPHABET)

    assert arrays.tokens.tolist() == [[1, CONV3, 2, OUTPUT], [OUTPUT, START, START, START]]
    assert arrays.reversal.tolist() == [[3, 2, 1, 0], [0, 1, 2, 3]]
    assert arrays.present.tolist() == [[1, 1, 1, 1], [1, 0, 0, 0]]
    assert arrays.present.dtype == np.float32
