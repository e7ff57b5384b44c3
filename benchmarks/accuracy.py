"""The paper's protocol on NAS-Bench-201, CIFAR-10 validation: `python -m benchmarks.accuracy`, about two minutes.

121 architectures to train, 100 to test, 20 trials; every row sees the same splits.
"""

from app.bootstrap import limit_threads, new_index
from app.cli.table_options import labelled_architectures
from app.encoder.checkpoint import load_checkpoint
from app.encoder.served import EncoderKind
from app.evaluation.protocol import Measured, Protocol, evaluate
from app.proximity.weighting import Weighting
from app.settings import MODELS_DIR
from app.spaces.registry import get_space
from benchmarks.report import benchmark_data, publish

METRIC = "cifar10_valid"
ROWS: tuple[tuple[str, EncoderKind, Weighting, int | None], ...] = (
    ("kriging, all neighbors, graph encoder (as served)", EncoderKind.GRAPH, Weighting.KRIGING, None),
    ("kriging, all neighbors, structural embedding", EncoderKind.STRUCTURAL, Weighting.KRIGING, None),
    ("inverse distance, k = 10", EncoderKind.GRAPH, Weighting.INVERSE_DISTANCE, 10),
    ("inverse distance, k = 60", EncoderKind.GRAPH, Weighting.INVERSE_DISTANCE, 60),
    ("uniform, k = 10", EncoderKind.GRAPH, Weighting.UNIFORM, 10),
)
HEADER = """\
| estimates | isomorphic cells | Kendall tau | MAE, points | 90 % intervals cover | fit, s | query, ms a candidate |
| --- | --- | ---: | ---: | ---: | ---: | ---: |"""


def main() -> None:
    """Run every row with isomorphic cells on any side, then kept on one side."""
    limit_threads()
    space = get_space("nasbench201")
    checkpoint = load_checkpoint(MODELS_DIR, space)
    architectures, values = labelled_architectures(space, benchmark_data() / "nasbench201.csv.gz", "arch", METRIC)
    lines = [HEADER]
    for apart in (False, True):
        for name, kind, weighting, k in ROWS:
            protocol = Protocol(weighting=weighting, k=k, isomorphic_split=apart)
            result = evaluate(architectures, values, checkpoint.serving(kind), new_index, protocol)
            lines.append(_row(name, "kept on one side" if apart else "anywhere", result))
    publish("accuracy", f"Accuracy, NAS-Bench-201 {METRIC}", "python -m benchmarks.accuracy", "\n".join(lines))


def _row(name: str, cells: str, result: dict[str, Measured]) -> str:
    tau, mae = result["kendall_tau"], result["mae"]
    return (
        f"| {name} | {cells} | {tau.mean:.3f} ± {tau.std:.3f} | {mae.mean:.2f} ± {mae.std:.2f} "
        f"| {result['coverage'].mean:.0%} | {result['fit_seconds'].mean:.3f} | {result['query_ms'].mean:.3f} |"
    )


if __name__ == "__main__":
    main()
