"""Whether a graph encoder is as good as the structural embedding that it learned."""

from collections.abc import Callable, Sequence

from app.domain.architecture import Architecture
from app.encoder.manifest import Quality
from app.evaluation.protocol import Protocol, evaluate
from app.predictor.metric_model import NewIndex
from app.predictor.ports import Encoder
from app.proximity.kernel import FloatArray

# More trials than the paper's 20: the two embeddings differ by less than 20 trials can tell.
PROTOCOL = Protocol(trials=60, seed=1000)


def compare(
    architectures: Sequence[Architecture],
    values: FloatArray,
    graph: Encoder,
    structural: Encoder,
    new_index: NewIndex,
    table: str,
    progress: Callable[[int], None] = lambda _trial: None,
) -> Quality:
    """Kendall tau of both embeddings over the same splits.

    Args:
        table: what the values are, for the record.
        progress: called after each trial with its number, from 1 to twice PROTOCOL.trials.
    """
    first = evaluate(architectures, values, graph, new_index, PROTOCOL, progress)["kendall_tau"]
    second = evaluate(
        architectures, values, structural, new_index, PROTOCOL, lambda trial: progress(PROTOCOL.trials + trial)
    )["kendall_tau"]
    return Quality(
        protocol=f"{table}: {PROTOCOL.train} train, {PROTOCOL.test} test, {PROTOCOL.trials} trials, "
        f"seed {PROTOCOL.seed}, {PROTOCOL.weighting}",
        graph_tau=round(first.mean, 4),
        graph_tau_std=round(first.std, 4),
        structural_tau=round(second.mean, 4),
        structural_tau_std=round(second.std, 4),
    )
