"""The cell that the authors of DARTS found second, in each of the ways that people write it."""

from typing import Any

DARTS_V2: dict[str, Any] = {
    "normal": [
        ["sep_conv_3x3", 0], ["sep_conv_3x3", 1], ["sep_conv_3x3", 0], ["sep_conv_3x3", 1],
        ["sep_conv_3x3", 1], ["skip_connect", 0], ["skip_connect", 0], ["dil_conv_3x3", 2],
    ],
    "normal_concat": [2, 3, 4, 5],
    "reduce": [
        ["max_pool_3x3", 0], ["max_pool_3x3", 1], ["skip_connect", 2], ["max_pool_3x3", 1],
        ["max_pool_3x3", 0], ["skip_connect", 2], ["skip_connect", 2], ["max_pool_3x3", 1],
    ],
    "reduce_concat": [2, 3, 4, 5],
}  # fmt: skip

# As the authors' code has it.
DARTS_V2_TEXT = (
    "Genotype(normal=[('sep_conv_3x3', 0), ('sep_conv_3x3', 1), ('sep_conv_3x3', 0), ('sep_conv_3x3', 1), "
    "('sep_conv_3x3', 1), ('skip_connect', 0), ('skip_connect', 0), ('dil_conv_3x3', 2)], normal_concat=[2, 3, 4, 5], "
    "reduce=[('max_pool_3x3', 0), ('max_pool_3x3', 1), ('skip_connect', 2), ('max_pool_3x3', 1), ('max_pool_3x3', 0), "
    "('skip_connect', 2), ('skip_connect', 2), ('max_pool_3x3', 1)], reduce_concat=[2, 3, 4, 5])"
)

# As NAS-Bench-301 has it: edges 0 and 1 lead to node 2, edges 2 to 4 to node 3, 5 to 8 to node 4, 9 to 13 to node 5.
DARTS_V2_CONFIG: dict[str, Any] = {
    f"NetworkSelectorDatasetInfo:darts:{name}": value
    for name, value in {
        "edge_normal_0": "sep_conv_3x3",
        "edge_normal_1": "sep_conv_3x3",
        "inputs_node_normal_3": "0_1",
        "edge_normal_2": "sep_conv_3x3",
        "edge_normal_3": "sep_conv_3x3",
        "inputs_node_normal_4": "0_1",
        "edge_normal_5": "skip_connect",
        "edge_normal_6": "sep_conv_3x3",
        "inputs_node_normal_5": "0_2",
        "edge_normal_9": "skip_connect",
        "edge_normal_11": "dil_conv_3x3",
        "edge_reduce_0": "max_pool_3x3",
        "edge_reduce_1": "max_pool_3x3",
        "inputs_node_reduce_3": "1_2",
        "edge_reduce_3": "max_pool_3x3",
        "edge_reduce_4": "skip_connect",
        "inputs_node_reduce_4": "0_2",
        "edge_reduce_5": "max_pool_3x3",
        "edge_reduce_7": "skip_connect",
        "inputs_node_reduce_5": "1_2",
        "edge_reduce_10": "max_pool_3x3",
        "edge_reduce_11": "skip_connect",
    }.items()
}
