"""PyTorch models as graphs."""

from typing import Any

import pytest
import torch
import torch.nn.functional as F  # noqa: N812 (PyTorch's way)
from emprox_client.architectures import ArchitectureError, from_torch
from torch import Tensor, fx, nn

from .networks import EDGES, NODES, Network, Residual, Squeezed, parsed


def chain(*modules: nn.Module, operations: Any = None) -> list[str]:
    """What lies between the input and the output of a chain."""
    graph = from_torch(nn.Sequential(*modules), operations)
    assert graph["edges"] == [[i, i + 1] for i in range(len(graph["nodes"]) - 1)]
    names: list[str] = graph["nodes"][1:-1]
    return names


def test_a_sum_leads_to_what_reads_it_from_all_that_it_adds() -> None:
    graph = from_torch(Network((3,)))

    assert graph == {"nodes": NODES, "edges": EDGES}
    assert sorted(parsed(graph).cells[0].operations) == sorted(NODES)


def test_a_model_that_computes_the_same_in_another_order_is_the_same_architecture() -> None:
    class Swapped(Network):
        def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
            x = self.layers(self.stem(x))
            average = F.avg_pool2d(x, kernel_size=2)  # before the other pooling
            x = torch.cat([F.max_pool2d(x, 2), average], 1).mean([2, 3])
            y: Tensor = self.classifier(x)
            return y

    one, other = from_torch(Network()), from_torch(Swapped(), {"mean": "globalavgpool"})

    assert one["nodes"] != other["nodes"]
    assert parsed(one, other).id == parsed(other, one).id
    assert parsed(from_torch(Network((5,))), one).id != parsed(one).id


def test_the_usual_layers_have_names_with_their_sizes() -> None:
    assert chain(
        nn.Conv2d(8, 8, (1, 7)),
        nn.Conv2d(8, 8, 3, groups=8),
        nn.Conv2d(8, 8, 3, groups=2),
        nn.Conv2d(8, 8, 3, dilation=2),
        nn.ConvTranspose2d(8, 8, 2),
        nn.MaxPool2d(2),
        nn.AvgPool2d((3, 1)),
        nn.AdaptiveAvgPool2d(7),
        nn.AdaptiveMaxPool2d(1),
        nn.Linear(8, 8),
        nn.Conv1d(8, 8, 5),
        nn.MaxPool3d(2),
        nn.Upsample(scale_factor=2),
        nn.Embedding(8, 8),
    ) == [
        *("conv1x7", "dwconv3x3", "groupconv3x3", "dilconv3x3", "convtranspose2x2", "maxpool2x2", "avgpool3x1"),
        *("adaptiveavgpool7x7", "globalmaxpool", "linear", "conv5", "maxpool2x2x2", "upsample", "embedding"),
    ]


def test_norms_activations_dropout_and_changes_of_shape_are_left_out() -> None:
    left_out = [nn.LayerNorm(8), nn.GELU(), nn.Dropout(), nn.Flatten(), nn.Identity(), nn.GroupNorm(2, 8), nn.ReLU6()]

    assert chain(*left_out) == []
    assert from_torch(nn.Sequential(*left_out)) == {"nodes": ["input", "output"], "edges": [[0, 1]]}


def test_a_class_of_ones_own_counts_as_the_layer_that_it_is() -> None:
    class SameConv(nn.Conv2d):
        def forward(self, input: Tensor) -> Tensor:  # noqa: A002 (PyTorch's name)
            return super().forward(F.pad(input, (1, 1, 1, 1)) if input.sum() else input)  # cannot be traced

    assert chain(SameConv(3, 3, 3)) == ["conv3x3"]


@pytest.mark.parametrize(
    ("operations", "names"),
    [
        ({Residual: "residual", Squeezed: "se"}, ["conv3x3", "residual", "se"]),
        ({"Residual": "residual", "Squeezed": None}, ["conv3x3", "residual"]),
        ({"1": "a", "2": "b", Residual: "never"}, ["conv3x3", "a", "b"]),
        ({Squeezed: lambda se: f"se{se.gate.in_channels}", "0": "stem", "1": None}, ["stem", "se4"]),
        ({nn.Conv2d: lambda conv: f"k{conv.kernel_size[0]}", "1": None, "2": None}, ["k3"]),
        ({"Conv2d": None, "1": "a", "2": None}, ["a"]),
    ],
)
def test_what_the_caller_says_goes_before_the_usual_names(operations: Any, names: list[str]) -> None:
    assert chain(nn.Conv2d(3, 4, 3), Residual(4, 5), Squeezed(4), operations=operations) == names


