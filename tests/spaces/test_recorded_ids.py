"""Ids stand in databases: none may ever change. Digests over many of them, recorded when the ids were first given."""

from collections.abc import Iterable, Iterator
from hashlib import sha256
from itertools import combinations, islice, permutations, product
from random import Random

from app.domain.architecture import Architecture
from app.domain.canonical import canonical_form, fingerprint
from app.domain.graph import Graph
from app.spaces.declared.reading import parse_declaration
from app.spaces.declared.space import declared_space
from app.spaces.registry import get_space

from .declared.declarations import CHOICES, EDGES, VERTICES


def digest(architectures: Iterable[Architecture]) -> str:
    """Of the ids and of the canonical cells behind them, which studies keep no less."""
    whole = sha256()
    for architecture in architectures:
        cells = [(cell.operations, cell.edges) for cell in architecture.cells]
        whole.update(repr((architecture.id, cells)).encode())
    return whole.hexdigest()[:32]


def genotypes(n: int) -> Iterator[dict[str, object]]:
    """Genotypes of DARTS, drawn by what no version of Python changes."""
    operations = get_space("darts").vocabulary.operations
    draw = Random(0).random  # noqa: S311  # no secrets
    for _ in range(n):
        notation: dict[str, object] = {}
        for cell in ("normal", "reduce"):
            pairs = []
            for node in (2, 3, 4, 5):
                both = [*permutations(range(node), 2)][int(draw() * node * (node - 1))]
                pairs += [[operations[int(draw() * len(operations))], source] for source in both]
            notation[cell] = pairs
            notation[f"{cell}_concat"] = [node for node in (2, 3, 4) if draw() < 0.7] + [5]
        yield notation


def small_graphs() -> Iterator[Graph]:
    """Every graph of up to five vertices, with equal operations and with two."""
    for n in range(2, 6):
        for edges in product((False, True), repeat=n * (n - 1) // 2):
            chosen = tuple(pair for pair, is_edge in zip(combinations(range(n), 2), edges, strict=True) if is_edge)
            for operations in (["a", "a", "a"], ["a", "b", "a"]):
                yield Graph(("input", *operations[: n - 2], "output"), chosen)


def symmetric_graphs() -> Iterator[Graph]:
    """Two layers of equal vertices, every one of which reads from one to three of the first: hard to tell apart."""
    draw = Random(0).random  # noqa: S311  # no secrets
    for n, n_matchings, _ in product(range(1, 9), (1, 2, 3), range(5)):
        edges = {(0, 1 + i) for i in range(n)} | {(1 + n + i, 2 * n + 1) for i in range(n)}
        for _ in range(n_matchings):
            edges |= {(1 + i, 1 + n + j) for i, j in enumerate(sorted(range(n), key=lambda _: draw()))}
        yield Graph(("input", *["a"] * (2 * n), "output"), tuple(sorted(edges)))


def test_every_cell_of_nasbench201_keeps_its_id(every_cell: list[Architecture]) -> None:
    assert digest(every_cell) == "ab68da4c0683b3de93146d29e254e28e"


def test_networks_of_nasbench_graph_keep_their_ids() -> None:
    assert digest(islice(get_space("nasbench_graph").enumerate(), 0, None, 7)) == "598a05b9e4fe67ff0d8f1edaa4766376"


def test_cells_of_nasbench101_keep_their_ids() -> None:
    assert digest(islice(get_space("nasbench101").enumerate(), 15_000)) == "c026838ccbfae4f774f52cfb4255271d"


def test_genotypes_of_darts_keep_their_ids() -> None:
    assert digest(map(get_space("darts").parse, genotypes(2_000))) == "0bac703df44eb8c52a76b569bf68d756"


def test_architectures_of_declared_spaces_keep_their_ids() -> None:
    spaces = [declared_space("own", parse_declaration(fields)) for fields in (VERTICES, EDGES, CHOICES)]

    assert [digest(islice(space.enumerate(), 2_000)) for space in spaces] == [
        "09ccae2f77e4d401e9c857c969646bbf",
        "107feef66e8fe3c446af3658f4f5a71a",
        "11e2da5a1a63ab730c9ff3cac66b8266",
    ]


def test_graphs_keep_their_ids() -> None:
    forms = map(canonical_form, (*small_graphs(), *symmetric_graphs()))

    assert (
        digest(Architecture(fingerprint([form]), (form,), "") for form in forms) == "d8605141cfe4f13aceae7259bbdc882f"
    )
