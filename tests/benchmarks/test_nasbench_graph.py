"""The results of NAS-Bench-Graph as its package installs them, read without running what a pickle may hold."""

import builtins
import json
import os
import pickle
import sys
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest

from app.spaces.nasbench_graph import OPERATIONS, NasBenchGraph
from benchmarks.nasbench_graph import DATA_SETS, main, path, read_bench, results


class Runs:
    """Pickled, it calls a function when it is read."""

    def __init__(self, function: object, *arguments: object) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return self.call


@pytest.mark.parametrize(("data_set", "n_networks"), [("cora", 26206), ("proteins", 2021)])
def test_every_network_of_a_data_set_has_an_id_of_its_own(data_set: str, n_networks: int) -> None:
    measured = read_bench(path(data_set))

    found = {architecture.id: values for architecture, values in results(data_set)}

    assert len(measured) == len(found) == n_networks
    assert sorted(values["perf"] for values in found.values()) == sorted(values["perf"] for values in measured.values())


def test_networks_have_the_operations_of_their_number() -> None:
    measured = read_bench(path("cora"))
    by_notation = {str(architecture.notation): values for architecture, values in results("cora")}

    # Link list 8 is a chain; operations 1, 7, 8 and 0 are gcn, fc, skip and gat.
    name = str({"link": [0, 1, 2, 3], "ops": ["skip", "gcn", "fc", "gat"]})
    assert by_notation[name] == measured[88170]


def test_proteins_lack_the_operations_that_their_graph_is_too_large_for() -> None:
    used = {op for architecture, _ in results("proteins") for op in architecture.cells[0].operations[1:-1]}

    assert set(OPERATIONS) - used == {"gat", "gin", "cheb", "graph"}


def test_a_data_set_is_printed_as_json_lines(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["nasbench_graph", "proteins"])

    main()

    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(rows) == 2021
    assert set(rows[0]) == {"architecture", "valid_perf", "perf", "latency", "para"}
    assert NasBenchGraph().parse(rows[0]["architecture"]).notation == rows[0]["architecture"]


@pytest.mark.parametrize("arguments", [[], ["imagenet"], ["cora", "arxiv"], ["../cora"]])
def test_an_unknown_data_set_is_answered_with_the_known_ones(
    monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["nasbench_graph", *arguments])

    with pytest.raises(SystemExit, match=r"usage: .* arxiv, citeseer, computers, cora, cs, photo, physics, proteins"):
        main()


@pytest.mark.parametrize("data_set", DATA_SETS)
def test_every_file_holds_four_numbers_for_each_network(data_set: str) -> None:
    measured = read_bench(path(data_set))

    for values in measured.values():
        assert set(values) == {"valid_perf", "perf", "latency", "para"}
        assert all(isinstance(value, float | int) for value in values.values())
        assert 0 <= values["valid_perf"] <= 1


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("name", ["os.system", "builtins.eval", "builtins.open"])
def test_a_file_that_calls_something_is_refused_before_it_runs(tmp_path: Path, protocol: int, name: str) -> None:
    trace = tmp_path / "it ran"
    calls = {
        "os.system": Runs(os.system, f"touch '{trace}'"),
        "builtins.eval": Runs(builtins.eval, f"__import__('pathlib').Path({str(trace)!r}).touch()"),
        "builtins.open": Runs(builtins.open, str(trace), "w"),
    }
    file = tmp_path / "crafted.bench"
    file.write_bytes(pickle.dumps({0: {"perf": calls[name]}}, protocol))

    with pytest.raises(pickle.UnpicklingError, match="it should hold numbers only"):
        read_bench(file)

    assert not trace.exists()


@pytest.mark.parametrize(
    "opcodes",
    [
        b"cos\nsystem\n(Vtouch ran\ntR.",
        b"(Vtouch ran\nios\nsystem\n.",
        b"(cos\nsystem\nVtouch ran\no.",
        b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x09touch ran\x85R.",
        b"cnumpy\ndtype.__init__.__globals__\n.",
        b"cbenchmarks.nasbench_graph\npickle.loads\n.",
    ],
    ids=["GLOBAL", "INST", "OBJ", "STACK_GLOBAL", "attribute of a name", "this module"],
)
def test_no_opcode_looks_up_another_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, opcodes: bytes) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "crafted.bench"
    file.write_bytes(opcodes)

    with pytest.raises(pickle.UnpicklingError, match="it should hold numbers only"):
        read_bench(file)

    assert [each.name for each in tmp_path.iterdir()] == ["crafted.bench"]


@pytest.mark.parametrize("value", [OrderedDict(), np.zeros(3), Path("x")], ids=["OrderedDict", "array", "Path"])
def test_other_objects_are_refused(tmp_path: Path, value: object) -> None:
    file = tmp_path / "other.bench"
    file.write_bytes(pickle.dumps({0: {"perf": value}}))

    with pytest.raises(pickle.UnpicklingError, match="it should hold numbers only"):
        read_bench(file)


def scalar(kind: bytes, order: bytes, data: bytes) -> bytes:
    """A numpy scalar as the files have it."""
    dtype = b"cnumpy\ndtype\n(V" + kind + b"\nI0\nI1\ntR(I3\nV" + order + b"\nNNNI-1\nI-1\nI0\ntb"
    return b"cnumpy.core.multiarray\nscalar\n(" + dtype + b"C" + bytes([len(data)]) + data + b"tR."


def test_a_double_is_a_number(tmp_path: Path) -> None:
    file = tmp_path / "double.bench"
    file.write_bytes(scalar(b"f8", b"<", np.float64(0.75).tobytes()))

    assert read_bench(file) == 0.75  # type: ignore[comparison-overlap]


@pytest.mark.parametrize(
    ("kind", "order", "message"), [(b"f4", b"<", "'f4', not 'f8'"), (b"f8", b">", "little-endian")]
)
def test_a_number_of_another_type_is_refused(tmp_path: Path, kind: bytes, order: bytes, message: str) -> None:
    file = tmp_path / "other.bench"
    file.write_bytes(scalar(kind, order, bytes(8)))

    with pytest.raises(pickle.UnpicklingError, match=message):
        read_bench(file)