def test_functions_and_methods_are_named_as_modules_are() -> None:
    class Functions(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return torch.cumsum(x.cumprod(1), 1).abs()

    graph = from_torch(Functions(), {torch.cumsum: "sum", "cumprod": "product", "abs_1": None})

    assert graph["nodes"] == ["input", "product", "sum", "output"]


def test_what_is_made_of_constants_and_shapes_alone_is_no_vertex() -> None:
    class Positions(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.tokens, self.positions = nn.Embedding(9, 4), nn.Embedding(9, 4)
            self.scale = nn.Parameter(torch.ones(4))

        def forward(self, x: Tensor) -> Tensor:
            y: Tensor = (self.tokens(x) + self.positions(torch.arange(x.shape[1], device=x.device))) * self.scale
            return y

    assert from_torch(Positions())["nodes"] == ["input", "embedding", "output"]


def test_several_inputs_keep_their_names_and_several_outputs_lead_to_one() -> None:
    class Two(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.left, self.right, self.unused = nn.Linear(2, 2), nn.Linear(2, 2), nn.Linear(2, 2)

        def forward(self, image: Tensor, text: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
            self.unused(image)
            return self.left(image), {"text": self.right(text)}

    graph = from_torch(Two())

    assert graph["nodes"] == ["image", "text", "linear", "linear", "output"]
    assert graph["edges"] == [[0, 2], [1, 3], [2, 4], [3, 4]]
    assert parsed(graph)


def test_a_module_that_is_called_twice_is_two_vertices() -> None:
    shared = nn.Conv2d(3, 3, 3)

    assert chain(shared, nn.ReLU(), shared) == ["conv3x3", "conv3x3"]


def test_a_model_that_was_traced_already_is_as_good() -> None:
    assert from_torch(fx.symbolic_trace(Network((3, 5)))) == from_torch(Network((3, 5)))


def test_weights_and_mode_do_not_matter_and_stay_as_they_are() -> None:
    model = Network((3, 5)).eval()
    weight = model.classifier.weight.clone()

    assert from_torch(model) == from_torch(Network((3, 5)).train())
    assert not model.training
    assert torch.equal(model.classifier.weight, weight)


@pytest.mark.parametrize(
    ("layer", "operation"),
    [
        (nn.Conv2d(3, 3, 3), ["conv3x3"]),
        (nn.Linear(3, 3), ["linear"]),
        (nn.LSTM(3, 3), ["lstm"]),
        (nn.MultiheadAttention(4, 1), ["attention"]),
        (nn.ReLU(), []),
    ],
)
def test_a_single_layer_is_a_model_too(layer: nn.Module, operation: list[str]) -> None:
    assert from_torch(layer)["nodes"] == ["input", *operation, "output"]


def test_what_the_caller_says_of_a_single_layer_goes_before_its_usual_name() -> None:
    assert from_torch(nn.Conv2d(3, 3, 3), {nn.Conv2d: "conv"})["nodes"] == ["input", "conv", "output"]


@pytest.mark.parametrize("given", [torch.relu, nn.Conv2d, None])
def test_what_is_no_module_is_told(given: Any) -> None:
    with pytest.raises(ArchitectureError, match=r"is no torch.nn.Module: give a module that was made, as in Model\(\)"):
        from_torch(given)


class Router(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x if x.sum() > 0 else -x


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (
            nn.Sequential(nn.Conv2d(1, 4, 1), nn.PixelShuffle(2)),
            r"^module '1' is a PixelShuffle, for which there is no operation: name it, as in "
            r"operations=\{'PixelShuffle': 'pixelshuffle'\}, or leave it out, as in "
            r"operations=\{'PixelShuffle': None\}$",
        ),
        (Router(), r"torch.fx cannot trace Router \(TraceError: .*\): make the module .* operations=\{'Router'"),
    ],
)
def test_what_has_no_operation_is_told_with_the_way_out(model: nn.Module, message: str) -> None:
    with pytest.raises(ArchitectureError, match=message):
        from_torch(model)


def test_the_ways_out_lead_out() -> None:
    shuffled = nn.Sequential(nn.Conv2d(1, 4, 1), nn.PixelShuffle(2), Router())

    assert chain(*shuffled, operations={"PixelShuffle": "shuffle", "Router": None}) == ["conv1x1", "shuffle"]
