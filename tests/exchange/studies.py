"""Studies to export, with everything that can be in them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from app.domain.correction import Action, Corrected, History
from app.domain.observation import MAX_MEASURED, Observation, Scalar, Status
from app.domain.prediction import Estimate, Expectation
from app.domain.study import Direction, Metric, Study
from app.exchange.description import StudyDescription
from app.spaces.nasbench201 import NasBench201

METRICS = (
    Metric("val_accuracy", Direction.MAXIMIZE, "%", 10.0),
    Metric("latency.ms", Direction.MINIMIZE, "ms"),
)
STUDY = Study("cells", "nasbench201", METRICS, ("hint",))
DESCRIPTION = StudyDescription(STUDY, 7)
NOON = datetime(2024, 5, 17, 12, 0, 0, 123456, tzinfo=UTC)
CELLS = [
    "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|nor_conv_1x1~0|avg_pool_3x3~1|skip_connect~2|",
    "|none~0|+|none~0|none~1|+|nor_conv_3x3~0|none~1|none~2|",
    "|nor_conv_1x1~0|+|nor_conv_3x3~0|none~1|+|nor_conv_3x3~0|none~1|nor_conv_3x3~2|",
]
IDS = {cell: NasBench201().parse(cell).id for cell in CELLS}

text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
tricky_text = text | st.sampled_from(
    ["", '"', "{", '{"a": 1}', "[1]", "null", "NaN", "1e5", " ", "a\r\nb", "\r", "é,;"]
)
measured = st.floats(-MAX_MEASURED, MAX_MEASURED) | st.sampled_from([-0.0, 5e-324, 0.1 + 0.2, 1e100, 1e16])
finite = st.floats(allow_nan=False, allow_infinity=False)
scalars: st.SearchStrategy[Scalar] = (
    st.none() | st.booleans() | st.integers(-(2**63) + 1, 2**63 - 1) | finite | tricky_text
)
flat_objects = st.dictionaries(tricky_text, scalars, max_size=3)
times = st.datetimes(timezones=st.just(UTC)).map(lambda time: time.replace(fold=0))  # which means nothing in UTC
estimated = st.floats(-1e150, 1e150)
estimates = st.builds(Estimate, estimated, *[st.none() | estimated] * 3)
expectations = st.builds(Expectation, estimates, estimated, st.none() | estimated, st.integers(0, 9))
metrics = st.dictionaries(st.sampled_from([metric.name for metric in METRICS]), measured)


@st.composite
def contents(draw: st.DrawFn) -> dict[str, Any]:
    """What a correction can change."""
    cell = draw(st.sampled_from(CELLS))
    values = draw(metrics)
    return {
        "architecture_id": IDS[cell],
        "notation": cell,
        "metrics": values,
        "status": draw(st.sampled_from(Status)) if values else Status.FAILED,
        "proxies": {"hint": draw(measured)},
        "fidelity": draw(flat_objects),
        "seed": draw(st.none() | st.integers(-(2**63) + 1, 2**64 - 1) | st.just(2**64 - 1)),
        "worker": draw(st.none() | tricky_text),
        "metadata": draw(flat_objects),
        "expected": {name: draw(expectations) for name in values if draw(st.booleans())},
        "retracted": draw(st.booleans()),
    }


@st.composite
def histories(draw: st.DrawFn, size: int = 4) -> list[History]:
    """Some observations with their corrections, in the order of their revisions."""
    found: list[History] = []
    revision = 0
    for i in range(draw(st.integers(0, size))):
        revision += draw(st.integers(0 if revision else 1, 3))
        known: dict[str, Any] = {
            "observation_id": f"{i}-{draw(tricky_text)}",
            "observed_at": draw(times),
            "revision": revision,
        }
        versions = [Observation(**known, **draw(contents())) for _ in range(draw(st.integers(1, 3)))]
        corrections: list[Corrected] = []
        last = revision
        for before in versions[:-1]:
            last += draw(st.integers(0 if corrections else 1, 3))
            action = draw(st.sampled_from(Action))
            who, why = draw(st.none() | tricky_text), draw(st.none() | tricky_text)
            corrections.append(Corrected(last, action, who, why, before, draw(times)))
        found.append(History(versions[-1], tuple(corrections)))
    return found


def trained(i: int, **fields: Any) -> Observation:
    """A training of a cell; the same cell again every third time."""
    cell = CELLS[i % len(CELLS)]
    known: dict[str, Any] = {"metrics": {"val_accuracy": 90.0 + i}, "proxies": {"hint": i / 3}}
    return Observation(f"run-{i}", IDS[cell], cell, observed_at=NOON, revision=i + 1, **known | fields)


def exact(found: Sequence[History]) -> list[object]:
    """The same, in a form in which histories that differ by a revision or by the sign of a zero differ."""
    return [
        (repr(_sorted(each.observation)), [repr(replace(c, before=_sorted(c.before))) for c in each.corrections])
        for each in found
    ]


def _sorted(observation: Observation) -> Observation:
    """Objects have no order."""
    return replace(
        observation,
        metrics=dict(sorted(observation.metrics.items())),
        proxies=dict(sorted(observation.proxies.items())),
        fidelity=dict(sorted(observation.fidelity.items())),
        metadata=dict(sorted(observation.metadata.items())),
        expected=dict(sorted(observation.expected.items())),
    )
