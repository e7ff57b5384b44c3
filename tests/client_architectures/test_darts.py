"""DARTS genotypes, as the server reads what is made of them."""

from collections import namedtuple
from typing import Any

import numpy as np
import pytest
from emprox_client.architectures import ArchitectureError, darts

from app.spaces.darts import Darts

# As DARTS itself defines it, untyped.
Genotype = namedtuple("Genotype", "normal normal_concat reduce reduce_concat")
NORMAL = [("sep_conv_3x3", 0), ("sep_conv_3x3", 1)] * 3 + [("skip_connect", 0), ("dil_conv_3x3", 2)]
REDUCE = [("max_pool_3x3", 0), ("max_pool_3x3", 1)] + [("skip_connect", 2), ("max_pool_3x3", 1)] * 3
V2 = Genotype(NORMAL, range(2, 6), REDUCE, range(2, 6))


def pairwise(cell: list[tuple[str, int]]) -> list[Any]:
    return [(cell[i], cell[i + 1]) for i in range(0, len(cell), 2)]


@pytest.mark.parametrize(
    "genotype",
    [
        V2,
        V2._replace(normal_concat=[2, 3, 4, 5], reduce_concat=np.arange(2, 6)),
        V2._replace(normal_concat=None, reduce_concat=None),
        V2._replace(normal=pairwise(NORMAL), reduce=pairwise(REDUCE)),
        V2._asdict(),
        {"normal": [(operation, np.int64(source)) for operation, source in NORMAL], "reduce": REDUCE},
    ],
)
def test_every_form_of_a_genotype_is_the_architecture_that_its_text_is(genotype: Any) -> None:
    assert Darts().parse(darts(genotype)).id == Darts().parse(str(V2)).id


@pytest.mark.parametrize("text", [str(V2), f"\n{V2}\n", np.str_(V2)])
def test_the_text_of_a_genotype_is_one(text: str) -> None:
    notation = darts(text)

    assert type(notation) is str
    assert Darts().parse(notation).id == Darts().parse(str(V2)).id


def test_a_configuration_of_nasbench301_stays_one() -> None:
    prefix = "NetworkSelectorDatasetInfo:darts:"
    config = {}
    for cell, pairs in (("normal", NORMAL), ("reduce", REDUCE)):
        first = 0
        for node, (one, other) in enumerate(pairwise(pairs), start=2):
            sources = sorted([one[1], other[1]])
            if node > 2:
                config[f"{prefix}inputs_node_{cell}_{node}"] = np.str_(f"{sources[0]}_{sources[1]}")
            for operation, source in (one, other):
                config[f"{prefix}edge_{cell}_{first + source}"] = np.str_(operation)
            first += node

    notation = darts(config)

    assert isinstance(notation, dict)
    assert {type(value) for value in notation.values()} == {str}
    assert Darts().parse(notation).id == Darts().parse(str(V2)).id


@pytest.mark.parametrize(
    ("genotype", "message"),
    [
        (NORMAL, "a DARTS genotype has the fields normal, normal_concat, reduce, reduce_concat"),
        ({}, "a DARTS genotype has the fields normal, .*; {} has not"),
        ({"normal": NORMAL}, "a DARTS genotype has the fields normal, normal_concat, reduce, reduce_concat"),
        ("sep_conv_3x3", "'sep_conv_3x3' has not"),
        (V2._replace(normal="sep_conv_3x3"), "'normal' of a DARTS genotype is a list"),
        (V2._replace(reduce=None), "'reduce' of a DARTS genotype is a list .* not None"),
    ],
)
def test_what_is_no_genotype_is_refused(genotype: Any, message: str) -> None:
    with pytest.raises(ArchitectureError, match=message):
        darts(genotype)
